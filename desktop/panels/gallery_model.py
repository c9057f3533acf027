"""The gallery's list model: the session's entries, narrowed by text and status. It copies none."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.panels.status import mark_of
from desktop.session import Session
from desktop.state.entries import Entry

_ROOT = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class GalleryModel(QAbstractListModel):
    """Row -> entry. Without a filter rows are positions; with one, a sorted list of positions is between."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._text = ""
        self._status = ""
        self._rows: list[int] | None = None
        self._count = 0
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

    # --- the filter

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return self._rows is not None

    def set_filter(self, text: str, status: str) -> None:
        """Show only entries whose title holds the text and whose status ("" any, "broken" too) is this."""
        self.beginResetModel()
        self._text, self._status = text.strip().casefold(), status
        self._refill()
        self.endResetModel()

    def _refill(self) -> None:
        narrowed = bool(self._text or self._status)
        self._rows = list(self._matching(self._session.entries)) if narrowed else None
        self._count = len(self._session.entries) if self._rows is None else len(self._rows)

    def _matching(self, entries: Iterable[Entry]) -> Iterable[int]:
        text, status = self._text, self._status
        for entry in entries:
            if text and text not in entry.title.casefold():
                continue
            if not status or status == ("broken" if entry.problem else entry.status):
                yield entry.position

    # --- rows and positions

    def position(self, row: int) -> int:
        """Return the entry's position of a row."""
        return row if self._rows is None else self._rows[row]

    def entry(self, row: int) -> Entry | None:
        """Return the entry of a row: what the delegate draws (no detour through a QVariant)."""
        entries = self._session.entries
        position = self.position(row) if 0 <= row < self._count else -1
        # While a folder is being left the list is empty a moment before this model hears of it.
        return entries[position] if 0 <= position < len(entries) else None

    def row_of(self, position: int) -> int | None:
        """Return the row of a position, None when the filter leaves it out."""
        if self._rows is None:
            return position if 0 <= position < self._count else None
        at = bisect_left(self._rows, position)
        return at if at < len(self._rows) and self._rows[at] == position else None

    # --- what the session says

    def _reset(self) -> None:
        self.beginResetModel()
        self._refill()
        self.endResetModel()

    def _appended(self, first: int, count: int) -> None:
        if self._rows is None:
            fresh = count
        else:
            entries = self._session.entries
            more = list(self._matching(entries[at] for at in range(first, first + count)))
            fresh = len(more)
        if not fresh:
            return
        self.beginInsertRows(_ROOT, self._count, self._count + fresh - 1)
        if self._rows is not None:
            self._rows += more
        self._count += fresh
        self.endInsertRows()

    def _changed(self, first: int, last: int) -> None:
        """Repaint rows. What no longer fits a filter stays until the filter is set again: nothing jumps."""
        if self._rows is None:
            top, bottom = first, min(last, self._count - 1)
        else:
            top, bottom = bisect_left(self._rows, first), bisect_left(self._rows, last + 1) - 1
        if 0 <= top <= bottom:
            self.dataChanged.emit(self.index(top), self.index(bottom))
