"""Thresholds of the model's masks, layers and the steps of the history."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    layering = desk.layering
    cut = partial(Action, section="Thresholds and layers", enabled_when=layering.can_move)
    layer = partial(Action, section="Thresholds and layers", enabled_when=layering.has_layer)
    return (
        cut("threshold.lower", "Lower the threshold of the class", layering.lower, (",",), repeats=True),
        cut("threshold.higher", "Raise the threshold of the class", layering.higher, (".",), repeats=True),
        cut("threshold.reset", "Cut the class as the model does", layering.reset, ("Shift+T",), icon="reset"),
        layer("layer.lock", "Lock or unlock the layer", layering.toggle_lock, ("Alt+K",), icon="lock"),
        layer("layer.solo", "Show the layer alone, or all again", layering.toggle_solo, ("Alt+S",)),
        Action(
            "history.focus",
            "To the steps of the history",
            desk.focus_history,
            ("Ctrl+H",),
            "Thresholds and layers",
            "history",
            desk.has_image,
        ),
    )
