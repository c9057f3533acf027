"""Writes a dataset folder (docs: the dataset form): beside its place first, image by image, then into place.

Memory does not grow with the number of images, except for the set of names. The images' rows of
`dataset.json` go through a file of their own, because its counts and its digest are known last.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Literal, TextIO

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop.formats.atomic import AtomicFolder
from desktop.formats.base import ExportReport, FormatError
from inference.hashing import content_hash
from inference.images import read_image
from inference.schema import Schema

FORMAT_NAME = "overread-dataset"
FORMAT_VERSION = 1
FINDING_CODES = {"present": "1", "absent": "0", "not assessed": ""}

State = Literal["reviewed", "not assessable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportItem:
    """One image with everything that was reviewed of it.

    Attributes:
        source: the image file; `frame` of it, when it holds several.
        image: the name in the dataset: a relative path with forward slashes.
        content_hash: what the file's bytes must still be; the label was made on these.
        masks: (H, W) bool per reviewed class, by class name.
        states: review state by target ("vessel", "grade:severity", "finding:oedema"); others are unreviewed.
        grades: value by scale; findings: "present", "absent" or "not assessed" by name.
        remarks: sentences about consistency rules that the label breaks.
        model: digest of the model whose prediction was shown, if any, at `thresholds`.
    """

    source: Path
    image: str
    frame: int = 0
    frames: int = 1
    content_hash: str
    perceptual_hash: str = ""
    masks: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    grades: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)
    group: str
    split: str
    status: str
    reader: str
    weight: float = 1.0
    remarks: tuple[str, ...] = ()
    model: str | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)


class DatasetWriter:
    """A context manager: `add` every image, then `finish`; leaving it earlier removes what was written."""

    def __init__(self, out: Path, schema: Schema, *, link: bool = False) -> None:
        self._folder = AtomicFolder(
            out, marker="dataset.json", signature=f'"format": "{FORMAT_NAME}"', what="dataset"
        )
        self._part = self._folder.part
        self._schema = schema
        self._link = link
        self._names: dict[str, str] = {}
        self._mask_names: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._splits: Counter[str] = Counter()
        self._groups: set[str] = set()
        self._masks: Counter[str] = Counter()
        self._digest = hashlib.sha256()
        self._notes: list[str] = []
        self._files = ExitStack()
        self._tables_open = ExitStack()
        self._tables: dict[str, Any] = {}
        self._rows: TextIO | None = None

    def __enter__(self) -> DatasetWriter:
        # The stack leaves the folder last, after the tables in it are closed.
        self._files.enter_context(self._folder)
        self._files.enter_context(self._tables_open)
        try:
            for folder in ("images", *(f"masks/{c.name}" for c in self._schema.active_classes)):
                (self._part / folder).mkdir(parents=True, exist_ok=True)
            self._open_tables()
            self._rows = self._tables_open.enter_context(_text(self._part / ".rows"))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, trace)

    def add(self, item: ExportItem) -> bool:
        """Write one image. False, with a note in the report, when its file is gone or is another one now."""
        name = self._name_for(item)
        target = self._part / "images" / name
        try:
            now = content_hash(item.source)
        except OSError as error:
            self._notes.append(f"{item.image} was left out: the file cannot be read ({error.strerror}).")
            return False
        if now != item.content_hash:
            self._notes.append(f"{item.image} was left out: the file was changed since it was labelled.")
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        self._write_image(item, target)
        mask_hashes = self._write_masks(item, name)
        self._write_rows(item, name, mask_hashes)
        return True

    def finish(self, *, grouping: Mapping[str, Any], provenance: Mapping[str, Any]) -> ExportReport:
        """Write `dataset.json`, move the folder into place and report."""
        digest = self._digest.hexdigest()
        counts: dict[str, Any] = {
            "images": self._counts["images"],
            "groups": len(self._groups),
            "splits": dict(sorted(self._splits.items())),
            "masks": {c.name: self._masks[c.name] for c in self._schema.active_classes},
            "grades": self._counts["grades"],
            "findings": self._counts["findings"],
        }
        if self._schema.rules:
            counts["with_remarks"] = self._counts["with_remarks"]
        if broken := self._counts["with_remarks"]:
            images = "1 image breaks" if broken == 1 else f"{broken} images break"
            self._notes.append(f"{images} a consistency rule of the schema; remarks.csv says which.")
        self._write_pairs()
        self._tables_open.close()
        self._write_json(
            {
                "format": FORMAT_NAME,
                "version": FORMAT_VERSION,
                "schema": self._schema.to_dict(),
                "grouping": dict(grouping),
                "missing_mask": "unlabelled",
                "provenance": dict(provenance),
                "counts": counts,
                "digest": digest,
            }
        )
        (self._part / ".rows").unlink()
        self._remove_unused_tables()
        self._folder.commit()
        return ExportReport(folder=self._folder.out, counts=counts, digest=digest, notes=tuple(self._notes))

    # ------------------------------------------------------------------ parts

    def _open_tables(self) -> None:
        scales = [s.name for s in self._schema.grades]
        findings = [f.name for f in self._schema.findings]
        headers = {
            "grades": ["image", *scales],
            "findings": ["image", *findings],
            "groups": ["image", "group"],
            "split": ["image", "split"],
            "reviewed": ["image", "class", "state"],
            "labels": ["image", "status", "reader", "weight"],
            "pairs": ["image", "class", "mask"],
            "remarks": ["image", "remark"],
        }
        for table, header in headers.items():
            file = self._tables_open.enter_context(_text(self._part / f"{table}.csv"))
            self._tables[table] = csv.writer(file)
            self._tables[table].writerow(header)

    def _remove_unused_tables(self) -> None:
        for table, used in (
            ("grades", self._schema.grades),
            ("findings", self._schema.findings),
            ("pairs", self._counts["pairs"]),
            ("remarks", self._counts["with_remarks"]),
        ):
            if not used:
                (self._part / f"{table}.csv").unlink()

    def _name_for(self, item: ExportItem) -> str:
        path = PurePosixPath(item.image)
        if path.is_absolute() or ".." in path.parts or not path.name:
            raise FormatError(f'"{item.image}" cannot be a name in a dataset.')
        if item.frames > 1:
            path = path.with_name(f"{path.stem}.frame-{item.frame:04d}.tif")
        return path.as_posix()

    def _write_image(self, item: ExportItem, target: Path) -> None:
        if item.frames > 1:
            tifffile.imwrite(target, read_image(item.source, item.frame))
            return
        if self._link and _hard_link(item.source, target):
            return
        shutil.copyfile(item.source, target)

    def _write_masks(self, item: ExportItem, name: str) -> dict[str, str]:
        """Write the mask files; the hash of each by class."""
        mask_name = self._mask_name(name)
        hashes = {}
        for class_name in sorted(item.masks):
            relative = f"masks/{class_name}/{mask_name}"
            target = self._part / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            data = encode_mask(item.masks[class_name])
            target.write_bytes(data)
            hashes[class_name] = hashlib.blake2b(data, digest_size=16).hexdigest()
            self._masks[class_name] += 1
        return hashes

    def _mask_name(self, name: str) -> str:
        """The image's name with .png as its suffix; its whole name and .png where another image took that."""
        candidates = itertools.chain(
            (f"{_stem(name)}.png", f"{name}.png"), (f"{name}.{i}.png" for i in itertools.count(2))
        )
        # Some file systems do not tell A from a.
        chosen = next(c for c in candidates if c.casefold() not in self._mask_names)
        self._mask_names.add(chosen.casefold())
        self._names[name] = chosen
        return chosen

    def _write_pairs(self) -> None:
        """Say in `pairs.csv` which mask is whose, where a reader could pair by name in two ways."""
        stems = Counter(_stem(name).casefold() for name in self._names)
        names = {name.casefold() for name in self._names}
        for name, mask_name in self._names.items():
            stem = _stem(name).casefold()
            if stems[stem] == 1 and stem not in names and f"{_stem(name)}.png" == mask_name:
                continue
            for item in self._schema.active_classes:
                relative = f"masks/{item.name}/{mask_name}"
                if (self._part / relative).is_file():
                    self._tables["pairs"].writerow([name, item.name, relative])
                    self._counts["pairs"] += 1

    def _write_rows(self, item: ExportItem, name: str, mask_hashes: dict[str, str]) -> None:
        grades = [item.grades.get(s.name, "") for s in self._schema.grades]
        findings = [FINDING_CODES[item.findings.get(f.name, "not assessed")] for f in self._schema.findings]
        if any(grades):
            self._tables["grades"].writerow([name, *grades])
            self._counts["grades"] += 1
        if any(findings):
            self._tables["findings"].writerow([name, *findings])
            self._counts["findings"] += 1
        self._tables["groups"].writerow([name, item.group])
        self._tables["split"].writerow([name, item.split])
        self._tables["labels"].writerow([name, item.status, item.reader, f"{item.weight:g}"])
        for target in sorted(item.states):
            self._tables["reviewed"].writerow([name, target, item.states[target]])
        for sentence in item.remarks:
            self._tables["remarks"].writerow([name, sentence])
        self._counts["with_remarks"] += bool(item.remarks)
        record = {
            "image": name,
            "frame": item.frame,
            "hash": item.content_hash,
            "perceptual_hash": item.perceptual_hash,
            "group": item.group,
            "split": item.split,
            "status": item.status,
            "reader": item.reader,
            "model": item.model,
            "thresholds": dict(item.thresholds),
        }
        assert self._rows is not None
        self._rows.write(("  " if self._counts["images"] == 0 else ",\n  ") + json.dumps(record))
        # What a model can learn from: the digest changes when one of these does, not with who drew or when.
        learnt = [item.content_hash, item.frame, mask_hashes, grades, findings, item.group, item.split]
        learnt += [sorted(item.states.items()), item.weight]
        self._digest.update(json.dumps([name, *learnt], sort_keys=True).encode() + b"\n")
        self._counts["images"] += 1
        self._splits[item.split] += 1
        self._groups.add(item.group)

    def _write_json(self, head: dict[str, Any]) -> None:
        with (
            _text(self._part / "dataset.json") as file,
            (self._part / ".rows").open(encoding="utf-8") as rows,
        ):
            file.write(json.dumps(head, indent=1)[:-2] + ',\n "images": [\n')
            shutil.copyfileobj(rows, file)
            file.write("\n ]\n}\n")
            file.flush()
            os.fsync(file.fileno())


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """A (H, W) bool mask as the bytes of an 8-bit PNG, 255 inside.

    OpenCV's own compression level is the fastest there is; encoding to memory lets a full disk raise OSError.
    """
    good, data = cv2.imencode(".png", mask.astype(np.uint8) * np.uint8(255))
    if not good:
        raise FormatError("A mask could not be encoded as PNG.")
    return data.tobytes()


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _text(path: Path) -> TextIO:
    # File names need not be UTF-8; what cannot be decoded must come back as the same bytes.
    return path.open("w", encoding="utf-8", errors="surrogateescape", newline="")


def _hard_link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or one without links: a copy does as well.
        return False
    return True
