"""What the tests of the session and of the command line share."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.session import Session
from tests.desktop.cli_support import Call, disc, write_png


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """A session with its threads; everything is closed afterwards."""
    from tests.desktop.session_tools import close, new_session

    made = new_session()
    yield made
    close(qtbot, made)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls a command in this process."""
    return Call(capsys)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Six pictures in three folders."""
    for n in range(6):
        write_png(tmp_path / "photographs" / f"p{n // 2}" / f"{n}.png", disc(n)[0])
    return tmp_path / "photographs"


@pytest.fixture
def no_room_for_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes no mask any more."""
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if "masks" in path.parts:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Takes the right to list a folder away.

    An administrator may read everything, so the refusal is the system's call standing in for it.
    """
    real = os.scandir
    closed: set[str] = set()

    def refuse(path: object = ".") -> object:
        if os.fspath(path) in closed:  # type: ignore[call-overload]
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))  # type: ignore[call-overload]
        return real(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    return lambda folder: closed.add(os.fspath(folder))
