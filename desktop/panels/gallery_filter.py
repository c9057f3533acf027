"""The filter's panel: every condition as a control, each applied as soon as it is set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from desktop.panels.choices import Bounds, ManyChoice
from desktop.panels.gallery_words import NOT_GRADED, NOT_SET
from desktop.panels.status import MARKS
from desktop.panels.widgets import Elided, SearchField, button, column, row
from desktop.project.filter import SPLITS, ClassIs, FilterError, FindingIs, GradeIs, Span
from desktop.project.label import FINDING_STATES
from desktop.session import Session
from desktop.theme import GRID

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHERE = {"shown": "as shown", "label": "in the label", "prediction": "in the prediction"}
_LABEL_WIDTH = 9 * GRID


class FilterPanel(QWidget):
    """Rows of controls: status, grades, findings, classes, area, doubt, disagreement, group."""

    problem = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._filtering = session.filtering
        self.setAccessibleName("Filter")
        self._grades: dict[str, ManyChoice] = {}
        self._findings: dict[str, ManyChoice] = {}
        self._classes: dict[int, ManyChoice] = {}
        self._body = QWidget()
        self._rows = QGridLayout(self._body)
        self._rows.setContentsMargins(GRID, 0, GRID, GRID)
        self._rows.setHorizontalSpacing(GRID)
        self._rows.setVerticalSpacing(GRID // 2)
        self._rows.setColumnStretch(1, 1)
        self._rows.setColumnMinimumWidth(0, _LABEL_WIDTH)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._body.setProperty("role", "panel")
        scroll.setWidget(self._body)
        layout = column(self, spacing=0)
        layout.addWidget(self._saved_row())
        layout.addWidget(scroll, 1)
        self._fixed_controls()
        self.rebuild()
        session.project_changed.connect(self.rebuild)
        self._filtering.asked.connect(self.follow)
        self._filtering.saved_changed.connect(self._list_saved)
        self._filtering.facts_changed.connect(self._offer_readers)

    # ---- made once

    def _fixed_controls(self) -> None:
        self.status: ManyChoice = self._many("Status", lambda: self._set(statuses=self.status.values()))
        self.status.offer({status: mark.text for status, mark in MARKS.items()})
        self.where = QComboBox()
        self.where.setAccessibleName("Look for classes")
        self.where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for value, text in _WHERE.items():
            self.where.addItem(text, value)
        self.where.activated.connect(lambda _: self._classes_set())
        self.area_of = QComboBox()
        self.area_of.setAccessibleName("Area of the class")
        self.area_of.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.area_of.activated.connect(lambda _: self._show_area())
        self.area = Bounds("Area in per cent of the image", 100.0, 0.1, suffix=" %")
        self.area.changed.connect(self._classes_set)
        self.doubt = Bounds("Doubt of the model", 1.0, 0.05)
        self.doubt.changed.connect(lambda: self._set(uncertainty=_span(self.doubt)))
        self.disagreement = Bounds("Disagreement of label and model", 1.0, 0.05)
        self.disagreement.changed.connect(lambda: self._set(disagreement=_span(self.disagreement)))
        self.split: ManyChoice = self._many("Split", lambda: self._set(splits=self.split.values()))
        self.split.offer({one: one for one in SPLITS})
        self.reader: ManyChoice = self._many("Reader", lambda: self._set(readers=self.reader.values()))
        self.notes: ManyChoice = self._many(
            "Notes", lambda: self._set(comments=_only(self.notes)), single=True
        )
        self.notes.offer({True: "with notes", False: "without"})
        self.group = button("This one's", self._same_group)
        self.group.setAccessibleName("Group of the current image")
        self.group.setToolTip("Show only the images of the current image's group")

    def _many(self, name: str, changed: Any, *, single: bool = False) -> ManyChoice:
        made = ManyChoice(name, single=single)
        made.chosen.connect(changed)
        return made

    def _saved_row(self) -> QWidget:
        self.saved = QToolButton()
        self.saved.setText("Saved")
        self.saved.setProperty("role", "menu")
        self.saved.setAccessibleName("Saved filters")
        self.saved.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.saved.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.saved.setMenu(QMenu(self.saved))
        self.name = SearchField()
        self.name.setPlaceholderText("Save as …")
        self.name.setAccessibleName("Name to save this filter under, then Enter")
        self.name.returnPressed.connect(self._save)
        holder = QWidget()
        line = row(self.saved, self.name, spacing=GRID // 2, stretch=1)
        line.setContentsMargins(GRID, 0, GRID, GRID)
        holder.setLayout(line)
        self._list_saved()
        return holder

    # ---- made for the schema

    def rebuild(self) -> None:
        """Lay the rows out for the project's scales, findings and classes."""
        schema = self._session.schema
        kept = (self.status, self.where, self.area_of, self.area, self.doubt, self.disagreement, self.split)
        for widget in (*kept, self.reader, self.notes, self.group):
            widget.setParent(None)
        while item := self._rows.takeAt(0):
            if (gone := item.widget()) is not None:
                gone.setParent(None)
                gone.deleteLater()
        self._add("Status", self.status)
        self._grades = {one.name: self._grade(one.name, one.values) for one in schema.grades}
        self._findings = {one.name: self._finding(one.name) for one in schema.findings}
        for scale in schema.grades:
            self._add(scale.title or scale.name, self._grades[scale.name])
        for finding in schema.findings:
            self._add(finding.title or finding.name, self._findings[finding.name])
        self._classes = {}
        self._class_rows()
        self._add("Doubt", self.doubt, "How much the model doubts what it says: 0 sure, 1 cannot tell")
        self._add("Disagrees", self.disagreement, "1 - Dice between label and prediction, all classes pooled")
        self._add("Split", self.split)
        self._add("Reader", self.reader, "Who has begun with the image")
        self._add("Notes", self.notes)
        self._add("Group", self.group)
        self._offer_readers()
        self.follow()

    def _class_rows(self) -> None:
        classes = self._session.schema.active_classes
        if not classes:
            return
        self._add("Masks", self.where, "Which masks the conditions about classes read")
        for one in classes:
            made = self._many(one.name, self._classes_set, single=True)
            made.offer({True: "present", False: "absent"})
            self._classes[one.id] = made
            self._add(one.name, made, one.title)
        self.area_of.clear()
        for one in classes:
            self.area_of.addItem(one.name, one.id)
        self._add("Area of", self.area_of)
        self._add("", self.area)

    def _grade(self, scale: str, values: Sequence[str]) -> ManyChoice:
        made = self._many(scale, self._grades_set)
        made.offer({**{value: value for value in values}, None: NOT_GRADED})
        return made

    def _finding(self, name: str) -> ManyChoice:
        made = self._many(name, self._findings_set)
        made.offer({**{state: state for state in FINDING_STATES}, None: NOT_SET})
        return made

    def _add(self, text: str, control: QWidget, tip: str = "") -> None:
        at = self._rows.rowCount()
        said = Elided(text, mode=Qt.TextElideMode.ElideRight)
        said.setProperty("role", "quiet")
        said.setFixedWidth(_LABEL_WIDTH)
        if tip:
            said.setToolTip(tip)
            control.setToolTip(tip)
        self._rows.addWidget(said, at, 0)
        self._rows.addWidget(control, at, 1)
        control.show()

    # ---- what a person sets

    def _set(self, **changes: Any) -> None:
        self._filtering.set(replace(self._filtering.filter, **changes))

    def _grades_set(self) -> None:
        chosen = ((name, made.values()) for name, made in self._grades.items())
        self._set(grades=tuple(GradeIs(name, values) for name, values in chosen if values))  # type: ignore[arg-type]

    def _findings_set(self) -> None:
        chosen = ((name, made.values()) for name, made in self._findings.items())
        self._set(findings=tuple(FindingIs(name, states) for name, states in chosen if states))  # type: ignore[arg-type]

    def _classes_set(self) -> None:
        where = self.where.currentData()
        held = {one.class_id: one for one in self._filtering.filter.classes}
        area_of = self.area_of.currentData()
        found = []
        for class_id, made in self._classes.items():
            before = held.get(class_id)
            area = before.area if before is not None else Span()
            try:
                area = _percent(self.area) if class_id == area_of else area
            except FilterError as error:
                self.problem.emit(str(error))
            present: Any = _only(made)
            if present is not None or area != Span():
                found.append(ClassIs(class_id, present, area, where))
        self._set(classes=tuple(found))

    def _same_group(self) -> None:
        entry = self._session.entry
        group = getattr(entry.row, "group", None) if entry is not None else None
        if group is None:
            self.problem.emit("This image has no group yet; it is still being indexed.")
        else:
            self._set(groups=(group,))

    # ---- what is in force

    def follow(self) -> None:
        """Show the filter in force."""
        wanted = self._filtering.filter
        self.status.show_values(wanted.statuses)
        grades = {one.scale: one.values for one in wanted.grades}
        findings = {one.finding: one.states for one in wanted.findings}
        for name, made in self._grades.items():
            made.show_values(grades.get(name, ()))
        for name, made in self._findings.items():
            made.show_values(findings.get(name, ()))
        classes = {one.class_id: one for one in wanted.classes}
        for class_id, made in self._classes.items():
            one = classes.get(class_id)
            made.show_values(() if one is None or one.present is None else (one.present,))
        if wanted.classes:
            self.where.setCurrentIndex(self.where.findData(wanted.classes[0].where))
        self._show_area()
        for box, span in ((self.doubt, wanted.uncertainty), (self.disagreement, wanted.disagreement)):
            box.show_values(*((span.low, span.high) if span is not None else (None, None)))
        self.split.show_values(wanted.splits)
        self.reader.show_values(wanted.readers)
        self.notes.show_values(() if wanted.comments is None else (wanted.comments,))

    def _show_area(self) -> None:
        held = {one.class_id: one.area for one in self._filtering.filter.classes}
        area = held.get(self.area_of.currentData(), Span())
        self.area.show_values(*(None if one is None else one * 100 for one in (area.low, area.high)))

    def _offer_readers(self) -> None:
        readers = self._filtering.readers
        if self.reader.offered() != readers:
            self.reader.offer({one: one for one in readers})
            self.reader.show_values(self._filtering.filter.readers)

    # ---- saved filters

    def _save(self) -> None:
        try:
            self._filtering.save(self.name.text())
        except FilterError as error:
            self.problem.emit(str(error))
            return
        self.name.clear()

    def _list_saved(self) -> None:
        menu = self.saved.menu()
        menu.clear()
        saved = self._filtering.saved
        self.saved.setEnabled(bool(saved))
        for one in saved:
            menu.addAction(one.name).triggered.connect(
                lambda _on=False, kept=one: self._filtering.set(kept.filter, kept.sort)
            )
        if saved:
            menu.addSeparator()
            forget = menu.addMenu("Delete")
            for one in saved:
                forget.addAction(one.name).triggered.connect(
                    lambda _on=False, kept=one: self._filtering.forget(kept.name)
                )


def _only(choice: ManyChoice) -> object:
    return next(iter(choice.values()), None)


def _span(bounds: Bounds) -> Span | None:
    low, high = bounds.values()
    if low is None and high is None:
        return None
    # Whoever raises the lower bound above the other means both.
    return Span(low, high if high is None or low is None else max(low, high))


def _percent(bounds: Bounds) -> Span:
    span = _span(bounds)
    if span is None:
        return Span()
    return Span(*(None if one is None else one / 100 for one in (span.low, span.high)))
