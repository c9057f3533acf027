"""The release brush: what it passes over is no longer protected; the mask stays."""

from __future__ import annotations

import numpy as np

from desktop.project.planes import Bits, Box, page_and_bit
from desktop.project.stroke import StrokeRecorder
from desktop.tools.stroke import StrokeTool

__all__ = ["ReleaseTool"]


class ReleaseTool(StrokeTool):
    """Takes the protection of the class selected away under its tip; the right button, or Ctrl, protects.

    Thresholds and new predictions may change from then on what a person had painted or kept.
    """

    name = "release"
    text = "Release"
    shortcut = "Z"
    hint = "Drag to let the model decide again here · right button or Ctrl protects · [ ] sets the size"
    erases = False
    painted_text = "Release protection"
    erased_text = "Protect"

    def _stamp(self, recorder: StrokeRecorder, box: Box, mask: Bits) -> None:
        """Change the protection only."""
        page, bit = page_and_bit(recorder.class_id)
        y0, x0, y1, x1 = box
        bits = mask.view(np.uint8) << np.uint8(bit)
        view = recorder.planes.protection[page, y0:y1, x0:x1]
        if self._clears:
            view |= bits
        else:
            view &= ~bits
