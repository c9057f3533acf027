"""A quiet shade over what of an image was not looked at yet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.canvas.qimages import wrap_argb
from desktop.canvas.viewport import Viewport
from desktop.project.viewed import ViewedArea

__all__ = ["ViewedShade"]

_SHADE = QColor(0, 0, 0, 120)


class ViewedShade:
    """Draws the cells that were not seen darker; one small picture, stretched."""

    def __init__(self, area: Callable[[], ViewedArea | None]) -> None:
        self._area = area
        self._cells: bytes = b""
        self._size = (0, 0)
        self._image = QImage()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Shade what was not seen."""
        area = self._area()
        if area is None or (area.height, area.width) != (viewport.image_height, viewport.image_width):
            return
        self._follow(area)
        rows, columns = area.cells.shape
        left, top = viewport.to_view(0, 0)
        side = area.cell * viewport.scale
        # The last cells reach over the image's edge: what is drawn ends with it. An image is drawn up to a
        # whole device pixel, which they may fall short of by a part of one.
        width = max(columns * side, float(viewport.drawn_width))
        height = max(rows * side, float(viewport.drawn_height))
        y0, x0, y1, x1 = viewport.drawn_box()
        painter.save()
        painter.setClipRect(QRectF(x0, y0, x1 - x0, y1 - y0))
        painter.drawImage(QRectF(left, top, width, height), self._image, QRectF(0, 0, columns, rows))
        painter.restore()

    def _follow(self, area: ViewedArea) -> None:
        cells = area.cells.tobytes()
        if cells != self._cells or area.cells.shape != self._size:
            self._cells, self._size = cells, area.cells.shape
            shade = np.int32(_SHADE.rgba() & 0x7FFFFFFF)  # black: premultiplied or not
            pixels = np.where(area.cells, np.int32(0), shade).astype(np.int32)
            self._image = wrap_argb(np.ascontiguousarray(pixels)).copy()
