"""Thumbnails: made once, kept as small JPEG files in a cache that may be deleted at any time.

The cache outlives the program and is bounded: when it grows beyond its limit, the files that were made first
go. A picture's name is made of path, frame, size and time of its file, so that a changed file is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from desktop.canvas.qimages import qimage_from_rgb8
from inference.images import read_rgb8

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QImage

log = logging.getLogger(__name__)

THUMBNAILS: Final = "thumbnails"
"""The folder's name beside the store."""
SIDE: Final = 192
"""The longer side, in pixels: sharp in the largest cells of the grid."""
_QUALITY: Final = 85
LIMIT_BYTES: Final = 512 << 20
"""So much a folder of thumbnails may hold: some 60,000 photographs."""
KEPT_SHARE: Final = 0.8
REMEMBERED: Final = 128
"""So many are remembered while it is not known yet where they are kept: more than fit on a screen."""
CHECK_EVERY: Final = 1000
"""So many new files are written before the folder is measured again (the first one measures it too)."""


def thumbnail_key(path: Path, frame: int) -> str:
    """The name under which a file's thumbnail is kept: another size or time is another picture.

    Raises OSError when the file is gone.
    """
    status = path.stat()
    text = f"{path}\0{frame}\0{status.st_size}\0{status.st_mtime_ns}\0{SIDE}".encode(
        "utf-8", "surrogateescape"
    )
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def make_thumbnail(path: Path, frame: int = 0) -> NDArray[np.uint8]:
    """A picture (h, w, 3) uint8 with a longer side of at most SIDE. Raises ImageError."""
    rgb = read_rgb8(path, frame, at_least=SIDE)
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    if scale < 1.0:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    return rgb


class ThumbnailCache:
    """A folder of small JPEG files. Without a folder nothing is kept. Safe to use from several threads.

    One that may not write yet (`keep` False) reads what there is, and remembers what it made for `take_over`.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        keep: bool = True,
        limit: int = LIMIT_BYTES,
        check_every: int = CHECK_EVERY,
    ) -> None:
        self._folder = folder
        self._keep = keep
        self._made: dict[str, NDArray[np.uint8]] = {}
        self._limit = limit
        self._check_every = check_every
        self._written = 0
        self._lock = threading.Lock()

    def get(self, path: Path, frame: int = 0) -> QImage:
        """The thumbnail of a file, from the cache or made and kept. Raises ImageError, OSError."""
        key = thumbnail_key(path, frame)
        rgb = self._load(key)
        if rgb is None:
            rgb = make_thumbnail(path, frame)
            self._save(key, rgb)
        return qimage_from_rgb8(rgb)

    def take_over(self, before: ThumbnailCache) -> None:
        """Keep what another one made before it could be kept. Writes files: not for the GUI thread."""
        with before._lock:
            made, before._made = before._made, {}
        for key, rgb in made.items():
            self._save(key, rgb)

    def _file(self, key: str) -> Path | None:
        return None if self._folder is None else self._folder / key[:2] / f"{key[2:]}.jpg"

    def _load(self, key: str) -> NDArray[np.uint8] | None:
        file = self._file(key)
        if file is None:
            return None
        try:
            data = file.read_bytes()
        except OSError:
            return None
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        return None if bgr is None else np.asarray(bgr[:, :, ::-1], np.uint8)

    def _save(self, key: str, rgb: NDArray[np.uint8]) -> None:
        file = self._file(key)
        if file is None:
            return
        if not self._keep:
            with self._lock:
                if len(self._made) < REMEMBERED:
                    self._made[key] = rgb
            return
        _, data = cv2.imencode(".jpg", rgb[:, :, ::-1], (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        beside = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data.tobytes())
            beside.replace(file)
        except OSError as error:
            # A thumbnail that cannot be kept is made again; that is all.
            log.debug("thumbnail not kept: %s", error)
            return
        with self._lock:
            due = self._written % self._check_every == 0
            self._written += 1
        if due:
            self.shrink()

    def shrink(self) -> int:
        """Bring the folder below its limit, the oldest files first; return how many went (a second)."""
        if self._folder is None:
            return 0
        files = sorted(_files(self._folder))
        held = sum(size for _, size, _ in files)
        if held <= self._limit:
            return 0
        gone = 0
        for _, size, path in files:
            if held <= self._limit * KEPT_SHARE:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                held -= size
                gone += 1
        return gone


def _files(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """Give time, size and path of every file of the cache; what goes meanwhile is passed over."""
    for part in (entry for entry in os.scandir(folder) if entry.is_dir()):
        for entry in os.scandir(part.path):
            with contextlib.suppress(OSError):
                status = entry.stat()
                yield status.st_mtime_ns, status.st_size, Path(entry.path)
