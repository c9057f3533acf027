"""The tools, one button each, between the gallery and the canvas."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from desktop.panels.widgets import line, styled
from desktop.qactions import Actions
from desktop.theme import GRID

AFTER_TOOLS = ("edit.undo", "edit.redo", "-", "view.fit", "view.actual")


class ToolStrip(QWidget):
    """Tools (one is in the hand), then undo and redo, then the view."""

    def __init__(self, actions: Actions, tools: list[str]) -> None:
        super().__init__()
        styled(self, "panel")
        self.setFixedWidth(6 * GRID)
        self.setAccessibleName("Tools")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(GRID // 2, GRID, GRID // 2, GRID)
        self._column.setSpacing(GRID // 2)
        for key in (*tools, "-", *AFTER_TOOLS):
            self._column.addWidget(line() if key == "-" else _tool_button(actions, key))
        self._column.addStretch(1)


def _tool_button(actions: Actions, key: str) -> QToolButton:
    made = QToolButton()
    made.setProperty("role", "tool")
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    made.setDefaultAction(actions[key])
    made.setIconSize(QSize(20, 20))
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setAccessibleName(actions[key].text())
    return made
