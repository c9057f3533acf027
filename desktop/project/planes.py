"""Bit planes: the pixels of a label, eight classes to a page, with what a person protected beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""(y0, x0, y1, x1) in image pixels, half open: rows y0..y1-1, columns x0..x1-1."""

Bits = NDArray[np.bool_]
Pages = NDArray[np.uint8]

CLASSES_PER_PAGE = 8


def page_and_bit(class_id: int) -> tuple[int, int]:
    """Return the page and the bit (0 to 7) of a class; its permanent id says both."""
    return class_id // CLASSES_PER_PAGE, class_id % CLASSES_PER_PAGE


def clip_box(box: Box, height: int, width: int) -> Box:
    """Return `box` cut to an image of `height` x `width`; an empty box where they do not meet."""
    y0, x0 = min(max(box[0], 0), height), min(max(box[1], 0), width)
    return y0, x0, max(y0, min(box[2], height)), max(x0, min(box[3], width))


def union_box(first: Box, second: Box) -> Box:
    """Return the smallest box around two boxes."""
    return (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )


@dataclass(slots=True, eq=False)
class LabelPlanes:
    """The mask and the protection of every class of one image.

    Both arrays are uint8 of shape (pages, H, W); bit `id % 8` of page `id // 8` is class `id`. A page of
    `mask` can be shown as it stands as an 8-bit indexed picture.
    """

    mask: Pages
    protection: Pages

    def __post_init__(self) -> None:
        """Raise ValueError unless both are (pages, H, W) uint8 of one shape."""
        if self.mask.shape != self.protection.shape or self.mask.ndim != 3:
            raise ValueError(
                f"mask {self.mask.shape} and protection {self.protection.shape} must both be (pages, H, W)"
            )
        if self.mask.dtype != np.uint8 or self.protection.dtype != np.uint8:
            raise ValueError("mask and protection planes must be uint8")

    @classmethod
    def blank(cls, height: int, width: int, pages: int = 1) -> LabelPlanes:
        """Return planes of `height` x `width` pixels without any class."""
        shape = (max(1, pages), height, width)
        return cls(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))

    @property
    def pages(self) -> int:
        """The number of pages."""
        return int(self.mask.shape[0])

    @property
    def height(self) -> int:
        """Rows of the image."""
        return int(self.mask.shape[1])

    @property
    def width(self) -> int:
        """Columns of the image."""
        return int(self.mask.shape[2])

    @property
    def whole(self) -> Box:
        """The box of the whole image."""
        return 0, 0, self.height, self.width

    def copy(self) -> LabelPlanes:
        """Return planes that share no memory with these."""
        return LabelPlanes(self.mask.copy(), self.protection.copy())

    def with_pages(self, pages: int) -> LabelPlanes:
        """Return these planes when they have `pages` pages, otherwise a copy with blank pages appended."""
        if pages <= self.pages:
            return self
        grown = LabelPlanes.blank(self.height, self.width, pages)
        grown.mask[: self.pages] = self.mask
        grown.protection[: self.pages] = self.protection
        return grown

    def equals(self, other: LabelPlanes) -> bool:
        """Return whether all pixels, of mask and protection, are the same."""
        return np.array_equal(self.mask, other.mask) and np.array_equal(self.protection, other.protection)

    def class_mask(self, class_id: int, box: Box | None = None) -> Bits:
        """Return a bool copy (h, w) of the mask of a class, inside `box` when one is given."""
        return _bits(self.mask, class_id, box or self.whole)

    def class_protection(self, class_id: int, box: Box | None = None) -> Bits:
        """Return a bool copy (h, w) of what is protected of a class, inside `box` when one is given."""
        return _bits(self.protection, class_id, box or self.whole)

    def set_class(self, class_id: int, box: Box, mask: Bits | None, protection: Bits | None = None) -> None:
        """Write the bits of one class inside `box`; None leaves that plane. Other classes' bits stay."""
        if mask is not None:
            _write(self.mask, class_id, box, mask)
        if protection is not None:
            _write(self.protection, class_id, box, protection)


def _bits(pages: Pages, class_id: int, box: Box) -> Bits:
    page, bit = page_and_bit(class_id)
    y0, x0, y1, x1 = box
    return (pages[page, y0:y1, x0:x1] & np.uint8(1 << bit)) != 0


def _write(pages: Pages, class_id: int, box: Box, values: Bits) -> None:
    page, bit = page_and_bit(class_id)
    y0, x0, y1, x1 = box
    view = pages[page, y0:y1, x0:x1]
    if view.shape != values.shape:
        raise ValueError(
            f"the box {box} has {view.shape} pixels inside the image, the values have {values.shape}"
        )
    view &= np.uint8(0xFF ^ (1 << bit))
    view |= values.astype(np.uint8) << np.uint8(bit)
