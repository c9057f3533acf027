"""Callipers and named points over an image, and the cross of a linked cursor: light lines with a dark rim.

They are drawn alike on bright and on dark ground, in the size of the screen, not of the image.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from desktop.canvas.viewport import Viewport

__all__ = ["Cross", "LineMark", "MarksDecoration", "PointMark", "cross_bounds", "paint_line", "paint_point"]

_DARK = QColor(0, 0, 0, 170)
_LIGHT = QColor(255, 255, 255, 240)
_PLATE = QColor(16, 16, 16, 190)
_TICK = 7.0
_RING = 6.0
_ARM = 11.0
_GAP = 4.0
_TEXT_PX = 12
"""Logical pixels."""


@dataclass(frozen=True, slots=True)
class LineMark:
    """A calliper in image coordinates, and what is written beside it."""

    start: tuple[float, float]
    end: tuple[float, float]
    text: str
    selected: bool = False


@dataclass(frozen=True, slots=True)
class PointMark:
    """A named point in image coordinates."""

    at: tuple[float, float]
    text: str
    selected: bool = False


class MarksDecoration:
    """Draws what it is asked for anew each time; `accent` is the colour of what is selected."""

    def __init__(
        self, marks: Callable[[], Sequence[LineMark | PointMark]], accent: Callable[[], QColor]
    ) -> None:
        self._marks = marks
        self._accent = accent

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw all marks, the selected one last."""
        for mark in sorted(self._marks(), key=lambda one: one.selected):
            if isinstance(mark, LineMark):
                paint_line(painter, viewport, mark, self._accent())
            else:
                paint_point(painter, viewport, mark, self._accent())


class Cross:
    """The place where the pointer is in the other view; nowhere while ``at`` is None."""

    def __init__(self) -> None:
        self.at: tuple[float, float] | None = None

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw four short arms around the place."""
        if self.at is None:
            return
        ratio = _ratio(painter)
        centre = QPointF(*viewport.to_view(*self.at))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((_DARK, 3.0), (_LIGHT, 1.25)):
            painter.setPen(QPen(color, width * ratio))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                toward = QPointF(dx, dy) * ratio
                painter.drawLine(centre + toward * _GAP, centre + toward * _ARM)
        painter.restore()


def cross_bounds(at: tuple[float, float], viewport: Viewport, ratio: float) -> QRect:
    """The device pixels that drawing a cross at an image point can change."""
    x, y = viewport.to_view(*at)
    reach = math.ceil((_ARM + 3) * ratio)
    return QRect(math.floor(x) - reach, math.floor(y) - reach, 2 * reach + 2, 2 * reach + 2)


def paint_line(
    painter: QPainter, viewport: Viewport, mark: LineMark, accent: QColor, unit: float | None = None
) -> None:
    """Draw a calliper: a line, a tick across each end, its length on a small plate.

    ``unit`` is the painter's units a logical pixel; None: what its device says.
    """
    ratio = unit or _ratio(painter)
    start, end = QPointF(*viewport.to_view(*mark.start)), QPointF(*viewport.to_view(*mark.end))
    along = end - start
    length = math.hypot(along.x(), along.y())
    across = QPointF(-along.y(), along.x()) / length if length else QPointF(0, 1)
    tick = across * _TICK * ratio
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, width in ((_DARK, 3.5), (accent if mark.selected else _LIGHT, 1.5)):
        pen = QPen(color, width * ratio)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(start, end)
        for at in (start, end):
            painter.drawLine(at - tick, at + tick)
    middle = (start + end) / 2
    # Beside the line, on the side that points to the lower right.
    side = across if across.x() + across.y() >= 0 else -across
    _paint_text(painter, middle + side * (_TICK + 14) * ratio, mark.text, ratio)
    painter.restore()


def paint_point(
    painter: QPainter, viewport: Viewport, mark: PointMark, accent: QColor, unit: float | None = None
) -> None:
    """Draw a point: a ring with a dot, its name on a small plate below; ``unit`` as in `paint_line`."""
    ratio = unit or _ratio(painter)
    centre = QPointF(*viewport.to_view(*mark.at))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((_DARK, 3.5), (accent if mark.selected else _LIGHT, 1.5)):
        painter.setPen(QPen(color, width * ratio))
        painter.drawEllipse(centre, _RING * ratio, _RING * ratio)
        pen = QPen(color, (width + 1) * ratio)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoint(centre)
    _paint_text(painter, centre + QPointF(0, (_RING + 14) * ratio), mark.text, ratio)
    painter.restore()


def _paint_text(painter: QPainter, centre: QPointF, text: str, ratio: float) -> None:
    if not text:
        return
    font = QFont(painter.font())
    font.setPixelSize(round(_TEXT_PX * ratio))
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 12 * ratio, metrics.height() + 4 * ratio
    plate = QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)
    painter.setFont(font)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(plate, 4 * ratio, 4 * ratio)
    painter.setPen(_LIGHT)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)


def _ratio(painter: QPainter) -> float:
    return float(painter.device().devicePixelRatioF())
