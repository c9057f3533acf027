"""The store: SQLAlchemy 2 over SQLite, one writing connection, any number of reading ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert_insert
from sqlalchemy.exc import DatabaseError, OperationalError

from desktop.project import tables
from desktop.project.errors import StoreError
from desktop.project.migrations import STORE_VERSION, migrate

_BUSY_SECONDS = 10.0


class Store:
    """An open store. `read()` may be used from any thread; writes go through `Writer` alone."""

    def __init__(self, path: Path) -> None:
        """Open the store at `path`, migrating an older one. Raises StoreError, StoreVersionError."""
        self.path = path
        self.backup = migrate(path)
        self._engine = _engine(path)

    @classmethod
    def create(cls, path: Path, settings: dict[str, Any]) -> Store:
        """Make a new store with these settings and open it. Raises StoreError when it cannot be made.

        It is made beside and moved into place, so that a crash leaves no half of a store.
        """
        beside = path.with_name(path.name + ".new")
        beside.unlink(missing_ok=True)
        engine = _engine(beside)
        try:
            rows = [{"key": "store_version", "value": str(STORE_VERSION)}]
            rows += [{"key": key, "value": json.dumps(value)} for key, value in settings.items()]
            with engine.begin() as connection:
                tables.metadata.create_all(connection)
                connection.execute(insert(tables.meta), rows)
        except DatabaseError as error:
            raise StoreError(f"A project cannot be made in {path.parent}: {error.orig}.") from error
        finally:
            engine.dispose()
        beside.replace(path)
        return cls(path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection with one consistent view of the store; for any thread but the GUI's.

        Raises StoreError when the store cannot be read.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except OperationalError as error:
            raise StoreError(f"The project file {self.path} cannot be read: {error.orig}.") from error

    def writing_connection(self) -> Connection:
        """Return the connection of the writer thread; its transactions take the write lock at once."""
        return self._engine.connect().execution_options(overread_writes=True)

    def setting(self, key: str, default: Any = None) -> Any:
        """Return the value (any JSON) of a setting of the project."""
        with self.read() as connection:
            return read_setting(connection, key, default)

    def close(self) -> None:
        """Close all connections; the write-ahead log is folded into the file."""
        self._engine.dispose()


def read_setting(connection: Connection, key: str, default: Any = None) -> Any:
    """Return the value (any JSON) of a setting, on an open connection."""
    value = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == key)).scalar()
    return default if value is None else json.loads(value)


def write_setting(connection: Connection, key: str, value: Any) -> None:
    """Set a setting (any JSON value), on the writer's connection."""
    text = json.dumps(value)
    changed = connection.execute(update(tables.meta).where(tables.meta.c.key == key).values(value=text))
    if changed.rowcount == 0:
        connection.execute(insert(tables.meta).values(key=key, value=text))


def upsert(connection: Connection, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert a row or update the one with the same key (SQLite's and PostgreSQL's ON CONFLICT)."""
    statement = upsert_insert(table).values(**key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def _engine(path: Path) -> Engine:
    arguments = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(f"sqlite:///{path.as_posix()}", connect_args=arguments)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver's own transaction control begins transactions late; ours is explicit (`_on_begin`).
    connection.isolation_level = None
    # A short log is soon written over instead of being made longer, which is what a sync waits for least.
    pragmas = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "wal_autocheckpoint = 250")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("overread_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
