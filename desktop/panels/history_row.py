"""How a step of the history is drawn: icon, what was done, and quietly when."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.theme import GRID, LABEL, look

_HEIGHT = 4 * GRID


class StepDelegate(QStyledItemDelegate):
    """One line of 32 pixels; the step under the pointer and the one with the keyboard have a ground."""

    def __init__(self, time_role: int, parent: QObject) -> None:
        super().__init__(parent)
        self._time_role = time_role

    def sizeHint(
        self,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002  Qt's
    ) -> QSize:
        """All rows are alike."""
        return QSize(option.rect.width(), _HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, option)
        area = option.rect.adjusted(GRID // 2, 0, -GRID, 0)
        icon, font = index.data(Qt.ItemDataRole.DecorationRole), index.data(Qt.ItemDataRole.FontRole)
        color = index.data(Qt.ItemDataRole.ForegroundRole)
        if isinstance(icon, QIcon):
            icon.paint(painter, QRect(area.left(), area.center().y() - 7, 16, 16))
        small = QFont(option.font)
        small.setPixelSize(LABEL)
        painter.setFont(small)
        time = str(index.data(self._time_role) or "")
        width = painter.fontMetrics().horizontalAdvance(time)
        faded = color == look().color("text_disabled")
        painter.setPen(look().color("text_disabled" if faded else "text_quiet"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), time)
        bold = QFont(option.font)
        bold.setBold(isinstance(font, QFont) and font.bold())
        painter.setFont(bold)
        painter.setPen(color if isinstance(color, QColor) else look().color("text"))
        text = area.adjusted(16 + GRID, 0, -width - GRID, 0)
        said = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, max(0, text.width())
        )
        painter.drawText(text, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), said)
        painter.restore()

    @staticmethod
    def _paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look().color("hover"))
            painter.drawRoundedRect(option.rect, 4, 4)
        if focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look().color("accent"), 2))
            painter.drawRoundedRect(option.rect.adjusted(1, 1, -1, -1), 4, 4)
