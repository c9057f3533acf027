"""The gallery's list or grid: draws only what is in sight, and knows which images are chosen."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView

from desktop.panels.gallery_delegate import CELL_SIDES, ROW, GalleryDelegate
from desktop.panels.gallery_model import GalleryModel
from desktop.panels.uniform_view import UniformView
from desktop.session import Session

_SETTLE_MS = 40
_MOVES: Final = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)
_CHOOSING: Final = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
_Select = QItemSelectionModel.SelectionFlag


class GalleryList(UniformView):
    """Rows or cells; asks the session for the thumbnails in sight.

    A click goes to an image. Shift and Ctrl choose several, as does Shift with the arrows; Ctrl+A takes all.
    """

    picked = Signal(int)
    """A row that a person goes to."""
    beside = Signal(int)
    """A row that a person wants beside the current image (middle button)."""
    chosen_changed = Signal()
    """`chosen` is another set."""
    menu_wanted = Signal(QPoint)
    """A context menu is asked for at a point of the screen."""
    resized_by = Signal(int)
    """The thumbnails shall be larger (1) or smaller (-1): Ctrl and the wheel."""

    def __init__(self, session: Session, model: GalleryModel) -> None:
        super().__init__()
        self._session = session
        self._model = model
        self.setModel(model)
        self.painter_ = GalleryDelegate(session, model, self)
        self.setItemDelegate(self.painter_)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Images")
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self.want_visible)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._settled.start())
        for signal in (model.rowsInserted, model.modelReset):
            signal.connect(lambda *_: self._settled.start())
        model.modelReset.connect(self.scheduleDelayedItemsLayout)
        model.modelReset.connect(self._chosen_changed)
        self.selectionModel().selectionChanged.connect(lambda *_: self._chosen_changed())

    # ---- list or grid

    def show_list(self) -> None:
        """Show rows."""
        self.painter_.side = 0
        self.set_cell(QSize(1, ROW), side_by_side=False)
        self._settled.start()

    def show_grid(self, size: int) -> None:
        """Show cells; ``size`` is the place of their side in CELL_SIDES."""
        self.painter_.side = CELL_SIDES[size]
        self.set_cell(self.painter_.cell(), side_by_side=True)
        self._settled.start()

    # ---- what is in sight

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for what came into sight; the current image stays in sight."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
        self._settled.start()

    def want_visible(self) -> None:
        """Ask for the thumbnails in sight."""
        positions = [self._model.position(row) for row in self.rows_in_sight()]
        self._session.filtering.pictures.want("gallery", positions)

    # ---- what is chosen

    @property
    def many(self) -> bool:
        """Whether several images are chosen."""
        return self.painter_.many

    def chosen(self) -> NDArray[np.int32]:
        """Return the positions of the chosen images, in the order of the list."""
        rows = np.zeros(self._model.rowCount(), np.bool_)
        for part in self._parts():
            rows[part.top() : part.bottom() + 1] = True
        chosen = np.flatnonzero(rows)
        shown = self._session.filtering.rows
        return (chosen if shown is None else shown[chosen]).astype(np.int32)

    def _parts(self) -> list[QItemSelectionRange]:
        selection = self.selectionModel().selection()
        return [selection.at(at) for at in range(selection.count())]

    def chosen_count(self) -> int:
        """Return how many images are chosen, without listing them."""
        parts = self._parts()
        if len(parts) == 1:
            return int(parts[0].bottom() - parts[0].top() + 1)
        return len(self.chosen())

    def _chosen_changed(self) -> None:
        self.painter_.many = self.chosen_count() > 1
        self.viewport().update()
        self.chosen_changed.emit()

    def choose_none(self) -> None:
        """Choose only the current image."""
        current = self.currentIndex()
        if current.isValid():
            self.selectionModel().setCurrentIndex(current, _Select.ClearAndSelect)
        else:
            self.clearSelection()

    def choose_all(self) -> None:
        """Choose every image of the list."""
        last = self._model.rowCount() - 1
        if last >= 0:
            whole = QItemSelection(self._model.index(0), self._model.index(last))
            self.selectionModel().select(whole, _Select.ClearAndSelect)

    def show_current(self, row: int | None) -> None:
        """Mark the current image's row and bring it into sight; several chosen ones stay chosen."""
        if row is None:
            self.viewport().update()
            return
        index = self._model.index(row)
        flag = _Select.NoUpdate if self.many else _Select.ClearAndSelect
        self.selectionModel().setCurrentIndex(index, flag)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        self.viewport().update()

    # ---- hands

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A plain click goes to the image; the middle button asks for it beside."""
        index = self.indexAt(event.position().toPoint())
        super().mouseReleaseEvent(event)
        if not index.isValid():
            return
        if event.button() == Qt.MouseButton.MiddleButton:
            self.beside.emit(index.row())
        elif event.button() == Qt.MouseButton.LeftButton and not event.modifiers() & _CHOOSING:
            self._go(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The right button asks about what is chosen: on an image that is not, about that one alone."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.RightButton:
            if index.isValid() and not self.selectionModel().isSelected(index):
                self.selectionModel().select(index, _Select.ClearAndSelect)
            event.accept()
            return
        if event.button() != Qt.MouseButton.MiddleButton:
            super().mousePressEvent(event)

    def _go(self, index: QModelIndex) -> None:
        self.picked.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows go from image to image; with Shift they choose."""
        super().keyPressEvent(event)
        moves = event.key() in _MOVES and not event.modifiers() & _CHOOSING
        if moves and self.currentIndex().isValid():
            self._go(self.currentIndex())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl the thumbnails of the grid become larger or smaller."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.painter_.side:
            self.resized_by.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the chosen images, by the right button or the menu key."""
        self.menu_wanted.emit(event.globalPos())
