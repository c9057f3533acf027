"""What the canvas shows instead of an image: a drawing, a title and a sentence that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

__all__ = ["Placard", "PlacardKind", "paint_placard"]

_ICON = 56.0
_TEXT_WIDTH = 440.0
_GRID = 8.0


class PlacardKind(Enum):
    """Which drawing goes with the words."""

    EMPTY = "empty"
    BROKEN = "broken"
    READING = "reading"


@dataclass(frozen=True, slots=True)
class Placard:
    """Words for the canvas while it has no image."""

    kind: PlacardKind
    title: str
    sentence: str = ""

    @property
    def words(self) -> str:
        """Title and sentence as one text, for those who do not see it."""
        return f"{self.title}. {self.sentence}" if self.sentence else self.title


def paint_placard(painter: QPainter, placard: Placard, area: QRectF, surround: QColor, font: QFont) -> None:
    """Draw ``placard`` in the middle of ``area`` (logical pixels), legible on ``surround``."""
    dark = surround.lightnessF() < 0.5
    ink, muted = (
        (QColor(236, 236, 236), QColor(160, 160, 160)) if dark else (QColor(28, 28, 28), QColor(60, 60, 60))
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    title_font = QFont(font)
    # A font set in pixels has no point size, and there is one size to read: weight makes the title.
    title_font.setWeight(QFont.Weight.DemiBold)
    width = min(_TEXT_WIDTH, max(40.0, area.width() - 6 * _GRID))
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    room = QRectF(0, 0, width, 10_000)
    painter.setFont(title_font)
    title = painter.boundingRect(room, flags, placard.title)
    painter.setFont(font)
    sentence = painter.boundingRect(room, flags, placard.sentence) if placard.sentence else QRectF()
    height = _ICON + 3 * _GRID + title.height() + (1.5 * _GRID + sentence.height() if placard.sentence else 0)
    # A little above the middle: that is where the eye takes the middle to be.
    top = area.top() + max(2 * _GRID, (area.height() - height) * 0.46)
    left = area.center().x() - width / 2
    _paint_icon(painter, placard.kind, QRectF(area.center().x() - _ICON / 2, top, _ICON, _ICON), muted)
    top += _ICON + 3 * _GRID
    painter.setFont(title_font)
    painter.setPen(muted if placard.kind is PlacardKind.READING else ink)
    painter.drawText(QRectF(left, top, width, title.height() + 1), flags, placard.title)
    if placard.sentence:
        top += title.height() + 1.5 * _GRID
        painter.setFont(font)
        painter.setPen(muted)
        painter.drawText(QRectF(left, top, width, sentence.height() + 1), flags, placard.sentence)
    painter.restore()


def _paint_icon(painter: QPainter, kind: PlacardKind, box: QRectF, color: QColor) -> None:
    """A picture frame; with a break through it when broken, with waiting dots when being read."""
    pen = QPen(color, 2.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    frame = box.adjusted(2, 7, -2, -7)
    painter.drawRoundedRect(frame, 6, 6)

    def at(x: float, y: float) -> QPointF:
        return QPointF(frame.left() + x * frame.width(), frame.top() + y * frame.height())

    if kind is PlacardKind.BROKEN:
        painter.drawPolyline(QPolygonF([at(0.56, 0), at(0.42, 0.34), at(0.60, 0.58), at(0.46, 1)]))
    elif kind is PlacardKind.READING:
        painter.setBrush(color)
        painter.setPen(Qt.PenStyle.NoPen)
        for x in (0.3, 0.5, 0.7):
            painter.drawEllipse(at(x, 0.5), 2.5, 2.5)
    else:
        painter.drawEllipse(at(0.30, 0.32), 4, 4)
        ridge = [at(0.06, 0.86), at(0.34, 0.56), at(0.50, 0.72), at(0.70, 0.42), at(0.94, 0.72)]
        painter.drawPolyline(QPolygonF(ridge))
    painter.setBrush(Qt.BrushStyle.NoBrush)
