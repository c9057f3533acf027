"""From pyramids to the pixels of a view.

Measured at 4288x2848 in a view of 1600x1000 with four classes (two cores, otherwise idle, p50): QPainter
drawing scaled RGB32 and Indexed8 levels 4.0 ms at fit and 5.0 ms at 75 %, of which 2.0 ms go into the
indexed overlay even at the view's own resolution. Here an image is resampled with cv2 into one opaque surface
(1.4 ms) and the planes are looked up through a colour table into premultiplied ones (1.5 ms, outlines 1.5 ms
more), which leaves plain copies (0.4 ms) to QPainter. What counts more: a dab costs its own rectangle of one
surface, recolouring never resamples the image, and moving it composes only the strips that come into sight.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter, QRegion

from desktop.canvas.adjust import Adjustment, ViewSettings
from desktop.canvas.preview import Preview
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.qimages import wrap_argb, wrap_rgb32
from desktop.canvas.rects import box_of, rects_of
from desktop.canvas.resample import eroded, resample_image, sample_planes
from desktop.canvas.styles import ColourTable, LayerStyle, edge_table, fill_table
from desktop.canvas.viewport import Viewport
from desktop.project.planes import Box

__all__ = ["Composer"]


class Composer:
    """Keeps the composed pixels of one view; composes only what changed, when it is painted."""

    def __init__(self) -> None:
        self._viewport: Viewport | None = None
        self._image: ImagePyramid | None = None
        self._overlay: OverlayPyramid | None = None
        self._settings = ViewSettings()
        self._adjustment = Adjustment()
        self._styles: dict[int, LayerStyle] = {}
        self._outline_width = 1
        self._size = (1, 1)
        self._base = _Surface(1, 1, opaque=True)
        self._sheets: list[_Sheet] = []
        self._spare: list[_Sheet] = []
        self._base_stale = True
        self._sheets_stale = True
        self._preview: Preview | None = None

    def set_viewport(self, viewport: Viewport | None, outline_width: int = 1) -> None:
        """Look from elsewhere. After a move only what was not in sight is composed, otherwise everything."""
        before, same_width = self._viewport, outline_width == self._outline_width
        if viewport == before and same_width:
            return
        self._viewport, self._outline_width = viewport, outline_width
        if viewport is None:
            self._base_stale = self._sheets_stale = True
            return
        if (size := (viewport.view_height, viewport.view_width)) != self._size:
            self._size = size
            self._base = _Surface(*size, opaque=True)
            self._sheets, self._spare = [], []
            self._base_stale = True
            self._make_sheets()
        elif before is not None and same_width and _only_moved(before, viewport):
            self._move(before, viewport)
        else:
            self._base_stale = self._sheets_stale = True

    def set_image(self, image: ImagePyramid | None) -> None:
        """Show another image's pixels."""
        self._image = image
        self._adjustment = Adjustment(self._settings, image)
        self._base_stale = True

    def set_settings(self, settings: ViewSettings) -> None:
        """Look at the image in another way."""
        self._settings = settings
        self.set_image(self._image)

    def set_overlay(self, overlay: OverlayPyramid | None) -> None:
        """Show another label's planes."""
        self._overlay = overlay
        self._make_sheets()

    def set_preview(self, preview: Preview | None) -> None:
        """Show one class as a threshold would leave it, in the place of its bits. Call it for every move."""
        if preview is None:
            for sheet in self._sheets:
                sheet.under = None
        self._preview = preview
        self._sheets_stale = True

    def set_styles(self, styles: Mapping[int, LayerStyle]) -> None:
        """Show the planes in other colours."""
        if self._styles != styles:
            self._styles = dict(styles)
            self._make_sheets()

    def update_overlay(self, box: Box) -> Box:
        """Compose the planes again where ``box`` of the image is seen; returns that box of the view."""
        if self._viewport is None:
            return 0, 0, 0, 0
        for sheet in self._sheets:
            sheet.under = None
        # A pixel of a coarser level, and the view's last pixel, reach beyond the box by up to three.
        view_box = self._viewport.view_box_of(box, margin=3 + self._outline_width)
        if not self._sheets_stale:
            if 2 * _area(view_box) > _area(self._viewport.drawn_box()):
                # A change of the whole image is composed with the paint event, not in the slot that tells it.
                self._sheets_stale = True
            else:
                self._compose_sheets(view_box)
        return view_box

    def paint(self, painter: QPainter, box: Box, *, overlays: bool = True) -> None:
        """Draw ``box`` (device pixels, inside the drawn image); the painter's unit is one device pixel."""
        viewport = self._viewport
        if viewport is None or self._image is None or box[0] >= box[2] or box[1] >= box[3]:
            return
        if self._base_stale:
            self._compose_base(viewport.drawn_box())
            self._base_stale = False
        rect = QRect(box[1], box[0], box[3] - box[1], box[2] - box[0])
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(rect.topLeft(), self._base.image, rect)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        if not overlays or self._overlay is None:
            return
        if self._sheets_stale:
            self._compose_sheets(viewport.drawn_box())
            self._sheets_stale = False
        for sheet in self._sheets:
            painter.drawImage(rect.topLeft(), sheet.surface.image, rect)

    def _make_sheets(self) -> None:
        """One sheet a page that shows anything; surfaces are used again."""
        self._spare += self._sheets
        self._sheets = []
        self._sheets_stale = True
        for page in range(self._overlay.pages if self._overlay is not None else 0):
            fill, edge = fill_table(self._styles, page), edge_table(self._styles, page)
            if fill is not None or edge is not None:
                sheet = self._spare.pop() if self._spare else _Sheet(*self._size)
                sheet.page, sheet.fill, sheet.edge, sheet.under = page, fill, edge, None
                self._sheets.append(sheet)

    def _compose_base(self, box: Box) -> None:
        y0, x0, y1, x1 = box
        if self._image is not None and self._viewport is not None:
            target = self._base.channels[y0:y1, x0:x1]
            resample_image(self._image, self._viewport, box, target, self._adjustment)

    def _compose_sheets(self, box: Box) -> None:
        if self._overlay is None or self._viewport is None or box[0] >= box[2] or box[1] >= box[3]:
            return
        for sheet in self._sheets:
            sheet.compose(self._overlay, self._viewport, box, self._outline_width, self._preview)

    def _move(self, before: Viewport, after: Viewport) -> None:
        """Keep what stays in sight and compose the strips that come into it."""
        dx, dy = after.left - before.left, after.top - before.top
        if (dx, dy) == (0, 0):
            return
        shown = _qrect(after.drawn_box())
        kept = _qrect(before.drawn_box()).translated(dx, dy).intersected(shown)
        strips = [box_of(rect) for rect in rects_of(QRegion(shown).subtracted(QRegion(kept)))]
        if kept.width() * kept.height() * 2 < shown.width() * shown.height():
            self._base_stale = self._sheets_stale = True
            return
        if not self._base_stale:
            self._base.shift(box_of(kept), dx, dy)
            for strip in strips:
                self._compose_base(strip)
        if not self._sheets_stale:
            # An outline at the old edge of the view knew what lies beyond: sampling reaches over the edge.
            for sheet in self._sheets:
                sheet.surface.shift(box_of(kept), dx, dy)
            for strip in strips:
                self._compose_sheets(strip)


class _Surface:
    """Pixels of the view's size, and the QImage over them; twice, because a shift cannot be done in place."""

    __slots__ = ("_opaque", "_other", "channels", "image", "pixels")

    def __init__(self, height: int, width: int, *, opaque: bool) -> None:
        self._opaque = opaque
        self._other: tuple[NDArray[np.int32], NDArray[np.uint8], QImage] | None = None
        self.pixels, self.channels, self.image = self._buffer(height, width)

    def shift(self, target: Box, dx: int, dy: int) -> None:
        """Move what lies ``dx, dy`` before ``target`` into it. What lies outside of it is undefined."""
        y0, x0, y1, x1 = target
        other = self._other or self._buffer(*self.pixels.shape)
        np.copyto(other[0][y0:y1, x0:x1], self.pixels[y0 - dy : y1 - dy, x0 - dx : x1 - dx])
        self._other = self.pixels, self.channels, self.image
        self.pixels, self.channels, self.image = other

    def _buffer(self, height: int, width: int) -> tuple[NDArray[np.int32], NDArray[np.uint8], QImage]:
        pixels = np.zeros((height, width), np.int32)
        channels = pixels.view(np.uint8).reshape(height, width, 4)
        return pixels, channels, wrap_rgb32(channels) if self._opaque else wrap_argb(pixels)


class _Sheet:
    """One page of planes as premultiplied pixels of the view, and the tables that colour it."""

    __slots__ = ("edge", "fill", "page", "surface", "under")

    def __init__(self, height: int, width: int) -> None:
        self.page = 0
        self.fill: ColourTable | None = None
        self.edge: ColourTable | None = None
        self.under: tuple[Viewport, Box, int, NDArray[np.uint8]] | None = None
        self.surface = _Surface(height, width, opaque=False)

    def compose(
        self,
        overlay: OverlayPyramid,
        viewport: Viewport,
        box: Box,
        outline_width: int,
        preview: Preview | None = None,
    ) -> None:
        y0, x0, y1, x1 = box
        target = self.surface.pixels[y0:y1, x0:x1]
        rim = outline_width if self.edge is not None else 0
        around = (y0 - rim, x0 - rim, y1 + rim, x1 + rim)
        if preview is not None and preview.class_id // 8 == self.page:
            bits = self._previewed(overlay, viewport, around, preview)
        else:
            bits = sample_planes(overlay, self.page, viewport, around)
        inner = np.ascontiguousarray(bits[rim : bits.shape[0] - rim, rim : bits.shape[1] - rim])
        if self.fill is not None:
            cv2.LUT(inner, self.fill, dst=target)
        else:
            target[...] = 0
        if self.edge is not None:
            edges = np.bitwise_xor(inner, eroded(bits, rim))
            edges &= self._edged
            cv2.copyTo(cv2.LUT(edges, self.edge), edges, dst=target)

    def _previewed(
        self, overlay: OverlayPyramid, viewport: Viewport, box: Box, preview: Preview
    ) -> NDArray[np.uint8]:
        """The page's bits with one class's taken from the preview; the others are sampled once a view."""
        bit = preview.class_id % 8
        if self.under is None or self.under[:3] != (viewport, box, bit):
            others = sample_planes(overlay, self.page, viewport, box) & np.uint8(0xFF ^ (1 << bit))
            self.under = viewport, box, bit, others
        return self.under[3] | preview.bits(viewport, box) << np.uint8(bit)

    @property
    def _edged(self) -> np.uint8:
        """The bits that have an outline."""
        table = self.edge
        return np.uint8(0 if table is None else sum(1 << bit for bit in range(8) if table[1 << bit]))


def _only_moved(before: Viewport, after: Viewport) -> bool:
    same_image = (before.image_width, before.image_height) == (after.image_width, after.image_height)
    return same_image and before.scale == after.scale


def _area(box: Box) -> int:
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def _qrect(box: Box) -> QRect:
    return QRect(box[1], box[0], box[3] - box[1], box[2] - box[0])
