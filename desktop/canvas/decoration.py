"""What may be drawn above an image and its masks: pins, outlines, a small map. Never a part of the label."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QPainter

from desktop.canvas.viewport import Viewport

__all__ = ["Decoration"]


class Decoration(Protocol):
    """Draws itself over the canvas; whoever changes what it shows asks the canvas to draw again."""

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw; the painter's unit is one device pixel. Leave the painter as it was (save, restore)."""
