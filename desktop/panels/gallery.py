"""The gallery: every image with its thumbnail, name and status. Draws only the rows in sight."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QListView,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.panels.gallery_model import GalleryModel
from desktop.panels.status import FINISHED, MARKS, mark_of
from desktop.panels.widgets import SearchField, column, elided, label, styled
from desktop.session import Session
from desktop.state.entries import Entry
from desktop.theme import GRID, LABEL, look

ROW = 8 * GRID
THUMB = QSize(7 * GRID, 6 * GRID)
_SETTLE_MS = 40


class GalleryDelegate(QStyledItemDelegate):
    """Draws one row: thumbnail, name, status as word and shape; a broken file with its reason."""

    def __init__(self, session: Session, model: GalleryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are equally high."""
        return QSize(160, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row of an entry."""
        entry = self._model.entry(index.row())
        if entry is None:
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        self._ground(painter, rect, state, entry.position == self._session.position)
        place = QRect(rect.left() + GRID, rect.top() + GRID, THUMB.width(), THUMB.height())
        self._picture(painter, place, entry)
        left = place.right() + 1 + GRID
        self._words(painter, QRect(left, rect.top(), rect.right() - left - GRID, ROW), entry)
        painter.restore()

    def _ground(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, current: bool) -> None:
        theme = look().theme
        if current:
            painter.fillRect(rect, theme.color("selection"))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme.color("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.color("hover"))
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def _picture(self, painter: QPainter, place: QRect, entry: Entry) -> None:
        theme = look().theme
        picture: QImage | None = None if entry.problem else self._session.thumbnail(entry.position)
        if picture is None or picture.isNull():
            painter.fillRect(place, theme.color("raised"))
            name, token = ("warning", "bad") if entry.problem else ("image", "text_disabled")
            icon = look().pixmap(name, token, 20, painter.device().devicePixelRatioF())
            painter.drawPixmap(place.center().x() - 9, place.center().y() - 9, icon)
            return
        size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(place.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, picture)

    def _words(self, painter: QPainter, place: QRect, entry: Entry) -> None:
        theme = look().theme
        mark = mark_of(entry.status, entry.problem)
        font = painter.font()
        name = QRect(place.left(), place.top() + 12, place.width(), 20)
        painter.setPen(theme.color("text"))
        # The end of a path tells images of one folder apart.
        shortened = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideLeft, name.width())
        painter.drawText(name, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shortened)
        font.setPixelSize(LABEL)
        painter.setFont(font)
        icon = look().pixmap(mark.icon, mark.token, 14, painter.device().devicePixelRatioF())
        painter.drawPixmap(place.left(), place.top() + 35, icon)
        said = QRect(place.left() + 20, place.top() + 33, place.width() - 20, 18)
        painter.setPen(theme.color("text_quiet"))
        # "The image x cannot be opened: why": the name stands above already.
        text = (entry.problem or mark.text).rsplit(": ", 1)[-1]
        shortened = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, said.width())
        painter.drawText(said, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shortened)


class GalleryList(QListView):
    """The list itself; asks the session for the thumbnails of the rows in sight."""

    def __init__(self, session: Session, model: GalleryModel) -> None:
        super().__init__()
        self._session = session
        self._model = model
        self.setModel(model)
        self.setItemDelegate(GalleryDelegate(session, model, self))
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Images")
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self.want_visible)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._settled.start())
        for signal in (model.rowsInserted, model.modelReset):
            signal.connect(lambda *_: self._settled.start())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for what came into sight; the current image stays in sight."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
        self._settled.start()

    def visible_rows(self) -> range:
        """Return the rows in sight."""
        count = self._model.rowCount()
        if not count:
            return range(0)
        top = self.indexAt(self.viewport().rect().topLeft()).row()
        first = max(top, 0)
        return range(first, min(first + self.viewport().height() // ROW + 2, count))

    def want_visible(self) -> None:
        """Ask the session for the thumbnails of the rows in sight."""
        self._session.want_thumbnails([self._model.position(row) for row in self.visible_rows()])


class Gallery(QWidget):
    """Filter, list, and how far the review is."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        styled(self, "panel")
        self.setAccessibleName("Gallery")
        self.model = GalleryModel(session)
        self.list = GalleryList(session, self.model)
        self.list.clicked.connect(self._go)
        self.list.activated.connect(self._go)
        self.text = SearchField()
        self.text.setPlaceholderText("Find by name")
        self.text.setClearButtonEnabled(False)
        self.text.setAccessibleName("Find an image by name")
        self.status = self._status_choice()
        self.summary = elided("", "label")
        self.empty = label("", "quiet", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.empty.setMargin(2 * GRID)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.empty)
        self._arrange()
        self._typing = QTimer(self, singleShot=True, interval=120)
        self._typing.timeout.connect(self._filter)
        self.text.textChanged.connect(lambda _: self._typing.start())
        self.status.currentIndexChanged.connect(lambda _: self._filter())
        session.image_changed.connect(lambda _: self.follow())
        session.statuses_changed.connect(self._summarise)
        for signal in (session.entries_reset, session.opened):
            signal.connect(self._summarise)
        session.entries_appended.connect(lambda *_: self._summarise())
        look().changed.connect(self.list.viewport().update)
        self._summarise()

    def _status_choice(self) -> QComboBox:
        choice = QComboBox()
        choice.setAccessibleName("Show images with this status")
        choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        choice.addItem("Any status", "")
        for status, mark in MARKS.items():
            choice.addItem(mark.text, status)
        return choice

    def _arrange(self) -> None:
        layout = column(self, spacing=0)
        head = QWidget()
        inner = column(head, margin=GRID)
        inner.addWidget(self.text)
        inner.addWidget(self.status)
        layout.addWidget(head)
        layout.addWidget(self.stack, 1)
        foot = QWidget()
        column(foot, margin=GRID).addWidget(self.summary)
        layout.addWidget(foot)

    def _go(self, index: QModelIndex) -> None:
        self._session.go_to(self.model.position(index.row()))

    def _filter(self) -> None:
        self.model.set_filter(self.text.text(), str(self.status.currentData() or ""))
        self._summarise()
        self.follow()

    def follow(self) -> None:
        """Bring the current image into sight."""
        row = self.model.row_of(self._session.position)
        if row is None:
            self.list.viewport().update()
            return
        index = self.model.index(row)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index, QListView.ScrollHint.EnsureVisible)
        self.list.viewport().update()

    def focus_filter(self) -> None:
        """Put the keyboard into the text filter."""
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text.selectAll()

    def _summarise(self) -> None:
        total = len(self._session.entries)
        counts = self._session.status_counts
        done = sum(counts.get(status, 0) for status in FINISHED)
        shown = self.model.rowCount()
        text = f"{total:,} image{'' if total == 1 else 's'} · {done:,} finished"
        self.summary.setText(f"{shown:,} of {text}" if self.model.filtered else text)
        if self.model.filtered and total:
            self.empty.setText("No image fits this filter. Clear the text or choose another status.")
        else:
            self.empty.setText(
                "There are no images here.\nOpen a folder with Ctrl+O, or drop one on the window."
            )
        self.stack.setCurrentIndex(0 if shown else 1)
