"""One scale of the Values panel: short values in a strip, longer ones in a list. `values_long`: very many."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.values_button import ValueButton, stale_mark
from desktop.panels.values_said import Said, digit_of, digits_of, said_of
from desktop.panels.widgets import Elided, button, column, elided, icon_button, label
from desktop.session import Session
from desktop.theme import GRID
from inference.schema import GradeScale

_SHORT = 3
_PER_ROW = 6
_WORD = 7
_TITLE = 15 * GRID


class ScaleBase(QWidget):
    """What every scale has: its heading with the model's words, and that it cannot be assessed."""

    numbers_below: bool = False
    """Whether each value has the model's number beside it: the heading need not say it again."""
    asked = Signal(str)
    """A person wants to say that this scale ("grade:<name>") cannot be assessed."""

    def __init__(self, scale: GradeScale, session: Session) -> None:
        super().__init__()
        self.scale = scale
        self._session = session
        self.setAccessibleName(f"Grade {scale.label}")
        self.model_says = Elided(mode=Qt.TextElideMode.ElideRight)
        self.model_says.setProperty("role", "model")
        self.model_says.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.stale = stale_mark()
        self.keys = label("", "key")
        self.unassess = icon_button(
            "not-assessable", f"{scale.label} cannot be assessed, with a reason", self._ask
        )
        self.body: QVBoxLayout = column(self)
        self.body.addWidget(self._heading())
        self.reason = Elided(mode=Qt.TextElideMode.ElideRight)
        self.unassessable = self._reason_row()
        self.body.addWidget(self.unassessable)

    @property
    def target(self) -> str:
        """The scale's name among the review states."""
        return f"grade:{self.scale.name}"

    def _heading(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        title = elided(self.scale.label, "label")
        title.ensurePolished()
        # The title goes before the model's words, up to half of the line.
        natural = title.sizeHint().width()
        title.setMinimumWidth(min(natural, _TITLE))
        title.setMaximumWidth(natural)
        row.addWidget(title, 1)
        row.addWidget(self.keys, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.model_says, 1)
        for widget in (self.stale, self.unassess):
            row.addWidget(widget)
        return holder

    def _reason_row(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.reason, 1)
        again = f"{self.scale.label} can be assessed after all"
        row.addWidget(icon_button("cross", again, lambda: self._session.assessments.clear(self.target)))
        return holder

    def _ask(self) -> None:
        self.asked.emit(self.target)

    def choose(self, value: str) -> None:
        """Set the grade; the one that is set already is cleared."""
        self._session.set_grade(self.scale.name, None if self.mine() == value else value)

    def mine(self) -> str | None:
        """The grade that a person set."""
        current = self._session.label
        return current.grades.get(self.scale.name) if current is not None else None

    def show_keys(self, active: bool) -> None:
        """Whether the digits go to this scale now."""
        digits = digits_of(self.scale)
        self.keys.setText(digits)
        self.keys.setVisible(active and bool(digits))
        self.keys.setToolTip(f"The digit keys set {self.scale.label} now" if active else "")

    def refresh(self) -> None:
        """Show the person's grade and what the model says."""
        session = self._session
        said = said_of(self.scale, session.label, session.prediction)
        self.model_says.setText(said.words(self.scale, brief=self.numbers_below))
        self.stale.setVisible(said.stale)
        reason = session.assessments.reasons.get(self.target)
        self.unassessable.setVisible(reason is not None)
        self.unassess.setVisible(reason is None)
        self.unassess.setEnabled(session.label is not None)
        self.reason.setText(f"Not assessable: {reason}" if reason else "Not assessable")
        self.show_values(said, self.mine(), session.label is not None)

    def show_values(self, said: Said, mine: str | None, enabled: bool) -> None:
        """Show which value is chosen and how probable the model holds each."""
        raise NotImplementedError


def columns_for(scale: GradeScale) -> int:
    """How many values stand side by side; 1: a list. Image quality is quiet: it takes few lines."""
    longest = max(len(value) for value in scale.values)
    if longest <= _SHORT:
        return min(_PER_ROW, len(scale.values))
    if scale.role == "quality":
        return min(4, len(scale.values)) if longest <= _WORD else 2
    return 1


class Grade(ScaleBase):
    """A scale with few values: a button each."""

    def __init__(self, scale: GradeScale, session: Session) -> None:
        super().__init__(scale, session)
        self._columns = columns_for(scale)
        short = self._columns > 1
        self.numbers_below = not short
        grid = QGridLayout()
        grid.setSpacing(GRID // 2)
        self.buttons: dict[str, ValueButton] = {}
        for at, value in enumerate(scale.values):
            made = ValueButton(value, wide=not short, key=digit_of(scale, value))
            made.setAccessibleName(f"{scale.label} {value}")
            made.clicked.connect(lambda _=False, value=value: self.choose(value))
            made.stepped.connect(lambda dx, dy, at=at: self._step(at, dx + dy * self._columns))
            self.buttons[value] = made
            grid.addWidget(made, at // self._columns, at % self._columns)
        self.body.addLayout(grid)

    def _step(self, at: int, by: int) -> None:
        buttons = list(self.buttons.values())
        if 0 <= at + by < len(buttons):
            buttons[at + by].setFocus()

    def take_focus(self) -> None:
        """Put the keyboard on the value that is chosen, else on the first."""
        (self.buttons.get(self.mine() or "") or next(iter(self.buttons.values()))).setFocus()

    def show_values(self, said: Said, mine: str | None, enabled: bool) -> None:
        """Fill the chosen button; bars and dashes for the model."""
        for at, (value, made) in enumerate(self.buttons.items()):
            made.setEnabled(enabled)
            made.show_state(value == mine, said.of(at), at == said.best, stale=said.stale)


class Quality(Grade):
    """The scale that judges the picture itself; a value with which nothing is assessable offers to reject."""

    def __init__(self, scale: GradeScale, session: Session) -> None:
        super().__init__(scale, session)
        self.setAccessibleName(f"Image quality: {scale.label}")
        self.offer = QWidget()
        row = QHBoxLayout(self.offer)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(elided("Not assessable"), 1)
        self.reject = button("Reject image", self._reject)
        self.reject.setToolTip("Reject this image for its quality, and go on")
        row.addWidget(self.reject)
        self.body.addWidget(self.offer)

    def reason_now(self) -> str:
        """Why the image could be rejected for its quality; empty when it could not."""
        mine = self.mine()
        return f"{self.scale.label}: {mine}" if mine in self.scale.unusable else ""

    def _reject(self) -> None:
        if reason := self.reason_now():
            self._session.reject(reason)

    def refresh(self) -> None:
        """Offer the rejection where the value calls for it."""
        super().refresh()
        self.offer.setVisible(bool(self.reason_now()))
