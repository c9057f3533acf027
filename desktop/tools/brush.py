"""The brush: adds pixels to the class selected."""

from __future__ import annotations

from desktop.tools.stroke import StrokeTool

__all__ = ["BrushTool"]


class BrushTool(StrokeTool):
    """Paints discs; erases with the right button or Ctrl."""

    name = "brush"
    text = "Brush"
    shortcut = "B"
    hint = (
        "Drag to paint · right button or Ctrl erases · Shift draws a line · [ ] or Ctrl+wheel sets the size"
    )
    erases = False
