"""Near-duplicates: images whose perceptual hashes are close, confirmed on a small grey picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

THUMBNAIL_SIDE = 40
NEAR_BITS = 4
# Measured on pairs whose hashes differ in at most four bits. Copies that were scaled, brightened or saved as
# JPEG of quality 30: 0.88 to 1.00. Photographs of different eyes, whose bright disc on black is all that the
# hash sees: up to 0.81. Neighbouring frames of a video: 0.5 to 0.9.
_CORRELATION = 0.84
_PLAIN_DEVIATION = 3.0
_PLAIN_DIFFERENCE = 1.5


def thumbnail(rgb8: NDArray[np.uint8]) -> bytes:
    """Return the 40 x 40 grey picture of an image (H, W, 3) uint8, as 1,600 bytes."""
    small = cv2.resize(rgb8, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)).tobytes()


def alike(first: bytes, second: bytes) -> bool:
    """Return whether two thumbnails show the same picture.

    Plain pictures have hashes of noise, so they must agree in value. Others must correlate in their detail:
    smooth shapes are taken away, and strong edges, such as the border of the field of view, are held down
    to the weight of weak ones.
    """
    a, b = _grey(first), _grey(second)
    if min(a.std(), b.std()) < _PLAIN_DEVIATION:
        return bool(np.abs(a - b).mean() < _PLAIN_DIFFERENCE and abs(a.std() - b.std()) < _PLAIN_DIFFERENCE)
    return _correlation(_detail(a), _detail(b)) >= _CORRELATION


class HashIndex:
    """The perceptual hashes of a project, searched by Hamming distance in one pass of 8 bytes an image."""

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
    """Return local contrast, normalised: what is left of a Gaussian of 1.2, over its own local deviation."""
    rest = grey - _smooth(grey, 1.2)
    return rest / np.sqrt(_smooth(rest * rest, 2.4) + 4.0)


def _smooth(grey: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 0 else 1.0
