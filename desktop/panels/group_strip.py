"""The strip under the canvas: the other images of the group (the other eye, earlier visits, next frames)."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.gallery_delegate import draw_picture
from desktop.panels.status import mark_of
from desktop.panels.widgets import icon_button, label, styled
from desktop.session import Session
from desktop.theme import GRID, LABEL, look, set_icon

SIDE = 9 * GRID
"""Side of a thumbnail: 72 logical pixels."""
NEAR = 200
"""A group may be a whole folder: so many images before and after this one, and no more, are in the strip."""
NOBODY = np.empty(0, np.int32)
_WORDS = 2 * GRID
_CELL = QSize(SIDE + GRID, SIDE + _WORDS + GRID)
_SETTLE_MS = 40
_ROOT = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class GroupModel(QAbstractListModel):
    """The positions of one group, in the order of the folder."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.positions: list[int] = []

    def set_positions(self, positions: list[int]) -> None:
        """Show another group, or the same one grown."""
        if positions != self.positions:
            self.beginResetModel()
            self.positions = positions
            self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return how many images the group has."""
        return 0 if parent.isValid() else len(self.positions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return name and status."""
        entries = self._session.entries
        position = self.positions[index.row()] if index.isValid() else -1
        if not 0 <= position < len(entries):
            return None
        entry = entries[position]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            said = entry.problem or mark_of(entry.status).text
            here = ", shown now" if position == self._session.position else ""
            return f"{entry.title}, {said}{here}"
        return None


class _Painter(QStyledItemDelegate):
    """A thumbnail with its status and the end of its name; the current one is framed."""

    def __init__(self, session: Session, model: GroupModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All are equally large."""
        return _CELL

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one image of the group."""
        position, entries = self._model.positions[index.row()], self._session.entries
        if not 0 <= position < len(entries):
            return
        entry, theme = entries[position], look().theme
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        place = QRect(rect.left() + GRID // 2, rect.top() + GRID // 2, SIDE, SIDE)
        painter.save()
        picture = None if entry.problem else self._session.thumbnail(position)
        if picture is None or picture.isNull():
            painter.fillRect(place, theme.color("raised"))
            name, token = ("warning", "bad") if entry.problem else ("image", "text_disabled")
            icon = look().pixmap(name, token, 20, painter.device().devicePixelRatioF())
            painter.drawPixmap(place.center().x() - 9, place.center().y() - 9, icon)
        else:
            draw_picture(painter, place, picture)
        self._frame(painter, place, state, position == self._session.position)
        mark = mark_of(entry.status, entry.problem)
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(place.left(), place.bottom() + 4, look().pixmap(mark.icon, mark.token, 12, ratio))
        font = painter.font()
        font.setPixelSize(LABEL)
        painter.setFont(font)
        painter.setPen(theme.color("text_quiet"))
        words = QRect(place.left() + 16, place.bottom() + 1, SIDE - 16, _WORDS)
        text = entry.title.rpartition("/")[2]
        shortened = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideLeft, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shortened)
        painter.restore()

    @staticmethod
    def _frame(painter: QPainter, place: QRect, state: QStyle.StateFlag, current: bool) -> None:
        theme = look().theme
        focused = (
            state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange
        )
        if current:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
        elif focused or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(theme.color("text" if focused else "control_line"), 1))
            painter.drawRect(place.adjusted(0, 0, -1, -1))


class _Line(QListView):
    """One line of thumbnails; the wheel moves along it."""

    picked = Signal(int)
    beside = Signal(int)

    def __init__(self, session: Session, model: GroupModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(_Painter(session, model, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(_CELL.height())
        self.setAccessibleName("Images of the same group")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click goes there; with Ctrl, or the middle button, the image is wanted beside."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if not index.isValid():
            return
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.button() == Qt.MouseButton.MiddleButton or control:
            self.beside.emit(index.row())
        elif event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down go along the line and show the image; Home and End to its ends."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        row = self.currentIndex().row() + step
        if step and 0 <= row < self.model().rowCount():
            self.setCurrentIndex(self.model().index(row, 0))
            self.picked.emit(row)
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and self.currentIndex().isValid():
            self.picked.emit(self.currentIndex().row())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Move along."""
        turn = event.pixelDelta().x() or event.angleDelta().x() or event.angleDelta().y()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - turn)
        event.accept()


class GroupStrip(QWidget):
    """Hidden while the image stands alone; it can be folded to one line."""

    beside = Signal(int)
    """A position that a person wants beside the current image."""
    folded_changed = Signal(bool)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.folded = False
        styled(self, "panel")
        self.setAccessibleName("Same group")
        self.model = GroupModel(session)
        self.line = _Line(session, self.model)
        self.line.picked.connect(lambda row: session.go_to(self.model.positions[row]))
        self.line.beside.connect(lambda row: self.beside.emit(self.model.positions[row]))
        self.title = label("Same group", "label")
        self.count = label("", "label")
        self.fold = icon_button("chevron-down", "Fold or unfold the group", self.toggle)
        self._arrange()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.follow)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self._want)
        self.line.horizontalScrollBar().valueChanged.connect(lambda _: self._settled.start())
        session.image_changed.connect(lambda _: self._soon.start())
        session.entries_changed.connect(lambda *_: self._soon.start())
        session.entries_reset.connect(self.follow)
        session.filtering.facts_changed.connect(self._soon.start)
        session.thumbnail_ready.connect(self._repaint)
        look().changed.connect(self.line.viewport().update)
        self.hide()

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setContentsMargins(GRID, GRID // 2, 0, GRID // 2)
        words.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(GRID // 2)
        head.addWidget(self.fold)
        head.addWidget(self.title)
        words.addLayout(head)
        words.addWidget(self.count)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, GRID, 0)
        layout.setSpacing(GRID)
        layout.addLayout(words)
        layout.addWidget(self.line, 1)

    def toggle(self) -> None:
        """Fold or unfold."""
        self.set_folded(not self.folded)
        self.folded_changed.emit(self.folded)

    def set_folded(self, folded: bool) -> None:
        """Show one line only, or the thumbnails."""
        self.folded = folded
        self.line.setVisible(not folded)
        set_icon(self.fold, "chevron-right" if folded else "chevron-down", size=16)
        self.follow()

    def follow(self) -> None:
        """Show the group of the current image."""
        session = self._session
        entry = session.entry
        group = getattr(entry.row, "group", None) if entry is not None else None
        members = session.filtering.facts.group_members(group) if group is not None else NOBODY
        place = int(np.searchsorted(members, session.position))
        # Facts may come from the store a moment later than the image.
        alone = len(members) < 2 or place >= len(members) or members[place] != session.position
        self.setVisible(not alone)
        if alone:
            self.model.set_positions([])
            session.filtering.pictures.want("strip", [])
            return
        self.count.setText(f"{place + 1:,} of {len(members):,}")
        first = max(0, place // NEAR * NEAR - NEAR)
        self.model.set_positions(members[first : first + 3 * NEAR].tolist())
        index = self.model.index(place - first)
        self.line.setCurrentIndex(index)
        self.line.scrollTo(index)
        self.line.viewport().update()
        self._settled.start()

    def _want(self) -> None:
        if self.isHidden() or self.folded or not self.model.positions:
            self._session.filtering.pictures.want("strip", [])
            return
        first = max(self.line.horizontalScrollBar().value() // _CELL.width(), 0)
        shown = self.line.viewport().width() // _CELL.width() + 2
        self._session.filtering.pictures.want("strip", self.model.positions[first : first + shown])

    def _repaint(self, position: int) -> None:
        if position in self.model.positions:
            self.line.viewport().update()
