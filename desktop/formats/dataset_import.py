"""Labels of a dataset folder into a project: all is read first, then written in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sqlalchemy import Connection, insert, select

from desktop.formats.base import FormatError, ImportOptions, ImportReport, TransferCancelledError
from desktop.formats.dataset import inner_path
from desktop.project import tables
from desktop.project.edit import Edit, ValueChange, class_edit
from desktop.project.journal import now
from desktop.project.label import Label, LabelKey
from desktop.project.label_store import Freeze, read_label
from desktop.project.patch import Patch
from desktop.project.provenance import Base
from desktop.project.reviewing import ReviewCommands
from desktop.project.store import write_setting
from desktop.project.writer import Operation, Writer
from inference.schema import Schema
from training.dataset import Dataset, Item, open_dataset

if TYPE_CHECKING:
    from desktop.project.project import Project

T = TypeVar("T")


def import_dataset(project: Project, source: Path, options: ImportOptions) -> ImportReport:
    """Take the labels of a dataset into the project, as edits that can be undone.

    An image of the project is found by its bytes, else by its name and size. Images that the reader has
    labelled already stay as they are. Classes, scales and findings that the project lacks are added to its
    schema. Without `reviewed_by` the labels are in progress; with it they are finished by that reader.

    Blocks; for a worker thread. Raises DatasetError, ImageError or FormatError with nothing imported: all is
    read before the first row is written, and all rows are written in one transaction.
    """
    dataset = open_dataset(source, missing_mask=options.missing_mask)
    report = ImportReport(notes=list(dataset.notes))
    names, schema = _mapped(project.schema, dataset, report)
    reader = options.reviewed_by or project.reader
    batch = _Batch(reader, schema)
    index = _Index(project)
    total = len(dataset.items)
    with project.store.read() as connection:
        for done, item in enumerate(dataset.items):
            if options.cancelled():
                raise TransferCancelledError("The import was cancelled; nothing was imported.")
            _take(item, index, connection, batch, names, options, report)
            options.progress(done + 1, total)
    _say_unmatched(report, total)
    if not batch.collected.operations:
        return report
    operations = list(batch.collected.operations)
    if schema != project.schema:
        operations.append(lambda connection: write_setting(connection, "schema", schema.to_dict()))
    project.writer.submit(lambda connection: _write(connection, reader, operations)).result()
    project.schema = schema
    return report


def _write(connection: Connection, reader: str, operations: list[Operation[Any]]) -> None:
    readers = tables.readers
    if connection.execute(select(readers.c.name).where(readers.c.name == reader)).first() is None:
        connection.execute(insert(readers).values(name=reader, title="", created=now()))
    for operation in operations:
        operation(connection)


def _take(
    item: Item,
    index: _Index,
    connection: Connection,
    batch: _Batch,
    names: dict[str, str],
    options: ImportOptions,
    report: ImportReport,
) -> None:
    """Collect what one image of the dataset brings."""
    image_id = index.find(item)
    if image_id is None:
        report.unmatched += 1
        return
    if not (item.labelled or item.grades or item.findings):
        return
    label = read_label(connection, LabelKey(image_id, batch.reader), batch.schema)
    if not label.is_virtual:
        report.already_labelled += 1
        return
    _fill(label, item, names, batch.schema)
    if options.reviewed_by:
        classes = [batch.schema.class_named(names[name]).id for name in item.labelled]
        batch.finish(label, classes)
    else:
        batch.save(label)
    report.images += 1
    report.masks += len(item.labelled)
    report.grades += len(item.grades)
    report.findings += len(item.findings)


def _fill(label: Label, item: Item, names: dict[str, str], schema: Schema) -> None:
    """Give a virtual label the item's masks and values as one edit, on an empty base of the kind "import"."""
    origin = Base("import", source=item.key)
    planes = label.ensure_planes(*item.size)
    label.set_base(np.zeros_like(planes.mask), origin)
    if label.planes is None:
        raise FormatError(f"The size of {item.key} is not known, so its masks cannot be imported.")
    patches: list[Patch] = []
    for name in sorted(item.labelled):
        edit = class_edit(
            label.planes, schema.class_named(names[name]).id, item.read_mask(name), "", protect=True
        )
        patches += edit.patches if edit is not None else ()
    values = [ValueChange(f"grade:{name}", None, value) for name, value in sorted(item.grades.items())]
    values += [ValueChange(f"finding:{name}", None, value) for name, value in sorted(item.findings.items())]
    label.perform(Edit("Import", tuple(patches), tuple(values), origin))


def _mapped(schema: Schema, dataset: Dataset, report: ImportReport) -> tuple[dict[str, str], Schema]:
    """Which class of the project a class of the dataset is, and the project's schema with what it lacked."""
    active = [item.name for item in schema.active_classes]
    names = {}
    for item in dataset.schema.active_classes:
        if dataset.unnamed_class and len(active) == 1:
            # The folder does not name its class, and there is only one it can be.
            names[item.name] = active[0]
            continue
        names[item.name] = item.name
        if item.name not in active:
            schema = schema.add_class(item.name, item.title)
            report.notes.append(f"The class “{item.name}” was added to the project.")
    scales = {scale.name: scale for scale in schema.grades}
    for scale in dataset.schema.grades:
        if scale.name not in scales:
            schema = replace(schema, grades=(*schema.grades, scale))
            report.notes.append(f"The grade scale “{scale.name}” was added to the project.")
        elif strange := [v for v in scale.values if v not in scales[scale.name].values]:
            raise FormatError(
                f"The dataset's scale “{scale.name}” has the value “{strange[0]}”, which the project's scale "
                "does not have; nothing was imported."
            )
    known = {finding.name for finding in schema.findings}
    for finding in dataset.schema.findings:
        if finding.name not in known:
            schema = replace(schema, findings=(*schema.findings, finding))
            report.notes.append(f"The finding “{finding.name}” was added to the project.")
    return names, schema


def _say_unmatched(report: ImportReport, total: int) -> None:
    if report.unmatched == total:
        raise FormatError("None of the dataset's images is in this project; nothing was imported.")
    if report.unmatched:
        report.notes.append(f"{report.unmatched} images of the dataset are not in this project.")
    if report.already_labelled:
        report.notes.append(f"{report.already_labelled} images were labelled already and stay as they are.")


class _Index:
    """Finds the project's image for an item of a dataset."""

    def __init__(self, project: Project) -> None:
        images = tables.images.c
        self._by_hash: dict[tuple[str, int], str] = {}
        self._by_name: dict[str, tuple[str, tuple[int, int]]] = {}
        with project.store.read() as connection:
            rows = connection.execute(
                select(images.id, images.path, images.frame, images.content_hash, images.height, images.width)
                .where(images.state == "present", images.content_hash.is_not(None))
                .order_by(images.position)
            )
            for image_id, path, frame, digest, height, width in rows:
                self._by_hash.setdefault((digest, frame), image_id)
                if frame == 0 and height and width:
                    self._by_name[inner_path(project, path)] = (image_id, (height, width))

    def find(self, item: Item) -> str | None:
        """The image's id: of the same bytes, else of the same name and size; None when there is none."""
        from inference.hashing import content_hash

        same_name = self._by_name.get(item.key)
        same_bytes = self._by_hash.get((content_hash(item.path), item.frame))
        if same_bytes is not None:
            return same_bytes
        return same_name[0] if same_name is not None and same_name[1] == item.size else None


class _Collected(Writer):
    """Stands in for the writer: keeps the operations, so that all of them go into one transaction."""

    def __init__(self) -> None:
        self.operations: list[Operation[Any]] = []

    def submit(self, operation: Callable[[Connection], T], *, keep: bool = True) -> Future[T]:  # noqa: ARG002
        """Keep the operation; the Future is never done."""
        self.operations.append(operation)
        return Future()

    def submit_idle(self, operation: Operation[Any]) -> None:
        """Snapshots are not needed for labels of one row."""


class _Batch(ReviewCommands):
    """The project's own commands, for one reader, with their writes collected."""

    def __init__(self, reader: str, schema: Schema) -> None:
        self.collected = _Collected()
        self.writer = self.collected
        self.reader = reader
        self.schema = schema

    def freeze(self, label: Label) -> Freeze | None:
        """The base of an import has no pixels: its masks are the first edit, so nothing large is kept."""
        frozen = super().freeze(label)
        return None if frozen is None else replace(frozen, mask=None)
