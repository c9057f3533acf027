"""What a tool is, what it is told, and what it may act on.

A tool is told of presses, moves and releases in image coordinates and acts on a :class:`ToolContext`; it
knows no widget, no project and no store. It leaves nothing half done: between a press and the release a
gesture is either finished (one edit, one undo step) or aborted (every pixel as before).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.project.edit import Edit
from desktop.project.label import Label
from desktop.project.planes import Box, LabelPlanes
from desktop.project.stroke import StrokeRecorder

__all__ = ["MAX_RADIUS", "MIN_RADIUS", "Tool", "ToolContext", "ToolEvent"]

MIN_RADIUS = 0.5
MAX_RADIUS = 500.0


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

    def begin_stroke(self) -> StrokeRecorder:
        """Start recording changes of the class selected (see :meth:`Tool.target`)."""

    def abort_stroke(self) -> None:
        """Give the stroke up: its pixels are as before and shown again."""

    def commit(self, edit: Edit) -> None:
        """Make an edit, already applied to the planes, the label's newest."""

    def changed(self, box: Box) -> None:
        """Show the planes again inside ``box`` (image pixels)."""


class Tool:
    """The base of all tools: does nothing. One instance serves one canvas."""

    name: ClassVar[str] = ""
    text: ClassVar[str] = ""
    shortcut: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.ArrowCursor
    pans: ClassVar[bool] = False
    """Whether the canvas moves the image when the left button is dragged."""

    def __init__(self, context: ToolContext) -> None:
        self.context = context

    def target(self) -> tuple[LabelPlanes, int] | None:
        """The planes and the class that can be painted now; None when there are none."""
        label, class_id = self.context.label, self.context.class_id
        if label is None or label.planes is None or class_id is None:
            return None
        return label.planes, class_id

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

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002
        """A key went down. Returns whether the tool used it."""
        return False

    def wheel(self, steps: float, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002
        """The wheel turned with a modifier held (steps: one a notch). Returns whether the tool used it."""
        return False

    def finish(self) -> None:
        """End a gesture under way and keep what it did (focus lost, another image, another tool)."""

    def abort(self) -> None:
        """End a gesture under way as if it had never begun (Escape)."""

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw what the gesture shows above the image; the painter's unit is one device pixel."""
