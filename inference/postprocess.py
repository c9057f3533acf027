"""From stored levels to masks at the image's resolution (numpy and OpenCV, no torch).

A mask is cut out of the *interpolated* levels, so its border is smooth where plain magnification of a binary
mask shows stair-steps. Interpolating 8-bit levels instead of float logits costs half a level (0.03 of a
logit) and makes 12 megapixels a matter of milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.prediction import Geometry, IntBox, Prediction, level_to_probability, probability_to_level

BoolMask = NDArray[np.bool_]


def _shown_levels(levels: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.uint8]:
    """Levels at the resolution of the geometry's source box, (y1 - y0, x1 - x0) uint8."""
    y0, x0, y1, x1 = geometry.source
    top, left, bottom, right = geometry.window
    box = tuple(round(v) for v in (top, left, bottom, right))
    if max(abs(a - b) for a, b in zip(box, geometry.window, strict=True)) < 1e-6:
        part = np.ascontiguousarray(levels[box[0] : box[2], box[1] : box[3]])
        # OpenCV aligns pixel centres ((x + 0.5) * scale - 0.5), the same rule as Geometry.to_network.
        return np.asarray(cv2.resize(part, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR), np.uint8)
    first_y, first_x = geometry.to_network(y0, x0)
    scale_y, scale_x = geometry.scale
    matrix = np.array([[scale_x, 0, first_x], [0, scale_y, first_y]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(levels, matrix, (x1 - x0, y1 - y0), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8)


def _place(part: BoolMask, image_size: tuple[int, int], source: IntBox) -> BoolMask:
    if part.shape == image_size:
        return part
    out = np.zeros(image_size, bool)
    out[source[0] : source[2], source[1] : source[3]] = part
    return out


def image_levels(prediction: Prediction, class_name: str) -> NDArray[np.uint8]:
    """The levels of one class at the image's resolution, interpolated as `class_mask` does.

    Returns (H, W) uint8 (see `level_to_probability`), 0 wherever the network saw nothing. Raises
    PredictionError for a class the model does not have.
    """
    levels, geometry = prediction.levels(class_name), prediction.geometry
    shown = _shown_levels(levels, geometry)
    if shown.shape == geometry.image_size:
        return shown
    out = np.zeros(geometry.image_size, np.uint8)
    y0, x0, y1, x1 = geometry.source
    out[y0:y1, x0:x1] = shown
    return out


def class_mask(
    prediction: Prediction,
    class_name: str,
    threshold: float = 0.5,
    *,
    min_area: int = 0,
    fill_holes: bool = False,
) -> BoolMask:
    """The mask of one class at the image's resolution.

    Args:
        prediction: the levels and their geometry.
        class_name: one of `prediction.classes`; PredictionError otherwise.
        threshold: probability from 0 to 1; a pixel is inside from this probability on.
        min_area: connected regions (8-neighbours) of fewer image pixels are dropped; 0 keeps all.
        fill_holes: fill what a region encloses (before `min_area` is looked at).

    Returns:
        (H, W) bool; False wherever the network saw nothing.
    """
    levels = prediction.levels(class_name)
    level = probability_to_level(threshold)
    geometry = prediction.geometry
    y0, x0, y1, x1 = geometry.source
    if int(levels.max(initial=0)) < level:
        return np.zeros(geometry.image_size, bool)
    shown = _shown_levels(levels, geometry)
    # In place: a second 12-megapixel buffer costs as much as the comparison itself.
    part = cv2.threshold(shown, level - 1, 1, cv2.THRESH_BINARY, dst=shown)[1].view(np.bool_)
    mask = _place(part, geometry.image_size, (y0, x0, y1, x1))
    if fill_holes:
        mask = filled(mask)
    return without_small(mask, min_area) if min_area > 1 else mask


def _extent(mask: BoolMask) -> tuple[slice, slice]:
    """The smallest box that holds all of the mask: labelling regions is much quicker there."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    return slice(y, y + height), slice(x, x + width)


def filled(mask: BoolMask) -> BoolMask:
    """The (H, W) mask with every hole filled: background (4-neighbours) that does not reach the border."""
    box = _extent(mask)
    # A margin of background joins all that lies around the regions, so that it has one label.
    outside = np.pad(~mask[box], 1, constant_values=True).view(np.uint8)
    count, labels = cv2.connectedComponents(outside, connectivity=4)
    if count <= 2:
        return mask
    out = mask.copy()
    np.not_equal(labels[1:-1, 1:-1], labels[0, 0], out=out[box])
    return out


def without_small(mask: BoolMask, min_area: int) -> BoolMask:
    """The (H, W) mask without connected regions (8-neighbours) of fewer than `min_area` pixels."""
    box = _extent(mask)
    part = np.ascontiguousarray(mask[box]).view(np.uint8)
    if part.size == 0:
        return mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_area
    keep[0] = False
    if count < 2 or keep[1:].all():
        return mask
    out = mask.copy()
    out[box] = keep[labels]
    return out


def probability_at(prediction: Prediction, class_name: str, y: float, x: float) -> float:
    """The probability at an image pixel (its centre is a whole number), interpolated as `class_mask` does.

    0.0 where the network saw nothing. Raises PredictionError for a class the model does not have.
    """
    levels = prediction.levels(class_name)
    geometry = prediction.geometry
    y0, x0, y1, x1 = geometry.source
    if not (y0 - 0.5 <= y < y1 - 0.5 and x0 - 0.5 <= x < x1 - 0.5):
        return 0.0
    top, left, bottom, right = geometry.window
    row, column = geometry.to_network(y, x)
    row = min(max(row, round(top)), round(bottom) - 1)
    column = min(max(column, round(left)), round(right) - 1)
    r, c = int(row), int(column)
    r2, c2 = min(r + 1, levels.shape[0] - 1), min(c + 1, levels.shape[1] - 1)
    fy, fx = row - r, column - c
    upper = float(levels[r, c]) * (1 - fx) + float(levels[r, c2]) * fx
    lower = float(levels[r2, c]) * (1 - fx) + float(levels[r2, c2]) * fx
    return level_to_probability(upper * (1 - fy) + lower * fy)


def class_areas(prediction: Prediction, thresholds: Mapping[str, float]) -> dict[str, int]:
    """The area of every class in image pixels; classes without a threshold are cut at 0.5."""
    return {
        name: int(np.count_nonzero(class_mask(prediction, name, thresholds.get(name, 0.5))))
        for name in prediction.classes
    }
