"""The only code that passes pixels between numpy and Qt."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

__all__ = ["qimage_from_rgb8", "rgb8_from_qimage", "wrap_argb", "wrap_rgb32"]


def wrap_rgb32(pixels: NDArray[np.uint8]) -> QImage:
    """A QImage over ``pixels`` (H, W, 4) uint8 in the order B, G, R, unused. No copy.

    The caller keeps the array alive for as long as the image is used; writes to it show.
    Raises ``ValueError`` for any other array.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8 or not pixels.flags.c_contiguous:
        raise ValueError("RGB32 pixels are a contiguous (H, W, 4) uint8 array.")
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB32)


def wrap_argb(pixels: NDArray[np.int32]) -> QImage:
    """A QImage over ``pixels`` (H, W) int32 holding premultiplied 0xAARRGGBB; as :func:`wrap_rgb32`."""
    if pixels.ndim != 2 or pixels.dtype != np.int32 or not pixels.flags.c_contiguous:
        raise ValueError("ARGB pixels are a contiguous (H, W) int32 array.")
    height, width = pixels.shape
    return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_ARGB32_Premultiplied)


def qimage_from_rgb8(rgb8: NDArray[np.uint8]) -> QImage:
    """A QImage with its own copy of ``rgb8`` (H, W, 3) uint8; for thumbnails. Raises ``ValueError``."""
    if rgb8.ndim != 3 or rgb8.shape[2] != 3 or rgb8.dtype != np.uint8:
        raise ValueError(f"A display image is (H, W, 3) uint8, not {rgb8.shape} {rgb8.dtype}.")
    pixels = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb8), cv2.COLOR_RGB2BGRA), dtype=np.uint8)
    return wrap_rgb32(pixels).copy()


def rgb8_from_qimage(image: QImage) -> NDArray[np.uint8]:
    """The pixels of a QImage as (H, W, 3) uint8 RGB, a copy. Transparency is dropped."""
    converted = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(converted.constBits(), np.uint8).reshape(
        converted.height(), converted.bytesPerLine()
    )
    bgra = rows[:, : converted.width() * 4].reshape(converted.height(), converted.width(), 4)
    return np.ascontiguousarray(bgra[:, :, 2::-1])
