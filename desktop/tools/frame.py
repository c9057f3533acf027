"""Rectangle and ellipse: a frame that is dragged, and adjusted by its handles when one wants to."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.disc import Point
from desktop.tools.options import Option
from desktop.tools.region import RegionTool
from desktop.tools.shapes import Region
from desktop.tools.sketch import sketch_handles

__all__ = ["FrameTool"]

ADJUST = Option(
    "adjust", "Adjust first", default=False, larger="Z",
    hint="Keeps handles on the shape until Enter or a press outside it",
)  # fmt: skip

_REACH = 8.0
_SMALLEST = 2.0
"""Logical pixels: what is dragged less than this is a click, and draws nothing."""
_HANDLES = ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0), (0.0, 1.0), (0.0, 0.5))
"""Where the handles lie on the frame, as parts of its width and height."""


class FrameTool(RegionTool):
    """A shape that fills an upright frame. Shift makes it as wide as high, Alt draws from its middle.

    Letting go commits; with "adjust first" the frame keeps handles, until Enter, a double click or a press
    outside of it commits.
    """

    options = (ADJUST,)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._frame: tuple[Point, Point] | None = None
        self._start: Point | None = None  # where the drag under way began; None between two drags
        self._held: tuple[float, float] | None = None  # the handle in the hand; (0.5, 0.5) is the whole frame
        self._before: tuple[Point, Point] = ((0.0, 0.0), (0.0, 0.0))

    @property
    def active(self) -> bool:
        """Whether a frame is being drawn or adjusted."""
        return self._frame is not None

    @property
    def frame(self) -> tuple[Point, Point] | None:
        """Two opposite corners of the shape under way, in image coordinates."""
        return self._frame

    def press(self, event: ToolEvent) -> bool:
        """Begin a frame, take hold of a handle or of the whole, or commit by a press outside."""
        here = (event.x, event.y)
        if self._frame is not None:
            self._held = self._handle_at(here, event.scale)
            if self._held is None:
                self._commit()
                return True
            self._start, self._before = here, self._frame
            return True
        if not self._begin(event):
            return False
        self._start, self._held, self._frame = here, None, (here, here)
        return True

    def move(self, event: ToolEvent) -> None:
        """Drag the corner, the handle or the whole frame."""
        if self._start is None or not (math.isfinite(event.x) and math.isfinite(event.y)):
            return
        here = (event.x, event.y)
        if self._held is None:
            self._frame = _drawn(
                self._start, here,
                square=event.has(Qt.KeyboardModifier.ShiftModifier),
                centred=event.has(Qt.KeyboardModifier.AltModifier),
            )  # fmt: skip
        else:
            moved = (here[0] - self._start[0], here[1] - self._start[1])
            self._frame = _adjusted(self._before, self._held, moved)
        self.repaint()

    def release(self, event: ToolEvent) -> None:
        """Let go: commit, or leave the frame with its handles."""
        if self._start is None or self._frame is None:
            return
        self.move(event)
        drawn, self._start, self._held = self._held is None, None, None
        (x, y), (x2, y2) = self._frame
        if drawn and max(abs(x2 - x), abs(y2 - y)) * event.scale < _SMALLEST * self._ratio:
            self._forget()
        elif not self.value(ADJUST.name):
            self._commit()

    def double_click(self, event: ToolEvent) -> bool:  # noqa: ARG002
        """Commit what is being adjusted."""
        self._commit()
        return True

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Enter commits what is being adjusted, Backspace forgets it."""
        if self._frame is None or self._start is not None:
            return super().key(key, modifiers)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._commit()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._forget()
        else:
            return super().key(key, modifiers)
        return True

    def finish(self) -> None:
        """Commit what is drawn."""
        self._commit()

    def abort(self) -> None:
        """Forget what is drawn."""
        self._forget()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the shape, and its handles between two drags."""
        self._ratio = float(painter.device().devicePixelRatio())
        if self._frame is None:
            return
        self._paint_shape(painter, viewport, self._frame)
        if self.value(ADJUST.name):
            handles = [_place(self._frame, at) for at in _HANDLES]
            marked = _HANDLES.index(self._held) if self._held in _HANDLES else None
            sketch_handles(painter, viewport, handles, marked=marked)

    def _paint_shape(self, painter: QPainter, viewport: Viewport, frame: tuple[Point, Point]) -> None:
        """Draw the outline of the shape between two corners."""
        raise NotImplementedError

    def _region(self, frame: tuple[Point, Point], height: int, width: int) -> Region:
        """The pixels of the shape between two corners, of an image of a height and width."""
        raise NotImplementedError

    def _handle_at(self, here: Point, scale: float) -> tuple[float, float] | None:
        """The handle under the pointer, (0.5, 0.5) for the inside, None for the outside."""
        frame = self._frame
        if frame is None:
            return None
        near = [(math.dist(here, _place(frame, at)) * scale, at) for at in _HANDLES]
        distance, handle = min(near)
        if distance <= _REACH * self._ratio:
            return handle
        (x, y), (x2, y2) = frame
        inside = min(x, x2) <= here[0] <= max(x, x2) and min(y, y2) <= here[1] <= max(y, y2)
        return (0.5, 0.5) if inside else None

    def _commit(self) -> None:
        frame = self._frame
        with self._kept_if_refused("_frame"):
            self._forget()
            if frame is not None:
                self._take_shape(frame, partial(self._region, frame))

    def _forget(self) -> None:
        self._frame = self._start = self._held = None
        self.repaint()


def _drawn(start: Point, end: Point, *, square: bool, centred: bool) -> tuple[Point, Point]:
    """The frame from where a drag began to where it is."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    if square:
        side = max(abs(dx), abs(dy))
        dx, dy = math.copysign(side, dx), math.copysign(side, dy)
    first = (start[0] - dx, start[1] - dy) if centred else start
    return first, (start[0] + dx, start[1] + dy)


def _adjusted(frame: tuple[Point, Point], handle: tuple[float, float], moved: Point) -> tuple[Point, Point]:
    """The frame after a handle was moved; the middle moves all of it."""
    (x, y), (x2, y2) = frame
    if handle == (0.5, 0.5):
        return (x + moved[0], y + moved[1]), (x2 + moved[0], y2 + moved[1])
    across, down = handle
    x, x2 = (x + moved[0] if across == 0.0 else x), (x2 + moved[0] if across == 1.0 else x2)
    y, y2 = (y + moved[1] if down == 0.0 else y), (y2 + moved[1] if down == 1.0 else y2)
    return (x, y), (x2, y2)


def _place(frame: tuple[Point, Point], at: tuple[float, float]) -> Point:
    """The image point at parts of the frame's width and height."""
    (x, y), (x2, y2) = frame
    return x + (x2 - x) * at[0], y + (y2 - y) * at[1]
