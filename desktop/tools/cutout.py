"""Cutting something out of its surroundings inside a box: GrabCut on a small picture, refined at the edge.

GrabCut: C. Rother, V. Kolmogorov and A. Blake, ACM Transactions on Graphics 23 (2004). Its mask is brought
back to the image's resolution by a guided filter (K. He, J. Sun and X. Tang, IEEE PAMI 35, 2013), so that the
border follows the image's own edges. Everything here is for another thread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.project.planes import Bits, Box, clip_box
from desktop.tools.disc import Point
from desktop.tools.shapes import Region

__all__ = ["Cutout", "Scribble", "cut_out"]

_LEARN = 120_000
"""Pixels of the picture that GrabCut works on: about a second."""
_REFINE = 2_000_000
"""Pixels of the picture that the guided filter works on."""
_ROUNDS = 3
_MARGIN = 0.25
"""Parts of the box's sides around it that are shown as surroundings."""
_SMOOTHNESS = 1e-3
"""The guided filter's epsilon: contrasts (0 to 1) far below its root are no edge."""


@dataclass(frozen=True, slots=True)
class Scribble:
    """A line that a person drew: foreground, or background. Radius and points in image pixels."""

    points: tuple[Point, ...]
    radius: float
    foreground: bool


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """What was found: the pixels, and GrabCut's own small mask (h, w) uint8, from which to go on."""

    region: Region
    learnt: NDArray[np.uint8]


def cut_out(
    pixels: NDArray[np.uint8], frame: Box, scribbles: Sequence[Scribble] = (), before: Cutout | None = None
) -> Cutout:
    """Find the foreground inside ``frame``, a box inside the image (H, W, 3) uint8 RGB.

    Everything outside of the frame is background. ``before`` is an earlier answer for the same frame: it is
    gone on from. Raises ``ValueError`` for an empty frame.
    """
    if frame[2] <= frame[0] or frame[3] <= frame[1]:
        raise ValueError("There is nothing inside an empty box.")
    crop = _surroundings(frame, *pixels.shape[:2])
    view = pixels[crop[0] : crop[2], crop[1] : crop[3]]
    small = _shrunk(view, _LEARN)
    learnt = _guess(frame, crop, small.shape[:2]) if before is None else before.learnt.copy()
    inside = _guess(frame, crop, small.shape[:2]) == cv2.GC_PR_FGD
    for scribble in scribbles:
        _draw(learnt, scribble, crop)
    learnt[~inside] = cv2.GC_BGD
    _grab(small, learnt)
    found = (learnt == cv2.GC_FGD) | (learnt == cv2.GC_PR_FGD)
    mask = _refined(view, found, frame, crop)
    for scribble in scribbles:
        _enforce(mask, scribble, frame)
    return Cutout(Region(frame, mask), learnt)


def _surroundings(frame: Box, height: int, width: int) -> Box:
    y0, x0, y1, x1 = frame
    down, across = (max(4, math.ceil(_MARGIN * side)) for side in (y1 - y0, x1 - x0))
    return clip_box((y0 - down, x0 - across, y1 + down, x1 + across), height, width)


def _shrunk(view: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """The picture with at most so many pixels, contiguous."""
    height, width = view.shape[:2]
    scale = math.sqrt(pixels / (height * width))
    if scale >= 1.0:
        return np.ascontiguousarray(view)
    size = max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
    return np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)


def _guess(frame: Box, crop: Box, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """Probably foreground inside the frame, background around it (at the least one pixel at the border)."""
    mask = np.full(size, cv2.GC_BGD, np.uint8)
    down, across = size[0] / (crop[2] - crop[0]), size[1] / (crop[3] - crop[1])
    y0, y1 = round((frame[0] - crop[0]) * down), round((frame[2] - crop[0]) * down)
    x0, x1 = round((frame[1] - crop[1]) * across), round((frame[3] - crop[1]) * across)
    mask[max(y0, 1) : min(max(y1, y0 + 1), size[0] - 1), max(x0, 1) : min(max(x1, x0 + 1), size[1] - 1)] = (
        cv2.GC_PR_FGD
    )
    return mask


def _draw(mask: NDArray[np.uint8], scribble: Scribble, crop: Box) -> None:
    down, across = mask.shape[0] / (crop[2] - crop[0]), mask.shape[1] / (crop[3] - crop[1])
    value = cv2.GC_FGD if scribble.foreground else cv2.GC_BGD
    thickness = max(1, round(2 * scribble.radius * down))
    _line(
        mask, [((x - crop[1]) * across, (y - crop[0]) * down) for x, y in scribble.points], thickness, value
    )


def _enforce(mask: Bits, scribble: Scribble, frame: Box) -> None:
    """What a person said of a pixel holds, whatever the filter made of it."""
    drawn = np.zeros(mask.shape, np.uint8)
    thickness = max(1, round(2 * scribble.radius))
    _line(drawn, [(x - frame[1], y - frame[0]) for x, y in scribble.points], thickness, 1)
    mask[drawn == 1] = scribble.foreground


def _line(mask: NDArray[np.uint8], points: Sequence[Point], thickness: int, value: int) -> None:
    path = np.array([(math.floor(x), math.floor(y)) for x, y in points], np.int32).reshape(-1, 1, 2)
    cv2.polylines(mask, [path], False, value, thickness)


def _grab(small: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
    """GrabCut in place; it needs pixels of both kinds, without them nothing is to be decided."""
    foreground = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    if not foreground.any() or foreground.all():
        return
    cv2.setRNGSeed(0)  # the same answer to the same question
    outside, inside = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
    cv2.grabCut(small, mask, (0, 0, 0, 0), outside, inside, _ROUNDS, cv2.GC_INIT_WITH_MASK)


def _refined(view: NDArray[np.uint8], found: Bits, frame: Box, crop: Box) -> Bits:
    """The mask of the small picture at the image's resolution, inside the frame."""
    height, width = view.shape[:2]
    guide = _shrunk(view, _REFINE)
    grey = np.asarray(cv2.cvtColor(guide, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    rows, columns = guide.shape[:2]
    rough = _resized(found.astype(np.float32), columns, rows)
    if found.shape != (rows, columns):
        radius = max(1, math.ceil(1.5 * rows / found.shape[0]))
        rough = _guided(grey, rough, radius)
    if (rows, columns) != (height, width):
        rough = _resized(rough, width, height)
    y0, x0 = frame[0] - crop[0], frame[1] - crop[1]
    return np.ascontiguousarray(rough[y0 : y0 + frame[2] - frame[0], x0 : x0 + frame[3] - frame[1]] > 0.5)


def _resized(values: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _guided(guide: NDArray[np.float32], mask: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """The guided filter: both (h, w) float32 in 0..1."""
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(values, side), np.float32)

    mean_guide, mean_mask = mean(guide), mean(mask)
    together = mean(np.multiply(guide, mask)) - mean_guide * mean_mask
    spread = mean(np.square(guide)) - mean_guide * mean_guide + np.float32(_SMOOTHNESS)
    slope = np.asarray(together / spread, np.float32)
    offset = mean_mask - slope * mean_guide
    return mean(slope) * guide + mean(offset)
