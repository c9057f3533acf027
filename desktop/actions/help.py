"""Help by keyboard: palette, cheat sheet, settings, the schema, from region to region."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    act = partial(Action, section="Help")
    aside = desk.help.go_aside

    def on(page: str) -> bool:
        return desk.page == page

    return (
        act(
            "help.palette", "Find an action or an image", desk.help.toggle_palette, ("Ctrl+P",), icon="search"
        ),
        act("help.keys", "Keys", desk.toggle_keys, ("?", "F1"), icon="help"),
        act(
            "help.settings",
            "Settings and shortcuts",
            partial(aside, "settings"),
            ("Ctrl+,",),
            checked_when=partial(on, "settings"),
        ),
        act(
            "schema.edit",
            "Schema: classes, scales, findings, rules",
            partial(aside, "schema"),
            ("Ctrl+Shift+S",),
            icon="layers",
            enabled_when=desk.has_project,
            checked_when=partial(on, "schema"),
        ),
        act("help.tasks", "What runs behind", desk.help.toggle_tasks, ("Alt+0",)),
        act("help.next_region", "To the next part of the window", partial(desk.help.go_round, 1), ("F6",)),
        act(
            "help.previous_region",
            "To the part of the window before",
            partial(desk.help.go_round, -1),
            ("Shift+F6",),
        ),
    )
