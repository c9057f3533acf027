"""Pixels of a view from the levels of a pyramid.

Planes are sampled by whole pixels through index arrays: a rectangle sampled alone is equal, byte for byte,
to the same rectangle of the whole.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid, level_for
from desktop.canvas.viewport import NEAREST_ABOVE, Viewport
from desktop.project.planes import Box

__all__ = ["eroded", "resample_image", "sample_planes"]

_Indices = NDArray[np.intp]


def resample_image(image: ImagePyramid, viewport: Viewport, box: Box, out: NDArray[np.uint8]) -> None:
    """Resample ``box`` of the view from ``image`` into ``out`` (h, w, 4) uint8 BGRX, which may be a slice.

    Bilinear from the level that is at most twice too fine; whole pixels above :data:`NEAREST_ABOVE`.
    """
    y0, x0, y1, x1 = box
    if y0 >= y1 or x0 >= x1:
        return
    if viewport.scale > NEAREST_ABOVE:
        rows = _nearest(y0, y1, viewport.top, viewport.scale, image.height)
        columns = _nearest(x0, x1, viewport.left, viewport.scale, image.width)
        crop = image.levels[0][rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        small = np.asarray(cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2BGRA)).view(np.int32)[
            ..., 0
        ]
        out.view(np.int32)[..., 0] = small.take(columns - columns[0], axis=1)[rows - rows[0]]
        return
    level = level_for(viewport.scale, len(image.levels))
    pixels = image.levels[level]
    scale = viewport.scale * 2**level
    if scale < 1.0 and (y1 - y0, x1 - x0) == (viewport.drawn_height, viewport.drawn_width):
        # The whole image, as after every change of image: corner lies on corner, and this is twice as fast.
        whole = np.asarray(cv2.resize(pixels, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR))
        cv2.cvtColor(whole, cv2.COLOR_RGB2BGRA, dst=out)
        return
    top, left = (y0 - viewport.top) / scale, (x0 - viewport.left) / scale
    cy0, cy1 = _crop(top, (y1 - y0) / scale, pixels.shape[0])
    cx0, cx1 = _crop(left, (x1 - x0) / scale, pixels.shape[1])
    crop = pixels[cy0:cy1, cx0:cx1]
    if scale == 1.0:
        first_row, first_column = int(top) - cy0, int(left) - cx0
        view = crop[first_row : first_row + y1 - y0, first_column : first_column + x1 - x0]
    else:
        # cv2 puts whole coordinates at pixel centres, we at corners: hence the halves.
        shift_x, shift_y = 0.5 / scale - 0.5 + left - cx0, 0.5 / scale - 0.5 + top - cy0
        matrix = np.array([[1 / scale, 0, shift_x], [0, 1 / scale, shift_y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        view = np.asarray(
            cv2.warpAffine(crop, matrix, (x1 - x0, y1 - y0), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        )
    cv2.cvtColor(view, cv2.COLOR_RGB2BGRA, dst=out)


def sample_planes(overlay: OverlayPyramid, page: int, viewport: Viewport, box: Box) -> NDArray[np.uint8]:
    """The bits of a page (h, w) uint8 for ``box`` of the view; zero outside the image.

    Enlarged: the nearest pixel. Shrunk: a view pixel takes the OR of all pixels of the level whose centre
    falls into it (one or two each way), so every pixel of the level, and every lesion, is on screen.
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
    bits = _gather(plane, rows, columns)
    if (cy0, cx0, cy1, cx1) == box:
        return bits
    padded = np.zeros((y1 - y0, x1 - x0), np.uint8)
    padded[cy0 - y0 : cy1 - y0, cx0 - x0 : cx1 - x0] = bits
    return padded


def _gather(plane: NDArray[np.uint8], rows: list[_Indices], columns: list[_Indices]) -> NDArray[np.uint8]:
    """The OR of ``plane`` at all combinations of the row and column index arrays."""
    first, last = int(columns[0][0]), int(columns[-1][-1]) + 1
    band = plane[rows[0], first:last]
    for more in rows[1:]:
        band |= plane[more, first:last]
    bits = band.take(columns[0] - first, axis=1)
    for more in columns[1:]:
        bits |= band.take(more - first, axis=1)
    return bits


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


def _crop(start: float, length: float, size: int) -> tuple[int, int]:
    """The whole pixels that bilinear sampling of ``start..start + length`` can read."""
    first = min(max(0, math.floor(start) - 2), size - 1)
    return first, max(first + 1, min(size, math.ceil(start + length) + 2))


def eroded(bits: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Each of the eight masks without its rim of ``times`` pixels; smaller by that rim on all sides."""
    for _ in range(times):
        middle = bits[1:-1, 1:-1] & bits[:-2, 1:-1] & bits[2:, 1:-1]
        bits = middle & bits[1:-1, :-2] & bits[1:-1, 2:]
    return bits
