"""Going from image to image, finishing, taking back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    session = desk.session
    act = partial(Action, section="Review", enabled_when=desk.has_image)
    labelled = partial(Action, section="Review", enabled_when=desk.can_label)
    judged = partial(Action, section="Review", enabled_when=desk.can_judge)
    undo = partial(Action, section="Review", enabled_when=desk.can_undo, repeats=True)
    redo = partial(Action, section="Review", enabled_when=desk.can_redo, repeats=True)
    next_keys, back_keys = ("Right", "D", "PgDown"), ("Left", "A", "PgUp")
    return (
        labelled("review.finish", "Finish and next", desk.finish, ("Return", "Enter"), icon="check"),
        labelled("review.accept", "Accept the model's values, finish", desk.accept, ("Shift+Return",)),
        act("review.next", "Next image", session.next, next_keys, icon="next", repeats=True),
        act(
            "review.previous",
            "Previous image",
            session.previous,
            back_keys,
            icon="previous",
            repeats=True,
        ),
        act("review.take_back", "Take back the last finish", desk.take_back, ("Backspace",)),
        act("review.next_unfinished", "Next unfinished image", session.next_unfinished, ("N",)),
        judged("review.reject", "Reject, with a reason", desk.ask_reason, ("R",), icon="cross"),
        judged("review.second_look", "Second look", session.second_look, ("S",), icon="flag"),
        undo("edit.undo", "Undo", session.undo, ("Ctrl+Z",), icon="undo"),
        redo("edit.redo", "Redo", session.redo, ("Ctrl+Shift+Z", "Ctrl+Y"), icon="redo"),
    )
