"""The gallery's list model: the session's entries, in the rows that the filter in force gives. No copy."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.panels.status import mark_of
from desktop.session import Session
from desktop.state.entries import Entry

_ROOT = QModelIndex()
_FEW = 64
Index = QModelIndex | QPersistentModelIndex


class GalleryModel(QAbstractListModel):
    """Row -> entry. Which rows there are, `session.filtering` says; nothing in it moves by itself."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._filtering = session.filtering
        self._count = 0
        session.filtering.changed.connect(self._reset)
        session.entries_reset.connect(self._reset)
        session.entries_appended.connect(self._appended)
        session.entries_changed.connect(self._changed)
        session.thumbnail_ready.connect(lambda position: self._changed(position, position))
        self._reset()

    # --- Qt's questions

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return how many rows are shown."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what is shown, and what assistive software reads."""
        entry = self.entry(index.row()) if index.isValid() else None
        if entry is None:
            return None
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
        ):
            return self._words(entry, role)
        return None

    @staticmethod
    def _words(entry: Entry, role: int) -> str:
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        said = entry.problem or mark_of(entry.status).text
        return (
            f"{entry.title}, {said}"
            if role == Qt.ItemDataRole.AccessibleTextRole
            else f"{entry.title}\n{said}"
        )

    # --- rows and positions

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return self._filtering.narrowed

    def position(self, row: int) -> int:
        """Return the entry's position of a row."""
        return self._filtering.position(row)

    def entry(self, row: int) -> Entry | None:
        """Return the entry of a row: what the delegate draws (no detour through a QVariant)."""
        entries = self._session.entries
        position = self.position(row) if 0 <= row < self._count else -1
        # While a folder is being left the list is empty a moment before this model hears of it.
        return entries[position] if 0 <= position < len(entries) else None

    def row_of(self, position: int) -> int | None:
        """Return the row of a position, None when the filter leaves it out."""
        row = self._filtering.row_of(position)
        return row if row is not None and row < self._count else None

    # --- what the session says

    def _reset(self) -> None:
        self.beginResetModel()
        self._count = len(self._filtering)
        self.endResetModel()

    def _appended(self, first: int, count: int) -> None:
        """More images: at the end of the whole list; a filter or a sort asks again by itself."""
        if self._filtering.rows is not None:
            return
        self.beginInsertRows(_ROOT, first, first + count - 1)
        self._count += count
        self.endInsertRows()

    def _changed(self, first: int, last: int) -> None:
        """Repaint rows."""
        if self._count == 0:
            return
        if self._filtering.rows is None:
            top, bottom = first, min(last, self._count - 1)
        elif last - first < _FEW:
            rows = [row for one in range(first, last + 1) if (row := self.row_of(one)) is not None]
            if not rows:
                return
            top, bottom = min(rows), max(rows)
        else:
            top, bottom = 0, self._count - 1
        if 0 <= top <= bottom:
            self.dataChanged.emit(self.index(top), self.index(bottom))
