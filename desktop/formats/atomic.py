"""A folder that appears whole or not at all: written beside its place, then renamed."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from types import TracebackType

from desktop.formats.base import FormatError


class AtomicFolder:
    """A context manager: write into `part`, then `commit`; leaving it earlier removes what was written.

    `marker` is a JSON file that a finished folder holds, `signature` words near its beginning: a folder with
    them is ours and may be replaced; any other folder that is not empty is refused with FormatError.
    """

    def __init__(self, out: Path, *, marker: str, signature: str, what: str) -> None:
        self.out = out.absolute()
        self._marker, self._signature, self._what = marker, signature, what
        self.part = self.out.with_name(f".{self.out.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part")
        self._committed = False
        self._check()

    def __enter__(self) -> AtomicFolder:
        self.out.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(self.out)
        self.part.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._committed:
            shutil.rmtree(self.part, ignore_errors=True)

    def commit(self) -> None:
        """Rename `part` to its place; an older folder there is removed only after the new one stands."""
        old: Path | None = None
        if os.path.lexists(self.out):
            self._check()
            old = self.part.with_suffix(".old")
            self.out.rename(old)
        try:
            self.part.rename(self.out)
        except OSError:
            if old is not None:
                old.rename(self.out)
            raise
        self._committed = True
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)

    def _check(self) -> None:
        if not os.path.lexists(self.out):
            return
        if self.out.is_symlink() or not self.out.is_dir():
            raise FormatError(f"{self.out} is not a folder; give another place for {self._what}.")
        if any(self.out.iterdir()) and not self._is_own():
            raise FormatError(
                f"The folder {self.out} is not empty and holds no {self._what} made by Overread; "
                "choose another folder."
            )

    def _is_own(self) -> bool:
        try:
            with (self.out / self._marker).open(encoding="utf-8") as file:
                return self._signature in file.read(200)
        except (OSError, UnicodeDecodeError):
            return False


def _remove_abandoned(out: Path) -> None:
    """Remove what was left beside `out` when an earlier process was killed while writing it."""
    if os.name != "posix":
        return
    prefix = f".{out.name}."
    for part in out.parent.iterdir():
        if not (part.name.startswith(prefix) and part.name.endswith(".part")):
            continue
        pid = part.name.removeprefix(prefix).split(".")[0]
        if pid.isdigit() and not _runs(int(pid)):
            shutil.rmtree(part, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
