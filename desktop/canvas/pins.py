"""Pins over an image: where readers noted something. A drop with a number, its tip on the place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from desktop.canvas.viewport import Viewport

__all__ = ["HEAD", "Pin", "PinsDecoration", "head_centre"]

# On a photograph no theme's colour can be read everywhere: white on black always can.
_GROUND = QColor(16, 16, 16, 230)
_RIM = QColor(255, 255, 255, 235)
_QUIET = QColor(255, 255, 255, 130)
_INK = QColor(255, 255, 255)
HEAD = 10.0
"""Radius of a pin's head, logical pixels."""
_STEM = 9.0
_TEXT_PX = 11


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned note: pixel (y, x), what stands in its head, and how it is seen."""

    at: tuple[int, int]
    text: str
    selected: bool = False
    settled: bool = False
    draft: bool = False


class PinsDecoration:
    """Draws what it is asked for anew each time; `accent` is the ground of what is selected."""

    def __init__(
        self, pins: Callable[[], Sequence[Pin]], accent: Callable[[], tuple[QColor, QColor]]
    ) -> None:
        """``accent`` gives the colour of a selected pin and the colour of words on it."""
        self._pins = pins
        self._accent = accent
        self.ratio = 1.0

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw all pins, the selected one last."""
        device = painter.device()
        self.ratio = device.devicePixelRatioF() if device is not None else 1.0
        for pin in sorted(self._pins(), key=lambda one: one.selected):
            _paint(painter, viewport, pin, self.ratio, self._accent())

    def pin_under(self, viewport: Viewport, x: float, y: float) -> Pin | None:
        """The pin whose head covers view coordinates ``x, y`` (device pixels); the one drawn last."""
        for pin in sorted(self._pins(), key=lambda one: not one.selected):
            away = head_centre(viewport, pin, self.ratio) - QPointF(x, y)
            if away.x() ** 2 + away.y() ** 2 <= (HEAD * self.ratio + 1) ** 2:
                return pin
        return None


def head_centre(viewport: Viewport, pin: Pin, ratio: float) -> QPointF:
    """The middle of a pin's head in view coordinates."""
    x, y = viewport.to_view(pin.at[1] + 0.5, pin.at[0] + 0.5)
    return QPointF(x, y - (HEAD + _STEM) * ratio)


def _paint(
    painter: QPainter, viewport: Viewport, pin: Pin, ratio: float, accent: tuple[QColor, QColor]
) -> None:
    centre = head_centre(viewport, pin, ratio)
    tip = centre + QPointF(0, (HEAD + _STEM) * ratio)
    radius = HEAD * ratio
    drop = QPainterPath()
    drop.addEllipse(centre, radius, radius)
    stem = QPainterPath(tip)
    stem.lineTo(centre + QPointF(-radius * 0.62, radius * 0.78))
    stem.lineTo(centre + QPointF(radius * 0.62, radius * 0.78))
    stem.closeSubpath()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(_QUIET if pin.settled and not pin.selected else _RIM, 1.5 * ratio)
    if pin.draft:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(accent[0] if pin.selected or pin.draft else _GROUND)
    painter.drawPath(drop.united(stem))
    font = QFont(painter.font())
    font.setPixelSize(round(_TEXT_PX * ratio))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(accent[1] if pin.selected or pin.draft else _QUIET if pin.settled else _INK)
    head = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
    painter.drawText(head, Qt.AlignmentFlag.AlignCenter, pin.text)
    painter.restore()
