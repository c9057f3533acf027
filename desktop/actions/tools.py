"""Taking a tool in the hand, and its size."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk

BRUSH_STEP = 1.25


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
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
