"""Images and mask planes at every halved size, so that a frame costs what the screen costs, not the image.

Both kinds are plain arrays: they are built on background threads and handed to the view whole.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.canvas.native import NativePyramid
from desktop.project.planes import Box, clip_box

__all__ = ["Evened", "ImagePyramid", "OverlayPyramid", "level_for"]

_SMALLEST: Final = 64
"""The last level's longer side is at most this: no view shows an image smaller."""


def level_for(scale: float, levels: int) -> int:
    """The coarsest level that still has at least one pixel for every view pixel at ``scale``.

    At that level the remaining reduction is between 1 and 2, which bilinear sampling does without moiré.
    """
    level = 0
    while level + 1 < levels and 0.5 ** (level + 1) >= scale:
        level += 1
    return level


class ImagePyramid:
    """A display image (H, W, 3) uint8 RGB and its halves, each the mean of 2x2 pixels of the one before.

    ``levels[0]`` is the array that was given, not a copy; an odd side is repeated before it is halved, so
    that a pixel of level L always covers exactly 2**L pixels of the image each way.

    ``native`` are the values of an image of more than 8 bits, else None. ``evened`` is the same picture with
    its local contrast evened, made behind when somebody wants to see it (`desktop.canvas.evening`).
    """

    __slots__ = ("evened", "levels", "native")

    def __init__(self, levels: tuple[NDArray[np.uint8], ...], native: NativePyramid | None = None) -> None:
        self.levels: Final = levels
        self.native: Final = native
        self.evened: Evened | None = None

    @classmethod
    def build(cls, rgb8: NDArray[np.uint8], native: NativePyramid | None = None) -> ImagePyramid:
        """Halve ``rgb8`` (H, W, 3) uint8 down to 64 pixels. Raises ``ValueError`` for any other array, and
        for native values of another size.
        """
        if rgb8.ndim != 3 or rgb8.shape[2] != 3 or rgb8.dtype != np.uint8 or 0 in rgb8.shape:
            raise ValueError(f"A display image is (H, W, 3) uint8, not {rgb8.shape} {rgb8.dtype}.")
        if native is not None and native.levels[0].shape[:2] != rgb8.shape[:2]:
            raise ValueError(f"Native values of {native.levels[0].shape[:2]} are not of {rgb8.shape[:2]}.")
        return cls(_halves(rgb8), native)

    @property
    def kind(self) -> str:
        """The name of the type of the file's values: ``uint8``, ``uint16`` or ``float32``."""
        return self.native.kind if self.native is not None else "uint8"

    @property
    def width(self) -> int:
        """Columns of the image."""
        return int(self.levels[0].shape[1])

    @property
    def height(self) -> int:
        """Rows of the image."""
        return int(self.levels[0].shape[0])

    @property
    def nbytes(self) -> int:
        """Bytes of all levels, the image itself, native values and evened levels included."""
        more = sum(part.nbytes for part in (self.native, self.evened) if part is not None)
        return sum(level.nbytes for level in self.levels) + more


class Evened:
    """The levels of a picture whose local contrast was evened, and the window under which that was done."""

    __slots__ = ("levels", "window")

    def __init__(self, rgb8: NDArray[np.uint8], window: tuple[float, float] | None = None) -> None:
        """Halve ``rgb8`` (H, W, 3) uint8; ``window`` are the native values black and white, if any."""
        self.levels: Final = _halves(rgb8)
        self.window: Final = window

    @property
    def nbytes(self) -> int:
        """Bytes of all levels."""
        return sum(level.nbytes for level in self.levels)


class OverlayPyramid:
    """Bit planes (P, H, W) uint8 and their halves, each the OR of 2x2 pixels: no lesion is too small to show.

    ``levels[0]`` *is* the array that was given: whoever paints into it calls :meth:`update` with the box
    painted. Every other level belongs to the pyramid.
    """

    __slots__ = ("levels",)

    def __init__(self, planes: NDArray[np.uint8]) -> None:
        """Halve ``planes`` down to 64 pixels. Raises ``ValueError`` unless it is (P, H, W) uint8."""
        if planes.ndim != 3 or planes.dtype != np.uint8 or 0 in planes.shape[1:]:
            raise ValueError(f"Mask planes are (P, H, W) uint8, not {planes.shape} {planes.dtype}.")
        levels = [planes]
        while max(levels[-1].shape[1:]) > _SMALLEST:
            levels.append(_or_half(levels[-1]))
        self.levels: Final = tuple(levels)

    @property
    def pages(self) -> int:
        """Number of pages, eight classes each."""
        return int(self.levels[0].shape[0])

    @property
    def width(self) -> int:
        """Columns of the planes."""
        return int(self.levels[0].shape[2])

    @property
    def height(self) -> int:
        """Rows of the planes."""
        return int(self.levels[0].shape[1])

    @property
    def nbytes(self) -> int:
        """Bytes of the levels that belong to the pyramid (the planes themselves are their owner's)."""
        return sum(level.nbytes for level in self.levels[1:])

    def update(self, box: Box) -> None:
        """Bring all levels up to date with level 0 inside ``box`` (y0, x0, y1, x1; clipped to the planes)."""
        y0, x0, y1, x1 = clip_box(box, self.height, self.width)
        for finer, coarser in zip(self.levels, self.levels[1:], strict=False):
            if y0 >= y1 or x0 >= x1:
                return
            y0, x0, y1, x1 = y0 // 2, x0 // 2, (y1 + 1) // 2, (x1 + 1) // 2
            coarser[:, y0:y1, x0:x1] = _or_half(finer[:, 2 * y0 : 2 * y1, 2 * x0 : 2 * x1])


def _halves(rgb8: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    levels = [np.ascontiguousarray(rgb8)]
    while max(levels[-1].shape[:2]) > _SMALLEST:
        levels.append(_mean_half(levels[-1]))
    return tuple(levels)


def take_halves(target: OverlayPyramid, source: OverlayPyramid, box: Box) -> None:
    """Give ``target``, whose planes equal those of ``source``, its halves inside ``box`` of the image."""
    y0, x0, y1, x1 = clip_box(box, target.height, target.width)
    for into, out_of in zip(target.levels[1:], source.levels[1:], strict=True):
        y0, x0, y1, x1 = y0 // 2, x0 // 2, (y1 + 1) // 2, (x1 + 1) // 2
        into[:, y0:y1, x0:x1] = out_of[:, y0:y1, x0:x1]


def _mean_half(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = _as_uint8(cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE))
    size = (image.shape[1] // 2, image.shape[0] // 2)
    return _as_uint8(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _or_half(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(P, H, W) -> (P, ceil(H/2), ceil(W/2)); a last odd row or column stands alone."""
    height, width = planes.shape[1:]
    rows = planes[:, 0::2].copy()
    rows[:, : height // 2] |= planes[:, 1::2]
    half = rows[:, :, 0::2].copy()
    half[:, :, : width // 2] |= rows[:, :, 1::2]
    return half


def _as_uint8(array: object) -> NDArray[np.uint8]:
    return np.asarray(array, dtype=np.uint8)
