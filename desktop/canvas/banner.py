"""A line at the top of the image that says what is shown, with the colours it is shown in."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

__all__ = ["Banner", "Key", "paint_banner"]

_GRID = 8.0
_SWATCH = 12.0
# On a photograph no theme's colour can be read everywhere: white on black always can.
_GROUND = QColor(16, 16, 16, 225)
_RIM = QColor(255, 255, 255, 60)
_INK = QColor(240, 240, 240)
_QUIET = QColor(190, 190, 190)


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: a colour, ``#RRGGBB``, and what it stands for."""

    color: str
    text: str


@dataclass(frozen=True, slots=True)
class Banner:
    """What is shown (``title``), of what or why not (``detail``), and the legend of its colours."""

    title: str
    detail: str = ""
    keys: tuple[Key, ...] = ()

    @property
    def words(self) -> str:
        """Everything as one text."""
        legend = ", ".join(key.text for key in self.keys)
        return ". ".join(part for part in (self.title, self.detail, legend) if part)


def paint_banner(painter: QPainter, banner: Banner, area: QRectF, font: QFont) -> QRectF:
    """Draw ``banner`` at the middle of the upper edge of ``area`` (logical pixels); returns its rectangle.

    A detail that does not fit is shortened; a legend that does not fit goes to a second line.
    """
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    metrics, bold_metrics = QFontMetricsF(font), QFontMetricsF(bold)
    room = area.width() - 4 * _GRID
    title = bold_metrics.horizontalAdvance(banner.title)
    legend = sum(_SWATCH + _GRID + metrics.horizontalAdvance(key.text) for key in banner.keys)
    legend += 2 * _GRID * max(0, len(banner.keys) - 1)
    detail = metrics.elidedText(
        banner.detail, Qt.TextElideMode.ElideRight, max(0.0, room - 4 * _GRID - title)
    )
    words = title + (1.5 * _GRID + metrics.horizontalAdvance(detail) if detail else 0)
    two_lines = bool(banner.keys) and words + 3 * _GRID + legend > room - 3 * _GRID
    width = max(words, legend) if two_lines else words + (3 * _GRID + legend if banner.keys else 0)
    line = max(3 * _GRID, metrics.height())
    rect = QRectF(0, 0, round(width + 3 * _GRID), line * (2 if two_lines else 1) + _GRID)
    rect.moveTopLeft(QPointF(round(area.center().x() - rect.width() / 2), area.top() + 2 * _GRID))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(_RIM, 1))
    painter.setBrush(_GROUND)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    at = QPointF(rect.left() + 1.5 * _GRID, rect.top() + _GRID / 2)
    _text(painter, banner.title, at, line, bold, _INK)
    if detail:
        _text(painter, detail, at + QPointF(title + 1.5 * _GRID, 0), line, font, _QUIET)
    start = QPointF(at.x(), at.y() + line) if two_lines else QPointF(at.x() + words + 3 * _GRID, at.y())
    _paint_legend(painter, banner.keys, start, line, font)
    painter.restore()
    return rect


def _paint_legend(painter: QPainter, keys: tuple[Key, ...], at: QPointF, line: float, font: QFont) -> None:
    for key in keys:
        swatch = QRectF(at.x(), at.y() + (line - _SWATCH) / 2, _SWATCH, _SWATCH)
        painter.setPen(QPen(_INK, 1))
        painter.setBrush(QColor(key.color))
        painter.drawRoundedRect(swatch, 2, 2)
        at = QPointF(at.x() + _SWATCH + _GRID, at.y())
        _text(painter, key.text, at, line, font, _INK)
        at = QPointF(at.x() + QFontMetricsF(font).horizontalAdvance(key.text) + 2 * _GRID, at.y())


def _text(painter: QPainter, text: str, at: QPointF, line: float, font: QFont, color: QColor) -> None:
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(QRectF(at.x(), at.y(), 10_000, line), int(Qt.AlignmentFlag.AlignVCenter), text)
