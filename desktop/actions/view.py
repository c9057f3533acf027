"""How the image is looked at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.controllers.looking import Held
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    image, canvas, planes = desk.has_image, desk.canvas, desk.looking.held

    def held(name: str, text: str, what: Held, key: str) -> Action:
        show = partial(planes.hold, what)
        return Action(name, text, show, (key,), "View", "", image, released=planes.let_go)

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
        held("view.prediction", "Show the prediction while held", "prediction", "O"),
        held(
            "view.difference", "Show where label and prediction differ, while held", "difference", "Shift+O"
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
        *_light(desk),
        Action("view.full_screen", "Full screen", desk.toggle_full_screen, ("F11",), "View"),
        Action("view.filter", "Find an image by name", desk.focus_filter, ("Ctrl+F",), "View", "search"),
    )


def _light(desk: Desk) -> tuple[Action, ...]:
    """In what light the image is seen, and what of that stays for the next one."""
    act, looking = partial(Action, section="View"), desk.looking
    return (
        act(
            "view.red_free",
            "Red-free: the green channel alone",
            looking.toggle_red_free,
            ("Ctrl+I",),
            checked_when=lambda: looking.red_free,
        ),
        act(
            "view.clahe",
            "Even local contrast (CLAHE)",
            looking.toggle_clahe,
            ("Alt+C",),
            checked_when=lambda: looking.clahe,
        ),
        act(
            "view.reset_light",
            "Look at the image as it is",
            looking.reset,
            ("Ctrl+0",),
            enabled_when=lambda: looking.adjusted,
        ),
        act(
            "view.overview",
            "Small map while zoomed in",
            looking.toggle_overview,
            ("Ctrl+M",),
            checked_when=lambda: looking.overview,
        ),
        act(
            "view.keep",
            "Keep zoom and place from image to image",
            looking.toggle_keep,
            ("Ctrl+K",),
            checked_when=lambda: looking.keeps_place,
        ),
    )
