"""Where a project's store lies: in the image folder, or in the user's data directory when that cannot be."""

from __future__ import annotations

import hashlib
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

FOLDER_NAME = ".overread"
STORE_NAME = "project.sqlite"
DATA_VARIABLE = "OVERREAD_DATA_DIR"


@dataclass(frozen=True, slots=True)
class Location:
    """The directory of a project. `note` is a sentence for people when it is not inside the image folder."""

    directory: Path
    note: str = ""

    @property
    def store(self) -> Path:
        """The SQLite file."""
        return self.directory / STORE_NAME

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.directory / "lock"

    @property
    def holder(self) -> Path:
        """The file that names who holds the lock."""
        return self.directory / "holder.json"

    @property
    def predictions(self) -> Path:
        """The prediction cache."""
        return self.directory / "predictions"


def user_data_directory() -> Path:
    """Return the user's data directory of Overread; OVERREAD_DATA_DIR in the environment replaces it."""
    given = os.environ.get(DATA_VARIABLE)
    if given:
        return Path(given)
    import platformdirs  # late: the first paint of an ordinary folder does not need it

    return Path(platformdirs.user_data_dir("overread", appauthor=False))


def inside_location(folder: Path) -> Location:
    """Return the location inside the image folder."""
    return Location(folder / FOLDER_NAME)


def outside_location(folder: Path) -> Location:
    """Return the location for `folder` in the user's data directory."""
    resolved = folder.resolve()
    digest = hashlib.blake2b(os.fsencode(resolved), digest_size=8).hexdigest()
    directory = user_data_directory() / "projects" / f"{resolved.name or 'root'}-{digest}"
    return Location(directory, f"“{resolved.name}” cannot be written to, so its project lies in {directory}.")


def find_location(folder: Path) -> Location | None:
    """Return where the project of `folder` lies, or None when there is none."""
    inside = inside_location(folder)
    if inside.store.is_file() and can_write(inside.directory):
        return inside
    outside = outside_location(folder)
    return outside if outside.store.is_file() else None


def choose_location(folder: Path) -> Location:
    """Return where a new project of `folder` belongs, its directory made. Raises OSError when nowhere."""
    inside = inside_location(folder)
    existed = inside.directory.is_dir()
    if _make(inside.directory) and can_write(inside.directory):
        return inside
    if not existed and inside.directory.is_dir():
        inside.directory.rmdir()
    outside = outside_location(folder)
    outside.directory.mkdir(parents=True, exist_ok=True)
    return outside


def can_write(directory: Path) -> bool:
    """Return whether a file can be made in `directory`, by making one.

    Access bits do not tell the truth on network folders, on read-only mounts, or to an administrator.
    """
    trial = directory / f".trial-{uuid.uuid4().hex}"
    try:
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError:
        return False
    return True


def _make(directory: Path) -> bool:
    try:
        directory.mkdir(exist_ok=True)
    except OSError:
        return False
    return True
