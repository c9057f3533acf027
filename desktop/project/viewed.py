"""Which parts of an image were on screen at 100 % or more: a coarse grid of cells, one bit each. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop.project.planes import Bits, Box, clip_box

CELL = 32
"""Pixels of a cell's side."""
FULL_SIZE = 1.0
"""The scale (device pixels an image pixel) from which on an image counts as looked at."""


class ViewedArea:
    """The cells of one image that were seen.

    A cell counts as seen when its centre was on screen, so that two halves seen one after the other do not
    leave a line between them.
    """

    __slots__ = ("cell", "cells", "height", "width")

    def __init__(self, height: int, width: int, *, cell: int = CELL, cells: Bits | None = None) -> None:
        """An image of ``height`` x ``width`` pixels, of which ``cells`` (rows, columns) were seen: none yet.

        Raises ValueError for sizes below 1 or ``cells`` of another shape.
        """
        if min(height, width, cell) < 1:
            raise ValueError("An image and a cell have at least one pixel each way.")
        self.height, self.width, self.cell = height, width, cell
        shape = (-(-height // cell), -(-width // cell))
        if cells is not None and cells.shape != shape:
            raise ValueError(f"{cells.shape} cells do not cover an image of {height} x {width} pixels.")
        self.cells: Bits = np.zeros(shape, bool) if cells is None else cells

    def see(self, box: Box) -> bool:
        """Mark what lies inside ``box`` (y0, x0, y1, x1, image pixels) as seen; whether any of it is new."""
        y0, x0, y1, x1 = clip_box(box, self.height, self.width)
        rows = _cells_between(y0, y1, self.cell, self.height)
        columns = _cells_between(x0, x1, self.cell, self.width)
        part = self.cells[rows, columns]
        if part.all():
            return False
        part[...] = True
        return True

    def saw(self, x: float, y: float) -> bool:
        """Whether the place (image coordinates) was seen; False outside the image."""
        row, column = int(y // self.cell), int(x // self.cell)
        inside = 0 <= row < self.cells.shape[0] and 0 <= column < self.cells.shape[1]
        return inside and bool(self.cells[row, column])

    @property
    def share(self) -> float:
        """The part of the image's pixels, 0 to 1, that lie in seen cells."""
        rows = _sizes(self.height, self.cell)
        columns = _sizes(self.width, self.cell)
        return float(rows @ self.cells.astype(np.int64) @ columns) / (self.height * self.width)

    def merge(self, other: ViewedArea) -> None:
        """Take in what another record of the same image saw. Raises ValueError for another grid."""
        if (other.height, other.width, other.cell) != (self.height, self.width, self.cell):
            raise ValueError("Only areas of one image and one grid can be put together.")
        self.cells |= other.cells

    def to_bytes(self) -> bytes:
        """The cells row by row, eight to a byte."""
        return np.packbits(self.cells).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, height: int, width: int, *, cell: int = CELL) -> ViewedArea:
        """What `to_bytes` wrote. Raises ValueError when it is of another length."""
        area = cls(height, width, cell=cell)
        count = area.cells.size
        if len(data) != -(-count // 8):
            raise ValueError(f"{len(data)} bytes are no viewed area of {height} x {width} pixels.")
        bits = np.unpackbits(np.frombuffer(data, np.uint8), count=count)
        area.cells = bits.astype(bool).reshape(area.cells.shape)
        return area


def _cells_between(start: int, stop: int, cell: int, size: int) -> slice:
    """The cells whose centre lies in ``start..stop``; of the last one what lies inside the image counts."""
    if start >= stop:
        return slice(0, 0)
    count = -(-size // cell)
    centres = np.arange(count) * cell + np.minimum(cell, size - np.arange(count) * cell) / 2
    first, last = np.searchsorted(centres, (start, stop), side="left")
    return slice(int(first), int(last))


def _sizes(size: int, cell: int) -> NDArray[np.int64]:
    starts = np.arange(0, size, cell, dtype=np.int64)
    return np.minimum(cell, size - starts)
