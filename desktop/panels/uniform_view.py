"""A view of equally large items, in a list or a grid: every question is arithmetic, whatever their number.

`QListView` asks the model about each of 100,000 rows whenever it lays them out, which takes half a second.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyle, QStyleOptionViewItem

Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction
_Hint = QAbstractItemView.ScrollHint


class UniformView(QAbstractItemView):
    """Items of one size, in reading order: one to a line, or as many as fit side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._cell = QSize(1, 64)
        self._many = False
        self._hovered = -1
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)

    def set_cell(self, cell: QSize, *, side_by_side: bool) -> None:
        """Lay out items of this size; one to a line they are as wide as the view. The top one stays there."""
        first = self.rows_in_sight().start
        self._cell, self._many = cell, side_by_side
        self.updateGeometries()
        self.scrollTo(self.model().index(first, 0), _Hint.PositionAtTop)
        self.viewport().update()

    # ---- arithmetic

    @property
    def columns(self) -> int:
        """How many items stand side by side."""
        return max(1, self.viewport().width() // self._cell.width()) if self._many else 1

    def _count(self) -> int:
        model = self.model()
        return model.rowCount() if model is not None else 0

    def rows_in_sight(self) -> range:
        """Return the rows of which something is in sight."""
        top, high = self.verticalScrollBar().value(), self._cell.height()
        lines = range(top // high, (top + self.viewport().height() - 1) // high + 1)
        count = self._count()
        return range(min(lines.start * self.columns, count), min(lines.stop * self.columns, count))

    def row_rect(self, row: int) -> QRect:
        """Return where a row is drawn, in the viewport."""
        line, column = divmod(row, self.columns)
        top = line * self._cell.height() - self.verticalScrollBar().value()
        if not self._many:
            return QRect(0, top, self.viewport().width(), self._cell.height())
        return QRect(QPoint(column * self._cell.width(), top), self._cell)

    def _row_at(self, point: QPoint) -> int:
        """Return the row at or next to a point, at most the last one; -1 when there is none."""
        line = max((point.y() + self.verticalScrollBar().value()) // self._cell.height(), 0)
        column = min(max(point.x() // self._cell.width(), 0), self.columns - 1) if self._many else 0
        return min(line * self.columns + column, self._count() - 1)

    # ---- what QAbstractItemView asks

    def visualRect(self, index: Index) -> QRect:  # noqa: N802 - Qt's names
        """Return where an item is drawn."""
        return self.row_rect(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:  # noqa: N802
        """Return the item under a point; an invalid index where there is none."""
        row = self._row_at(point)
        if row >= 0 and self.row_rect(row).contains(point):
            return self.model().index(row, 0)
        return QModelIndex()

    def scrollTo(self, index: Index, hint: QAbstractItemView.ScrollHint = _Hint.EnsureVisible) -> None:  # noqa: N802
        """Bring an item into sight."""
        if not index.isValid():
            return
        self.executeDelayedItemsLayout()
        bar, rect, high = self.verticalScrollBar(), self.visualRect(index), self.viewport().height()
        if hint == _Hint.PositionAtTop:
            bar.setValue(bar.value() + rect.top())
        elif hint == _Hint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - high // 2)
        elif rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() >= high:
            bar.setValue(bar.value() + rect.bottom() + 1 - high)

    def moveCursor(  # noqa: N802
        self, action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Return the item that an arrow, a page key, Home or End leads to."""
        count, row = self._count(), self.currentIndex().row()
        if not count:
            return QModelIndex()
        page = max(self.viewport().height() // self._cell.height(), 1) * self.columns
        steps = {
            _Move.MoveUp: -self.columns, _Move.MoveDown: self.columns, _Move.MoveLeft: -1, _Move.MoveRight: 1,
            _Move.MovePrevious: -1, _Move.MoveNext: 1, _Move.MovePageUp: -page, _Move.MovePageDown: page,
            _Move.MoveHome: -count, _Move.MoveEnd: count,
        }  # fmt: skip
        there = max(row, 0) + steps.get(action, 0)
        if abs(steps.get(action, 0)) == self.columns and not 0 <= there < count:
            there = row  # there is no line above or below
        return self.model().index(min(max(there, 0), count - 1), 0)

    def horizontalOffset(self) -> int:  # noqa: N802
        """Nothing is ever moved sideways."""
        return 0

    def verticalOffset(self) -> int:  # noqa: N802
        """Return how far it is scrolled down, in pixels."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, _index: Index) -> bool:  # noqa: N802
        """No item is hidden."""
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:  # noqa: N802
        """Select, in reading order, from the item at one corner to the one at the other."""
        ends = sorted((self._row_at(rect.topLeft()), self._row_at(rect.bottomRight())))
        if ends[0] >= 0:
            model = self.model()
            chosen = QItemSelection(model.index(ends[0], 0), model.index(ends[1], 0))
            self.selectionModel().select(chosen, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:  # noqa: N802
        """Return where selected items are in sight: all of the view, when any is."""
        sight = self.rows_in_sight()
        for at in range(selection.count()):
            part = selection.at(at)
            if part.top() < sight.stop and part.bottom() >= sight.start:
                return QRegion(self.viewport().rect())
        return QRegion()

    def updateGeometries(self) -> None:  # noqa: N802
        """Give the scroll bar its range."""
        lines = -(-self._count() // self.columns)
        bar, high = self.verticalScrollBar(), self.viewport().height()
        bar.setSingleStep(self._cell.height() // 2)
        bar.setPageStep(high)
        bar.setRange(0, max(lines * self._cell.height() - high, 0))
        super().updateGeometries()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:  # noqa: N802
        """There is more to scroll."""
        super().rowsInserted(parent, start, end)
        self.scheduleDelayedItemsLayout()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew: lines and their number follow from the size."""
        super().resizeEvent(event)
        self.updateGeometries()

    # ---- paint and pointer

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the items in sight, and none else."""
        painter = QPainter(self.viewport())
        delegate, selection, current = self.itemDelegate(), self.selectionModel(), self.currentIndex().row()
        plain = QStyleOptionViewItem()
        self.initViewItemOption(plain)
        for row in self.rows_in_sight():
            rect = self.row_rect(row)
            if not rect.intersects(event.rect()):
                continue
            index, option = self.model().index(row, 0), QStyleOptionViewItem(plain)
            option.rect = rect
            state = plain.state
            state &= ~QStyle.StateFlag.State_HasFocus
            if selection is not None and selection.isSelected(index):
                state |= QStyle.StateFlag.State_Selected
            if row == self._hovered:
                state |= QStyle.StateFlag.State_MouseOver
            if row == current and self.hasFocus():
                state |= QStyle.StateFlag.State_HasFocus
            option.state = state
            delegate.paint(painter, option, index)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            for one in (self._hovered, row):
                if one >= 0:
                    self.viewport().update(self.row_rect(one))
            self._hovered = row

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what is pointed at."""
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    def leaveEvent(self, event: object) -> None:
        """Nothing is pointed at."""
        self._hover(-1)
        super().leaveEvent(event)  # type: ignore[arg-type]
