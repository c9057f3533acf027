"""How layers look: a style a class, and the colour tables that turn a page of eight bits into pixels.

Recolouring, hiding or fading a class makes a new table of 256 entries; no mask pixel is touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEFAULT_OPACITY", "ColourTable", "LayerStyle", "edge_table", "fill_table"]

DEFAULT_OPACITY = 0.35

ColourTable = NDArray[np.int32]
"""(256,) int32: the bits of a premultiplied 0xAARRGGBB for each value of a page's byte."""


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """How one class is drawn. ``color`` is ``#RRGGBB``; ``opacity`` in 0..1 is the fill's.

    ``fill`` and ``outline`` may be chosen apart; the outline lies inside the mask and is opaque.
    Raises ``ValueError`` for a colour or an opacity that is none.
    """

    visible: bool = True
    color: str = "#E69F00"
    opacity: float = DEFAULT_OPACITY
    outline: bool = False
    fill: bool = True

    def __post_init__(self) -> None:
        """Check the values."""
        _channels(self.color)
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"An opacity lies between 0 and 1, not {self.opacity}.")


def fill_table(styles: Mapping[int, LayerStyle], page: int) -> ColourTable | None:
    """The table of the fills of one page, or None when the page shows none.

    Where classes overlap, the one with the higher id lies over the others (source over).
    """
    return _table(_of_page(styles, page), outline=False)


def edge_table(styles: Mapping[int, LayerStyle], page: int) -> ColourTable | None:
    """The table of the outlines of one page, or None when the page shows none."""
    return _table(_of_page(styles, page), outline=True)


def _of_page(styles: Mapping[int, LayerStyle], page: int) -> tuple[tuple[int, LayerStyle], ...]:
    """The bits of a page and their styles, the lowest bit first."""
    return tuple((one % 8, styles[one]) for one in sorted(styles) if one // 8 == page)


@lru_cache(maxsize=64)
def _table(styles: tuple[tuple[int, LayerStyle], ...], *, outline: bool) -> ColourTable | None:
    # Every image that comes on the desk asks for the tables of the same few styles.
    pixels = np.zeros((256, 4), np.float64)  # premultiplied A, R, G, B in 0..255
    values = np.arange(256)
    shown = False
    for bit, style in styles:
        alpha = float(style.outline) if outline else style.opacity if style.fill else 0.0
        if not style.visible or alpha <= 0.0:
            continue
        shown = True
        over = np.array([255.0, *_channels(style.color)]) * alpha
        here = (values >> bit) & 1 == 1
        pixels[here] = over + pixels[here] * (1.0 - alpha)
    if not shown:
        return None
    channels = np.rint(pixels).astype(np.uint32)
    packed = channels[:, 0] << 24 | channels[:, 1] << 16 | channels[:, 2] << 8 | channels[:, 3]
    table = packed.view(np.int32)
    table.flags.writeable = False
    return table


def _channels(color: str) -> tuple[int, int, int]:
    """Red, green, blue of ``#RRGGBB``. Raises ``ValueError``."""
    if len(color) != 7 or color[0] != "#":
        raise ValueError(f"A colour is written #RRGGBB, not {color!r}.")
    try:
        value = int(color[1:], 16)
    except ValueError as error:
        raise ValueError(f"A colour is written #RRGGBB, not {color!r}.") from error
    return value >> 16, value >> 8 & 255, value & 255
