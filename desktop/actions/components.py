"""The component walk: from piece to piece, the most doubtful first; one key decides."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk.

    Tab and Shift+Tab on the image are the walk's own keys; elsewhere they go from control to control, so they
    are no shortcuts of the window.
    """
    walk = desk.components
    act = partial(Action, section="Components", enabled_when=desk.can_label, repeats=True)

    def can_decide() -> bool:
        return desk.can_label() and walk.chosen()

    decide = partial(Action, section="Components", enabled_when=can_decide)
    give = tuple(
        decide(f"walk.give.{n}", f"Give the component class {n}", partial(walk.give, n), (f"Ctrl+Shift+{n}",))
        for n in range(1, 10)
    )
    return (
        act("walk.next", "Next doubtful component (Tab on the image)", walk.next, ("Alt+Down",)),
        act("walk.previous", "Previous component (Shift+Tab on the image)", walk.previous, ("Alt+Up",)),
        decide("walk.keep", "Keep the component as it is, and next", walk.keep, ("Y",)),
        decide("walk.delete", "Delete the component, and next", walk.delete, ("Delete",)),
        *give,
    )
