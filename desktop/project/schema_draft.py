"""A schema while it is edited: every step makes another draft, so that undo is going back to an earlier one.

A draft knows what each scale, value and finding is called in the store, so that another name carries what was
recorded under the old one. Classes need no such memory: their ids are permanent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from inference.errors import SchemaError
from inference.schema import DEFAULT_COLORS, Finding, GradeScale, Schema

if TYPE_CHECKING:
    from inference.rules import Rule

NEW = ""
"""The stored name of what is not in the store yet."""
LONGEST_VALUE = 120


@dataclass(frozen=True, slots=True)
class Aside:
    """Scales and findings that a project no longer asks for. What was recorded of them stays in the store."""

    scales: tuple[GradeScale, ...] = ()
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        record = Schema((), self.scales, self.findings).to_dict()
        return {"grades": record["grades"], "findings": record["findings"]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any] | None) -> Aside:
        """Read what `to_dict` wrote; None: nothing is set aside. Raises SchemaError."""
        if not record:
            return cls()
        schema = Schema.from_dict(dict(record), "What was set aside")
        return cls(schema.grades, schema.findings)


@dataclass(frozen=True, slots=True)
class Draft:
    """One state of the editor.

    ``scales`` and ``findings`` give the stored name of each present one, ``values`` of each (scale, value).
    All methods return another draft, and raise SchemaError, in one sentence, for what cannot be.
    """

    schema: Schema
    scales: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[tuple[str, str], str] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)
    aside: Aside = Aside()
    stored_classes: frozenset[int] = frozenset()
    stored_scales: Mapping[str, GradeScale] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: Schema, aside: Aside | None = None) -> Draft:
        """Return the draft in which nothing is changed yet."""
        aside = aside or Aside()
        return cls(
            schema,
            {one.name: one.name for one in schema.grades},
            {(one.name, value): value for one in schema.grades for value in one.values},
            {one.name: one.name for one in schema.findings},
            aside,
            frozenset(one.id for one in schema.classes),
            {one.name: one for one in (*aside.scales, *schema.grades)},
        )

    # ---- classes

    def add_class(self, name: str, title: str = "", color: str | None = None) -> Draft:
        """One more class; its id is fresh, so it starts unreviewed everywhere."""
        used = {one.color for one in self.schema.active_classes}
        free = next((one for one in DEFAULT_COLORS if one not in used), None)
        return replace(self, schema=self.schema.add_class(name, title, color or free))

    def change_class(self, class_id: int, **changes: Any) -> Draft:
        """Another name, title or colour; id and pixels stay."""
        old = self.schema.class_by_id(class_id)
        name = changes.pop("name", old.name)
        schema = self.schema if name == old.name else self.schema.rename_class(class_id, name)
        classes = tuple(replace(one, **changes) if one.id == class_id else one for one in schema.classes)
        return replace(self, schema=replace(schema, classes=classes))

    def retire_class(self, class_id: int) -> Draft:
        """No longer offered, pixels kept; a class that is only in this draft goes altogether."""
        if class_id in self.stored_classes:
            return replace(self, schema=self.schema.retire_class(class_id))
        name = self.schema.class_by_id(class_id).name
        classes = tuple(one for one in self.schema.classes if one.id != class_id)
        rules = self.schema.rules_without("class", name)
        return replace(self, schema=replace(self.schema, classes=classes, rules=rules))

    def restore_class(self, class_id: int) -> Draft:
        """Offer a retired class again, with the pixels it had."""
        return self.change_class(class_id, retired=False)

    def move_class(self, class_id: int, step: int) -> Draft:
        """Up (-1) or down (1) among the classes that are not retired."""
        active = list(self.schema.active_classes)
        moved = _moved(active, next(at for at, one in enumerate(active) if one.id == class_id), step)
        retired = [one for one in self.schema.classes if one.retired]
        return replace(self, schema=replace(self.schema, classes=(*moved, *retired)))

    # ---- scales

    def add_scale(self, scale: GradeScale) -> Draft:
        """One more scale."""
        self._check_aside(scale.name)
        return replace(
            self,
            schema=replace(self.schema, grades=(*self.schema.grades, scale)),
            scales={**self.scales, scale.name: NEW},
            values={**self.values, **{(scale.name, value): NEW for value in scale.values}},
        )

    def change_scale(self, name: str, /, **changes: Any) -> Draft:
        """Another title, kind or role; a new ``name`` carries the grades."""
        new = changes.get("name", name)
        if new != name:
            self._check_aside(new, besides=self.scales.get(name, NEW))
        grades = tuple(replace(one, **changes) if one.name == name else one for one in self.schema.grades)
        rules = self.schema.rules_renamed("scale", name, new)
        scales = {(new if key == name else key): stored for key, stored in self.scales.items()}
        values = {(new if key[0] == name else key[0], key[1]): old for key, old in self.values.items()}
        return replace(
            self, schema=replace(self.schema, grades=grades, rules=rules), scales=scales, values=values
        )

    def set_aside_scale(self, name: str) -> Draft:
        """Ask for it no more. Its grades stay in the store and come back with it."""
        grades = tuple(one for one in self.schema.grades if one.name != name)
        schema = replace(self.schema, grades=grades, rules=self.schema.rules_without("scale", name))
        stored, aside = self.scales.get(name, NEW), self.aside
        if stored != NEW:
            # As the store knows it: nothing is carried for what nobody sees.
            aside = replace(aside, scales=(*aside.scales, self.stored_scales[stored]))
        scales = {key: old for key, old in self.scales.items() if key != name}
        values = {key: old for key, old in self.values.items() if key[0] != name}
        return replace(self, schema=schema, scales=scales, values=values, aside=aside)

    def restore_scale(self, name: str) -> Draft:
        """Ask for a scale that was set aside again, with the grades it had."""
        scale = next(one for one in self.aside.scales if one.name == name)
        return replace(
            self,
            schema=replace(self.schema, grades=(*self.schema.grades, scale)),
            scales={**self.scales, name: name},
            values={**self.values, **{(name, value): value for value in scale.values}},
            aside=replace(self.aside, scales=tuple(one for one in self.aside.scales if one.name != name)),
        )

    def move_scale(self, name: str, step: int) -> Draft:
        """Up (-1) or down (1)."""
        grades = list(self.schema.grades)
        moved = _moved(grades, grades.index(self.schema.scale(name)), step)
        return replace(self, schema=replace(self.schema, grades=tuple(moved)))

    # ---- the values of a scale

    def add_value(self, scale: str, value: str) -> Draft:
        """One more value at the end. Raises SchemaError for one that cannot be shown in a line."""
        _check_value(value)
        held = self.schema.scale(scale)
        draft = self._with_scale(replace(held, values=(*held.values, value)))
        return replace(draft, values={**self.values, (scale, value): NEW})

    def rename_value(self, scale: str, old: str, new: str) -> Draft:
        """Another name for a value; the grades follow. Raises SchemaError as `add_value`."""
        _check_value(new)
        held = self.schema.scale(scale)
        named = replace(held, values=_with(held.values, old, new), unusable=_with(held.unusable, old, new))
        rules = tuple(_rule_with_value(rule, scale, old, new) for rule in self.schema.rules)
        grades = tuple(named if one.name == scale else one for one in self.schema.grades)
        values = {((scale, new) if key == (scale, old) else key): was for key, was in self.values.items()}
        return replace(self, schema=replace(self.schema, grades=grades, rules=rules), values=values)

    def move_value(self, scale: str, value: str, step: int) -> Draft:
        """Earlier (-1) or later (1) in the order."""
        held = self.schema.scale(scale)
        values = list(held.values)
        return self._with_scale(replace(held, values=tuple(_moved(values, values.index(value), step))))

    def remove_value(self, scale: str, value: str) -> Draft:
        """Without a value. Whether the store allows it is asked before it is applied."""
        held = self.schema.scale(scale)
        if len(held.values) <= 2:
            raise SchemaError(f"The scale “{held.label}” needs two values at least; set the scale aside.")
        left = replace(
            held,
            values=tuple(one for one in held.values if one != value),
            unusable=tuple(one for one in held.unusable if one != value),
        )
        rules = tuple(
            rule for one in self.schema.rules if (rule := _rule_without_value(one, scale, value)) is not None
        )
        grades = tuple(left if one.name == scale else one for one in self.schema.grades)
        values = {key: was for key, was in self.values.items() if key != (scale, value)}
        return replace(self, schema=replace(self.schema, grades=grades, rules=rules), values=values)

    # ---- findings

    def add_finding(self, name: str, title: str = "") -> Draft:
        """One more finding."""
        self._check_aside(name, findings=True)
        findings = (*self.schema.findings, Finding(name, title))
        return replace(
            self,
            schema=replace(self.schema, findings=findings),
            findings={**self.findings, name: NEW},
        )

    def change_finding(self, name: str, /, **changes: Any) -> Draft:
        """Another title; a new ``name`` carries what was said."""
        new = changes.get("name", name)
        if new != name:
            self._check_aside(new, findings=True, besides=self.findings.get(name, NEW))
        found = tuple(replace(one, **changes) if one.name == name else one for one in self.schema.findings)
        rules = self.schema.rules_renamed("finding", name, new)
        known = {(new if key == name else key): stored for key, stored in self.findings.items()}
        return replace(self, schema=replace(self.schema, findings=found, rules=rules), findings=known)

    def set_aside_finding(self, name: str) -> Draft:
        """Ask for it no more; what was said stays in the store and comes back with it."""
        held = self.schema.finding(name)
        left = tuple(one for one in self.schema.findings if one.name != name)
        schema = replace(self.schema, findings=left, rules=self.schema.rules_without("finding", name))
        stored, aside = self.findings.get(name, NEW), self.aside
        if stored != NEW:
            aside = replace(aside, findings=(*aside.findings, replace(held, name=stored)))
        known = {key: old for key, old in self.findings.items() if key != name}
        return replace(self, schema=schema, findings=known, aside=aside)

    def restore_finding(self, name: str) -> Draft:
        """Ask for a finding that was set aside again."""
        held = next(one for one in self.aside.findings if one.name == name)
        left = tuple(one for one in self.aside.findings if one.name != name)
        return replace(
            self,
            schema=replace(self.schema, findings=(*self.schema.findings, held)),
            findings={**self.findings, name: name},
            aside=replace(self.aside, findings=left),
        )

    def move_finding(self, name: str, step: int) -> Draft:
        """Up (-1) or down (1)."""
        findings = list(self.schema.findings)
        moved = _moved(findings, findings.index(self.schema.finding(name)), step)
        return replace(self, schema=replace(self.schema, findings=tuple(moved)))

    # ---- rules, templates

    def set_rules(self, rules: tuple[Rule, ...]) -> Draft:
        """Other consistency rules."""
        return replace(self, schema=replace(self.schema, rules=rules))

    def with_all_of(self, other: Schema) -> Draft:
        """Everything of another schema (a template, what a model declares) that is not here yet, by name."""
        draft = self
        here = {one.name.casefold() for one in draft.schema.active_classes}
        for one in other.active_classes:
            if one.name.casefold() not in here:
                draft = draft.add_class(one.name, one.title, one.color)
        scales = {one.name.casefold() for one in (*draft.schema.grades, *draft.aside.scales)}
        for scale in other.grades:
            if scale.name.casefold() not in scales:
                draft = draft.add_scale(scale)
        findings = {one.name.casefold() for one in (*draft.schema.findings, *draft.aside.findings)}
        for finding in other.findings:
            if finding.name.casefold() not in findings:
                draft = draft.add_finding(finding.name, finding.title)
        for rule in other.rules:
            if rule not in draft.schema.rules and rule.problem(draft.schema) is None:
                draft = draft.set_rules((*draft.schema.rules, rule))
        return draft

    # ---- inside

    def _with_scale(self, scale: GradeScale) -> Draft:
        grades = tuple(scale if one.name == scale.name else one for one in self.schema.grades)
        return replace(self, schema=replace(self.schema, grades=grades))

    def _check_aside(self, name: str, *, findings: bool = False, besides: str = NEW) -> None:
        held = self.aside.findings if findings else self.aside.scales
        if any(one.name.casefold() == name.casefold() and one.name != besides for one in held):
            what = "finding" if findings else "scale"
            raise SchemaError(
                f"A {what} “{name}” was set aside, and what was recorded of it is kept; restore it, or take "
                "another name."
            )


def _moved(items: list[Any], at: int, step: int) -> list[Any]:
    to = min(max(at + step, 0), len(items) - 1)
    items.insert(to, items.pop(at))
    return items


def _check_value(value: str) -> None:
    """A schema from elsewhere may have others; what is written here fits on a button and in a table."""
    if len(value) > LONGEST_VALUE or len(value.splitlines()) > 1 or any(ord(one) < 32 for one in value):
        raise SchemaError(f"A value stands on one line and has {LONGEST_VALUE} letters at most.")


def _with(values: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if one == old else one for one in values)


def _rule_with_value(rule: Rule, scale: str, old: str, new: str) -> Rule:
    if getattr(rule, "scale", None) != scale:
        return rule
    return replace(rule, values=_with(rule.values, old, new))  # type: ignore[attr-defined,call-arg]


def _rule_without_value(rule: Rule, scale: str, value: str) -> Rule | None:
    """Return the rule without a value that goes; None when nothing of it is left."""
    held: tuple[str, ...] = getattr(rule, "values", ())
    if getattr(rule, "scale", None) != scale or value not in held:
        return rule
    left = tuple(one for one in held if one != value)
    return replace(rule, values=left) if left else None  # type: ignore[call-arg]
