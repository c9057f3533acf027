"""What can be done with a region as a whole: fill holes, drop specks, grow, shrink, smooth, bridge, cut.

Functions from masks (H, W) bool to new masks of the same shape; nothing is changed in place. Pieces hang
together by 8 neighbours, holes by 4 (the two that belong together: a closed outline has an inside). Beyond
the image's border nothing is known, so the border neither holds a hole closed nor eats a region away.
"""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.project.planes import Bits, Box

Smoothing = Literal["both", "opening", "closing"]
"""``opening`` takes thin parts away, ``closing`` fills thin gaps, ``both`` evens the outline (Gaussian)."""


def extent(mask: Bits, margin: int = 0) -> Box:
    """The box (y0, x0, y1, x1) around all True pixels, grown by ``margin`` and cut to the mask."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    if not width:
        return 0, 0, 0, 0
    rows, columns = mask.shape
    return (
        max(0, y - margin),
        max(0, x - margin),
        min(rows, y + height + margin),
        min(columns, x + width + margin),
    )


def fill_holes(mask: Bits, largest: int = 0) -> Bits:
    """The mask with its holes of at most ``largest`` pixels filled; 0: holes of any size."""
    out = mask.copy()
    box = _cut(extent(mask))
    # A rim of background joins all that reaches the border, so that it has one label.
    background = np.pad(~mask[box], 1, constant_values=True).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(background, connectivity=4)
    filled = np.ones(len(stats), np.bool_) if largest <= 0 else stats[:, cv2.CC_STAT_AREA] <= largest
    filled[labels[0, 0]] = filled[0] = False
    out[box] |= filled[labels[1:-1, 1:-1]]
    return out


def drop_specks(mask: Bits, smallest: int) -> Bits:
    """The mask without its pieces of fewer than ``smallest`` pixels."""
    out = mask.copy()
    box = _cut(extent(mask))
    part = np.ascontiguousarray(mask[box]).view(np.uint8)
    if part.size == 0:
        return out
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= smallest
    kept[0] = False
    out[box] = kept[labels]
    return out


def grow(mask: Bits, radius: float) -> Bits:
    """All pixels whose centre is at most ``radius`` pixels (Euclidean) from one of the mask's."""
    out = mask.copy()
    box = _cut(extent(mask, math.ceil(radius)))
    if radius > 0 and out[box].size:
        out[box] = _within(mask[box], radius)
    return out


def shrink(mask: Bits, radius: float) -> Bits:
    """The pixels that are farther than ``radius`` (Euclidean) from every pixel of the image outside the mask.

    Shrinking is growing what is outside.
    """
    out = mask.copy()
    box = _cut(extent(mask, math.ceil(radius)))
    if radius > 0 and out[box].size and not mask[box].all():
        out[box] &= ~_within(~mask[box], radius)
    return out


def smooth(mask: Bits, radius: float, how: Smoothing = "both") -> Bits:
    """The mask with an outline without details finer than about ``radius`` pixels.

    ``both`` is the Gaussian blur of the mask with the standard deviation ``radius`` cut at one half: bumps
    and dents go alike, straight edges stay where they are.
    """
    if radius <= 0:
        return mask.copy()
    if how == "opening":
        return grow(shrink(mask, radius), radius)
    if how == "closing":
        return closed(mask, radius)
    out = mask.copy()
    box = _cut(extent(mask, math.ceil(3 * radius) + 1))
    if out[box].size:
        # float32: at 8 bits a half is no value, and every straight edge would move.
        blurred = cv2.GaussianBlur(
            mask[box].astype(np.float32), (0, 0), radius, borderType=cv2.BORDER_REPLICATE
        )
        out[box] = blurred > np.float32(0.5)
    return out


def closed(mask: Bits, radius: float) -> Bits:
    """Grown by ``radius``, then shrunk again: gaps narrower than two radii are filled. Never smaller."""
    return mask | shrink(grow(mask, radius), radius)


def bridge(shape: tuple[int, int], start: tuple[int, int], end: tuple[int, int], width: float) -> Bits:
    """A straight bar ``width`` pixels wide between two pixels (row, column), both of them in it."""
    line = np.zeros(shape, np.uint8)
    cv2.line(line, start[::-1], end[::-1], 1, 1, cv2.LINE_8)
    centres = (start[1] + 0.5, start[0] + 0.5), (end[1] + 0.5, end[0] + 0.5)
    return line.view(np.bool_) | _bar(shape, *centres, width)


def nearest_pixels(first: Bits, second: Bits) -> tuple[tuple[int, int], tuple[int, int]]:
    """The two pixels (row, column), one of each mask of one shape, that are nearest to each other.

    Raises ``ValueError`` when one of the masks is empty.
    """
    if not (first.any() and second.any()):
        raise ValueError("There is no nearest pixel of nothing.")
    distance = _distance(first)
    row, column = divmod(int(np.argmin(np.where(second, distance, np.inf))), first.shape[1])
    rows, columns = np.nonzero(first)
    at = int(np.argmin(np.square(rows - row) + np.square(columns - column)))
    return (int(rows[at]), int(columns[at])), (row, column)


def cut_line(
    shape: tuple[int, int], start: tuple[float, float], end: tuple[float, float], gap: float
) -> Bits:
    """The pixels of a cut from ``start`` to ``end`` (x, y, continuous) that is at least ``gap`` wide.

    The line hangs together by 4 neighbours, so that what it parts no longer hangs together by 8.
    """
    line = np.zeros(shape, np.uint8)
    (ax, ay), (bx, by) = start, end
    first, last = (math.floor(ax), math.floor(ay)), (math.floor(bx), math.floor(by))
    cv2.line(line, first, last, 1, 1, cv2.LINE_4)
    return line.view(np.bool_) | _bar(shape, start, end, gap)


def cut_apart(mask: Bits, line: Bits) -> Bits:
    """The mask without ``line`` in the pieces that the line parts; a piece that stays whole is not touched.

    A piece that the line covers wholly stays as well: a cut deletes nothing.
    """
    out = mask.copy()
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    after, parts = cv2.connectedComponents((mask & ~line).astype(np.uint8), connectivity=8)
    if after <= 1 or count <= 1:
        return out
    # Every part lies in one piece: a piece with two parts or more was cut.
    owner = np.zeros(after, np.int64)
    owner[parts.ravel()] = labels.ravel()
    cut = np.bincount(owner[1:], minlength=count) >= 2
    cut[0] = False
    out[line & cut[labels]] = False
    return out


def piece_at(mask: Bits, row: int, column: int) -> Bits:
    """The piece of the mask that holds a pixel, of the mask's shape; empty where the mask is not."""
    if not mask[row, column]:
        return np.zeros(mask.shape, np.bool_)
    filled = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)  # cv2 wants a rim of one pixel
    flags = 8 | cv2.FLOODFILL_MASK_ONLY | 1 << 8
    cv2.floodFill(np.ascontiguousarray(mask).view(np.uint8), filled, (column, row), 0, flags=flags)
    return filled[1:-1, 1:-1] == 1


def _bar(shape: tuple[int, int], start: tuple[float, float], end: tuple[float, float], width: float) -> Bits:
    """The pixels whose centres lie in a rectangle around the line from ``start`` to ``end`` (x, y)."""
    (ax, ay), (bx, by) = start, end
    length = math.hypot(bx - ax, by - ay)
    if length == 0:
        return np.zeros(shape, np.bool_)
    rows = (np.arange(shape[0]) + (0.5 - ay))[:, None]
    columns = (np.arange(shape[1]) + (0.5 - ax))[None, :]
    along = (columns * (bx - ax) + rows * (by - ay)) / length
    across = (rows * (bx - ax) - columns * (by - ay)) / length
    # Open on one side: a bar along the pixels is as wide as it says, for even widths as well.
    beside = (across > -width / 2) & (across <= width / 2)
    return np.asarray(beside & (along >= 0) & (along <= length))


def _within(mask: Bits, radius: float) -> Bits:
    """Where the nearest True pixel is at most ``radius`` away."""
    if not mask.any():
        return mask.copy()
    # Squared distances are whole numbers: this lies between the largest one inside and the next.
    return np.asarray(_distance(mask) <= np.float32(math.sqrt(math.floor(radius * radius + 1e-9) + 0.5)))


def _distance(mask: Bits) -> NDArray[np.float32]:
    """The exact distance of every pixel to the nearest True one, (H, W) float32."""
    outside = np.ascontiguousarray(~mask).view(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _cut(box: Box) -> tuple[slice, slice]:
    return slice(box[0], box[2]), slice(box[1], box[3])
