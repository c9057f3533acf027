"""All tools in the order of the tool bar; a new tool is one line here and one file beside."""

from __future__ import annotations

from desktop.tools.base import Tool, ToolContext
from desktop.tools.brush import BrushTool
from desktop.tools.calliper import CalliperTool
from desktop.tools.component import ComponentTool
from desktop.tools.eraser import EraserTool
from desktop.tools.mark import MarkTool
from desktop.tools.pan import PanTool

__all__ = ["TOOLS", "make_tools"]

TOOLS: tuple[type[Tool], ...] = (
    PanTool,
    BrushTool,
    EraserTool,
    ComponentTool,
    CalliperTool,
    MarkTool,
)


def make_tools(context: ToolContext) -> dict[str, Tool]:
    """One instance of every tool for one canvas, by name, in the order of the tool bar."""
    return {tool.name: tool(context) for tool in TOOLS}
