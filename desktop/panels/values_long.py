"""A scale of very many values: type a few letters, arrows and Enter choose; recent values come first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.panels.fuzzy import score
from desktop.panels.values_button import ValueButton, paint_bar, two_digits
from desktop.panels.values_grade import ScaleBase
from desktop.panels.values_said import Said
from desktop.panels.widgets import SearchField
from desktop.session import Session
from desktop.theme import GRID, LABEL, look
from inference.schema import GradeScale

_ROOT = QModelIndex()
_ROW = 28
_SHOWN = 5
_RECENT = 5
_MODEL_FIRST = 3
CHANCE = int(Qt.ItemDataRole.UserRole) + 1
CHOSEN = CHANCE + 1
STALE_ROLE = CHANCE + 2
NOTE = CHANCE + 3


class Choices(QAbstractListModel):
    """The values that answer what was typed, the best first.

    With nothing typed: the recent ones, what the model holds most probable, then all in the scale's order.
    """

    def __init__(self, scale: GradeScale) -> None:
        super().__init__()
        self._scale = scale
        self._typed = ""
        self._rows: list[int] = list(range(len(scale.values)))
        self.recent: list[str] = []
        self.said = Said()
        self.mine: str | None = None

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """The values shown."""
        return 0 if parent.isValid() else len(self._rows)

    def value(self, row: int) -> str:
        """The value of a row."""
        return self._scale.values[self._rows[row]]

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Text, probability and whether it is chosen."""
        at = self._rows[index.row()]
        value, chance = self._scale.values[at], self.said.of(at)
        if role == Qt.ItemDataRole.DisplayRole:
            return value
        if role == CHANCE:
            return chance
        if role == CHOSEN:
            return value == self.mine
        if role == STALE_ROLE:
            return self.said.stale
        if role == NOTE:
            return "recent" if not self._typed and value in self.recent else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = "" if chance is None else f", model {100 * chance:.0f} %"
            return value + (", your choice" if value == self.mine else "") + said
        return None

    def type(self, typed: str) -> None:
        """Show what answers these letters."""
        self._typed = typed.strip()
        self.beginResetModel()
        values = self._scale.values
        if self._typed:
            scored = [(score(self._typed, value), at) for at, value in enumerate(values)]
            found = [(-one, at) for one, at in scored if one is not None]
            self._rows = [at for _, at in sorted(found)]
        else:
            recent = [values.index(value) for value in self.recent]
            order = sorted(range(len(self.said.chances)), key=lambda at: -self.said.chances[at])
            first = [*recent, *(at for at in order[:_MODEL_FIRST] if at not in recent)]
            self._rows = [*first, *(at for at in range(len(values)) if at not in first)]
        self.endResetModel()

    def show(self, said: Said, mine: str | None) -> bool:
        """What the model says, what is chosen; True when the rows were put in another order."""
        if (said, mine) == (self.said, self.mine):
            return False
        changed = said.chances != self.said.chances
        self.said, self.mine = said, mine
        if changed and not self._typed:
            self.type("")
        elif self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
        return changed

    def chose(self, value: str) -> None:
        """Put a value first among the recent ones."""
        self.recent = [value, *(one for one in self.recent if one != value)][:_RECENT]


class _Rows(QStyledItemDelegate):
    """Paints a value as its button would: filled when chosen, the model's number and bar beside it."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are alike."""
        return QSize(10 * GRID, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Ground, text, figure, bar."""
        place: QRect = option.rect
        state: QStyle.StateFlag = option.state
        chosen, chance = bool(index.data(CHOSEN)), index.data(CHANCE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen:
            painter.setBrush(look().color("accent"))
        elif state & QStyle.StateFlag.State_Selected:
            painter.setBrush(look().color("selection"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(look().color("hover"))
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
        if chosen and state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(look().color("text"), 2))
        painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 4, 4)
        self._words(painter, place.adjusted(GRID, 0, -GRID, -3), index, chosen=chosen)
        if chance is not None:
            bar = QRect(place.left() + GRID, place.bottom() - 4, place.width() - 2 * GRID, 2)
            paint_bar(painter, bar, chance, chosen=chosen, stale=bool(index.data(STALE_ROLE)))
        painter.restore()

    def _words(
        self,
        painter: QPainter,
        place: QRect,
        index: QModelIndex | QPersistentModelIndex,
        *,
        chosen: bool,
    ) -> None:
        chance, note = index.data(CHANCE), str(index.data(NOTE) or "")
        small = painter.font()
        small.setPixelSize(LABEL)
        figure = QFontMetrics(small).horizontalAdvance(f"{note} .000" if note else ".000")
        middle = place.adjusted(0, 0, -figure, 0)
        painter.setPen(look().color("on_accent" if chosen else "text"))
        text = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, middle.width()
        )
        painter.drawText(middle, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        if not chosen:
            painter.setPen(look().color("text_quiet"))
        small.setItalic(chance is not None and not note)
        painter.setFont(small)
        said = " ".join(part for part in (note, two_digits(chance) if chance is not None else "") if part)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), said)


class _Field(SearchField):
    """Passes arrows and Enter on to the list; what was typed goes when the keyboard leaves."""

    def __init__(self, rows: QListView, choose: Callable[[], None]) -> None:
        super().__init__()
        self._rows_of, self._choose = rows, choose

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and pages move along the list, Enter chooses."""
        moves = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -_SHOWN,
            Qt.Key.Key_PageDown: _SHOWN,
        }
        key = Qt.Key(event.key())
        if key in moves:
            model = self._rows_of.model()
            row = self._rows_of.currentIndex().row() + moves[key]
            self._rows_of.setCurrentIndex(model.index(min(max(row, 0), model.rowCount() - 1), 0))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forget the letters: the next search begins anew."""
        super().focusOutEvent(event)
        self.clear()


class LongGrade(ScaleBase):
    """The chosen value, a field to type in, and the list of what answers."""

    done = Signal()
    """A value was chosen by Enter: the keyboard may go back to the image."""

    def __init__(self, scale: GradeScale, session: Session) -> None:
        super().__init__(scale, session)
        self.numbers_below = True
        self.chosen = ValueButton("Not set", wide=True)
        self.chosen.setAccessibleName(f"{scale.label}: the value that is set; press to clear it")
        self.chosen.clicked.connect(self._clear)
        self.model = Choices(scale)
        self.rows = QListView()
        self.rows.setModel(self.model)
        self.rows.setItemDelegate(_Rows(self.rows))
        self.rows.setUniformItemSizes(True)
        self.rows.setMouseTracking(True)
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.setFixedHeight(_SHOWN * _ROW)
        self.rows.setAccessibleName(f"Values of {scale.label}")
        self.rows.clicked.connect(lambda index: self.choose_and_note(self.model.value(index.row())))
        self.field = _Field(self.rows, self._take_current)
        self.field.setPlaceholderText(f"Find among {len(scale.values)} values (Ctrl+T)")
        self.field.setAccessibleName(f"Find a value of {scale.label}")
        self.field.textChanged.connect(self._type)
        for widget in (self.chosen, self.field, self.rows):
            self.body.addWidget(widget)

    def take_focus(self) -> None:
        """Put the keyboard into the field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._first()

    def choose_and_note(self, value: str) -> None:
        """Set the grade, and remember the value as a recent one."""
        self.model.chose(value)
        self._session.set_grade(self.scale.name, value)
        self.field.clear()
        self._type("")

    def _take_current(self) -> None:
        row = self.rows.currentIndex().row()
        if 0 <= row < self.model.rowCount() and self._session.label is not None:
            self.choose_and_note(self.model.value(row))
            self.done.emit()

    def _clear(self) -> None:
        if self.mine() is not None:
            self._session.set_grade(self.scale.name, None)

    def _type(self, typed: str) -> None:
        self.model.type(typed)
        self._first()

    def _first(self) -> None:
        self.rows.setCurrentIndex(self.model.index(0))
        self.rows.scrollToTop()

    def show_values(self, said: Said, mine: str | None, enabled: bool) -> None:
        """The chosen value above, the model's order below."""
        values = self.scale.values
        at = values.index(mine) if mine in values else -1
        self.chosen.setText(mine or "Not set")
        self.chosen.setEnabled(enabled and mine is not None)
        self.chosen.show_state(mine is not None, said.of(at) if at >= 0 else None, False, stale=said.stale)
        self.field.setEnabled(enabled)
        if self.model.show(said, mine) and not self.field.text():
            self._first()

    def event(self, event: QEvent) -> bool:
        """Follow the theme: the rows are painted by hand."""
        if event.type() == QEvent.Type.PaletteChange:
            self.rows.viewport().update()
        return super().event(event)
