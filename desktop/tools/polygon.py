"""The polygon: vertices by clicks, which can be moved, added and removed until it is closed."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.disc import Point
from desktop.tools.region import RegionTool
from desktop.tools.shapes import nearest_edge, polygon_region
from desktop.tools.sketch import sketch_handles, sketch_line

__all__ = ["PolygonTool"]

_REACH = 8.0
"""How near to a vertex, in logical pixels, the pointer takes hold of it."""
_EDGE_REACH = 5.0
_SLACK = 3.0
"""A press that moves less than this is a click."""


class PolygonTool(RegionTool):
    """Clicks place vertices; closing sets what is inside (even-odd), or with right or Ctrl clears it.

    Until then every vertex can be dragged and a click on an edge puts one there. Backspace removes the last;
    double click, Enter or a click on the first closes.
    """

    name = "polygon"
    text = "Polygon"
    shortcut = "P"
    hint = (
        "Click places vertices · Enter, a double click or the first vertex closes · right button takes away"
        " · drag moves a vertex, a click on an edge adds one, Backspace removes the last"
    )

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._points: list[Point] = []
        self._hover: Point | None = None
        self._grabbed: int | None = None
        self._pressed: Point = (0.0, 0.0)
        self._moved = False
        self._fresh = False  # the vertex in the hand was placed by this very press

    @property
    def active(self) -> bool:
        """Whether there are vertices."""
        return bool(self._points)

    @property
    def points(self) -> tuple[Point, ...]:
        """The vertices placed so far, in image coordinates."""
        return tuple(self._points)

    def press(self, event: ToolEvent) -> bool:
        """Take hold of a vertex, or place one: on an edge, or after the last."""
        here = (event.x, event.y)
        if not all(map(math.isfinite, here)) or (not self._points and not self._begin(event)):
            return False
        if event.button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return False
        self._hover, self._pressed, self._moved = None, here, False
        self._grabbed = self._vertex_at(here, event.scale)
        self._fresh = self._grabbed is None
        if self._grabbed is None:
            edge, distance = nearest_edge(self._points, here, closed=False)
            on_edge = distance * event.scale <= _EDGE_REACH * self._ratio
            self._grabbed = edge + 1 if on_edge else len(self._points)
            self._points.insert(self._grabbed, here)
        self.repaint()
        return True

    def move(self, event: ToolEvent) -> None:
        """Drag the vertex in the hand."""
        here = (event.x, event.y)
        if self._grabbed is None or not all(map(math.isfinite, here)):
            return
        self._moved = self._moved or math.dist(self._pressed, here) * event.scale > _SLACK * self._ratio
        if self._moved:
            self._points[self._grabbed] = here
            self.repaint()

    def release(self, event: ToolEvent) -> None:
        """Let the vertex go; a click on the first one closes."""
        self.move(event)
        grabbed, self._grabbed = self._grabbed, None
        if grabbed == 0 and not self._moved and not self._fresh and len(self._points) > 2:
            self._close()

    def hover(self, event: ToolEvent) -> None:
        """Show the edge that a click would make."""
        if self._points:
            self._hover = (event.x, event.y)
            self.repaint()

    def double_click(self, event: ToolEvent) -> bool:  # noqa: ARG002
        """Close: the first of the two clicks has placed the last vertex."""
        self._close()
        return True

    def claims(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """As any gesture; Ctrl+Z takes back a vertex before it takes back an edit."""
        return super().claims(key, modifiers) or (self.active and _is_undo(key, modifiers))

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Enter closes; Backspace, Delete and Ctrl+Z remove the last vertex."""
        if not self._points:
            return super().key(key, modifiers)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._close()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) or _is_undo(key, modifiers):
            if self._grabbed is None:
                self._points.pop()
                self.repaint()
        else:
            return super().key(key, modifiers)
        return True

    def finish(self) -> None:
        """Close what has at least three vertices; forget the rest."""
        if len(self._points) > 2:
            self._close()
        self._forget()

    def abort(self) -> None:
        """Forget all vertices."""
        self._forget()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw edges and vertices, the edge to the pointer, and how it would be closed."""
        self._ratio = float(painter.device().devicePixelRatio())
        if not self._points:
            return
        points, hover = self._points, self._hover
        marked = self._grabbed
        if hover is not None and marked is None:
            marked = self._vertex_at(hover, viewport.scale)
        end = [hover] if hover is not None and marked is None else []
        if len(points) + len(end) > 2:
            sketch_line(painter, viewport, (*(end or points[-1:]), points[0]), dashed=True)
        sketch_line(painter, viewport, (*points, *end), dashed=self._clears)
        sketch_handles(painter, viewport, points, marked=marked)

    def _vertex_at(self, here: Point, scale: float) -> int | None:
        """The vertex under the pointer, the nearest one."""
        near = [(math.dist(here, one) * scale, at) for at, one in enumerate(self._points)]
        distance, at = min(near, default=(math.inf, 0))
        return at if distance <= _REACH * self._ratio else None

    def _close(self) -> None:
        points = self._points
        if len(points) < 3:
            self.context.say("A polygon needs three vertices; click to place more, or press Esc.")
            return
        with self._kept_if_refused("_points"):
            self._forget()
            self._take_shape(points, partial(polygon_region, points))

    def _forget(self) -> None:
        self._points, self._hover, self._grabbed = [], None, None
        self.repaint()


def _is_undo(key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
    return key is Qt.Key.Key_Z and modifiers == Qt.KeyboardModifier.ControlModifier
