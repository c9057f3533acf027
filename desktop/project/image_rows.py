"""Images as rows: the one SELECT behind every list, its order, and places in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from desktop.project import tables
from desktop.project.errors import ProjectError
from desktop.project.rows import UNSEEN, ImageRow


def image_select(reader: str) -> Select[Any]:
    """Return the SELECT of images with their status for `reader`."""
    images, statuses = tables.images, tables.statuses
    of_reader = and_(statuses.c.image_id == images.c.id, statuses.c.reader == reader)
    return select(images, statuses.c.status).outerjoin(statuses, of_reader)


def find_image(connection: Connection, reader: str, condition: ColumnElement[bool]) -> ImageRow:
    """Return the first image that meets `condition`, with its place in the list. Raises ProjectError."""
    found = connection.execute(image_select(reader).where(condition)).first()
    if found is None:
        raise ProjectError("This image is not in the project any more.")
    if found.state != "present":
        return image_row(found, -1)
    columns = tables.images.c
    before = select(func.count()).where(columns.state == "present", _comes_before(found))
    return image_row(found, int(connection.execute(before).scalar_one()))


LIST_ORDER = (tables.images.c.position, tables.images.c.frame, tables.images.c.id)


def _comes_before(row: Any) -> ColumnElement[bool]:
    columns = tables.images.c
    same = columns.position == row.position
    return or_(
        columns.position < row.position,
        and_(same, columns.frame < row.frame),
        and_(same, columns.frame == row.frame, columns.id < row.id),
    )


def has_status(statuses: Collection[str]) -> ColumnElement[bool]:
    """Return the condition of having one of `statuses`; no row in the table means unseen."""
    column = tables.statuses.c.status
    wanted = column.in_([status for status in statuses if status != UNSEEN])
    return or_(wanted, column.is_(None)) if UNSEEN in statuses else wanted


def image_row(row: Any, position: int) -> ImageRow:
    """Return the record of one row of `image_select`."""
    return ImageRow(
        row.id,
        row.path,
        row.frame,
        row.content_hash,
        row.width,
        row.height,
        row.group_key,
        row.split,
        row.problem,
        row.status or UNSEEN,
        position,
        row.state,
        row.retired_from_gate,
    )
