"""What a model calls things, and what the project calls them: the map between the two. Neither Qt nor torch.

Without a word from a person a model's class, scale or finding belongs to the project's of the same name. A
person may say otherwise, and may say that one of them is not used here. Classes are kept by their permanent
ids, so another name in the project changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from inference.schema import GradeScale, Schema

if TYPE_CHECKING:
    from desktop.project.project import Project
    from inference.prediction import Prediction

UNUSED = ""
"""What the project calls something of a model that it does not use."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a person said of one model. Classes: the project's id, or None: not used."""

    classes: Mapping[str, int | None] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "classes": dict(self.classes),
            "scales": dict(self.scales),
            "findings": dict(self.findings),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any] | None) -> Given:
        """Read what `to_dict` wrote; None: nobody said anything."""
        found = record or {}
        return cls(*(dict(found.get(key, {})) for key in ("classes", "scales", "findings")))


@dataclass(frozen=True, slots=True)
class ModelNames:
    """The project's name of everything that a model answers, `UNUSED` where it is not used.

    ``values`` gives, for each scale that is used, the model's place of each of the project's values.
    """

    classes: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def prediction(self, said: Prediction) -> Prediction:
        """Return a prediction in the project's words; what the project does not use is left out."""
        used = [at for at, name in enumerate(said.classes) if self.classes.get(name, UNUSED)]
        names = tuple(self.classes[said.classes[at]] for at in used)
        grades = {
            self.scales[name]: tuple(chances[at] for at in self.values[name])
            for name, chances in said.grades.items()
            if self.scales.get(name, UNUSED)
        }
        findings = {
            self.findings[name]: chance
            for name, chance in said.findings.items()
            if self.findings.get(name, UNUSED)
        }
        same = len(used) == len(said.classes)
        logits = said.logits if same else said.logits[used]
        return replace(said, classes=names, logits=logits, grades=grades, findings=findings)

    def thresholds(self, said: Mapping[str, float]) -> dict[str, float]:
        """Return a model's thresholds by the project's class names."""
        used = {name: self.classes.get(name, UNUSED) for name in said}
        return {mine: said[name] for name, mine in used.items() if mine}

    def schema(self, said: Schema, project: Schema) -> Schema:
        """Return what the model answers, in the project's words."""
        classes = tuple(
            replace(one, name=self.classes[one.name])
            for one in said.active_classes
            if self.classes.get(one.name, UNUSED)
        )
        mine = [self.scales[one.name] for one in said.grades if self.scales.get(one.name, UNUSED)]
        grades = tuple(project.scale(name) for name in mine)
        findings = tuple(
            replace(one, name=self.findings[one.name])
            for one in said.findings
            if self.findings.get(one.name, UNUSED)
        )
        return Schema(classes, grades, findings)


def names_of(
    model: Schema, project: Schema, given: Given, registered: Mapping[str, int] | None = None
) -> ModelNames:
    """Return the whole map: what a person said, else what was registered (class ids), else the same name.

    Nothing of the project is answered twice: of two that claim it, the one that a person named gets it.
    """
    by_id = {one.id: one.name for one in project.active_classes}
    here = {one.name for one in project.active_classes}
    classes: dict[str, str] = {}
    for one in model.active_classes:
        if one.name in given.classes:
            wanted = given.classes[one.name]
            classes[one.name] = UNUSED if wanted is None else by_id.get(wanted, UNUSED)
        elif registered is not None and one.name in registered:
            classes[one.name] = by_id.get(registered[one.name], UNUSED)
        else:
            classes[one.name] = one.name if one.name in here else UNUSED
    known = {one.name: one for one in project.grades}
    scales, values = {}, {}
    for scale in model.grades:
        mine = given.scales.get(scale.name, scale.name if scale.name in known else UNUSED)
        order = value_order(scale, known[mine]) if mine in known else None
        scales[scale.name] = mine if order is not None else UNUSED
        if order is not None:
            values[scale.name] = order
    there = {one.name for one in project.findings}
    findings = {
        one.name: (mine if (mine := given.findings.get(one.name, one.name)) in there else UNUSED)
        for one in model.findings
    }
    return ModelNames(
        _once(classes, given.classes), _once(scales, given.scales), _once(findings, given.findings), values
    )


def value_order(model: GradeScale, project: GradeScale) -> tuple[int, ...] | None:
    """Return the model's place of each of the project's values; None when the scales do not fit.

    They fit when they have the same values in whatever order, or equally many in the order they stand in.
    """
    if set(model.values) == set(project.values):
        return tuple(model.values.index(value) for value in project.values)
    return tuple(range(len(project.values))) if len(model.values) == len(project.values) else None


def _once(names: dict[str, str], given: Mapping[str, object]) -> dict[str, str]:
    """Give every name of the project to one of the model's at most: to one that was named by a person."""
    taken: set[str] = set()
    result = dict(names)
    for name in sorted(names, key=lambda one: one not in given):
        if names[name] in taken:
            result[name] = UNUSED
        elif names[name]:
            taken.add(names[name])
    return result


def setting_key(digest: str) -> str:
    """Return the key of the project's setting that holds what was said of a model."""
    return f"names:{digest}"


def read_given(project: Project, digest: str) -> Given:
    """Return what a person said of a model; for any thread but the GUI's."""
    return Given.from_dict(project.store.setting(setting_key(digest)))


def read_names(project: Project, digest: str, model: Schema) -> ModelNames:
    """Return the map that holds for a model now; for any thread but the GUI's."""
    row = project.model(digest)
    registered = row.class_map if row is not None else None
    return names_of(model, project.schema, read_given(project, digest), registered)


def keep_given(project: Project, digest: str, given: Given) -> Future[None]:
    """Keep what a person said of a model."""
    return project.set_setting(setting_key(digest), given.to_dict())
