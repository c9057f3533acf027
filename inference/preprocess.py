"""From an 8-bit RGB image to a network's input, and from a mask to its target: one code for training and
prediction (numpy and OpenCV, no torch).

The steps, in order: field-of-view crop, resize to the network's size (area averaging when shrinking, linear
when growing), CLAHE, centring on black (letterbox), normalisation. `prepare` does them all. Training that
augments in between calls `fit_image`, changes the 8-bit picture, and then `normalise`, which is all that
`prepare` does.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.prediction import Geometry, IntBox
from inference.preprocess_config import Mode, Normalisation, PreprocessConfig, PreprocessError

__all__ = [
    "Geometry",
    "Mode",
    "Normalisation",
    "PreprocessConfig",
    "PreprocessError",
    "field_of_view",
    "fit_image",
    "mask_coverage",
    "normalise",
    "plan",
    "prepare",
    "prepare_mask",
]

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

# ImageNet's channel means and deviations (RGB, of values 0 to 1), as torchvision states them.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

_FIELD_LONG_SIDE = 512
_FIELD_THRESHOLD = 20  # of 255; the black surround of fundus cameras stays below it, vignetted retina above
_FIELD_LEAST_SHARE = 0.2  # a "field" smaller than this share of the image is not a fundus disc


def field_of_view(rgb8: U8) -> IntBox:
    """The bounding box (y0, x0, y1, x1) of the largest bright region, or the whole image where none stands
    out.

    Searched on a picture of at most 512 pixels, so the box is exact to the shrink factor; it is rounded
    outwards.

    Args:
        rgb8: (H, W, 3) uint8.
    """
    height, width = rgb8.shape[:2]
    step = max(1, -(-max(height, width) // _FIELD_LONG_SIDE))
    # Picked, not averaged (1 ms instead of 40 at 12 megapixels): the median takes the noise out.
    small = cv2.medianBlur(np.ascontiguousarray(rgb8[::step, ::step]), 3)
    rows, columns = small.shape[:2]
    bright = (small.max(axis=2) > _FIELD_THRESHOLD).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    if count < 2:
        return 0, 0, height, width
    x, y, w, h, _ = (int(v) for v in stats[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))])
    if w * h < _FIELD_LEAST_SHARE * rows * columns:
        return 0, 0, height, width
    y0, x0 = max(0, (y - 1) * step + 1), max(0, (x - 1) * step + 1)
    y1, x1 = min(height, (y + h) * step), min(width, (x + w) * step)
    # Even sides, so that shrinking can begin with exact halves.
    return y0, x0, y1 - (y1 - y0) % 2, x1 - (x1 - x0) % 2


def plan(image_size: tuple[int, int], config: PreprocessConfig, source: IntBox | None = None) -> Geometry:
    """The geometry for an image of `image_size` (H, W) of which the box `source` is shown (None: all of it).

    The shown part always fills a box of whole network pixels, so that levels can be resized back exactly.
    """
    y0, x0, y1, x1 = source or (0, 0, *image_size)
    rows, columns = config.size
    top, left, height, width = 0, 0, rows, columns
    if config.mode == "letterbox":
        factor = min(rows / (y1 - y0), columns / (x1 - x0))
        height = min(rows, max(1, round((y1 - y0) * factor)))
        width = min(columns, max(1, round((x1 - x0) * factor)))
        top, left = (rows - height) // 2, (columns - width) // 2
    scale_y, scale_x = height / (y1 - y0), width / (x1 - x0)
    begin_y, begin_x = top - y0 * scale_y, left - x0 * scale_x
    content = (begin_y, begin_x, begin_y + image_size[0] * scale_y, begin_x + image_size[1] * scale_x)
    return Geometry(image_size, config.size, content, (y0, x0, y1, x1))


def network_window(geometry: Geometry) -> IntBox:
    """The whole network pixels (y0, x0, y1, x1) that show the geometry's source."""
    y0, x0, y1, x1 = (round(v) for v in geometry.window)
    rows, columns = geometry.network_size
    return max(0, y0), max(0, x0), min(rows, y1), min(columns, x1)


def _resize(picture: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    if picture.shape[:2] == (height, width):
        return picture
    rows, columns = picture.shape[:2]
    if rows >= 4 * height and columns >= 4 * width and rows % 2 == 0 and columns % 2 == 0:
        # Exact halves first: at 12 megapixels the same averages (to 0.13 of 255) in 17 ms, not 41.
        picture = cv2.resize(picture, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    shrinking = height * width < rows * columns
    # Area averaging sees every source pixel (a lesion of a few pixels leaves a trace); linear would skip
    # most.
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return cv2.resize(picture, (width, height), interpolation=how)


def _equalise(rgb8: U8, config: PreprocessConfig) -> U8:
    lab = cv2.cvtColor(rgb8, cv2.COLOR_RGB2LAB)
    rows, columns = config.clahe_grid
    filter_ = cv2.createCLAHE(clipLimit=float(config.clahe_clip), tileGridSize=(columns, rows))
    lab[..., 0] = filter_.apply(np.ascontiguousarray(lab[..., 0]))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def fit_image(rgb8: U8, config: PreprocessConfig) -> tuple[U8, Geometry]:
    """All steps but the normalisation.

    Args:
        rgb8: (H, W, 3) uint8, upright.

    Returns:
        The (h, w, 3) uint8 picture of `config.size`, C-contiguous, and where it lies on the image.

    Raises PreprocessError for any other array.
    """
    if rgb8.ndim != 3 or rgb8.shape[2] != 3 or rgb8.dtype != np.uint8 or 0 in rgb8.shape:
        raise PreprocessError("Preprocessing needs an image of 8-bit RGB values that is not empty.")
    size = (rgb8.shape[0], rgb8.shape[1])
    geometry = plan(size, config, field_of_view(rgb8) if config.field_of_view_crop else None)
    y0, x0, y1, x1 = geometry.source
    top, left, bottom, right = network_window(geometry)
    picture = _resize(rgb8[y0:y1, x0:x1], bottom - top, right - left)
    if config.clahe:
        picture = _equalise(picture, config)
    if picture.shape[:2] == config.size:
        return np.ascontiguousarray(picture, np.uint8), geometry
    canvas = np.zeros((*config.size, 3), np.uint8)
    canvas[top:bottom, left:right] = picture
    return canvas, geometry


def normalise(picture: U8, config: PreprocessConfig) -> F32:
    """The network's input of a fitted picture.

    Args:
        picture: (h, w, 3) uint8, from `fit_image`.

    Returns:
        (3, h, w) float32, a view whose memory is (h, w, 3): torch takes it as channels-last without a copy.
    """
    values = picture.astype(np.float32)
    if config.normalise == "zero-one":
        values *= np.float32(1 / 255)
    elif config.normalise == "minus-one-one":
        values *= np.float32(1 / 127.5)
        values -= np.float32(1)
    else:
        values *= np.float32(1 / 255) / _DEVIATION
        values -= _MEAN / _DEVIATION
    return values.transpose(2, 0, 1)


def prepare(rgb8: U8, config: PreprocessConfig) -> tuple[F32, Geometry]:
    """The network's input of an image, and where it lies on the image.

    Args:
        rgb8: (H, W, 3) uint8, upright.

    Returns:
        (3, h, w) float32 (see `normalise` for its memory) and the Geometry that `prepare_mask`, the predictor
        and `postprocess` use. Raises PreprocessError for anything but an 8-bit RGB image.
    """
    picture, geometry = fit_image(rgb8, config)
    return normalise(picture, config), geometry


def mask_coverage(mask: NDArray[np.bool_], geometry: Geometry) -> F32:
    """How much of every network pixel the mask covers: (h, w) float32, 0 to 1; 0 outside what is shown.

    Args:
        mask: (H, W) bool at the geometry's image size.

    Raises PreprocessError for a mask of another size.
    """
    if mask.shape != geometry.image_size:
        height, width = geometry.image_size
        raise PreprocessError(
            f"The mask has {mask.shape[1]}x{mask.shape[0]} pixels, its image {width}x{height}."
        )
    y0, x0, y1, x1 = geometry.source
    top, left, bottom, right = network_window(geometry)
    shown = np.ascontiguousarray(mask[y0:y1, x0:x1]).view(np.uint8) * np.uint8(255)
    out = np.zeros(geometry.network_size, np.float32)
    out[top:bottom, left:right] = _resize(shown, bottom - top, right - left)
    return out / np.float32(255)


def prepare_mask(mask: NDArray[np.bool_], geometry: Geometry) -> NDArray[np.bool_]:
    """The mask at the network's resolution, with every lesion kept.

    A network pixel is inside when the mask covers half of it or more: areas stay true. A lesion smaller than
    that (microaneurysms of 10 pixels become one pixel or less) would vanish, so every connected trace that
    has no pixel inside keeps its most covered one. Nearest-neighbour picking, the usual way, loses most of
    them.

    Args:
        mask: (H, W) bool at the geometry's image size.

    Returns:
        (h, w) bool. Raises PreprocessError when the mask has another size than its image.
    """
    coverage = mask_coverage(mask, geometry)
    inside = coverage >= 0.5
    traces, labels = cv2.connectedComponents((coverage > 0).astype(np.uint8), connectivity=8)
    if traces < 2:
        return inside
    kept = np.zeros(traces, bool)
    kept[labels[inside]] = True
    kept[0] = True
    if kept.all():
        return inside
    # Sorted by coverage, the first pixel seen of each trace is its most covered one.
    flat = np.flatnonzero(~kept[labels])
    order = flat[np.argsort(-coverage.ravel()[flat], kind="stable")]
    _, first = np.unique(labels.ravel()[order], return_index=True)
    inside.ravel()[order[first]] = True
    return inside
