"""What the tables of a dataset say of its images: grades, findings, groups, splits, states, weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from inference.schema import Finding, GradeScale, Schema
from training.pairing import ImageIndex
from training.splits import SPLITS, Split
from training.tables import Row, Table, read_table

FindingState = str  # "present" | "absent"; not assessed is no entry
_FINDING_VALUES: Final = {"1": "present", "0": "absent", "": ""}
_REVIEW_STATES: Final = ("unreviewed", "reviewed", "not assessable")


@dataclass(slots=True)
class Annotations:
    """All tables of a dataset by image (path inside ``images/``). ``reviewed`` is None without reviewed.csv;
    otherwise it holds the (image, target) pairs whose state is "reviewed"."""

    scales: tuple[GradeScale, ...] = ()
    finding_kinds: tuple[Finding, ...] = ()
    grades: dict[str, dict[str, str]] = field(default_factory=dict)
    findings: dict[str, dict[str, FindingState]] = field(default_factory=dict)
    groups: dict[str, str] | None = None
    splits: dict[str, Split] = field(default_factory=dict)
    reviewed: set[tuple[str, str]] | None = None
    statuses: dict[str, str] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    pairs: dict[tuple[str, str], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def counts_as_reviewed(self, image: str, target: str) -> bool:
        """Whether a label of this target may be learnt from, as far as reviewed.csv has a say."""
        return self.reviewed is None or (image, target) in self.reviewed


def read_annotations(folder: Path, index: ImageIndex, schema: Schema | None) -> Annotations:
    """Reads every table in ``folder``. Values are held against ``schema`` where there is one.

    Raises DatasetError naming file and line for a row that makes no sense.
    """
    found = Annotations()
    _read_grades(folder, index, schema, found)
    _read_findings(folder, index, schema, found)
    _read_groups(folder, index, found)
    _read_splits(folder, index, found)
    _read_reviewed(folder, index, found)
    _read_labels(folder, index, found)
    _read_pairs(folder, index, found)
    return found


def _entries(table: Table, index: ImageIndex, found: Annotations) -> Iterator[tuple[Row, str]]:
    """The rows with the image each speaks of; rows of absent images are counted in a note."""
    absent = 0
    for row in table:
        images = index.named(row.values["image"])
        if len(images) > 1:
            raise table.error(
                row, f'"{row.values["image"]}" may be {images[0]} or {images[1]}; write the whole path.'
            )
        if images:
            yield row, images[0]
        else:
            absent += 1
    if absent:
        found.notes.append(f"{table.path.name}: {absent} rows speak of images that are not in images/.")


def _once(known: dict[str, str], table: Table, row: Row, image: str, value: str) -> None:
    if known.setdefault(image, value) != value:
        raise table.error(row, f'{image} stands here with "{value}" and before with "{known[image]}".')


def _read_grades(folder: Path, index: ImageIndex, schema: Schema | None, found: Annotations) -> None:
    table = read_table(folder / "grades.csv", ("image",))
    if table is None:
        found.scales = schema.grades if schema else ()
        return
    names = [name for name in table.columns if name != "image"]
    known = {scale.name: scale for scale in schema.grades} if schema else {}
    values: dict[str, dict[str, None]] = {name: {} for name in names}
    for row, image in _entries(table, index, found):
        for name in names:
            value = row.values[name]
            if not value:
                continue
            if schema and (name not in known or value not in known[name].values):
                raise table.error(row, f'the scale "{name}" of dataset.json has no value "{value}".')
            values[name][value] = None
            _once(found.grades.setdefault(image, {}), table, row, name, value)
    found.scales = (
        schema.grades
        if schema
        else tuple(_scale(name, list(seen)) for name, seen in values.items() if len(seen) > 1)
    )
    usable = {scale.name for scale in found.scales}
    for name in names:
        if name not in usable:
            found.notes.append(f'grades.csv: the scale "{name}" has fewer than two values and is left out.')
    for grades in found.grades.values():
        for name in set(grades) - usable:
            del grades[name]


def _scale(name: str, values: list[str]) -> GradeScale:
    """Whole numbers are an order; other words are names."""
    if all(value.lstrip("-").isdigit() for value in values):
        return GradeScale(name, tuple(sorted(values, key=int)), "ordinal")
    return GradeScale(name, tuple(sorted(values)), "nominal")


def _read_findings(folder: Path, index: ImageIndex, schema: Schema | None, found: Annotations) -> None:
    table = read_table(folder / "findings.csv", ("image",))
    if table is None:
        found.finding_kinds = schema.findings if schema else ()
        return
    names = [name for name in table.columns if name != "image"]
    known = {item.name for item in schema.findings} if schema else set(names)
    for row, image in _entries(table, index, found):
        for name in names:
            value = row.values[name]
            if value not in _FINDING_VALUES:
                raise table.error(row, f'the finding "{name}" must be 1, 0 or empty, not "{value}".')
            if value and name not in known:
                raise table.error(row, f'dataset.json has no finding "{name}".')
            if value:
                found.findings.setdefault(image, {})[name] = _FINDING_VALUES[value]
    found.finding_kinds = schema.findings if schema else tuple(Finding(name) for name in names)


def _read_groups(folder: Path, index: ImageIndex, found: Annotations) -> None:
    table = read_table(folder / "groups.csv", ("image", "group"))
    if table is None:
        return
    found.groups = {}
    for row, image in _entries(table, index, found):
        if row.values["group"]:
            _once(found.groups, table, row, image, row.values["group"])


def _read_splits(folder: Path, index: ImageIndex, found: Annotations) -> None:
    table = read_table(folder / "split.csv", ("image", "split"))
    if table is None:
        return
    for row, image in _entries(table, index, found):
        split = next((item for item in SPLITS if item == row.values["split"]), None)
        if split is None:
            raise table.error(row, f'the split must be train, val or test, not "{row.values["split"]}".')
        if found.splits.setdefault(image, split) != split:
            raise table.error(row, f"{image} stands in {found.splits[image]} and in {split}.")


def _read_reviewed(folder: Path, index: ImageIndex, found: Annotations) -> None:
    table = read_table(folder / "reviewed.csv", ("image", "class", "state"))
    if table is None:
        return
    found.reviewed = set()
    for row, image in _entries(table, index, found):
        state = row.values["state"]
        if state not in _REVIEW_STATES:
            raise table.error(row, f'the state must be one of {", ".join(_REVIEW_STATES)}, not "{state}".')
        if state == "reviewed":
            found.reviewed.add((image, row.values["class"]))


def _read_labels(folder: Path, index: ImageIndex, found: Annotations) -> None:
    table = read_table(folder / "labels.csv", ("image",))
    if table is None:
        return
    for row, image in _entries(table, index, found):
        text = row.values.get("weight", "")
        weight = _number(text) if text else 1.0
        if weight is None or not 0 <= weight <= 1000:
            raise table.error(row, f'the weight must be a number from 0 to 1000, not "{text}".')
        found.weights[image] = weight
        found.statuses[image] = row.values.get("status", "")


def _read_pairs(folder: Path, index: ImageIndex, found: Annotations) -> None:
    table = read_table(folder / "pairs.csv", ("image", "class", "mask"))
    if table is None:
        return
    for row, image in _entries(table, index, found):
        mask = row.values["mask"].replace("\\", "/").removeprefix("masks/")
        if ".." in mask.split("/") or mask.startswith("/") or not (folder / "masks" / mask).is_file():
            raise table.error(row, f"the mask {mask} is not in masks/.")
        key = (image, row.values["class"])
        if found.pairs.setdefault(key, mask) != mask:
            raise table.error(row, f'{image} has two masks of "{key[1]}".')


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
