"""Which pixels a round brush covers on its way from one point to another.

A pixel is covered when its centre is at most the radius away from the segment, so a stroke is the union
of all discs along it, without gaps and without bumps however fast the pointer went. The pixel under each
end is always covered: the smallest brush paints the pixel that is pointed at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from desktop.project.planes import Box

__all__ = ["Point", "covered", "covered_pieces"]

Point = tuple[float, float]
"""``x, y`` in image coordinates."""

_LARGE = 24.0
"""From this radius on rows are filled as spans; below it the distances are as quick."""

_PIECE = 64.0
"""Longest part computed at once: the box around a long oblique segment is mostly empty."""


def covered(start: Point, end: Point, radius: float) -> tuple[Box, NDArray[np.bool_]]:
    """The box around the pixels covered from ``start`` to ``end`` and the mask (h, w) bool inside it.

    The box is not cut to any image. Raises ``ValueError`` for a radius that is not positive.
    """
    if not radius > 0:
        raise ValueError(f"A brush has a positive radius, not {radius}.")
    (ax, ay), (bx, by) = start, end
    y0, x0 = math.floor(min(ay, by) - radius), math.floor(min(ax, bx) - radius)
    y1, x1 = math.ceil(max(ay, by) + radius) + 1, math.ceil(max(ax, bx) + radius) + 1
    box = y0, x0, y1, x1
    mask = _by_spans(start, end, radius, box) if radius > _LARGE else _by_distance(start, end, radius, box)
    for x, y in (start, end):
        mask[math.floor(y) - y0, math.floor(x) - x0] = True
    return box, mask


def _by_distance(start: Point, end: Point, radius: float, box: Box) -> NDArray[np.bool_]:
    """Every centre's distance from the segment."""
    (ax, ay), (bx, by) = start, end
    y0, x0, y1, x1 = box
    rows = (np.arange(y0, y1, dtype=np.float64) + (0.5 - ay))[:, None]
    columns = (np.arange(x0, x1, dtype=np.float64) + (0.5 - ax))[None, :]
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    if length > 0:
        along = np.clip((columns * dx + rows * dy) / length, 0.0, 1.0)
        return np.square(columns - along * dx) + np.square(rows - along * dy) <= radius * radius
    return np.square(columns) + np.square(rows) <= radius * radius


def _by_spans(start: Point, end: Point, radius: float, box: Box) -> NDArray[np.bool_]:
    """The shape is convex, so a row holds one span: between the outermost of its two discs and its two sides.

    For a radius of 500 pixels this takes a twentieth of the time.
    """
    (ax, ay), (bx, by) = start, end
    y0, x0, y1, x1 = box
    rows = np.arange(y0, y1, dtype=np.float64) + 0.5
    left, right = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    for x, y in (start, end):
        half = np.sqrt(np.maximum(radius * radius - np.square(rows - y), 0.0))
        crossed = np.abs(rows - y) <= radius
        np.minimum(left, x - half, out=left, where=crossed)
        np.maximum(right, x + half, out=right, where=crossed)
    length = math.dist(start, end)
    # On a level way the two discs alone bound each row.
    if abs(by - ay) > 1e-6:
        across, down = -(by - ay) / length * radius, (bx - ax) / length * radius
        for side in (1, -1):
            along = (rows - (ay + side * down)) / (by - ay)
            at = ax + side * across + along * (bx - ax)
            crossed = (along >= 0.0) & (along <= 1.0)
            np.minimum(left, at, out=left, where=crossed)
            np.maximum(right, at, out=right, where=crossed)
    columns = np.arange(x0, x1, dtype=np.float64) + 0.5
    return (columns >= left[:, None]) & (columns <= right[:, None])


def covered_pieces(start: Point, end: Point, radius: float) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    """The same in pieces whose boxes are never much larger than what they cover; the pieces overlap."""
    count = max(1, math.ceil(math.dist(start, end) / max(_PIECE, 2 * radius)))
    (ax, ay), (bx, by) = start, end
    for piece in range(count):
        first, second = piece / count, (piece + 1) / count
        yield covered(
            (ax + (bx - ax) * first, ay + (by - ay) * first),
            (ax + (bx - ax) * second, ay + (by - ay) * second),
            radius,
        )
