"""What is drawn over the masks while a threshold is moved, and where a prediction waits to be taken."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter

from desktop.canvas.pyramid import OverlayPyramid
from desktop.canvas.qimages import wrap_argb
from desktop.canvas.resample import eroded, sample_planes
from desktop.canvas.styles import LayerStyle, edge_table
from desktop.canvas.viewport import Viewport

__all__ = ["PredictionOutline", "ProtectedHatch"]

_STRIPE = 8
_LIGHT, _DARK = 0x73737373, 0x59000000
"""Premultiplied: white at 45 %, black at 35 %; one of them is seen on any ground."""
_DASH = 5


class _ViewDecoration:
    """Pixels of the view that are composed again only when the view or their content is another one."""

    def __init__(self) -> None:
        self._kept: tuple[Viewport, NDArray[np.int32], QImage] | None = None

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw over the image."""
        if self._empty():
            return
        y0, x0, y1, x1 = viewport.drawn_box()
        if y0 >= y1 or x0 >= x1:
            return
        if self._kept is None or self._kept[0] != viewport:
            pixels = np.ascontiguousarray(self._compose(viewport))
            # The array is kept: the image is a view of it.
            self._kept = viewport, pixels, wrap_argb(pixels)
        painter.drawImage(x0, y0, self._kept[2])

    def _empty(self) -> bool:
        raise NotImplementedError

    def _compose(self, viewport: Viewport) -> NDArray[np.int32]:
        """(h, w) int32 premultiplied ARGB of the box that the image covers."""
        raise NotImplementedError


class ProtectedHatch(_ViewDecoration):
    """A quiet hatch over the pixels that a threshold leaves alone, because a person painted them."""

    def __init__(self) -> None:
        super().__init__()
        self._protected: OverlayPyramid | None = None

    def show(self, protected: OverlayPyramid | None) -> bool:
        """Hatch these pixels (bit 0 of page 0), or none; returns whether that is a change."""
        if protected is self._protected:
            return False
        self._protected, self._kept = protected, None
        return True

    def _empty(self) -> bool:
        return self._protected is None

    def _compose(self, viewport: Viewport) -> NDArray[np.int32]:
        assert self._protected is not None
        box = viewport.drawn_box()
        inside = sample_planes(self._protected, 0, viewport, box) != 0
        rows, columns = _places(viewport)
        stripe = (rows + columns) % _STRIPE
        pixels = np.zeros(inside.shape, np.int32)
        pixels[inside & (stripe < 2)] = _LIGHT
        pixels[inside & (stripe >= _STRIPE // 2) & (stripe < _STRIPE // 2 + 2)] = _DARK
        return pixels


class PredictionOutline(_ViewDecoration):
    """Dashed outlines in the classes' colours: what the model says of classes that the reader drew first."""

    def __init__(self) -> None:
        super().__init__()
        self._overlay: OverlayPyramid | None = None
        self._styles: dict[int, LayerStyle] = {}

    def show(self, overlay: OverlayPyramid | None, styles: Mapping[int, LayerStyle]) -> bool:
        """Outline these planes in these colours, or nothing; returns whether that is a change."""
        shown = {
            one: LayerStyle(style.visible, style.color, 1.0, outline=True) for one, style in styles.items()
        }
        if overlay is self._overlay and shown == self._styles:
            return False
        self._overlay, self._styles, self._kept = overlay, shown, None
        return True

    def _empty(self) -> bool:
        return self._overlay is None

    def _compose(self, viewport: Viewport) -> NDArray[np.int32]:
        assert self._overlay is not None
        y0, x0, y1, x1 = viewport.drawn_box()
        rows, columns = _places(viewport)
        dashes = ((rows // _DASH + columns // _DASH) % 2 == 0).view(np.uint8)
        pixels = np.zeros((y1 - y0, x1 - x0), np.int32)
        for page in range(self._overlay.pages):
            table = edge_table(self._styles, page)
            if table is None:
                continue
            around = (y0 - 2, x0 - 2, y1 + 2, x1 + 2)
            bits = sample_planes(self._overlay, page, viewport, around)
            edges = np.bitwise_xor(bits[2:-2, 2:-2], eroded(bits, 2)) * dashes
            cv2.copyTo(cv2.LUT(edges, table), edges, dst=pixels)
        return pixels


def _places(viewport: Viewport) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows (h, 1) and columns (1, w) from the image's corner on, so that patterns move with the image."""
    y0, x0, y1, x1 = viewport.drawn_box()
    return np.arange(y0, y1)[:, None] - viewport.top, np.arange(x0, x1)[None, :] - viewport.left
