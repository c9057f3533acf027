"""The cheapest ways along edges from one place of an image to all places near it (intelligent scissors).

After E. N. Mortensen and W. A. Barrett, "Intelligent scissors for image composition", SIGGRAPH 1995, as
OpenCV has it. Costs are computed for a window around the place only, at about the resolution of the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.project.planes import clip_box
from desktop.tools.disc import Point
from desktop.tools.shapes import whole_number_path

__all__ = ["WINDOW", "EdgeMap", "build_edge_map"]

WINDOW = 240
"""Half the side of the window, in its own pixels: some 80 ms of work for another thread."""

_CANNY = (16, 80)
_GRADIENT_LIMIT = 200.0
_SMOOTHING = np.array([1, 2, 3, 2, 1], np.float64) / 9
"""A path runs from pixel to pixel in steps of 45 degrees: a weighted mean along it takes the stairs away."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeMap:
    """Ways from ``start``. The window's corner lies at ``left, top``; one of its pixels is ``scale`` wide."""

    start: Point
    left: float
    top: float
    scale: float
    width: int
    height: int
    scissors: Any

    def path_to(self, end: Point) -> list[Point]:
        """The way from ``start`` to ``end`` in image coordinates, both ends included.

        What lies outside the window is reached straight from the window's nearest pixel.
        """
        x = min(max(math.floor((end[0] - self.left) / self.scale), 0), self.width - 1)
        y = min(max(math.floor((end[1] - self.top) / self.scale), 0), self.height - 1)
        contour = self.scissors.getContour((x, y))
        path = np.array(whole_number_path(contour, self.scale, self.left, self.top), np.float64)
        path = np.concatenate(([self.start], path[1:-1].reshape(-1, 2), [end]))
        return [(float(px), float(py)) for px, py in _smooth(path)]


def build_edge_map(pixels: NDArray[np.uint8], start: Point, scale: float) -> EdgeMap:
    """Compute the ways from a place of an image (H, W, 3) uint8; for another thread.

    ``scale`` (at least 1) is in image pixels a window pixel. A place outside the image stands for the nearest
    pixel of it.
    """
    height, width = pixels.shape[:2]
    x, y = min(max(start[0], 0.0), width - 1.0), min(max(start[1], 0.0), height - 1.0)
    reach = WINDOW * max(scale, 1.0)
    around = (math.floor(y - reach), math.floor(x - reach), math.ceil(y + reach), math.ceil(x + reach))
    y0, x0, y1, x1 = clip_box(around, height, width)
    window = np.ascontiguousarray(pixels[y0:y1, x0:x1])
    if scale > 1.0:
        size = max(2, round((x1 - x0) / scale)), max(2, round((y1 - y0) / scale))
        window = cv2.resize(window, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    real = (x1 - x0) / window.shape[1]
    scissors = cv2.segmentation.IntelligentScissorsMB()
    scissors.setEdgeFeatureCannyParameters(*_CANNY)
    scissors.setGradientMagnitudeMaxLimit(_GRADIENT_LIMIT)
    scissors.applyImage(window)
    at = (
        min(math.floor((x - x0) / real), window.shape[1] - 1),
        min(math.floor((y - y0) / real), window.shape[0] - 1),
    )
    scissors.buildMap(at)
    return EdgeMap(start, x0, y0, real, window.shape[1], window.shape[0], scissors)


def _smooth(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """The path (N, 2) with its inner points averaged along it; both ends stay where they are."""
    if len(path) < len(_SMOOTHING):
        return path
    half = len(_SMOOTHING) // 2
    padded = np.pad(path, ((half, half), (0, 0)), mode="edge")
    out = np.stack([np.convolve(padded[:, axis], _SMOOTHING, "valid") for axis in (0, 1)], axis=1)
    out[0], out[-1] = path[0], path[-1]
    return out
