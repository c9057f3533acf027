"""Real small and read-only file systems for the tests, where the system permits mounting them."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_READ_ONLY, _REMOUNT, _DETACH = 1, 32, 2


def _call(name: str, *arguments: object) -> bool:
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    return call is not None and call(*arguments) == 0


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of its own in memory; the test is skipped where mounting one is not permitted."""
    place.mkdir(parents=True)
    if not _call("mount", b"tmpfs", os.fsencode(place), b"tmpfs", 0, f"size={size}".encode()):
        pytest.skip(f"a small file system cannot be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield place
    finally:
        _call("umount2", os.fsencode(place), _DETACH)


def make_read_only(place: Path) -> None:
    """Mount it anew, so that nobody can write to it, an administrator neither."""
    assert _call("mount", b"tmpfs", os.fsencode(place), b"tmpfs", _REMOUNT | _READ_ONLY, None)


def fill(place: Path) -> Path:
    """Take every byte that is left; returns the file that does so."""
    ballast = place / "ballast.bin"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast
