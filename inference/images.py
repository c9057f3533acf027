"""Reading images and masks: native values, upright, and one clear sentence when it cannot be done (no torch).

Colour profiles are not applied: networks and reviewers see the values that the camera wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference import image_decoders as decoders
from inference.errors import InferenceError
from inference.image_decoders import Decoded
from inference.image_headers import BrokenFileError, jpeg_orientation, png_header, sniff
from inference.records import show_name

IMAGE_SUFFIXES: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp"}
    | {".pbm", ".pgm", ".ppm", ".pnm", ".jp2"}
)

Pixels = NDArray[Any]
_NATIVE = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))


class ImageError(InferenceError):
    """An image that cannot be read.

    Attributes:
        path: the file.
        reason: why, as one sentence for a person; the same as `str(error)`.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What a file holds: size in pixels after EXIF orientation, frames, channels (1, 3, 4), native dtype
    name.

    `channels` and `dtype` are what the header announces, hence a hint for TIFF and Pillow's kinds;
    `read_image` is what counts.
    """

    width: int
    height: int
    frames: int
    channels: int
    dtype: str


def _broken(path: Path, how: str) -> ImageError:
    return ImageError(path, f"The image {show_name(path)} cannot be opened: {how}.")


def _translate(path: Path, error: BaseException) -> ImageError:
    """One sentence for whatever a library raised."""
    if isinstance(error, ImageError):
        return error
    if isinstance(error, BrokenFileError):
        return _broken(path, str(error))
    if isinstance(error, FileNotFoundError):
        return ImageError(path, f"The image {show_name(path)} is no longer there.")
    if isinstance(error, PermissionError):
        return _broken(path, "you have no right to read it")
    if isinstance(error, MemoryError):
        return _broken(path, "it does not fit into memory")
    if isinstance(error, EOFError):
        return _broken(path, "it has no such frame, or it ends too early")
    if isinstance(error, OSError) and error.errno is not None:
        return _broken(path, error.strerror or "it cannot be read")
    if "truncated" in str(error).lower():
        return _broken(path, "it ends too early")
    return _broken(path, "its data are damaged or of a kind that is not supported")


def _kind(path: Path) -> str:
    """The kind by the file's first bytes (names lie); BrokenFileError or OSError when there is none."""
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        suffix = path.suffix or "without suffix"
        raise BrokenFileError(f"files of the kind “{suffix}” are not images that Overread reads")
    if path.is_dir():
        raise BrokenFileError("it is a folder")
    with path.open("rb", buffering=0) as stream:
        head = stream.read(32)
    if not head:
        raise BrokenFileError("the file is empty (0 bytes)")
    kind = sniff(head)
    if kind is None:
        raise BrokenFileError("its contents are not an image")
    return kind


def _decode(path: Path, frame: int, at_least: int | None = None, *, indices: bool = False) -> Decoded:
    if frame < 0:
        raise BrokenFileError("there is no frame before the first")
    kind = _kind(path)
    if kind == "tiff":
        return decoders.decode_tiff(path, frame, indices=indices)
    data = path.read_bytes()
    if kind in ("jpeg", "png") and frame:
        raise BrokenFileError(f"it has one frame, not {frame + 1}")
    if kind == "jpeg":
        return decoders.decode_jpeg(data, at_least)
    if kind == "png":
        return decoders.decode_png(data, indices=indices)
    return decoders.decode_pillow(data, frame, indices=indices)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Apply an EXIF orientation, 1 to 8 (others count as 1); OpenCV, as numpy's rotation copies slowly."""
    if orientation not in range(2, 9):
        return pixels
    import cv2

    pixels = np.ascontiguousarray(pixels)
    if orientation in (5, 7):
        # 5 mirrors along the main diagonal, 7 along the other one.
        return cv2.transpose(pixels) if orientation == 5 else cv2.flip(cv2.transpose(pixels), -1)
    if orientation in (2, 4):
        return cv2.flip(pixels, 1 if orientation == 2 else 0)
    turn = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}[orientation]
    return cv2.rotate(pixels, turn)


def _native(pixels: Pixels) -> Pixels:
    """(H, W), (H, W, 3) or (H, W, 4) of uint8, uint16 or float32, or BrokenFileError."""
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * np.uint8(255)
    elif pixels.dtype not in _NATIVE:
        if pixels.dtype.kind not in "iuf":
            raise BrokenFileError("its pixels are not numbers that can be shown")
        pixels = pixels.astype(np.float32)
    if pixels.ndim == 3 and pixels.shape[2] in (1, 2):
        pixels = pixels[..., 0]  # grey, or grey with alpha
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] in (3, 4)):
        channels = pixels.shape[2] if pixels.ndim == 3 else pixels.ndim
        raise BrokenFileError(f"it has {channels} channels; images with 1, 3 or 4 can be shown")
    decoders.check_size(pixels.shape[1], pixels.shape[0])
    return pixels


def read_image(path: Path | str, frame: int = 0) -> Pixels:
    """One frame of an image file, upright (EXIF orientation applied).

    Palettes become colours, single bits 0 and 255, integers of other widths and doubles float32.

    Returns:
        (H, W), (H, W, 3) RGB or (H, W, 4) RGBA (alpha not premultiplied), C-contiguous, uint8, uint16 or
        float32.

    Raises ImageError, and nothing else, whatever is wrong with the file.
    """
    path = Path(path)
    try:
        decoded = _decode(path, frame)
        return np.ascontiguousarray(_upright(_native(decoded.pixels), decoded.orientation))
    except Exception as error:
        raise _translate(path, error) from error


def _scale_to_8(values: Pixels) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.uint16:
        largest = int(values.max(initial=0))
        shift = 0 if largest <= 255 else 4 if largest <= 4095 else 8
        return (values >> shift).astype(np.uint8)
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.uint8)
    low = float(values.min(where=finite, initial=np.inf))
    span = float(values.max(where=finite, initial=-np.inf)) - low
    scaled = (np.where(finite, values, low).astype(np.float64) - low) * (255 / span if span > 0 else 0)
    return np.rint(scaled).astype(np.uint8)


def to_rgb8(native: Pixels) -> NDArray[np.uint8]:
    """8-bit RGB of `read_image`'s pixels: (H, W, 3) uint8, C-contiguous.

    The rules: uint16 by its largest value: up to 255 as it is, up to 4095 as 12 bits (>> 4), else the full
    range (>> 8). float32 linearly from its least to its largest finite value (colour channels together);
    what is not finite becomes black. Grey is repeated. Alpha is composited over black, the surround of most
    medical images.
    """
    alpha = native[..., 3] if native.ndim == 3 and native.shape[2] == 4 else None
    colors = native if alpha is None else native[..., :3]
    values = _scale_to_8(colors)
    if values.ndim == 2:
        import cv2

        return np.asarray(cv2.cvtColor(np.ascontiguousarray(values), cv2.COLOR_GRAY2RGB), np.uint8)
    if alpha is None:
        return np.ascontiguousarray(values)
    full = 1.0 if alpha.dtype.kind == "f" else float(np.iinfo(alpha.dtype).max)
    if (alpha >= full).all():
        return np.ascontiguousarray(values)
    share = np.clip(np.nan_to_num(alpha.astype(np.float32)) / np.float32(full), 0, 1)
    return np.rint(values * share[..., None]).astype(np.uint8)


def read_rgb8(path: Path | str, frame: int = 0, *, at_least: int | None = None) -> NDArray[np.uint8]:
    """`to_rgb8` of `read_image`: (H, W, 3) uint8, upright.

    With `at_least`, a JPEG may come out smaller, by the decoder's own factors (1/8 to 1), as long as its
    long side keeps `at_least` pixels: three to four times as fast, for thumbnails. Raises ImageError.
    """
    path = Path(path)
    try:
        decoded = _decode(path, frame, at_least)
        return to_rgb8(_upright(_native(decoded.pixels), decoded.orientation))
    except Exception as error:
        raise _translate(path, error) from error


def _grey_mask(values: Pixels) -> NDArray[np.bool_]:
    if values.ndim == 3:
        colors = values[..., :3].max(axis=2)
        opaque = True if values.shape[2] < 4 else _grey_mask(values[..., 3])
        return np.asarray(_grey_mask(colors) & opaque, np.bool_)
    largest = values.max(initial=0)
    if largest <= 1:
        return np.asarray(values > (0.5 if values.dtype.kind == "f" else 0), np.bool_)
    if largest > 255:
        return np.asarray(values > 127 * 257, np.bool_)
    return np.asarray(values > 127, np.bool_)


def read_mask(path: Path | str, frame: int = 0) -> NDArray[np.bool_]:
    """A mask file as (H, W) bool, upright.

    Palette and one-bit files: inside is every index above 0, whatever its colour. Grey: above 127 of 255 (of
    65535: above 127 * 257), but above 0 when nothing exceeds 1, for masks stored as 0 and 1. Colour: by its
    brightest channel; transparent is outside. So JPEG masks lose their grey fringe. Raises ImageError.
    """
    path = Path(path)
    try:
        decoded = _decode(path, frame, indices=True)
        pixels = _native(decoded.pixels)
        mask = np.asarray(pixels > 0, np.bool_) if decoded.indexed else _grey_mask(pixels)
        upright = _upright(mask.view(np.uint8), decoded.orientation)
        return np.ascontiguousarray(upright).view(np.bool_)
    except Exception as error:
        raise _translate(path, error) from error


_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 4, 6: 4}


def _turned(width: int, height: int, orientation: int) -> tuple[int, int]:
    return (height, width) if 5 <= orientation <= 8 else (width, height)


def _probe(path: Path) -> ImageInfo:
    kind = _kind(path)
    if kind == "tiff":
        return _probe_tiff(path)
    if kind == "png":
        header = png_header(path.read_bytes())
        decoders.check_size(header.width, header.height)
        width, height = _turned(header.width, header.height, header.orientation)
        dtype = "uint16" if header.depth == 16 else "uint8"
        return ImageInfo(width, height, 1, _PNG_CHANNELS.get(header.color_type, 3), dtype)
    with decoders.pillow().open(path) as image:
        decoders.check_size(*image.size)
        if kind == "jpeg":
            with path.open("rb") as stream:
                orientation = jpeg_orientation(stream.read(1 << 18))
        else:
            orientation = image.getexif().get(0x0112, 1)
        width, height = _turned(image.size[0], image.size[1], orientation)
        frames = 1 if kind == "jpeg" else decoders.pillow_frames(image)
        mode = str(image.mode)
    channels = 1 if mode in ("1", "L", "I", "F") or mode.startswith("I;") else 4 if mode.endswith("A") else 3
    dtype = "float32" if mode in ("I", "F") else "uint16" if mode.startswith("I;16") else "uint8"
    return ImageInfo(width, height, frames, channels, dtype)


def _probe_tiff(path: Path) -> ImageInfo:
    import tifffile

    with tifffile.TiffFile(path) as tif:
        pages = decoders.tiff_pages(tif)
        page = pages[0].aspage()
        decoders.check_size(page.imagewidth, page.imagelength)
        width, height = _turned(page.imagewidth, page.imagelength, page.tags.valueof(274, 1))
        samples = 3 if int(page.photometric) == 3 else page.samplesperpixel
        wide = np.dtype(page.dtype or np.uint8)
    dtype = "uint8" if wide == np.bool_ else wide.name if wide in _NATIVE else "float32"
    return ImageInfo(width, height, len(pages), 1 if samples < 3 else min(samples, 4), dtype)


def probe(path: Path | str) -> ImageInfo:
    """Size, frames, channels and dtype without decoding pixels. Raises ImageError.

    A JPEG that is cut inside its pixels passes here and is refused by `read_image`.
    """
    path = Path(path)
    try:
        return _probe(path)
    except Exception as error:
        raise _translate(path, error) from error
