"""Measuring masks for consistency rules: areas, components, what lies outside (no torch)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.remarks import Facts, Needs, Piece

MaskOf = Callable[[str], "NDArray[Any] | None"]


def measure(needs: Needs, mask_of: MaskOf) -> Facts:
    """Measure what rules need.

    Args:
        needs: from `inference.rules.needs`.
        mask_of: (H, W) bool or uint8 (not zero is inside) of a class by its name; None: nothing of it.

    Some 5 ms a class for an area and 20 ms for components at 12 megapixels; for a background thread.
    """
    masks: dict[str, NDArray[np.uint8] | None] = {}

    def mask(name: str) -> NDArray[np.uint8] | None:
        if name not in masks:
            found = mask_of(name)
            masks[name] = None if found is None else found.view(np.uint8)
        return masks[name]

    pieces = {name: components(mask(name)) for name in sorted(needs.pieces)}
    areas = {
        name: sum(p.area for p in pieces[name]) if name in pieces else _area(mask(name))
        for name in sorted(needs.areas)
    }
    outside = {
        (inner, outer): components(_outside(mask(inner), mask(outer)))
        for inner, outer in sorted(needs.outside)
    }
    return Facts(areas, pieces, outside)


def components(mask: NDArray[np.uint8] | None) -> tuple[Piece, ...]:
    """The 8-connected components of a (H, W) uint8 mask (not zero is inside), from top to bottom."""
    if mask is None:
        return ()
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return ()
    part = np.ascontiguousarray(mask[top : top + height, left : left + width])
    _, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8, ltype=cv2.CV_32S)
    return tuple(
        Piece(area, (top + y, left + x, top + y + h, left + x + w)) for x, y, w, h, area in stats[1:].tolist()
    )


def _area(mask: NDArray[np.uint8] | None) -> int:
    return 0 if mask is None else int(cv2.countNonZero(mask))


def _outside(inner: NDArray[np.uint8] | None, outer: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
    if inner is None or outer is None:
        return inner
    return np.where(outer != 0, np.uint8(0), inner)
