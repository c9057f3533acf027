"""Pages, theme, help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""

    def page(name: str) -> Callable[[], None]:
        return lambda: desk.show_page(name)

    def shown(name: str) -> Callable[[], bool]:
        return lambda: desk.page == name

    def theme(choice: str) -> Callable[[], None]:
        return lambda: desk.choose_theme(choice)

    def chosen(choice: str) -> Callable[[], bool]:
        return lambda: bool(desk.settings["view.theme"] == choice)

    opened = desk.has_folder
    return (
        Action("page.review", "Review", page("review"), ("Alt+1",), "Window", "", opened, shown("review")),
        Action("page.models", "Models", page("models"), ("Alt+2",), "Window", "", opened, shown("models")),
        Action(
            "page.training", "Training", page("training"), ("Alt+3",), "Window", "", opened, shown("training")
        ),
        Action(
            "theme.system",
            "Theme as the system",
            theme("system"),
            ("Alt+Shift+S",),
            "Window",
            checked_when=chosen("system"),
        ),
        Action(
            "theme.dark", "Dark theme", theme("dark"), ("Alt+Shift+D",), "Window", checked_when=chosen("dark")
        ),
        Action(
            "theme.light",
            "Light theme",
            theme("light"),
            ("Alt+Shift+L",),
            "Window",
            checked_when=chosen("light"),
        ),
        Action("notice.dismiss", "Dismiss the notice", desk.dismiss, ("Esc",), "Window"),
    )
