"""The component tool: a connected piece of a class is chosen, deleted, kept, given a class, or joined."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport
from desktop.project.components import Component, component_at
from desktop.project.edit import Edit
from desktop.project.explicit import (
    delete_component,
    edit_of,
    explicit_patches,
    give_component,
    keep_component,
)
from desktop.project.planes import LabelPlanes, clip_box, union_box
from desktop.project.regions import bridge, closed, nearest_pixels
from desktop.tools.base import Tool, ToolContext, ToolEvent
from desktop.tools.behind import area, perform_behind
from desktop.tools.options import Option
from desktop.tools.sketch import sketch_line

if TYPE_CHECKING:
    from desktop.tools.disc import Point

__all__ = ["ComponentTool"]

_CLICK = 4.0
"""Device pixels that the pointer may move during a click."""
_SELECT, _DELETE, _KEEP, _GIVE = "chooses", "deletes", "keeps", "gives the class"
_BRIDGE, _FILL = "a bridge", "the gap filled"

CLICK = Option(
    "click", "A click", _SELECT, choices=(_SELECT, _DELETE, _KEEP, _GIVE), larger="\\",
    hint="What a left click does to the piece under it; the class given is the one selected",
)  # fmt: skip
JOIN = Option(
    "join", "A drag joins by", _BRIDGE, choices=(_BRIDGE, _FILL), larger="/",
    hint="A bridge is as wide as the brush; a filled gap closes what lies between",
)  # fmt: skip


class ComponentTool(Tool):
    """A click chooses the piece under the pointer; then Y, Delete and Ctrl+Shift+number decide about it.

    Right click or Ctrl deletes at once, Shift keeps at once: protects it, so that thresholds and new
    predictions leave it as it is. A drag to another piece of the class joins the two. Pieces hang together
    by 8 neighbours; the class selected is looked for first, then the other visible ones. Everything is one
    undo step.
    """

    name = "component"
    text = "Component"
    shortcut = "C"
    hint = (
        "Click chooses a piece: Y keeps, Delete deletes, Ctrl+Shift+number gives a class · "
        "right click deletes · Shift keeps · drag to another joins them · Tab goes to the next doubtful one"
    )
    cursor = Qt.CursorShape.PointingHandCursor
    options = (CLICK, JOIN)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self.choose: Callable[[Component | None], None] = _nobody
        """Is told which piece was clicked, None beside all; given by the component walk."""
        self.visible: Callable[[], Sequence[int]] = tuple
        """The classes that are shown; given by the component walk."""
        self._from: Component | None = None
        self._pressed: Point = (0.0, 0.0)
        self._at: Point = (0.0, 0.0)
        self._scale = 1.0

    @property
    def active(self) -> bool:
        """Whether a button is held over a piece."""
        return self._from is not None

    def press(self, event: ToolEvent) -> bool:
        """Choose, or with another button or a modifier decide at once."""
        if event.button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return False
        found = self._piece_at(event)
        if found is None:
            self.choose(None)
            return True
        deletes = event.button is Qt.MouseButton.RightButton or event.has(Qt.KeyboardModifier.ControlModifier)
        if deletes or event.has(Qt.KeyboardModifier.ShiftModifier):
            self._decide(found, _DELETE if deletes else _KEEP)
            return True
        self._from, self._scale = found, event.scale
        self._pressed = self._at = (event.x, event.y)
        if self.value("click") == _SELECT:
            self.choose(found)
        return True

    def move(self, event: ToolEvent) -> None:
        """Draw the line of a join."""
        self._at = (event.x, event.y)
        self.repaint()

    def release(self, event: ToolEvent) -> None:
        """Join with the piece under the pointer, or do what a click does."""
        start, self._from = self._from, None
        self._at = (event.x, event.y)
        self.repaint()
        if start is None:
            return
        if not self._dragged:
            if self.value("click") != _SELECT:
                self._decide(start, self.value("click"))
            return
        end = self._piece_at(event, start.class_id)
        if end is None or end.key == start.key:
            self.context.say("Let go on another piece of the same class to join the two.")
            return
        self._join(start, end)

    def finish(self) -> None:
        """A drag that is broken off joins nothing: there was no second piece."""
        self.abort()

    def abort(self) -> None:
        """Give the drag up."""
        self._from = None
        self.repaint()

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the line from the piece to the pointer."""
        if self._from is not None and self._dragged:
            sketch_line(painter, viewport, [self._pressed, self._at])

    @property
    def _dragged(self) -> bool:
        return math.dist(self._pressed, self._at) * self._scale > _CLICK

    def _piece_at(self, event: ToolEvent, class_id: int | None = None) -> Component | None:
        label = self.context.label
        if label is None or label.planes is None:
            return None
        own = self.context.class_id
        order = [class_id] if class_id is not None else [own, *self.visible()]
        if class_id is None and self.value("click") == _GIVE:
            # What has the class already has nothing to be given.
            order = [one for one in order if one != own]
        row, column = math.floor(event.y), math.floor(event.x)
        for one in order:
            found = component_at(label.planes, one, row, column) if one is not None else None
            if one is not None and found is not None:
                box, mask = found
                seed = box[0], box[1] + int(np.argmax(mask[0]))
                return Component(one, box, int(np.count_nonzero(mask)), seed)
        return None

    def _decide(self, piece: Component, verb: str) -> None:
        if verb == _GIVE:
            to = self.context.class_id
            if to is not None:
                text = f"{self._name(piece.class_id)} becomes {self._name(to)}"
                make = partial(give_component, component=piece, class_id=to, text=text)
                self._perform(piece, make, (piece.class_id, to))
            return
        made, word = (delete_component, "Delete") if verb == _DELETE else (keep_component, "Keep")
        text = f"{word} component · {self._name(piece.class_id)}"
        self._perform(piece, partial(made, component=piece, text=text), (piece.class_id,))

    def _perform(
        self, piece: Component, make: Callable[[LabelPlanes], Edit | None], classes: tuple[int, ...]
    ) -> None:
        perform_behind(self.context, make, pixels=area(piece.box), classes=classes)

    def _join(self, first: Component, second: Component) -> None:
        width = max(1.0, 2 * self.context.brush_radius)
        fill = self.value("join") == _FILL
        text = f"Join components · {self._name(first.class_id)}"

        def make(planes: LabelPlanes) -> Edit | None:
            return join(planes, first, second, width=width, fill=fill, text=text, context=self.context)

        around = 4 * area(union_box(first.box, second.box))
        perform_behind(self.context, make, pixels=around, classes=(first.class_id,))

    def _name(self, class_id: int) -> str:
        label = self.context.label
        item = label.schema.class_by_id(class_id) if label is not None else None
        return (item.title or item.name) if item is not None else ""


def join(
    planes: LabelPlanes,
    first: Component,
    second: Component,
    *,
    width: float,
    fill: bool,
    text: str,
    context: ToolContext,
) -> Edit | None:
    """Join two pieces of a class: a bridge ``width`` pixels wide, or all of the gap with ``fill``.

    None when one of them is no longer there, or the painting limits leave nothing of the bridge.
    """
    found = [component_at(planes, first.class_id, *one.seed) for one in (first, second)]
    if found[0] is None or found[1] is None:
        return None
    y0, x0, y1, x1 = union_box(found[0][0], found[1][0])
    reach = math.ceil(width) + 1
    box = clip_box((y0 - reach, x0 - reach, y1 + reach, x1 + reach), planes.height, planes.width)
    shape = box[2] - box[0], box[3] - box[1]
    masks = []
    for piece, mask in found:  # type: ignore[misc]
        whole = np.zeros(shape, np.bool_)
        whole[piece[0] - box[0] : piece[2] - box[0], piece[1] - box[1] : piece[3] - box[1]] = mask
        masks.append(whole)
    start, end = nearest_pixels(*masks)
    if fill:
        gap = math.dist(start, end)
        added = closed(masks[0] | masks[1], gap / 2 + 1) | bridge(shape, start, end, 1)
    else:
        added = bridge(shape, start, end, width)
    after = planes.class_mask(first.class_id, box) | added
    allowed = context.allowed(box, first.class_id, planes)
    return edit_of(text, explicit_patches(planes, first.class_id, box, after, allowed=allowed))


def _nobody(_component: Component | None) -> None:
    """No walk follows the tool."""
