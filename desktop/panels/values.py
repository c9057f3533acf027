"""Grades and findings. The model is quiet (a bar, italic, an outline); what a person set is filled.

Image quality stands first and apart; then the scales, the findings, and the classes that cannot be assessed.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.panels.values_button import ValueButton, stale_mark
from desktop.panels.values_finding import FindingRow
from desktop.panels.values_grade import Grade, Quality, ScaleBase
from desktop.panels.values_long import LongGrade
from desktop.panels.values_said import digit_of, is_long, masks_changed
from desktop.panels.widgets import Elided, clear, column, heading, icon_button, label, line
from desktop.project.rows import class_target
from desktop.session import Session
from desktop.theme import GRID, look
from inference.schema import GradeScale

__all__ = ["ValueButton", "Values", "digit_of"]


class Values(QWidget):
    """All scales and findings of the schema."""

    asked = Signal(str)
    """A person wants to say that this target ("grade:<scale>") cannot be assessed."""
    done = Signal()
    """A value was found and set: the keyboard may go back to the image."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("Grades and findings")
        self._stale = False
        self.grades: list[Grade | LongGrade] = []
        self.findings: list[FindingRow] = []
        self._column = column(self, spacing=2 * GRID)
        self._unassessable = QWidget()
        self._unassessed = column(self._unassessable)
        session.project_changed.connect(self.rebuild)
        session.values_changed.connect(self.refresh)
        session.history_changed.connect(self._history_changed)
        session.prediction_changed.connect(self.refresh)
        session.turned.connect(self.refresh)
        session.image_changed.connect(lambda _: self.refresh())
        session.label_changed.connect(lambda box: self.refresh() if box is None else None)
        session.assessments.changed.connect(self._assessments_changed)
        look().changed.connect(self.refresh)
        self.rebuild()

    # ---- making

    def rebuild(self) -> None:
        """Make the controls anew: the schema changed."""
        recent = {g.scale.name: g.model.recent for g in self.grades if isinstance(g, LongGrade)}
        clear(self._column)
        schema = self._session.schema
        self.grades = [self._make(scale, recent.get(scale.name, [])) for scale in schema.grades]
        self.findings = [FindingRow(finding, self._session) for finding in schema.findings]
        quality = [made for made in self.grades if made.scale.role == "quality"]
        for made in quality:
            self._column.addWidget(made)
        if quality and (len(self.grades) > len(quality) or self.findings):
            self._column.addWidget(line())
        for made in self.grades:
            if made not in quality:
                self._column.addWidget(made)
        if self.findings:
            self._column.addWidget(self._finding_rows())
        self._unassessable = QWidget()
        self._unassessed = column(self._unassessable, spacing=GRID // 2)
        self._column.addWidget(self._unassessable)
        self._last_line = line()
        self._column.addWidget(self._last_line)
        self._assessments_changed()

    def _make(self, scale: GradeScale, recent: list[str]) -> Grade | LongGrade:
        made: Grade | LongGrade
        if is_long(scale):
            made = LongGrade(scale, self._session)
            made.model.recent = [value for value in recent if value in scale.values]
            made.done.connect(self.done)
        elif scale.role == "quality":
            made = Quality(scale, self._session)
        else:
            made = Grade(scale, self._session)
        made.asked.connect(self.asked)
        return made

    def _finding_rows(self) -> QWidget:
        holder = QWidget()
        rows = column(holder)
        self.findings_model = label("", "model")
        self.findings_stale = stale_mark()
        rows.addWidget(heading("Findings", self.findings_model, self.findings_stale))
        for at, one in enumerate(self.findings):
            one.left_row.connect(lambda dy, col, at=at: self._step(at + dy, col))
            rows.addWidget(one)
        return holder

    def _step(self, row: int, col: int) -> None:
        if 0 <= row < len(self.findings):
            list(self.findings[row].buttons.values())[col].setFocus()

    def _assessments_changed(self) -> None:
        """Show the classes that cannot be assessed, each with its reason and a way back."""
        inner = self._unassessed
        clear(inner)
        reasons = self._session.assessments.reasons
        classes = [item for item in self._session.schema.active_classes if class_target(item.id) in reasons]
        if classes:
            inner.addWidget(heading("Not assessable here"))
        for item in classes:
            target = class_target(item.id)
            holder = QWidget()
            row = QHBoxLayout(holder)
            row.setContentsMargins(0, 0, 0, 0)
            reason = reasons[target]
            row.addWidget(Elided(f"{item.label}: {reason}" if reason else item.label), 1)
            again = partial(self._session.assessments.clear, target)
            row.addWidget(icon_button("cross", f"{item.label} can be assessed after all", again))
            inner.addWidget(holder)
        self._unassessable.setVisible(bool(classes))
        some = bool(self.grades or self.findings or classes)
        self._last_line.setVisible(some)
        self.setVisible(some)
        self.refresh()

    def _history_changed(self) -> None:
        """A stroke changes nothing here, but that the model's numbers are stale after the first one."""
        if masks_changed(self._session.label) != self._stale:
            self.refresh()

    def refresh(self) -> None:
        """Show the current label and prediction."""
        if self._session.turning:
            return
        self._stale = masks_changed(self._session.label)
        takes = self._takes_digits()
        for made in self.grades:
            made.refresh()
            made.show_keys(made is takes and self._several_with_digits())
        for one in self.findings:
            one.refresh()
        if self.findings:
            said = any(one.model_says.text() for one in self.findings)
            self.findings_model.setText("model" if said else "")
            self.findings_stale.setVisible(said and self._stale)

    # ---- keys

    def _with_digits(self) -> list[Grade | LongGrade]:
        """The scales that digits may set, those that judge the picture only when there are no others."""
        keyed = [g for g in self.grades if any(digit_of(g.scale, value) for value in g.scale.values)]
        plain = [g for g in keyed if g.scale.role != "quality"]
        return plain or keyed

    def _several_with_digits(self) -> bool:
        return sum(any(digit_of(g.scale, v) for v in g.scale.values) for g in self.grades) > 1

    def _takes_digits(self, digit: str | None = None) -> Grade | LongGrade | None:
        """The scale that a digit (None: any) sets now: the one with the keyboard, else the first open one."""

        def fits(made: ScaleBase) -> bool:
            return digit is None or any(digit_of(made.scale, value) == digit for value in made.scale.values)

        label_now, focused = self._session.label, self.focusWidget()
        inside = [
            g for g in self.grades if focused is not None and focused.hasFocus() and g.isAncestorOf(focused)
        ]
        fitting = [g for g in self._with_digits() if fits(g)]
        if inside and fits(inside[0]):
            return inside[0]
        if label_now is None:
            return None
        unassessed = self._session.assessments.reasons
        open_ones = [
            g for g in fitting if g.scale.name not in label_now.grades and g.target not in unassessed
        ]
        return next(iter(open_ones or fitting), None)

    def by_digit(self, digit: str) -> bool:
        """Set the grade of this key: of the first scale not yet graded, else of the first one."""
        grade = self._takes_digits(digit) if self._session.label is not None else None
        if grade is None:
            return False
        value = next((value for value in grade.scale.values if digit_of(grade.scale, value) == digit), None)
        if value is None:
            return False
        self._session.set_grade(grade.scale.name, value)
        return True

    @property
    def long_scales(self) -> list[LongGrade]:
        """The scales whose values are found by typing."""
        return [made for made in self.grades if isinstance(made, LongGrade)]

    def find_value(self) -> bool:
        """Put the keyboard into the field of the first long scale that has no value, else of the next one."""
        fields = self.long_scales
        if not fields:
            return False
        at = next((at for at, made in enumerate(fields) if made.field.hasFocus()), None)
        if at is not None:
            chosen = fields[(at + 1) % len(fields)]
        else:
            chosen = next((made for made in fields if made.mine() is None), fields[0])
        chosen.take_focus()
        return True

    def focus_quality(self) -> bool:
        """Put the keyboard on the image quality: digits and arrows are its own then."""
        quality = [made for made in self.grades if made.scale.role == "quality"]
        if quality:
            quality[0].take_focus()
            self.refresh()
        return bool(quality)

    def focus_findings(self) -> bool:
        """Put the keyboard on the first finding that is not set: P, A, N and arrows work there."""
        if self.findings:
            next((one for one in self.findings if one.mine() is None), self.findings[0]).take_focus()
        return bool(self.findings)

    def quality_reasons(self) -> tuple[str, ...]:
        """Why the image could be rejected for its quality."""
        reasons = [made.reason_now() for made in self.grades if isinstance(made, Quality)]
        return tuple(reason for reason in reasons if reason)
