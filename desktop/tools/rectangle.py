"""The rectangle."""

from __future__ import annotations

from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.tools.disc import Point
from desktop.tools.frame import FrameTool
from desktop.tools.shapes import Region, rectangle_region
from desktop.tools.sketch import sketch_line

__all__ = ["RectangleTool"]


class RectangleTool(FrameTool):
    """An upright rectangle."""

    name = "rectangle"
    text = "Rectangle"
    shortcut = "U"
    hint = (
        "Drag a rectangle · Shift: a square · Alt: from the middle · right button takes away"
        " · Z: adjust it before Enter"
    )

    def _region(self, frame: tuple[Point, Point], height: int, width: int) -> Region:
        return rectangle_region(*frame, height, width)

    def _paint_shape(self, painter: QPainter, viewport: Viewport, frame: tuple[Point, Point]) -> None:
        (x, y), (x2, y2) = frame
        corners = ((x, y), (x2, y), (x2, y2), (x, y2))
        sketch_line(painter, viewport, corners, closed=True, dashed=self._clears)
