"""Taking a tool in the hand, its size, and where painting is allowed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk

BRUSH_STEP = 1.25


def icon_of(name: str) -> str:
    """The icon of a tool."""
    return {"pan": "hand"}.get(name, name)


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
            icon=icon_of(tool.name),
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
        *_limits(desk),
    )


def _limits(desk: Desk) -> tuple[Action, ...]:
    """Painting only inside the class selected, never on it, or anywhere."""
    limits = desk.session.limits
    act = partial(Action, section="Tools", enabled_when=desk.has_classes)

    def turn(*, outside: bool) -> None:
        class_id = desk.session.class_id
        chosen = frozenset(() if class_id is None else (class_id,))
        inside, outer = limits.inside, limits.outside
        if outside:
            limits.set(inside - chosen, outer ^ chosen)
        else:
            limits.set(inside ^ chosen, outer - chosen)

    return (
        act(
            "limits.inside", "Paint only inside this class", partial(turn, outside=False), ("Ctrl+L",),
            icon="limit", checked_when=lambda: desk.session.class_id in limits.inside,
        ),
        act(
            "limits.outside", "Never paint on this class", partial(turn, outside=True), ("Ctrl+Shift+L",),
            icon="limit", checked_when=lambda: desk.session.class_id in limits.outside,
        ),
        act("limits.clear", "Paint anywhere", limits.set, ("Alt+L",)),
    )  # fmt: skip
