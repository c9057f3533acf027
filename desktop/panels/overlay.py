"""A card that lies over the pages: not a dialog, closed by Escape, the keyboard goes back to where it was."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from desktop.theme import GRID


class Overlay(QFrame):
    """A card over its parent. `fit` says how large it would like to be; it never leaves its parent."""

    closed = Signal()

    def __init__(self, parent: QWidget, accessible: str) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName(accessible)
        self._before: QWidget | None = None
        self._top = False
        self.hide()
        parent.installEventFilter(self)

    def wanted_size(self) -> tuple[int, int]:
        """Return width and height that suit what is inside."""
        hint = self.sizeHint()
        return hint.width(), hint.height()

    def open_up(self, focus: QWidget) -> None:
        """Show the card above everything, with the keyboard in one of its widgets."""
        if self.isHidden():
            self._before = QApplication.focusWidget()
        self.show()
        self.place()
        focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_down(self) -> None:
        """Hide the card and give the keyboard back."""
        if self.isHidden():
            return
        inside = QApplication.focusWidget()
        had_it = inside is not None and (inside is self or self.isAncestorOf(inside))
        self.hide()
        before, self._before = self._before, None
        if had_it and before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def place(self) -> None:
        """Keep the card inside its parent, in the middle or near the top."""
        parent = self.parentWidget()
        if parent is None or self.isHidden():
            return
        width, height = self.wanted_size()
        width = min(width, parent.width() - 4 * GRID)
        height = min(height, parent.height() - 4 * GRID)
        above = 2 * GRID if self._top else (parent.height() - height) // 2
        self.setGeometry((parent.width() - width) // 2, above, width, height)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the parent's size."""
        if event.type() == QEvent.Type.Resize and watched is self.parentWidget():
            self.place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Escape where no shortcut of the window does."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_down()
        else:
            super().keyPressEvent(event)
