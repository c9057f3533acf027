"""Pixels of a view from the levels of a pyramid.

Planes are sampled by whole pixels through index arrays: a rectangle sampled alone is equal, byte for byte,
to the same rectangle of the whole.
"""

from __future__ import annotations

import math
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.canvas.adjust import NEUTRAL, Adjustment
from desktop.canvas.pyramid import ImagePyramid, level_for
from desktop.canvas.viewport import NEAREST_ABOVE, Viewport
from desktop.project.planes import Box

__all__ = ["eroded", "resample_image", "sample_planes"]

_Indices = NDArray[np.intp]

_REACH = 32
_CLOSE = 0.02


def resample_image(
    image: ImagePyramid,
    viewport: Viewport,
    box: Box,
    out: NDArray[np.uint8],
    adjustment: Adjustment = NEUTRAL,
) -> None:
    """Resample ``box`` of the view from ``image`` into ``out`` (h, w, 4) uint8 BGRX, which may be a slice.

    Bilinear from the level that is at most twice too fine; whole pixels above :data:`NEAREST_ABOVE`. What is
    adjusted is adjusted last, at the resolution of the view.
    """
    y0, x0, y1, x1 = box
    if y0 >= y1 or x0 >= x1:
        return
    if viewport.scale > NEAREST_ABOVE:
        _enlarge(image, viewport, box, out, adjustment)
        return
    levels = adjustment.levels_of(image)
    level = level_for(viewport.scale, len(levels))
    pixels = levels[level]
    scale = viewport.scale * 2**level
    rows, top, bottom = _whole_steps(y0, y1, viewport.top, scale, pixels.shape[0])
    columns, left, right = _whole_steps(x0, x1, viewport.left, scale, pixels.shape[1])
    crop = pixels[rows, columns]
    if crop.shape[:2] != (bottom - top, right - left):
        size = (right - left, bottom - top)
        crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_LINEAR))
    # The image's last view pixel may be covered by less than half: it repeats the one before.
    row, column = min(y0 - top, crop.shape[0] - 1), min(x0 - left, crop.shape[1] - 1)
    inner = crop[row : max(y1 - top, row + 1), column : max(x1 - left, column + 1)]
    height, width = inner.shape[0], inner.shape[1]
    adjustment.draw(inner, out[:height, :width])
    out[height:, :width] = out[height - 1, :width]
    out[:, width:] = out[:, width - 1 : width]


def _enlarge(
    image: ImagePyramid, viewport: Viewport, box: Box, out: NDArray[np.uint8], adjustment: Adjustment
) -> None:
    y0, x0, y1, x1 = box
    rows = _nearest(y0, y1, viewport.top, viewport.scale, image.height)
    columns = _nearest(x0, x1, viewport.left, viewport.scale, image.width)
    crop = adjustment.levels_of(image)[0][rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    drawn = np.empty((*crop.shape[:2], 4), np.uint8)
    adjustment.draw(crop, drawn)
    small = drawn.view(np.int32)[..., 0]
    out.view(np.int32)[..., 0] = small.take(columns - columns[0], axis=1)[rows - rows[0]]


class Halves(Protocol):
    """Something at every halved size: (P, H, W) uint8 each."""

    @property
    def levels(self) -> tuple[NDArray[np.uint8], ...]:
        """The whole first, then the halves."""


def sample_planes(
    overlay: Halves, page: int, viewport: Viewport, box: Box, combine: np.ufunc = np.bitwise_or
) -> NDArray[np.uint8]:
    """The bits of a page (h, w) uint8 for ``box`` of the view; zero outside the image.

    Enlarged: the nearest pixel. Shrunk: a view pixel takes the OR of all pixels of the level whose centre
    falls into it (one or two each way), so every pixel of the level, and every lesion, is on screen.
    ``combine`` takes another operation's place, for values that were halved by it (`np.maximum`).
    """
    y0, x0, y1, x1 = box
    cy0, cx0 = max(y0, viewport.top), max(x0, viewport.left)
    cy1 = min(y1, viewport.top + viewport.drawn_height)
    cx1 = min(x1, viewport.left + viewport.drawn_width)
    if cy0 >= cy1 or cx0 >= cx1:
        return np.zeros((y1 - y0, x1 - x0), np.uint8)
    level = level_for(viewport.scale, len(overlay.levels))
    plane = overlay.levels[level][page]
    scale = viewport.scale * 2**level
    rows = _spans(cy0, cy1, viewport.top, scale, plane.shape[0], viewport.drawn_height)
    columns = _spans(cx0, cx1, viewport.left, scale, plane.shape[1], viewport.drawn_width)
    bits = _gather(plane, rows, columns, combine)
    if (cy0, cx0, cy1, cx1) == box:
        return bits
    padded = np.zeros((y1 - y0, x1 - x0), np.uint8)
    padded[cy0 - y0 : cy1 - y0, cx0 - x0 : cx1 - x0] = bits
    return padded


def _gather(
    plane: NDArray[np.uint8], rows: list[_Indices], columns: list[_Indices], combine: np.ufunc
) -> NDArray[np.uint8]:
    """The OR (or what ``combine`` makes) of ``plane`` at all combinations of the row and column index arrays.

    Whole rows are copied three times faster than single pixels are picked, and turning a plane over costs
    next to nothing: so columns are taken as rows of the plane turned over.
    """
    first, last = int(columns[0][0]), int(columns[-1][-1]) + 1
    band = plane[rows[0], first:last]
    for more in rows[1:]:
        combine(band, plane[more, first:last], out=band)
    turned: NDArray[np.uint8] = np.asarray(cv2.transpose(band), dtype=np.uint8)
    bits = turned[columns[0] - first]
    for more in columns[1:]:
        combine(bits, turned[more - first], out=bits)
    return np.asarray(cv2.transpose(bits), dtype=np.uint8)


def _spans(start: int, stop: int, origin: int, scale: float, size: int, drawn: int) -> list[_Indices]:
    """Index arrays whose union is, for each view pixel of ``start..stop``, the pixels that it shows."""
    if scale > 1.0:
        return [_nearest(start, stop, origin, scale, size)]
    at = np.arange(start - origin, stop - origin + 1, dtype=np.float64)
    bounds = np.ceil(at / scale - 0.5).astype(np.intp)
    first = np.clip(bounds[:-1], 0, size - 1)
    last = np.clip(bounds[1:] - 1, first, size - 1)
    if stop - origin == drawn:
        last[-1] = size - 1  # what lies beyond the last view pixel's centre would otherwise be nowhere
    return [first] + [np.minimum(first + k, last) for k in range(1, int((last - first).max()) + 1)]


def _nearest(start: int, stop: int, origin: int, scale: float, size: int) -> _Indices:
    """For each view pixel of ``start..stop`` the index of the pixel under its centre."""
    at = (np.arange(start - origin, stop - origin, dtype=np.float64) + 0.5) / scale
    return np.clip(np.floor(at).astype(np.intp), 0, size - 1)


def _whole_steps(start: int, stop: int, origin: int, scale: float, size: int) -> tuple[slice, int, int]:
    """Pixels of the level that begin and end (almost) on whole view pixels and hold ``start..stop``.

    `cv2.resize` is twice as fast as `cv2.warpAffine`, but maps whole pixels to whole pixels. Of the places
    up to `_REACH` pixels outside the one is taken at which that is off by least: 0.02 view pixels or so.
    Returns the pixels as a slice, and the view pixels onto which they fall, first and behind the last.
    """
    first = min(max(math.floor((start - origin) / scale) - 1, 0), size - 1)
    first, at = _best(range(first, max(first - _REACH, -1), -1), origin, scale)
    last = min(max(math.ceil((stop - origin) / scale) + 1, first + 1), size)
    last, end = _best(range(last, min(last + _REACH, size + 1)), origin, scale)
    at = min(at, start)
    return slice(first, last), at, max(end, at + 1)


def _best(places: range, origin: int, scale: float) -> tuple[int, int]:
    """The place that falls closest to a whole view pixel, and that view pixel."""
    best, error = places[0], 1.0
    for place in places:
        off = abs(place * scale - round(place * scale))
        if off < error:
            best, error = place, off
        if error < _CLOSE:
            break
    return best, origin + round(best * scale)


def eroded(bits: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Each of the eight masks without its rim of ``times`` pixels; smaller by that rim on all sides."""
    for _ in range(times):
        middle = bits[1:-1, 1:-1] & bits[:-2, 1:-1] & bits[2:, 1:-1]
        bits = middle & bits[1:-1, :-2] & bits[1:-1, 2:]
    return bits
