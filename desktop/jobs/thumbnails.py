"""Thumbnails: made once, kept as small JPEG files in a cache that may be deleted at any time."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
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

SIDE: Final = 128
"""The longer side, in pixels."""
_QUALITY: Final = 85


def thumbnail_key(path: Path, frame: int) -> str:
    """The name under which a file's thumbnail is kept: another size or time is another picture.

    Raises OSError when the file is gone.
    """
    status = path.stat()
    text = f"{path}\0{frame}\0{status.st_size}\0{status.st_mtime_ns}".encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def make_thumbnail(path: Path, frame: int = 0) -> NDArray[np.uint8]:
    """A picture (h, w, 3) uint8 with a longer side of at most 128. Raises ImageError."""
    rgb = read_rgb8(path, frame, at_least=SIDE)
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    if scale < 1.0:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    return rgb


class ThumbnailCache:
    """A folder of small JPEG files. Without a folder nothing is kept. Safe to use from several threads."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, path: Path, frame: int = 0) -> QImage:
        """The thumbnail of a file, from the cache or made and kept. Raises ImageError, OSError."""
        key = thumbnail_key(path, frame)
        rgb = self._load(key)
        if rgb is None:
            rgb = make_thumbnail(path, frame)
            self._save(key, rgb)
        return qimage_from_rgb8(rgb)

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
        _, data = cv2.imencode(".jpg", rgb[:, :, ::-1], (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        beside = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data.tobytes())
            beside.replace(file)
        except OSError as error:
            # A thumbnail that cannot be kept is made again; that is all.
            log.debug("thumbnail not kept: %s", error)
