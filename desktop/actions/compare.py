"""Two images side by side, measuring, the map of what was viewed, figures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    comparing, measures = desk.comparing, desk.measures
    act = partial(Action, section="Compare and measure", enabled_when=desk.has_image)
    return (
        act(
            "compare.side_by_side",
            "Two views side by side",
            comparing.toggle,
            ("Ctrl+D",),
            icon="compare",
            checked_when=lambda: comparing.active,
        ),
        act("compare.choose", "Choose what is shown beside the image…", comparing.choose, ("Ctrl+Shift+D",)),
        act(
            "compare.link",
            "Link zoom and place of both views",
            comparing.toggle_link,
            ("Ctrl+Shift+K",),
            icon="link",
            checked_when=lambda: comparing.linked,
        ),
        act(
            "measure.viewed",
            "Map of what was not viewed yet",
            measures.toggle_map,
            ("Alt+V",),
            icon="viewed",
            checked_when=lambda: measures.map_shown,
        ),
        act(
            "figure.save",
            "Save what is seen as a figure…",
            desk.figures.ask,
            ("Ctrl+Shift+E",),
            icon="figure",
            enabled_when=lambda: desk.has_image() and desk.figures.can_save(),
        ),
        Action(
            "measure.copy",
            "Copy the table of measures",
            measures.copy,
            ("Ctrl+Shift+C",),
            "Compare and measure",
            "copy",
            measures.has_table,
        ),
        Action(
            "measure.export",
            "Save the table of measures…",
            measures.export,
            ("Ctrl+Shift+M",),
            "Compare and measure",
            "export",
            measures.has_table,
        ),
    )
