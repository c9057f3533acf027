"""The command palette: every action and every image by a few letters of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.panels.fuzzy import score
from desktop.panels.overlay import Overlay
from desktop.panels.widgets import SearchField, column, label
from desktop.qactions import Actions, shown
from desktop.session import Session
from desktop.settings import Settings
from desktop.theme import GRID, look

RECENT = 8
IMAGES = 40
ACTIONS = 60
SLICE = 4000
"""So many image names are looked at between two looks at the keyboard: some 1 ms."""
_WIDTH = 80 * GRID
_ROW = 4 * GRID
_ROWS = 12
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
NOTHING = "Nothing is called that. Fewer letters find more."
_AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the palette. ``run`` is None when it cannot be taken now; ``note`` then says why."""

    text: str
    place: str
    keys: str
    run: Callable[[], object] | None
    action: str = ""
    note: str = ""


class ChoiceList(QAbstractListModel):
    """The lines that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.choices: list[Choice] = []

    def put(self, choices: list[Choice]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self.choices = choices
        self.endResetModel()

    def add(self, choices: list[Choice]) -> None:
        """Show further lines below."""
        if choices:
            at = len(self.choices)
            self.beginInsertRows(QModelIndex(), at, at + len(choices) - 1)
            self.choices += choices
            self.endInsertRows()

    def rowCount(self, parent: _AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self.choices)

    def data(self, index: _AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the text; for a screen reader with place and keys."""
        choice = self.choices[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return choice.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(one for one in (choice.text, choice.place, choice.keys, choice.note) if one)
        return None


class _Line(QStyledItemDelegate):
    """Draws a line: the text, its section or "image", its key at the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _AnyIndex) -> QSize:
        """Every line is as high as every other."""
        return QSize(0, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        """Draw one line."""
        model = index.model()
        if not isinstance(model, ChoiceList):
            return
        choice, theme = model.choices[index.row()], look().theme
        rect = QRect(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(rect.adjusted(GRID, 1, -GRID, -1), 4, 4)
        inner = rect.adjusted(2 * GRID, 0, -2 * GRID, 0)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        metrics = painter.fontMetrics()
        painter.setPen(theme.color("text_quiet"))
        painter.drawText(inner, right, choice.keys)
        inner.setRight(inner.right() - 18 * GRID)
        said = choice.note or choice.place
        painter.drawText(inner, right, said)
        inner.setRight(inner.right() - metrics.horizontalAdvance(said) - 2 * GRID)
        painter.setPen(theme.color("text" if choice.run is not None else "text_disabled"))
        text = metrics.elidedText(choice.text, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()


class _Field(SearchField):
    """The palette's line: arrows move the list, Enter takes the choice."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self._palette = palette

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pass on what moves and takes."""
        if event.key() in _MOVES:
            self._palette.pass_on(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._palette.take()
        else:
            super().keyPressEvent(event)


class Palette(Overlay):
    """Type a few letters: actions first, then images by name. What was taken last stands first."""

    def __init__(
        self,
        parent: QWidget,
        actions: Actions,
        session: Session,
        settings: Settings,
        go: Callable[[int], object],
    ) -> None:
        super().__init__(parent, "Command palette")
        self._top = True
        self._actions = actions
        self._session = session
        self._settings = settings
        self._go = go
        self._search: Iterator[list[Choice]] | None = None
        self.model = ChoiceList()
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._look_further)
        self.field = _Field(self)
        self.list = QListView()
        self._nothing = label(NOTHING, "quiet")
        self._arrange()

    def _arrange(self) -> None:
        self.field.setPlaceholderText("An action, or the name of an image")
        self.field.setAccessibleName("Find an action or an image")
        self.field.textChanged.connect(self._find)
        self.list.setAccessibleName("Actions and images")
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Line(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.clicked.connect(lambda _index: self.take())
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = column(self, margin=GRID, spacing=GRID)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._nothing)

    def wanted_size(self) -> tuple[int, int]:
        """A fixed width; as high as a dozen lines."""
        return _WIDTH, _ROWS * _ROW + 8 * GRID

    def toggle(self) -> None:
        """Open the palette, or close it."""
        if self.isHidden():
            self.field.clear()
            self._find("")
            self.open_up(self.field)
        else:
            self.close_down()

    def close_down(self) -> None:
        """Look no further."""
        self._slices.stop()
        self._search = None
        super().close_down()

    # ---- finding

    def _find(self, wanted: str) -> None:
        self.model.put(self._found_actions(wanted.strip()))
        self._search = self._found_images(wanted.strip()) if wanted.strip() else None
        self._show_nothing()
        self._select_first()
        if self._search is not None:
            self._slices.start()

    def _found_actions(self, wanted: str) -> list[Choice]:
        recent = {key: at for at, key in enumerate(self._settings["palette.recent"])}
        ranked = []
        for at, (key, record) in enumerate(self._actions.records.items()):
            if key == "help.palette":
                continue
            value = score(wanted, f"{record.text} {record.section}") if wanted else 0
            if value is None:
                continue
            able = record.enabled_when() and record.released is None
            rank = recent.get(key, RECENT)
            order = (not able, rank, at) if not wanted else (-value - (RECENT - rank), not able, at)
            ranked.append((order, key))
        return [self._choice(key) for _, key in sorted(ranked)[: ACTIONS if wanted else None]]

    def _choice(self, key: str) -> Choice:
        record = self._actions.records[key]
        keys = shown(record.shortcuts[0]) if record.shortcuts else ""
        note = "while its key is held" if record.released is not None else ""
        if not note and not record.enabled_when():
            note = "not now"
        run = None if note else (lambda: self._actions[key].trigger())
        return Choice(record.text, record.section, keys, run, key, note)

    def _found_images(self, wanted: str) -> Iterator[list[Choice]]:
        """Yield images whose path holds every word, a slice of the folder at a time."""
        words = wanted.casefold().split()
        entries: Sequence[object] = self._session.entries
        left, at = IMAGES, 0
        while at < len(entries) and left > 0:
            found = []
            for position in range(at, min(at + SLICE, len(entries))):
                path = self._session.entries[position].path
                folded = path.casefold()
                if all(word in folded for word in words):
                    found.append(self._image(position, path))
                    if len(found) == left:
                        break
            left -= len(found)
            at += SLICE
            yield found

    def _image(self, position: int, path: str) -> Choice:
        return Choice(f"Go to {path}", "Image", f"{position + 1}", lambda: self._go(position))

    def _look_further(self) -> None:
        found = next(self._search, None) if self._search is not None else None
        if found is None:
            self._slices.stop()
            self._search = None
        else:
            taken = self.chosen
            self.model.add(found)
            if taken is None or taken.run is None:
                self._select_first()
        self._show_nothing()

    def _show_nothing(self) -> None:
        empty = not self.model.choices and self._search is None
        self.list.setVisible(not empty)
        self._nothing.setVisible(empty)

    def _select_first(self) -> None:
        choices = self.model.choices
        at = next((row for row, one in enumerate(choices) if one.run is not None), 0)
        if choices:
            self.list.setCurrentIndex(self.model.index(at))

    # ---- taking

    def pass_on(self, event: QKeyEvent) -> None:
        """Move the choice as a list does."""
        QListView.keyPressEvent(self.list, event)

    @property
    def chosen(self) -> Choice | None:
        """The line that Enter takes."""
        row = self.list.currentIndex().row()
        return self.model.choices[row] if 0 <= row < len(self.model.choices) else None

    def take(self) -> None:
        """Close and do what is chosen; nothing happens for a line that cannot be taken now."""
        choice = self.chosen
        if choice is None or choice.run is None:
            return
        self.close_down()
        if choice.action:
            others = [one for one in self._settings["palette.recent"] if one != choice.action]
            self._settings["palette.recent"] = tuple([choice.action, *others][:RECENT])
        choice.run()
