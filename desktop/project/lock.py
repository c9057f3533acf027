"""One window a project: a lock that the operating system frees when its process dies, and who holds it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from desktop.project.errors import ProjectLocked, ProjectTakenOver, StoreWriteError
from desktop.project.journal import now
from desktop.project.location import Location


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a project open. `since` is ISO 8601 in UTC."""

    reader: str
    host: str
    pid: int
    since: str


class ProjectLock:
    """The lock of one open project. Acquire it by making it; `release` gives it back."""

    def __init__(self, location: Location, reader: str, *, take_over: bool = False) -> None:
        """Take the lock. Raises ProjectLocked naming the holder, unless `take_over`.

        Taking over replaces the lock's file: the earlier window notices at its next write, and its writes
        fail with ProjectTakenOver instead of mixing with ours.
        """
        self._location = location
        self.holder = Holder(reader, socket.gethostname(), os.getpid(), now())
        self._lock = FileLock(location.lock, thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            if not take_over:
                raise ProjectLocked(f"{_who(location)[:-1]}; close it there to work on it here.") from None
            location.lock.unlink(missing_ok=True)
            self._lock = FileLock(location.lock, thread_local=False)
            self._lock.acquire(timeout=0)
        location.holder.write_text(json.dumps(asdict(self.holder)), encoding="utf-8")
        self._inode = _inode(location.lock)

    def check(self) -> None:
        """Raise ProjectTakenOver when another window replaced the lock, StoreWriteError when all is gone."""
        if _inode(self._location.lock) != self._inode:
            if not self._location.directory.is_dir():
                raise StoreWriteError(
                    f"The last changes are not saved, because {self._location.directory} is not there any "
                    "more; put the folder back, or its disk back in: they are kept in memory until then."
                )
            raise ProjectTakenOver(
                f"{_who(self._location)[:-1]}, who took it over from this window; close it here, "
                "for nothing more is saved from it."
            )

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if not self._lock.is_locked:
            return
        if _inode(self._location.lock) == self._inode:
            self._location.holder.unlink(missing_ok=True)
        self._lock.release()


def read_holder(location: Location) -> Holder | None:
    """Return who holds the project, as far as its file tells; None when that cannot be read."""
    try:
        data = json.loads(location.holder.read_text(encoding="utf-8"))
        return Holder(str(data["reader"]), str(data["host"]), int(data["pid"]), str(data["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _who(location: Location) -> str:
    holder = read_holder(location)
    name = (
        location.directory.parent.name if location.directory.name == ".overread" else location.directory.name
    )
    if holder is None:
        return f"The project “{name}” is open in another window."
    since = holder.since[:16].replace("T", " ")
    return (
        f"The project “{name}” is open by {holder.reader} on {holder.host} (process {holder.pid}) "
        f"since {since} UTC."
    )


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return -1
