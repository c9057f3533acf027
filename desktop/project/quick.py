"""What the first paint needs of a project, in a few milliseconds: plain sqlite3, read-only."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.project.location import find_location

if TYPE_CHECKING:
    from inference.schema import Schema

PAGE = 100
_READER_ROWS = """
    SELECT i.id, i.path, i.frame, i.problem, COALESCE(s.status, 'unseen')
    FROM images i LEFT JOIN statuses s ON s.image_id = i.id AND s.reader = ?
    WHERE i.rowid IN (
        SELECT rowid FROM images WHERE state = 'present' ORDER BY position, frame LIMIT ? OFFSET ?
    ) ORDER BY i.position, i.frame, i.id
"""


@dataclass(frozen=True, slots=True)
class QuickRow:
    """One line of the list."""

    image_id: str
    path: str
    frame: int
    problem: str
    status: str


@dataclass(frozen=True, slots=True)
class QuickLook:
    """A project at a glance. `rows` is the page of the list, from `offset`, that holds the last image."""

    name: str
    schema: Schema
    reader: str
    last_path: str | None
    last_frame: int
    last_position: int
    total: int
    offset: int
    rows: tuple[QuickRow, ...]


def first_paint(folder: Path | str, *, reader: str | None = None, page: int = PAGE) -> QuickLook | None:
    """Return a look at the project of `folder`, or None when there is none that can be read.

    It takes no lock and leaves nothing behind; what is wrong with a store is told later, by `Project.open`.
    """
    location = find_location(Path(folder))
    if location is None:
        return None
    try:
        with closing(_connect(location.store)) as connection:
            return _look(connection, reader, page)
    except (sqlite3.Error, ValueError, KeyError, TypeError):
        return None


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0.5)


def _look(connection: sqlite3.Connection, reader: str | None, page: int) -> QuickLook | None:
    from inference.schema import Schema

    settings = dict(connection.execute("SELECT key, value FROM meta"))
    if reader is None:
        from desktop.project.readers import default_reader

        reader = default_reader()
    last: dict[str, Any] = json.loads(settings.get(f"last:{reader}", "{}"))
    position = int(last.get("position", 0))
    offset = max(0, position - page // 2)
    rows = connection.execute(_READER_ROWS, (reader, page, offset)).fetchall()
    total = connection.execute("SELECT COUNT(*) FROM images WHERE state = 'present'").fetchone()[0]
    first = rows[0] if rows else None
    return QuickLook(
        json.loads(settings["name"]),
        Schema.from_dict(json.loads(settings["schema"])),
        reader,
        last.get("path", first[1] if first else None),
        int(last.get("frame", first[2] if first else 0)),
        position,
        int(total),
        offset,
        tuple(QuickRow(*row) for row in rows),
    )
