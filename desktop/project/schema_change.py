"""Changing what a project asks, in the middle of it, without losing anything that was recorded.

* A class keeps its id and bit: another name or colour changes no pixel, a retired class keeps its pixels, a
  new one is unreviewed on every image.
* A scale, a value or a finding with another name carries what was recorded under the old one, through grades,
  review states, snapshots and the journal, in one transaction; undo goes on working across it.
* A scale or finding that is no longer asked is set aside: what was recorded stays and comes back with it.
* A value that is some image's grade is not removed: `SchemaPlan.problems` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from desktop.project import tables
from desktop.project.errors import ProjectError
from desktop.project.journal import now
from desktop.project.schema_carry import Names, carry
from desktop.project.schema_draft import NEW, Aside, Draft
from desktop.project.store import read_setting, write_setting
from inference.schema import Schema

if TYPE_CHECKING:
    from desktop.project.project import Project
    from desktop.project.store import Store

ASIDE_KEY = "schema:aside"
CHANGES_KEY = "schema:changes"


@dataclass(frozen=True, slots=True)
class Usage:
    """On how many images something was recorded, by any reader."""

    classes: Mapping[int, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[tuple[str, str], int] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SchemaPlan:
    """What applying a draft does: the schema it gives, what is carried, and both said in sentences."""

    before: Schema
    draft: Draft
    names: Names
    removed: tuple[tuple[str, str], ...]
    """(stored scale, stored value) that would no longer be there."""

    @property
    def changes_anything(self) -> bool:
        """Whether there is something to apply."""
        return self.draft.schema != self.before or bool(self.names)

    def problems(self, usage: Usage) -> list[str]:
        """Return why it cannot be applied, in sentences; empty when it can."""
        said = []
        for scale, value in self.removed:
            count = usage.values.get((scale, value), 0)
            if count:
                said.append(
                    f"“{value}” of “{scale}” is the grade of {_images(count)}, so it cannot be removed: give "
                    f"{'it' if count == 1 else 'them'} another grade first, or rename the value."
                )
        return said

    def summary(self, usage: Usage) -> list[str]:
        """Return what will change, a sentence each."""
        return [*self._classes(usage), *self._scales(usage), *self._findings(usage), *self._rules()]

    def _classes(self, usage: Usage) -> list[str]:
        said = []
        known = {one.id: one for one in self.before.classes}
        for one in self.draft.schema.classes:
            old, count = known.get(one.id), usage.classes.get(one.id, 0)
            if old is None:
                said.append(f"The class “{one.label}” is new: unreviewed on every image.")
                continue
            if old.name != one.name:
                said.append(f"The class “{old.name}” is called “{one.name}”{_keep(count, 'its mask')}.")
            if old.retired and not one.retired:
                said.append(f"The class “{one.label}” is offered again{_with(count)}.")
            if not old.retired and one.retired:
                said.append(f"The class “{one.label}” is retired{_keep(count, 'its mask, unseen')}.")
            if old.title != one.title:
                said.append(f"The class “{one.name}” has the title “{one.title}”.")
            if old.color != one.color:
                said.append(f"The class “{one.label}” has another colour.")
        if [one.id for one in self.before.active_classes if one.id in self._active()] != [
            one for one in self._active() if one in known and not known[one].retired
        ]:
            said.append("The classes stand in another order.")
        return said

    def _active(self) -> list[int]:
        return [one.id for one in self.draft.schema.active_classes]

    def _scales(self, usage: Usage) -> list[str]:
        said = []
        present = set(self.draft.scales.values())
        was_aside = {one.name for one in self.draft.aside.scales}
        for name, stored in self.draft.scales.items():
            scale = self.draft.schema.scale(name)
            if stored == NEW:
                said.append(f"The scale “{scale.label}” is new: no image has a grade of it yet.")
                continue
            count = usage.scales.get(stored, 0)
            old = next((one for one in self.before.grades if one.name == stored), None)
            if old is None:
                said.append(f"The scale “{scale.label}” is asked again{_with(count, 'grade')}.")
                continue
            if stored != name:
                said.append(f"The scale “{stored}” is called “{name}”{_keep(count, 'its grade')}.")
            said += self._values(name, stored, usage)
            if (old.kind, old.title, old.role, old.unusable) != (
                scale.kind, scale.title, scale.role, scale.unusable,
            ):  # fmt: skip
                said.append(f"The scale “{scale.label}” has another title, kind or role.")
        for old in self.before.grades:
            if old.name not in present and old.name in was_aside:
                count = usage.scales.get(old.name, 0)
                said.append(f"The scale “{old.label}” is set aside{_keep(count, 'its grade, unseen')}.")
        return said

    def _values(self, name: str, stored: str, usage: Usage) -> list[str]:
        said = []
        scale = self.draft.schema.scale(name)
        for value in scale.values:
            old = self.draft.values[(name, value)]
            count = usage.values.get((stored, old), 0)
            if old == NEW:
                said.append(f"“{value}” of “{scale.label}” is new.")
            elif old != value:
                said.append(f"“{old}” of “{scale.label}” is called “{value}”{_keep(count, 'this grade')}.")
        gone = [value for owner, value in self.removed if owner == stored]
        said += [f"“{value}” of “{scale.label}” is removed." for value in gone]
        kept = [self.draft.values[(name, value)] for value in scale.values]
        order = [one for one in self.before.scale(stored).values if one in kept]
        if order != [one for one in kept if one != NEW]:
            said.append(f"The values of “{scale.label}” stand in another order.")
        return said

    def _findings(self, usage: Usage) -> list[str]:
        said = []
        for name, stored in self.draft.findings.items():
            finding, count = self.draft.schema.finding(name), usage.findings.get(stored, 0)
            old = next((one for one in self.before.findings if one.name == stored), None)
            if stored == NEW:
                said.append(f"The finding “{finding.label}” is new: not assessed on any image.")
            elif old is None:
                said.append(f"The finding “{finding.label}” is asked again{_with(count, 'answer')}.")
            elif stored != name:
                said.append(f"The finding “{stored}” is called “{name}”{_keep(count, 'the answer')}.")
            elif old.title != finding.title:
                said.append(f"The finding “{name}” has the title “{finding.title}”.")
        present, aside = set(self.draft.findings.values()), {one.name for one in self.draft.aside.findings}
        for held in self.before.findings:
            if held.name not in present and held.name in aside:
                count = usage.findings.get(held.name, 0)
                said.append(f"The finding “{held.label}” is set aside{_keep(count, 'the answer, unseen')}.")
        return said

    def _rules(self) -> list[str]:
        old, new = len(self.before.rules), len(self.draft.schema.rules)
        # A rule that only follows a new name is no change of its own.
        if self.before.rules == self.draft.schema.rules or (old == new and self.names):
            return []
        return [f"The consistency rules change: {new} now, {old} before."]


def plan_of(before: Schema, draft: Draft) -> SchemaPlan:
    """Return what it takes to go from the stored schema to a draft of it."""
    scales = {stored: name for name, stored in draft.scales.items() if stored not in (NEW, name)}
    values: dict[str, dict[str, str]] = {}
    for (scale, value), stored in draft.values.items():
        owner = draft.scales.get(scale, NEW)
        if owner != NEW and stored not in (NEW, value):
            values.setdefault(owner, {})[stored] = value
    findings = {stored: name for name, stored in draft.findings.items() if stored not in (NEW, name)}
    known = {one.id: one.name for one in before.classes}
    classes = {
        known[one.id]: one.name
        for one in draft.schema.active_classes
        if one.id in known and known[one.id] != one.name
    }
    removed = []
    for name, stored in draft.scales.items():
        old = next((one for one in before.grades if one.name == stored), None)
        kept = {draft.values[(name, value)] for value in draft.schema.scale(name).values}
        removed += [(stored, value) for value in (old.values if old else ()) if value not in kept]
    return SchemaPlan(before, draft, Names(scales, values, findings, classes), tuple(removed))


def read_aside(store: Store) -> Aside:
    """Return what the project has set aside; for any thread but the GUI's."""
    return Aside.from_dict(store.setting(ASIDE_KEY))


def read_usage(store: Store) -> Usage:
    """Return how much was recorded of everything; for any thread but the GUI's."""
    with store.read() as connection:
        return _usage(connection)


def _usage(connection: Connection) -> Usage:
    grades, findings = tables.grades.c, tables.findings.c
    images = func.count(grades.image_id.distinct())
    values = connection.execute(
        select(grades.scale, grades.value, images).group_by(grades.scale, grades.value)
    )
    scales = connection.execute(select(grades.scale, images).group_by(grades.scale))
    answered = func.count(findings.image_id.distinct())
    answers = connection.execute(select(findings.finding, answered).group_by(findings.finding))
    return Usage(
        _class_usage(connection),
        {row[0]: row[1] for row in scales},
        {(row[0], row[1]): row[2] for row in values},
        {row[0]: row[1] for row in answers},
    )


def _class_usage(connection: Connection) -> dict[int, int]:
    """Return on how many images each class was drawn or confirmed."""
    images: dict[int, set[str]] = {}
    drawn = (
        select(tables.labels.c.image_id, tables.journal.c.classes)
        .join(tables.journal, tables.journal.c.label_id == tables.labels.c.id)
        .where(tables.journal.c.classes != "")
        .distinct()
    )
    for image_id, classes in connection.execute(drawn):
        for part in classes.split(","):
            images.setdefault(int(part), set()).add(image_id)
    states = tables.review_states.c
    confirmed = select(states.image_id, states.target).where(states.target.like("class:%")).distinct()
    for image_id, target in connection.execute(confirmed):
        images.setdefault(int(target.partition(":")[2]), set()).add(image_id)
    return {class_id: len(found) for class_id, found in images.items()}


def apply_plan(
    project: Project, plan: SchemaPlan, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Future[Schema]:
    """Send a plan to the store, as one transaction; the Future gives the schema that holds now.

    It fails with ProjectError when the plan has a problem by now, with StoreWriteError when the disk refuses
    it; nothing is changed then, now or later. The caller takes
    care that nothing is edited meanwhile, sets `project.schema` when it is done, and reads labels anew.
    """
    reader = project.reader

    def write(connection: Connection) -> Schema:
        problems = plan.problems(_usage(connection))
        if problems:
            raise ProjectError(problems[0])
        usage = _usage(connection)
        schema = plan.draft.schema
        carry(connection, plan.names, progress, class_ids={one.name: one.id for one in schema.classes})
        write_setting(connection, "schema", schema.to_dict())
        write_setting(connection, ASIDE_KEY, plan.draft.aside.to_dict())
        record: dict[str, Any] = {
            "reader": reader,
            "created": now(),
            "said": plan.summary(usage),
            "before": plan.before.to_dict(),
        }
        changes = read_setting(connection, CHANGES_KEY, [])
        write_setting(connection, CHANGES_KEY, [*changes, record])
        return schema

    # A refused change must not happen later by itself, below a window that still shows the old schema.
    return project.writer.submit(write, keep=False)


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"


def _keep(count: int, what: str) -> str:
    if not count:
        return ""
    return f"; {_images(count)} {'keeps' if count == 1 else 'keep'} {what}"


def _with(count: int, what: str = "mask") -> str:
    return f", with the {what} of {_images(count)}" if count else ""
