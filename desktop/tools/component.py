"""The component tool: one click deletes a connected piece of a class, or keeps it for good."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from desktop.project.planes import Box, LabelPlanes, page_and_bit
from desktop.tools.base import Tool, ToolEvent
from desktop.tools.stroke import stamp

__all__ = ["ComponentTool", "component_at"]


class ComponentTool(Tool):
    """Left click deletes the 8-connected component under the pointer; right click keeps it.

    Kept means protected: thresholds and new predictions leave it as it is. Both are one undo step.
    """

    name = "component"
    text = "Component"
    shortcut = "C"
    hint = "Click deletes the piece under the pointer · right click keeps it as it is"
    cursor = Qt.CursorShape.PointingHandCursor

    def press(self, event: ToolEvent) -> bool:
        """Delete or keep the component under the pointer."""
        target = self.target()
        if target is None or event.button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return False
        planes, class_id = target
        found = component_at(planes, class_id, math.floor(event.y), math.floor(event.x))
        if found is None:
            return True
        box, mask = found
        deletes = event.button is Qt.MouseButton.LeftButton
        recorder = self.context.begin_stroke()
        recorder.touch(box)
        stamp(planes, class_id, box, mask, clear=deletes)
        self.context.changed(box)
        edit = recorder.commit(self.edit_text("Delete component" if deletes else "Keep component"))
        if edit is None:
            self.context.abort_stroke()
        else:
            self.context.commit(edit)
        return True


def component_at(
    planes: LabelPlanes, class_id: int, row: int, column: int
) -> tuple[Box, NDArray[np.bool_]] | None:
    """The 8-connected component of a class at a pixel: box and mask (h, w) bool; None where there is none."""
    page, bit = page_and_bit(class_id)
    inside = 0 <= row < planes.height and 0 <= column < planes.width
    if not inside or not planes.mask[page, row, column] >> bit & 1:
        return None
    bits = planes.mask[page] & np.uint8(1 << bit)
    filled = np.zeros((planes.height + 2, planes.width + 2), np.uint8)  # cv2 wants a rim of one pixel
    flags = 8 | cv2.FLOODFILL_MASK_ONLY | 1 << 8
    _, _, _, (x, y, width, height) = cv2.floodFill(bits, filled, (column, row), 0, flags=flags)
    mask = filled[y + 1 : y + 1 + height, x + 1 : x + 1 + width] == 1
    return (y, x, y + height, x + width), mask
