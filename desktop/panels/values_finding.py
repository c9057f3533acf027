"""One finding of the Values panel: present, absent or not assessed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.panels.values_button import ValueButton, two_digits
from desktop.panels.widgets import Elided, label
from desktop.session import Session
from desktop.theme import GRID
from inference.schema import Finding

STATES = (("present", "present"), ("absent", "absent"), ("not assessed", "not-assessed"))
_KEYS = {"present": Qt.Key.Key_P, "absent": Qt.Key.Key_A, "not assessed": Qt.Key.Key_N}


class FindingRow(QWidget):
    """One finding: its name, what the model says, and three choices (P, A, N with the keyboard inside)."""

    left_row = Signal(int, int)
    """An arrow key leads out of the row: rows down, and the column it came from."""

    def __init__(self, finding: Finding, session: Session) -> None:
        super().__init__()
        self.finding = finding
        self._session = session
        self.setAccessibleName(f"Finding {finding.label}")
        self.name = Elided(finding.label, mode=Qt.TextElideMode.ElideRight)
        self.model_says = label("", "model")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self.name, 1)
        layout.addWidget(self.model_says)
        self.buttons: dict[str, ValueButton] = {}
        keys = {key: lambda state=state: self.choose(state) for state, key in _KEYS.items()}
        for at, (state, icon) in enumerate(STATES):
            made = ValueButton(state.capitalize(), icon_name=icon, key=state[0].upper())
            made.setFixedWidth(4 * GRID)
            made.setAccessibleName(f"{finding.label} {state}")
            made.clicked.connect(lambda _=False, state=state: self.choose(state))
            made.stepped.connect(lambda dx, dy, at=at: self._step(at, dx, dy))
            made.own_keys = keys
            self.buttons[state] = made
            layout.addWidget(made)

    def choose(self, state: str) -> None:
        """Set the finding; the state that is set already is cleared."""
        self._session.set_finding(self.finding.name, None if self.mine() == state else state)

    def cycle(self) -> None:
        """Present, then absent, then not assessed, then not set."""
        order = [None, *self.buttons]
        after = order[(order.index(self.mine()) + 1) % len(order)]
        self._session.set_finding(self.finding.name, after)

    def mine(self) -> str | None:
        """The state that a person set."""
        current = self._session.label
        return current.findings.get(self.finding.name) if current is not None else None

    def take_focus(self, at: int = 0) -> None:
        """Put the keyboard on the state that is set, else on the one in this column."""
        (self.buttons.get(self.mine() or "") or list(self.buttons.values())[at]).setFocus()

    def _step(self, at: int, dx: int, dy: int) -> None:
        buttons = list(self.buttons.values())
        if dy:
            self.left_row.emit(dy, at)
        elif 0 <= at + dx < len(buttons):
            buttons[at + dx].setFocus()

    def refresh(self) -> None:
        """Show the person's choice and the model's probability."""
        current, prediction = self._session.label, self._session.prediction
        mine = self.mine()
        said = prediction.findings.get(self.finding.name) if prediction is not None else None
        for state, made in self.buttons.items():
            made.setEnabled(current is not None)
            suggested = said is not None and state == ("present" if said >= 0.5 else "absent")
            made.show_state(state == mine, None, suggested)
        self.model_says.setText("" if said is None else two_digits(said))
        self.model_says.setToolTip("" if said is None else f"Model: present {100 * said:.0f} %")
