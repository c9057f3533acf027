"""Operations on regions as records, and what one of them would change, before it is done.

They are a person's explicit wish: they change protected pixels too, and what they change is protected. The
painting limits hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from desktop.project import regions
from desktop.project.components import Component, component_mask
from desktop.project.edit import Edit
from desktop.project.explicit import edit_of, explicit_patches, release_patches
from desktop.project.planes import Bits, Box, LabelPlanes, clip_box

Allowed = Callable[[Box, int], Bits | None]
"""Where a class may be painted inside a box (`ToolContext.allowed`)."""


@dataclass(frozen=True, slots=True)
class Amount:
    """The one number of an operation, ``low`` to ``high``; at ``low`` it may be called ``at_low``."""

    text: str
    unit: str
    default: float
    low: float
    high: float
    step: float = 1.0
    at_low: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on a class or on one piece of it. ``apply(mask, amount, way)`` gives the new mask.

    ``reach(amount)``: how far (pixels) it looks and works beyond the region. ``apply`` None: it releases
    protection and changes no mask.
    """

    name: str
    text: str
    shortcut: str
    icon: str
    amount: Amount | None = None
    ways: tuple[tuple[str, str], ...] = ()
    apply: Callable[[Bits, float, str], Bits] | None = None
    reach: Callable[[float], float] = lambda _amount: 0.0


OPERATIONS = (
    Operation(
        "fill_holes", "Fill holes", "Shift+H", "fill-holes",
        Amount("up to", "px²", 0, 0, 10_000_000, 10, "any size"),
        apply=lambda mask, amount, _: regions.fill_holes(mask, round(amount)),
    ),
    Operation(
        "drop_specks", "Drop specks", "Shift+D", "drop-specks",
        Amount("smaller than", "px²", 20, 2, 10_000_000, 5),
        apply=lambda mask, amount, _: regions.drop_specks(mask, round(amount)),
    ),
    Operation(
        "grow", "Grow", "Shift+G", "grow", Amount("by", "px", 2, 0.5, 200, 0.5),
        apply=lambda mask, amount, _: regions.grow(mask, amount), reach=lambda amount: amount,
    ),
    Operation(
        "shrink", "Shrink", "Shift+K", "shrink", Amount("by", "px", 2, 0.5, 200, 0.5),
        apply=lambda mask, amount, _: regions.shrink(mask, amount),
    ),
    Operation(
        "smooth", "Smooth", "Shift+M", "smooth", Amount("by", "px", 2, 0.5, 100, 0.5),
        (("both", "bumps and dents"), ("opening", "thin parts away"), ("closing", "thin gaps closed")),
        apply=lambda mask, amount, way: regions.smooth(mask, amount, cast("regions.Smoothing", way)),
        reach=lambda amount: 3 * amount,
    ),
    Operation("release", "Release protection", "Shift+L", "release"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposed:
    """What would change of one class: the edit (None: nothing), and its pixels inside ``box``."""

    edit: Edit | None
    class_id: int
    box: Box
    added: Bits
    removed: Bits
    freed: int = 0

    @property
    def sentence(self) -> str:
        """How much would change, for a person."""
        if self.edit is None:
            return "nothing changes"
        if self.freed:
            return f"frees {_count(self.freed)} px"
        parts = [
            f"{verb} {_count(int(np.count_nonzero(bits)))} px in {_places(bits)}"
            for verb, bits in (("adds", self.added), ("removes", self.removed))
            if bits.any()
        ]
        return ", ".join(parts)


def propose(
    planes: LabelPlanes,
    class_id: int,
    operation: Operation,
    amount: float,
    way: str,
    title: str,
    *,
    component: Component | None = None,
    allowed: Allowed = lambda _box, _class_id: None,
) -> Proposed:
    """What an operation would do to a class, or to one piece of it. Only reads; for a background thread."""
    part, box = _region(planes, class_id, operation, amount, component)
    text = f"{operation.text}{_amount_text(operation, amount)} · {title}"
    before = planes.class_mask(class_id, box)
    if operation.apply is None:
        freed = planes.class_protection(class_id, box)
        if part is not None:
            freed &= part
        edit = edit_of(text, release_patches(planes, class_id, box, part))
        return Proposed(edit, class_id, box, np.zeros_like(freed), freed, int(np.count_nonzero(freed)))
    if part is None:
        after = operation.apply(before, amount, way)
    else:
        after = (before & ~part) | operation.apply(part, amount, way)
    return proposed_mask(planes, class_id, box, after, text, allowed=allowed(box, class_id))


def proposed_mask(
    planes: LabelPlanes, class_id: int, box: Box, after: Bits, text: str, *, allowed: Bits | None = None
) -> Proposed:
    """What giving a class the pixels ``after`` (h, w) inside ``box`` would change."""
    before = planes.class_mask(class_id, box)
    if allowed is not None:
        after = np.where(allowed, after, before)
    edit = edit_of(text, explicit_patches(planes, class_id, box, after))
    return Proposed(edit, class_id, box, after & ~before, before & ~after)


def _region(
    planes: LabelPlanes, class_id: int, operation: Operation, amount: float, component: Component | None
) -> tuple[Bits | None, Box]:
    """The piece meant (None: the whole class) and the box to work in, both with room for the operation."""
    if component is None and operation.apply is None:
        return None, planes.whole
    reach = math.ceil(operation.reach(amount)) + 2
    around = component.box if component is not None else regions.extent(planes.class_mask(class_id))
    grown = around[0] - reach, around[1] - reach, around[2] + reach, around[3] + reach
    box = clip_box(grown, planes.height, planes.width)
    if component is None:
        return None, box
    part = np.zeros((box[2] - box[0], box[3] - box[1]), np.bool_)
    top, left = around[0] - box[0], around[1] - box[1]
    mask = component_mask(planes, component)
    part[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return part, box


def _amount_text(operation: Operation, amount: float) -> str:
    given = operation.amount
    if given is None:
        return ""
    if given.at_low and amount <= given.low:
        return ""
    return f" {given.text} {amount:g} {given.unit}"


def _count(pixels: int) -> str:
    return f"{pixels:,}"


def _places(bits: Bits) -> str:
    box = regions.extent(bits)
    part = np.ascontiguousarray(bits[box[0] : box[2], box[1] : box[3]])
    count = cv2.connectedComponents(part.view(np.uint8), connectivity=8)[0] - 1
    return "one place" if count == 1 else f"{_count(count)} places"
