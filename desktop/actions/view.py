"""How the image is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
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
