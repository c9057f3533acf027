"""The Notes tab: what readers noted on this image, and the field in which one writes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QWidget

from desktop.panels.note_card import NoteCard, Shown
from desktop.panels.widgets import button, column, heading, icon_button, label
from desktop.project.rows import CommentRow
from desktop.session import Session
from desktop.theme import GRID

NOTHING = "No notes on this image. J pins one to a place, Ctrl+Shift+N writes one on the whole image."
_AT_ONCE = 2
"""So many cards are made in one go: the desk stays quick on an image with many notes."""
_HELD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class NoteField(QPlainTextEdit):
    """Several lines of text that keep their keys: Enter keeps the note, Shift+Enter is a new line."""

    kept = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "field")
        self.setTabChangesFocus(True)
        self.setFixedHeight(9 * GRID)
        self.setAccessibleName("What the note says")
        self.setPlaceholderText("What is to be noted? Shift+Enter begins a new line.")

    def event(self, event: QEvent) -> bool:
        """Claim every key, Escape too, but those with Control or Alt that are no editing keys."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            own = not event.modifiers() & _HELD
            if own:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter keeps, Escape leaves; everything else is typed."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.kept.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class NotesPanel(QWidget):
    """Writing on top, the notes below, the oldest first."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._notes = session.notes
        self.setAccessibleName("Notes")
        self.cards: list[NoteCard] = []
        self.field = NoteField()
        self.where = label("", "label")
        self.composer = self._composer()
        self.undo = self._undo()
        self.empty = label(NOTHING, "quiet", wrap=True)
        self._cards = QWidget()
        self._rows = column(self._cards)
        layout = column(self)
        self.add = icon_button("plus", "Note on the whole image (Ctrl+Shift+N)", self._notes.begin)
        layout.addWidget(heading("Notes", self.add))
        for widget in (self.composer, self.undo, self.empty, self._cards):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self.refresh)
        self._connect()
        self._show_draft()
        self.refresh()

    def _connect(self) -> None:
        self.field.kept.connect(self._keep)
        self.field.left.connect(self._notes.leave)
        # Later: a card's own click must not delete the card under Qt's feet.
        self._notes.changed.connect(self._later.start)
        self._notes.draft_changed.connect(self._show_draft)
        self._session.image_changed.connect(lambda _: self._keep())

    def _composer(self) -> QWidget:
        holder = QWidget()
        inner = column(holder, spacing=GRID // 2)
        inner.addWidget(self.where)
        inner.addWidget(self.field)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(button("Keep", self._keep, role="primary", tip="Keep the note (Enter)"))
        row.addWidget(button("Leave", self._notes.leave, tip="Write nothing (Esc)"))
        row.addStretch(1)
        inner.addLayout(row)
        return holder

    def _undo(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label("The note was removed.", "quiet"), 1)
        row.addWidget(button("Bring it back", self._notes.bring_back, icon="undo"))
        return holder

    def sizeHint(self) -> QSize:
        """Takes what is left."""
        hint = super().sizeHint()
        return QSize(26 * GRID, max(hint.height(), 16 * GRID))

    # ---- writing

    def showEvent(self, event: QShowEvent) -> None:
        """A note that is being written has the keyboard."""
        super().showEvent(event)
        if self._notes.draft is not None and not event.spontaneous():
            self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_draft(self) -> None:
        draft = self._notes.draft
        self.composer.setVisible(draft is not None)
        self._show_rest()
        if draft is None:
            self.field.clear()
            return
        if draft.note is not None:
            self.where.setText("Your note")
            self.field.setPlainText(draft.note.text)
        else:
            at = draft.at
            self.where.setText(f"Pinned at {at[1]}, {at[0]}" if at is not None else "On the whole image")
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def _keep(self) -> None:
        if self._notes.draft is not None:
            self._notes.keep(self.field.toPlainText())

    # ---- showing

    def refresh(self) -> None:
        """Show the notes of the current image; cards that say the same stay, new ones come by and by."""
        notes = self._notes
        known = {card.shown: card for card in self.cards}
        wanted = [self._shown(note) for note in notes.rows]
        missing = [shown for shown in wanted if shown not in known]
        for shown in missing[:_AT_ONCE]:
            known[shown] = self._card(shown)
        focused = next((card.note.id for card in self.cards if card.hasFocus()), None)
        before, self.cards = self.cards, [known[shown] for shown in wanted if shown in known]
        for card in before:
            if card not in self.cards:
                self._rows.removeWidget(card)
                card.hide()
                card.deleteLater()
        for at, card in enumerate(self.cards):
            if self._rows.indexOf(card) != at:
                self._rows.insertWidget(at, card)
            if card.note.id == focused and not card.hasFocus():
                card.setFocus()
        if len(missing) > _AT_ONCE:
            self._later.start()
        self._show_rest()

    def _shown(self, note: CommentRow) -> Shown:
        notes = self._notes
        own = bool(notes.reader) and note.reader == notes.reader
        return Shown(note, notes.number(note), own, note.id == notes.chosen)

    def _card(self, shown: Shown) -> NoteCard:
        notes, note = self._notes, shown.note
        card = NoteCard(shown)
        card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        card.picked.connect(lambda: notes.choose(note.id, jump=True))
        card.edited.connect(lambda: notes.begin(note=note))
        card.removed.connect(lambda: notes.remove(note))
        card.resolved.connect(lambda resolved: notes.resolve(note, resolved))
        return card

    def _show_rest(self) -> None:
        notes = self._notes
        self.undo.setVisible(notes.removed is not None)
        self.empty.setVisible(not notes.rows and notes.removed is None and notes.draft is None)
        self.add.setEnabled(notes.can_write)
