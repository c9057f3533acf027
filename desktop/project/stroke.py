"""Recording a stroke: what the pixels of a class were before, kept lazily, tile by tile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop.project.edit import Edit
from desktop.project.patch import Patch
from desktop.project.planes import Bits, Box, LabelPlanes, clip_box, page_and_bit, union_box

TILE = 256
_Tile = tuple[int, int]
_Pixels = tuple[NDArray[np.uint8], NDArray[np.uint8]]


class StrokeRecorder:
    """Turns the pixels that a tool changes between two moments into one edit of one class.

    A tool calls `touch(box)` before it changes anything inside `box`, changes the bits of its class in
    the planes (mask, protection or both), and calls `commit` or `abort` once at the end.
    """

    def __init__(self, planes: LabelPlanes, class_id: int) -> None:
        """Start recording changes of `class_id` in `planes`."""
        self.planes = planes
        self.class_id = class_id
        self._page, bit = page_and_bit(class_id)
        self._bit = np.uint8(1 << bit)
        self._tiles: dict[_Tile, _Pixels] = {}
        self._touched: Box | None = None
        self._open = True

    @property
    def is_open(self) -> bool:
        """Whether neither `commit` nor `abort` was called yet."""
        return self._open

    @property
    def dirty(self) -> Box | None:
        """The box around everything touched so far, inside the image; None before the first touch."""
        return self._touched

    def touch(self, box: Box) -> Box:
        """Keep what is inside `box` as it stands, once; return the box cut to the image.

        Raises RuntimeError after `commit` or `abort`: pixels changed then could not be recorded.
        """
        if not self._open:
            raise RuntimeError("this stroke has ended; begin another one")
        box = clip_box(box, self.planes.height, self.planes.width)
        y0, x0, y1, x1 = box
        if y1 <= y0 or x1 <= x0:
            return box
        for row in range(y0 // TILE, (y1 - 1) // TILE + 1):
            for column in range(x0 // TILE, (x1 - 1) // TILE + 1):
                if (row, column) not in self._tiles:
                    self._tiles[row, column] = self._keep(row, column)
        self._touched = box if self._touched is None else union_box(self._touched, box)
        return box

    def commit(self, text: str) -> Edit | None:
        """End the stroke; return what it changed as an edit (already applied), or None for nothing."""
        self._open = False
        patches = tuple(patch for box in self._boxes() if (patch := self._patch(box)) is not None)
        self._tiles.clear()
        return Edit(text, patches) if patches else None

    def abort(self) -> Box | None:
        """End the stroke and give its class the pixels from before; return the box to draw again."""
        self._open = False
        for tile, (mask, protection) in self._tiles.items():
            cut = self._cut(tile)
            for page, before in ((self.planes.mask, mask), (self.planes.protection, protection)):
                view = page[self._page][cut]
                view ^= (view ^ before) & self._bit
        self._tiles.clear()
        return self._touched

    def before(self, box: Box) -> Bits:
        """Return the mask (h, w) of the class inside a touched `box` as it was before the stroke."""
        return self._state(box)[0]

    def _keep(self, row: int, column: int) -> _Pixels:
        cut = self._cut((row, column))
        return self.planes.mask[self._page][cut].copy(), self.planes.protection[self._page][cut].copy()

    def _cut(self, tile: _Tile) -> tuple[slice, slice]:
        y, x = tile[0] * TILE, tile[1] * TILE
        return slice(y, min(y + TILE, self.planes.height)), slice(x, min(x + TILE, self.planes.width))

    def _boxes(self) -> list[Box]:
        """Return one box when the touched tiles fill their rectangle, otherwise a box a tile.

        A long thin stroke across a large image then costs what it touches, not what it spans.
        """
        if self._touched is None:
            return []
        y0, x0, y1, x1 = self._touched
        rows, columns = (y1 - 1) // TILE - y0 // TILE + 1, (x1 - 1) // TILE - x0 // TILE + 1
        if len(self._tiles) == rows * columns:
            return [self._touched]
        return [self._box_of(tile) for tile in sorted(self._tiles)]

    def _box_of(self, tile: _Tile) -> Box:
        rows, columns = self._cut(tile)
        return rows.start, columns.start, rows.stop, columns.stop

    def _state(self, box: Box) -> tuple[Bits, Bits]:
        """Assemble the mask and protection bits (bool) of `box` from the kept tiles."""
        y0, x0, y1, x1 = box
        mask, protection = (np.zeros((y1 - y0, x1 - x0), np.bool_) for _ in range(2))
        for row in range(y0 // TILE, (y1 - 1) // TILE + 1):
            for column in range(x0 // TILE, (x1 - 1) // TILE + 1):
                top, left = max(y0, row * TILE), max(x0, column * TILE)
                bottom, right = min(y1, (row + 1) * TILE), min(x1, (column + 1) * TILE)
                there = (slice(top - y0, bottom - y0), slice(left - x0, right - x0))
                here = (
                    slice(top - row * TILE, bottom - row * TILE),
                    slice(left - column * TILE, right - column * TILE),
                )
                kept = self._tiles[row, column]
                mask[there] = (kept[0][here] & self._bit) != 0
                protection[there] = (kept[1][here] & self._bit) != 0
        return mask, protection

    def _patch(self, box: Box) -> Patch | None:
        mask, protection = self._state(box)
        after = self.planes.class_mask(self.class_id, box)
        return Patch.between(
            self.class_id, box, mask, after, protection, self.planes.class_protection(self.class_id, box)
        )
