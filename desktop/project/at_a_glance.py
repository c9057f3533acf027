"""How far a project of another day is, without opening it: plain sqlite3, read-only, no lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from desktop.project.location import find_location

_TOTAL = "SELECT COUNT(*) FROM images WHERE state = 'present'"
_FINISHED = """
    SELECT COUNT(*) FROM statuses s JOIN images i ON i.id = s.image_id
    WHERE i.state = 'present' AND s.reader = ? AND s.status IN ('accepted', 'corrected', 'rejected')
"""


@dataclass(frozen=True, slots=True)
class Glance:
    """A folder as the start page shows it; ``total`` is None when it has no project that can be read."""

    there: bool
    total: int | None = None
    finished: int = 0


def glance(folder: Path, reader: str | None = None) -> Glance:
    """Look at a folder and its project. Waits for the disk: never on the window's thread."""
    try:
        if not folder.is_dir():
            return Glance(there=False)
        location = find_location(folder)
    except OSError:
        return Glance(there=False)
    if location is None:
        return Glance(there=True)
    if reader is None:
        from desktop.project.readers import default_reader

        reader = default_reader()
    address = f"{location.store.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=0.5)) as connection:
            total = connection.execute(_TOTAL).fetchone()[0]
            finished = connection.execute(_FINISHED, (reader,)).fetchone()[0]
    except (sqlite3.Error, TypeError):
        return Glance(there=True)
    return Glance(True, int(total), int(finished))
