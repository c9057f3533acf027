"""The geometry of looking at an image: where its pixels fall in a view, and back. No Qt, no pixels.

Two coordinate systems, both with the origin at the top left and y downwards, both continuous: a pixel
``(row, column)`` covers ``[column, column + 1) x [row, row + 1)``.

* *image*: pixels of the full image;
* *view*: device pixels of the widget (logical pixels times the device pixel ratio).

The image's corner is drawn at whole device pixels, so that panning never resamples at another phase:
nothing shimmers, and what is painted is exactly what is seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from desktop.project.planes import Box

__all__ = ["MAX_SCALE", "NEAREST_ABOVE", "Viewport"]

MAX_SCALE = 64.0
"""Device pixels an image pixel: beyond this there is nothing more to see."""

NEAREST_ABOVE = 2.0
"""Above this scale image pixels are shown as squares (whoever zooms that far looks at pixels)."""

_ROUNDING = 1e-6
"""What floating point may add to a size that is a whole number of device pixels."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """An image of a size seen through a view of a size, at a scale and a place.

    ``scale`` is in device pixels an image pixel; ``origin_x`` and ``origin_y`` are the image's corner in
    view coordinates (floats, so that zooming in steps does not drift; drawing uses :attr:`left` and
    :attr:`top`). ``fitted`` says that the view follows its size: it stays fitted when resized.
    """

    image_width: int
    image_height: int
    view_width: int
    view_height: int
    scale: float = 1.0
    origin_x: float = 0.0
    origin_y: float = 0.0
    fitted: bool = True

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for sizes below one pixel or a scale that is no positive number."""
        if min(self.image_width, self.image_height, self.view_width, self.view_height) < 1:
            raise ValueError("An image and a view have at least one pixel each way.")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"A scale is a positive number, not {self.scale}.")

    # --- scales

    @property
    def fit_scale(self) -> float:
        """The scale at which the whole image is as large as it can be."""
        scale = min(self.view_width / self.image_width, self.view_height / self.image_height)
        return min(scale, MAX_SCALE)

    @property
    def min_scale(self) -> float:
        """The smallest scale allowed: half of fit (or half of 1:1 for images smaller than the view)."""
        return min(self.fit_scale, 1.0) / 2

    # --- where things are

    @property
    def left(self) -> int:
        """View column at which the image's first column is drawn."""
        return math.floor(self.origin_x + 0.5)

    @property
    def top(self) -> int:
        """View row at which the image's first row is drawn."""
        return math.floor(self.origin_y + 0.5)

    @property
    def drawn_width(self) -> int:
        """Device pixels that the image's width takes, at least one."""
        return max(1, math.ceil(self.image_width * self.scale - _ROUNDING))

    @property
    def drawn_height(self) -> int:
        """Device pixels that the image's height takes, at least one."""
        return max(1, math.ceil(self.image_height * self.scale - _ROUNDING))

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """The image coordinates under view coordinates ``x, y`` (may lie outside the image)."""
        return (x - self.left) / self.scale, (y - self.top) / self.scale

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """The view coordinates of image coordinates ``x, y``."""
        return x * self.scale + self.left, y * self.scale + self.top

    def drawn_box(self) -> Box:
        """The part of the view that the image covers, in device pixels; empty when it covers none."""
        y0, x0 = max(0, self.top), max(0, self.left)
        y1 = min(self.view_height, self.top + self.drawn_height)
        x1 = min(self.view_width, self.left + self.drawn_width)
        return y0, x0, max(y0, y1), max(x0, x1)

    def visible_box(self) -> Box:
        """The part of the image that is at least partly on screen, in image pixels."""
        y0, x0, y1, x1 = self.drawn_box()
        left, top = self.to_image(x0, y0)
        right, bottom = self.to_image(x1, y1)
        return (
            max(0, math.floor(top)),
            max(0, math.floor(left)),
            min(self.image_height, math.ceil(bottom)),
            min(self.image_width, math.ceil(right)),
        )

    def view_box_of(self, box: Box, margin: int = 1) -> Box:
        """Device pixels that a box of the image can touch, grown by ``margin``, cut to the drawn image."""
        y0, x0, y1, x1 = box
        left, top = self.to_view(x0, y0)
        right, bottom = self.to_view(x1, y1)
        cy0, cx0, cy1, cx1 = self.drawn_box()
        vy0, vx0 = max(cy0, math.floor(top) - margin), max(cx0, math.floor(left) - margin)
        vy1, vx1 = min(cy1, math.ceil(bottom) + margin), min(cx1, math.ceil(right) + margin)
        return vy0, vx0, max(vy0, vy1), max(vx0, vx1)

    # --- moves; each returns a new viewport that keeps the image in sight

    def fit(self) -> Viewport:
        """The whole image, as large as it can be, centred; from now on it follows the view's size."""
        return replace(self, scale=self.fit_scale, fitted=True)._clamped()

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Scaled by ``factor``, the image point under view coordinates ``x, y`` staying there if it can."""
        return self.scaled_to(self.scale * factor, x, y)

    def scaled_to(self, scale: float, x: float, y: float) -> Viewport:
        """At ``scale`` (kept within the limits), anchored at view coordinates ``x, y``."""
        scale = min(max(scale, self.min_scale), MAX_SCALE)
        ratio = scale / self.scale
        return replace(
            self,
            scale=scale,
            origin_x=x - (x - self.origin_x) * ratio,
            origin_y=y - (y - self.origin_y) * ratio,
            fitted=False,
        )._clamped()

    def panned(self, dx: float, dy: float) -> Viewport:
        """Moved by device pixels, as far as the image allows."""
        return replace(self, origin_x=self.origin_x + dx, origin_y=self.origin_y + dy)._clamped()

    def centred_on(self, x: float, y: float) -> Viewport:
        """With image point ``x, y`` in the middle, as far as the image allows."""
        origin_x = self.view_width / 2 - x * self.scale
        origin_y = self.view_height / 2 - y * self.scale
        return replace(self, origin_x=origin_x, origin_y=origin_y, fitted=False)._clamped()

    def resized(self, width: int, height: int) -> Viewport:
        """In a view of another size: fitted again if it was, otherwise with the same point in the middle."""
        if (width, height) == (self.view_width, self.view_height):
            return self
        x = (self.view_width / 2 - self.origin_x) / self.scale
        y = (self.view_height / 2 - self.origin_y) / self.scale
        moved = replace(self, view_width=width, view_height=height)
        if self.fitted:
            return moved.fit()
        scale = min(max(self.scale, moved.min_scale), MAX_SCALE)
        return replace(moved, scale=scale).centred_on(x, y)

    def with_image(self, width: int, height: int) -> Viewport:
        """Onto another image, seen from the same place: relative to its size when that is another one."""
        if (width, height) == (self.image_width, self.image_height):
            return self
        other = replace(self, image_width=width, image_height=height)
        if self.fitted:
            return other.fit()
        x, y = self.to_image(self.view_width / 2, self.view_height / 2)
        scale = self.scale * other.fit_scale / self.fit_scale
        other = replace(other, scale=min(max(scale, other.min_scale), MAX_SCALE))
        return other.centred_on(x / self.image_width * width, y / self.image_height * height)

    def _clamped(self) -> Viewport:
        x = _clamp(self.origin_x, self.drawn_width, self.view_width)
        y = _clamp(self.origin_y, self.drawn_height, self.view_height)
        return replace(self, origin_x=x, origin_y=y)


def _clamp(origin: float, drawn: int, view: int) -> float:
    """Centre what is smaller than the view; let what is larger leave no gap."""
    if drawn <= view:
        return float((view - drawn) // 2)
    return min(0.0, max(float(view - drawn), origin))
