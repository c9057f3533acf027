"""How an unfinished gesture looks: light lines with a dark rim, handles, the pixels it would take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from desktop.canvas.qimages import wrap_argb
from desktop.canvas.viewport import Viewport
from desktop.project.planes import Bits, Box
from desktop.tools.disc import Point

__all__ = [
    "HANDLE",
    "pixel_ratio",
    "sketch_handles",
    "sketch_line",
    "sketch_path",
    "sketch_pixels",
    "sketch_words",
]

HANDLE = 4.0
"""Half the side of a handle, in logical pixels."""

_DARK = QColor(0, 0, 0, 170)
_LIGHT = QColor(255, 255, 255, 235)
_DASHES = (5.0, 4.0)
_WORDS = 11
"""Height of words in logical pixels: the label size."""


def pixel_ratio(painter: QPainter) -> float:
    """Device pixels a logical pixel of what the painter draws on."""
    return float(painter.device().devicePixelRatio())


def sketch_line(
    painter: QPainter,
    viewport: Viewport,
    points: Iterable[Point],
    *,
    closed: bool = False,
    dashed: bool = False,
) -> None:
    """Draw a line along image points. Dashed means: what it encloses is taken away, or not decided yet."""
    polygon = QPolygonF([QPointF(*viewport.to_view(*point)) for point in points])
    path = QPainterPath()
    path.addPolygon(polygon)
    if closed:
        path.closeSubpath()
    sketch_path(painter, path, dashed=dashed)


def sketch_path(painter: QPainter, path: QPainterPath, *, dashed: bool = False) -> None:
    """Draw a path in device pixels: light with a dark rim, seen on bright and on dark."""
    ratio = pixel_ratio(painter)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((_DARK, 3.0 * ratio), (_LIGHT, 1.25 * ratio)):
        pen = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)
        if dashed and color is _LIGHT:
            pen.setDashPattern([dash * ratio / pen.widthF() for dash in _DASHES])
        painter.setPen(pen)
        painter.drawPath(path)
    painter.restore()


def sketch_handles(
    painter: QPainter, viewport: Viewport, points: Sequence[Point], *, marked: int | None = None
) -> None:
    """Draw a small square at each image point; the one ``marked`` is larger and filled the other way."""
    ratio = pixel_ratio(painter)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for at, point in enumerate(points):
        half = (HANDLE + 1.5 if at == marked else HANDLE - 0.5) * ratio
        x, y = viewport.to_view(*point)
        painter.setPen(QPen(_LIGHT if at == marked else _DARK, 1.25 * ratio))
        painter.setBrush(QColor(0, 0, 0, 230) if at == marked else _LIGHT)
        painter.drawRect(QRectF(x - half, y - half, 2 * half, 2 * half))
    painter.restore()


def sketch_pixels(
    painter: QPainter, viewport: Viewport, box: Box, mask: Bits, color: str, opacity: float = 0.5
) -> None:
    """Tint the pixels of a mask in ``color``; the mask (h, w) bool may be coarser than the image's box.

    Only what is in view is made a picture of, and no finer than the screen.
    """
    box, mask = _in_view(viewport, box, mask)
    if mask.size == 0:
        return
    tint = QColor(color)
    alpha = round(255 * opacity)
    parts = [alpha] + [round(part * opacity) for part in (tint.red(), tint.green(), tint.blue())]
    value = np.array(int.from_bytes(bytes(parts), "big"), np.uint32).view(np.int32)
    pixels = np.ascontiguousarray(mask).astype(np.int32)
    pixels *= value
    image = wrap_argb(pixels)
    y0, x0, y1, x1 = box
    left, top = viewport.to_view(x0, y0)
    right, bottom = viewport.to_view(x1, y1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(QRectF(left, top, right - left, bottom - top), image, QRectF(image.rect()))
    painter.restore()


def _in_view(viewport: Viewport, box: Box, mask: Bits) -> tuple[Box, Bits]:
    """The part of a mask that is in view, and its box; every second, third, ... pixel when it is small."""
    if mask.size == 0:
        return box, mask
    down, across = (box[2] - box[0]) / mask.shape[0], (box[3] - box[1]) / mask.shape[1]
    seen = viewport.visible_box()
    step = max(1, math.floor(1 / (viewport.scale * max(down, across))))
    y0, x0 = max(0, math.floor((seen[0] - box[0]) / down)), max(0, math.floor((seen[1] - box[1]) / across))
    y1, x1 = math.ceil((seen[2] - box[0]) / down), math.ceil((seen[3] - box[1]) / across)
    part = mask[y0 : max(y0, y1) : step, x0 : max(x0, x1) : step]
    top, left = box[0] + round(y0 * down), box[1] + round(x0 * across)
    bottom, right = top + round(part.shape[0] * step * down), left + round(part.shape[1] * step * across)
    return (top, left, bottom, right), part


def sketch_words(painter: QPainter, viewport: Viewport, at: Point, words: str) -> None:
    """Write a few words on a dark ground just below an image point, kept inside the view."""
    ratio = pixel_ratio(painter)
    painter.save()
    font = painter.font()
    font.setPixelSize(round(_WORDS * ratio))
    painter.setFont(font)
    gap = 6.0 * ratio
    size = painter.fontMetrics().size(0, words)
    width, height = size.width() + 2 * gap, size.height() + gap
    x, y = viewport.to_view(*at)
    left = min(max(x, gap), max(gap, viewport.view_width - width - gap))
    top = min(max(y + gap, gap), max(gap, viewport.view_height - height - gap))
    ground = QRectF(left, top, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 190))
    painter.drawRoundedRect(ground, 4 * ratio, 4 * ratio)
    painter.setPen(_LIGHT)
    painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()
