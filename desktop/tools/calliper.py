"""The calliper: measures a line, in pixels and, when a pixel's size is known, in millimetres."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.marks import LineMark, paint_line
from desktop.canvas.viewport import Viewport
from desktop.project.measures import Point
from desktop.project.measuring_rows import CALLIPER, Mark
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.marking import MarkingTool

__all__ = ["CalliperTool"]

_SHORTEST = 3.0
"""A drag shorter than this (device pixels) was a click."""
_STEP = math.pi / 4


class CalliperTool(MarkingTool):
    """Dragging sets a line; dragging an end of one moves that end; a click chooses, a right click removes."""

    name = "calliper"
    text = "Calliper"
    shortcut = "K"
    hint = (
        "Drag to measure · drag an end to move it · Shift keeps to 45° · right click removes · "
        "set its real length under Measure"
    )
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._fixed: Point | None = None
        self._moving: Point = (0.0, 0.0)
        self._mark: Mark | None = None
        self._end = 1
        self._scale = 1.0

    @property
    def active(self) -> bool:
        """Whether a line is being drawn or an end moved."""
        return self._fixed is not None

    def press(self, event: ToolEvent) -> bool:
        """Take an end under the pointer, or begin a new line; the right button removes a calliper."""
        place = self.inside(event)
        if place is None:
            return False
        callipers = self.measuring.callipers
        if event.button is Qt.MouseButton.RightButton:
            found = self.nearest_line(callipers, event)
            if found is not None:
                self.measuring.remove(found)
            return True
        if event.button is not Qt.MouseButton.LeftButton:
            return False
        taken = self.nearest_end(callipers, event)
        if taken is not None:
            self._mark, self._end = taken
            self._fixed = self._mark.start if self._end else self._mark.end
            self._moving = self._mark.end if self._end else self._mark.start
            self.measuring.hold(self._mark)
        else:
            self._mark, self._end = None, 1
            self._fixed = self._moving = place
        self._scale = event.scale
        self.repaint()
        return True

    def move(self, event: ToolEvent) -> None:
        """Follow the pointer."""
        place = self.inside(event)
        if self._fixed is None or place is None:
            return
        straight = event.has(Qt.KeyboardModifier.ShiftModifier)
        self._moving = _turned(self._fixed, place) if straight else place
        self._scale = event.scale
        self.repaint()

    def release(self, event: ToolEvent) -> None:
        """Keep the line; a click chooses the calliper under it."""
        fixed = self._fixed
        if fixed is None:
            return
        clicked = math.dist(fixed, self._moving) * event.scale < _SHORTEST
        if clicked and self._mark is None:
            self._forget()
            self.measuring.select(self.nearest_line(self.measuring.callipers, event))
        else:
            self.finish()

    def finish(self) -> None:
        """Keep the line as it is."""
        fixed, mark, measuring = self._fixed, self._mark, self.measuring
        if fixed is None:
            return
        long_enough = math.dist(fixed, self._moving) * self._scale >= _SHORTEST
        start, end = (fixed, self._moving) if self._end else (self._moving, fixed)
        self._forget()
        if not long_enough:
            return
        if mark is None:
            measuring.add(CALLIPER, measuring.next_name(CALLIPER, "Calliper"), start, end)
        elif (start, end) != (mark.start, mark.end):
            measuring.change(mark.moved(start, end))
        else:
            measuring.select(mark)

    def abort(self) -> None:
        """Leave everything as it was."""
        self._forget()

    def _forget(self) -> None:
        self._fixed = self._mark = None
        self.measuring.hold(None)
        self.repaint()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the line under the hand, with its length."""
        if self._fixed is not None:
            words = self.measuring.line_words(self._fixed, self._moving)
            paint_line(painter, viewport, LineMark(self._fixed, self._moving, words, True), self.accent())


def _turned(fixed: Point, place: Point) -> Point:
    """The place turned about ``fixed`` to the nearest multiple of 45°, as far away as before."""
    dx, dy = place[0] - fixed[0], place[1] - fixed[1]
    angle = round(math.atan2(dy, dx) / _STEP) * _STEP
    # What counts is how far it goes in that direction: the end stays beside the pointer.
    length = dx * math.cos(angle) + dy * math.sin(angle)
    return fixed[0] + length * math.cos(angle), fixed[1] + length * math.sin(angle)
