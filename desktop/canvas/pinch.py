"""Two fingers on a screen or a touch pad: they zoom at the place between them, and move the image."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView

__all__ = ["Pinch"]


class Pinch:
    """Pinches over one canvas."""

    def __init__(self, view: CanvasView, abort: Callable[[], None]) -> None:
        """``abort`` ends a gesture of the tool: the first finger was taken for a mouse until now."""
        self._view = view
        self._abort = abort
        self._last: tuple[QPointF, float] | None = None

    def event(self, event: QEvent) -> bool:
        """Returns whether the event was a pinch."""
        if event.type() is QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            return self._native(event)
        if event.type() is QEvent.Type.Gesture and isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._follow(pinch)
                return True
        return False

    def _native(self, event: QNativeGestureEvent) -> bool:
        """A touch pad's own gestures: a pinch, and a double tap of two fingers (to 100 % and back to fit)."""
        viewport, at = self._view.viewport, (event.position().x(), event.position().y())
        if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._view.zoom_by(1.0 + event.value(), at)
        elif event.gestureType() is Qt.NativeGestureType.SmartZoomNativeGesture and viewport is not None:
            if viewport.fitted:
                self._view.zoom_to(1.0, at)
            else:
                self._view.fit()
        else:
            return False
        return True

    def _follow(self, pinch: QPinchGesture) -> None:
        """Keep what is between the fingers between them.

        Qt tells every move twice, once for each of two deliveries, and its factors count both. So how far the
        fingers are apart is taken from where they are: the first is the hot spot, the centre is halfway.
        """
        centre, finger = QPointF(pinch.centerPoint()), QPointF(pinch.hotSpot())
        apart = 2 * math.hypot(centre.x() - finger.x(), centre.y() - finger.y())
        last = self._last
        if last is None or pinch.state() is Qt.GestureState.GestureStarted:
            self._abort()
        else:
            moved = centre - last[0]
            at = self._view.mapFromGlobal(centre)
            self._view.pan_by(moved.x(), moved.y())
            self._view.zoom_by(apart / last[1] if apart and last[1] else 1.0, (at.x(), at.y()))
        over = pinch.state() in (Qt.GestureState.GestureFinished, Qt.GestureState.GestureCanceled)
        self._last = None if over else (centre, apart)
