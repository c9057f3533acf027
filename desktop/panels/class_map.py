"""What the model's classes, scales and findings are here: one choice each; what is not used is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget
from shiboken6 import isValid

from desktop.panels.metrics import counted
from desktop.panels.widgets import column, heading, label
from desktop.project.model_names import (
    Given,
    ModelNames,
    keep_given,
    read_given,
    read_names,
    value_order,
)
from desktop.theme import GRID
from inference.schema import Schema

if TYPE_CHECKING:
    from desktop.panels.models import ModelEntry
    from desktop.project.project import Project
    from desktop.session import Session

_CHOICE = 30 * GRID
NOT_USED = "not used here"
ALL_USED = "Everything that the model says is used."


class NamesPanel(QWidget):
    """One row for all that the model answers. A choice holds at once, for earlier predictions too."""

    def __init__(self, session: Session, project: Project, digest: str, said: Schema) -> None:
        super().__init__()
        self._session = session
        self._project = project
        self._digest = digest
        self._said = said
        self._given = Given()
        self.setAccessibleName("What the model's names mean here")
        self.note = label("", "quiet", wrap=True)
        self.choices: dict[tuple[str, str], QComboBox] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(GRID // 2)
        self._grid.setColumnStretch(2, 1)
        layout = column(self, spacing=GRID)
        layout.addWidget(heading("What its names mean here"))
        layout.addLayout(self._grid)
        layout.addWidget(self.note)
        session.project_changed.connect(self._read)
        self._read()

    def _read(self) -> None:
        if self._session.project is not self._project:
            return  # this panel goes with its project
        project, digest, said = self._project, self._digest, self._said

        def read() -> tuple[ModelNames, Given]:
            return read_names(project, digest, said), read_given(project, digest)

        self._session.run_behind(read, self._fill)

    def _fill(self, found: tuple[ModelNames, Given]) -> None:
        if not isValid(self):
            return  # the page shows another model by now
        names, self._given = found
        schema = self._project.schema
        sections = (
            ("class", self._said.active_classes, schema.active_classes, names.classes),
            ("scale", self._said.grades, schema.grades, names.scales),
            ("finding", self._said.findings, schema.findings, names.findings),
        )
        for kind, theirs, ours, mapped in sections:
            for one in theirs:
                combo = self.choices.get((kind, one.name)) or self._add(kind, one.name, one.label)
                combo.blockSignals(True)
                combo.clear()
                combo.addItem(NOT_USED, "")
                for mine in ours:
                    if kind != "scale" or self._fits(one.name, mine.name):
                        combo.addItem(mine.label, mine.name)
                combo.setCurrentIndex(max(combo.findData(mapped.get(one.name, "")), 0))
                combo.blockSignals(False)
        unused = sum(not combo.currentData() for combo in self.choices.values())
        said = f"{counted(unused, 'answer')} of the model {'is' if unused == 1 else 'are'} not used here."
        self.note.setText(said if unused else ALL_USED)

    def _fits(self, theirs: str, ours: str) -> bool:
        return value_order(self._said.scale(theirs), self._project.schema.scale(ours)) is not None

    def _add(self, kind: str, name: str, title: str) -> QComboBox:
        combo = QComboBox()
        combo.setFixedWidth(_CHOICE)
        combo.setAccessibleName(f"What the model's {kind} {title} is here")
        combo.activated.connect(lambda _at: self._choose(kind, name))
        at = len(self.choices)
        words = label(title)
        words.setToolTip(f"The model's {kind} “{name}”")
        self._grid.addWidget(words, at, 0)
        self._grid.addWidget(combo, at, 1)
        self.choices[(kind, name)] = combo
        return combo

    def _choose(self, kind: str, name: str) -> None:
        mine = str(self.choices[(kind, name)].currentData() or "")
        given = self._given
        if kind == "class":
            class_id = self._project.schema.class_named(mine).id if mine else None
            given = replace(given, classes={**given.classes, name: class_id})
        elif kind == "scale":
            given = replace(given, scales={**given.scales, name: mine})
        else:
            given = replace(given, findings={**given.findings, name: mine})
        self._given = given
        project, digest = self._project, self._digest

        def kept(_nothing: object) -> None:
            self._session.predicting.name_again()
            self._read()

        self._session.run_behind(lambda: keep_given(project, digest, given).result(), kept)


def names_panel(session: Session, entry: ModelEntry) -> QWidget | None:
    """Return the panel of a model, where a project is open that it answers for."""
    project, manifest = session.project, entry.manifest
    if project is None or manifest is None:
        return None
    return NamesPanel(session, project, entry.digest, manifest.schema)
