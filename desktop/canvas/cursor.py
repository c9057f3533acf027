"""The brush's true-size cursor: a thin double ring, seen on bright and on dark."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter, QPen

__all__ = ["Ring", "paint_ring", "ring_bounds"]

_DARK = QColor(0, 0, 0, 190)
_LIGHT = QColor(255, 255, 255, 230)
_CROSS_BELOW = 3.0
"""A ring smaller than this (device pixels) cannot be found again: four short strokes point to it."""
_CROSS_INNER, _CROSS_OUTER = 5.0, 10.0


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring in device pixels: centre and radius."""

    x: float
    y: float
    radius: float


def ring_bounds(ring: Ring, pixel_ratio: float) -> QRect:
    """The device pixels that painting ``ring`` can change."""
    reach = math.ceil(max(ring.radius + 2 * pixel_ratio, _CROSS_OUTER * pixel_ratio) + 2)
    return QRect(math.floor(ring.x) - reach, math.floor(ring.y) - reach, 2 * reach + 2, 2 * reach + 2)


def paint_ring(painter: QPainter, ring: Ring, pixel_ratio: float) -> None:
    """Draw ``ring``; the painter's unit is one device pixel. The dark line lies around the light one."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    centre = QPointF(ring.x, ring.y)
    for color, radius in ((_DARK, ring.radius + pixel_ratio), (_LIGHT, ring.radius)):
        painter.setPen(QPen(color, pixel_ratio))
        painter.drawEllipse(centre, radius, radius)
    if ring.radius < _CROSS_BELOW * pixel_ratio:
        for color, width in ((_DARK, 3.0), (_LIGHT, 1.0)):
            painter.setPen(QPen(color, width * pixel_ratio))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                toward = QPointF(dx, dy) * pixel_ratio
                painter.drawLine(centre + toward * _CROSS_INNER, centre + toward * _CROSS_OUTER)
    painter.restore()
