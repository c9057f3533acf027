"""All tools, group by group in the order of the tool bar; a new tool is one line here and one file beside."""

from __future__ import annotations

from desktop.tools.base import Tool, ToolContext
from desktop.tools.brush import BrushTool
from desktop.tools.calliper import CalliperTool
from desktop.tools.component import ComponentTool
from desktop.tools.cut import CutTool
from desktop.tools.ellipse import EllipseTool
from desktop.tools.eraser import EraserTool
from desktop.tools.grabcut import GrabCutTool
from desktop.tools.lasso import LassoTool
from desktop.tools.mark import MarkTool
from desktop.tools.outline import OutlineTool
from desktop.tools.pan import PanTool
from desktop.tools.pin import PinTool
from desktop.tools.polygon import PolygonTool
from desktop.tools.probability import ProbabilityBrushTool
from desktop.tools.rectangle import RectangleTool
from desktop.tools.release import ReleaseTool
from desktop.tools.wand import WandTool

__all__ = ["GROUPS", "TOOLS", "make_tools"]

GROUPS: dict[str, tuple[type[Tool], ...]] = {
    "Look": (PanTool,),
    "Paint": (BrushTool, EraserTool, ProbabilityBrushTool),
    "Shapes": (PolygonTool, LassoTool, RectangleTool, EllipseTool),
    "Smart": (WandTool, OutlineTool, GrabCutTool),
    "Regions": (ComponentTool, CutTool, ReleaseTool),
    "Measure": (
        CalliperTool,
        MarkTool,
        PinTool,
    ),
}
TOOLS: tuple[type[Tool], ...] = tuple(tool for group in GROUPS.values() for tool in group)


def make_tools(context: ToolContext) -> dict[str, Tool]:
    """One instance of every tool for one canvas, by name, in the order of the tool bar."""
    return {tool.name: tool(context) for tool in TOOLS}
