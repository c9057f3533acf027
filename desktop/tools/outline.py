"""The smart outline: clicks set anchors, and between them the line finds its own way along edges."""

from __future__ import annotations

import itertools
import logging
import math
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.disc import Point
from desktop.tools.edge_map import EdgeMap, build_edge_map
from desktop.tools.region import RegionTool
from desktop.tools.shapes import polygon_region
from desktop.tools.sketch import sketch_handles, sketch_line

__all__ = ["OutlineTool"]

_log = logging.getLogger(__name__)

_REACH = 8.0
"""How near to the first anchor, in logical pixels, a click closes."""


class OutlineTool(RegionTool):
    """Anchors by clicks; the line between two of them follows the strongest edge (intelligent scissors).

    What it costs to go somewhere is computed behind, for a window around each anchor; until it is known the
    line is straight. A click on the first anchor, Enter or a double click closes; Backspace takes one back.
    """

    name = "outline"
    text = "Smart outline"
    shortcut = "I"
    hint = (
        "Click along an edge: the line follows it · Enter, a double click or the first anchor closes"
        " · right button takes away · Backspace takes the last anchor back"
    )

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._anchors: list[Point] = []
        self._maps: list[EdgeMap | None] = []
        self._paths: list[list[Point]] = []  # the way from each anchor to the next
        self._live: list[Point] = []
        self._hover: Point | None = None
        self._closing = False
        self._gesture = 0  # one number for each outline begun: answers to an earlier one are dropped
        self._open = 0  # so many anchors whose ways are still being computed

    @property
    def active(self) -> bool:
        """Whether there are anchors."""
        return bool(self._anchors)

    @property
    def anchors(self) -> tuple[Point, ...]:
        """The anchors set so far, in image coordinates."""
        return tuple(self._anchors)

    @property
    def waiting(self) -> bool:
        """Whether the ways from an anchor are still being computed."""
        return self._open > 0

    def press(self, event: ToolEvent) -> bool:
        """Set an anchor, or close on the first one."""
        here = (event.x, event.y)
        taken = event.button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        if not taken or self._closing or not all(map(math.isfinite, here)):
            return False
        if not self._anchors:
            if self.context.pixels is None or not self._begin(event):
                return False
        elif self._on_first(here, event.scale) and len(self._anchors) > 2:
            self._close()
            return True
        elif math.dist(here, self._anchors[-1]) * event.scale < 1.0:
            return True
        self._set_anchor(here, event.scale)
        return True

    def hover(self, event: ToolEvent) -> None:
        """Lead the line to the pointer."""
        if self._anchors and not self._closing and math.isfinite(event.x) and math.isfinite(event.y):
            self._hover = (event.x, event.y)
            self._lead()

    def move(self, event: ToolEvent) -> None:
        """As without a button held."""
        self.hover(event)

    def double_click(self, event: ToolEvent) -> bool:  # noqa: ARG002
        """Close: the first of the two clicks has set the last anchor."""
        self._close()
        return True

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Enter closes; Backspace and Delete take the last anchor back."""
        if not self._anchors or self._closing:
            return super().key(key, modifiers)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._close()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._anchors.pop()
            self._maps.pop()
            del self._paths[max(0, len(self._anchors) - 1) :]
            self._lead()
            if not self._anchors:
                self._forget()
        else:
            return super().key(key, modifiers)
        return True

    def finish(self) -> None:
        """Close with what is known; fewer than three anchors are forgotten."""
        if len(self._anchors) > 2:
            self._commit()
        self._forget()

    def abort(self) -> None:
        """Forget all anchors."""
        self._forget()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the line with its anchors, and the way to the pointer (dashed while it is not known)."""
        self._ratio = float(painter.device().devicePixelRatio())
        if not self._anchors:
            return
        line = [self._anchors[0], *itertools.chain.from_iterable(self._paths)]
        sketch_line(painter, viewport, line, dashed=self._clears)
        if self._live:
            sketch_line(painter, viewport, self._live, dashed=self._clears or self._maps[-1] is None)
        closes = self._hover is not None and self._on_first(self._hover, viewport.scale)
        sketch_handles(painter, viewport, self._anchors, marked=0 if closes else None)

    # --- inside

    def _on_first(self, here: Point, scale: float) -> bool:
        return math.dist(here, self._anchors[0]) * scale <= _REACH * self._ratio

    def _set_anchor(self, here: Point, scale: float) -> None:
        pixels = self.context.pixels
        if pixels is None:
            return
        if self._anchors:
            self._paths.append(self._way(len(self._anchors) - 1, here))
        self._anchors.append(here)
        self._maps.append(None)
        self._live, self._hover = [], here
        resolution = max(1.0, self._ratio / scale)
        self._open += 1
        self.context.run_behind(
            lambda: build_edge_map(pixels, here, resolution),
            partial(self._arrived, self._gesture),
            partial(self._failed, self._gesture),
        )
        self.repaint()

    def _arrived(self, gesture: int, made: EdgeMap) -> None:
        """The ways from an anchor are known: the line from it is drawn again."""
        if gesture != self._gesture:
            return
        self._open -= 1
        if made.start in self._anchors:
            at = self._anchors.index(made.start)
            self._maps[at] = made
            if at + 1 < len(self._anchors):
                self._paths[at] = made.path_to(self._anchors[at + 1])
        self._lead()
        with self._told():
            self._close_when_known()

    def _failed(self, gesture: int, error: BaseException) -> None:
        _log.error("The ways from an anchor could not be computed.", exc_info=error)
        if gesture == self._gesture:
            self._open -= 1
            self.context.say("The line cannot follow edges here; it stays straight.")
            with self._told():
                self._close_when_known()

    def _way(self, at: int, end: Point) -> list[Point]:
        """The way from an anchor to a point: straight until more is known."""
        known = self._maps[at]
        return known.path_to(end) if known is not None else [self._anchors[at], end]

    def _lead(self) -> None:
        shown = self._anchors and self._hover is not None and not self._closing
        self._live = self._way(len(self._anchors) - 1, self._hover) if shown and self._hover else []
        self.repaint()

    def _close(self) -> None:
        if len(self._anchors) < 3:
            self.context.say("An outline needs three anchors; click to set more, or press Esc.")
            return
        self._closing, self._live = True, []
        self.repaint()
        self._close_when_known()

    def _close_when_known(self) -> None:
        if self._closing and not self.waiting:
            self._commit()

    def _commit(self) -> None:
        line = [*itertools.chain.from_iterable(self._paths), *self._way(-1, self._anchors[0])]
        with self._kept_if_refused("_anchors", "_maps", "_paths"):
            self._forget()
            self._take_shape(line, partial(polygon_region, line))

    def _forget(self) -> None:
        self._anchors, self._maps, self._paths, self._live = [], [], [], []
        self._hover, self._closing, self._open = None, False, 0
        self._gesture += 1
        self.repaint()
