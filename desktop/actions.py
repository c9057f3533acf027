"""Every action as a record, the menus as trees of ids. No Qt here: `desktop.qactions` makes QActions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from desktop.errors import DesktopError

if TYPE_CHECKING:
    from desktop.desk import Desk

SEPARATOR = "-"
BRUSH_STEP = 1.25
DIGITS = tuple("0123456789")


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


PROJECT_MENU = Menu(
    "Project",
    (
        "file.open",
        "file.sample",
        "file.start_page",
        SEPARATOR,
        "file.export",
        SEPARATOR,
        Menu("View", ("view.fit", "view.actual", "view.in", "view.out", SEPARATOR, "view.full_screen")),
        Menu("Theme", ("theme.system", "theme.dark", "theme.light")),
        SEPARATOR,
        "help.keys",
        "file.quit",
    ),
)


def conflicts(actions: Iterable[Action]) -> dict[str, list[str]]:
    """Return each shortcut that more than one action claims, with the ids that claim it."""
    owners: dict[str, list[str]] = defaultdict(list)
    for action in actions:
        for shortcut in action.shortcuts:
            owners[shortcut.lower()].append(action.id)
    return {shortcut: ids for shortcut, ids in owners.items() if len(ids) > 1}


def catalogue(desk: Desk) -> tuple[Action, ...]:
    """Return every action of the window, bound to this desk."""
    return (*_files(desk), *_review(desk), *_tools(desk), *_view(desk), *_values(desk), *_window(desk))


def _files(desk: Desk) -> tuple[Action, ...]:
    return (
        Action("file.open", "Open folder…", desk.choose_folder, ("Ctrl+O",), "Project", "folder"),
        Action("file.sample", "Open the sample", desk.open_sample, (), "Project", "sample"),
        Action(
            "file.start_page", "Start page", lambda: desk.show_page("start"), ("Ctrl+Shift+O",), "Project"
        ),
        Action(
            "file.export",
            "Export dataset…",
            desk.export,
            ("Ctrl+E",),
            "Project",
            "export",
            enabled_when=desk.has_project,
        ),
        Action("file.quit", "Quit", desk.quit, ("Ctrl+Q",), "Project"),
    )


def _review(desk: Desk) -> tuple[Action, ...]:
    session = desk.session
    act = partial(Action, section="Review", enabled_when=desk.has_image)
    labelled = partial(Action, section="Review", enabled_when=desk.can_label)
    judged = partial(Action, section="Review", enabled_when=desk.can_judge)
    undo = partial(Action, section="Review", enabled_when=desk.can_undo, repeats=True)
    redo = partial(Action, section="Review", enabled_when=desk.can_redo, repeats=True)
    next_keys, back_keys = ("Right", "D", "PgDown"), ("Left", "A", "PgUp")
    return (
        labelled(
            "review.finish", "Finish and next", session.finish_and_next, ("Return", "Enter"), icon="check"
        ),
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


def _tools(desk: Desk) -> tuple[Action, ...]:
    act = partial(Action, section="Tools", enabled_when=desk.has_image)

    def in_hand(name: str) -> bool:
        return desk.tool_name == name

    tools = tuple(
        act(
            f"tool.{tool.name}",
            tool.text,
            partial(desk.choose_tool, tool.name),
            (tool.shortcut,) if tool.shortcut else (),
            icon={"pan": "hand"}.get(tool.name, tool.name),
            checked_when=partial(in_hand, tool.name),
        )
        for tool in desk.tools.values()
    )
    smaller, larger = partial(desk.scale_brush, 1 / BRUSH_STEP), partial(desk.scale_brush, BRUSH_STEP)
    return (
        *tools,
        act("tool.smaller", "Smaller brush", smaller, ("[",), icon="minus", repeats=True),
        act("tool.larger", "Larger brush", larger, ("]",), icon="plus", repeats=True),
        Action(
            "tool.take_prediction",
            "Take the model's mask for this class",
            desk.take_prediction,
            ("T",),
            "Tools",
            "model",
            desk.can_take_prediction,
        ),
    )


def _view(desk: Desk) -> tuple[Action, ...]:
    image, canvas = desk.has_image, desk.canvas
    return (
        Action("view.fit", "Fit the image", canvas.fit, ("F",), "View", "fit", image),
        Action(
            "view.actual", "Actual size, 1:1", canvas.one_to_one, ("Shift+F",), "View", "actual-size", image
        ),
        Action(
            "view.in", "Zoom in", lambda: desk.zoom(1.25), ("+", "="), "View", "zoom-in", image, repeats=True
        ),
        Action(
            "view.out", "Zoom out", lambda: desk.zoom(0.8), ("-",), "View", "zoom-out", image, repeats=True
        ),
        Action(
            "view.hide_overlays",
            "Hide the layers while held",
            lambda: desk.hide_overlays(True),
            ("V",),
            "View",
            "eye-off",
            image,
            released=lambda: desk.hide_overlays(False),
        ),
        Action(
            "view.class_visible",
            "Show or hide this class",
            desk.toggle_class,
            ("Shift+V",),
            "View",
            "eye",
            image,
        ),
        Action("view.full_screen", "Full screen", desk.toggle_full_screen, ("F11",), "View"),
        Action("view.filter", "Find an image by name", desk.focus_filter, ("Ctrl+F",), "View", "search"),
    )


def _values(desk: Desk) -> tuple[Action, ...]:
    grade = partial(Action, section="Values", enabled_when=desk.can_grade)
    select = partial(Action, section="Classes", enabled_when=desk.has_classes)
    grades = tuple(
        grade(f"grade.{digit}", f"Set grade {digit}", partial(desk.grade_by_digit, digit), (digit,))
        for digit in DIGITS
    )
    classes = tuple(
        select(f"class.{n}", f"Select class {n}", partial(desk.class_by_number, n), (f"Ctrl+{n}",))
        for n in range(1, 10)
    )
    return grades + classes


def _window(desk: Desk) -> tuple[Action, ...]:
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
        Action("theme.system", "As the system", theme("system"), (), "Window", checked_when=chosen("system")),
        Action("theme.dark", "Dark", theme("dark"), (), "Window", checked_when=chosen("dark")),
        Action("theme.light", "Light", theme("light"), (), "Window", checked_when=chosen("light")),
        Action("help.keys", "Keys", desk.toggle_keys, ("?", "F1"), "Window", "help"),
        Action("notice.dismiss", "Dismiss the notice", desk.dismiss, ("Esc",), "Window"),
    )
