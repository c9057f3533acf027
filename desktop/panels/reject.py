"""The strip that asks why an image is rejected. It lies above the bottom bar; nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from desktop.panels.widgets import SearchField, button, icon_button, label
from desktop.theme import GRID

REASONS = ("Not gradable", "Wrong image", "Artefact")


class RejectStrip(QFrame):
    """A few usual reasons, and a field for any other; Enter takes what is written, Escape leaves."""

    def __init__(self, taken: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("role", "notice")
        self.setAccessibleName("Reason of the rejection")
        self._taken = taken
        self.text = SearchField()
        self.text.setPlaceholderText("Another reason, then Enter")
        self.text.setAccessibleName("Another reason")
        self.text.returnPressed.connect(self._write)
        self.buttons: list[QPushButton] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(label("Reject this image because"))
        for reason in REASONS:
            made = button(reason, partial(self._take, reason))
            self.buttons.append(made)
            layout.addWidget(made)
        layout.addWidget(self.text, 1)
        layout.addWidget(icon_button("cross", "Leave it (Esc)", self.hide))
        self.hide()

    def ask(self) -> None:
        """Show the strip with the keyboard in its field."""
        self.text.clear()
        self.show()
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _write(self) -> None:
        if reason := self.text.text().strip():
            self._take(reason)

    def _take(self, reason: str) -> None:
        self.hide()
        self._taken(reason)
