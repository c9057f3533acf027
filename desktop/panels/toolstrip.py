"""The tools, one button each, between the gallery and the canvas."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from desktop.panels.widgets import line, styled
from desktop.qactions import Actions, hint_of
from desktop.theme import GRID, set_role
from desktop.tools.registry import GROUPS

AFTER_TOOLS = (("edit.undo", "edit.redo"), ("view.fit", "view.actual"))
_SIZES = ((1, 36), (1, 30), (2, 36), (2, 30), (3, 30))
"""Columns and side of a button; the first that fits the height is taken."""
_ROLES = {36: "strip", 30: "strip-low"}
_GAP = 2
_LINE = 9
"""What a line between two groups takes, its gaps included."""


class ToolStrip(QWidget):
    """Tools group by group (one is in the hand), then undo and redo, then the view.

    In a low window the buttons are smaller, or stand in two columns.
    """

    def __init__(self, actions: Actions, tools: list[str]) -> None:
        super().__init__()
        styled(self, "panel")
        self.setAccessibleName("Tools")
        groups = [[f"tool.{tool.name}" for tool in group] for group in GROUPS.values()]
        hints = {f"tool.{tool.name}": tool.hint for group in GROUPS.values() for tool in group}
        known = [[key for key in group if key in tools] for group in groups]
        known[-1] += [key for key in tools if not any(key in group for group in groups)]
        self.groups = [
            [_tool_button(actions, key, hints.get(key, "")) for key in group]
            for group in (*known, *AFTER_TOOLS)
            if group
        ]
        self._lines = [line() for _ in self.groups[1:]]
        self._size = (0, 0)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(GRID // 2, GRID // 2, GRID // 2, GRID // 2)
        self._grid.setSpacing(_GAP)
        self._arrange(*_SIZES[0])

    @property
    def columns(self) -> int:
        """So many columns the buttons stand in."""
        return self._size[0]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take another arrangement when the height asks for it."""
        super().resizeEvent(event)
        room = self.height()
        size = next((one for one in _SIZES if _height(self.groups, *one) <= room), _SIZES[-1])
        self._arrange(*size)

    def minimumSizeHint(self) -> QSize:
        """As low as the densest arrangement."""
        return QSize(self.width(), _height(self.groups, *_SIZES[-1]))

    def _arrange(self, columns: int, side: int) -> None:
        if (columns, side) == self._size:
            return
        self._size = (columns, side)
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
        while self._grid.takeAt(0):
            continue
        row = 0
        for at, group in enumerate(self.groups):
            if at:
                self._grid.setRowMinimumHeight(row, _LINE - 2 * _GAP)
                self._grid.addWidget(self._lines[at - 1], row, 0, 1, columns, Qt.AlignmentFlag.AlignVCenter)
                row += 1
            for number, button in enumerate(group):
                set_role(button, _ROLES[side])  # the style sheet has the size
                self._grid.addWidget(button, row + number // columns, number % columns)
            row += -(-len(group) // columns)
        self._grid.setRowStretch(row, 1)
        self.setFixedWidth(columns * side + (columns - 1) * _GAP + GRID)


def _height(groups: Sequence[Sequence[QToolButton]], columns: int, side: int) -> int:
    """What an arrangement needs, in logical pixels."""
    rows = sum(-(-len(group) // columns) for group in groups)
    return rows * (side + _GAP) + (len(groups) - 1) * _LINE + GRID


def _tool_button(actions: Actions, key: str, hint: str) -> QToolButton:
    made = QToolButton()
    made.setProperty("role", "strip")
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    action: QAction = actions[key]
    made.setDefaultAction(action)
    made.setIconSize(QSize(20, 20))
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setAccessibleName(action.text())
    made.setAccessibleDescription(hint)

    def tell() -> None:
        words = hint_of(actions.records[key])
        made.setToolTip(f"<p><b>{words}</b></p><p>{hint}</p>" if hint else words)

    # The button takes the action's own tip whenever the action changes: ours comes after it.
    action.changed.connect(tell)
    tell()
    return made
