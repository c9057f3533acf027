"""A filter and a sort in words: what the chips of the gallery say. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from desktop.panels.status import MARKS
from desktop.project.filter import ClassIs, Filter, Sort, Span

if TYPE_CHECKING:
    from inference.schema import Schema

SORTS: Final[dict[str, str]] = {
    "position": "Folder order",
    "name": "Name",
    "status": "Status",
    "uncertainty": "Model's doubt",
    "disagreement": "Disagreement",
    "changed": "Last changed",
    "random": "Random",
}
"""The sorts of every project by key; those by area come from the schema."""
DESCENDING_FIRST: Final = ("uncertainty", "disagreement", "area", "changed")
NOT_GRADED: Final = "not graded"
NOT_SET: Final = "not set"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a filter: its words, and what `Filter.without` takes to drop it."""

    text: str
    name: str
    key: object = None


def conditions(wanted: Filter, schema: Schema) -> Iterator[Condition]:
    """Give each condition of a filter in words."""
    if wanted.text.strip():
        yield Condition(f"“{wanted.text.strip()}”", "text")
    if wanted.statuses:
        yield Condition(" or ".join(MARKS[one].text for one in wanted.statuses), "statuses")
    titles = {one.name: one.title or one.name for one in schema.grades}
    titles |= {one.name: one.title or one.name for one in schema.findings}
    for grade in wanted.grades:
        said = " or ".join(NOT_GRADED if one is None else one for one in grade.values)
        yield Condition(f"{titles.get(grade.scale, grade.scale)}: {said}", "grades", grade.scale)
    for finding in wanted.findings:
        said = " or ".join(NOT_SET if one is None else one for one in finding.states)
        yield Condition(
            f"{titles.get(finding.finding, finding.finding)}: {said}", "findings", finding.finding
        )
    names = {one.id: one.name for one in schema.classes}
    for one in wanted.classes:
        yield Condition(_class_words(one, names.get(one.class_id, "?")), "classes", one.class_id)
    if wanted.uncertainty is not None:
        yield Condition(f"Doubt {_span_words(wanted.uncertainty)}", "uncertainty")
    if wanted.disagreement is not None:
        yield Condition(f"Disagreement {_span_words(wanted.disagreement)}", "disagreement")
    for name, text in (("groups", "Group"), ("splits", "Split"), ("readers", "Reader")):
        values = getattr(wanted, name)
        if values:
            yield Condition(f"{text}: {' or '.join(values)}", name)
    if wanted.comments is not None:
        yield Condition("With notes" if wanted.comments else "Without notes", "comments")
    if wanted.problem is not None:
        yield Condition("Cannot be read" if wanted.problem else "Can be read", "problem")


def _class_words(one: ClassIs, name: str) -> str:
    words = {True: f"{name} present", False: f"No {name}", None: name}[one.present]
    if one.area != Span():
        percent = Span(*(None if bound is None else bound * 100 for bound in (one.area.low, one.area.high)))
        words += f" {_span_words(percent, ' %')}"
    return words + {"shown": "", "label": " (label)", "prediction": " (model)"}[one.where]


def _span_words(span: Span, unit: str = "") -> str:
    if span.low is None and span.high is None:
        return "known"
    if span.high is None:
        return f"≥ {span.low:g}{unit}"
    if span.low is None:
        return f"≤ {span.high:g}{unit}"
    return f"{span.low:g} – {span.high:g}{unit}"


def sort_words(order: Sort, schema: Schema) -> str:
    """Give a sort in words."""
    if order.class_id is not None:
        names = {one.id: one.name for one in schema.classes}
        return f"Area of {names.get(order.class_id, '?')}"
    return SORTS[order.key]
