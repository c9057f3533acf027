"""A small map of the whole image in a corner while only a part of it is seen; a click on it goes there."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from desktop.canvas.adjust import Adjustment, ViewSettings
from desktop.canvas.pyramid import ImagePyramid
from desktop.canvas.qimages import wrap_rgb32
from desktop.canvas.resample import resample_image
from desktop.canvas.viewport import Viewport

__all__ = ["Overview"]

_LONGER_SIDE = 176
_MARGIN = 16
_NEAR = 24
"""Logical pixels: a gesture that comes so close makes the map give way."""
_LARGEST_SHARE = 0.4
"""Of the view's width or height: in a smaller view the map would hide more than it shows."""


class Overview:
    """The map's picture, place and answers. All rectangles and points are device pixels of the view."""

    def __init__(self) -> None:
        self.enabled = True
        self._image: ImagePyramid | None = None
        self._settings = ViewSettings()
        self._picture: tuple[NDArray[np.uint8], QImage] | None = None
        self._avoided: tuple[float, float, float] | None = None

    def set_image(self, image: ImagePyramid | None, settings: ViewSettings) -> None:
        """Show another image, or the same in another way; the small picture is made when it is painted."""
        self._image, self._settings, self._picture = image, settings, None

    def avoid(self, where: tuple[float, float, float] | None) -> bool:
        """Give way to a gesture at ``x, y`` whose tip has a radius; None: the gesture is over.

        Returns whether the map may have moved.
        """
        before, self._avoided = self._avoided, where
        return where != before

    def rect(self, viewport: Viewport, ratio: float) -> QRect | None:
        """Where the map lies: bottom right, or left of a gesture that comes near; None: it is not shown."""
        image = self._image
        whole = viewport.drawn_width <= viewport.view_width and viewport.drawn_height <= viewport.view_height
        if not self.enabled or image is None or whole:
            return None
        shrink = _LONGER_SIDE * ratio / max(image.width, image.height)
        width, height = max(8, round(image.width * shrink)), max(8, round(image.height * shrink))
        if width > viewport.view_width * _LARGEST_SHARE or height > viewport.view_height * _LARGEST_SHARE:
            return None
        margin = round(_MARGIN * ratio)
        top = viewport.view_height - margin - height
        for left in (viewport.view_width - margin - width, margin):
            rect = QRect(left, top, width, height)
            if not self._gives_way(rect, ratio):
                return rect
        return None

    def _gives_way(self, rect: QRect, ratio: float) -> bool:
        if self._avoided is None:
            return False
        x, y, radius = self._avoided
        dx = max(rect.left() - x, x - rect.right(), 0.0)
        dy = max(rect.top() - y, y - rect.bottom(), 0.0)
        return math.hypot(dx, dy) <= radius + _NEAR * ratio

    def image_point(self, rect: QRect, x: float, y: float) -> tuple[float, float]:
        """The image coordinates shown under a point of the map (or beside it)."""
        image = self._image
        if image is None:
            return 0.0, 0.0
        across = (x - rect.left()) / rect.width() * image.width
        down = (y - rect.top()) / rect.height() * image.height
        return min(max(across, 0.0), float(image.width)), min(max(down, 0.0), float(image.height))

    def paint(self, painter: QPainter, viewport: Viewport, ratio: float) -> None:
        """Draw the map and, on it, the part that is seen."""
        rect = self.rect(viewport, ratio)
        image = self._image
        if rect is None or image is None:
            return
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 200))
        edge = max(1, round(ratio))
        painter.drawRect(rect.adjusted(-2 * edge, -2 * edge, 2 * edge, 2 * edge))
        painter.drawImage(rect, self._small(image, rect))
        y0, x0, y1, x1 = viewport.visible_box()
        across, down = rect.width() / image.width, rect.height() / image.height
        seen = QRectF(rect.left() + x0 * across, rect.top() + y0 * down, (x1 - x0) * across, (y1 - y0) * down)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # A light line inside a dark one is seen on any picture; the least size can still be found.
        least = 6 * ratio
        if seen.width() < least or seen.height() < least:
            middle = seen.center()
            seen.setSize(QRectF(0, 0, max(seen.width(), least), max(seen.height(), least)).size())
            seen.moveCenter(middle)
        for color, width in ((QColor(0, 0, 0, 200), 3 * ratio), (QColor(255, 255, 255), ratio)):
            pen = QPen(color, width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(seen)
        painter.restore()

    def _small(self, image: ImagePyramid, rect: QRect) -> QImage:
        if self._picture is None or self._picture[1].size() != rect.size():
            pixels = np.zeros((rect.height(), rect.width(), 4), np.uint8)
            viewport = Viewport(image.width, image.height, rect.width(), rect.height()).fit()
            y0, x0, y1, x1 = box = viewport.drawn_box()
            resample_image(image, viewport, box, pixels[y0:y1, x0:x1], Adjustment(self._settings, image))
            self._picture = (pixels, wrap_rgb32(pixels))
        return self._picture[1]
