"""Every action of the window: one line a section, in the order of the cheat sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.actions import (
    compare,
    components,
    files,
    gallery,
    help,
    notes,
    regions,
    review,
    thresholds,
    tools,
    values,
    view,
    window,
)
from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk

SECTIONS: tuple[Callable[[Desk], tuple[Action, ...]], ...] = (
    files.actions,
    review.actions,
    gallery.actions,
    tools.actions,
    components.actions,
    regions.actions,
    thresholds.actions,
    view.actions,
    compare.actions,
    values.actions,
    notes.actions,
    window.actions,
    help.actions,
)


def catalogue(desk: Desk) -> tuple[Action, ...]:
    """Return every action of the window, bound to this desk."""
    return tuple(action for section in SECTIONS for action in section(desk))
