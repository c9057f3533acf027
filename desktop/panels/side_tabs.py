"""What stands below grades and layers in the right column, one tab at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from desktop.desk import Desk
from desktop.panels.history import HistoryPanel
from desktop.panels.measure import MeasurePanel
from desktop.panels.notes import NotesPanel
from desktop.panels.view_options import ViewOptions
from desktop.panels.widgets import column
from desktop.theme import GRID


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its id (kept in the settings), what it is called, and what makes its panel."""

    id: str
    title: str
    make: Callable[[Desk], QWidget]


# One line a tab, from left to right.
TABS: tuple[Tab, ...] = (
    Tab("notes", "Notes", lambda desk: NotesPanel(desk.session)),
    Tab("history", "History", lambda desk: HistoryPanel(desk.session)),
    Tab("view", "View", lambda desk: ViewOptions(desk.session)),
    Tab("measure", "Measure", MeasurePanel),
)


class SideTabs(QWidget):
    """A row of tabs above the panel of the one chosen."""

    chosen = Signal(str)

    def __init__(self, desk: Desk, tabs: tuple[Tab, ...] = TABS) -> None:
        super().__init__()
        self.panels: dict[str, QWidget] = {tab.id: tab.make(desk) for tab in tabs}
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        for tab in tabs:
            row.addWidget(self._button(tab), 1)
        layout = column(self)
        layout.addLayout(row)
        for panel in self.panels.values():
            layout.addWidget(panel, 1)
        self.show_tab(tabs[0].id)

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
            # Not a stack: that is as high as its highest page.
            for key, panel in self.panels.items():
                panel.setVisible(key == name)
            self.chosen.emit(name)
