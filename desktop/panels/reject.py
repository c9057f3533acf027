"""The strip that asks for a reason: of a rejection, or why something is not assessable. Nothing waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton

from desktop.panels.flow import FlowLayout
from desktop.panels.widgets import SearchField, button, icon_button, label
from desktop.theme import GRID

REASONS = ("Not gradable", "Wrong image", "Artefact")
NOT_ASSESSABLE_REASONS = ("Out of focus", "Too dark or too bright", "Hidden", "Outside the image")
QUESTION = "Reject this image because"
_TARGET_LETTERS = 10
_FIELD_WIDTH = 16 * GRID


class ReasonField(SearchField):
    """Free text; while it is empty a digit takes the reason of that number."""

    def __init__(self, by_digit: Callable[[int], bool]) -> None:
        super().__init__()
        self._by_digit = by_digit
        self.setPlaceholderText("Another reason, then Enter")
        self.setAccessibleName("Another reason")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit first: a reason. Everything else, and digits in a text, is typed."""
        digit = event.text()
        if not self.text() and len(digit) == 1 and digit in "123456789" and self._by_digit(int(digit)):
            return
        super().keyPressEvent(event)


class RejectStrip(QFrame):
    """A few usual reasons by digit, and a field for any other; Enter takes what is written, Escape leaves."""

    def __init__(self, taken: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("role", "notice")
        self.setAccessibleName("Reason")
        self._rejected = taken
        self._taken = taken
        self._question = label(QUESTION)
        self.targets = QComboBox()
        self.targets.setAccessibleName("What is not assessable")
        self.text = ReasonField(self._by_digit)
        self.text.returnPressed.connect(self._write)
        self.buttons: list[QPushButton] = []
        self.targets.setMinimumContentsLength(_TARGET_LETTERS)
        self.text.setMinimumWidth(_FIELD_WIDTH)
        # In a narrow window, and with many reasons of the schema's own, they go on in the next line.
        self._row = FlowLayout(spacing=GRID)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self._question)
        layout.addWidget(self.targets)
        self._because = label("because")
        layout.addWidget(self._because)
        layout.addLayout(self._row, 3)
        layout.addWidget(self.text, 1)
        layout.addWidget(icon_button("cross", "Leave it (Esc)", self.hide))
        self.hide()

    def ask(self, reasons: Sequence[str] = REASONS) -> None:
        """Ask why the image is rejected."""
        self._taken = self._rejected
        self.targets.clear()
        self._open(QUESTION, reasons or REASONS)

    def ask_target(
        self,
        targets: Sequence[tuple[str, str]],
        chosen: str,
        reasons: Sequence[str],
        taken: Callable[[str, str], None],
    ) -> None:
        """Ask why something is not assessable.

        Args:
            targets: ("class:<id>" or "grade:<scale>", what people read), to choose from.
            chosen: the target that is offered.
            reasons: the usual ones; empty: the program's own.
            taken: is called with the target and the reason.
        """
        self.targets.clear()
        for target, text in targets:
            self.targets.addItem(text, target)
        self.targets.setCurrentIndex(max(self.targets.findData(chosen), 0))
        self._taken = lambda reason: taken(str(self.targets.currentData()), reason)
        self._open("Not assessable:", reasons or NOT_ASSESSABLE_REASONS)

    def _open(self, question: str, reasons: Sequence[str]) -> None:
        several = self.targets.count() > 0
        self._question.setText(question)
        self.targets.setVisible(several)
        self._because.setVisible(several)
        self._row.clear()
        self.buttons = []
        for number, reason in enumerate(reasons, 1):
            made = button(f"{number}  {reason}" if number < 10 else reason, partial(self._take, reason))
            self.buttons.append(made)
            self._row.addWidget(made)
        self.text.clear()
        self.show()
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _by_digit(self, number: int) -> bool:
        if number > len(self.buttons):
            return False
        self.buttons[number - 1].click()
        return True

    def _write(self) -> None:
        if reason := self.text.text().strip():
            self._take(reason)

    def _take(self, reason: str) -> None:
        self.hide()
        self._taken(reason)
