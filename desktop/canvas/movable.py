"""Where an image is seen from, and the moves that change it: the canvas as pure geometry."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.canvas.viewport import Viewport

__all__ = ["Movable"]


class Movable(QWidget):
    """A widget with a viewport. Moves are in logical pixels, scales in device pixels an image pixel."""

    view_changed = Signal(float)
    """Scale or place changed; the scale is in device pixels an image pixel (1.0 is 100 %)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewport: Viewport | None = None
        self._last_viewport: Viewport | None = None  # outlives a placard between two images

    @property
    def viewport(self) -> Viewport | None:
        """Where the image is seen from; None while there is no image."""
        return self._viewport

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
        self._looked(viewport)
        self.update()
        self.view_changed.emit(viewport.scale)

    # --- what a view that shows something adds

    def _looked(self, viewport: Viewport) -> None:
        """The image is seen from elsewhere."""

    def _pointer(self) -> tuple[float, float] | None:
        """View coordinates of the pointer, if it is over the canvas."""
        return None

    # --- inside

    def _device_size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    def _anchor(self, at: tuple[float, float] | None) -> tuple[float, float]:
        if at is None:
            width, height = self._device_size()
            return self._pointer() or (width / 2, height / 2)
        ratio = self.devicePixelRatioF()
        return at[0] * ratio, at[1] * ratio
