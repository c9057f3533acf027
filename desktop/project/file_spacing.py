"""The pixel spacing that an image file states, when it is a measured one.

Nearly every camera and program writes a *printing* density (72, 96, 300 dots an inch) into its files. That
says nothing of the eye or the skin in the picture, and a wrong millimetre is worse than none: such values,
values without a real unit and values out of proportion are not a spacing.
"""

from __future__ import annotations

import math
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from desktop.project.measures import Spacing

PRINTING_DPI = (
    *(36, 60, 72, 75, 90, 96, 100, 120, 144, 150, 160, 180, 192, 200, 203, 204, 216, 220, 240, 250, 254, 256),
    *(
        266,
        267,
        288,
        300,
        314,
        320,
        326,
        350,
        360,
        400,
        480,
        500,
        600,
        720,
        800,
        1000,
        1200,
        1440,
        2400,
        2880,
    ),
    *(4800, 9600),
)
"""Dots an inch that scanners, printers, screens and programs write without having measured anything."""
_TOLERANCE = 0.006
SMALLEST_MM, LARGEST_MM = 5e-6, 2.0
"""Finer than a light microscope resolves, coarser than any medical picture: not believed."""
_MM = {
    "mm": 1.0,
    "millimeter": 1.0,
    "cm": 10.0,
    "centimeter": 10.0,
    "nm": 1e-6,
    "m": 1000.0,
    "inch": 25.4,
} | {name: 1e-3 for name in ("µm", "μm", "um", "micron", "microns", "micrometer", "\\u00b5m")}
_TIFF_UNIT_MM = {2: 25.4, 3: 10.0}
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296


def spacing_in_file(path: Path, frame: int = 0) -> Spacing | None:
    """Return the spacing that a TIFF, PNG or JPEG file states, None when it states none that was measured.

    A file that cannot be read has none: whoever shows it says why.
    """
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            return _of_tiff(path, frame)
        return _of_picture(path)
    except (OSError, ValueError, LookupError, TypeError, SyntaxError, ZeroDivisionError, struct.error):
        return None


def is_measured(x_mm: float, y_mm: float) -> bool:
    """Whether a stated spacing can be a measured one: plausible, in proportion, and no printing density."""
    if not all(math.isfinite(value) and SMALLEST_MM <= value <= LARGEST_MM for value in (x_mm, y_mm)):
        return False
    if not 0.25 <= x_mm / y_mm <= 4:
        return False
    return not any(_is_printing(25.4 / value) for value in (x_mm, y_mm))


def _is_printing(dpi: float) -> bool:
    # In whole dots a centimetre 72 an inch are 28, which is 71.1 an inch.
    per_cm = round(dpi / 2.54, 2)
    return any(
        abs(dpi - known) <= known * _TOLERANCE or per_cm == round(known / 2.54) for known in PRINTING_DPI
    )


def _stated(x_mm: float, y_mm: float) -> Spacing | None:
    return Spacing(x_mm, y_mm) if is_measured(x_mm, y_mm) else None


def _of_picture(path: Path) -> Spacing | None:
    """PNG `pHYs` in pixels a metre, JFIF density an inch or a centimetre (both: Pillow's `dpi`)."""
    from PIL import Image

    with Image.open(path) as image:
        kind, known = image.format, image.info
    if kind not in ("PNG", "JPEG", "MPO"):
        return None
    if kind != "PNG" and known.get("jfif_unit") not in (1, 2):
        # Pillow falls back to EXIF, whose resolution is always the camera's printing density.
        return None
    if "dpi" not in known:
        return None
    across, down = (float(value) for value in known["dpi"])
    if kind != "PNG" and abs(across - down) > 0.01 * across:
        return None  # a JFIF pair that differs states the shape of a pixel of some video standard
    return _stated(25.4 / across, 25.4 / down)


def _of_tiff(path: Path, frame: int) -> Spacing | None:
    """OME's physical size, ImageJ's unit, else the resolution tags with their unit (TIFF 6.0, section 8)."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        if file.ome_metadata:
            return _of_ome(file.ome_metadata)
        page: Any = file.pages[min(frame, len(file.pages) - 1)]
        tags = {key: page.tags[key].value for key in _TIFF_TAGS if key in page.tags}
        imagej = file.imagej_metadata or {}
    across, down = (_ratio(tags.get(key)) for key in (_X_RESOLUTION, _Y_RESOLUTION))
    if not across or not down:
        return None
    unit = _MM.get(str(imagej.get("unit", "")).strip().lower())
    if unit is None:
        unit = _TIFF_UNIT_MM.get(int(tags.get(_RESOLUTION_UNIT, 1)))
    return _stated(unit / across, unit / down) if unit is not None else None


_TIFF_TAGS = (_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT)


def _ratio(value: object) -> float:
    if isinstance(value, tuple):
        return float(value[0]) / float(value[1])
    return float(value) if isinstance(value, int | float) else 0.0


def _of_ome(text: str) -> Spacing | None:
    pixels = ElementTree.fromstring(text).find(".//{*}Pixels")
    if pixels is None:
        return None
    sizes = []
    for axis in ("X", "Y"):
        unit = _MM.get(pixels.get(f"PhysicalSize{axis}Unit", "µm").strip().lower())
        size = pixels.get(f"PhysicalSize{axis}")
        if unit is None or size is None:
            return None
        sizes.append(float(size) * unit)
    return _stated(*sizes)
