"""The lasso: a freehand outline that closes when the button is let go."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.disc import Point
from desktop.tools.region import RegionTool
from desktop.tools.shapes import polygon_region
from desktop.tools.sketch import sketch_line

__all__ = ["LassoTool"]

_STEP = 1.0
"""Device pixels that the pointer moves before another point is kept."""


class LassoTool(RegionTool):
    """Draw around something and let go: what is inside (even-odd) is set, or with right or Ctrl cleared."""

    name = "lasso"
    text = "Lasso"
    shortcut = "L"
    hint = "Draw around something and let go · right button or Ctrl takes it away, holes too · Esc gives up"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._points: list[Point] = []

    @property
    def active(self) -> bool:
        """Whether an outline is being drawn."""
        return bool(self._points)

    def press(self, event: ToolEvent) -> bool:
        """Begin an outline."""
        if self._points or not self._begin(event):
            return False
        self._points = [(event.x, event.y)]
        return True

    def move(self, event: ToolEvent) -> None:
        """Draw on."""
        if not self._points or not (math.isfinite(event.x) and math.isfinite(event.y)):
            return
        if math.dist(self._points[-1], (event.x, event.y)) * event.scale >= _STEP:
            self._points.append((event.x, event.y))
            self.repaint()

    def release(self, event: ToolEvent) -> None:
        """Close the outline and take what is inside."""
        self.move(event)
        self.finish()

    def finish(self) -> None:
        """Close what is drawn so far."""
        points, self._points = self._points, []
        if len(points) > 2:
            self._take_shape(points, partial(polygon_region, points))
        self.repaint()

    def abort(self) -> None:
        """Forget the outline."""
        self._points = []
        self.repaint()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the outline, and how it would be closed."""
        if self._points:
            sketch_line(painter, viewport, (self._points[-1], self._points[0]), dashed=True)
            sketch_line(painter, viewport, self._points, dashed=self._clears)
