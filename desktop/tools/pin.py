"""Pins a note to a place of the image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtCore import Qt

from desktop.tools.base import Tool, ToolEvent

if TYPE_CHECKING:
    from desktop.state.notes import Notes

__all__ = ["PinTool"]


class _Holder(Protocol):
    """A tool context that keeps notes; the session is one."""

    @property
    def notes(self) -> Notes: ...


class PinTool(Tool):
    """A click begins a note at that place, to be typed under Notes. Nothing of the label changes."""

    name = "pin"
    text = "Pin a note"
    shortcut = "J"
    hint = "Click where the note belongs, then type · click a pin to read its note"
    cursor = Qt.CursorShape.CrossCursor

    def press(self, event: ToolEvent) -> bool:
        """Begin a note at the pixel under the pointer."""
        pixels = self.context.pixels
        if event.button is not Qt.MouseButton.LeftButton or pixels is None:
            return False
        row, column = math.floor(event.y), math.floor(event.x)
        if 0 <= row < pixels.shape[0] and 0 <= column < pixels.shape[1]:
            cast(_Holder, self.context).notes.begin((row, column))
        return True
