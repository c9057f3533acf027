"""What a project asks of an image: mask classes, grades and findings (no torch, no numpy at import)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from inference.errors import SchemaError as SchemaError  # read from here by everybody
from inference.records import check_keys, name_problem, show_name

if TYPE_CHECKING:
    from inference.rules import Rule, Subject

ScaleKind = Literal["ordinal", "nominal"]
ScaleRole = Literal["grade", "quality"]

# Okabe and Ito, "Color Universal Design" (2008): told apart with every common colour vision.
DEFAULT_COLORS: tuple[str, ...] = (
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}\Z")


def _check_name(name: object, what: str) -> None:
    problem = name_problem(name)
    if problem is not None:
        raise SchemaError(f"The {what} name “{name}” cannot be used: {problem}.")


@dataclass(frozen=True, slots=True)
class MaskClass:
    """One mask layer. `id` is permanent and never reused; it is also the bit: page id // 8, bit id % 8."""

    id: int
    name: str
    title: str = ""
    color: str = "#E69F00"
    retired: bool = False

    def __post_init__(self) -> None:
        _check_name(self.name, "class")
        if isinstance(self.id, bool) or not isinstance(self.id, int) or not 0 <= self.id < 2048:
            raise SchemaError(f"The class “{self.name}” needs a whole number from 0 to 2047 as its id.")
        if not isinstance(self.color, str) or not _COLOR.match(self.color):
            raise SchemaError(f"The colour of the class “{self.name}” must look like #E69F00.")
        if not isinstance(self.title, str) or not isinstance(self.retired, bool):
            raise SchemaError(f"The class “{self.name}” needs a text as title, and retired true or false.")

    @property
    def label(self) -> str:
        """What people read: the title, or the name where there is none."""
        return self.title or self.name

    @property
    def page(self) -> int:
        """The bit plane page that holds this class."""
        return self.id // 8

    @property
    def bit(self) -> int:
        """The bit inside the page, 0 to 7."""
        return self.id % 8


@dataclass(frozen=True, slots=True)
class GradeScale:
    """One value out of several: ordinal (the order means something) or nominal.

    ``role`` "quality": the scale judges the picture, not what it shows; it is offered first and apart.
    ``unusable``: those of its values with which nothing else can be assessed; they offer a rejection.
    """

    name: str
    values: tuple[str, ...]
    kind: ScaleKind = "ordinal"
    title: str = ""
    role: ScaleRole = "grade"
    unusable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_name(self.name, "grade scale")
        if self.kind not in get_args(ScaleKind):
            raise SchemaError(f"The scale “{self.name}” must be ordinal or nominal, not “{self.kind}”.")
        if len(self.values) < 2 or len(set(self.values)) != len(self.values):
            raise SchemaError(f"The scale “{self.name}” needs two or more values, each once.")
        if not all(isinstance(v, str) and v.strip() == v and v for v in self.values):
            raise SchemaError(f"The values of the scale “{self.name}” must be texts that are not empty.")
        if not isinstance(self.title, str):
            raise SchemaError(f"The scale “{self.name}” needs a text as title.")
        if self.role not in get_args(ScaleRole):
            raise SchemaError(f"The role of the scale “{self.name}” is grade or quality, not “{self.role}”.")
        if not set(self.unusable) <= set(self.values):
            raise SchemaError(f"The scale “{self.name}” calls a value unusable that it does not have.")

    @property
    def label(self) -> str:
        """What people read: the title, or the name where there is none."""
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is present, absent or not assessed."""

    name: str
    title: str = ""

    def __post_init__(self) -> None:
        _check_name(self.name, "finding")
        if not isinstance(self.title, str):
            raise SchemaError(f"The finding “{self.name}” needs a text as title.")

    @property
    def label(self) -> str:
        """What people read: the title, or the name where there is none."""
        return self.title or self.name


def _check_unique(names: list[str], what: str) -> None:
    folded = [name.casefold() for name in names]
    for index, name in enumerate(folded):
        # Names become folder names, and some file systems do not tell A from a.
        if name in folded[:index]:
            raise SchemaError(f"The schema names the {what} “{names[index]}” twice.")


@dataclass(frozen=True, slots=True)
class Schema:
    """Classes, grades and findings of a project or a model; rules between them; usual reasons.

    ``reject_reasons`` and ``not_assessable_reasons`` are offered when a reader rejects an image, or cannot
    assess a class, scale or finding; empty: the program's own. Any other text may be given there too.
    """

    classes: tuple[MaskClass, ...] = ()
    grades: tuple[GradeScale, ...] = ()
    findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()
    reject_reasons: tuple[str, ...] = ()
    not_assessable_reasons: tuple[str, ...] = ()
    _by_name: dict[str, MaskClass] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        ids = [c.id for c in self.classes]
        if len(set(ids)) != len(ids):
            raise SchemaError("Two classes of the schema share an id; an id belongs to one class for ever.")
        _check_unique([c.name for c in self.active_classes], "class")
        _check_unique([s.name for s in self.grades], "grade scale")
        _check_unique([f.name for f in self.findings], "finding")
        _check_reasons(self.reject_reasons)
        _check_reasons(self.not_assessable_reasons)
        for rule in self.rules:
            problem = rule.problem(self)
            if problem is not None:
                raise SchemaError(f"The rule “{rule.title}” cannot be kept: {problem}.")
        by_name = {c.name: c for c in self.classes if c.retired}
        by_name |= {c.name: c for c in self.classes if not c.retired}
        object.__setattr__(self, "_by_name", by_name)

    @property
    def active_classes(self) -> tuple[MaskClass, ...]:
        """The classes that are not retired, in order; a network's mask channels follow this order."""
        return tuple(c for c in self.classes if not c.retired)

    @property
    def pages(self) -> int:
        """How many 8-class pages the label planes need (retired classes keep their bits); 0 if no class."""
        return max((c.id for c in self.classes), default=-1) // 8 + 1

    def class_named(self, name: str) -> MaskClass:
        """The class of this name, an active one before a retired one. Raises SchemaError if there is none."""
        found = self._by_name.get(name)
        if found is None:
            raise SchemaError(f"The schema has no class “{name}”.")
        return found

    def class_by_id(self, class_id: int) -> MaskClass:
        """The class with this id, retired or not. Raises SchemaError if there is none."""
        for item in self.classes:
            if item.id == class_id:
                return item
        raise SchemaError(f"The schema has no class with the id {class_id}.")

    def scale(self, name: str) -> GradeScale:
        """The grade scale of this name. Raises SchemaError if there is none."""
        for item in self.grades:
            if item.name == name:
                return item
        raise SchemaError(f"The schema has no grade scale “{name}”.")

    def finding(self, name: str) -> Finding:
        """The finding of this name. Raises SchemaError if there is none."""
        for item in self.findings:
            if item.name == name:
                return item
        raise SchemaError(f"The schema has no finding “{name}”.")

    def add_class(self, name: str, title: str = "", color: str | None = None) -> Schema:
        """A schema with one more class: a fresh id above all others, and the next default colour."""
        new_id = max((c.id for c in self.classes), default=-1) + 1
        chosen = color or DEFAULT_COLORS[new_id % len(DEFAULT_COLORS)]
        return replace(self, classes=(*self.classes, MaskClass(new_id, name, title, chosen)))

    def rename_class(self, class_id: int, name: str, title: str | None = None) -> Schema:
        """A schema in which the class keeps its id, bit and pixels under another name."""
        old = self.class_by_id(class_id)
        changed = replace(old, name=name, title=old.title if title is None else title)
        rules = self.rules if old.retired else self.rules_renamed("class", old.name, name)
        return replace(self, classes=self._classes_with(changed), rules=rules)

    def retire_class(self, class_id: int) -> Schema:
        """A schema in which the class is no longer offered; its bit is never given away."""
        changed = replace(self.class_by_id(class_id), retired=True)
        return replace(self, classes=self._classes_with(changed))

    def rules_renamed(self, subject: Subject, old: str, new: str) -> tuple[Rule, ...]:
        """The rules after a class, scale or finding got another name (to be replaced together with it)."""
        return tuple(rule.renamed(subject, old, new) for rule in self.rules)

    def rules_without(self, subject: Subject, name: str) -> tuple[Rule, ...]:
        """The rules that do not speak of this class, scale or finding."""
        return tuple(rule for rule in self.rules if (subject, name) not in set(rule.names()))

    def _classes_with(self, changed: MaskClass) -> tuple[MaskClass, ...]:
        return tuple(changed if c.id == changed.id else c for c in self.classes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` gives the same schema back.

        What is not used is left out, so that a schema without rules reads in every version.
        """
        further = {
            "rules": _rule_records(self.rules),
            "reject_reasons": list(self.reject_reasons),
            "not_assessable_reasons": list(self.not_assessable_reasons),
        }
        return {
            "classes": [
                {"id": c.id, "name": c.name, "title": c.title, "color": c.color, "retired": c.retired}
                for c in self.classes
            ],
            "grades": [_scale_record(scale) for scale in self.grades],
            "findings": [{"name": f.name, "title": f.title} for f in self.findings],
            **{key: value for key, value in further.items() if value},
        }

    @classmethod
    def from_dict(cls, record: Any, where: str = "The schema") -> Schema:
        """Read plain values strictly. Raises SchemaError naming an unknown or missing key.

        A class may leave out its id: then it gets its position. A scale may leave out its kind: ordinal.
        """
        reasons = ("reject_reasons", "not_assessable_reasons")
        allowed = ("classes", "grades", "findings", "rules", *reasons)
        top = check_keys(record, allowed=allowed, where=where, error=SchemaError)
        classes = []
        for index, entry in enumerate(_entries(top, "classes", where)):
            keys = check_keys(
                entry,
                allowed=("id", "name", "title", "color", "retired"),
                required=("name",),
                where=f"{where}, class {index + 1}",
                error=SchemaError,
            )
            defaults = {"id": index, "color": DEFAULT_COLORS[index % len(DEFAULT_COLORS)]}
            classes.append(MaskClass(**{**defaults, **keys}))
        grades = [_scale(e, f"{where}, scale {i + 1}") for i, e in enumerate(_entries(top, "grades", where))]
        findings = [
            Finding(
                **check_keys(
                    e,
                    allowed=("name", "title"),
                    required=("name",),
                    where=f"{where}, finding {i + 1}",
                    error=SchemaError,
                )
            )
            for i, e in enumerate(_entries(top, "findings", where))
        ]
        rules = _rules(_entries(top, "rules", where), where)
        said = [tuple(_entries(top, key, where)) for key in reasons]
        return cls(tuple(classes), tuple(grades), tuple(findings), tuple(rules), *said)


def _entries(record: Mapping[str, Any], key: str, where: str) -> list[Any]:
    entries = record.get(key, [])
    if not isinstance(entries, list):
        raise SchemaError(f"{where}: “{key}” must be a list.")
    return entries


def _scale(entry: Any, where: str) -> GradeScale:
    keys = check_keys(
        entry,
        allowed=("name", "values", "kind", "title", "role", "unusable"),
        required=("name", "values"),
        where=where,
        error=SchemaError,
    )
    values, unusable = (tuple(_entries(keys, key, where)) for key in ("values", "unusable"))
    kind = cast(ScaleKind, keys.get("kind", "ordinal"))
    role = cast(ScaleRole, keys.get("role", "grade"))
    return GradeScale(keys["name"], values, kind, keys.get("title", ""), role, unusable)


def _scale_record(scale: GradeScale) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": scale.name,
        "values": list(scale.values),
        "kind": scale.kind,
        "title": scale.title,
    }
    if scale.role != "grade":
        record["role"] = scale.role
    if scale.unusable:
        record["unusable"] = list(scale.unusable)
    return record


def _check_reasons(reasons: tuple[str, ...]) -> None:
    if not all(isinstance(one, str) and one and one.strip() == one for one in reasons):
        raise SchemaError("The reasons of a schema must be texts that are not empty.")


def read_schema(path: Path) -> Schema:
    """Read a schema's JSON file. Raises SchemaError (one sentence) for anything that is not one."""
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SchemaError(f"The schema {show_name(path)} cannot be read: {reason}.") from error
    except ValueError as error:
        raise SchemaError(f"The schema {show_name(path)} is not valid JSON.") from error
    return Schema.from_dict(record, where=show_name(path))


def write_schema(path: Path, schema: Schema) -> None:
    """Write a schema as JSON: beside first, then in place, so that a crash leaves the old or the new file."""
    target = Path(path)
    beside = target.with_name(target.name + ".new")
    beside.write_text(json.dumps(schema.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, target)  # noqa: PTH105 - the atomic replacement of both systems


# Rules are imported where a schema has some: most have none, and the window starts without them.


def _rule_records(rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    if not rules:
        return []
    from inference.rule_records import rule_to_dict

    return [rule_to_dict(rule) for rule in rules]


def _rules(records: list[Any], where: str) -> list[Rule]:
    if not records:
        return []
    from inference.rule_records import rule_from_dict

    return [rule_from_dict(record, f"{where}, rule {at + 1}") for at, record in enumerate(records)]
