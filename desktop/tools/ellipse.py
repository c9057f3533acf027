"""The ellipse."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath

from desktop.canvas.viewport import Viewport
from desktop.tools.disc import Point
from desktop.tools.frame import FrameTool
from desktop.tools.shapes import Region, ellipse_region
from desktop.tools.sketch import sketch_path

__all__ = ["EllipseTool"]


class EllipseTool(FrameTool):
    """An upright ellipse."""

    name = "ellipse"
    text = "Ellipse"
    shortcut = "Shift+U"
    hint = (
        "Drag an ellipse · Shift: a circle · Alt: from the middle · right button takes away"
        " · Z: adjust it before Enter"
    )

    def _region(self, frame: tuple[Point, Point], height: int, width: int) -> Region:
        return ellipse_region(*frame, height, width)

    def _paint_shape(self, painter: QPainter, viewport: Viewport, frame: tuple[Point, Point]) -> None:
        first, second = (QPointF(*viewport.to_view(*corner)) for corner in frame)
        path = QPainterPath()
        path.addEllipse(QRectF(first, second).normalized())
        sketch_path(painter, path, dashed=self._clears)
