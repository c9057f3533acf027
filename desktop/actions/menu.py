"""The menus: trees of action ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SEPARATOR = "-"


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu: a title and what it holds: action ids, `SEPARATOR`, or further menus."""

    text: str
    items: tuple[str | Menu, ...]

    def ids(self) -> Iterable[str]:
        """All action ids inside, those of the menus below included."""
        for item in self.items:
            if isinstance(item, Menu):
                yield from item.ids()
            elif item != SEPARATOR:
                yield item


ZOOM = ("view.fit", "view.actual", "view.in", "view.out")
LIGHT = ("view.red_free", "view.clahe", "view.reset_light", SEPARATOR, "view.overview", "view.keep")
COMPARE = ("compare.side_by_side", "compare.choose", "compare.link", SEPARATOR, "measure.viewed")

PROJECT_MENU = Menu(
    "Project",
    (
        "file.open",
        "file.sample",
        "file.start_page",
        SEPARATOR,
        "file.export",
        "figure.save",
        "measure.export",
        SEPARATOR,
        Menu("View", (*ZOOM, SEPARATOR, *LIGHT, SEPARATOR, *COMPARE, SEPARATOR, "view.full_screen")),
        Menu("Theme", ("theme.system", "theme.dark", "theme.light")),
        SEPARATOR,
        "schema.edit",
        "help.settings",
        "help.palette",
        "help.keys",
        "file.quit",
    ),
)
