"""Pointer, wheel, pinch and keys of the canvas: what moves the view and what goes to the tool.

Space or the middle button moves the image, the wheel zooms at the pointer; everything else is the tool's.
A gesture is never left half done: Escape aborts it; the loss of focus with a button held, another tool,
another image or label finish it, for nothing drawn may be lost. Leaving the widget does neither: the button
is still held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)

from desktop.canvas.cursor import Ring
from desktop.canvas.pinch import Pinch
from desktop.canvas.rects import box_of, logical_rect
from desktop.errors import DesktopError
from desktop.tools.base import Tool, ToolEvent

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView

__all__ = ["Interaction"]

Pointer = QMouseEvent | QTabletEvent

_LEFT = Qt.MouseButton.LeftButton
_ZOOM_PER_NOTCH = 1.2
_ZOOM_PER_KEY = 1.25
_NOTCH = 120.0
"""Eighths of a degree a wheel notch (Qt's unit of ``angleDelta``)."""


class Interaction:
    """The state of the pointer over one canvas."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._pointer: QPointF | None = None
        self._pan_button = Qt.MouseButton.NoButton
        self._pan_from = QPointF()
        self._space = False
        self._gesture_tool: Tool | None = None
        self._gesture_button = Qt.MouseButton.NoButton
        self._on_map = False
        self._first_press = False
        self._pinch = Pinch(view, self._forget_finger)

    @property
    def tool_active(self) -> bool:
        """Whether a tool's gesture is under way."""
        return self._gesture_tool is not None

    @property
    def pointer(self) -> tuple[float, float] | None:
        """View coordinates of the pointer (device pixels); None when it is elsewhere."""
        return self._device(self._pointer) if self._pointer is not None else None

    # --- pointer

    def press(self, event: Pointer) -> None:
        """Begin to move the image, or a gesture of the tool, or go on with one of many presses."""
        self._pointer = event.position()
        button = event.button()
        held = self._gesture_button is not Qt.MouseButton.NoButton
        if self._view.viewport is None or held or self._pan_button is not Qt.MouseButton.NoButton:
            return
        if button is Qt.MouseButton.LeftButton and not self.tool_active and self._over_map():
            self._on_map = True
            self._go_on_map()
            return
        tool = self._view.tool
        holds = self._space or (tool is not None and tool.pans)
        if button is Qt.MouseButton.MiddleButton or (holds and button is Qt.MouseButton.LeftButton):
            self._pan_button, self._pan_from = button, event.position()
            self.update_cursor()
            return
        if tool is None or self._view.reading:
            return
        taken = False
        with self._told():
            taken = tool.press(self._tool_event(event))
        # A tool may be done with the press alone (a click on a component, the last vertex).
        if taken and tool.active:
            self._first_press = self._gesture_tool is None
            self._gesture_tool, self._gesture_button = tool, button
            self._make_way()
        elif taken or (self.tool_active and not tool.active):
            self._end_gesture()
        self._view.refresh_cursor()

    def double_click(self, event: QMouseEvent) -> None:
        """A second click: the tool may take it as such during a gesture; otherwise it is a press."""
        tool = self._gesture_tool
        if tool is None or self._gesture_button is not Qt.MouseButton.NoButton or self._space:
            self.press(event)
            return
        used = True
        with self._told():
            used = tool.double_click(self._tool_event(event))
        if not used:
            self.press(event)
        elif not tool.active:
            self._end_gesture()

    def move(self, event: Pointer) -> None:
        """Move the image, go on with the gesture, or hover."""
        self._pointer = event.position()
        if self._pan_button is not Qt.MouseButton.NoButton:
            delta = event.position() - self._pan_from
            self._pan_from = event.position()
            self._view.pan_by(delta.x(), delta.y())
        elif self._on_map:
            self._go_on_map()
        elif self._view.viewport is not None:
            tool_event = self._tool_event(event)
            if self._gesture_tool is not None and self._gesture_button is not Qt.MouseButton.NoButton:
                self._gesture_tool.move(tool_event)
            elif self._view.tool is not None:
                self._view.tool.hover(tool_event)
            self._view.pointer_moved.emit(tool_event.x, tool_event.y)
        self._make_way()
        self.update_cursor()

    def release(self, event: Pointer) -> None:
        """End what the button began."""
        if self._on_map and event.button() is Qt.MouseButton.LeftButton:
            self._on_map = False
        elif event.button() is self._pan_button:
            self._pan_button = Qt.MouseButton.NoButton
            self.update_cursor()
        elif self._gesture_tool is not None and event.button() is self._gesture_button:
            tool = self._gesture_tool
            self._gesture_button = Qt.MouseButton.NoButton
            with self._told():
                tool.release(self._tool_event(event))
            if not tool.active:
                self._end_gesture()
        self._view.refresh_cursor()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What a tool is refused (a locked layer) is told, not raised."""
        try:
            yield
        except DesktopError as refusal:
            self._view.refused.emit(str(refusal))

    def leave(self) -> None:
        """The pointer went elsewhere."""
        self._pointer = None
        self._view.refresh_cursor()
        self._view.pointer_left.emit()

    def focus_lost(self) -> None:
        """Keep what was done; forget what is held. A gesture between two presses goes on waiting."""
        self._space = self._on_map = False
        self._pan_button = Qt.MouseButton.NoButton
        if self._gesture_button is not Qt.MouseButton.NoButton:
            self.finish()
        self.update_cursor()

    def finish(self) -> None:
        """End a gesture under way and keep it."""
        if self._gesture_tool is not None:
            with self._told():
                self._gesture_tool.finish()
            if self._gesture_tool.active:
                # It was refused, and what it was drawn on may be gone the next moment.
                self._gesture_tool.abort()
            self._end_gesture()

    def abort(self) -> None:
        """End a gesture under way as if it had never begun."""
        if self._gesture_tool is not None:
            self._gesture_tool.abort()
            self._end_gesture()

    def _forget_finger(self) -> None:
        """Two fingers: what the first one began as a mouse never was; a gesture of many presses goes on."""
        self._pan_button, self._on_map = Qt.MouseButton.NoButton, False
        if self._first_press and self._gesture_button is not Qt.MouseButton.NoButton:
            self.abort()

    # --- wheel and pinch

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with a modifier ask the tool first; a touch pad's two fingers move."""
        event.accept()
        self._pointer = event.position()
        # Qt turns Alt and the wheel into a horizontal turn.
        steps = (event.angleDelta().y() or event.angleDelta().x()) / _NOTCH
        tool = self._view.tool
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if (
            held
            and steps
            and tool is not None
            and self._view.viewport is not None
            and tool.wheel(steps, held)
        ):
            self._view.refresh_cursor()
            return
        pixels = event.pixelDelta()
        if not pixels.isNull() and event.phase() is not Qt.ScrollPhase.NoScrollPhase and not held:
            self._view.pan_by(pixels.x(), pixels.y())
        elif steps:
            self._view.zoom_by(_ZOOM_PER_NOTCH**steps, (event.position().x(), event.position().y()))

    def event(self, event: QEvent) -> bool:
        """Pinches, and keys that a gesture claims before any shortcut. Returns whether it was used."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            tool = self._gesture_tool or self._view.tool
            usable = tool is not None and self._view.viewport is not None and not self._view.reading
            if tool is not None and usable and tool.claims(Qt.Key(event.key()), event.modifiers()):
                event.accept()
                return True
            return False
        return self._pinch.event(event)

    # --- keys

    def key_press(self, event: QKeyEvent) -> bool:
        """Returns whether the key was used. Shortcuts of the window come before."""
        key = Qt.Key(event.key())
        if key is Qt.Key.Key_Escape and self.tool_active:
            self.abort()
            return True
        if key is Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self.update_cursor()
            return True
        tool, used = self._view.tool, False
        if tool is not None and self._view.viewport is not None:
            with self._told():
                used = tool.key(key, event.modifiers())
        if tool is not None and used:
            if self.tool_active and not tool.active:
                self._end_gesture()
            self._view.refresh_cursor()
            return True
        if event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
            return False
        actions: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Plus: lambda: self._view.zoom_by(_ZOOM_PER_KEY),
            Qt.Key.Key_Equal: lambda: self._view.zoom_by(_ZOOM_PER_KEY),
            Qt.Key.Key_Minus: lambda: self._view.zoom_by(1 / _ZOOM_PER_KEY),
            Qt.Key.Key_0: self._view.fit,
            Qt.Key.Key_1: self._view.one_to_one,
        }
        if key not in actions:
            return False
        actions[key]()
        return True

    def key_release(self, event: QKeyEvent) -> bool:
        """Returns whether the key was used."""
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat():
            return False
        self._space = False
        self.update_cursor()
        return True

    # --- cursor

    def ring(self) -> Ring | None:
        """The tool's ring in view coordinates; None when an ordinary cursor is shown."""
        viewport, tool = self._view.viewport, self._view.tool
        if viewport is None or tool is None or self._moves_image or self._view.reading or self._over_map():
            return None
        radius, centre = tool.ring_radius, tool.ring_centre
        if radius is None:
            return None
        if centre is not None:
            return Ring(*viewport.to_view(*centre), radius * viewport.scale)
        return Ring(*self.pointer, radius * viewport.scale) if self.pointer is not None else None

    def update_cursor(self) -> None:
        """Give the widget the cursor of what a press would do now."""
        tool = self._view.tool
        if self._pan_button is not Qt.MouseButton.NoButton:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._view.viewport is None or self._view.reading:
            shape = Qt.CursorShape.ArrowCursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._over_map():
            shape = Qt.CursorShape.PointingHandCursor
        else:
            shape = tool.cursor if tool is not None else Qt.CursorShape.ArrowCursor
        if self._view.cursor().shape() is not shape:
            self._view.setCursor(shape)
        self._view.refresh_cursor()

    # --- the small map

    def _over_map(self) -> bool:
        """Whether a press now would be one on the overview."""
        if self._on_map:
            return True
        viewport, at = self._view.viewport, self.pointer
        if viewport is None or at is None or self.tool_active or self._view.reading:
            return False
        rect = self._view.overview.rect(viewport, self._view.devicePixelRatioF())
        return rect is not None and rect.contains(int(at[0]), int(at[1]))

    def _go_on_map(self) -> None:
        """Bring what the pointer points to on the overview to the middle."""
        viewport, at = self._view.viewport, self.pointer
        if viewport is None or at is None:
            return
        rect = self._view.overview.rect(viewport, self._view.devicePixelRatioF())
        if rect is not None:
            self._view.centre_on(*self._view.overview.image_point(rect, *at))

    def _make_way(self) -> None:
        """The overview gives way to a gesture that comes near, and returns after it."""
        viewport, at, tool = self._view.viewport, self.pointer, self._gesture_tool
        if viewport is None:
            return
        ratio, overview = self._view.devicePixelRatioF(), self._view.overview
        before = overview.rect(viewport, ratio)
        if tool is None or at is None:
            overview.avoid(None)
        else:
            overview.avoid((*at, (tool.ring_radius or 0.0) * viewport.scale))
        after = overview.rect(viewport, ratio)
        if before != after:
            for rect in (before, after):
                if rect is not None:
                    grown = rect.adjusted(-6, -6, 6, 6)
                    self._view.update(logical_rect(box_of(grown), ratio))

    # --- inside

    @property
    def _moves_image(self) -> bool:
        return self._space or self._pan_button is not Qt.MouseButton.NoButton

    def _end_gesture(self) -> None:
        self._gesture_tool, self._gesture_button = None, Qt.MouseButton.NoButton
        self._make_way()
        self._view.refresh_cursor()
        self._view.gesture_ended.emit()

    def _device(self, position: QPointF) -> tuple[float, float]:
        """View coordinates of a position of the mouse: the middle of the device pixel that it names."""
        ratio = self._view.devicePixelRatioF()
        return position.x() * ratio + 0.5, position.y() * ratio + 0.5

    def _tool_event(self, event: Pointer) -> ToolEvent:
        viewport = self._view.viewport
        if viewport is None:
            raise RuntimeError("A tool is told of nothing while there is no image.")
        x, y = viewport.to_image(*self._device(event.position()))
        button, pressure = event.button(), 1.0
        if isinstance(event, QTabletEvent):
            if self._view.pressure_used():
                pressure = event.pressure()
            # The other end of a pen does the opposite, as the right button does.
            if event.pointerType() is QPointingDevice.PointerType.Eraser and button is _LEFT:
                button = Qt.MouseButton.RightButton
        return ToolEvent(x, y, viewport.scale, pressure, button, event.modifiers())
