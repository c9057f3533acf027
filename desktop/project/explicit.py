"""Edits that a person asks for by name: they change protected pixels too, and what they change is protected.

A stroke protects what it touches; so does an operation on a region. The patches are made tile by tile, so
that applying one costs what changed, not what lies between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from desktop.project.components import Component, component_mask
from desktop.project.edit import Edit
from desktop.project.patch import Patch
from desktop.project.planes import Bits, Box, LabelPlanes

TILE = 256


def explicit_patches(
    planes: LabelPlanes,
    class_id: int,
    box: Box,
    after: Bits,
    *,
    also_protect: Bits | None = None,
    allowed: Bits | None = None,
) -> tuple[Patch, ...]:
    """What gives a class the pixels ``after`` (h, w) inside ``box`` and protects what changes.

    ``also_protect`` (h, w) is protected whether it changes or not; outside ``allowed`` nothing changes.
    ``planes`` are only read.
    """
    before, protection = planes.class_mask(class_id, box), planes.class_protection(class_id, box)
    if allowed is not None:
        after = np.where(allowed, after, before)
    protection_after = protection | (before ^ after)
    if also_protect is not None:
        protection_after |= also_protect
    return tuple(_tiles(class_id, box, before, after, protection, protection_after))


def release_patches(
    planes: LabelPlanes, class_id: int, box: Box, where: Bits | None = None
) -> tuple[Patch, ...]:
    """What takes the protection of a class away inside ``box``, or where ``where`` (h, w) is True in it.

    The mask stays; thresholds and new predictions may change it from then on.
    """
    mask, protection = planes.class_mask(class_id, box), planes.class_protection(class_id, box)
    after = np.zeros_like(protection) if where is None else protection & ~where
    return tuple(_tiles(class_id, box, mask, mask, protection, after))


def edit_of(text: str, *patches: Iterable[Patch]) -> Edit | None:
    """One undo step of all these patches; None when there are none."""
    together = tuple(patch for some in patches for patch in some)
    return Edit(text, together) if together else None


def keep_component(planes: LabelPlanes, component: Component, text: str) -> Edit | None:
    """Protect a piece as it stands; a missed one is painted, too. None when it is so already."""
    mask = component_mask(planes, component)
    after = planes.class_mask(component.class_id, component.box) | mask
    return edit_of(
        text, explicit_patches(planes, component.class_id, component.box, after, also_protect=mask)
    )


def delete_component(planes: LabelPlanes, component: Component, text: str) -> Edit | None:
    """Take a piece away; of a missed one: decide that nothing is there."""
    mask = component_mask(planes, component)
    after = planes.class_mask(component.class_id, component.box) & ~mask
    return edit_of(
        text, explicit_patches(planes, component.class_id, component.box, after, also_protect=mask)
    )


def give_component(planes: LabelPlanes, component: Component, class_id: int, text: str) -> Edit | None:
    """Give a piece another class: patches of both in one step. None for the class that it has."""
    if class_id == component.class_id:
        return keep_component(planes, component, text) if component.missed else None
    mask, box = component_mask(planes, component), component.box
    if not mask.any():
        return None
    left = planes.class_mask(component.class_id, box) & ~mask
    gained = planes.class_mask(class_id, box) | mask
    return edit_of(
        text,
        explicit_patches(planes, component.class_id, box, left, also_protect=mask),
        explicit_patches(planes, class_id, box, gained, also_protect=mask),
    )


def _tiles(
    class_id: int, box: Box, before: Bits, after: Bits, protection: Bits, protection_after: Bits
) -> Iterator[Patch]:
    """The patches between two states of a box, one for each tile in which something differs."""
    changed = (before ^ after) | (protection ^ protection_after)
    height, width = changed.shape
    if height <= 2 * TILE and width <= 2 * TILE:
        patch = Patch.between(class_id, box, before, after, protection, protection_after)
        if patch is not None:
            yield patch
        return
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            cut = slice(top, min(top + TILE, height)), slice(left, min(left + TILE, width))
            if not changed[cut].any():
                continue
            place = box[0] + top, box[1] + left, box[0] + cut[0].stop, box[1] + cut[1].stop
            patch = Patch.between(
                class_id, place, before[cut], after[cut], protection[cut], protection_after[cut]
            )
            if patch is not None:
                yield patch
