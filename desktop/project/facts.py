"""What is known of every image, as columns: filters and sorts over 100,000 images in a few milliseconds.

A `Facts` belongs to one thread, which keeps it up to date. `ask` copies the columns that a filter and a sort
need (under a millisecond for 100,000 images) into a `Question`, which any thread may answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from desktop.project.filter import BROKEN, SPLITS, ClassIs, Filter, Sort, Span
from desktop.project.label import FINDING_STATES
from desktop.project.rows import STATUSES

Positions = NDArray[np.int32]
Mask = NDArray[np.bool_]
Column = NDArray[Any]

POOLED: Final = "disagreement"
"""The column of the disagreement over all classes together."""

# The kind of a column is the part of its name before the colon: its type, and what stands for "not known".
_KINDS: Final[dict[str, tuple[str, Any]]] = {
    "status": ("int8", 0),
    "problem": ("bool", False),
    "group": ("int32", -1),
    "split": ("int8", -1),
    "comments": ("int32", 0),
    "changed": ("float64", np.nan),
    "uncertainty": ("float32", np.nan),
    POOLED: ("float32", np.nan),
    "area": ("float32", np.nan),
    "predicted": ("float32", np.nan),
    "grade": ("int16", -1),
    "finding": ("int8", -1),
    "reader": ("bool", False),
}
_FIXED_CODES: Final[dict[str, tuple[str, ...]]] = {
    "status": STATUSES,
    "split": SPLITS,
    "finding": FINDING_STATES,
}


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What lists need of a label after its journal row `seq`.

    `areas` are fractions of the image (0 to 1) by class id, of the classes that the label says something of.
    `disagreements` are 1 - Dice (0 to 1) between label and the prediction of `model_digest` by class id,
    `disagreement` the same over the pixels of all these classes together; None: there was no prediction.
    """

    image_id: str
    seq: int
    areas: Mapping[int, float]
    model_digest: str = ""
    disagreement: float | None = None
    disagreements: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FactColumn:
    """A part of a column: `positions` (n,) int32, and as many values: numbers, or texts where it is coded."""

    name: str
    positions: NDArray[np.int32]
    values: Any


def grade_column(scale: str) -> str:
    """Return the column of a scale's grades."""
    return f"grade:{scale}"


def finding_column(name: str) -> str:
    """Return the column of a finding."""
    return f"finding:{name}"


def area_column(class_id: int) -> str:
    """Return the column of a class's fraction of the image in the label, 0 to 1."""
    return f"area:{class_id}"


def predicted_column(class_id: int) -> str:
    """Return the column of a class's fraction of the image in the prediction in use, 0 to 1."""
    return f"predicted:{class_id}"


def reader_column(name: str) -> str:
    """Return the column that says whether a reader has begun with an image."""
    return f"reader:{name}"


class Facts:
    """Columns by name, one value an image, in the order of the list. What is not known has no column yet."""

    def __init__(self) -> None:
        self.count = 0
        self._columns: dict[str, Column] = {}
        self._codes: dict[str, dict[str, int]] = {}

    def grow(self, count: int) -> None:
        """Have room for so many images; the new ones are unseen, and nothing else is known of them."""
        self.count = max(self.count, count)

    def names(self) -> tuple[str, ...]:
        """Return the columns that there are."""
        return tuple(self._columns)

    def values(self, name: str) -> Column:
        """Return a copy of a column (count,); the default of its kind where nothing is known."""
        known = self._columns.get(name)
        copied = _blank(name, self.count)
        if known is not None:
            usable = min(len(known), self.count)
            copied[:usable] = known[:usable]
        return copied

    def number(self, name: str, position: int) -> float:
        """Return one value of a column of numbers; NaN when it is not known."""
        column = self._columns.get(name)
        return float(column[position]) if column is not None and position < len(column) else float("nan")

    def put(self, name: str, positions: Any, values: Any) -> None:
        """Set a column at positions: numbers, or the texts of a column that holds words (None: none)."""
        column = self._column(name)
        column[positions] = self._encoded(name, values) if _is_coded(name) else values

    def put_one(self, name: str, position: int, value: Any) -> None:
        """Set one value, as `put`."""
        self._column(name)[position] = self._code(name, value) if _is_coded(name) else value

    def forget(self, name: str) -> None:
        """Nothing is known of a column any more; the name may be a kind ("predicted")."""
        for key in [one for one in self._columns if one == name or one.partition(":")[0] == name]:
            del self._columns[key]

    def take_over(self, other: Facts, learnt: Mapping[str, Sequence[int]]) -> None:
        """Take values of another one: the positions by column name."""
        for name, positions in learnt.items():
            at = list(positions)
            values = other.values(name)[at]
            if _is_coded(name):
                texts = {code: text for text, code in other._codes_of(name).items()}
                self.put(name, at, [texts.get(int(code)) for code in values])
            else:
                self.put(name, at, values)

    def known_groups(self) -> Mapping[str, int]:
        """Return the group keys by their codes in the column."""
        return self._codes.get("group", {})

    def count_equal(self, name: str, positions: NDArray[np.int32], value: str | None) -> int:
        """Return how many of some images have a text (None: none) in a column of texts."""
        code = -1 if value is None else self._codes_of(name).get(value, -2)
        return int(np.count_nonzero(self.values(name)[positions] == code))

    def group_members(self, group: str) -> Positions:
        """Return the positions of a group's images, in the order of the list."""
        code, column = self._codes.get("group", {}).get(group), self._columns.get("group")
        if code is None or column is None:
            return np.empty(0, np.int32)
        return np.flatnonzero(column[: self.count] == code).astype(np.int32)

    def ask(self, wanted: Filter, order: Sort) -> Question:
        """Return the question with the columns that it needs, copied: to be answered in any thread."""
        question = Question(wanted, order, self.count)
        for name in dict.fromkeys(_needed(wanted, order)):
            question.columns[name] = self.values(name)
            if _is_coded(name):
                question.codes[name] = dict(self._codes_of(name))
        return question

    def _column(self, name: str) -> Column:
        column = self._columns.get(name)
        if column is None or len(column) < self.count:
            longer = _blank(name, max(1024, self.count + self.count // 2))
            if column is not None:
                longer[: len(column)] = column
            self._columns[name] = column = longer
        return column

    def _codes_of(self, name: str) -> dict[str, int]:
        if name not in self._codes:
            fixed = _FIXED_CODES.get(name.partition(":")[0], ())
            self._codes[name] = {value: code for code, value in enumerate(fixed)}
        return self._codes[name]

    def _code(self, name: str, value: str | None) -> int:
        if value is None:
            return -1
        codes = self._codes_of(name)
        return codes.setdefault(value, len(codes))

    def _encoded(self, name: str, values: Sequence[str | None] | str | None) -> Any:
        if values is None or isinstance(values, str):
            return self._code(name, values)
        return np.fromiter((self._code(name, value) for value in values), np.int64, len(values))


@dataclass(slots=True)
class Question:
    """A filter and a sort with the columns that they need: answers by itself, in any thread."""

    wanted: Filter
    order: Sort
    count: int
    columns: dict[str, Column] = field(default_factory=dict)
    codes: dict[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def needs_names(self) -> bool:
        """Whether `answer` needs the images' folded paths, or the ranks of their names."""
        return bool(self.wanted.text.strip()) or self.order.key == "name"

    def answer(self, paths: Sequence[str] = (), ranks: NDArray[np.int32] | None = None) -> Positions:
        """Return the positions that meet the filter, in the order of the sort.

        `paths` are the images' paths, case folded, for a filter by text; `ranks` the place of each image
        among all names, for a sort by name. Images beyond them have no name yet.
        """
        found = np.flatnonzero(self._meets(paths)).astype(np.int32)
        return self._sorted(found, ranks)

    # ---- the filter

    def _meets(self, paths: Sequence[str]) -> Mask:
        met = np.ones(self.count, np.bool_)
        for condition in self._conditions():
            met &= condition
        text = self.wanted.text.strip().casefold()
        if text:
            self._narrow(met, paths, text)
        return met

    @staticmethod
    def _narrow(met: Mask, paths: Sequence[str], text: str) -> None:
        """The slowest condition comes last, and looks only at what the others left."""
        met[len(paths) :] = False
        if met.all():
            met[:] = np.fromiter((text in path for path in paths[: len(met)]), np.bool_, len(met))
            return
        for position in np.flatnonzero(met):
            met[position] = text in paths[int(position)]

    def _conditions(self) -> Iterator[Mask]:
        wanted, columns = self.wanted, self.columns
        if wanted.statuses:
            yield self._has_status(wanted.statuses)
        for grade in wanted.grades:
            yield self._among(grade_column(grade.scale), grade.values)
        for finding in wanted.findings:
            yield self._among(finding_column(finding.finding), finding.states)
        for one in wanted.classes:
            yield self._covers(one)
        for name, span in (("uncertainty", wanted.uncertainty), (POOLED, wanted.disagreement)):
            if span is not None:
                yield _inside(columns[name], span)
        for name, values in (("group", wanted.groups), ("split", wanted.splits)):
            if values:
                yield self._among(name, values)
        if wanted.readers:
            yield np.logical_or.reduce([columns[reader_column(name)] for name in wanted.readers])
        if wanted.comments is not None:
            yield (columns["comments"] > 0) == wanted.comments
        if wanted.problem is not None:
            yield columns["problem"] == wanted.problem

    def _has_status(self, statuses: Sequence[str]) -> Mask:
        problem = self.columns["problem"]
        plain = [status for status in statuses if status != BROKEN]
        met = self._among("status", plain) & ~problem if plain else np.zeros(self.count, np.bool_)
        return met | problem if BROKEN in statuses else met

    def _among(self, name: str, values: Sequence[str | None]) -> Mask:
        codes = self.codes[name]
        wanted = [-1 if value is None else codes.get(value, -2) for value in values]
        column = self.columns[name]
        if len(wanted) == 1:
            return np.asarray(column == wanted[0])
        return np.isin(column, wanted)

    def _covers(self, one: ClassIs) -> Mask:
        if one.where == "shown":
            part = self._shown(one.class_id)
        else:
            part = self.columns[(area_column if one.where == "label" else predicted_column)(one.class_id)]
        met = _inside(part, one.area)
        if one.present is not None:
            met &= (part > 0) if one.present else (part == 0)
        return met

    # ---- the order

    def _sorted(self, found: Positions, ranks: NDArray[np.int32] | None) -> Positions:
        order = self.order
        if order.key == "position":
            return found[::-1].copy() if order.descending else found
        values = self._values(ranks)[found].astype(np.float64)
        unknown = np.isnan(values)
        if order.descending:
            values = -values
        # Stable, so that equal images keep the order of the folder; what is not known goes last either way.
        return found[np.lexsort((np.where(unknown, 0.0, values), unknown))]

    def _values(self, ranks: NDArray[np.int32] | None) -> Column:
        order = self.order
        if order.key == "random":
            return np.random.default_rng(order.seed).random(self.count)
        if order.key == "name":
            values = np.full(self.count, np.nan)
            if ranks is not None:
                usable = min(len(ranks), self.count)
                values[:usable] = ranks[:usable]
            return values
        if order.class_id is not None:
            return self._shown(order.class_id)
        return self.columns[order.key]

    def _shown(self, class_id: int) -> Column:
        """The fraction that a class covers as shown: of the label where there is one, else predicted."""
        label, said = self.columns[area_column(class_id)], self.columns[predicted_column(class_id)]
        return np.where(np.isnan(label), said, label)


def _needed(wanted: Filter, order: Sort) -> Iterator[str]:
    if wanted.statuses:
        yield from ("status", "problem")
    yield from (grade_column(one.scale) for one in wanted.grades)
    yield from (finding_column(one.finding) for one in wanted.findings)
    for one in wanted.classes:
        if one.where != "prediction":
            yield area_column(one.class_id)
        if one.where != "label":
            yield predicted_column(one.class_id)
    yield from (reader_column(name) for name in wanted.readers)
    for name, condition in (
        ("uncertainty", wanted.uncertainty is not None),
        (POOLED, wanted.disagreement is not None),
        ("group", bool(wanted.groups)),
        ("split", bool(wanted.splits)),
        ("comments", wanted.comments is not None),
        ("problem", wanted.problem is not None),
    ):
        if condition:
            yield name
    if order.class_id is not None:
        yield from (area_column(order.class_id), predicted_column(order.class_id))
    elif order.key not in ("position", "name", "random"):
        yield order.key


def _inside(values: Column, span: Span) -> Mask:
    """Where values lie in a span; what is not known (NaN) lies in none."""
    met = ~np.isnan(values)
    # The columns hold 32 bits: a bound that was read from one must meet itself again.
    if span.low is not None:
        met &= values >= values.dtype.type(span.low)
    if span.high is not None:
        met &= values <= values.dtype.type(span.high)
    return met


def _is_coded(name: str) -> bool:
    return name.partition(":")[0] in ("status", "split", "finding", "grade", "group")


def _blank(name: str, count: int) -> Column:
    kind, empty = _KINDS[name.partition(":")[0]]
    return np.full(count, empty, kind)
