"""What a picture file says of itself before it is decoded: kind, EXIF orientation, PNG chunks."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ORIENTATION = 0x0112


class BrokenFileError(Exception):
    """The bytes contradict themselves; `str(error)` says how, as the end of a sentence ("it ...")."""


def sniff(head: bytes) -> str | None:
    """The kind of picture the first 16 bytes or more announce; None for anything unknown."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(PNG_SIGNATURE):
        return "png"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head.startswith(b"BM"):
        return "bmp"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n#":
        return "pnm"
    if head[4:8] == b"jP  ":
        return "jpeg2000"
    return None


def exif_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, of an EXIF block (a TIFF structure); 1 where it says none or is damaged.

    Source: CIPA DC-008 (Exif 2.32), tag 0x0112.
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for index in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", exif, start + 2 + 12 * index)
            if tag == _ORIENTATION and kind == 3:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def jpeg_orientation(data: bytes) -> int:
    """The EXIF orientation, 1 to 8, of a JPEG file's bytes."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == 0xFF:  # padding between segments
            position += 1
            continue
        if marker == 0xDA:  # the pixels begin
            return 1
        if marker == 0xE1 and data[position + 4 : position + 10] == b"Exif\0\0":
            return exif_orientation(data[position + 10 : position + 2 + length])
        position += 2 + length
    return 1


@dataclass(frozen=True, slots=True)
class PngHeader:
    """The parts of a PNG's header that matter here.

    `color_type` is 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA.
    """

    width: int
    height: int
    depth: int
    color_type: int
    orientation: int

    @property
    def indexed(self) -> bool:
        """Whether its values are indices (palette, or one bit) rather than brightness."""
        return self.color_type == 3 or self.depth == 1


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view = memoryview(data)
    position = len(PNG_SIGNATURE)
    while True:
        if position + 12 > len(data):
            raise BrokenFileError("it ends too early")
        length = int.from_bytes(view[position : position + 4], "big")
        end = position + 12 + length
        if end > len(data):
            raise BrokenFileError("it ends too early")
        kind = bytes(view[position + 4 : position + 8])
        # Upper case first letter = needed to show the picture; a wrong checksum there means wrong pixels.
        if not kind[0] & 32 and zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(
            view[end - 4 : end], "big"
        ):
            raise BrokenFileError("its checksums do not fit its contents")
        yield kind, view[position + 8 : end - 4]
        if kind == b"IEND":
            return
        position = end


def png_header(data: bytes) -> PngHeader:
    """Header of a whole PNG file. Every needed chunk is checked, since decoders pass over cut and damaged
    files.

    Raises BrokenFileError.
    """
    fields: tuple[int, int, int, int] | None = None
    orientation = 1
    pixels = False
    for kind, body in _png_chunks(data):
        if kind == b"IHDR" and len(body) == 13:
            width, height, depth, color_type = struct.unpack_from(">IIBB", body)
            fields = width, height, depth, color_type
        elif kind == b"eXIf":
            orientation = exif_orientation(bytes(body))
        elif kind == b"IDAT":
            pixels = True
    if fields is None or not pixels:
        raise BrokenFileError("it holds no picture")
    return PngHeader(*fields, orientation)
