"""How often each value occurs in an image: what a window is chosen on. Slow: for a thread behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.canvas.pyramid import ImagePyramid

__all__ = ["Histogram", "histogram_of"]

_BINS = 256
_ENOUGH = 1_000_000
"""Pixels of the level that is counted: more would not change the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts (K, 256) of K = 1 (grey) or 3 (red, green, blue) channels over ``low`` to ``high``.

    The values are native ones of ``kind`` (``uint8``, ``uint16``, ``float32``); ``high`` belongs to the last
    bin. ``own`` are the values that the image shows as black and white by itself.
    """

    counts: NDArray[np.int64]
    low: float
    high: float
    kind: str
    own: tuple[float, float]

    def between(self, share: float) -> tuple[float, float]:
        """The values that leave out ``share`` (0 to 0.5) of all pixels at each end; a bin apart or more."""
        total = self.counts.sum(axis=0).cumsum()
        step = (self.high - self.low) / _BINS
        first = int(np.searchsorted(total, share * total[-1], side="right"))
        last = int(np.searchsorted(total, (1 - share) * total[-1], side="left"))
        low = self.low + min(first, _BINS - 1) * step
        return low, max(self.low + (min(last, _BINS - 1) + 1) * step, low + step)


def histogram_of(image: ImagePyramid) -> Histogram:
    """Count the native values of an image, on a level of about a megapixel.

    8-bit images are counted over 0..255, others over the values that they have.
    """
    native = image.native
    levels: tuple[NDArray[Any], ...] = native.levels if native is not None else image.levels
    pixels = next((level for level in levels if level.shape[0] * level.shape[1] <= _ENOUGH), levels[-1])
    low, high, own = 0.0, 255.0, (0.0, 255.0)
    if native is not None:
        low, high, own = native.low, native.high, native.own_window
    if high <= low:
        high = low + 1.0
    channels = [pixels] if pixels.ndim == 2 else [pixels[..., at] for at in range(3)]
    if len(channels) == 3 and all(np.array_equal(channels[0], other) for other in channels[1:]):
        channels = channels[:1]
    end = high + (high - low) / (_BINS - 1) if native is None else high
    counts = [np.histogram(one, bins=_BINS, range=(low, end))[0] for one in channels]
    return Histogram(np.array(counts, np.int64), low, high, image.kind, own)
