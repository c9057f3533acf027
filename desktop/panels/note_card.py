"""One note as a card: who, when, where, what it says, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from desktop.panels.widgets import Elided, column, icon_button, label
from desktop.project.rows import CommentRow
from desktop.theme import GRID, LABEL, look, set_icon


class Badge(QWidget):
    """A pin's number in a circle, as it stands on the image; a sheet for a note on the whole image."""

    def __init__(self, number: int | None, *, chosen: bool, settled: bool) -> None:
        super().__init__()
        self._number, self._chosen, self._settled = number, chosen, settled
        self.setFixedSize(3 * GRID, 3 * GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the circle and the number, or the icon."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = "on_accent" if self._chosen else "text_quiet" if self._settled else "text"
        if self._number is None:
            icon = look().pixmap("note", "text_quiet", 16, self.devicePixelRatioF())
            painter.drawPixmap(4, 4, icon)
            return
        painter.setPen(QPen(look().color("accent" if self._chosen else "control_line"), 1))
        painter.setBrush(look().color("accent" if self._chosen else "raised"))
        painter.drawEllipse(self.rect().adjusted(2, 2, -3, -3))
        font = painter.font()
        font.setPixelSize(LABEL)
        painter.setFont(font)
        painter.setPen(look().color(ink))
        painter.drawText(self.rect().adjusted(0, 0, -1, -1), Qt.AlignmentFlag.AlignCenter, str(self._number))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card shows: the note, its pin's number, whether it is the reader's own, whether it is chosen."""

    note: CommentRow
    number: int | None
    own: bool
    chosen: bool


class NoteCard(QFrame):
    """A note. A click, or Enter with the keyboard on it, chooses it and goes to its place."""

    picked = Signal()
    edited = Signal()
    removed = Signal()
    resolved = Signal(bool)

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self.shown = shown
        self.note = note = shown.note
        number, own = shown.number, shown.own
        settled = bool(note.resolved_by)
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"Note by {note.reader}: {note.text}")
        where = f"pin {number}" if number is not None else "on the image"
        self.setAccessibleDescription(f"{where}, {said_when(note)}" + (", resolved" if settled else ""))
        self._chosen = shown.chosen
        outer = column(self, margin=GRID, spacing=GRID // 2)
        outer.addLayout(self._top(number, own, settled))
        words = label(note.text, "quiet" if settled else "", wrap=True)
        words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        outer.addWidget(words)
        if settled:
            outer.addWidget(self._settled(note.resolved_by))

    def _top(self, number: int | None, own: bool, settled: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        row.addWidget(Badge(number, chosen=self._chosen, settled=settled))
        who = Elided(f"{self.note.reader} · {said_when(self.note)}", mode=Qt.TextElideMode.ElideRight)
        who.setProperty("role", "label")
        row.addWidget(who, 1)
        if own:
            row.addWidget(icon_button("edit", "Edit this note", self.edited.emit))
            row.addWidget(icon_button("trash", "Remove this note", self.removed.emit))
        text = "Open it again" if settled else "Resolved: what it asks is settled"
        row.addWidget(
            icon_button("roll-back" if settled else "check", text, lambda: self.resolved.emit(not settled))
        )
        return row

    def _settled(self, who: str) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        mark = QLabel()
        set_icon(mark, "check", "good", 16)
        row.addWidget(mark)
        row.addWidget(label(f"resolved by {who}", "label"), 1)
        return holder

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space chooses it; Delete removes one's own."""
        if event.key() == Qt.Key.Key_Space:
            self.picked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A rim in the accent while it is chosen or has the keyboard."""
        super().paintEvent(event)
        if self._chosen or self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look().color("accent"), 2 if self.hasFocus() else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 7, 7)


def said_when(note: CommentRow) -> str:
    """When a note was written, in the reader's own time; that it was edited later."""
    try:
        written = datetime.fromisoformat(note.created).astimezone()
    except ValueError:
        return note.created
    today = datetime.now(UTC).astimezone().date()
    clock = written.strftime("%H:%M")
    day = "" if written.date() == today else written.strftime("%Y-%m-%d ")
    return f"{day}{clock}" + (", edited" if note.edited else "")
