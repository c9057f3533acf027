"""Edits that are computed from the whole label: at once when they are small, behind the window otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from desktop.errors import DesktopError
from desktop.project.edit import Edit
from desktop.project.errors import PatchMismatch
from desktop.project.label import Label
from desktop.project.planes import Box, LabelPlanes
from desktop.tools.base import ToolContext

__all__ = ["SMALL", "area", "perform_behind"]

SMALL = 500_000
"""Pixels that are looked through in a few milliseconds: no need to wait for another thread."""
_STROKE_OPEN = "A stroke was under way, so nothing else was changed; do it again."

Maker = Callable[[LabelPlanes], Edit | None]


def area(box: Box) -> int:
    """Pixels inside a box."""
    return (box[2] - box[0]) * (box[3] - box[1])


def perform_behind(
    context: ToolContext,
    make: Maker,
    *,
    pixels: int,
    nothing: str = "",
    done: Callable[[Edit | None], None] | None = None,
    classes: Sequence[int] = (),
) -> None:
    """Perform the edit that ``make(planes)`` computes: one undo step, none when it is None.

    ``make`` only reads and looks at about so many ``pixels``; more than `SMALL` are looked at behind, and
    the edit lands in its own label although another image may be shown by then. What was painted meanwhile
    is noticed, and it is computed again. ``nothing`` is said when nothing changes; ``done`` is told the
    edit, or None, while its image is on screen. ``classes``: what may be changed; locked ones are refused.
    """
    label = context.label
    planes = label.planes if label is not None else None
    if label is None or planes is None:
        return
    if pixels <= SMALL:
        edit = make(planes)
        if _land(context, label, edit, nothing) and done is not None:
            done(edit)
    elif label.stroke_open:
        context.say(_STROKE_OPEN)
    elif _allowed(context, classes):
        _perform_later(context, label, make, nothing, done)


def _perform_later(
    context: ToolContext,
    label: Label,
    make: Maker,
    nothing: str,
    done: Callable[[Edit | None], None] | None,
) -> None:
    made: list[Edit | None] = []

    def remembered(planes: LabelPlanes) -> Edit | None:
        made[:] = [make(planes)]
        return made[0]

    def ended(landed: bool) -> None:
        # Given up: its reason is told by whoever lands. No edit: there was nothing to change.
        if context.label is not label or not made or not (landed or made[0] is None):
            return
        if made[0] is None and nothing:
            context.say(nothing)
        if done is not None:
            done(made[0])

    context.land(remembered, ended)


def _allowed(context: ToolContext, classes: Sequence[int]) -> bool:
    """Whether these classes may be changed; a refusal (a locked layer) is said."""
    try:
        for class_id in classes:
            context.begin_stroke(class_id)
            context.abort_stroke()
    except DesktopError as refusal:
        context.say(str(refusal))
        return False
    return True


def _land(context: ToolContext, label: Label, edit: Edit | None, nothing: str) -> bool:
    """Perform an edit, or say that nothing changes; False when it was refused. Raises PatchMismatch."""
    if edit is None:
        if nothing:
            context.say(nothing)
        return True
    if label.stroke_open:
        context.say(_STROKE_OPEN)
        return False
    try:
        context.perform(edit)
    except PatchMismatch:
        raise
    except DesktopError as refusal:
        # A locked layer, a project that is only looked at.
        context.say(str(refusal))
        return False
    return True
