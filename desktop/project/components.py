"""The connected pieces of the classes, and how doubtful each is by what the model says.

*Doubt* is the share of a piece's pixels at which the label is expected to be wrong if the model's
probabilities p are taken at their word: the mean of 1 - p over the pixels of a piece that the label has, and
the mean of p over a piece that it lacks (a *missed* one: where the model gives at least half of the
threshold and nobody has decided yet). Both lie between 0 and 1 and can be compared: 0.5 is as good as a coin.
A piece's border pixels, where p falls off, count like the others; so specks, which are nearly all border,
come out more doubtful than large pieces of the same height, as they should.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.project.planes import Bits, Box, LabelPlanes, clip_box, page_and_bit, union_box
from desktop.project.regions import extent, piece_at
from inference.postprocess import image_levels
from inference.prediction import Prediction, level_to_probability, probability_to_level

MISSED_FROM = 0.5
"""A missed piece begins at this part of the class's threshold."""
MOST_MISSED = 200
"""So many missed pieces a class are offered, the most probable first."""

_NEIGHBOURHOODS = (64, 512)
"""Half the sides (pixels) of the squares in which a piece is looked for first."""

_STRIP = 1 << 18
"""Pixels that are summed at once."""

_PROBABILITY = np.array([level_to_probability(level) for level in range(256)], np.float32)


@dataclass(frozen=True, slots=True)
class Component:
    """One 8-connected piece of a class.

    ``seed`` is its first pixel (row, column) in reading order, ``doubt`` as above or None without a
    prediction; ``decided``: a person protected every pixel of it. ``absent`` holds the pixels (h, w) bool of
    the box of a *missed* piece, which the label does not have; otherwise None.
    """

    class_id: int
    box: Box
    area: int
    seed: tuple[int, int]
    doubt: float | None = None
    decided: bool = False
    absent: Bits | None = None

    @property
    def missed(self) -> bool:
        """Whether the label lacks it."""
        return self.absent is not None

    @property
    def key(self) -> tuple[int, tuple[int, int], bool]:
        """What tells it from all others of one state of a label."""
        return self.class_id, self.seed, self.missed


def find_components(
    planes: LabelPlanes, class_id: int, levels: NDArray[np.uint8] | None = None, box: Box | None = None
) -> tuple[Component, ...]:
    """All pieces of a class inside ``box`` (default: everywhere), in reading order of their seeds.

    ``levels`` (H, W) uint8 is what the model says (`image_levels`). What reaches out of the box is cut.
    """
    page, bit = page_and_bit(class_id)
    around = box or planes.whole
    y0, x0, y1, x1 = around
    mask = (planes.mask[page, y0:y1, x0:x1] & np.uint8(1 << bit)) != 0
    inner = extent(mask)
    top, left = y0 + inner[0], x0 + inner[1]
    cut = np.ascontiguousarray(mask[inner[0] : inner[2], inner[1] : inner[3]])
    if not cut.size:
        return ()
    there = slice(top, top + cut.shape[0]), slice(left, left + cut.shape[1])
    protected = (planes.protection[page][there] & np.uint8(1 << bit)) != 0
    pieces = _Pieces(cut, (top, left), None if levels is None else levels[there])
    decided = pieces.count_in(protected) >= pieces.areas
    return tuple(
        Component(
            class_id, pieces.box(one), int(pieces.areas[one]), pieces.seed(one),
            None if levels is None else float(1 - pieces.means[one]), bool(decided[one]),
        )
        for one in range(len(pieces.areas))
    )  # fmt: skip


def update_components(
    known: Iterable[Component],
    planes: LabelPlanes,
    class_id: int,
    changed: Box,
    levels: NDArray[np.uint8] | None = None,
) -> tuple[Component, ...]:
    """The pieces of a class after its pixels changed inside ``changed``, from those known before.

    Only the pieces whose boxes touch the change are looked for again, in the box around them all.
    """
    y0, x0, y1, x1 = changed
    reach = clip_box((y0 - 1, x0 - 1, y1 + 1, x1 + 1), planes.height, planes.width)
    around, kept = reach, []
    for one in known:
        if boxes_meet(one.box, reach):
            around = union_box(around, one.box)
        else:
            kept.append(one)
    # What the box cuts does not touch the change: it is among those kept.
    found = [one for one in find_components(planes, class_id, levels, around) if boxes_meet(one.box, reach)]
    return tuple(sorted([*kept, *found], key=lambda one: one.seed))


def find_candidates(
    prediction: Prediction,
    class_name: str,
    class_id: int,
    threshold: float,
    levels: NDArray[np.uint8] | None = None,
) -> tuple[Component, ...]:
    """All pieces of the prediction from ``MISSED_FROM`` of the threshold on, whatever the label holds there.

    ``levels`` are the class's `image_levels`, when they are at hand.
    What is smaller than a tenth of a pixel of the network is interpolation and left out. The most probable
    come first.
    """
    levels = image_levels(prediction, class_name) if levels is None else levels
    mask = levels >= probability_to_level(threshold * MISSED_FROM)
    inner = extent(mask)
    cut = np.ascontiguousarray(mask[inner[0] : inner[2], inner[1] : inner[3]])
    if not cut.size:
        return ()
    scale_y, scale_x = prediction.geometry.scale
    smallest = max(1.0, 0.1 / (scale_y * scale_x))
    pieces = _Pieces(cut, inner[:2], levels[inner[0] : inner[2], inner[1] : inner[3]])
    order = [one for one in np.argsort(-pieces.means, kind="stable") if pieces.areas[one] >= smallest]
    return tuple(
        Component(
            class_id, pieces.box(one), int(pieces.areas[one]), pieces.seed(one), float(pieces.means[one]),
            absent=pieces.mask(one),
        )
        for one in map(int, order)
    )  # fmt: skip


def still_missed(candidates: Iterable[Component], planes: LabelPlanes) -> tuple[Component, ...]:
    """Those of which the label has no pixel and nobody has decided any, at most ``MOST_MISSED``."""
    found = []
    for one in candidates:
        page, bit = page_and_bit(one.class_id)
        y0, x0, y1, x1 = one.box
        taken = (planes.mask[page, y0:y1, x0:x1] | planes.protection[page, y0:y1, x0:x1]) & np.uint8(1 << bit)
        if one.absent is not None and not taken[one.absent].any():
            found.append(one)
            if len(found) == MOST_MISSED:
                break
    return tuple(found)


def component_mask(planes: LabelPlanes, component: Component) -> Bits:
    """The pixels of a piece inside its box, (h, w) bool; empty when it is no longer there."""
    if component.absent is not None:
        return component.absent
    y0, x0, _, _ = component.box
    row, column = component.seed
    return piece_at(planes.class_mask(component.class_id, component.box), row - y0, column - x0)


def component_at(planes: LabelPlanes, class_id: int, row: int, column: int) -> tuple[Box, Bits] | None:
    """The piece of a class at a pixel: its box and its mask (h, w) bool; None where there is none."""
    page, bit = page_and_bit(class_id)
    inside = 0 <= row < planes.height and 0 <= column < planes.width
    if not inside or not planes.mask[page, row, column] >> bit & 1:
        return None
    # A speck is found in its neighbourhood; what reaches out of that is looked for in a larger one.
    for reach in (*_NEIGHBOURHOODS, max(planes.height, planes.width)):
        around = (row - reach, column - reach, row + reach + 1, column + reach + 1)
        y0, x0, y1, x1 = clip_box(around, planes.height, planes.width)
        piece = piece_at(planes.class_mask(class_id, (y0, x0, y1, x1)), row - y0, column - x0)
        top, left, bottom, right = extent(piece)
        box = y0 + top, x0 + left, y0 + bottom, x0 + right
        sides = zip(box, (y0, x0, y1, x1), (0, 0, planes.height, planes.width), strict=True)
        if not any(side == edge != border for side, edge, border in sides):
            return box, np.ascontiguousarray(piece[top:bottom, left:right])
    raise AssertionError("a piece that fills the image does not reach out of it")


def walk_order(components: Iterable[Component]) -> list[Component]:
    """The order of the walk: the most doubtful first; without a prediction the smallest first.

    Specks are the commonest slips of a pen and of a threshold alike, so they come first where there is
    nothing better to go by. Equal ones in reading order.
    """
    return sorted(
        components,
        key=lambda one: (-1.0 if one.doubt is None else -one.doubt, one.area, one.seed, one.class_id),
    )


def component_of(components: Sequence[Component], other: Component) -> Component | None:
    """The same piece in another state of the label: by its seed, else the smallest one whose box holds it."""
    same = [one for one in components if one.key == other.key]
    if same:
        return same[0]
    row, column = other.seed
    holding = [
        one
        for one in components
        if one.class_id == other.class_id and one.missed == other.missed
        and one.box[0] <= row < one.box[2] and one.box[1] <= column < one.box[3]
    ]  # fmt: skip
    return min(holding, key=lambda one: one.area, default=None)


class _Pieces:
    """The pieces of a mask whose corner lies at ``origin``, with sums over their pixels."""

    def __init__(self, mask: Bits, origin: tuple[int, int], levels: NDArray[np.uint8] | None) -> None:
        count, self._labels, stats, _ = cv2.connectedComponentsWithStats(
            mask.view(np.uint8), connectivity=8, ltype=cv2.CV_32S
        )
        self._origin = origin
        self._mask = mask
        self._stats = stats[1:]
        self.areas = self._stats[:, cv2.CC_STAT_AREA].astype(np.int64)
        self.means = np.zeros(count - 1)
        if levels is not None:
            self.means = self._sums(_PROBABILITY, levels) / self.areas

    def count_in(self, where: Bits) -> NDArray[np.int64]:
        """How many pixels of each piece are True in ``where``."""
        return np.rint(self._sums(np.array([0.0, 1.0], np.float32), where.view(np.uint8))).astype(np.int64)

    def _sums(self, worth: NDArray[np.float32], values: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The sum of ``worth[value]`` over the pixels of each piece.

        In strips: some of these calls keep Python's lock, and no other thread shall wait for it for long.
        """
        sums = np.zeros(len(self.areas) + 1)
        rows = max(1, _STRIP // self._mask.shape[1])
        for top in range(0, self._mask.shape[0], rows):
            strip = slice(top, top + rows)
            inside = self._mask[strip]
            ids = self._labels[strip][inside]
            if ids.size:
                sums += np.bincount(ids, worth[values[strip][inside]], sums.size)
        return sums[1:]

    def seed(self, one: int) -> tuple[int, int]:
        """The first pixel of a piece in reading order, in the image."""
        x, y, width = (int(value) for value in self._stats[one, :3])
        first = int(np.argmax(self._labels[y, x : x + width] == one + 1))
        return y + self._origin[0], x + first + self._origin[1]

    def box(self, one: int) -> Box:
        """The box of a piece, in the image."""
        x, y, width, height = (int(value) for value in self._stats[one, :4])
        y, x = y + self._origin[0], x + self._origin[1]
        return y, x, y + height, x + width

    def mask(self, one: int) -> Bits:
        """The pixels (h, w) of a piece inside its box."""
        x, y, width, height = (int(value) for value in self._stats[one, :4])
        return np.asarray(self._labels[y : y + height, x : x + width] == one + 1)


def boxes_meet(first: Box, second: Box) -> bool:
    """Whether two boxes have a pixel in common."""
    rows = first[0] < second[2] and second[0] < first[2]
    return rows and first[1] < second[3] and second[1] < first[3]
