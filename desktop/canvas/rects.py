"""Rectangles between Qt's logical pixels and the device pixels that the canvas composes."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect
from PySide6.QtGui import QRegion

from desktop.project.planes import Box

__all__ = ["box_of", "device_rect", "logical_rect", "rects_of"]


def device_rect(rect: QRect, ratio: float) -> QRect:
    """The device pixels that a rectangle of logical pixels touches."""
    left, top = math.floor(rect.left() * ratio), math.floor(rect.top() * ratio)
    right, bottom = math.ceil((rect.right() + 1) * ratio), math.ceil((rect.bottom() + 1) * ratio)
    return QRect(left, top, right - left, bottom - top)


def logical_rect(box: Box, ratio: float) -> QRect:
    """The logical pixels that a box of device pixels touches; empty for an empty box."""
    if box[0] >= box[2] or box[1] >= box[3]:
        return QRect()
    top, left = math.floor(box[0] / ratio), math.floor(box[1] / ratio)
    return QRect(left, top, math.ceil(box[3] / ratio) - left, math.ceil(box[2] / ratio) - top)


def box_of(rect: QRect) -> Box:
    """(y0, x0, y1, x1) of a rectangle."""
    return rect.top(), rect.left(), rect.bottom() + 1, rect.right() + 1


def rects_of(region: QRegion) -> list[QRect]:
    """The rectangles of a region."""
    return list(region)  # type: ignore[call-overload]  # iterable, though the stubs do not say so
