"""What can be done with several images at once: a small bar, and the menu of the right button.

Every entry says how many images it will touch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.widgets import SearchField, button, column, icon_button, label, row, styled
from desktop.project.bulk_change import BulkChange, FinishValues, SetAside, SetValue
from desktop.project.facts import finding_column, grade_column
from desktop.project.label import FINDING_STATES
from desktop.project.rows import FINISHED, REJECTED, SECOND_LOOK, STATUSES
from desktop.session import Session
from desktop.theme import GRID

FINISH_TIP = (
    "Confirms grades and findings that are set. Masks stay unreviewed: none of them was on the screen. "
    "Finished and rejected images, and those of which nothing is set, are left alone."
)
_CLOSED = [STATUSES.index(status) for status in (*FINISHED, REJECTED)]


class BulkCounts:
    """How many of some images a change would touch, by the facts in memory."""

    def __init__(self, session: Session, positions: NDArray[np.int32]) -> None:
        self._session = session
        self._facts = session.filtering.facts
        self.positions = positions

    def of(self, change: BulkChange) -> int:
        """Return the number of images that the change touches."""
        if isinstance(change, FinishValues):
            return int(np.count_nonzero(self._finishable()))
        if isinstance(change, SetAside):
            held = self._facts.values("status")[self.positions]
            same = STATUSES.index(change.status)
            return len(self.positions) if change.reason else int(np.count_nonzero(held != same))
        kind, _, name = change.target.partition(":")
        column = grade_column(name) if kind == "grade" else finding_column(name)
        return len(self.positions) - self._facts.count_equal(column, self.positions, change.value)

    def _finishable(self) -> NDArray[np.bool_]:
        schema = self._session.schema
        columns = [grade_column(one.name) for one in schema.grades]
        columns += [finding_column(one.name) for one in schema.findings]
        given = np.zeros(len(self.positions), np.bool_)
        for name in columns:
            given |= self._facts.values(name)[self.positions] >= 0
        closed = np.isin(self._facts.values("status")[self.positions], _CLOSED)
        return given & ~closed


class BulkBar(QWidget):
    """Stands above the list while several images are chosen."""

    asked = Signal(object)
    """A `BulkChange` for the chosen images."""
    dismissed = Signal()
    """Only the current image shall be chosen."""

    def __init__(self, session: Session, chosen: Callable[[], NDArray[np.int32]]) -> None:
        super().__init__()
        self._session = session
        self._chosen = chosen
        styled(self, "bar")
        self.setAccessibleName("Chosen images")
        self.count: QLabel = label("", "heading")
        self.grade = self._menu_button("Grade", self._fill_grades)
        self.finding = self._menu_button("Finding", self._fill_findings)
        self.second_look = button("Second look", lambda: self.asked.emit(SetAside(SECOND_LOOK)))
        self.reject = button("Reject…", self.ask_reason)
        self.finish = button("Finish", lambda: self.asked.emit(FinishValues()))
        self.finish.setToolTip(FINISH_TIP)
        self.reason = SearchField()
        self.reason.setPlaceholderText("Reason, then Enter")
        self.reason.setAccessibleName("Reason to reject the chosen images, then Enter")
        self.reason.returnPressed.connect(self._reject)
        self._arrange()
        session.bulk.changed.connect(self.follow)
        self.hide()

    def _arrange(self) -> None:
        layout = column(self, margin=GRID)
        layout.addLayout(
            row(self.count, icon_button("cross", "Choose only this image", self.dismissed.emit), stretch=0)
        )
        menus = QHBoxLayout()
        menus.setSpacing(GRID // 2)
        for widget in (self.grade, self.finding):
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            menus.addWidget(widget, 1)
        layout.addLayout(menus)
        # One below the other and of one width: their numbers stand where they stood, whatever they are.
        marks = QVBoxLayout()
        marks.setSpacing(GRID // 2)
        for made in (self.second_look, self.reject, self.finish):
            made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            marks.addWidget(made)
        layout.addLayout(marks)
        layout.addWidget(self.reason)

    def _menu_button(self, text: str, fill: Callable[[QMenu], None]) -> QPushButton:
        made = QPushButton(f"\u2002{text}")
        made.setProperty("role", "choice")
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setAutoDefault(False)
        made.setAccessibleName(f"{text} for the chosen images")
        menu = QMenu(made)
        menu.aboutToShow.connect(lambda: fill(menu))
        made.setMenu(menu)
        return made

    def follow(self) -> None:
        """Show what can be done with what is chosen now, and with how many."""
        positions = self._chosen()
        self.setVisible(len(positions) > 1)
        if len(positions) <= 1:
            self.reason.hide()
            return
        schema, bulk = self._session.schema, self._session.bulk
        counts = BulkCounts(self._session, positions)
        self.count.setText(f"{len(positions):,} images")
        self.grade.setVisible(bool(schema.grades))
        self.finding.setVisible(bool(schema.findings))
        self.finish.setVisible(bool(schema.grades or schema.findings))
        self._offer(self.second_look, "Second look", counts.of(SetAside(SECOND_LOOK)), len(positions))
        self._offer(self.finish, "Finish", counts.of(FinishValues()), len(positions))
        for widget in (self.grade, self.finding, self.reject):
            widget.setEnabled(not bulk.running and self._session.project is not None)

    def _offer(self, made: QPushButton, text: str, touched: int, of: int) -> None:
        made.setText(f"{text} {touched:,}" if touched == of else f"{text} {touched:,} of {of:,}")
        made.setEnabled(bool(touched) and not self._session.bulk.running)

    # ---- menus

    def _fill_grades(self, menu: QMenu) -> None:
        menu.clear()
        self.add_grades(menu)

    def _fill_findings(self, menu: QMenu) -> None:
        menu.clear()
        self.add_findings(menu)

    def add_grades(self, menu: QMenu) -> None:
        """Offer the values of every scale; with one scale without a menu of its own."""
        scales = self._session.schema.grades
        for scale in scales:
            inner = menu if len(scales) == 1 else menu.addMenu(scale.title or scale.name)
            self._add_values(inner, f"grade:{scale.name}", scale.values)

    def add_findings(self, menu: QMenu) -> None:
        """Offer the states of every finding."""
        for finding in self._session.schema.findings:
            inner = menu.addMenu(finding.title or finding.name)
            self._add_values(inner, f"finding:{finding.name}", FINDING_STATES)

    def _add_values(self, menu: QMenu, target: str, values: tuple[str, ...]) -> None:
        counts = BulkCounts(self._session, self._chosen())
        for value in (*values, None):
            if value is None:
                menu.addSeparator()
            change = SetValue(target, value)
            touched = counts.of(change)
            action = menu.addAction(f"{value or 'Not set'}\t{touched:,}")
            action.setEnabled(bool(touched) and not self._session.bulk.running)
            action.triggered.connect(partial(self._ask, change))

    def _ask(self, change: BulkChange, _on: bool = False) -> None:
        self.asked.emit(change)

    def fill(self, menu: QMenu) -> None:
        """Fill the menu of the right button: the same, for one image too."""
        positions = self._chosen()
        counts, many = BulkCounts(self._session, positions), len(positions)
        menu.addSection(f"{many:,} image{'' if many == 1 else 's'}")
        if self._session.schema.grades:
            self.add_grades(menu.addMenu("Grade"))
        if self._session.schema.findings:
            self.add_findings(menu.addMenu("Finding"))
        for text, change in (("Second look", SetAside(SECOND_LOOK)), ("Finish, values only", FinishValues())):
            touched = counts.of(change)
            action = menu.addAction(f"{text}\t{touched:,}")
            action.setEnabled(bool(touched) and not self._session.bulk.running)
            action.triggered.connect(partial(self._ask, change))

    # ---- rejecting

    def ask_reason(self) -> None:
        """Ask why the chosen images are rejected."""
        self.reason.clear()
        self.reason.show()
        self.reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _reject(self) -> None:
        reason = self.reason.text().strip()
        if reason:
            self.reason.hide()
            self.asked.emit(SetAside(REJECTED, reason))
