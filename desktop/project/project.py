"""A project: one review job, that is an image folder, a schema and a store."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert as upsert_insert

from desktop.project import tables
from desktop.project.bulk import BulkCommands
from desktop.project.errors import ProjectError, ProjectExists, ProjectNotFound
from desktop.project.facts_store import FactStore
from desktop.project.image_index import ImageIndex, Rules
from desktop.project.indexing import IndexCommands
from desktop.project.journal import now
from desktop.project.location import Location, choose_location, find_location, inside_location
from desktop.project.lock import ProjectLock
from desktop.project.measuring import MeasuringCommands
from desktop.project.modelling import ModelCommands
from desktop.project.noting import NotingCommands
from desktop.project.queries import ProjectQueries
from desktop.project.readers import default_reader
from desktop.project.reviewing import ReviewCommands
from desktop.project.scan import image_root
from desktop.project.store import Store, write_setting
from desktop.project.thresholding import ThresholdCommands, read_cuts
from desktop.project.writer import Writer
from inference.schema import Schema
from training.grouping import UNKNOWN, Grouping

if TYPE_CHECKING:
    from types import TracebackType


class Project(
    ProjectQueries,
    ReviewCommands,
    ModelCommands,
    IndexCommands,
    MeasuringCommands,
    ThresholdCommands,
    NotingCommands,
    FactStore,
    BulkCommands,
):
    """An open project. Queries read the store (any thread but the GUI's); commands return Futures.

    `folder` is the image folder, `image_root` the part of it that is scanned, `location` where the store lies
    and `location_note` a sentence when that is not inside the folder. `reader` is who works here.
    """

    def __init__(
        self, folder: Path, location: Location, lock: ProjectLock, store: Store, reader: str
    ) -> None:
        """Use `Project.create` or `Project.open`."""
        self.folder = folder
        self.location = location
        self.location_note = location.note
        self.store = store
        self.reader = reader
        self._lock = lock
        with store.read() as connection:
            settings = {row.key: row.value for row in connection.execute(tables.meta.select())}
            self._cuts = read_cuts(connection)
        self._load_settings(settings)
        self.image_root = image_root(folder).folder
        # The one memory of groups and hashes; its rules are read from the folder when indexing begins.
        no_rules = Rules(self.grouping, {})
        self.image_index = ImageIndex(no_rules, self.split_seed, folder, self.image_root)
        self.writer = Writer(store, guard=lock.check)
        self.writer.submit(lambda connection: _add_reader(connection, reader))

    @classmethod
    def create(
        cls,
        folder: Path | str,
        schema: Schema,
        *,
        grouping: Grouping | None = None,
        name: str | None = None,
        reader: str | None = None,
        split_seed: int = 0,
    ) -> Project:
        """Make a project for an image folder and open it.

        Raises ProjectExists when it has one, ProjectLocked, and ProjectError when the folder is none or no
        place can be written.
        """
        folder = _folder(folder)
        location = _new_location(folder)
        reader = reader or default_reader()
        lock = ProjectLock(location, reader)
        settings = {
            "name": name or folder.name,
            "schema": schema.to_dict(),
            "grouping": (grouping or UNKNOWN).to_dict(),
            "split_seed": split_seed,
            "salt": secrets.token_hex(16),
            "folder": str(folder),
            "created": now(),
        }
        return _opened(cls, folder, location, lock, reader, lambda: Store.create(location.store, settings))

    @classmethod
    def open(cls, folder: Path | str, *, reader: str | None = None, take_over: bool = False) -> Project:
        """Open the project of a folder.

        Raises ProjectNotFound, ProjectLocked (naming who has it open), StoreVersionError, StoreError.
        """
        folder = _folder(folder)
        location = find_location(folder)
        if location is None:
            raise ProjectNotFound(f"“{folder.name}” has no project yet.")
        reader = reader or default_reader()
        lock = ProjectLock(location, reader, take_over=take_over)
        return _opened(cls, folder, location, lock, reader, lambda: Store(location.store))

    def close(self) -> int:
        """Save what waits, close the store and free the lock; return how many changes could not be saved."""
        unsaved = self.writer.close()
        self.store.close()
        self._lock.release()
        return unsaved

    def __enter__(self) -> Project:
        """Return the project; `with` closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the project."""
        self.close()

    def set_schema(self, schema: Schema) -> Future[None]:
        """Change what the project asks of an image. Raises ProjectError when a class would be dropped."""
        for item in self.schema.classes:
            if all(item.id != other.id for other in schema.classes):
                raise ProjectError(f"The class “{item.name}” cannot be dropped from the schema; retire it.")
        self.schema = schema
        return self.set_setting("schema", schema.to_dict())

    def set_setting(self, key: str, value: Any) -> Future[None]:
        """Keep a setting (any JSON value) with the project."""
        return self.writer.submit(lambda connection: write_setting(connection, key, value))

    def save_position(self, path: str, frame: int, position: int) -> Future[None]:
        """Remember where the reader is, for the next start."""
        return self.set_setting(f"last:{self.reader}", {"path": path, "frame": frame, "position": position})


def _folder(folder: Path | str) -> Path:
    path = Path(folder).expanduser()
    try:
        path = path.resolve()
        if path.is_dir():
            return path
    except OSError as error:
        raise ProjectError(f"The folder “{path.name}” cannot be opened: {error.strerror}.") from error
    except RuntimeError as error:  # what Python 3.11 and 3.12 say of a link that leads back to itself
        raise ProjectError(f"The folder “{path.name}” is a link that leads back to itself.") from error
    raise ProjectError(f"“{path}” is not a folder.")


def _new_location(folder: Path) -> Location:
    """Find the place for a first project. Raises ProjectExists, and ProjectError when there is no place."""
    if find_location(folder) is not None:
        raise ProjectExists(f"“{folder.name}” has a project already; open it.")
    if inside_location(folder).store.is_file():
        # A second, empty one elsewhere would look as if all the work were lost.
        raise ProjectError(
            f"“{folder.name}” has a project that cannot be written to; make the folder writable, "
            "or copy it to where you may write."
        )
    try:
        return choose_location(folder)
    except OSError as error:
        raise ProjectError(f"No place to keep a project for “{folder.name}”: {error.strerror}.") from error


def _opened(
    kind: type[Project],
    folder: Path,
    location: Location,
    lock: ProjectLock,
    reader: str,
    open_store: Callable[[], Store],
) -> Project:
    """Open the store under the lock, and free the lock again when that fails."""
    store = None
    try:
        store = open_store()
        return kind(folder, location, lock, store, reader)
    except BaseException:
        if store is not None:
            store.close()
        lock.release()
        raise


def _add_reader(connection: Connection, reader: str) -> None:
    statement = upsert_insert(tables.readers).values(name=reader, title="", created=now())
    connection.execute(statement.on_conflict_do_nothing())
