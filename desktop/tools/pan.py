"""The hand: moves the image."""

from __future__ import annotations

from PySide6.QtCore import Qt

from desktop.tools.base import Tool

__all__ = ["PanTool"]


class PanTool(Tool):
    """Dragging moves the image; the canvas does it, as it does with Space or the middle button held."""

    name = "pan"
    text = "Move"
    shortcut = "H"
    hint = (
        "Drag to move the image · wheel zooms at the pointer · 0 shows all of it · 1 shows it pixel by pixel"
    )
    cursor = Qt.CursorShape.OpenHandCursor
    pans = True
