"""The cheat sheet: every action and its keys, over the desk, closed by the same key or Escape."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.actions.record import Action
from desktop.panels.widgets import column, icon_button, label, styled
from desktop.qactions import shown
from desktop.theme import GRID

_COLUMNS = (("Review", "Values"), ("Tools", "Classes"), ("View", "Project", "Window"))


class KeySheet(QFrame):
    """All keys by section. Lies over its parent; not a dialog, takes no keys itself."""

    def __init__(self, parent: QWidget, actions: Iterable[Action]) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName("Keys")
        self.sections = _sections(actions)
        self._scroll: QScrollArea | None = None
        self.hide()

    def _fill(self) -> QScrollArea:
        """Make what is inside: at the first look, for the start has no time for it."""
        inner = QWidget()
        styled(inner, "panel")
        columns = QHBoxLayout(inner)
        columns.setContentsMargins(3 * GRID, GRID, 3 * GRID, 2 * GRID)
        columns.setSpacing(5 * GRID)
        for names in _COLUMNS:
            columns.addLayout(self._column(names))
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        head = QHBoxLayout()
        head.setContentsMargins(3 * GRID, GRID, GRID, 0)
        head.addWidget(label("Keys", "heading"))
        head.addStretch(1)
        head.addWidget(icon_button("cross", "Close (?)", self.hide))
        layout = column(self, margin=1, spacing=0)
        layout.addLayout(head)
        layout.addWidget(scroll)
        return scroll

    def _column(self, names: tuple[str, ...]) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setSpacing(GRID)
        for name in names:
            layout.addWidget(label(name, "label"))
            grid = QGridLayout()
            grid.setHorizontalSpacing(2 * GRID)
            grid.setVerticalSpacing(GRID // 2)
            grid.setColumnStretch(0, 1)
            for at, (text, keys) in enumerate(self.sections.get(name, ())):
                grid.addWidget(label(text), at, 0)
                cell = QHBoxLayout()
                cell.setSpacing(GRID // 2)
                cell.addStretch(1)
                for key in keys:
                    cell.addWidget(label(key, "key"))
                grid.addLayout(cell, at, 1)
            layout.addLayout(grid)
            layout.addSpacing(GRID)
        layout.addStretch(1)
        return layout

    def toggle(self) -> None:
        """Show the sheet in the middle of its parent, or hide it."""
        if self._scroll is None:
            self._scroll = self._fill()
        self.setVisible(self.isHidden())
        self.place()

    def place(self) -> None:
        """Keep the sheet in the middle of its parent and inside it."""
        parent = self.parentWidget()
        if parent is None or self._scroll is None or self.isHidden():
            return
        inner = self._scroll.widget()
        body = inner.sizeHint() if inner is not None else parent.size()
        width = min(body.width() + 4 * GRID, parent.width() - 4 * GRID)
        height = min(body.height() + 7 * GRID, parent.height() - 4 * GRID)
        self.setGeometry((parent.width() - width) // 2, (parent.height() - height) // 2, width, height)
        self.raise_()


def _sections(actions: Iterable[Action]) -> dict[str, list[tuple[str, list[str]]]]:
    """Return text and keys of the actions that have any, by section; digit keys are one line."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for action in actions:
        if not action.shortcuts or action.id.startswith(("grade.", "class.")):
            continue
        keys = list(dict.fromkeys(shown(one) for one in action.shortcuts))
        found.setdefault(action.section, []).append((action.text, keys))
    found.setdefault("Values", []).append(("Set the grade", ["0", "…", "9"]))
    found.setdefault("Classes", []).append(("Select a class", ["Ctrl+1", "…", "Ctrl+9"]))
    found.setdefault("Tools", []).append(("Move the image while held", ["Space"]))
    return found
