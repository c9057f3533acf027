"""Notes, and the remarks of the consistency rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    noting = desk.noting
    return (
        Action(
            "note.new",
            "Note on the whole image",
            noting.new_note,
            ("Ctrl+Shift+N",),
            "Notes",
            "note",
            noting.can_note,
        ),
        Action(
            "remark.next",
            "Show the next place that does not fit the rules",
            noting.next_remark,
            ("Ctrl+J",),
            "Notes",
            "info",
            noting.can_jump,
            repeats=True,
        ),
    )
