"""What a tool is, what it is told, and what it may act on.

A tool is told of presses, moves and releases in image coordinates and acts on a :class:`ToolContext`; it
knows no widget, no project and no store. It leaves nothing half done: between a press and the release a
gesture is either finished (one edit, one undo step) or aborted (every pixel as before).

A gesture lasts while the tool is `active`: from a press to its release (a stroke), or over many presses (a
polygon). Between the presses of one the pointer's moves come as `hover`; the image may be moved and zoomed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QPainter

from desktop.canvas.viewport import Viewport
from desktop.project.edit import Edit
from desktop.project.label import Label
from desktop.project.planes import Bits, Box, LabelPlanes
from desktop.project.stroke import StrokeRecorder
from desktop.tools.options import Option, OptionValue

if TYPE_CHECKING:
    from inference.prediction import Prediction

__all__ = ["MAX_RADIUS", "MIN_RADIUS", "Tool", "ToolContext", "ToolEvent"]

MIN_RADIUS = 0.5
MAX_RADIUS = 500.0
_ENDING = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
_NO_CLASS = "There is no class to paint yet; add one under Layers, or choose a template with Ctrl+Shift+S."
_HELD = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


@dataclass(frozen=True, slots=True)
class ToolEvent:
    """One moment of the pointer. ``x``, ``y`` are image coordinates (continuous, may lie outside).

    ``scale`` is in device pixels an image pixel; ``pressure`` in 0..1 is 1 for a mouse.
    """

    x: float
    y: float
    scale: float = 1.0
    pressure: float = 1.0
    button: Qt.MouseButton = Qt.MouseButton.NoButton
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    def has(self, modifier: Qt.KeyboardModifier) -> bool:
        """Whether ``modifier`` is held."""
        return bool(self.modifiers & modifier)


class ToolContext(Protocol):
    """What a tool may see and do. The session is one."""

    @property
    def label(self) -> Label | None:
        """The label on screen; None while there is nothing to paint on."""

    @property
    def class_id(self) -> int | None:
        """The class selected."""

    @property
    def brush_radius(self) -> float:
        """The brush's radius in image pixels."""

    def set_brush_radius(self, radius: float) -> None:
        """Choose another radius, between ``MIN_RADIUS`` and ``MAX_RADIUS``."""

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        """The image at full size, (H, W, 3) uint8 RGB, not to be changed; None while it is read."""

    @property
    def prediction(self) -> Prediction | None:
        """What the model in use says of the image; None when not known."""

    def threshold(self, class_name: str) -> float:
        """The threshold in use for a class, 0 to 1."""

    def allowed(self, box: Box, class_id: int, planes: LabelPlanes | None = None) -> Bits | None:
        """Where inside ``box`` the class may be painted, (h, w) bool; None: everywhere.

        ``planes``: those to look at, on another thread; else the label's on screen.
        """

    def begin_stroke(self, class_id: int | None = None) -> StrokeRecorder:
        """Start recording changes of a class; None: the one selected (see :meth:`Tool.target`)."""

    def abort_stroke(self) -> None:
        """Give the stroke up: its pixels are as before and shown again."""

    def commit(self, edit: Edit) -> None:
        """Make an edit, already applied to the planes, the label's newest."""

    def changed(self, box: Box) -> None:
        """Show the planes again inside ``box`` (image pixels)."""

    def perform(self, edit: Edit) -> None:
        """Apply an edit, show it, make it the label's newest. Raises PatchMismatch when it does not fit."""

    def land(
        self, make: Callable[[LabelPlanes], Edit | None], ended: Callable[[bool], None] | None = None
    ) -> None:
        """Compute an edit of the label on screen behind, and make it the label's newest when it is there.

        ``make`` only reads the planes; it is called again when they were painted on meanwhile. Another image
        may be shown in the meantime. ``ended`` is told whether it landed.
        """

    def run_behind(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Run ``work`` off the GUI thread, then ``done(result)`` in it."""

    def say(self, sentence: str) -> None:
        """Tell the person something quietly, in one sentence."""


class Tool:
    """The base of all tools: does nothing. One instance serves one canvas."""

    name: ClassVar[str] = ""
    text: ClassVar[str] = ""
    shortcut: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.ArrowCursor
    pans: ClassVar[bool] = False
    """Whether the canvas moves the image when the left button is dragged."""
    options: ClassVar[tuple[Option, ...]] = ()
    """What can be set of it, in the order of the option strip."""

    def __init__(self, context: ToolContext) -> None:
        self.context = context
        self.repaint: Callable[[], None] = _nothing
        """Draws the canvas again (see :meth:`paint`); given by the canvas that has the tool in the hand."""
        self.option_changed: Callable[[str], None] = _any
        """Is told the name of an option that got another value; given by the option strip."""
        self._values: dict[str, OptionValue] = {one.name: one.default for one in self.options}

    # --- what can be set

    def value(self, name: str) -> Any:
        """The value of an option. Raises ``KeyError`` for a name that the tool does not have."""
        return self._values[name]

    def set_value(self, name: str, value: OptionValue) -> None:
        """Set an option, kept inside its range. Raises ``KeyError``, ``ValueError``."""
        option = next((one for one in self.options if one.name == name), None)
        if option is None:
            raise KeyError(name)
        fitting = option.fit(value)
        if fitting != self._values[name]:
            self._values[name] = fitting
            self.option_changed(name)
            self.repaint()

    def _option_of(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> tuple[Option, int] | None:
        """The option that a key changes, and whether up (+1) or down (-1)."""
        if modifiers & _HELD:
            return None
        for option in self.options:
            for name, direction in ((option.smaller, -1), (option.larger, 1)):
                if name and QKeySequence(name)[0].key() == key:  # type: ignore[index]
                    return option, direction
        return None

    # --- what it works on

    def target(self) -> tuple[LabelPlanes, int] | None:
        """The planes and the class that can be painted now; None when there are none."""
        label, class_id = self.context.label, self.context.class_id
        if label is None or label.planes is None or class_id is None:
            return None
        return label.planes, class_id

    def may_paint(self) -> bool:
        """Whether there is something to paint on; that there is no class yet is said."""
        if self.target() is not None:
            return True
        if self.context.label is not None and self.context.class_id is None:
            self.context.say(_NO_CLASS)
        return False

    def edit_text(self, verb: str) -> str:
        """What an edit of the class selected is called, for example ``Brush · MA``."""
        label, class_id = self.context.label, self.context.class_id
        if label is None or class_id is None:
            return verb
        item = label.schema.class_by_id(class_id)
        return f"{verb} · {item.title or item.name}"

    @property
    def active(self) -> bool:
        """Whether a gesture is under way."""
        return False

    @property
    def ring_radius(self) -> float | None:
        """Radius in image pixels of the ring drawn at the pointer; None for an ordinary cursor."""
        return None

    @property
    def ring_centre(self) -> tuple[float, float] | None:
        """Where the ring stays (image coordinates) while it is not at the pointer."""
        return None

    def press(self, event: ToolEvent) -> bool:  # noqa: ARG002
        """A button went down. Returns whether the tool takes the gesture."""
        return False

    def move(self, event: ToolEvent) -> None:
        """The pointer moved during a gesture that the tool took."""

    def release(self, event: ToolEvent) -> None:
        """The button of the gesture went up."""

    def hover(self, event: ToolEvent) -> None:
        """The pointer moved without a gesture."""

    def double_click(self, event: ToolEvent) -> bool:  # noqa: ARG002
        """A second click came at once, during a gesture. Returns whether it was used; else it is a press."""
        return False

    def claims(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether a key is the tool's before it is a shortcut of the window."""
        return (self.active and key in _ENDING) or self._option_of(key, modifiers) is not None

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """A key went down. Returns whether the tool used it. Here: the keys of its options."""
        found = self._option_of(key, modifiers)
        if found is None:
            return False
        option, direction = found
        self.set_value(option.name, option.stepped(self._values[option.name], direction))
        return True

    def wheel(self, steps: float, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002
        """The wheel turned with a modifier held (steps: one a notch). Returns whether the tool used it."""
        return False

    def finish(self) -> None:
        """End a gesture under way and keep what it did (focus lost, another image, another tool)."""

    def abort(self) -> None:
        """End a gesture under way as if it had never begun (Escape)."""

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw what the gesture shows above the image; the painter's unit is one device pixel."""


def _nothing() -> None:
    """No canvas has the tool in the hand."""


def _any(_name: str) -> None:
    """No option strip shows the tool."""
