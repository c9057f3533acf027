"""Listing the images of a folder, lazily and in natural order, without opening any of them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop.project.errors import ScanError
from inference.images import IMAGE_SUFFIXES

_NUMBERS = re.compile(r"\d+")
_DIGITS = 20


class Found:
    """A file that may be an image. `path` is relative to the project's folder, with forward slashes.

    Size and time are asked of the file system when they are first read: a list needs only the path.
    """

    __slots__ = ("_entry", "path")

    def __init__(self, path: str, entry: os.DirEntry[str] | Path) -> None:
        """Remember where the file lies."""
        self.path = path
        self._entry = entry

    def __repr__(self) -> str:
        """Return the path, for logs."""
        return f"Found({self.path!r})"

    @property
    def size(self) -> int:
        """Bytes. Raises OSError when the file is gone."""
        return self._stat().st_size

    @property
    def mtime_ns(self) -> int:
        """Time of the last change, in nanoseconds. Raises OSError when the file is gone."""
        return self._stat().st_mtime_ns

    def _stat(self) -> os.stat_result:
        # A DirEntry keeps the answer.
        return self._entry.stat()


@dataclass(frozen=True, slots=True)
class ScanRoot:
    """The folder that is scanned; `note` is a sentence when it is not the one that was asked for."""

    folder: Path
    note: str = ""


def image_root(folder: Path) -> ScanRoot:
    """Return what to scan: `images/` of a dataset (a folder with `images/` and `masks/`), else the folder."""
    images = folder / "images"
    if images.is_dir() and (folder / "masks").is_dir():
        return ScanRoot(images, f"“{folder.name}” is a dataset, so only its folder “images” is listed.")
    return ScanRoot(folder)


def scan(folder: Path, notes: list[str] | None = None) -> Iterator[Found]:
    """Yield the images of `folder` and its sub-folders: files in natural order, then sub-folders.

    Hidden files and folders (also `.overread`) are passed over, and links to folders are not followed. A
    sub-folder that cannot be listed puts a sentence into `notes`. Raises ScanError for the folder itself.
    """
    root = image_root(folder).folder
    if root != folder:
        _list(folder)  # a folder without rights must not look like a dataset without images
    prefix = "" if root == folder else f"{root.name}/"
    yield from _walk(root, prefix, _list(root), notes if notes is not None else [])


def natural_key(name: str) -> str:
    """Return the sort key that puts "image 2" before "image 10" and capitals beside small letters."""
    return _NUMBERS.sub(_padded, name.casefold())


def _padded(number: re.Match[str]) -> str:
    return number[0].rjust(_DIGITS, "0")


def _walk(folder: Path, prefix: str, entries: list[os.DirEntry[str]], notes: list[str]) -> Iterator[Found]:
    folders = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if not entry.name.isascii() and not _is_text(entry.name):
                notes.append(f"“{prefix}{entry.name}” was passed over: its name is not UTF-8; rename it.")
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry)
            elif _is_image(entry.name) and entry.is_file():
                yield Found(prefix + entry.name, entry)
        except OSError as error:
            loops = error.errno == errno.ELOOP
            reason = "it is a link that leads back to itself" if loops else error.strerror
            notes.append(f"“{prefix}{entry.name}” was passed over: {reason}.")
    for entry in folders:
        try:
            inside = _list(Path(entry.path))
        except ScanError as error:
            notes.append(str(error))
            continue
        yield from _walk(folder / entry.name, f"{prefix}{entry.name}/", inside, notes)


def _is_text(name: str) -> bool:
    """Whether a name can be kept in the store; a name of other bytes comes as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_image(name: str) -> bool:
    dot = name.rfind(".")
    return dot > 0 and name[dot:].lower() in IMAGE_SUFFIXES


def _list(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: natural_key(entry.name))
    except PermissionError as error:
        raise ScanError(
            f"You have no right to list the folder “{folder.name}”; ask for it, or open another."
        ) from error
    except FileNotFoundError as error:
        raise ScanError(f"The folder “{folder.name}” is not there any more.") from error
    except OSError as error:
        raise ScanError(f"The folder “{folder.name}” cannot be listed: {error.strerror}.") from error
