"""Consistency rules of a schema: what the grades, findings and masks of one image must not say together.

Rules are plain records inside a schema (no numpy at import). `needs` says what has to be measured for the
values at hand, `inference.rule_facts.measure` measures it, and `check` compares: it is pure and quick.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from inference.errors import SchemaError
from inference.remarks import Facts, Needs, Reading, Remark, join, largest_first, pixels

if TYPE_CHECKING:
    from inference.schema import Schema

Subject = Literal["class", "scale", "finding"]
_WORDS = {"class": "class", "scale": "grade scale", "finding": "finding"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What all rules share. ``text``: a sentence of the schema's author to be read in place of ours."""

    kind: ClassVar[str] = ""
    title: ClassVar[str] = ""
    text: str = field(default="", kw_only=True)

    def names(self) -> Iterator[tuple[Subject, str]]:
        """What the rule speaks of."""
        yield from ()

    def problem(self, schema: Schema) -> str | None:
        """Why this rule makes no sense in ``schema`` (no capital, no full stop); None when it does."""
        known: dict[str, set[str]] = {
            "class": {item.name for item in schema.classes},
            "scale": {item.name for item in schema.grades},
            "finding": {item.name for item in schema.findings},
        }
        for subject, name in self.names():
            if name not in known[subject]:
                return f"it names the {_WORDS[subject]} “{name}”, which the schema does not have"
        return None

    def needs(self, reading: Reading) -> Needs:
        """What has to be measured for these values."""
        del reading
        return Needs()

    def remarks(self, reading: Reading, facts: Facts) -> Iterator[Remark]:
        """The remarks that this rule makes."""
        del reading, facts
        yield from ()

    def renamed(self, subject: Subject, old: str, new: str) -> Rule:
        """The same rule after a class, scale or finding got another name."""
        del subject, old, new
        return self


@dataclass(frozen=True, slots=True)
class _GradeAndClasses(Rule):
    scale: str
    values: tuple[str, ...]
    classes: tuple[str, ...]
    pixels: int = 1

    def __post_init__(self) -> None:
        _check(self, bool(self.scale and self.values and self.classes), "a scale, a value and a class")

    def names(self) -> Iterator[tuple[Subject, str]]:
        yield "scale", self.scale
        for name in self.classes:
            yield "class", name

    def problem(self, schema: Schema) -> str | None:
        return Rule.problem(self, schema) or _unknown_value(schema, self.scale, self.values)

    def renamed(self, subject: Subject, old: str, new: str) -> Rule:
        scale = new if subject == "scale" and self.scale == old else self.scale
        return replace(self, scale=scale, classes=_renamed(self.classes, subject == "class", old, new))

    def _applies(self, reading: Reading) -> bool:
        return reading.grades.get(self.scale) in self.values

    def _grade(self, reading: Reading) -> str:
        return f"“{reading.schema.scale(self.scale).label}” {reading.grades.get(self.scale)}"


@dataclass(frozen=True, slots=True)
class GradeExcludes(_GradeAndClasses):
    """With one of ``values`` no class of ``classes`` may have ``pixels`` pixels or more.

    Example: grade 0 excludes microaneurysms, haemorrhages and exudates.
    """

    kind: ClassVar[str] = "grade-excludes"
    title: ClassVar[str] = "A grade excludes classes"

    def needs(self, reading: Reading) -> Needs:
        """The components of the excluded classes, once the grade is set."""
        return Needs(pieces=frozenset(reading.active(self.classes))) if self._applies(reading) else Needs()

    def remarks(self, reading: Reading, facts: Facts) -> Iterator[Remark]:
        """One remark for each class that is drawn."""
        for name in reading.active(self.classes) if self._applies(reading) else ():
            pieces = facts.pieces.get(name, ())
            area = sum(piece.area for piece in pieces)
            if area >= self.pixels:
                drawn = f"{pixels(area)} {'is' if area == 1 else 'are'} drawn"
                said = f"{self._grade(reading)} excludes {reading.titles([name])}, yet {drawn}."
                targets = (f"grade:{self.scale}", f"class:{name}")
                yield Remark(self.text or said, largest_first(pieces), targets)


@dataclass(frozen=True, slots=True)
class GradeRequires(_GradeAndClasses):
    """With one of ``values`` at least one class of ``classes`` must have ``pixels`` pixels or more."""

    kind: ClassVar[str] = "grade-requires"
    title: ClassVar[str] = "A grade requires a class"

    def needs(self, reading: Reading) -> Needs:
        """The areas of the classes, once the grade is set."""
        return Needs(areas=frozenset(reading.active(self.classes))) if self._applies(reading) else Needs()

    def remarks(self, reading: Reading, facts: Facts) -> Iterator[Remark]:
        """One remark when none of the classes is there."""
        names = reading.active(self.classes) if self._applies(reading) else ()
        if names and all(facts.areas.get(name, 0) < self.pixels for name in names):
            said = f"{self._grade(reading)} requires {_drawn(reading, names, self.pixels)}."
            targets = (f"grade:{self.scale}", *(f"class:{name}" for name in names))
            yield Remark(self.text or said, (), targets)


@dataclass(frozen=True, slots=True)
class FindingsExclude(Rule):
    """At most one of these findings may be present."""

    kind: ClassVar[str] = "findings-exclude"
    title: ClassVar[str] = "Findings exclude one another"
    findings: tuple[str, ...]

    def __post_init__(self) -> None:
        _check(self, len(set(self.findings)) > 1, "two findings")

    def names(self) -> Iterator[tuple[Subject, str]]:
        """The findings."""
        for name in self.findings:
            yield "finding", name

    def remarks(self, reading: Reading, facts: Facts) -> Iterator[Remark]:
        """One remark that names all that are present."""
        del facts
        present = [name for name in self.findings if reading.present(name)]
        if len(present) > 1:
            titles = join([f"“{reading.schema.finding(name).label}”" for name in present], "and")
            said = f"{titles} exclude one another, yet {'both' if len(present) == 2 else 'all'} are present."
            yield Remark(self.text or said, (), tuple(f"finding:{name}" for name in present))

    def renamed(self, subject: Subject, old: str, new: str) -> Rule:
        """With the finding's new name."""
        return replace(self, findings=_renamed(self.findings, subject == "finding", old, new))


@dataclass(frozen=True, slots=True)
class FindingRequires(Rule):
    """A present finding needs pixels of one of ``classes``, and one of ``values`` of ``scale``.

    Either may be left out. A grade that is not set yet is not held against the finding.
    """

    kind: ClassVar[str] = "finding-requires"
    title: ClassVar[str] = "A finding requires a class or a grade"
    finding: str
    classes: tuple[str, ...] = ()
    pixels: int = 1
    scale: str = ""
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        complete = bool(self.finding and (self.classes or self.scale)) and bool(self.scale) == bool(
            self.values
        )
        _check(self, complete, "a finding, and a class or a scale with its values")

    def names(self) -> Iterator[tuple[Subject, str]]:
        """The finding, the classes, the scale."""
        yield "finding", self.finding
        for name in self.classes:
            yield "class", name
        if self.scale:
            yield "scale", self.scale

    def problem(self, schema: Schema) -> str | None:
        """As of every rule, and a value that the scale lacks."""
        known = Rule.problem(self, schema)
        return known or (_unknown_value(schema, self.scale, self.values) if self.scale else None)

    def needs(self, reading: Reading) -> Needs:
        """The areas of the classes, once the finding is present."""
        present = reading.present(self.finding)
        return Needs(areas=frozenset(reading.active(self.classes))) if present else Needs()

    def remarks(self, reading: Reading, facts: Facts) -> Iterator[Remark]:
        """One remark for the missing class, one for the grade that does not go with the finding."""
        if not reading.present(self.finding):
            return
        title = f"“{reading.schema.finding(self.finding).label}”"
        names, own = reading.active(self.classes), f"finding:{self.finding}"
        if names and all(facts.areas.get(name, 0) < self.pixels for name in names):
            said = f"{title} requires {_drawn(reading, names, self.pixels)}."
            yield Remark(self.text or said, (), (own, *(f"class:{name}" for name in names)))
        value = reading.grades.get(self.scale) if self.scale else None
        if value is not None and value not in self.values:
            scale = f"“{reading.schema.scale(self.scale).label}”"
            said = f"{title} requires {scale} {join(list(self.values), 'or')}, not {value}."
            yield Remark(self.text or said, (), (own, f"grade:{self.scale}"))

    def renamed(self, subject: Subject, old: str, new: str) -> Rule:
        """With the new name."""
        return replace(
            self,
            finding=new if subject == "finding" and self.finding == old else self.finding,
            classes=_renamed(self.classes, subject == "class", old, new),
            scale=new if subject == "scale" and self.scale == old else self.scale,
        )


@dataclass(frozen=True, slots=True)
class MinimalArea(Rule):
    """Every component of a class has at least ``pixels`` pixels (8 neighbours)."""

    kind: ClassVar[str] = "minimal-area"
    title: ClassVar[str] = "Components have a minimal area"
    class_name: str
    pixels: int

    def __post_init__(self) -> None:
        _check(self, bool(self.class_name), "a class")

    def names(self) -> Iterator[tuple[Subject, str]]:
        """The class."""
        yield "class", self.class_name

    def needs(self, reading: Reading) -> Needs:
        """The components of the class."""
        return Needs(pieces=frozenset(reading.active((self.class_name,))))

    def remarks(self, reading: Reading, facts: Facts) -> Iterator[Remark]:
        """One remark for all that are too small."""
        small = [one for one in facts.pieces.get(self.class_name, ()) if one.area < self.pixels]
        if small and reading.active((self.class_name,)):
            parts = "1 component" if len(small) == 1 else f"{len(small):,} components"
            said = f"{parts} of {reading.titles([self.class_name])} {'has' if len(small) == 1 else 'have'}"
            said += f" less than {pixels(self.pixels)}."
            yield Remark(self.text or said, largest_first(small), (f"class:{self.class_name}",))

    def renamed(self, subject: Subject, old: str, new: str) -> Rule:
        """With the class's new name."""
        return replace(self, class_name=_renamed((self.class_name,), subject == "class", old, new)[0])


@dataclass(frozen=True, slots=True)
class Inside(Rule):
    """A class lies inside another one; fewer than ``pixels`` pixels outside are let pass."""

    kind: ClassVar[str] = "inside"
    title: ClassVar[str] = "A class lies inside another"
    class_name: str
    outer: str
    pixels: int = 1

    def __post_init__(self) -> None:
        _check(self, bool(self.class_name and self.outer) and self.class_name != self.outer, "two classes")

    def names(self) -> Iterator[tuple[Subject, str]]:
        """Both classes."""
        yield "class", self.class_name
        yield "class", self.outer

    def needs(self, reading: Reading) -> Needs:
        """What of the inner class lies outside the outer one."""
        both = (self.class_name, self.outer)
        return Needs(outside=frozenset([both])) if len(reading.active(both)) == 2 else Needs()

    def remarks(self, reading: Reading, facts: Facts) -> Iterator[Remark]:
        """One remark for all that lies outside."""
        both = (self.class_name, self.outer)
        pieces = facts.outside.get(both, ())
        area = sum(piece.area for piece in pieces)
        if area >= self.pixels and len(reading.active(both)) == 2:
            inner, outer = reading.titles([self.class_name]), reading.titles([self.outer])
            lie = f"{pixels(area)} {'lies' if area == 1 else 'lie'} outside"
            targets = (f"class:{self.class_name}", f"class:{self.outer}")
            said = f"{inner} must lie inside {outer}, yet {lie}."
            yield Remark(self.text or said, largest_first(pieces), targets)

    def renamed(self, subject: Subject, old: str, new: str) -> Rule:
        """With the class's new name."""
        inner, outer = _renamed((self.class_name, self.outer), subject == "class", old, new)
        return replace(self, class_name=inner, outer=outer)


def needs(schema: Schema, grades: Mapping[str, str], findings: Mapping[str, str]) -> Needs:
    """What must be measured to check all rules of ``schema`` against these values; empty: nothing."""
    reading, wanted = Reading(schema, grades, findings), Needs()
    for rule in schema.rules:
        wanted |= rule.needs(reading)
    return wanted


def check(
    schema: Schema, facts: Facts, grades: Mapping[str, str], findings: Mapping[str, str]
) -> tuple[Remark, ...]:
    """Every remark of every rule, in the order of the rules.

    Args:
        schema: with the rules; retired classes take no part.
        facts: what was measured; it holds what `needs` asked for, what lacks counts as empty.
        grades: scale name to value, those that are set.
        findings: finding name to "present", "absent" or "not assessed".
    """
    reading = Reading(schema, grades, findings)
    return tuple(remark for rule in schema.rules for remark in rule.remarks(reading, facts))


def _check(rule: Rule, complete: bool, wants: str) -> None:
    """Refuse a rule with values of the wrong type, or one that says nothing."""
    for item in fields(rule):
        value, wanted = getattr(rule, item.name), str(item.type)
        fits = {
            "str": isinstance(value, str),
            "int": isinstance(value, int) and not isinstance(value, bool) and value >= 1,
            "tuple[str, ...]": isinstance(value, tuple) and all(isinstance(one, str) for one in value),
        }[wanted]
        if not fits:
            words = {"str": "a text", "int": "a whole number from 1", "tuple[str, ...]": "a list of names"}
            raise SchemaError(f"The rule “{rule.title}” needs {words[wanted]} as “{item.name}”.")
    if not complete:
        raise SchemaError(f"The rule “{rule.title}” needs {wants}.")


def _unknown_value(schema: Schema, scale: str, values: tuple[str, ...]) -> str | None:
    strange = [value for value in values if value not in schema.scale(scale).values]
    return f"the scale “{scale}” has no value “{strange[0]}”" if strange else None


def _renamed(names: tuple[str, ...], concerned: bool, old: str, new: str) -> tuple[str, ...]:
    return tuple(new if concerned and name == old else name for name in names)


def _drawn(reading: Reading, names: tuple[str, ...], least: int) -> str:
    atleast = f" ({pixels(least)} or more)" if least > 1 else ""
    return f"{reading.titles(names)} to be drawn{atleast}"
