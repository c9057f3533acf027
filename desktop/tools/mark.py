"""Marks a named point, such as the fovea, from which distances are measured."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.marks import PointMark, paint_point
from desktop.canvas.viewport import Viewport
from desktop.project.measures import Point
from desktop.project.measuring_rows import POINT, Mark
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.marking import MarkingTool
from desktop.tools.options import Option

__all__ = ["MarkTool"]

_MANY = "Point"
"""Of these there may be several; of any other name there is one an image."""


class MarkTool(MarkingTool):
    """A click sets the point, or moves it there; dragging moves it; a right click removes it."""

    name = "mark"
    text = "Mark a point"
    shortcut = "M"
    hint = "Click to mark the point · drag to move it · right click removes · distances are under Measure"
    cursor = Qt.CursorShape.CrossCursor
    options = (Option("name", "Name", "Fovea", choices=("Fovea", "Optic disc", _MANY)),)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._at: Point | None = None
        self._mark: Mark | None = None

    @property
    def active(self) -> bool:
        """Whether a point is under the hand."""
        return self._at is not None

    def press(self, event: ToolEvent) -> bool:
        """Take the point under the pointer, or the one of the chosen name, or begin a new one."""
        place = self.inside(event)
        if place is None:
            return False
        points = self.measuring.points
        near = self.nearest_end(points, event)
        if event.button is Qt.MouseButton.RightButton:
            if near is not None:
                self.measuring.remove(near[0])
            return True
        if event.button is not Qt.MouseButton.LeftButton:
            return False
        name = self.value("name")
        if near is not None:
            self._mark, self._at = near[0], near[0].start
        else:
            same = (one for one in points if one.name == name and name != _MANY)
            self._mark, self._at = next(same, None), place
        if self._mark is not None:
            self.measuring.hold(self._mark)
        self.repaint()
        return True

    def move(self, event: ToolEvent) -> None:
        """Follow the pointer."""
        place = self.inside(event)
        if self._at is not None and place is not None:
            self._at = place
            self.repaint()

    def release(self, event: ToolEvent) -> None:  # noqa: ARG002
        """Keep the point where it is."""
        self.finish()

    def finish(self) -> None:
        """Keep the point where it is."""
        at, mark, measuring = self._at, self._mark, self.measuring
        if at is None:
            return
        self._forget()
        if mark is None:
            name = self.value("name")
            measuring.add(POINT, measuring.next_name(POINT, _MANY) if name == _MANY else name, at)
        elif at != mark.start:
            measuring.change(mark.moved(at))
        else:
            measuring.select(mark)

    def abort(self) -> None:
        """Leave everything as it was."""
        self._forget()

    def _forget(self) -> None:
        self._at = self._mark = None
        self.measuring.hold(None)
        self.repaint()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the point under the hand."""
        if self._at is not None:
            name = self._mark.name if self._mark is not None else str(self.value("name"))
            paint_point(painter, viewport, PointMark(self._at, name, True), self.accent())
