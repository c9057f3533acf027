"""One class while its threshold is moved: what a threshold would leave, at the resolution of the view.

Levels are halved by their maximum, mask planes by OR, and a maximum passes a threshold where any of its
pixels does: so what is seen while dragging is, pixel for pixel, what is then seen of the mask that is
committed. Small regions and holes are found on the network's own map, which is coarse but quick; they are
exact on release.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.canvas.pyramid import OverlayPyramid
from desktop.canvas.resample import sample_planes
from desktop.canvas.viewport import Viewport
from desktop.project.planes import Box, LabelPlanes
from desktop.project.provenance import Cut
from inference.postprocess import image_levels
from inference.prediction import Geometry, Prediction, probability_to_level

__all__ = ["ClassLevels", "Preview", "sample_levels"]

_Levels = NDArray[np.uint8]

_NEVER, _ALWAYS = 0, 255
"""Levels that stand for protected pixels: outside or inside at every threshold."""
_SMALLEST: Final = 64
_MOST_CELLS: Final = 250_000
"""Regions are found on a map of at most so many cells: 2 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassLevels:
    """What a preview of one class is sampled from; made on a background thread (some 50 ms at 12 MP).

    ``levels``: (1, H, W) uint8 and its halves by maximum; a protected pixel is 0 or 255, all others 1 to 254.
    ``protected``: the pixels that stay, None when there are none; ``stays`` counts them.
    ``small``: (h, w) uint8, the network's own map of the class.
    """

    class_id: int
    levels: tuple[_Levels, ...]
    protected: OverlayPyramid | None
    stays: int
    small: _Levels
    geometry: Geometry

    @classmethod
    def of(
        cls, prediction: Prediction, class_name: str, class_id: int, planes: LabelPlanes | None
    ) -> ClassLevels:
        """Lay a class's levels over the image, with the person's pixels in ``planes`` as they are.

        Raises PredictionError for a class that the model does not have.
        """
        levels = image_levels(prediction, class_name)
        np.clip(levels, _NEVER + 1, _ALWAYS - 1, out=levels)
        protected, stays = None, 0
        if planes is not None and (protection := planes.class_protection(class_id)).any():
            stays = int(np.count_nonzero(protection))
            np.copyto(
                levels, planes.class_mask(class_id).view(np.uint8) * np.uint8(_ALWAYS), where=protection
            )
            protected = OverlayPyramid(protection.view(np.uint8)[None])
        small = prediction.levels(class_name)
        return cls(class_id, _halves(levels[None]), protected, stays, small, prediction.geometry)


class Preview:
    """One class at one cut. ``bits`` is asked for every frame; what only depends on the view is kept."""

    def __init__(self, levels: ClassLevels, cut: Cut) -> None:
        self.levels: Final = levels
        self.cut = cut
        self._sampled: tuple[Viewport, Box, _Levels] | None = None
        self._regions: tuple[Cut, _Levels | None] | None = None

    @property
    def class_id(self) -> int:
        """The class whose bits are replaced."""
        return self.levels.class_id

    def bits(self, viewport: Viewport, box: Box) -> _Levels:
        """Whether each pixel of ``box`` of the view is inside: (h, w) uint8, 0 or 1."""
        sampled = self._levels_in(viewport, box)
        level = min(max(probability_to_level(self.cut.threshold), _NEVER + 1), _ALWAYS - 1)
        inside = np.asarray(cv2.threshold(sampled, level - 1, 1, cv2.THRESH_BINARY)[1], np.uint8)
        regions = self._regions_now()
        if regions is not None and regions.any():
            told = _spread(regions, self.levels.geometry, viewport, box)
            inside &= ~told | np.uint8(0xFF ^ _DROPPED)
            inside |= told >> np.uint8(1)
            # A person's pixels stay, whatever region they seem to belong to.
            inside |= np.asarray(cv2.threshold(sampled, _ALWAYS - 1, 1, cv2.THRESH_BINARY)[1], np.uint8)
            inside &= np.asarray(cv2.threshold(sampled, _NEVER, 1, cv2.THRESH_BINARY)[1], np.uint8)
        return inside

    def _levels_in(self, viewport: Viewport, box: Box) -> _Levels:
        kept = self._sampled
        if kept is not None and kept[0] == viewport and kept[1] == box:
            return kept[2]
        sampled = sample_levels(self.levels.levels, viewport, box)
        self._sampled = viewport, box, sampled
        return sampled

    def _regions_now(self) -> _Levels | None:
        """(h, w) uint8 on the network's map: which cells a small region or a hole makes another thing."""
        cut = self.cut
        if cut.min_area <= 1 and not cut.fill_holes:
            return None
        if self._regions is None or self._regions[0] != cut:
            self._regions = cut, _regions(self.levels.small, self.levels.geometry, cut)
        return self._regions[1]


_DROPPED, _FILLED = 1, 2
"""Bits of what the network's map tells of a cell."""


class _Pages:
    """Levels in the shape of an overlay, so that they are sampled as planes are."""

    def __init__(self, levels: Sequence[_Levels]) -> None:
        self.levels = tuple(levels)


def sample_levels(levels: Sequence[_Levels], viewport: Viewport, box: Box) -> _Levels:
    """The highest level (h, w) uint8 of the image's pixels that each pixel of ``box`` of the view shows."""
    return sample_planes(_Pages(levels), 0, viewport, box, combine=np.maximum)


def _halves(levels: _Levels) -> tuple[_Levels, ...]:
    """(1, H, W) and its halves by the maximum of 2x2, as `OverlayPyramid` does by OR."""
    made = [levels]
    while max(made[-1].shape[1:]) > _SMALLEST:
        finer = made[-1]
        rows = finer[:, 0::2].copy()
        half = rows[:, : finer.shape[1] // 2]
        np.maximum(half, finer[:, 1::2], out=half)
        coarser = rows[:, :, 0::2].copy()
        half = coarser[:, :, : finer.shape[2] // 2]
        np.maximum(half, rows[:, :, 1::2], out=half)
        made.append(coarser)
    return tuple(made)


def _regions(levels: _Levels, geometry: Geometry, cut: Cut) -> _Levels:
    """Which cells of the network's map belong to regions that are too small, or to filled holes."""
    shrink = max(1, int(np.ceil(np.sqrt(levels.size / _MOST_CELLS))))
    if shrink > 1:
        size = (-(-levels.shape[1] // shrink), -(-levels.shape[0] // shrink))
        levels = np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA), np.uint8)
    inside = np.asarray(
        cv2.threshold(levels, probability_to_level(cut.threshold) - 1, 1, cv2.THRESH_BINARY)[1], np.uint8
    )
    told = np.zeros(levels.shape, np.uint8)
    if cut.fill_holes:
        # A margin of background joins all that lies around; what the flood from there leaves are holes.
        around = np.pad(1 - inside, 1, constant_values=1)
        cv2.floodFill(around, None, (0, 0), 0)
        holes = around[1:-1, 1:-1]
        told = holes * np.uint8(_FILLED)
        inside |= holes
    if cut.min_area > 1:
        scale_y, scale_x = (side / shrink for side in geometry.scale)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        dropped = stats[:, cv2.CC_STAT_AREA] < cut.min_area * scale_y * scale_x
        dropped[0] = False
        # A region reaches half a cell beyond its cells, where levels are interpolated.
        drop = dropped.view(np.uint8)[labels]
        kept = inside ^ drop
        wide = np.asarray(cv2.dilate(drop, np.ones((3, 3), np.uint8)), np.uint8) & (1 - kept)
        told = np.where(wide, np.uint8(_DROPPED), told)
    return told


def _spread(told: _Levels, geometry: Geometry, viewport: Viewport, box: Box) -> _Levels:
    """What the network's map tells of each pixel of ``box`` of the view, by the nearest cell."""
    y0, x0, y1, x1 = box
    rows = _cells(y0 - viewport.top, y1 - viewport.top, viewport.scale, geometry, told.shape[0], 0)
    columns = _cells(x0 - viewport.left, x1 - viewport.left, viewport.scale, geometry, told.shape[1], 1)
    # Whole rows are copied several times faster than single cells are picked.
    turned = np.asarray(cv2.transpose(told[rows]), np.uint8)[columns]
    return np.asarray(cv2.transpose(turned), np.uint8)


def _cells(start: int, stop: int, scale: float, geometry: Geometry, size: int, axis: int) -> NDArray[np.intp]:
    """The cell (of ``size`` in all) under the centre of each view pixel, counted from the image's corner."""
    at = (np.arange(start, stop) + 0.5) / scale * geometry.scale[axis] + geometry.content[axis]
    return np.clip(np.floor(at * (size / geometry.network_size[axis])).astype(np.intp), 0, size - 1)
