"""What was done to the current image: named steps, the newest first, what was undone above."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QListView, QSizePolicy, QWidget

from desktop.panels.widgets import column, heading, label
from desktop.session import Session
from desktop.theme import GRID, look

_ROOT = QModelIndex()
_LIMIT = 500
"""So many steps are listed; undo itself has no limit."""


class Steps(QAbstractListModel):
    """The steps as rows: undone ones (faded), the present one (bold), earlier ones, then the beginning."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._undone: list[str] = []
        self._done: list[str] = []

    @property
    def present(self) -> int:
        """The row of the present state."""
        return len(self._undone)

    def refresh(self) -> None:
        """Read the label's steps again."""
        current = self._session.label
        self.beginResetModel()
        self._undone = list(reversed(current.redo_texts[:_LIMIT])) if current is not None else []
        self._done = current.undo_texts[:_LIMIT] if current is not None else []
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """The steps and the beginning."""
        if parent.isValid() or self._session.label is None:
            return 0
        return len(self._undone) + len(self._done) + 1

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Text, weight and colour of a step."""
        at = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            steps = [*self._undone, *self._done]
            return steps[at] if at < len(steps) else "As it came"
        if role == Qt.ItemDataRole.FontRole and at == self.present:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and at < self.present:
            return look().color("text_disabled")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "undone" if at < self.present else "present state" if at == self.present else "done"
            return f"{self.data(index)}, {state}"
        return None


class HistoryPanel(QWidget):
    """The list of steps of the current image."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("History")
        self.model = Steps(session)
        self.list = QListView()
        self.list.setProperty("role", "plain")
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setAccessibleName("Steps of this image")
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.list.setMinimumHeight(10 * GRID)
        self.empty = label("Nothing is changed on this image yet.", "quiet", wrap=True)
        layout = column(self)
        layout.addWidget(heading("History"))
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addStretch(0)
        session.history_changed.connect(self.refresh)
        session.image_changed.connect(lambda _: self.refresh())
        look().changed.connect(self.refresh)
        self.refresh()

    def sizeHint(self) -> QSize:
        """Takes what is left."""
        return QSize(26 * GRID, 20 * GRID)

    def refresh(self) -> None:
        """Show the steps of the current label."""
        self.model.refresh()
        some = self.model.rowCount() > 1
        self.list.setVisible(some)
        self.empty.setVisible(not some)
        if some:
            self.list.scrollTo(self.model.index(self.model.present))
