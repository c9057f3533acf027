"""What calliper and mark share: the marks of the image, and finding the one that is under the pointer."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtGui import QColor

from desktop.theme import look
from desktop.tools.base import Tool, ToolEvent

if TYPE_CHECKING:
    from desktop.project.measures import Point
    from desktop.project.measuring_rows import Mark
    from desktop.state.measuring import Measuring

__all__ = ["REACH", "MarkingTool"]

REACH = 10.0
"""A mark this close to the pointer (device pixels) is meant."""


class _Holder(Protocol):
    """A tool context that keeps marks; the session is one."""

    @property
    def measuring(self) -> Measuring: ...


class MarkingTool(Tool):
    """Sets marks: nothing of the label is changed."""

    @property
    def measuring(self) -> Measuring:
        """The marks of the current image."""
        return cast(_Holder, self.context).measuring

    def accent(self) -> QColor:
        """The colour of what is selected."""
        return look().color("accent")

    def inside(self, event: ToolEvent) -> Point | None:
        """The place of the event, moved to the image's edge when beside it; None without an image."""
        pixels = self.context.pixels
        if pixels is None:
            return None
        height, width = pixels.shape[:2]
        return min(max(event.x, 0.0), float(width)), min(max(event.y, 0.0), float(height))

    @staticmethod
    def nearest_end(marks: Iterable[Mark], event: ToolEvent) -> tuple[Mark, int] | None:
        """The mark with an end (0 or 1) in reach, and which; the closest one."""
        best: tuple[float, Mark, int] | None = None
        for mark in marks:
            for end, place in enumerate((mark.start, mark.end)):
                away = math.dist(place, (event.x, event.y)) * event.scale
                if away <= REACH and (best is None or away < best[0]):
                    best = away, mark, end
        return (best[1], best[2]) if best is not None else None

    @staticmethod
    def nearest_line(marks: Iterable[Mark], event: ToolEvent) -> Mark | None:
        """The mark whose line passes within reach; the closest one."""
        found = [(distance_to_line(one, event.x, event.y) * event.scale, one) for one in marks]
        best = min(found, key=lambda pair: pair[0], default=None)
        return best[1] if best is not None and best[0] <= REACH else None


def distance_to_line(mark: Mark, x: float, y: float) -> float:
    """Pixels from a place to the line between a mark's ends."""
    (x0, y0), (x1, y1) = mark.start, mark.end
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    along = min(max(((x - x0) * dx + (y - y0) * dy) / length, 0.0), 1.0) if length else 0.0
    return math.hypot(x - x0 - along * dx, y - y0 - along * dy)
