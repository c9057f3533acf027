"""Operations on the regions of a class, or on one piece; and copying a class from elsewhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action
from desktop.project.proposals import OPERATIONS

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""

    def can_start() -> bool:
        return desk.can_label() and desk.regions.can_start()

    def start(name: str) -> None:
        desk.copying.leave()
        desk.regions.start(name)

    def copy() -> None:
        desk.regions.leave()
        desk.copying.start()

    act = partial(Action, section="Regions", enabled_when=can_start)
    operations = tuple(
        act(f"region.{one.name}", f"{one.text}…", partial(start, one.name), (one.shortcut,), icon=one.icon)
        for one in OPERATIONS
    )
    return (
        *operations,
        act("region.copy", "Copy a class from elsewhere…", copy, ("Shift+C",), icon="copy-class"),
    )
