"""Label planes as bytes: every page a lossless 8-bit grey PNG."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from desktop.project.errors import LabelDamaged
from desktop.project.planes import Pages

# Measured on 4288 x 2848: 17 ms to write and 9 ms to read, against 22 and 59 ms with the default filters,
# for 1.7 times the bytes.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)


class Prepared:
    """Mask pages (P, H, W) uint8 that are encoded once, when first asked for, on the writer's thread."""

    def __init__(self, mask: Pages) -> None:
        """Keep `mask`; nobody may change it any more."""
        self._mask: Pages | None = mask
        self._pngs: list[bytes] = []

    def pngs(self) -> list[bytes]:
        """Return one PNG per page."""
        if self._mask is not None:
            self._pngs = encode_pages(self._mask)
            self._mask = None
        return self._pngs


def encode_pages(pages: Pages) -> list[bytes]:
    """Return one PNG per page of (P, H, W) uint8; an all-zero page is empty bytes."""
    return [_encode(page) if page.any() else b"" for page in pages]


def decode_pages(data: Sequence[bytes], height: int, width: int) -> Pages:
    """Return (P, H, W) uint8 from what `encode_pages` made. Raises LabelDamaged."""
    pages = np.zeros((max(1, len(data)), height, width), np.uint8)
    for number, png in enumerate(data):
        if not png:
            continue
        page = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        if page is None or page.shape != (height, width) or page.dtype != np.uint8:
            raise LabelDamaged(
                f"Page {number} of a stored mask is damaged or has another size than its image."
            )
        pages[number] = page
    return pages


def _encode(page: Pages) -> bytes:
    written, data = cv2.imencode(".png", page, _PNG)
    if not written:
        raise LabelDamaged("A mask could not be written as PNG.")
    return data.tobytes()
