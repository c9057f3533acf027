"""The magic wand: what has the colour of the place that is pressed, within a tolerance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPainterPath

from desktop.canvas.viewport import Viewport
from desktop.project.planes import Bits, Box, clip_box
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.disc import Point
from desktop.tools.options import Option, OptionValue
from desktop.tools.region import RegionTool
from desktop.tools.shapes import Region
from desktop.tools.sketch import sketch_path, sketch_pixels

__all__ = ["Sample", "WandTool", "similar_region"]

TOLERANCE = Option(
    "tolerance", "Tolerance", 20, 0, 255, 2, smaller="[", larger="]", hint="Also: press and drag sideways"
)
CONTIGUOUS = Option(
    "contiguous",
    "Connected only",
    default=True,
    larger="Z",
    hint="Off: everything of that colour within reach",
)
REACH = Option(
    "reach", "Reach", 400, 20, 6000, 1.25, "px", smaller="{", larger="}", geometric=True,
    hint="How far from the place pressed it looks",
)  # fmt: skip

_PREVIEW = 700_000
"""Pixels looked at while dragging: of more, every second, third, ... row and column."""
_DEVICE_PIXELS_A_STEP = 4.0
"""So far the pointer is dragged for one step of tolerance."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a wand asks: the colour ``seed`` (R, G, B) at image point ``at``, how far from both it goes."""

    at: Point
    seed: tuple[float, float, float]
    tolerance: int
    reach: float
    contiguous: bool

    def box(self, height: int, width: int) -> Box:
        """The box around everything within reach, inside the image."""
        x, y = self.at
        around = (y - self.reach, x - self.reach, y + self.reach, x + self.reach)
        y0, x0, y1, x1 = (math.floor(side) for side in around)
        return clip_box((y0, x0, y1 + 1, x1 + 1), height, width)


class WandTool(RegionTool):
    """Press on a colour; dragging sideways changes the tolerance and shows what would be taken."""

    name = "wand"
    text = "Magic wand"
    shortcut = "W"
    hint = (
        "Press on a colour, drag sideways for more or less of it, let go · right button takes away"
        " · [ ] tolerance · Shift+[ ] reach · Z connected or all"
    )
    options = (TOLERANCE, REACH, CONTIGUOUS)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._sample: Sample | None = None
        self._from = (0.0, 0)
        self._scale = 1.0
        self._preview: tuple[Box, Bits] | None = None

    @property
    def active(self) -> bool:
        """Whether a place is pressed."""
        return self._sample is not None

    def set_value(self, name: str, value: OptionValue) -> None:
        """Set an option; what is shown follows. Raises ``KeyError``, ``ValueError``."""
        super().set_value(name, value)
        if self._sample is not None:
            self._look(self._sample_at(self._sample.at, self._sample.seed))

    def press(self, event: ToolEvent) -> bool:
        """Take the colour under the pointer and show what is like it."""
        pixels = self.context.pixels
        row, column = math.floor(event.y), math.floor(event.x)
        if self._sample is not None or pixels is None or not self._begin(event):
            return False
        if not (0 <= row < pixels.shape[0] and 0 <= column < pixels.shape[1]):
            return False
        self._scale = event.scale
        self._from = (event.x * event.scale, self.value(TOLERANCE.name))
        self._look(self._sample_at((event.x, event.y), seed_colour(pixels, row, column)))
        return True

    def move(self, event: ToolEvent) -> None:
        """More tolerance to the right, less to the left."""
        sample = self._sample
        if sample is None or not math.isfinite(event.x):
            return
        start, before = self._from
        steps = math.trunc((event.x * event.scale - start) / (_DEVICE_PIXELS_A_STEP * self._ratio))
        tolerance = min(max(before + steps, int(TOLERANCE.low)), int(TOLERANCE.high))
        if tolerance != sample.tolerance:
            self.set_value(TOLERANCE.name, tolerance)

    def release(self, event: ToolEvent) -> None:
        """Take what is shown, exactly."""
        self.move(event)
        self.finish()

    def finish(self) -> None:
        """Take what is shown."""
        sample, preview, pixels = self._sample, self._preview, self.context.pixels
        self._forget()
        if sample is None or preview is None or pixels is None or not self._same_image():
            return
        box, mask = preview
        if mask.shape == (box[2] - box[0], box[3] - box[1]):
            self._take(Region(box, mask))
        else:
            self._take_later(lambda: similar_region(pixels, sample))

    def abort(self) -> None:
        """Forget the place; the tolerance is as before the drag."""
        given_up = self._sample is not None
        self._forget()
        if given_up:
            self.set_value(TOLERANCE.name, self._from[1])

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Tint what would be taken, and draw how far the wand reaches."""
        self._ratio = float(painter.device().devicePixelRatio())
        sample, preview = self._sample, self._preview
        if sample is None or preview is None:
            return
        sketch_pixels(painter, viewport, *preview, self._tint())
        path = QPainterPath()
        radius = sample.reach * viewport.scale
        path.addEllipse(QPointF(*viewport.to_view(*sample.at)), radius, radius)
        sketch_path(painter, path, dashed=True)

    def _sample_at(self, at: Point, seed: tuple[float, float, float]) -> Sample:
        tolerance, reach = self.value(TOLERANCE.name), float(self.value(REACH.name))
        return Sample(at, seed, tolerance, reach, bool(self.value(CONTIGUOUS.name)))

    def _look(self, sample: Sample) -> None:
        pixels = self.context.pixels
        if pixels is None:
            return
        self._sample = sample
        y0, x0, y1, x1 = sample.box(*pixels.shape[:2])
        # No finer than the screen: what is taken is looked at exactly, in the end.
        step = max(math.ceil(math.sqrt((y1 - y0) * (x1 - x0) / _PREVIEW)), math.floor(1 / self._scale), 1)
        self._preview = similar_region(pixels, sample, step)
        self.repaint()

    def _forget(self) -> None:
        self._sample = self._preview = None
        self.repaint()


def seed_colour(pixels: NDArray[np.uint8], row: int, column: int) -> tuple[float, float, float]:
    """The mean colour of a pixel (H, W, 3) uint8 and its neighbours: one pixel alone is half noise."""
    around = pixels[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].reshape(-1, 3)
    red, green, blue = around.mean(axis=0)
    return float(red), float(green), float(blue)


def similar_region(pixels: NDArray[np.uint8], sample: Sample, step: int = 1) -> Region:
    """The pixels within reach whose channels all differ from the seed by at most the tolerance.

    When ``contiguous``, only those that hang together (8-neighbours) with the place pressed, which always is
    one of them. With ``step`` above 1 only every so many rows and columns are looked at: the mask is coarser
    than its box, for a preview.
    """
    y0, x0, y1, x1 = box = sample.box(*pixels.shape[:2])
    window = np.ascontiguousarray(pixels[y0:y1:step, x0:x1:step])
    low = [max(0.0, math.ceil(part - sample.tolerance)) for part in sample.seed]
    high = [min(255.0, math.floor(part + sample.tolerance)) for part in sample.seed]
    similar = np.asarray(cv2.inRange(window, np.array(low, np.float64), np.array(high, np.float64)), np.uint8)
    x, y = sample.at
    columns = np.arange(x0, x1, step) + 0.5 - x
    rows = np.arange(y0, y1, step) + 0.5 - y
    reach = np.square(rows)[:, None] + np.square(columns)[None, :] <= sample.reach**2
    similar[~reach] = 0
    at = (
        min((math.floor(x) - x0) // step, len(columns) - 1),
        min((math.floor(y) - y0) // step, len(rows) - 1),
    )
    similar[at[1], at[0]] = 255
    if not sample.contiguous:
        return Region(box, similar > 0)
    cv2.floodFill(similar, None, at, 1, flags=8)
    return Region(box, similar == 1)
