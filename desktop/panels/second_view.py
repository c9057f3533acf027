"""The second view: a canvas that only looks, under a slim header that says what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QSizePolicy, QToolButton, QWidget

from desktop.canvas.view import CanvasView
from desktop.panels.widgets import SearchField, column, elided, icon_button, row, styled, switch_button
from desktop.state.second_view import Choice
from desktop.theme import GRID, look, set_icon

HEIGHT = 4 * GRID
"""Logical pixels of a header."""
NARROW = 32 * GRID
"""Below this width there is room for the title only."""
_CARD = 44 * GRID
_ROW = 28
_SEARCH_AFTER_MS = 80
_ROOT = QModelIndex()
_AnyIndex = QModelIndex | QPersistentModelIndex


class ViewHeader(QWidget):
    """A line above a canvas: what it shows."""

    def __init__(self, accessible: str) -> None:
        super().__init__()
        styled(self, "bar")
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(accessible)
        self.title = elided("")
        layout = row(self.title, stretch=0)
        layout.setContentsMargins(GRID, 0, GRID // 2, 0)
        self.setLayout(layout)


class Choices(QAbstractListModel):
    """What can be shown, with a line of its own before each section."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Choice | str] = []

    def put(self, choices: Sequence[Choice]) -> None:
        """Show other choices."""
        self.beginResetModel()
        self.rows, section = [], ""
        for one in choices:
            if one.section != section:
                section = one.section
                self.rows.append(section)
            self.rows.append(one)
        self.endResetModel()

    def rowCount(self, parent: _AnyIndex = _ROOT) -> int:
        """Choices and sections."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The title; sections are quiet."""
        one = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return one if isinstance(one, str) else one.title
        if role == Qt.ItemDataRole.ForegroundRole and isinstance(one, str):
            return look().color("text_quiet")
        return None

    def flags(self, index: _AnyIndex) -> Qt.ItemFlag:
        """A section cannot be chosen."""
        if isinstance(self.rows[index.row()], str):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class Chooser(QFrame):
    """A card below the header: a field to find images by name, and the list of what can be shown."""

    chosen = Signal(object)

    def __init__(
        self, parent: QWidget, search: Callable[[str, Callable[[Sequence[Choice]], None]], None]
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName("What to show beside the image")
        self._search = search
        self._suggested: Sequence[Choice] = ()
        self.field = SearchField()
        self.field.setPlaceholderText("Find an image by name")
        self.field.setAccessibleName("Find an image by name")
        self.field.installEventFilter(self)
        self.model = Choices()
        self.list = QListView()
        self.list.setProperty("role", "plain")
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("What can be shown")
        layout = column(self, margin=GRID, spacing=GRID)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SEARCH_AFTER_MS)
        self._soon.timeout.connect(self._find)
        self.field.textChanged.connect(lambda _: self._soon.start())
        self.field.returnPressed.connect(self._take)
        self.list.clicked.connect(self._pick)
        self.hide()

    def suggest(self, choices: Sequence[Choice]) -> None:
        """What is offered before anything is typed."""
        self._suggested = choices
        if not self.field.text().strip():
            self._put(choices)

    def open_up(self) -> None:
        """Show the card with the keyboard in its field."""
        self.field.clear()
        self._put(self._suggested)
        self.place()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self) -> None:
        """Below the header, as high as its list needs and the view allows."""
        parent = self.parentWidget()
        if parent is None:
            return
        wanted = 6 * GRID + 3 * GRID + _ROW * max(self.model.rowCount(), 3)
        height = min(wanted, parent.height() - HEIGHT - 2 * GRID)
        self.setGeometry(GRID, HEIGHT + GRID // 2, min(_CARD, parent.width() - 2 * GRID), height)

    def _find(self) -> None:
        text = self.field.text().strip()
        if not text:
            self._put(self._suggested)
            return

        def found(choices: Sequence[Choice]) -> None:
            if text == self.field.text().strip():
                self._put(choices)

        self._search(text, found)

    def _put(self, choices: Sequence[Choice]) -> None:
        self.model.put(choices)
        first = next((at for at, one in enumerate(self.model.rows) if not isinstance(one, str)), None)
        if first is not None:
            self.list.setCurrentIndex(self.model.index(first))
        self.place()

    def _pick(self, index: QModelIndex) -> None:
        one = self.model.rows[index.row()]
        if not isinstance(one, str):
            self.hide()
            self.chosen.emit(one)

    def _take(self) -> None:
        if self._soon.isActive():
            self._soon.stop()
            self._find()
            return
        index = self.list.currentIndex()
        if index.isValid():
            self._pick(index)

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: ARG002
        """The arrows of the field move in the list."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                at = self.list.currentIndex().row() + step
                while 0 <= at < len(self.model.rows) and isinstance(self.model.rows[at], str):
                    at += step
                if 0 <= at < len(self.model.rows):
                    self.list.setCurrentIndex(self.model.index(at))
                return True
        return False


class SecondViewPanel(QWidget):
    """Header and canvas of the second view. It shows what it is given and says what a person asked for."""

    closed = Signal()
    link_toggled = Signal(bool)
    mirror_toggled = Signal(bool)

    def __init__(self, search: Callable[[str, Callable[[Sequence[Choice]], None]], None]) -> None:
        super().__init__()
        self.setAccessibleName("Second view")
        self.canvas = CanvasView()
        self.canvas.setAccessibleName("Second image")
        self.chooser = Chooser(self, search)
        self.button = QToolButton()
        self.button.setProperty("role", "flat")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setToolTip("Choose what is shown here")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.setFixedHeight(HEIGHT)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        set_icon(self.button, "chevron-down", size=16)
        self.button.clicked.connect(self.toggle_chooser)
        self.link = switch_button("link", "Link zoom and place")
        self.link.toggled.connect(self.link_toggled)
        self.mirror = switch_button("mirror", "Mirror the place: a left and a right eye")
        self.mirror.toggled.connect(self.mirror_toggled)
        self.close_button = icon_button("cross", "Close the second view (Ctrl+D)", self.closed.emit)
        header = ViewHeader("What the second view shows")
        header.title.hide()
        line = header.layout()
        assert line is not None
        line.setContentsMargins(0, 0, GRID // 2, 0)
        line.insertWidget(0, self.button, 1)  # type: ignore[attr-defined]
        for widget in (self.link, self.mirror, self.close_button):
            line.addWidget(widget)
        layout = column(self, spacing=0)
        layout.addWidget(header)
        layout.addWidget(self.canvas, 1)
        self.set_title("")
        look().changed.connect(self.follow_theme)
        self.follow_theme()

    def follow_theme(self) -> None:
        """Give the canvas the surround of the theme."""
        self.canvas.set_surround(look().color("surround"))

    def set_title(self, title: str) -> None:
        """Say what is shown."""
        self._title = title
        self.button.setAccessibleName(f"Second view shows {title}; choose something else")
        self.button.setToolTip(f"{title} · choose something else" if title else "Choose what is shown here")
        self._fit()

    @property
    def title(self) -> str:
        """What is shown, whole."""
        return self._title

    def toggle_chooser(self) -> None:
        """Open or close the list of what can be shown."""
        if self.chooser.isHidden():
            self.chooser.open_up()
        else:
            self.chooser.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the title, keep the card inside."""
        super().resizeEvent(event)
        self._fit()
        self.chooser.place()

    def _fit(self) -> None:
        narrow = self.width() < NARROW
        self.mirror.setHidden(narrow)
        layout = self.layout()
        if layout is not None:
            layout.activate()
        room = max(self.button.width() - 6 * GRID, 4 * GRID)
        text = self._title or "Choose what to show"
        if narrow:
            text = text.rpartition("/")[2]  # of a path the name says most
        fitting = self.button.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        self.button.setText(f" {fitting}")  # Qt leaves no room between icon and text
