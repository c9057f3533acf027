"""A patch: the change of one class inside a box, as XOR: it undoes itself and touches no other class."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop.project.errors import EditFormatError, PatchMismatch
from desktop.project.planes import Bits, Box, LabelPlanes, page_and_bit

_HEADER = struct.Struct("<H4IIII")
# Level 1: a packed XOR is nearly all zero, and higher levels save a few bytes for several times the time.
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Patch:
    """What changed of one class inside one box.

    `mask_xor` and `protection_xor` are zlib streams of the row-major bits of the box (`numpy.packbits`
    over all rows together), empty when that plane did not change. `before` is the CRC-32 of the packed
    mask and protection bits of the box before the change.
    """

    class_id: int
    box: Box
    mask_xor: bytes
    protection_xor: bytes
    before: int

    @classmethod
    def between(
        cls,
        class_id: int,
        box: Box,
        mask_before: Bits,
        mask_after: Bits,
        protection_before: Bits,
        protection_after: Bits,
    ) -> Patch | None:
        """Return the patch between two states of a box, trimmed to what differs; None when nothing does.

        The four arrays are bool, all of the box's (h, w).
        """
        mask_xor = mask_before ^ mask_after
        protection_xor = protection_before ^ protection_after
        trimmed = _extent(mask_xor | protection_xor)
        if trimmed is None:
            return None
        y0, x0, y1, x1 = trimmed
        cut = (slice(y0, y1), slice(x0, x1))
        return cls(
            class_id,
            (box[0] + y0, box[1] + x0, box[0] + y1, box[1] + x1),
            _squeeze(mask_xor[cut]),
            _squeeze(protection_xor[cut]),
            _checksum(mask_before[cut], protection_before[cut]),
        )

    def mask_change(self) -> Bits:
        """Return the bool (h, w) of the box: which mask pixels the patch flips."""
        return _expand(self.mask_xor, self.box)

    def protection_change(self) -> Bits:
        """Return the bool (h, w) of the box: which protection pixels the patch flips."""
        return _expand(self.protection_xor, self.box)

    def encode(self) -> bytes:
        """Return the patch as bytes that `decode_patch` reads."""
        sizes = len(self.mask_xor), len(self.protection_xor)
        return (
            _HEADER.pack(self.class_id, *self.box, self.before, *sizes) + self.mask_xor + self.protection_xor
        )


def decode_patch(data: bytes, offset: int = 0) -> tuple[Patch, int]:
    """Read one patch at `offset`; return it and the offset behind it. Raises EditFormatError."""
    if len(data) < offset + _HEADER.size:
        raise EditFormatError("A stored patch is cut short; the journal row cannot be read.")
    class_id, y0, x0, y1, x1, before, mask_size, protection_size = _HEADER.unpack_from(data, offset)
    start = offset + _HEADER.size
    middle, end = start + mask_size, start + mask_size + protection_size
    if len(data) < end or y1 <= y0 or x1 <= x0:
        raise EditFormatError("A stored patch is cut short; the journal row cannot be read.")
    return Patch(class_id, (y0, x0, y1, x1), data[start:middle], data[middle:end], before), end


def apply(planes: LabelPlanes, patch: Patch) -> None:
    """Change `planes` by `patch`. Raises PatchMismatch, changing nothing, when the state is another."""
    mask, protection = _views(planes, patch)
    bit = np.uint8(1 << (patch.class_id % 8))
    if _checksum((mask & bit) != 0, (protection & bit) != 0) != patch.before:
        raise _mismatch(patch, "applied")
    _flip(mask, patch.mask_xor, patch.box, bit)
    _flip(protection, patch.protection_xor, patch.box, bit)


def revert(planes: LabelPlanes, patch: Patch) -> None:
    """Take `patch` back. Raises PatchMismatch, changing nothing, when the state is another."""
    mask, protection = _views(planes, patch)
    bit = np.uint8(1 << (patch.class_id % 8))
    mask_before = ((mask & bit) != 0) ^ patch.mask_change()
    protection_before = ((protection & bit) != 0) ^ patch.protection_change()
    if _checksum(mask_before, protection_before) != patch.before:
        raise _mismatch(patch, "taken back")
    _flip(mask, patch.mask_xor, patch.box, bit)
    _flip(protection, patch.protection_xor, patch.box, bit)


def _extent(changed: Bits) -> Box | None:
    rows = np.flatnonzero(changed.any(axis=1))
    if rows.size == 0:
        return None
    y0, y1 = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(changed[y0:y1].any(axis=0))
    return y0, int(columns[0]), y1, int(columns[-1]) + 1


def _squeeze(bits: Bits) -> bytes:
    return zlib.compress(np.packbits(bits).tobytes(), _LEVEL) if bits.any() else b""


def _expand(data: bytes, box: Box) -> Bits:
    height, width = box[2] - box[0], box[3] - box[1]
    if not data:
        return np.zeros((height, width), np.bool_)
    try:
        packed = np.frombuffer(zlib.decompress(data), np.uint8)
        bits = np.unpackbits(packed, count=height * width)
    except zlib.error as error:
        raise EditFormatError(
            "The pixels of a stored patch cannot be unpacked; the row is damaged."
        ) from error
    if packed.size != -(-height * width // 8):
        raise EditFormatError("A stored patch has other pixels than its box; the row is damaged.")
    return bits.reshape(height, width).view(np.bool_)


def _checksum(mask: Bits, protection: Bits) -> int:
    return zlib.crc32(np.packbits(protection).data, zlib.crc32(np.packbits(mask).data))


def _views(planes: LabelPlanes, patch: Patch) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    page, _ = page_and_bit(patch.class_id)
    y0, x0, y1, x1 = patch.box
    if page >= planes.pages or y1 > planes.height or x1 > planes.width:
        raise PatchMismatch(
            f"A change of class {patch.class_id} in rows {y0} to {y1} and columns {x0} to {x1} lies outside "
            f"an image of {planes.height} rows and {planes.width} columns."
        )
    return planes.mask[page, y0:y1, x0:x1], planes.protection[page, y0:y1, x0:x1]


def _flip(view: NDArray[np.uint8], data: bytes, box: Box, bit: np.uint8) -> None:
    if data:
        view ^= _expand(data, box).view(np.uint8) * bit


def _mismatch(patch: Patch, verb: str) -> PatchMismatch:
    y0, x0, y1, x1 = patch.box
    return PatchMismatch(
        f"A change of class {patch.class_id} in rows {y0} to {y1} and columns {x0} to {x1} cannot be {verb}: "
        "the label there is not what it was when the change was made."
    )
