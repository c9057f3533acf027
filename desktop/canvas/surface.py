"""One image with its layers, seen at any scale, in any light: what of the canvas is looked at.

The widget composes nothing itself (see :mod:`desktop.canvas.composer`) and decides no geometry (see
:mod:`desktop.canvas.viewport`). Pointer, keys and tools are added by :mod:`desktop.canvas.view`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.canvas.adjust import ViewSettings
from desktop.canvas.banner import Banner, paint_banner
from desktop.canvas.composer import Composer
from desktop.canvas.decoration import Decoration
from desktop.canvas.evening import wants_evening
from desktop.canvas.movable import Movable
from desktop.canvas.overview import Overview
from desktop.canvas.placard import Placard, PlacardKind, paint_placard
from desktop.canvas.preview import Preview
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.rects import box_of, device_rect, logical_rect, rects_of
from desktop.canvas.styles import LayerStyle
from desktop.canvas.viewport import Viewport
from desktop.project.planes import Box

__all__ = ["ImageSurface", "StandIn"]

_READING_AFTER_MS = 150
"""What is read within this time is simply there; only then does a person wonder."""


@dataclass(frozen=True, slots=True, eq=False)
class StandIn:
    """Planes shown in the label's place while a key is held, with styles of their own."""

    overlay: OverlayPyramid
    styles: Mapping[int, LayerStyle]


class ImageSurface(Movable):
    """Shows an image pyramid under an overlay pyramid.

    It keeps references to what it is given and copies nothing; whoever paints into the planes calls
    ``OverlayPyramid.update`` and then :meth:`overlay_changed` with the same box.
    """

    evening_wanted = Signal(object)
    """The view settings show evened levels, and this `ImagePyramid` has none: make them behind, give them to
    ``pyramid.evened``, then call `evened`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prepare()
        self._composer = Composer()
        self._image: ImagePyramid | None = None
        self._overlay: OverlayPyramid | None = None
        self._styles: Mapping[int, LayerStyle] = {}
        self._stand_in: StandIn | None = None
        self._settings = ViewSettings()
        self._hidden = False
        self._reading = False
        self._placard = Placard(PlacardKind.EMPTY, "No image")
        self._waiting = Placard(PlacardKind.READING, "Reading…")
        self._banner: Banner | None = None
        self._surround = QColor(48, 48, 48)
        self._decorations: list[Decoration] = []
        self.overview = Overview()
        self._reading_timer = QTimer(self)
        self._reading_timer.setSingleShot(True)
        self._reading_timer.setInterval(_READING_AFTER_MS)
        self._reading_timer.timeout.connect(self._show_reading)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Image")
        self._describe()

    # --- what is shown

    @property
    def image(self) -> ImagePyramid | None:
        """The image shown."""
        return self._image

    @property
    def reading(self) -> bool:
        """Whether another image is being read: gestures wait."""
        return self._reading

    @property
    def view_settings(self) -> ViewSettings:
        """How the image is looked at."""
        return self._settings

    def set_image(self, image: ImagePyramid | None, *, keep_view: bool = False) -> None:
        """Show an image; None: the placard. It is fitted, unless ``keep_view``: then it is seen from the
        same place (of an image of another size: the same place relative to its size).

        It finishes a gesture and drops the overlay, unless it is the very image that is shown already.
        """
        self._stop_reading()
        if image is not None and image is self._image:
            self._image_changed()
            return
        self.finish_gesture()
        self._image, self._overlay, self._stand_in = image, None, None
        self._composer.set_image(image)
        self._show_planes()
        if image is None:
            self._viewport = None
        else:
            size, before = self._device_size(), self._last_viewport
            fresh = Viewport(image.width, image.height, *size).fit()
            kept = before.with_image(image.width, image.height) if before and keep_view else fresh
            self._viewport = self._last_viewport = kept.resized(*size)
        self._composer.set_viewport(self._viewport, self._outline_width())
        self.overview.set_image(image, self._settings)
        self._image_changed()
        self._describe()
        self.update()
        self.view_changed.emit(self.scale)
        self._want_evening()

    def set_overlay(self, overlay: OverlayPyramid | None) -> None:
        """Show a label's planes; another label ends a gesture. Raises ``ValueError`` for another size."""
        self._check_size(overlay)
        if overlay is not self._overlay:
            self.finish_gesture()
        self._overlay = overlay
        self._show_planes()

    def overlay_changed(self, box: Box) -> None:
        """Show the planes again inside ``box`` (y0, x0, y1, x1 in image pixels)."""
        if self._stand_in is None:
            self.update(logical_rect(self._composer.update_overlay(box), self.devicePixelRatioF()))

    def set_styles(self, styles: Mapping[int, LayerStyle]) -> None:
        """Colours, opacity and visibility by class id. Classes that are missing are not shown."""
        self._styles = dict(styles)
        if self._stand_in is None:
            self._composer.set_styles(styles)
            self.update()

    def set_preview(self, preview: Preview | None) -> None:
        """Show one class as a threshold would leave it; call it again for every move. None: as it is."""
        self._composer.set_preview(preview)
        self.update()

    def set_stand_in(self, stand_in: StandIn | None) -> None:
        """Show other planes in the label's place; None: the label's again. Another image takes them away.

        Raises ``ValueError`` for planes of another size than the image.
        """
        if stand_in is not None:
            self._check_size(stand_in.overlay)
        if stand_in is not self._stand_in:
            self._stand_in = stand_in
            self._show_planes()

    def set_overlays_hidden(self, hidden: bool) -> None:
        """Show the bare image (while a key is held); styles stay as they are."""
        if hidden != self._hidden:
            self._hidden = hidden
            self.update()

    def set_banner(self, banner: Banner | None) -> None:
        """Say in a line at the top of the image what is shown; None: nothing."""
        if banner != self._banner:
            self._banner = banner
            self._describe()
            self.update()

    def set_view_settings(self, settings: ViewSettings) -> None:
        """Look at the image in another way; its pixels stay as they are."""
        if settings == self._settings:
            return
        self._settings = settings
        self._composer.set_settings(settings)
        self.overview.set_image(self._image, settings)
        self.update()
        self._want_evening()

    def evened(self, image: ImagePyramid) -> None:
        """The evened levels of ``image`` have arrived: show them, if it is still the one shown."""
        if image is self._image:
            self._composer.set_image(image)
            self.overview.set_image(image, self._settings)
            self.update()

    def set_overview_shown(self, shown: bool) -> None:
        """Whether there is a small map of the image while a part of it is seen."""
        self.overview.enabled = shown
        self.update()

    def set_surround(self, color: QColor) -> None:
        """The neutral grey around the image; words on it take a shade that can be read."""
        self._surround = QColor(color)
        self.update()

    def set_empty(self, title: str, sentence: str = "") -> None:
        """Show no image but words that say what to do."""
        self._set_placard(Placard(PlacardKind.EMPTY, title, sentence))

    def set_broken(self, title: str, reason: str) -> None:
        """Show no image but why it cannot be shown."""
        self._set_placard(Placard(PlacardKind.BROKEN, title, reason))

    def set_reading(self, name: str) -> None:
        """Another image is being read. What is on screen stays for 150 ms, without taking gestures."""
        self.finish_gesture()
        self._waiting = Placard(PlacardKind.READING, f"Reading {name}…")
        if self._reading and self._image is None:
            self._show_reading()
        elif not self._reading:
            self._reading = True
            self._reading_timer.start()
        self._image_changed()

    # --- decorations

    def add_decoration(self, decoration: Decoration) -> None:
        """Draw ``decoration`` above the masks from now on, the one added last above the others."""
        self._decorations.append(decoration)
        self.update()

    def remove_decoration(self, decoration: Decoration) -> None:
        """Draw it no more. Raises ``ValueError`` when it was not added."""
        self._decorations.remove(decoration)
        self.update()

    # --- what a view with a tool adds

    def _prepare(self) -> None:
        """Make what events need: Qt sends some while the widget is still being made."""

    def finish_gesture(self) -> None:
        """End a gesture under way and keep it. There is none here."""

    def _image_changed(self) -> None:
        """Another image is shown, or is being read."""

    def _looked(self, viewport: Viewport) -> None:
        """The image is seen from elsewhere."""
        self._composer.set_viewport(viewport, self._outline_width())

    def _paint_above(self, painter: QPainter, viewport: Viewport, ratio: float) -> None:
        """Draw what lies above everything else; the painter's unit is one device pixel."""

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy what is composed into the exposed region; compose first what is stale."""
        self._follow_size()
        painter = QPainter(self)
        try:
            if self._viewport is None or self._image is None:
                painter.fillRect(event.rect(), self._surround)
                paint_placard(painter, self._placard, QRectF(self.rect()), self._surround, self.font())
                return
            ratio = self.devicePixelRatioF()
            painter.scale(1 / ratio, 1 / ratio)
            for rect in rects_of(event.region()):
                self._paint_exposed(painter, self._viewport, device_rect(rect, ratio))
            for decoration in self._decorations:
                decoration.paint(painter, self._viewport)
            self.overview.paint(painter, self._viewport, ratio)
            self._paint_above(painter, self._viewport, ratio)
            if self._banner is not None:
                painter.resetTransform()
                paint_banner(painter, self._banner, QRectF(self.rect()), self.font())
        finally:
            painter.end()

    def _paint_exposed(self, painter: QPainter, viewport: Viewport, exposed: QRect) -> None:
        y0, x0, y1, x1 = viewport.drawn_box()
        drawn = QRect(x0, y0, x1 - x0, y1 - y0)
        for rect in rects_of(QRegion(exposed).subtracted(QRegion(drawn))):
            painter.fillRect(rect, self._surround)
        inside = exposed.intersected(drawn)
        if not inside.isEmpty():
            self._composer.paint(painter, box_of(inside), overlays=not self._hidden)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the new size."""
        super().resizeEvent(event)
        self._follow_size()

    def sizeHint(self) -> QSize:
        """As large as there is room."""
        return QSize(960, 640)

    # --- inside

    def _outline_width(self) -> int:
        return max(1, round(1.5 * self.devicePixelRatioF()))

    def _follow_size(self) -> None:
        if self._viewport is not None:
            self.look(self._viewport.resized(*self._device_size()))

    def _check_size(self, overlay: OverlayPyramid | None) -> None:
        if overlay is not None and self._image is not None:
            planes, image = (overlay.height, overlay.width), (self._image.height, self._image.width)
            if planes != image:
                raise ValueError(f"Mask planes of {planes} do not lie over an image of {image}.")

    def _show_planes(self) -> None:
        stand_in = self._stand_in
        self._composer.set_overlay(stand_in.overlay if stand_in is not None else self._overlay)
        self._composer.set_styles(stand_in.styles if stand_in is not None else self._styles)
        self.update()

    def _want_evening(self) -> None:
        if self._image is not None and wants_evening(self._image, self._settings):
            self.evening_wanted.emit(self._image)

    def _set_placard(self, placard: Placard) -> None:
        self._placard = placard
        self.set_image(None)

    def _show_reading(self) -> None:
        self._set_placard(self._waiting)
        self._reading = True

    def _stop_reading(self) -> None:
        self._reading = False
        self._reading_timer.stop()

    def _describe(self) -> None:
        image, placard = self._image, self._placard
        words = f"{image.width} by {image.height} pixels" if image else placard.words
        if image and self._banner is not None:
            words = f"{self._banner.words}. {words}"
        self.setAccessibleDescription(words)
