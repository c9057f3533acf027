"""Which pixels a drawn shape covers: those whose centre lies inside it. Pure geometry, no Qt.

The pixel ``(row, column)`` has its centre at ``(column + 0.5, row + 0.5)``. Borders are half open, so that
two shapes that share an edge share no pixel and leave none out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from desktop.project.planes import Bits, Box, clip_box
from desktop.tools.disc import Point

__all__ = [
    "Region",
    "box_around",
    "ellipse_region",
    "nearest_edge",
    "polygon_region",
    "rectangle_region",
    "whole_number_path",
]

_EMPTY: Box = (0, 0, 0, 0)


class Region(NamedTuple):
    """Pixels of an image: a box inside it and which of the box's pixels are meant, (h, w) bool."""

    box: Box
    mask: Bits

    @property
    def is_empty(self) -> bool:
        """Whether the box holds no pixel at all."""
        return self.mask.size == 0


def box_around(points: Sequence[Point], height: int, width: int) -> Box:
    """The box of the pixels whose centres lie between the outermost of some points, cut to an image."""
    (left, top), (right, bottom) = np.min(points, axis=0), np.max(points, axis=0)
    return clip_box((_first(top), _first(left), _first(bottom), _first(right)), height, width)


def polygon_region(points: Sequence[Point], height: int, width: int) -> Region:
    """The pixels whose centres lie inside a polygon by the even-odd rule, cut to an image.

    ``points`` are the vertices ``x, y`` in image coordinates; the last is joined to the first. Fewer than
    three cover nothing. A centre on an edge belongs to the shape at its right (or below it).
    """
    vertices = np.asarray(points, np.float64).reshape(-1, 2)
    if len(vertices) < 3:
        return _nothing()
    y0, x0, y1, x1 = box = box_around(points, height, width)
    if y1 <= y0 or x1 <= x0:
        return _nothing()
    rows, columns = _crossings(vertices, y0, y1)
    # The parity of the crossings at or before a centre changes at each of them: a running XOR along the row.
    flips = np.zeros((y1 - y0, x1 - x0), np.uint8)
    at = np.clip(columns - x0, 0, x1 - x0)
    inside = at < x1 - x0
    np.bitwise_xor.at(flips, (rows[inside] - y0, at[inside]), np.uint8(1))
    np.bitwise_xor.accumulate(flips, axis=1, out=flips)
    return Region(box, flips.view(np.bool_))


def _crossings(vertices: NDArray[np.float64], y0: int, y1: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where edges cross the middle lines of the rows y0 to y1: the row, and the first column right of it."""
    after = np.roll(vertices, -1, axis=0)
    # From top to bottom, whichever way round it was drawn: an edge that two shapes share is one line.
    down = (vertices[:, 1] <= after[:, 1])[:, None]
    start, end = np.where(down, vertices, after), np.where(down, after, vertices)
    first = np.clip(np.ceil(start[:, 1] - 0.5), y0, y1).astype(np.intp)
    count = np.clip(np.ceil(end[:, 1] - 0.5), y0, y1).astype(np.intp) - first
    edge = np.repeat(np.arange(len(vertices)), count)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    (x, y), (x2, y2) = start[edge].T, end[edge].T
    crossing = x + (rows + 0.5 - y) * (x2 - x) / (y2 - y)
    return rows, np.ceil(crossing - 0.5).astype(np.intp)


def rectangle_region(first: Point, second: Point, height: int, width: int) -> Region:
    """The pixels whose centres lie inside an upright rectangle between two corners, cut to an image."""
    box = box_around((first, second), height, width)
    return Region(box, np.ones((box[2] - box[0], box[3] - box[1]), np.bool_))


def ellipse_region(first: Point, second: Point, height: int, width: int) -> Region:
    """The pixels whose centres lie inside the ellipse that fills the rectangle between two corners."""
    box, _ = rectangle_region(first, second, height, width)
    y0, x0, y1, x1 = box
    if y1 <= y0 or x1 <= x0:
        return _nothing()
    across, down = abs(second[0] - first[0]) / 2, abs(second[1] - first[1]) / 2
    columns = np.square((np.arange(x0, x1) + 0.5 - (first[0] + second[0]) / 2) / across)
    rows = np.square((np.arange(y0, y1) + 0.5 - (first[1] + second[1]) / 2) / down)
    return Region(box, rows[:, None] + columns[None, :] <= 1.0)


def nearest_edge(points: Sequence[Point], at: Point, *, closed: bool) -> tuple[int, float]:
    """The edge nearest to a point: the index of its first vertex, and the distance in image pixels.

    ``closed`` counts the edge from the last vertex to the first. Without an edge: (-1, infinity).
    """
    best, where = math.inf, -1
    count = len(points) if closed else len(points) - 1
    for index in range(count):
        (ax, ay), (bx, by) = points[index], points[(index + 1) % len(points)]
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        along = min(max(((at[0] - ax) * dx + (at[1] - ay) * dy) / length, 0.0), 1.0) if length else 0.0
        distance = math.hypot(at[0] - ax - along * dx, at[1] - ay - along * dy)
        if distance < best:
            best, where = distance, index
    return where, best


def whole_number_path(contour: NDArray[np.int32], scale: float, left: float, top: float) -> list[Point]:
    """Pixel indices (N, 1, 2) or (N, 2) of a window as image coordinates: the middles of its pixels.

    A pixel of the window is ``scale`` image pixels wide; its corner lies at ``left, top``.
    """
    path = contour.reshape(-1, 2)
    return [((x + 0.5) * scale + left, (y + 0.5) * scale + top) for x, y in path.tolist()]


def _first(edge: float) -> int:
    """The first row or column whose centre lies at an edge or beyond it."""
    return math.ceil(edge - 0.5)


def _nothing() -> Region:
    return Region(_EMPTY, np.zeros((0, 0), np.bool_))
