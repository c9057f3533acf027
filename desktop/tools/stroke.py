"""What brush and eraser share: strokes of a round tip, its size, and how a stroke ends."""

from __future__ import annotations

import logging
import math
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt

from desktop.project.label import Label
from desktop.project.planes import Bits, Box, LabelPlanes, clip_box, page_and_bit
from desktop.project.stroke import StrokeRecorder
from desktop.tools.base import MAX_RADIUS, MIN_RADIUS, Tool, ToolContext, ToolEvent
from desktop.tools.disc import Point, covered_pieces
from desktop.tools.options import Option, OptionValue

__all__ = ["SIZE", "StrokeTool", "stamp"]

_log = logging.getLogger(__name__)

_KEY_STEP = 1.15
_BIG_KEY_STEP = 1.5
_WHEEL_STEP = 1.1
_SIZE_KEYS = (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight)

SIZE = Option(
    "size", "Radius", 6.0, MIN_RADIUS, MAX_RADIUS, _KEY_STEP, "px", smaller="[", larger="]", geometric=True,
    hint="Also Ctrl and the wheel, or Alt and dragging sideways",
)  # fmt: skip


class StrokeTool(Tool):
    """A round tip that sets or clears bits. Left draws; right, or Ctrl, does the opposite.

    Shift begins where the last stroke on this image ended, as a straight line. Alt and dragging sideways,
    Ctrl and the wheel, ``[`` and ``]`` change the size.
    """

    cursor = Qt.CursorShape.BlankCursor
    options: ClassVar[tuple[Option, ...]] = (SIZE,)
    erases = False
    painted_text = "Brush"
    erased_text = "Eraser"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._recorder: StrokeRecorder | None = None
        self._label: Label | None = None
        self._clears = False
        self._at: Point = (0.0, 0.0)
        self._last_end: tuple[Label, Point] | None = None
        self._sizing: tuple[Point, float] | None = None
        self._pressure = 1.0

    @property
    def active(self) -> bool:
        """Whether a stroke or a change of size is under way."""
        return self._recorder is not None or self._sizing is not None

    @property
    def ring_radius(self) -> float | None:
        """The tip's radius; during a stroke of a pen the one that its pressure gives."""
        return self._tip if self._recorder is not None else self.context.brush_radius

    @property
    def _tip(self) -> float:
        return max(self.context.brush_radius * self._pressure, MIN_RADIUS)

    @property
    def ring_centre(self) -> Point | None:
        """The ring stays where the change of size began."""
        return self._sizing[0] if self._sizing else None

    def press(self, event: ToolEvent) -> bool:
        """Begin a stroke, or with Alt a change of size."""
        if self.active or event.button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return False
        here = (event.x, event.y)
        if event.button is Qt.MouseButton.LeftButton and event.has(Qt.KeyboardModifier.AltModifier):
            self._sizing = (here, self.context.brush_radius)
            return True
        if not self.may_paint():
            return False
        opposite = event.button is Qt.MouseButton.RightButton or event.has(
            Qt.KeyboardModifier.ControlModifier
        )
        self._clears = self.erases is not opposite
        self._pressure = event.pressure
        self._label = self.context.label
        self._recorder = self.context.begin_stroke()
        start = here
        line = event.has(Qt.KeyboardModifier.ShiftModifier)
        if line and self._last_end is not None and self._last_end[0] is self._label:
            start = self._last_end[1]
        self._draw(start, here)
        return True

    def move(self, event: ToolEvent) -> None:
        """Draw on to where the pointer is now."""
        if self._sizing is not None:
            (x, _), radius = self._sizing
            self._set_radius(radius + event.x - x)
        elif self._recorder is not None:
            self._pressure = event.pressure
            self._draw(self._at, (event.x, event.y))

    def release(self, event: ToolEvent) -> None:
        """Draw to the end and commit. A pen that is lifted presses no more: its last pressure counts."""
        if self._sizing is None and self._recorder is not None and (event.x, event.y) != self._at:
            self._draw(self._at, (event.x, event.y))
        self.finish()

    def finish(self) -> None:
        """Commit the stroke under way. One that changed nothing makes no undo step."""
        self._sizing = None
        recorder, label = self._recorder, self._label
        self._recorder = self._label = None
        if recorder is None or not recorder.is_open:
            return
        if self.context.label is not label:
            # Its label is no longer on screen: an edit now would be recorded with another image.
            _log.warning("A stroke was given up because its image was left before the stroke ended.")
            recorder.abort()
            return
        self._last_end = (label, self._at) if label is not None else None
        edit = recorder.commit(self.edit_text(self.erased_text if self._clears else self.painted_text))
        if edit is None:
            self.context.abort_stroke()
        else:
            self.context.commit(edit)

    def abort(self) -> None:
        """Give back the pixels from before the stroke, or the size from before its change."""
        if self._sizing is not None:
            self._set_radius(self._sizing[1])
            self._sizing = None
        recorder, label = self._recorder, self._label
        self._recorder = self._label = None
        if recorder is None or not recorder.is_open:
            return
        if self.context.label is label:
            self.context.abort_stroke()
        else:
            recorder.abort()

    def value(self, name: str) -> Any:
        """The value of an option; the size is the one that all brushes share."""
        return self.context.brush_radius if name == SIZE.name else super().value(name)

    def set_value(self, name: str, value: OptionValue) -> None:
        """Set an option. Raises ``KeyError``, ``ValueError``."""
        if name != SIZE.name:
            super().set_value(name, value)
            return
        self.context.set_brush_radius(float(SIZE.fit(value)))
        self.option_changed(name)

    def claims(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """As any tool; the size has shortcuts of the window, which keep it for the next start."""
        return key not in _SIZE_KEYS and super().claims(key, modifiers)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """``[`` and ``]``: smaller and larger; with Shift in larger steps."""
        steps = {
            Qt.Key.Key_BracketLeft: 1 / _KEY_STEP,
            Qt.Key.Key_BracketRight: _KEY_STEP,
            Qt.Key.Key_BraceLeft: 1 / _BIG_KEY_STEP,
            Qt.Key.Key_BraceRight: _BIG_KEY_STEP,
        }
        if key not in steps or modifiers & Qt.KeyboardModifier.ControlModifier:
            return super().key(key, modifiers)
        self._set_radius(self.context.brush_radius * steps[key])
        return True

    def wheel(self, steps: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Ctrl and the wheel: larger and smaller."""
        if not modifiers & Qt.KeyboardModifier.ControlModifier:
            return False
        self._set_radius(self.context.brush_radius * _WHEEL_STEP**steps)
        return True

    def _set_radius(self, radius: float) -> None:
        self.context.set_brush_radius(min(max(radius, MIN_RADIUS), MAX_RADIUS))

    def _draw(self, start: Point, end: Point) -> None:
        recorder = self._recorder
        if recorder is None or not recorder.is_open or not all(map(math.isfinite, end)):
            return
        self._at = end
        for box, mask in covered_pieces(start, end, self._tip):
            cut = recorder.touch(box)
            if cut[0] < cut[2] and cut[1] < cut[3]:
                inside = mask[cut[0] - box[0] : cut[2] - box[0], cut[1] - box[1] : cut[3] - box[1]]
                inside = self._wanted(cut, inside, recorder.class_id)
                self._stamp(recorder, cut, inside)
                self.context.changed(cut)

    def _stamp(self, recorder: StrokeRecorder, box: Box, mask: Bits) -> None:
        """Change the pixels ``mask`` (h, w) inside ``box``, already touched."""
        stamp(recorder.planes, recorder.class_id, box, mask, clear=self._clears)

    def _wanted(self, box: Box, mask: Bits, class_id: int) -> Bits:
        """What of the tip's pixels (h, w) inside ``box`` the stroke may change."""
        allowed = self.context.allowed(box, class_id)
        return mask if allowed is None else mask & allowed


def stamp(
    planes: LabelPlanes,
    class_id: int,
    box: Box,
    mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
    *,
    clear: bool,
) -> None:
    """Set (or clear) one class where ``mask`` (h, w) bool is true inside ``box``, and protect it there.

    Raises ``ValueError`` for a box that is not inside the planes.
    """
    if clip_box(box, planes.height, planes.width) != box:
        raise ValueError(f"The box {box} is not inside an image of {planes.width} x {planes.height} pixels.")
    y0, x0, y1, x1 = box
    page, bit = page_and_bit(class_id)
    bits = mask.view(np.uint8) << np.uint8(bit)
    view = planes.mask[page, y0:y1, x0:x1]
    if clear:
        view &= ~bits
    else:
        view |= bits
    planes.protection[page, y0:y1, x0:x1] |= bits
