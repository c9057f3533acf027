"""The strip below the canvas in which a change is set up before it is made. Nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from desktop.panels.flow import FlowLayout
from desktop.panels.widgets import Elided, button, icon_button, label
from desktop.theme import GRID, set_icon

_HELD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class OfferStrip(QFrame):
    """Icon, title, the fields of what is offered, how much would change, and two answers.

    Enter takes the offer and Escape leaves it while the keyboard is in the strip; the window's one-letter
    shortcuts sleep meanwhile.
    """

    def __init__(
        self, accessible: str, *, take: Callable[[], object], leave: Callable[[], object], tall: bool = False
    ) -> None:
        """``tall``: the fields may take several lines, and what would change stands below them."""
        super().__init__()
        self.setProperty("role", "notice")
        self.setAccessibleName(accessible)
        self._take, self._leave = take, leave
        self._icon = QLabel()
        self.title = label("", "heading")
        self.fields: QLayout = FlowLayout() if tall else QHBoxLayout()
        self.fields.setSpacing(GRID)
        self.says = Elided(mode=Qt.TextElideMode.ElideRight)
        self.says.setProperty("role", "quiet")
        self.says.setAccessibleName("What would change")
        self.apply = button("Apply", take, role="primary", tip="Apply (Enter)")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        row.setSpacing(GRID)
        for widget in (self._icon, self.title):
            row.addWidget(widget)
        row.addSpacing(GRID)
        body = QVBoxLayout() if tall else QHBoxLayout()
        body.setSpacing(GRID // 2 if tall else 2 * GRID)
        body.addLayout(self.fields)
        body.addWidget(self.says, 1)
        row.addLayout(body, 1)
        row.addWidget(self.apply)
        row.addWidget(icon_button("cross", "Leave it (Esc)", leave))
        self.hide()

    def set_title(self, icon: str, text: str) -> None:
        """What is offered."""
        set_icon(self._icon, icon)
        self.title.setText(text)

    def show_offer(self, sentence: str, changes: bool) -> None:
        """How much would change; without a change there is nothing to apply."""
        self.says.setText(sentence)
        self.apply.setEnabled(changes)

    def wait(self) -> None:
        """The offer is being computed."""
        self.says.setText("…")
        self.apply.setEnabled(True)

    def event(self, event: QEvent) -> bool:
        """Keep every key but those with Control or Alt from the window's shortcuts."""
        asks = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if asks and not event.modifiers() & _HELD:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes, Escape leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
        elif event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def holds_keyboard(self) -> bool:
        """Whether the keyboard is in the strip."""
        focus = self.window().focusWidget() if self.isVisible() else None
        return isinstance(focus, QWidget) and self.isAncestorOf(focus)
