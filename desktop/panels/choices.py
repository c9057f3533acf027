"""Small controls of filters: a button with choices to tick, and a pair of bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from desktop.panels.widgets import label
from desktop.theme import GRID

ANY = "any"


class StayingMenu(QMenu):
    """A menu whose ticks can be set one after the other: it stays open."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tick what is under the pointer and stay."""
        action = self.activeAction()
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
            event.accept()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks and stays; Enter ticks and closes."""
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            action.trigger()
            return
        super().keyPressEvent(event)


class ManyChoice(QPushButton):
    """A button that says what is ticked, and opens the choices. With ``single`` at most one is ticked."""

    chosen = Signal()
    """Another choice was made by a person."""

    def __init__(self, accessible: str, *, single: bool = False) -> None:
        super().__init__()
        self._name = accessible
        self._single = single
        self._actions: dict[object, QAction] = {}
        self.setProperty("role", "choice")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMenu(StayingMenu(self))
        self._say()

    def offer(self, choices: Mapping[object, str]) -> None:
        """Offer values with their texts; what is ticked stays ticked where it still is offered."""
        ticked = self.values()
        self.menu().clear()
        self._actions.clear()
        for value, text in choices.items():
            action = self.menu().addAction(text)
            action.setCheckable(True)
            action.setChecked(value in ticked)
            action.triggered.connect(lambda _on, at=value: self._ticked(at))
            self._actions[value] = action
        self._say()

    def offered(self) -> tuple[object, ...]:
        """Return what can be ticked."""
        return tuple(self._actions)

    def values(self) -> tuple[object, ...]:
        """Return what is ticked, in the order offered."""
        return tuple(value for value, action in self._actions.items() if action.isChecked())

    def show_values(self, values: Sequence[object]) -> None:
        """Tick these, without telling."""
        for value, action in self._actions.items():
            action.setChecked(value in values)
        self._say()

    def _ticked(self, value: object) -> None:
        if self._single:
            for other, action in self._actions.items():
                if other != value:
                    action.setChecked(False)
        self._say()
        self.chosen.emit()

    def _say(self) -> None:
        texts = [action.text() for action in self._actions.values() if action.isChecked()]
        said = ", ".join(texts) if len(texts) < 3 else f"{len(texts)} of {len(self._actions)}"
        # Qt draws left-aligned text of a button that has a menu without its padding.
        self.setText(f"\u2002{said or ANY}")
        self.setToolTip(", ".join(texts))
        self.setAccessibleName(f"{self._name}: {said or ANY}")


class Bounds(QWidget):
    """Two numbers, from and to; at its end a bound is open and says so."""

    changed = Signal()
    """A bound was changed by a person."""

    def __init__(
        self, accessible: str, high: float, step: float, *, suffix: str = "", decimals: int = 2
    ) -> None:
        super().__init__()
        self._quiet = False
        self.low = self._bound(f"{accessible}, at least", high, step, suffix, decimals)
        self.high = self._bound(f"{accessible}, at most", high, step, suffix, decimals)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        row.addWidget(self.low, 1)
        row.addWidget(label("–", "quiet"))
        row.addWidget(self.high, 1)

    def _bound(self, accessible: str, high: float, step: float, suffix: str, decimals: int) -> QDoubleSpinBox:
        made = QDoubleSpinBox()
        made.setDecimals(decimals)
        # One step below nothing stands for "no bound".
        made.setRange(-step, high)
        made.setSingleStep(step)
        made.setSpecialValueText(ANY)
        made.setSuffix(suffix)
        made.setValue(-step)
        made.setAccessibleName(accessible)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.setKeyboardTracking(False)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        made.valueChanged.connect(self._told)
        return made

    def _told(self) -> None:
        if not self._quiet:
            self.changed.emit()

    def values(self) -> tuple[float | None, float | None]:
        """Return the bounds; None is open."""
        return tuple(None if one.value() < 0 else one.value() for one in (self.low, self.high))  # type: ignore[return-value]

    def show_values(self, low: float | None, high: float | None) -> None:
        """Show bounds, without telling."""
        self._quiet = True
        for box, value in ((self.low, low), (self.high, high)):
            box.setValue(box.minimum() if value is None else value)
        self._quiet = False
