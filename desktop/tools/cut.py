"""The cut tool: a line drawn across a piece parts it in two."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.project.components import boxes_meet, find_components
from desktop.project.edit import Edit
from desktop.project.explicit import edit_of, explicit_patches
from desktop.project.planes import Box, LabelPlanes, clip_box, union_box
from desktop.project.regions import cut_apart, cut_line
from desktop.tools.base import Tool, ToolContext, ToolEvent
from desktop.tools.behind import SMALL, perform_behind
from desktop.tools.disc import Point
from desktop.tools.options import Option
from desktop.tools.sketch import sketch_line

__all__ = ["CutTool", "cut_edit"]

GAP = Option(
    "gap", "Gap", 1, low=1, high=9, unit="px", smaller="[", larger="]",
    hint="How many pixels are taken away along the line",
)  # fmt: skip


class CutTool(Tool):
    """Dragging a line across pieces of the class selected parts each of them; both parts stay.

    What the line does not part is not touched: a line that ends inside a piece changes nothing. The gap is
    protected, so that no threshold closes it again.
    """

    name = "cut"
    text = "Cut"
    shortcut = "X"
    hint = "Drag a line across a piece to part it in two · [ ] sets the width of the gap · Escape gives up"
    cursor = Qt.CursorShape.CrossCursor
    options = (GAP,)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._line: tuple[Point, Point] | None = None

    @property
    def active(self) -> bool:
        """Whether a line is being drawn."""
        return self._line is not None

    def press(self, event: ToolEvent) -> bool:
        """Begin the line."""
        if self.active or event.button is not Qt.MouseButton.LeftButton or not self.may_paint():
            return False
        self._line = ((event.x, event.y), (event.x, event.y))
        return True

    def move(self, event: ToolEvent) -> None:
        """Draw the line to the pointer."""
        if self._line is not None and math.isfinite(event.x) and math.isfinite(event.y):
            self._line = (self._line[0], (event.x, event.y))
            self.repaint()

    def release(self, event: ToolEvent) -> None:
        """Cut along the line."""
        self.move(event)
        self.finish()

    def finish(self) -> None:
        """Cut along the line as far as it was drawn."""
        line, self._line = self._line, None
        self.repaint()
        target = self.target()
        if line is None or line[0] == line[1] or target is None:
            return
        class_id, gap, text = target[1], float(self.value("gap")), self.edit_text("Cut")
        context = self.context

        def make(planes: LabelPlanes) -> Edit | None:
            return cut_edit(planes, class_id, *line, gap, text, context)

        perform_behind(
            context, make, pixels=SMALL + 1, classes=(class_id,),
            nothing="The line parts no piece of this class; draw it right across one.",
        )  # fmt: skip

    def abort(self) -> None:
        """Give the line up."""
        self._line = None
        self.repaint()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the line."""
        if self._line is not None:
            sketch_line(painter, viewport, self._line)


def cut_edit(
    planes: LabelPlanes,
    class_id: int,
    start: Point,
    end: Point,
    gap: float,
    text: str,
    context: ToolContext,
) -> Edit | None:
    """Part the pieces of a class that the line crosses; None when it parts none."""
    reach = math.ceil(gap) + 1
    line = _box_of(start, end, reach, planes)
    if line[0] >= line[2] or line[1] >= line[3]:
        return None
    box = line
    # Pieces are judged whole: what the line parts here may hang together farther off.
    for piece in find_components(planes, class_id):
        if boxes_meet(piece.box, line):
            box = union_box(box, piece.box)
    before = planes.class_mask(class_id, box)
    moved = [(x - box[1], y - box[0]) for x, y in (start, end)]
    after = cut_apart(before, cut_line(before.shape, moved[0], moved[1], gap))
    allowed = context.allowed(box, class_id, planes)
    return edit_of(text, explicit_patches(planes, class_id, box, after, allowed=allowed))


def _box_of(start: Point, end: Point, reach: int, planes: LabelPlanes) -> Box:
    xs, ys = sorted((start[0], end[0])), sorted((start[1], end[1]))
    around = (
        math.floor(ys[0]) - reach, math.floor(xs[0]) - reach,
        math.ceil(ys[1]) + reach, math.ceil(xs[1]) + reach,
    )  # fmt: skip
    return clip_box(around, planes.height, planes.width)
