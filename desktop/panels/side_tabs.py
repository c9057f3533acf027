"""What stands below grades and layers in the right column, one tab at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from desktop.desk import Desk
from desktop.later import Later
from desktop.panels.widgets import column
from desktop.theme import GRID


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its id (kept in the settings), what it is called, and what makes its panel."""

    id: str
    title: str
    make: Callable[[Desk], QWidget]


def _notes(desk: Desk) -> QWidget:
    from desktop.panels.notes import NotesPanel

    return NotesPanel(desk.session)


def _history(desk: Desk) -> QWidget:
    from desktop.panels.history import HistoryPanel

    return HistoryPanel(desk.session)


def _view(desk: Desk) -> QWidget:
    from desktop.panels.view_options import ViewOptions

    return ViewOptions(desk.session)


def _measure(desk: Desk) -> QWidget:
    from desktop.panels.measure import MeasurePanel

    return MeasurePanel(desk)


# One line a tab, from left to right.
TABS: tuple[Tab, ...] = (
    Tab("notes", "Notes", _notes),
    Tab("history", "History", _history),
    Tab("view", "View", _view),
    Tab("measure", "Measure", _measure),
)


class SideTabs(QWidget):
    """A row of tabs above the panel of the one chosen. A panel is made when it is first shown."""

    chosen = Signal(str)

    def __init__(self, desk: Desk, tabs: tuple[Tab, ...] = TABS) -> None:
        super().__init__()
        self._desk = desk
        self.panels: Later[QWidget] = Later({tab.id: partial(self._make, tab) for tab in tabs})
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        for tab in tabs:
            row.addWidget(self._button(tab), 1)
        self._column = column(self)
        self._column.addLayout(row)
        wanted = desk.settings["view.side_tab"]
        self.show_tab(wanted if wanted in self.panels else tabs[0].id)

    def _make(self, tab: Tab) -> QWidget:
        panel = tab.make(self._desk)
        panel.hide()
        self._column.addWidget(panel, 1)
        return panel

    def _button(self, tab: Tab) -> QToolButton:
        made = QToolButton()
        made.setProperty("role", "tab")
        # The column is narrow: the tabs share its width, whatever they are called.
        made.setProperty("narrow", True)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        made.setText(tab.title)
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setAccessibleName(f"{tab.title} tab")
        made.clicked.connect(lambda: self.show_tab(tab.id))
        self._group.addButton(made)
        self.buttons[tab.id] = made
        return made

    @property
    def current(self) -> str:
        """The id of the tab shown."""
        return next(name for name, button in self.buttons.items() if button.isChecked())

    def show_tab(self, name: str) -> None:
        """Show a tab's panel; a name that there is not (an older version's) changes nothing."""
        if name in self.panels:
            self.buttons[name].setChecked(True)
            panel = self.panels[name]
            # Not a stack: that is as high as its highest page.
            for one in self.panels.made.values():
                one.setVisible(one is panel)
            self.chosen.emit(name)
