"""The versions of the store: one line per step in MIGRATIONS, run in order on a copy-backed file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from desktop.project.errors import StoreError, StoreVersionError

STORE_VERSION = 2

Migration = Callable[[sqlite3.Connection], None]


_MEASURING = (
    """CREATE TABLE spacings (id TEXT NOT NULL, scope TEXT NOT NULL, target TEXT NOT NULL,
    x_mm FLOAT NOT NULL,
    y_mm FLOAT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL, reader TEXT NOT NULL,
    created TEXT NOT NULL, removed TEXT, PRIMARY KEY (id), FOREIGN KEY(reader) REFERENCES readers (name))""",
    "CREATE INDEX spacings_by_target ON spacings (scope, target)",
    """CREATE TABLE marks (id TEXT NOT NULL, mark TEXT NOT NULL, image_id TEXT NOT NULL, reader TEXT NOT NULL,
    kind TEXT NOT NULL, name TEXT NOT NULL, x FLOAT NOT NULL, y FLOAT NOT NULL, x2 FLOAT, y2 FLOAT,
    created TEXT NOT NULL, removed TEXT, PRIMARY KEY (id), FOREIGN KEY(image_id) REFERENCES images (id),
    FOREIGN KEY(reader) REFERENCES readers (name))""",
    "CREATE INDEX marks_by_image ON marks (image_id, reader)",
    """CREATE TABLE viewed (image_id TEXT NOT NULL, reader TEXT NOT NULL, cell INTEGER NOT NULL,
    height INTEGER NOT NULL, width INTEGER NOT NULL, cells BLOB NOT NULL, updated TEXT NOT NULL,
    PRIMARY KEY (image_id, reader), FOREIGN KEY(image_id) REFERENCES images (id),
    FOREIGN KEY(reader) REFERENCES readers (name))""",
)

_CUTS = (
    """CREATE TABLE cuts (seq INTEGER NOT NULL, model_digest TEXT NOT NULL, class_name TEXT NOT NULL,
    threshold FLOAT, min_area INTEGER NOT NULL, fill_holes BOOLEAN NOT NULL, reader TEXT NOT NULL,
    created TEXT NOT NULL, PRIMARY KEY (seq), FOREIGN KEY(reader) REFERENCES readers (name))""",
)

_GALLERY = (
    """CREATE TABLE label_facts (image_id TEXT NOT NULL, reader TEXT NOT NULL, reading INTEGER NOT NULL,
    seq INTEGER NOT NULL, areas JSON NOT NULL, model_digest TEXT NOT NULL, disagreement FLOAT,
    disagreements JSON NOT NULL, updated TEXT NOT NULL, PRIMARY KEY (image_id, reader, reading),
    FOREIGN KEY(image_id) REFERENCES images (id), FOREIGN KEY(reader) REFERENCES readers (name))""",
    """CREATE TABLE bulk_actions (id TEXT NOT NULL, reader TEXT NOT NULL, kind TEXT NOT NULL,
    text TEXT NOT NULL, created TEXT NOT NULL, undone TEXT, PRIMARY KEY (id),
    FOREIGN KEY(reader) REFERENCES readers (name))""",
    """CREATE TABLE bulk_items (bulk_id TEXT NOT NULL, image_id TEXT NOT NULL, before JSON NOT NULL,
    undone BOOLEAN NOT NULL, PRIMARY KEY (bulk_id, image_id),
    FOREIGN KEY(bulk_id) REFERENCES bulk_actions (id), FOREIGN KEY(image_id) REFERENCES images (id))""",
)

_NOTES = (
    "ALTER TABLE review_states ADD COLUMN reason TEXT DEFAULT '' NOT NULL",
    """CREATE TABLE comment_changes (id TEXT NOT NULL, comment_id TEXT NOT NULL, reader TEXT NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (id),
    FOREIGN KEY(comment_id) REFERENCES comments (id), FOREIGN KEY(reader) REFERENCES readers (name))""",
    "CREATE INDEX comment_changes_by_comment ON comment_changes (comment_id)",
)

# Each topic's statements, written out: `tables` may change again, this step must not.
_TO_2: tuple[tuple[str, ...], ...] = (_MEASURING, _CUTS, _GALLERY, _NOTES)


def _to_2(connection: sqlite3.Connection) -> None:
    for statements in _TO_2:
        for statement in statements:
            connection.execute(statement)


# One line a step: from the version on the left to the next one.
MIGRATIONS: dict[int, Migration] = {1: _to_2}


def stored_version(path: Path) -> int:
    """Return the version of the store at `path`. Raises StoreError when the file is not a store."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'store_version'").fetchone()
        return int(row[0])
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:
        raise StoreError(
            f"The project file “{path.name}” in {path.parent} is not a store of Overread, or is damaged; "
            "put a backup in its place."
        ) from error


def migrate(path: Path) -> Path | None:
    """Bring the store at `path` to STORE_VERSION; return the backup made beside it, None when current.

    Raises StoreVersionError, with the file untouched, for a newer version or one without a way here, and
    StoreError when a step fails: the store is as it was, and the backup lies beside it.
    """
    version = stored_version(path)
    if version == STORE_VERSION:
        return None
    if version > STORE_VERSION:
        raise StoreVersionError(
            f"The project in {path.parent} was written by a newer Overread (store version {version}; this "
            f"one knows {STORE_VERSION}); open it with that version."
        )
    missing = [step for step in range(version, STORE_VERSION) if step not in MIGRATIONS]
    if missing:
        raise StoreVersionError(
            f"The project in {path.parent} has store version {version}, which this Overread cannot bring to "
            f"{STORE_VERSION}; open it with an older version first."
        )
    backup = _back_up(path, version)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # One transaction: a crash leaves the old version, whole.
        connection.execute("BEGIN IMMEDIATE")
        try:
            for step in range(version, STORE_VERSION):
                MIGRATIONS[step](connection)
            connection.execute("UPDATE meta SET value = ? WHERE key = 'store_version'", (str(STORE_VERSION),))
        except sqlite3.Error as error:
            connection.execute("ROLLBACK")
            raise StoreError(
                f"The project in {path.parent} could not be brought to version {STORE_VERSION}; it is "
                f"as it was, and {backup.name} beside it is a copy."
            ) from error
        connection.execute("COMMIT")
    return backup


def _back_up(path: Path, version: int) -> Path:
    target = path.with_name(f"{path.name}.v{version}.bak")
    beside = target.with_name(target.name + ".new")
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(beside)) as copy:
        source.backup(copy)
    beside.replace(target)
    return target
