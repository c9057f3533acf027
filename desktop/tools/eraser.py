"""The eraser: takes pixels from the class selected."""

from __future__ import annotations

from desktop.tools.stroke import StrokeTool

__all__ = ["EraserTool"]


class EraserTool(StrokeTool):
    """Clears discs; paints with the right button or Ctrl."""

    name = "eraser"
    text = "Eraser"
    shortcut = "E"
    hint = (
        "Drag to erase · right button or Ctrl paints · Shift draws a line · [ ] or Ctrl+wheel sets the size"
    )
    erases = True
