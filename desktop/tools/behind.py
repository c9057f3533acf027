"""Edits that are computed from the whole label: at once when they are small, behind the window otherwise."""

from __future__ import annotations

from collections.abc import Callable

from desktop.errors import DesktopError
from desktop.project.edit import Edit
from desktop.project.errors import PatchMismatch
from desktop.project.label import Label
from desktop.project.planes import Box, LabelPlanes
from desktop.tools.base import ToolContext

__all__ = ["SMALL", "area", "perform_behind"]

SMALL = 500_000
"""Pixels that are looked through in a few milliseconds: no need to wait for another thread."""
_ATTEMPTS = 3

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
    attempts: int = _ATTEMPTS,
) -> None:
    """Perform the edit that ``make(planes)`` computes: one undo step, none when it is None.

    ``make`` only reads and looks at about so many ``pixels``; more than `SMALL` are looked at behind. What
    was painted meanwhile is noticed by the edit's checksums, and it is computed again. ``nothing`` is said
    when nothing changes; ``done`` is told the edit, or None.
    """
    label = context.label
    planes = label.planes if label is not None else None
    if label is None or planes is None:
        return

    def arrived(edit: Edit | None) -> None:
        if context.label is not label:
            return
        try:
            if not _land(context, label, edit, nothing):
                return
        except PatchMismatch:
            if attempts <= 1:
                raise
            again = attempts - 1
            perform_behind(context, make, pixels=pixels, nothing=nothing, done=done, attempts=again)
            return
        if done is not None:
            done(edit)

    if pixels <= SMALL:
        arrived(make(planes))
    else:
        context.run_behind(lambda: make(planes), arrived)


def _land(context: ToolContext, label: Label, edit: Edit | None, nothing: str) -> bool:
    """Perform an edit, or say that nothing changes; False when it was refused. Raises PatchMismatch."""
    if edit is None:
        if nothing:
            context.say(nothing)
        return True
    if label.stroke_open:
        context.say("A stroke was under way, so nothing else was changed; do it again.")
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
