"""The canvas: one image with its layers, seen at any scale, and the tool at work on it.

The widget composes nothing itself (see :mod:`desktop.canvas.composer`) and decides no geometry (see
:mod:`desktop.canvas.viewport`); pointer, wheel and keys are in :mod:`desktop.canvas.interaction`.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.canvas.composer import Composer
from desktop.canvas.cursor import Ring, paint_ring, ring_bounds
from desktop.canvas.decoration import Decoration
from desktop.canvas.interaction import Interaction
from desktop.canvas.placard import Placard, PlacardKind, paint_placard
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.rects import box_of, device_rect, logical_rect, rects_of
from desktop.canvas.styles import LayerStyle
from desktop.canvas.viewport import Viewport
from desktop.project.planes import Box
from desktop.tools.base import Tool

__all__ = ["CanvasView"]

_READING_AFTER_MS = 150
"""What is read within this time is simply there; only then does a person wonder."""


class CanvasView(QWidget):
    """Shows an image pyramid under an overlay pyramid and hands gestures to a tool.

    It keeps references to what it is given and copies nothing; whoever paints into the planes calls
    ``OverlayPyramid.update`` and then :meth:`overlay_changed` with the same box.
    """

    pointer_moved = Signal(float, float)
    """Image coordinates under the pointer (continuous; may lie outside the image)."""
    pointer_left = Signal()
    """The pointer is no longer over the canvas."""
    view_changed = Signal(float)
    """Scale or place changed; the scale is in device pixels an image pixel (1.0 is 100 %)."""
    gesture_ended = Signal()
    """A tool's gesture was finished or aborted: what had to wait for it may go on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composer = Composer()
        self._image: ImagePyramid | None = None
        self._overlay: OverlayPyramid | None = None
        self._viewport: Viewport | None = None
        self._last_viewport: Viewport | None = None  # outlives a placard between two images
        self._tool: Tool | None = None
        self._hidden = False
        self._reading = False
        self._placard = Placard(PlacardKind.EMPTY, "No image")
        self._waiting = Placard(PlacardKind.READING, "Reading…")
        self._surround = QColor(48, 48, 48)
        self._ring: Ring | None = None
        self._decorations: list[Decoration] = []
        self._interaction = Interaction(self)
        self._reading_timer = QTimer(self)
        self._reading_timer.setSingleShot(True)
        self._reading_timer.setInterval(_READING_AFTER_MS)
        self._reading_timer.timeout.connect(self._show_reading)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setAccessibleName("Image")
        self._describe()

    # --- what is shown

    @property
    def viewport(self) -> Viewport | None:
        """Where the image is seen from; None while there is no image."""
        return self._viewport

    @property
    def image(self) -> ImagePyramid | None:
        """The image shown."""
        return self._image

    @property
    def tool(self) -> Tool | None:
        """The tool in the hand."""
        return self._tool

    @property
    def reading(self) -> bool:
        """Whether another image is being read: gestures wait."""
        return self._reading

    def set_image(self, image: ImagePyramid | None, *, keep_view: bool = False) -> None:
        """Show an image; None: the placard. Fitted, unless ``keep_view`` and it has the size of the last one.

        It finishes a gesture and drops the overlay, unless it is the very image that is shown already.
        """
        self._stop_reading()
        if image is not None and image is self._image:
            self._interaction.update_cursor()
            return
        self.finish_gesture()
        self._image, self._overlay = image, None
        self._composer.set_image(image)
        self._composer.set_overlay(None)
        if image is None:
            self._viewport = None
        else:
            size, before = self._device_size(), self._last_viewport
            fresh = Viewport(image.width, image.height, *size).fit()
            kept = before.with_image(image.width, image.height) if before and keep_view else fresh
            self._viewport = self._last_viewport = kept.resized(*size)
        self._composer.set_viewport(self._viewport, self._outline_width())
        self._interaction.update_cursor()
        self._describe()
        self.update()
        self.view_changed.emit(self.scale)

    def set_overlay(self, overlay: OverlayPyramid | None) -> None:
        """Show a label's planes; another label ends a gesture. Raises ``ValueError`` for another size."""
        if overlay is not None and self._image is not None:
            planes, image = (overlay.height, overlay.width), (self._image.height, self._image.width)
            if planes != image:
                raise ValueError(f"Mask planes of {planes} do not lie over an image of {image}.")
        if overlay is not self._overlay:
            self.finish_gesture()
        self._overlay = overlay
        self._composer.set_overlay(overlay)
        self.update()

    def overlay_changed(self, box: Box) -> None:
        """Show the planes again inside ``box`` (y0, x0, y1, x1 in image pixels)."""
        self.update(logical_rect(self._composer.update_overlay(box), self.devicePixelRatioF()))

    def set_styles(self, styles: Mapping[int, LayerStyle]) -> None:
        """Colours, opacity and visibility by class id. Classes that are missing are not shown."""
        self._composer.set_styles(styles)
        self.update()

    def set_overlays_hidden(self, hidden: bool) -> None:
        """Show the bare image (while a key is held); styles stay as they are."""
        if hidden != self._hidden:
            self._hidden = hidden
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
        self._interaction.update_cursor()

    # --- the tool

    def set_tool(self, tool: Tool | None) -> None:
        """Take a tool in the hand; a gesture of the one before is finished first."""
        self.finish_gesture()
        self._tool = tool
        if tool is not None:
            tool.repaint = self.update
        self._interaction.update_cursor()
        self.refresh_cursor()

    @property
    def gesture_active(self) -> bool:
        """Whether a tool's gesture is under way. Labels and predictions wait until it ends."""
        return self._interaction.tool_active

    def finish_gesture(self) -> None:
        """End a gesture under way and keep it. Call it before another label becomes the current one."""
        self._interaction.finish()

    def refresh_cursor(self) -> None:
        """Draw the ring again after its size changed elsewhere."""
        before, self._ring = self._ring, self._interaction.ring()
        ratio = self.devicePixelRatioF()
        for ring in (before, self._ring):
            if ring is not None and before != self._ring:
                self.update(logical_rect(box_of(ring_bounds(ring, ratio)), ratio))

    # --- decorations

    def add_decoration(self, decoration: Decoration) -> None:
        """Draw ``decoration`` above the masks from now on, the one added last above the others."""
        self._decorations.append(decoration)
        self.update()

    def remove_decoration(self, decoration: Decoration) -> None:
        """Draw it no more. Raises ``ValueError`` when it was not added."""
        self._decorations.remove(decoration)
        self.update()

    # --- looking

    @property
    def scale(self) -> float:
        """Device pixels an image pixel; 1.0 is 100 %. 1.0 while there is no image."""
        return self._viewport.scale if self._viewport else 1.0

    def fit(self) -> None:
        """The whole image, as large as it can be."""
        if self._viewport is not None:
            self.look(self._viewport.fit())

    def one_to_one(self) -> None:
        """One image pixel on one device pixel, at the pointer if it is over the canvas."""
        self.zoom_to(1.0)

    def zoom_to(self, scale: float, at: tuple[float, float] | None = None) -> None:
        """To a scale; ``at`` (logical pixels) stays where it is. Default: the pointer, else the middle."""
        if self._viewport is not None:
            self.look(self._viewport.scaled_to(scale, *self._anchor(at)))

    def zoom_by(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Larger or smaller by ``factor``; ``at`` as in :meth:`zoom_to`."""
        if self._viewport is not None:
            self.look(self._viewport.zoomed(factor, *self._anchor(at)))

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the image by logical pixels."""
        if self._viewport is not None:
            ratio = self.devicePixelRatioF()
            self.look(self._viewport.panned(dx * ratio, dy * ratio))

    def centre_on(self, x: float, y: float) -> None:
        """Bring image point ``x, y`` to the middle."""
        if self._viewport is not None:
            self.look(self._viewport.centred_on(x, y))

    def look(self, viewport: Viewport) -> None:
        """See the image from there."""
        if viewport == self._viewport:
            return
        self._viewport = self._last_viewport = viewport
        self._composer.set_viewport(viewport, self._outline_width())
        self._ring = self._interaction.ring()
        self.update()
        self.view_changed.emit(viewport.scale)

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
            if self._tool is not None:
                self._tool.paint(painter, self._viewport)
            if self._ring is not None:
                paint_ring(painter, self._ring, ratio)
        finally:
            painter.end()

    def _paint_exposed(self, painter: QPainter, viewport: Viewport, exposed: QRect) -> None:
        y0, x0, y1, x1 = viewport.drawn_box()
        drawn = QRect(x0, y0, x1 - x0, y1 - y0)
        for rect in rects_of(QRegion(exposed).subtracted(QRegion(drawn))):
            painter.fillRect(rect, self._surround)
        inside = exposed.intersected(drawn)
        if inside.isEmpty():
            return
        box = box_of(inside)
        self._composer.paint(painter, box, overlays=not self._hidden)

    # --- events; what a pointer, a wheel or a key means stands in Interaction

    def event(self, event: QEvent) -> bool:
        """Gestures, shortcuts that a gesture claims, and changes of the screen's pixel ratio."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._follow_size()
            self.update()
        return self._interaction.event(event) or super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the new size."""
        super().resizeEvent(event)
        self._follow_size()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._interaction.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._interaction.double_click(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._interaction.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._interaction.release(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._interaction.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._interaction.key_press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._interaction.key_release(event):
            super().keyReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """The ring goes with the pointer; a gesture goes on, for Qt goes on sending its moves."""
        self._interaction.leave()
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A gesture ends, kept, when the window or another widget takes over."""
        self._interaction.focus_lost()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """As when the focus is lost."""
        self._interaction.focus_lost()
        super().hideEvent(event)

    def sizeHint(self) -> QSize:
        """As large as there is room."""
        return QSize(960, 640)

    # --- inside

    def _device_size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    def _outline_width(self) -> int:
        return max(1, round(1.5 * self.devicePixelRatioF()))

    def _follow_size(self) -> None:
        if self._viewport is None:
            return
        self.look(self._viewport.resized(*self._device_size()))

    def _anchor(self, at: tuple[float, float] | None) -> tuple[float, float]:
        if at is None:
            width, height = self._device_size()
            return self._interaction.pointer or (width / 2, height / 2)
        ratio = self.devicePixelRatioF()
        return at[0] * ratio, at[1] * ratio

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
        self.setAccessibleDescription(words)
