"""A dataset folder (images, masks, tables) as records. Imports no torch; reads pixels only when asked.

The format: ``images/``, ``masks/<class>/`` (or ``masks/`` for one class), ``ignore/<class>/``,
``masks/fov/`` (outside it nothing counts), ``grades.csv``, ``findings.csv``, ``groups.csv``,
``split.csv``, ``reviewed.csv``, ``labels.csv``, ``pairs.csv`` and ``dataset.json``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from inference.errors import InferenceError
from inference.hashing import content_hash
from inference.images import probe, read_mask
from inference.schema import MaskClass, Schema
from training.annotations import Annotations, read_annotations
from training.errors import DatasetError, LeakageError, MissingMaskError
from training.grouping import UNKNOWN_NOTE
from training.mask_files import MaskFiles, find_masks
from training.pairing import ImageIndex, picture_files
from training.splits import SPLITS, Split, SplitAssigner

__all__ = ["Dataset", "DatasetError", "Item", "MissingMask", "open_dataset"]

MissingMask = Literal["empty", "unlabelled"]
# Masks may be smaller than their image; one pixel of rounding, or this share, is no other aspect.
_ASPECT_TOLERANCE: Final = 0.01
_TABLES: Final = (
    *("dataset.json", "findings.csv", "grades.csv", "groups.csv"),
    *("labels.csv", "pairs.csv", "reviewed.csv", "split.csv"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One image with its labels.

    ``key`` is the posix path inside ``images/``, ``size`` (height, width). ``masks`` has every class;
    None there means "nothing of it" where the class is in ``labelled``, and says nothing otherwise.
    Only ``labelled`` classes, and the grades and findings that stand here, take part in a loss or a
    metric. ``ignore`` has mask files by class ("" for every class).
    """

    key: str
    path: Path
    frame: int = 0
    size: tuple[int, int] = (0, 0)
    masks: Mapping[str, Path | None] = field(default_factory=dict)
    labelled: frozenset[str] = frozenset()
    ignore: Mapping[str, Path] = field(default_factory=dict)
    field_of_view: Path | None = None
    grades: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    split: Split = "train"
    weight: float = 1.0
    status: str = ""

    def read_mask(self, class_name: str) -> NDArray[np.bool_]:
        """The mask of a labelled class, (H, W) bool at the image's size. Raises DatasetError."""
        path = self.masks[class_name]
        return np.zeros(self.size, bool) if path is None else _read_fitting(path, self)

    def read_valid(self, class_name: str) -> NDArray[np.bool_] | None:
        """Where the class counts, (H, W) bool at the image's size, or None where it counts everywhere."""
        valid: NDArray[np.bool_] | None = None
        if self.field_of_view is not None:
            valid = _read_fitting(self.field_of_view, self)
        for name in (class_name, ""):
            if name in self.ignore:
                counts = ~_read_fitting(self.ignore[name], self)
                valid = counts if valid is None else valid & counts
        return valid


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """An opened dataset folder. ``notes`` are sentences a person should see before a run.

    ``grouping_known`` False means that every image merely counts as a group of its own;
    ``unnamed_class`` that the only class has no name in the folder. ``schema`` is dataset.json's, or
    follows from folders and tables.
    """

    folder: Path
    schema: Schema
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    grouping_known: bool = False
    unnamed_class: bool = False
    missing_mask: MissingMask | None = None

    def split(self, name: Split) -> tuple[Item, ...]:
        """The items of one split, in order."""
        return tuple(item for item in self.items if item.split == name)

    def counts(self) -> dict[str, int]:
        """Number of images by split."""
        return {name: len(self.split(name)) for name in SPLITS}

    def with_class_named(self, name: str) -> Dataset:
        """The same dataset with its one class called ``name`` (for folders that do not name it)."""
        (old,) = self.schema.active_classes
        items = tuple(
            replace(
                item,
                masks={name: item.masks[old.name]},
                labelled=frozenset({name}) if item.labelled else frozenset(),
                ignore={name if key == old.name else key: path for key, path in item.ignore.items()},
            )
            for item in self.items
        )
        schema = self.schema.rename_class(old.id, name)
        return replace(self, items=items, schema=schema, unnamed_class=False)

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Content hash of every image file, by item key."""
        return {item.key: content_hash(item.path) for item in self.items}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names and bytes of all images, masks, ignore areas and tables of the folder."""
        known = {item.path: self.hashes[item.key] for item in self.items}
        total = hashlib.sha256()
        for path in _all_files(self.folder):
            name = path.relative_to(self.folder).as_posix()
            line = f"{known.get(path) or content_hash(path)}  {name}\n"
            total.update(line.encode("utf-8", "surrogateescape"))
        return total.hexdigest()


def open_dataset(folder: Path, *, missing_mask: MissingMask | None = None, seed: int = 0) -> Dataset:
    """Reads a dataset folder: names, tables and sizes, no pixels.

    Args:
        folder: holds ``images/`` and what belongs to them.
        missing_mask: what an image without a mask file means; None takes what dataset.json says.
        seed: assigns a split by group to the images that split.csv leaves out.

    Raises:
        MissingMaskError: masks are missing and nothing says what that means.
        LeakageError: a given split is crossed by a group or by identical copies of one image.
        DatasetError: anything else that makes the folder unusable, in one sentence.
    """
    folder = Path(folder)
    images = picture_files(folder / "images")
    if not images:
        raise DatasetError(f"{folder} is no dataset: it has no pictures in a folder named images.", folder)
    record = _read_record(folder)
    schema = Schema.from_dict(record["schema"], "dataset.json") if "schema" in record else None
    index = ImageIndex(tuple(images))
    tables = read_annotations(folder, index, schema)
    known = tuple(item.name for item in schema.active_classes) if schema else None
    files = find_masks(folder, index, tables.pairs, known)
    missing_mask = missing_mask or record.get("missing_mask")
    if schema is None:
        classes = tuple(MaskClass(number, name) for number, name in enumerate(files.classes))
        schema = _coloured(Schema(classes, tables.scales, tables.finding_kinds))
    notes = [*tables.notes, *files.notes]
    items = _items(folder, images, tables, files, missing_mask, notes)
    grouping_known = _grouping_known(record, tables)
    if not grouping_known:
        notes.append(UNKNOWN_NOTE)
    items = _with_splits(items, tables, seed, notes)
    return Dataset(
        folder=folder,
        schema=schema,
        items=tuple(items),
        notes=tuple(notes),
        grouping_known=grouping_known,
        unnamed_class=files.unnamed,
        missing_mask=missing_mask,
    )


def _read_record(folder: Path) -> dict[str, Any]:
    path = folder / "dataset.json"
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read: {error}.", path) from error
    if not isinstance(record, dict) or record.get("format") != "overread-dataset":
        raise DatasetError(f"{path} is not a dataset's record.", path)
    if record.get("version", 1) != 1:
        raise DatasetError(
            f"{path} was written by a newer version ({record['version']}); update Overread.", path
        )
    if record.get("missing_mask") not in (None, "empty", "unlabelled"):
        raise DatasetError(f'{path}: "missing_mask" must be "empty" or "unlabelled".', path)
    return record


def _coloured(schema: Schema) -> Schema:
    """The same classes, each with the colour of its place."""
    coloured = Schema(grades=schema.grades, findings=schema.findings)
    for item in schema.classes:
        coloured = coloured.add_class(item.name)
    return coloured


def _grouping_known(record: Mapping[str, Any], tables: Annotations) -> bool:
    grouping = record.get("grouping")
    if isinstance(grouping, Mapping) and "known" in grouping:
        return bool(grouping["known"])
    return tables.groups is not None


def _items(
    folder: Path,
    images: list[str],
    tables: Annotations,
    files: MaskFiles,
    missing_mask: MissingMask | None,
    notes: list[str],
) -> list[Item]:
    _ask_missing(folder, images, tables, files, missing_mask)
    rejected = [image for image in images if tables.statuses.get(image) == "rejected"]
    if rejected:
        notes.append(f"{len(rejected)} rejected images are left out.")
    smaller = 0
    items = []
    for image in images:
        if tables.statuses.get(image) == "rejected":
            continue
        item = _item(folder, image, tables, files, missing_mask)
        smaller += _check_sizes(item)
        items.append(item)
    if smaller:
        notes.append(
            f"{smaller} masks have another size than their image and the same aspect: they are resized."
        )
    return items


def _item(
    folder: Path, image: str, tables: Annotations, files: MaskFiles, missing_mask: MissingMask | None
) -> Item:
    path = folder / "images" / image
    masks = {name: files.masks.get(name, {}).get(image) for name in files.classes}
    labelled = frozenset(
        name for name in files.classes if _is_labelled(image, name, tables, masks[name], missing_mask)
    )
    info = probe(path)
    ignore = {name: by_image[image] for name, by_image in files.ignore.items() if image in by_image}
    grades = tables.grades.get(image, {})
    findings = tables.findings.get(image, {})
    return Item(
        key=image,
        path=path,
        size=(info.height, info.width),
        masks=masks,
        labelled=labelled,
        ignore=ignore,
        field_of_view=files.field_of_view.get(image),
        grades={k: v for k, v in grades.items() if tables.counts_as_reviewed(image, f"grade:{k}")},
        findings={k: v for k, v in findings.items() if tables.counts_as_reviewed(image, f"finding:{k}")},
        group=(tables.groups or {}).get(image, image),
        weight=tables.weights.get(image, 1.0),
        status=tables.statuses.get(image, ""),
    )


def _is_labelled(
    image: str, name: str, tables: Annotations, mask: Path | None, missing_mask: MissingMask | None
) -> bool:
    if tables.reviewed is not None:
        return (image, name) in tables.reviewed
    return mask is not None or missing_mask == "empty"


def _ask_missing(
    folder: Path, images: list[str], tables: Annotations, files: MaskFiles, missing_mask: MissingMask | None
) -> None:
    """reviewed.csv, dataset.json or the caller must say what a missing mask means."""
    if missing_mask is not None or tables.reviewed is not None:
        return
    for name in files.classes:
        missing = sum(image not in files.masks.get(name, {}) for image in images)
        if missing:
            raise MissingMaskError(
                f'{missing} of the {len(images)} images in {folder} have no mask of "{name}": '
                "does that mean that there is none (--missing-mask empty) "
                "or that it was not labelled (--missing-mask unlabelled)?",
                folder,
            )


def _check_sizes(item: Item) -> int:
    """How many masks of the item are of another size; raises DatasetError for another aspect."""
    paths = [path for path in item.masks.values() if path is not None]
    paths += [*item.ignore.values(), *([item.field_of_view] if item.field_of_view else [])]
    smaller = 0
    for path in paths:
        info = probe(path)
        size = (info.height, info.width)
        if size != item.size:
            _check_aspect(path, size, item)
            smaller += 1
    return smaller


def _check_aspect(path: Path, size: tuple[int, int], item: Item) -> None:
    (h, w), (height, width) = size, item.size
    off = abs(h * width - w * height)
    if off > max(width, height, _ASPECT_TOLERANCE * h * width):
        raise DatasetError(
            f"The mask {path} is {w} x {h} pixels and its image {item.path} {width} x {height}: "
            "another aspect, so they cannot belong together.",
            path,
        )


def _read_fitting(path: Path, item: Item) -> NDArray[np.bool_]:
    """The mask at the image's size, by nearest neighbour where it has another."""
    import cv2

    try:
        mask = read_mask(path)
    except InferenceError as error:
        raise DatasetError(f"{error}", path) from error
    if mask.shape == item.size:
        return mask
    _check_aspect(path, (mask.shape[0], mask.shape[1]), item)
    height, width = item.size
    resized = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return resized.astype(bool)


def _with_splits(items: list[Item], tables: Annotations, seed: int, notes: list[str]) -> list[Item]:
    """Joins identical copies into one group, holds given splits against the groups, assigns the rest."""
    items = _join_copies(items, notes)
    by_group: dict[str, dict[Split, str]] = {}
    for item in items:
        given = tables.splits.get(item.key)
        if given is not None:
            by_group.setdefault(item.group, {}).setdefault(given, item.key)
    for group, seen in by_group.items():
        if len(seen) > 1:
            shown = " and ".join(f"{split} ({key})" for split, key in seen.items())
            raise LeakageError(
                f'The given split is crossed by the group "{group}": it stands in {shown}; correct split.csv '
                "or groups.csv, or take split.csv away.",
            )
    known: dict[str, Split] = {group: next(iter(seen)) for group, seen in by_group.items()}
    known = SplitAssigner(seed).assign_all((item.group for item in items), known)
    return [replace(item, split=known[item.group]) for item in items]


def _join_copies(items: list[Item], notes: list[str]) -> list[Item]:
    """Gives images with the same bytes one group; only files of one length are read."""
    by_length: dict[int, list[Item]] = {}
    for item in items:
        by_length.setdefault(item.path.stat().st_size, []).append(item)
    joined: dict[str, str] = {}  # group -> the group it belongs to

    def root(group: str) -> str:
        while group in joined:
            group = joined[group]
        return group

    copies = 0
    for same in by_length.values():
        first_of: dict[str, Item] = {}
        for item in same if len(same) > 1 else ():
            first = first_of.setdefault(content_hash(item.path), item)
            copies += first is not item
            if root(first.group) != root(item.group):
                joined[root(item.group)] = root(first.group)
    if copies:
        notes.append(f"{copies} files are exact copies of another image and share its group.")
    return [replace(item, group=root(item.group)) for item in items]


def _all_files(folder: Path) -> list[Path]:
    files = [
        folder / part / name
        for part in ("ignore", "images", "masks")
        for name in picture_files(folder / part)
    ]
    return files + [folder / name for name in _TABLES if (folder / name).is_file()]
