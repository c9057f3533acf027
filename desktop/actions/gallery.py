"""Filters, the grid, going along a filter, several images at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    control, image = desk.gallery, desk.has_image
    act = partial(Action, section="Gallery", enabled_when=image)
    along = partial(Action, section="Gallery", enabled_when=image, repeats=True)
    narrowed = partial(Action, section="Gallery", enabled_when=lambda: image() and control.filtered)
    return (
        act("gallery.filter", "Filters", control.toggle_filter, ("Ctrl+Shift+F",), icon="filter"),
        act("gallery.grid", "Grid or list", control.toggle_grid, ("Ctrl+G",), icon="grid"),
        along("gallery.next", "Next of this filter", lambda: control.go_along(1), ("Alt+Right",)),
        along("gallery.previous", "Previous of this filter", lambda: control.go_along(-1), ("Alt+Left",)),
        act("gallery.uncertain", "Next uncertain image", control.next_uncertain, ("Shift+N",)),
        narrowed("gallery.clear", "Clear the filter", control.clear_filter, ("Ctrl+Alt+F",)),
        narrowed("gallery.refresh", "Filter again", control.refresh, ("F5",), icon="refresh"),
        act("gallery.all", "Choose all listed images", control.choose_all, ("Ctrl+A",)),
        act("gallery.none", "Choose only this image", control.choose_none, ("Ctrl+Alt+A",)),
        act("gallery.larger", "Larger thumbnails", lambda: control.resize_by(1), ("Ctrl+]",), repeats=True),
        act(
            "gallery.smaller", "Smaller thumbnails", lambda: control.resize_by(-1), ("Ctrl+[",), repeats=True
        ),
        act("gallery.strip", "Fold or unfold the group", control.toggle_strip, ("Ctrl+Shift+G",)),
        Action(
            "gallery.undo_bulk",
            "Take back the last change of many images",
            control.undo_bulk,
            ("Ctrl+Alt+Z",),
            "Gallery",
            "undo",
            enabled_when=control.can_undo_bulk,
        ),
    )
