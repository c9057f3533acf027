"""A class's colour as a button."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QColorDialog, QGridLayout, QMenu, QToolButton, QWidget, QWidgetAction

from desktop.theme import GRID, look
from inference.schema import DEFAULT_COLORS


class Swatch(QToolButton):
    """A class's colour as a button; a click offers other colours."""

    chosen = Signal(str)

    def __init__(self, name: str, size: int = 16) -> None:
        super().__init__()
        self.setProperty("role", "small")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"Colour of {name}")
        self.setToolTip(f"Colour of {name}")
        self._size = size
        self._color = "#000000"
        self.clicked.connect(self._offer)

    def set_color(self, color: str) -> None:
        """Show a colour, ``#rrggbb``."""
        self._color = color
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the square over the button's own ground (which shows hover and focus)."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square = QRect(0, 0, self._size, self._size)
        square.moveCenter(self.rect().center())
        painter.setPen(QPen(look().color("control_line"), 1))
        painter.setBrush(QColor(self._color))
        painter.drawRoundedRect(square, 3, 3)

    def _offer(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QWidget()
        cells = QGridLayout(grid)
        cells.setContentsMargins(GRID, GRID, GRID, GRID)
        for at, color in enumerate(DEFAULT_COLORS):
            cells.addWidget(self._cell(color, menu), at // 4, at % 4)
        action = QWidgetAction(menu)
        action.setDefaultWidget(grid)
        menu.addAction(action)
        menu.addAction("Another colour…", self._ask)
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def _cell(self, color: str, menu: QMenu) -> Swatch:
        cell = Swatch(color, 20)
        cell.set_color(color)
        cell.clicked.disconnect()
        cell.clicked.connect(menu.close)
        cell.clicked.connect(lambda: self.chosen.emit(color))
        return cell

    def _ask(self) -> None:
        dialog = QColorDialog(QColor(self._color), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setModal(False)
        dialog.colorSelected.connect(lambda color: self.chosen.emit(color.name()))
        dialog.show()
