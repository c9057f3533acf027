"""GrabCut: a box around something, and scribbles that say what of it is meant and what is not."""

from __future__ import annotations

import logging
import math
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.project.planes import Box
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.cutout import Cutout, Scribble, cut_out
from desktop.tools.disc import Point
from desktop.tools.options import Option
from desktop.tools.region import RegionTool
from desktop.tools.shapes import rectangle_region
from desktop.tools.sketch import sketch_line, sketch_pixels, sketch_words

__all__ = ["GrabCutTool"]

_log = logging.getLogger(__name__)

WIDTH = Option(
    "width",
    "Scribble",
    8,
    2,
    60,
    2,
    "px",
    smaller="[",
    larger="]",
    hint="How wide scribbles are, on the screen",
)
_SMALLEST = 6.0
"""Logical pixels: a box dragged less than this is a click, and asks nothing."""
_WORKING = "Looking…"
_READY = "Scribble: left keeps, right drops · Enter takes it"


class GrabCutTool(RegionTool):
    """Drag a box; what stands out inside is shown. Left scribbles keep, right ones (or Ctrl) drop.

    Enter or a double click commits, Escape aborts. Everything is computed behind; scribbles may go on
    meanwhile and are taken up by the next answer.
    """

    name = "grabcut"
    text = "GrabCut"
    shortcut = "G"
    hint = (
        "Drag a box around something, then scribble: left keeps, right drops · Enter takes it"
        " · Backspace takes a scribble back · a box drawn with the right button takes away"
    )
    options = (WIDTH,)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._corners: tuple[Point, Point] | None = None
        self._frame: Box | None = None
        self._scribbles: list[Scribble] = []
        self._drawing: tuple[list[Point], float, bool] | None = None
        self._found: Cutout | None = None
        self._question = 0  # one number for each question asked: other answers are out of date
        self._asking = False
        self._again = False
        self._closing = False

    @property
    def active(self) -> bool:
        """Whether a box is drawn."""
        return self._corners is not None

    @property
    def found(self) -> Cutout | None:
        """What is shown; None while nothing was found yet."""
        return self._found

    @property
    def asking(self) -> bool:
        """Whether an answer is being computed."""
        return self._asking

    def press(self, event: ToolEvent) -> bool:
        """Begin the box; later a scribble."""
        here = (event.x, event.y)
        if not all(map(math.isfinite, here)):
            return False
        if self._corners is None:
            if self.context.pixels is None or not self._begin(event):
                return False
            self._corners = (here, here)
            return True
        buttons = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        if self._frame is None or self._closing or event.button not in buttons:
            return False
        drops = event.button is Qt.MouseButton.RightButton or event.has(Qt.KeyboardModifier.ControlModifier)
        radius = self.value(WIDTH.name) * self._ratio / (2 * event.scale)
        self._drawing = ([here], radius, not drops)
        self.repaint()
        return True

    def move(self, event: ToolEvent) -> None:
        """Drag the box's corner, or draw on."""
        here = (event.x, event.y)
        if not all(map(math.isfinite, here)):
            return
        if self._drawing is not None:
            self._drawing[0].append(here)
        elif self._corners is not None and self._frame is None:
            self._corners = (self._corners[0], here)
        self.repaint()

    def release(self, event: ToolEvent) -> None:
        """Ask what is in the box, or ask again with the scribble."""
        self.move(event)
        if self._drawing is not None:
            (points, radius, foreground), self._drawing = self._drawing, None
            self._scribbles.append(Scribble(tuple(points), radius, foreground))
            self._ask()
        elif self._corners is not None and self._frame is None:
            (x, y), (x2, y2) = self._corners
            box, mask = rectangle_region(*self._corners, *self._size())
            if min(abs(x2 - x), abs(y2 - y)) * event.scale < _SMALLEST * self._ratio or mask.size == 0:
                self._forget()
                return
            self._frame = box
            self._ask()

    def double_click(self, event: ToolEvent) -> bool:  # noqa: ARG002
        """Commit. The click before it was a scribble of one point, which is taken back."""
        if self._frame is None:
            return False
        if self._scribbles and len(self._scribbles[-1].points) <= 2:
            self._scribbles.pop()
            if self._again:
                self._again = False
            elif self._asking:
                self._question += 1
                self._asking = False
        self._close()
        return True

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Enter commits; Backspace takes the last scribble back, then the box."""
        if self._corners is None or self._closing:
            return super().key(key, modifiers)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._close()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._take_back()
        else:
            return super().key(key, modifiers)
        return True

    def finish(self) -> None:
        """Commit what is shown, and what Enter has taken before it was; forget what shows nothing yet."""
        self._drawing = None
        if self._closing:
            self._commit_unseen()
        else:
            self._commit()

    def abort(self) -> None:
        """Forget box and scribbles."""
        self._forget()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the box, what was found in it, and the scribbles."""
        self._ratio = float(painter.device().devicePixelRatio())
        if self._corners is None:
            return
        if self._found is not None:
            sketch_pixels(painter, viewport, *self._found.region, self._tint())
        (x, y), (x2, y2) = self._corners
        sketch_line(painter, viewport, ((x, y), (x2, y), (x2, y2), (x, y2)), closed=True, dashed=True)
        lines = [(one.points, one.foreground) for one in self._scribbles]
        if self._drawing is not None:
            lines.append((tuple(self._drawing[0]), self._drawing[2]))
        for points, foreground in lines:
            sketch_line(painter, viewport, points, dashed=not foreground)
        if self._frame is not None:
            words = _WORKING if self._asking else _READY
            sketch_words(painter, viewport, (min(x, x2), max(y, y2)), words)

    # --- inside

    def _ask(self) -> None:
        """Ask what is in the box; while an answer is under way, ask again after it."""
        pixels, frame = self.context.pixels, self._frame
        if pixels is None or frame is None:
            return
        if self._asking:
            self._again = True
            return
        self._question += 1
        question, scribbles, before = self._question, tuple(self._scribbles), self._found
        self._asking, self._again = True, False

        def work() -> Cutout:
            return cut_out(pixels, frame, scribbles, before)

        self.context.run_behind(work, partial(self._answered, question), partial(self._failed, question))
        self.repaint()

    def _answered(self, question: int, found: Cutout) -> None:
        if question != self._question:
            return
        self._found, self._asking = found, False
        self._go_on()

    def _failed(self, question: int, error: BaseException) -> None:
        _log.error("GrabCut found no answer.", exc_info=error)
        if question != self._question:
            return
        self._asking = self._again = False
        self.context.say("Nothing could be told apart here; draw another box, or scribble what is meant.")
        self._go_on()

    def _go_on(self) -> None:
        if self._again:
            self._ask()
        elif self._closing:
            with self._told():
                self._commit()
        self.repaint()

    def _take_back(self) -> None:
        if not self._scribbles:
            self._forget()
            return
        self._scribbles.pop()
        # What it taught cannot be unlearnt: the box is looked at anew.
        self._found, self._asking = None, False
        self._ask()

    def _close(self) -> None:
        if self._asking:
            self._closing = True
        else:
            self._commit()

    def _commit(self) -> None:
        found = self._found
        with self._kept_if_refused("_corners", "_frame", "_found", "_scribbles"):
            self._forget()
            if found is not None:
                self._take(found.region)

    def _commit_unseen(self) -> None:
        """The image is left after Enter, before the answer: it is computed for its own label."""
        pixels, frame, scribbles, before = (
            self.context.pixels,
            self._frame,
            tuple(self._scribbles),
            self._found,
        )
        with self._kept_if_refused("_corners", "_frame", "_found", "_scribbles"):
            self._forget()
            if pixels is not None and frame is not None:
                self._take_later(lambda: cut_out(pixels, frame, scribbles, before).region)

    def _forget(self) -> None:
        self._corners = self._frame = self._found = self._drawing = None
        self._scribbles = []
        self._asking = self._again = self._closing = False
        self._question += 1
        self.repaint()
