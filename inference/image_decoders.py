"""The decoders behind `images`: bytes or a path in, native pixels out (no torch).

Which library for what, by speed and exactness: JPEG by simplejpeg (38 ms for 12 megapixels; it also reports
cut files), PNG by OpenCV (keeps 16 bits; its leniency is made up for by checking the chunks first), TIFF by
tifffile (reads RGB files that Pillow refuses, keeps every depth), then OpenCV, then Pillow; the rest by
Pillow.

Every function raises whatever its library raises; `images` turns that into one sentence.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.image_headers import BrokenFileError, jpeg_orientation, png_header

# What is wrong with a file is told by an error; what tifffile also logs of it is not for a person's terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

Pixels = NDArray[Any]

# One gigapixel (3 GiB as RGB): beyond it a picture is a mistake or an attack. Pillow's own limit (an error
# from 179 megapixels on, a warning from 89) would refuse scans that people do have, so ours stands in its
# place.
MAX_PIXELS = 1 << 30


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels as the file orders them, before `orientation` (EXIF, 1 to 8) is applied.

    `indexed`: the values are palette indices or single bits (only when indices were asked for).
    """

    pixels: Pixels
    orientation: int = 1
    indexed: bool = False


def check_size(width: int, height: int) -> None:
    """Raise BrokenFileError for a picture without pixels or with more than MAX_PIXELS."""
    if width < 1 or height < 1:
        raise BrokenFileError("it has no pixels")
    if width * height > MAX_PIXELS:
        raise BrokenFileError(f"its {width}x{height} pixels are more than can be opened")


def pillow() -> Any:
    """Pillow's Image module with its pixel limit lifted: `check_size` stands in its place."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    return Image


def decode_jpeg(data: bytes, at_least: int | None) -> Decoded:
    """JPEG bytes to (H, W) or (H, W, 3) uint8; reduced while the long side keeps `at_least`.

    Raises BrokenFileError.
    """
    import simplejpeg

    orientation = jpeg_orientation(data)
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        # Rare samplings that this decoder does not take; Pillow refuses cut files by itself.
        return decode_pillow(data, 0, indices=False)
    check_size(width, height)
    if space.upper() not in ("GRAY", "YCBCR", "RGB"):
        return decode_pillow(data, 0, indices=False)
    limits = {"min_width" if width >= height else "min_height": at_least} if at_least else {}
    target = "GRAY" if space.upper() == "GRAY" else "RGB"
    try:
        pixels = simplejpeg.decode_jpeg(data, target, strict=True, **limits)
    except ValueError as error:
        # Stray bytes between segments harm nothing and many cameras write them. All else means lost pixels:
        # the lenient decoder would fill them with grey and say nothing.
        if "extraneous bytes" not in str(error):
            raise BrokenFileError("it ends too early or its data are damaged") from error
        pixels = simplejpeg.decode_jpeg(data, target, strict=False, **limits)
    return Decoded(pixels[..., 0] if target == "GRAY" else pixels, orientation)


def decode_png(data: bytes, *, indices: bool) -> Decoded:
    """PNG bytes to (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16; palettes as colours, or as indices.

    Raises BrokenFileError.
    """
    import cv2

    header = png_header(data)
    check_size(header.width, header.height)
    if indices and header.indexed:
        return Decoded(_pillow_indices(data, 0), header.orientation, indexed=True)
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise BrokenFileError("its data are damaged")
    return Decoded(_from_bgr(pixels), header.orientation)


def _from_bgr(pixels: Pixels) -> Pixels:
    import cv2

    if pixels.ndim == 3 and pixels.shape[2] == 3:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA)
    return pixels


def _pillow_indices(data: bytes, frame: int) -> Pixels:
    with pillow().open(io.BytesIO(data)) as image:
        image.seek(frame)
        check_size(*image.size)
        if image.mode not in ("1", "P", "L", "PA"):
            raise BrokenFileError("its palette cannot be read")
        return np.array(image)[..., :1].squeeze(-1) if image.mode == "PA" else np.array(image)


def decode_pillow(data: bytes, frame: int, *, indices: bool) -> Decoded:
    """Bytes of any kind Pillow knows to native pixels; palette colours, or indices if asked for."""
    with pillow().open(io.BytesIO(data)) as image:
        if frame:
            image.seek(frame)
        check_size(*image.size)
        if indices and image.mode in ("P", "1"):
            # The mode is asked before loading: a later GIF frame turns into colours when it is drawn.
            return Decoded(np.array(image), image.getexif().get(0x0112, 1), indexed=True)
        image.load()
        # After loading, since Pillow turns TIFFs upright by itself and then drops the tag.
        orientation = image.getexif().get(0x0112, 1)
        mode = image.mode
        if mode == "P":
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        elif mode == "1":
            image = image.convert("L")
        elif mode in ("CMYK", "YCbCr", "LAB", "HSV"):
            image = image.convert("RGB")
        elif mode in ("LA", "La", "PA", "RGBa"):
            image = image.convert("RGBA")
        elif mode == "RGBX":
            image = image.convert("RGB")
        return Decoded(np.array(image), orientation)


def pillow_frames(image: Any) -> int:
    """The number of frames of an opened Pillow image."""
    return int(getattr(image, "n_frames", 1))


# Photometric interpretations that need no colour conversion: white is zero, black is zero, RGB, palette.
_PLAIN = (0, 1, 2, 3)
_YCBCR, _JPEG = 6, (6, 7)


def tiff_pages(tif: Any) -> list[Any]:
    """The full-size pages: thumbnails and reduced copies left out. Raises BrokenFileError for none."""
    pages = [page for page in tif.pages if not page.is_reduced]
    if not pages:
        raise BrokenFileError("it holds no picture")
    return pages


def _check_tiff_data(page: Any, file_size: int) -> None:
    # tifffile fills what lies behind the end of a cut file with zeros and says nothing.
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False):
        if offset + count > file_size:
            raise BrokenFileError("it ends too early")


def _tiff_colors(page: Any, pixels: Pixels) -> Pixels:
    table = page.colormap  # (3, 2**bits) uint16
    if table.max() < 256:
        # Some programs write 8-bit tables where the standard says 16.
        table = table.astype(np.uint16) * 257
    # One-bit pages come as booleans, which would select instead of looking up.
    indices = pixels.astype(np.uint8) if pixels.dtype == np.bool_ else pixels
    return np.ascontiguousarray((table >> 8).astype(np.uint8).T[indices])


def _decode_tiff_page(page: Any, *, indices: bool) -> Decoded:
    check_size(page.imagewidth, page.imagelength)
    photometric = int(page.photometric)
    if photometric not in _PLAIN and not (photometric == _YCBCR and int(page.compression) in _JPEG):
        raise ValueError("colours that need a conversion")
    pixels = np.asarray(page.asarray())
    axes = page.axes
    if axes.startswith("S") and pixels.ndim == 3:  # planes one behind the other
        pixels = np.moveaxis(pixels, 0, -1)
    orientation = page.tags.valueof(274, 1)
    bits = page.bitspersample
    if photometric == 0 and pixels.dtype.kind in "bu":
        pixels = (1 << bits) - 1 - pixels if pixels.dtype != np.bool_ else ~pixels
    if photometric == 3:
        return Decoded(pixels if indices else _tiff_colors(page, pixels), orientation, indexed=indices)
    if bits == 1:
        bilevel = pixels.astype(np.uint8)
        return Decoded(bilevel if indices else bilevel * np.uint8(255), orientation, indexed=indices)
    if bits < 8 and pixels.dtype == np.uint8:
        pixels = (pixels.astype(np.uint16) * 255 // ((1 << bits) - 1)).astype(np.uint8)
    return Decoded(pixels, orientation)


def decode_tiff(path: Path, frame: int, *, indices: bool) -> Decoded:
    """One page of a TIFF to native pixels; palette colours, or indices if asked for.

    Raises BrokenFileError for a page that there is not or whose data is cut off.
    """
    import tifffile

    with tifffile.TiffFile(path) as tif:
        pages = tiff_pages(tif)
        if frame >= len(pages):
            raise BrokenFileError(f"it has {len(pages)} frames, not {frame + 1}")
        page = pages[frame].aspage()
        _check_tiff_data(page, tif.filehandle.size)
        position = page.index
        try:
            return _decode_tiff_page(page, indices=indices)
        except (ValueError, KeyError, ImportError, RuntimeError):
            # A compression or colour space beyond tifffile as installed.
            return _decode_tiff_otherwise(path, position, page, indices=indices)


def _decode_tiff_otherwise(path: Path, position: int, page: Any, *, indices: bool) -> Decoded:
    import cv2

    data = path.read_bytes()
    if int(page.photometric) in (1, 2) and page.bitspersample in (8, 16):
        flags = cv2.IMREAD_UNCHANGED
        done, images = cv2.imdecodemulti(np.frombuffer(data, np.uint8), flags, range=(position, position + 1))
        if done and len(images) == 1:
            # OpenCV has turned it upright already.
            return Decoded(_from_bgr(np.asarray(images[0])))
    return decode_pillow(data, position, indices=indices)
