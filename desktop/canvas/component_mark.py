"""What shows which piece is meant, and what an operation would change: outlines over image and masks.

The lines are light on dark, so that they are seen on every photograph; brackets in the corners find a speck
again that is smaller than its outline. Nothing is dimmed.
"""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from desktop.canvas.viewport import Viewport
from desktop.project.planes import Bits, Box

__all__ = ["ChangeMark", "ComponentMark", "outline"]

_DARK = QColor(0, 0, 0, 200)
_LIGHT = QColor(255, 255, 255, 240)
_GAP = 7.0
"""Device pixels between a piece and its brackets."""
_ARM = 12.0
_SMALLEST = 40.0
"""Brackets are at least so far apart: a speck in them is seen."""
_FINE = 400_000
"""Up to so many pixels the outline follows every pixel's corner; beyond, it runs through their centres."""


def outline(mask: Bits, corner: tuple[int, int]) -> QPainterPath:
    """The outlines of a mask (h, w) bool whose first pixel is ``corner`` (row, column), in image coordinates.

    Holes have outlines, too. May be called on any thread.
    """
    path = QPainterPath()
    row, column = corner
    fine = mask.size <= _FINE
    drawn = np.pad(mask, 1).view(np.uint8)
    if fine:
        # Doubled and grown by half a pixel, the line through the centres lies just outside the corners.
        doubled = drawn.repeat(2, 0).repeat(2, 1)
        drawn = np.asarray(cv2.dilate(doubled, np.ones((3, 3), np.uint8)), np.uint8)
    contours, _ = cv2.findContours(drawn, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        points = contour[:, 0, :].astype(np.float64)
        points = (points + 0.5) / (2 if fine else 1) - 1
        polygon = QPolygonF([QPointF(x + column, y + row) for x, y in points.tolist()])
        path.addPolygon(polygon)
        path.closeSubpath()
    return path


class ComponentMark:
    """The outline of the piece that is chosen, between four brackets; dashed when the label lacks it."""

    def __init__(self) -> None:
        self._path: QPainterPath | None = None
        self._box: Box = (0, 0, 0, 0)
        self._color = QColor(_LIGHT)
        self._missed = False
        self._ratio = 1.0

    @property
    def shown(self) -> bool:
        """Whether a piece is marked."""
        return self._path is not None

    def show(self, path: QPainterPath, box: Box, color: QColor, *, missed: bool, ratio: float = 1.0) -> None:
        """Mark a piece: its outline (image coordinates), its box and the colour of its class."""
        self._path, self._box, self._missed, self._ratio = path, box, missed, ratio
        self._color = QColor(color)

    def hide(self) -> None:
        """Mark nothing."""
        self._path = None

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the brackets and the outline; the painter's unit is one device pixel."""
        if self._path is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = Qt.PenStyle.DashLine if self._missed else Qt.PenStyle.SolidLine
        _stroke(painter, viewport, self._path, self._color if self._missed else _LIGHT, pen, self._ratio)
        left, top = viewport.to_view(self._box[1], self._box[0])
        right, bottom = viewport.to_view(self._box[3], self._box[2])
        gap = _GAP * self._ratio
        frame = QRectF(left, top, right - left, bottom - top).adjusted(-gap, -gap, gap, gap)
        least = _SMALLEST * self._ratio
        more = max(0.0, least - frame.width()) / 2, max(0.0, least - frame.height()) / 2
        frame.adjust(-more[0], -more[1], *more)
        for color, width in ((_DARK, 4.0), (_LIGHT, 2.0)):
            painter.setPen(QPen(color, width * self._ratio))
            painter.drawPath(_brackets(frame, _ARM * self._ratio))
        painter.restore()


class ChangeMark:
    """What an operation would add (solid) and take away (dashed), before it is done."""

    def __init__(self) -> None:
        self._added: QPainterPath | None = None
        self._removed: QPainterPath | None = None
        self._color = QColor(_LIGHT)
        self._ratio = 1.0

    def show(self, added: QPainterPath, removed: QPainterPath, color: QColor, *, ratio: float = 1.0) -> None:
        """Show outlines in image coordinates; what is added in the colour of its class."""
        self._added, self._removed, self._color, self._ratio = added, removed, QColor(color), ratio

    def hide(self) -> None:
        """Show nothing."""
        self._added = self._removed = None

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw; the painter's unit is one device pixel."""
        if self._added is None or self._removed is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _stroke(painter, viewport, self._removed, _LIGHT, Qt.PenStyle.DashLine, self._ratio)
        _stroke(painter, viewport, self._added, self._color, Qt.PenStyle.SolidLine, self._ratio)
        painter.restore()


def _stroke(
    painter: QPainter,
    viewport: Viewport,
    path: QPainterPath,
    color: QColor,
    style: Qt.PenStyle,
    ratio: float,
) -> None:
    """Draw a path of the image with a dark rim."""
    painter.save()
    painter.translate(viewport.left, viewport.top)
    painter.scale(viewport.scale, viewport.scale)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width, line in ((_DARK, 3.5, Qt.PenStyle.SolidLine), (color, 1.75, style)):
        pen = QPen(ink, width * ratio, line)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPath(path)
    painter.restore()


def _brackets(frame: QRectF, arm: float) -> QPainterPath:
    """Four corners of a frame, open between them."""
    arm = min(arm, frame.width() / 3.5, frame.height() / 3.5)
    path = QPainterPath()
    corners = (
        (frame.topLeft(), 1, 1),
        (frame.topRight(), -1, 1),
        (frame.bottomRight(), -1, -1),
        (frame.bottomLeft(), 1, -1),
    )
    for corner, across, down in corners:
        path.moveTo(corner + QPointF(across * arm, 0))
        path.lineTo(corner)
        path.lineTo(corner + QPointF(0, down * arm))
    return path
