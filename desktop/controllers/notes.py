"""Notes and remarks on the canvas: pins, going to a place, the keyboard's way from canvas to panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainterPath

from desktop.canvas.component_mark import ComponentMark
from desktop.canvas.framing import framed
from desktop.canvas.pins import Pin, PinsDecoration
from desktop.theme import look

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView
    from desktop.project.planes import Box
    from desktop.project.rows import CommentRow
    from desktop.session import Session
    from desktop.window import Window

_CLICKABLE = ("pan", "pin")
"""Tools under which a click on a pin reads its note; a brush paints there."""
_AROUND = 24
"""A pin is looked at with so many image pixels on every side."""


class Noting(QObject):
    """Draws the pins, takes clicks on them, shows the Notes tab when a person wants to write."""

    def __init__(self, window: Window, session: Session, canvas: CanvasView) -> None:
        super().__init__(window)
        self._window, self._session, self._canvas = window, session, canvas
        self._notes = session.notes
        self.pins = PinsDecoration(self._shown, _accent)
        self.place = ComponentMark()
        for decoration in (self.place, self.pins):
            canvas.add_decoration(decoration)
        session.consistency.changed.connect(self._mark_place)
        canvas.installEventFilter(self)
        self._notes.changed.connect(canvas.update)
        self._notes.draft_changed.connect(self._draft_changed)
        self._notes.asked_for.connect(self._show_tab)
        self._notes.jumped.connect(self._jump)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(0)
        self._settled.timeout.connect(self._bring_into_sight)

    def new_note(self) -> None:
        """Begin a note on the whole image."""
        self._notes.begin()

    def can_note(self) -> bool:
        """There is an image of an open project, and the review page is shown."""
        return self._window.desk.has_image() and self._notes.can_write

    def can_jump(self) -> bool:
        """There is a remark to go to."""
        return self._window.desk.has_image() and bool(self._session.consistency.remarks)

    def next_remark(self) -> None:
        """Go to the next place that breaks a rule."""
        found = self._session.consistency.next_place()
        if found is not None and found[1] is not None:
            self.look_at(found[1])

    def look_at(self, box: Box) -> None:
        """Bring a box of the image into the middle, large enough to be judged."""
        viewport = self._canvas.viewport
        if viewport is not None:
            self._canvas.look(framed(viewport, box))

    def _mark_place(self) -> None:
        """Put brackets around the place of the remark that the reader went to."""
        box, ratio = self._session.consistency.place, self._canvas.devicePixelRatioF()
        if box is None:
            self.place.hide()
        else:
            self.place.show(QPainterPath(), box, QColor(), missed=False, ratio=ratio)
        self._canvas.update()
        self._window.commands.refresh()

    # ---- pins

    def _shown(self) -> list[Pin]:
        notes, draft = self._notes, self._notes.draft
        pins = [
            Pin((one.y, one.x), str(notes.number(one)), one.id == notes.chosen, bool(one.resolved_by))
            for one in notes.rows
            if one.y is not None and one.x is not None
        ]
        if draft is not None and draft.at is not None:
            pins.append(Pin(draft.at, "+", draft=True))
        return pins

    def _note_of(self, pin: Pin) -> CommentRow | None:
        rows = self._notes.rows
        return next((one for one in rows if str(self._notes.number(one)) == pin.text), None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a click on a pin before the tool does."""
        if event.type() != QEvent.Type.MouseButtonPress or not isinstance(event, QMouseEvent):
            return False
        viewport = self._canvas.viewport
        left = event.button() == Qt.MouseButton.LeftButton
        if watched is not self._canvas or viewport is None or not left or self._canvas.gesture_active:
            return False
        if self._window.desk.tool_name not in _CLICKABLE:
            return False
        ratio, at = self._canvas.devicePixelRatioF(), event.position()
        pin = self.pins.pin_under(viewport, at.x() * ratio, at.y() * ratio)
        note = self._note_of(pin) if pin is not None else None
        if note is None:
            return False
        self._notes.choose(note.id)
        self._show_tab()
        return True

    # ---- panel and canvas

    def _show_tab(self) -> None:
        self._window.review.tabs.show_tab("notes")
        # What was hidden has no place yet; in a moment it has.
        self._settled.start()

    def _bring_into_sight(self) -> None:
        review, focus = self._window.review, self._window.focusWidget()
        panel = review.tabs.panels["notes"]
        review.side.bring_into_sight(focus if focus and panel.isAncestorOf(focus) else panel)

    def _draft_changed(self) -> None:
        self._canvas.update()
        if self._notes.draft is None:
            self._canvas.setFocus()

    def _jump(self, note: CommentRow) -> None:
        if note.y is not None and note.x is not None:
            y, x = note.y, note.x
            self.look_at((y - _AROUND, x - _AROUND, y + _AROUND, x + _AROUND))


def _accent() -> tuple[QColor, QColor]:
    return look().color("accent"), look().color("on_accent")
