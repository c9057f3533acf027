"""The dataset form: a project's reviewed labels out, labels of a dataset in."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from desktop.formats.base import (
    ExportOptions,
    ExportReport,
    FormatError,
    ImportOptions,
    ImportReport,
    TransferCancelledError,
)
from desktop.formats.dataset_writer import DatasetWriter, ExportItem, State
from desktop.project import tables
from desktop.project.consistency import check_label
from desktop.project.label import LabelKey
from desktop.project.label_store import read_label, read_states
from desktop.project.rows import FINISHED, NOT_ASSESSABLE, REVIEWED, class_target

if TYPE_CHECKING:
    from desktop.project.planes import LabelPlanes
    from desktop.project.project import Project
    from inference.schema import Schema

KEPT_STATES: dict[str, State] = {REVIEWED: "reviewed", NOT_ASSESSABLE: "not assessable"}


def export_project(project: Project, out: Path, options: ExportOptions) -> ExportReport:
    """Write the reviewed part of every finished label of one reader to the dataset folder `out`.

    Blocks; for a worker thread. Memory does not grow with the number of images. Raises FormatError (nothing
    is reviewed, or `out` holds something else), TransferCancelledError, OSError when the disk is full;
    whatever is raised, `out` is as it was.
    """
    _check_place(project, out)
    reader = options.reader or project.reader
    # What was acknowledged a moment ago belongs in.
    project.writer.flush()
    writer = DatasetWriter(out, project.schema, link=options.link)
    with project.store.read() as connection:
        total = _count(connection, reader)
        if total == 0:
            raise FormatError(
                f"Nothing in “{project.name}” is reviewed by {reader} yet; finish some images first."
            )
        with writer:
            for done, item in enumerate(_items(project, connection, reader)):
                if options.cancelled():
                    raise TransferCancelledError("The export was cancelled; nothing was written.")
                if item is not None:
                    writer.add(item)
                options.progress(done + 1, total)
            return writer.finish(grouping=_grouping(project), provenance=_provenance(project, reader))


def import_into(project: Project, source: Path, options: ImportOptions) -> ImportReport:
    """Take the labels of the dataset folder `source` into the project; see `dataset_import`."""
    from desktop.formats.dataset_import import import_dataset

    return import_dataset(project, source, options)


def _check_place(project: Project, out: Path) -> None:
    place = out.absolute()
    if place.is_relative_to(project.location.directory):
        return
    if place.is_relative_to(project.image_root) or place.is_relative_to(project.folder):
        raise FormatError(
            f"{out} lies inside the project's folder, where its images would count as new ones; "
            "choose a folder outside."
        )


def _finished(reader: str) -> Any:
    images, statuses = tables.images, tables.statuses
    return (images.c.id == statuses.c.image_id) & (
        (statuses.c.reader == reader)
        & statuses.c.status.in_(FINISHED)
        & (images.c.state == "present")
        & images.c.content_hash.is_not(None)
    )


def _count(connection: Connection, reader: str) -> int:
    found = connection.execute(
        select(func.count()).select_from(tables.images).join(tables.statuses, _finished(reader))
    )
    return int(found.scalar_one())


def _items(project: Project, connection: Connection, reader: str) -> Iterator[ExportItem | None]:
    """One item for each finished image, in order; None where nothing of it is reviewed."""
    images, statuses = tables.images, tables.statuses
    frames = _frames(connection)
    rows = connection.execute(
        select(images, statuses.c.status)
        .join(statuses, _finished(reader))
        .order_by(images.c.position, images.c.frame)
        .execution_options(yield_per=200)
    ).mappings()
    for row in rows:
        yield _item(project, connection, LabelKey(row["id"], reader), row, frames.get(row["path"], 1))


def _frames(connection: Connection) -> dict[str, int]:
    """How many frames a file has, for the files that have several."""
    path = tables.images.c.path
    found = connection.execute(
        select(path, func.count())
        .where(tables.images.c.state == "present")
        .group_by(path)
        .having(func.count() > 1)
    )
    return {row[0]: row[1] for row in found}


def _item(
    project: Project, connection: Connection, key: LabelKey, row: Any, frames: int
) -> ExportItem | None:
    states = read_states(connection, key)
    if REVIEWED not in states.values():
        return None
    label = read_label(connection, key, project.schema)
    name = inner_path(project, row["path"])
    masks, kept = {}, {}
    for item in project.schema.active_classes:
        state = KEPT_STATES.get(states.get(class_target(item.id), ""))
        if state is None:
            continue
        kept[item.name] = state
        if state == "reviewed" and label.planes is not None:
            masks[item.name] = label.planes.class_mask(item.id)
    kept |= {t: KEPT_STATES[s] for t, s in states.items() if not t.startswith("class:") and s in KEPT_STATES}
    grades = {k: v for k, v in label.grades.items() if kept.get(f"grade:{k}") == "reviewed"}
    findings = {k: v for k, v in label.findings.items() if kept.get(f"finding:{k}") == "reviewed"}
    return ExportItem(
        source=project.folder / row["path"],
        image=name,
        frame=row["frame"],
        frames=frames,
        content_hash=row["content_hash"],
        perceptual_hash=row["perceptual_hash"] or "",
        masks=masks,
        states=kept,
        grades=grades,
        findings=findings,
        group=row["group_key"] or name,
        split=row["split"] or "train",
        status=row["status"],
        reader=key.reader,
        remarks=_remarks(project.schema, label.planes, set(masks), grades, findings),
        model=_model_shown(connection, key) or label.base.model_digest or None,
        thresholds=label.base.thresholds,
    )


def _remarks(
    schema: Schema,
    planes: LabelPlanes | None,
    reviewed: Collection[str],
    grades: Mapping[str, str],
    findings: Mapping[str, str],
) -> tuple[str, ...]:
    """What the rules say of the part of a label that is exported; what nobody confirmed says nothing."""
    if not schema.rules:
        return ()
    # Rules of a retired class sleep, and so do those of one that nobody confirmed.
    classes = tuple(item if item.name in reviewed else replace(item, retired=True) for item in schema.classes)
    found = check_label(replace(schema, classes=classes), planes, grades, findings)
    return tuple(remark.sentence for remark in found)


def inner_path(project: Project, path: str) -> str:
    """An image's path inside the images of the project: without "images/" where the project is a dataset."""
    if project.image_root == project.folder:
        return path
    return path.removeprefix(f"{project.image_root.relative_to(project.folder).as_posix()}/")


def _model_shown(connection: Connection, key: LabelKey) -> str:
    """The digest of the model whose prediction was on screen at the last finish; empty for none."""
    columns = tables.reviews.c
    found = connection.execute(
        select(columns.prediction_digest)
        .where(
            columns.image_id == key.image_id,
            columns.reader == key.reader,
            columns.reading == key.reading,
            columns.kind == "finish",
            columns.taken_back.is_(False),
        )
        .order_by(columns.id.desc())
        .limit(1)
    ).scalar()
    return found or ""


def _grouping(project: Project) -> dict[str, Any]:
    return {"known": project.grouping.known, "rule": project.grouping.kind}


def _provenance(project: Project, reader: str) -> dict[str, Any]:
    try:
        version = importlib.metadata.version("overread")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return {
        "program": f"overread {version}",
        "project": project.name,
        "reader": reader,
        "python": platform.python_version(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
