"""Near-duplicates: images whose perceptual hashes are close, confirmed on a small grey picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

THUMBNAIL_SIDE = 32
NEAR_BITS = 4
# Frames of one video sequence correlate above 0.99 at this size; different images of one kind, whose
# coarse shape is all that a hash sees, stay below.
_CORRELATION = 0.985
_DETAIL_CORRELATION = 0.90
_PLAIN_DEVIATION = 3.0
_PLAIN_DIFFERENCE = 1.5


def thumbnail(rgb8: NDArray[np.uint8]) -> bytes:
    """Return the 32 x 32 grey picture of an image (H, W, 3) uint8, as 1,024 bytes."""
    small = cv2.resize(rgb8, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)).tobytes()


def alike(first: bytes, second: bytes) -> bool:
    """Return whether two thumbnails show the same picture.

    Plain pictures have hashes of noise, so they must agree in value; others must correlate, as a whole
    and in their detail (what is left without the smooth shape that pictures of a kind share).
    """
    a, b = _grey(first), _grey(second)
    if min(a.std(), b.std()) < _PLAIN_DEVIATION:
        return bool(np.abs(a - b).mean() < _PLAIN_DIFFERENCE and abs(a.std() - b.std()) < _PLAIN_DIFFERENCE)
    return _correlation(a, b) >= _CORRELATION and _correlation(_detail(a), _detail(b)) >= _DETAIL_CORRELATION


class HashIndex:
    """The perceptual hashes of a project, searched by Hamming distance with one pass over 8 bytes an image."""

    def __init__(self) -> None:
        """Start empty."""
        self._hashes = np.zeros(1024, np.uint64)
        self._ids: list[str] = []

    def __len__(self) -> int:
        """The number of hashes."""
        return len(self._ids)

    def add(self, image_id: str, perceptual_hash: str) -> None:
        """Add one image's hash (16 hex digits)."""
        if len(self._ids) == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
        self._hashes[len(self._ids)] = int(perceptual_hash, 16)
        self._ids.append(image_id)

    def near(self, perceptual_hash: str, bits: int = NEAR_BITS) -> list[str]:
        """Return the images whose hashes differ in at most `bits` bits."""
        known = self._hashes[: len(self._ids)]
        distances = np.bitwise_count(known ^ np.uint64(int(perceptual_hash, 16)))
        return [self._ids[index] for index in np.flatnonzero(distances <= bits)]


def _grey(data: bytes) -> NDArray[np.float32]:
    return np.frombuffer(data, np.uint8).reshape(THUMBNAIL_SIDE, THUMBNAIL_SIDE).astype(np.float32)


def _detail(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    return grey - np.asarray(cv2.GaussianBlur(grey, (0, 0), 2.0), np.float32)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 0 else 1.0
