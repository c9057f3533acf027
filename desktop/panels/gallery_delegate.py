"""How one image of the gallery is drawn: as a row of the list, or as a cell of the grid."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.panels.gallery_model import GalleryModel
from desktop.panels.status import mark_of
from desktop.session import Session
from desktop.state.entries import Entry
from desktop.theme import GRID, LABEL, look

ROW = 8 * GRID
THUMB = QSize(7 * GRID, 6 * GRID)
CELL_SIDES = (88, 128, 184)
"""Thumbnail sides of the grid in logical pixels: small, middle, large."""
_CELL_WORDS = 3 * GRID
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

Index = QModelIndex | QPersistentModelIndex


class GalleryDelegate(QStyledItemDelegate):
    """Draws thumbnail, name and status (word and shape); a broken file with its reason.

    With `side` > 0 it draws cells of a grid with thumbnails of that side, else rows of a list. `many` says
    whether several images are chosen: then the chosen ones bear a mark.
    """

    def __init__(self, session: Session, model: GalleryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self.side = 0
        self.many = False

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All images are equally large."""
        return self.cell() if self.side else QSize(160, ROW)

    def cell(self) -> QSize:
        """Return the size of a cell of the grid."""
        return QSize(self.side + 2 * GRID, self.side + 2 * GRID + _CELL_WORDS)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw an entry."""
        entry = self._model.entry(index.row())
        if entry is None:
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        self._ground(painter, rect, state, entry.position == self._session.position)
        if self.side:
            place = QRect(rect.left() + GRID, rect.top() + GRID, self.side, self.side)
            self._picture(painter, place, entry)
            under = QRect(place.left(), place.bottom() + 1 + GRID // 2, self.side, _CELL_WORDS - GRID // 2)
            self._caption(painter, under, entry)
        else:
            place = QRect(rect.left() + GRID, rect.top() + GRID, THUMB.width(), THUMB.height())
            self._picture(painter, place, entry)
            left = place.right() + 1 + GRID
            self._words(painter, QRect(left, rect.top(), rect.right() - left - GRID, ROW), entry)
        if self.many and state & QStyle.StateFlag.State_Selected:
            self._chosen(painter, rect)
        painter.restore()

    def _ground(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, current: bool) -> None:
        theme = look().theme
        chosen = self.many and bool(state & QStyle.StateFlag.State_Selected)
        if current or chosen:
            painter.fillRect(rect, theme.color("selection"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.color("hover"))
        if current:
            mark = QRect(rect.left(), rect.top(), 3, rect.height())
            if self.side:
                mark = QRect(rect.left(), rect.top(), rect.width(), 3)
            painter.fillRect(mark, theme.color("accent"))
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def _chosen(self, painter: QPainter, rect: QRect) -> None:
        """A tick on the accent: what the next bulk action will touch, told by shape too."""
        theme = look().theme
        place = QRect(rect.left() + GRID // 2, rect.top() + GRID // 2, 18, 18)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("panel"), 1))
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(place)
        icon = look().pixmap("check", "on_accent", 14, painter.device().devicePixelRatioF())
        painter.drawPixmap(place.left() + 2, place.top() + 2, icon)

    def _picture(self, painter: QPainter, place: QRect, entry: Entry) -> None:
        theme = look().theme
        picture: QImage | None = None if entry.problem else self._session.thumbnail(entry.position)
        if picture is None or picture.isNull():
            painter.fillRect(place, theme.color("raised"))
            name, token = ("warning", "bad") if entry.problem else ("image", "text_disabled")
            icon = look().pixmap(name, token, 20, painter.device().devicePixelRatioF())
            painter.drawPixmap(place.center().x() - 9, place.center().y() - 9, icon)
            return
        draw_picture(painter, place, picture)

    def _words(self, painter: QPainter, place: QRect, entry: Entry) -> None:
        theme = look().theme
        mark = mark_of(entry.status, entry.problem)
        font = painter.font()
        name = QRect(place.left(), place.top() + 12, place.width(), 20)
        painter.setPen(theme.color("text"))
        # The end of a path tells images of one folder apart.
        shortened = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideLeft, name.width())
        painter.drawText(name, _LEFT, shortened)
        font.setPixelSize(LABEL)
        painter.setFont(font)
        icon = look().pixmap(mark.icon, mark.token, 14, painter.device().devicePixelRatioF())
        painter.drawPixmap(place.left(), place.top() + 35, icon)
        said = QRect(place.left() + 20, place.top() + 33, place.width() - 20, 18)
        painter.setPen(theme.color("text_quiet"))
        number = "" if entry.problem else self._session.filtering.sorted_by(entry.position)
        if number:
            painter.drawText(said, _RIGHT, number)
            said.setRight(said.right() - painter.fontMetrics().horizontalAdvance(number) - GRID // 2)
        # "The image x cannot be opened: why": the name stands above already.
        text = (entry.problem or mark.text).rsplit(": ", 1)[-1]
        shortened = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, said.width())
        painter.drawText(said, _LEFT, shortened)

    def _caption(self, painter: QPainter, place: QRect, entry: Entry) -> None:
        """Under a thumbnail of the grid: the status by its shape, and the end of the name."""
        theme = look().theme
        mark = mark_of(entry.status, entry.problem)
        icon = look().pixmap(mark.icon, mark.token, 14, painter.device().devicePixelRatioF())
        painter.drawPixmap(place.left(), place.top() + 3, icon)
        font = painter.font()
        font.setPixelSize(LABEL)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        name = place.adjusted(18, 0, 0, 0)
        text = entry.title.rpartition("/")[2]
        shortened = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, name.width())
        painter.drawText(name, _LEFT, shortened)


def draw_picture(painter: QPainter, place: QRect, picture: QImage) -> None:
    """Draw a picture in the middle of a place, as large as it fits with its own shape."""
    size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRect(0, 0, size.width(), size.height())
    target.moveCenter(place.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(target, picture)
