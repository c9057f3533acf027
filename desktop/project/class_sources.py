"""Where the mask of a class can be copied from: other images of the same size, other readers, the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

import numpy as np

from desktop.project.errors import ProjectError
from desktop.project.label import LabelKey
from inference.postprocess import class_mask

if TYPE_CHECKING:
    from desktop.project.planes import Bits
    from desktop.project.project import Project
    from inference.prediction import Prediction

MOST_IMAGES = 200
"""So many images are offered: those of the same group, then the nearest ones of the list."""

How = Literal["replace", "add", "subtract"]


@dataclass(frozen=True, slots=True)
class Source:
    """A label whose classes can be copied. ``near``: its image belongs to the same group."""

    key: LabelKey
    title: str
    near: bool = False


def other_images(project: Project, image_id: str, limit: int = MOST_IMAGES) -> list[Source]:
    """The images of the same size, this reader's labels of them: the same group first. Reads the store."""
    # The window imports this module before its first paint, and SQLAlchemy may not be part of that.
    from sqlalchemy import and_, case, func, select

    from desktop.project import tables

    row = project.image(image_id)
    columns = tables.images.c
    same_group = columns.group_key == row.group if row.group is not None else columns.id.is_(None)
    near = case((same_group, 0), else_=1)
    statement = (
        select(columns.id, columns.path, columns.frame, near)
        .where(
            and_(
                columns.state == "present",
                columns.id != image_id,
                columns.width == row.width,
                columns.height == row.height,
            )
        )
        .order_by(near, func.abs(columns.position - row.position), columns.position, columns.frame)
        .limit(limit)
    )
    with project.store.read() as connection:
        found = connection.execute(statement).all()
    return [
        Source(LabelKey(one[0], project.reader), _title(one[1], one[2]), near=one[3] == 0) for one in found
    ]


def other_readers(project: Project, image_id: str) -> list[Source]:
    """The labels of this image that other readers made. Reads the store."""
    return [
        Source(key, key.reader if not key.reading else f"{key.reader} · reading {key.reading + 1}")
        for key in project.label_keys(image_id)
        if key.reader != project.reader
    ]


def copied_mask(
    project: Project,
    source: Source,
    class_id: int,
    size: tuple[int, int],
    prediction: Callable[[str, int], Prediction | None],
    threshold: float,
) -> Bits:
    """The pixels (H, W) bool of a class in another label, as its reader would see them. Reads the store.

    A label that nobody edited is its prediction: ``prediction(content_hash, frame)`` at ``threshold``. Raises
    ProjectError for another size, and for an image of which nothing is known.
    """
    label = project.load_label(source.key.image_id, source.key.reading, reader=source.key.reader)
    planes = label.planes
    if planes is not None and not label.is_virtual:
        if (planes.height, planes.width) != size:
            raise ProjectError(f"{source.title} has another size than this image, so nothing can be copied.")
        return planes.class_mask(class_id) if class_id // 8 < planes.pages else np.zeros(size, np.bool_)
    row = project.image(source.key.image_id)
    known = prediction(row.content_hash or "", row.frame)
    name = label.schema.class_by_id(class_id).name
    if known is None or known.geometry.image_size != size:
        raise ProjectError(f"Nothing is drawn or predicted on {source.title} yet; there is nothing to copy.")
    return class_mask(known, name, threshold) if name in known.classes else np.zeros(size, np.bool_)


def combined(before: Bits, copied: Bits, how: How) -> Bits:
    """The mask after copying: ``copied`` in place of ``before``, beside it, or taken out of it."""
    if how == "add":
        return before | copied
    return before & ~copied if how == "subtract" else copied


def _title(path: str, frame: int) -> str:
    name = PurePosixPath(path).name
    return f"{name} · {frame + 1}" if frame else name
