"""Filters when the schema changes: they follow new names, and leave out what is no longer asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from desktop.project.filter import Filter, FindingIs, GradeIs

if TYPE_CHECKING:
    from desktop.project.schema_carry import Names
    from inference.schema import Schema

SAVED_KEY = "gallery.filters"
"""The project's setting that holds the saved filters."""


def renamed(wanted: Filter, names: Names) -> Filter:
    """Return a filter that asks the same under the new names of scales, values and findings."""
    grades = tuple(
        GradeIs(
            names.scales.get(one.scale, one.scale),
            tuple(names.value(f"grade:{one.scale}", value) for value in one.values),
        )
        for one in wanted.grades
    )
    findings = tuple(
        FindingIs(names.findings.get(one.finding, one.finding), one.states) for one in wanted.findings
    )
    return replace(wanted, grades=grades, findings=findings)


def still_asked(wanted: Filter, schema: Schema) -> tuple[Filter, tuple[str, ...]]:
    """Return the filter without what the schema does not ask, and the names of what was left out.

    A condition on a scale or finding that no image can be asked about would match nothing at all.
    """
    known = {one.name: {*one.values, None} for one in schema.grades}
    findings = {one.name for one in schema.findings}
    classes = {one.id for one in schema.classes}
    gone: list[str] = []
    grades = []
    for one in wanted.grades:
        kept = tuple(value for value in one.values if value in known.get(one.scale, ()))
        if kept or not one.values:
            grades.append(replace(one, values=kept))
        if len(kept) < len(one.values):
            gone.append(one.scale)
    gone += [one.finding for one in wanted.findings if one.finding not in findings]
    gone += [f"class {one.class_id}" for one in wanted.classes if one.class_id not in classes]
    left = replace(
        wanted,
        grades=tuple(one for one in grades if one.scale in known),
        findings=tuple(one for one in wanted.findings if one.finding in findings),
        classes=tuple(one for one in wanted.classes if one.class_id in classes),
    )
    return left, tuple(dict.fromkeys(gone))
