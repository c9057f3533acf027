"""What an action is: a record, no Qt. `desktop.qactions` makes QActions of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop.errors import DesktopError


class ActionError(DesktopError):
    """Two actions with one id, or a menu that names an action that does not exist."""


def always() -> bool:
    """Say yes: the condition of an action that can always be taken."""
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do.

    ``shortcuts`` are Qt's portable key names, the first is the one shown. An action with ``released`` lasts
    as long as its key is held: ``callback`` begins it, ``released`` ends it. ``section`` groups the cheat
    sheet.
    """

    id: str
    text: str
    callback: Callable[[], object]
    shortcuts: tuple[str, ...] = ()
    section: str = ""
    icon: str = ""
    enabled_when: Callable[[], bool] = always
    checked_when: Callable[[], bool] | None = None
    released: Callable[[], object] | None = None
    repeats: bool = False


def conflicts(actions: Iterable[Action]) -> dict[str, list[str]]:
    """Return each shortcut that more than one action claims, with the ids that claim it."""
    owners: dict[str, list[str]] = defaultdict(list)
    for action in actions:
        for shortcut in action.shortcuts:
            owners[shortcut.lower()].append(action.id)
    return {shortcut: ids for shortcut, ids in owners.items() if len(ids) > 1}
