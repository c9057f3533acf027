"""The canvas: an image that is looked at and worked on, with the tool in the hand.

What is seen stands in :mod:`desktop.canvas.surface`; what a pointer, a wheel or a key means in
:mod:`desktop.canvas.interaction`.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop.canvas.cursor import Ring, paint_ring, ring_bounds
from desktop.canvas.interaction import Interaction
from desktop.canvas.rects import box_of, logical_rect
from desktop.canvas.surface import ImageSurface
from desktop.canvas.viewport import Viewport
from desktop.tools.base import Tool

__all__ = ["CanvasView"]


class CanvasView(ImageSurface):
    """An image surface that hands gestures to a tool."""

    pointer_moved = Signal(float, float)
    """Image coordinates under the pointer (continuous; may lie outside the image)."""
    pointer_left = Signal()
    """The pointer is no longer over the canvas."""
    tab_pressed = Signal(bool)
    """Tab (True) or Shift+Tab (False) while the canvas has the keyboard and an image: it stays there."""
    refused = Signal(str)
    """Why a tool may not do what it was asked (a locked layer), in one sentence."""
    gesture_ended = Signal()
    """A tool's gesture was finished or aborted: what had to wait for it may go on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.grabGesture(Qt.GestureType.PinchGesture)

    def _prepare(self) -> None:
        self._tool: Tool | None = None
        self._ring: Ring | None = None
        self._interaction = Interaction(self)
        self.pressure_used: Callable[[], bool] = lambda: True
        """Asked whether a pen's pressure reaches the tool; otherwise it is like a mouse."""

    # --- the tool

    @property
    def tool(self) -> Tool | None:
        """The tool in the hand."""
        return self._tool

    def set_tool(self, tool: Tool | None) -> None:
        """Take a tool in the hand; a gesture of the one before is finished first."""
        self.finish_gesture()
        self._tool = tool
        if tool is not None:
            tool.repaint = self.update
        self._interaction.update_cursor()
        self.refresh_cursor()

    @property
    def gesture_active(self) -> bool:
        """Whether a tool's gesture is under way. Labels and predictions wait until it ends."""
        return self._interaction.tool_active

    def finish_gesture(self) -> None:
        """End a gesture under way and keep it. Call it before another label becomes the current one."""
        self._interaction.finish()

    def refresh_cursor(self) -> None:
        """Draw the ring again after its size changed elsewhere."""
        before, self._ring = self._ring, self._interaction.ring()
        ratio = self.devicePixelRatioF()
        for ring in (before, self._ring):
            if ring is not None and before != self._ring:
                self.update(logical_rect(box_of(ring_bounds(ring, ratio)), ratio))

    # --- what the surface asks

    def _image_changed(self) -> None:
        self._interaction.update_cursor()

    def _looked(self, viewport: Viewport) -> None:
        super()._looked(viewport)
        self._ring = self._interaction.ring()

    def _pointer(self) -> tuple[float, float] | None:
        return self._interaction.pointer

    def _paint_above(self, painter: QPainter, viewport: Viewport, ratio: float) -> None:
        if self._tool is not None:
            self._tool.paint(painter, viewport)
        if self._ring is not None:
            paint_ring(painter, self._ring, ratio)

    # --- events; what a pointer, a wheel or a key means stands in Interaction

    def event(self, event: QEvent) -> bool:
        """Gestures, shortcuts that a gesture claims, and changes of the screen's pixel ratio."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._follow_size()
            self.update()
        return self._interaction.event(event) or super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._interaction.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._interaction.double_click(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._interaction.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._interaction.release(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen: as a mouse, with pressure. Accepted, so that Qt makes no mouse event of it."""
        handlers = {
            QEvent.Type.TabletPress: self._interaction.press,
            QEvent.Type.TabletMove: self._interaction.move,
            QEvent.Type.TabletRelease: self._interaction.release,
        }
        if event.type() is QEvent.Type.TabletPress:
            # Qt gives the keyboard to what a mouse presses, not to what a pen does.
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        handlers[event.type()](event)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._interaction.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._interaction.key_press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._interaction.key_release(event):
            super().keyReleaseEvent(event)

    def focusNextPrevChild(self, following: bool) -> bool:  # noqa: N802 - Qt's name
        """Tab goes from piece to piece of the label, not out of the canvas, while there is an image."""
        if self.viewport is None or self.reading:
            return super().focusNextPrevChild(following)
        self.tab_pressed.emit(following)
        return True

    def leaveEvent(self, event: QEvent) -> None:
        """The ring goes with the pointer; a gesture goes on, for Qt goes on sending its moves."""
        self._interaction.leave()
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A gesture ends, kept, when the window or another widget takes over."""
        self._interaction.focus_lost()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """As when the focus is lost."""
        self._interaction.focus_lost()
        super().hideEvent(event)
