"""How an image is looked at: brightness, contrast, gamma, one channel, window and level, local contrast.

Views only: everything here is applied to the pixels of the view while they are composed. The image, its
label and what a model sees never change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.canvas.native import windowed
from desktop.canvas.pyramid import ImagePyramid

__all__ = ["CHANNELS", "NEUTRAL", "Adjustment", "Channel", "ViewSettings", "Window"]

Channel = Literal["colour", "grey", "red", "green", "blue"]
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
"""All ways to show colours; "green" is the red-free view of a fundus photograph."""

GAMMA_LOW, GAMMA_HIGH = 0.2, 5.0
_AT = {"red": 0, "green": 1, "blue": 2}


@dataclass(frozen=True, slots=True)
class Window:
    """The native values shown as black (``low``) and as white (``high``), of images of one ``kind``.

    ``kind`` is the native type's name, ``uint8``, ``uint16`` or ``float32``: a window means nothing for
    images of another kind. Raises ``ValueError`` unless ``low`` lies below ``high`` and both are finite.
    """

    low: float
    high: float
    kind: str = "uint8"

    def __post_init__(self) -> None:
        """Check the values."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"A window goes from a lower to a higher value, not {self.low} to {self.high}.")

    @property
    def level(self) -> float:
        """The value in the middle."""
        return (self.low + self.high) / 2

    @property
    def width(self) -> float:
        """The values from black to white."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """How images are looked at.

    ``brightness`` and ``contrast`` lie in -1..1 (0: as it is), ``gamma`` in 0.2..5 (1: as it is; larger is
    lighter). ``clahe`` evens local contrast. ``window`` None shows the image's own range.
    Raises ``ValueError`` for values outside of these.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 1.0
    channel: Channel = "colour"
    clahe: bool = False
    window: Window | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if not (-1 <= self.brightness <= 1 and -1 <= self.contrast <= 1):
            raise ValueError("Brightness and contrast lie between -1 and 1.")
        if not GAMMA_LOW <= self.gamma <= GAMMA_HIGH:
            raise ValueError(f"Gamma lies between {GAMMA_LOW} and {GAMMA_HIGH}, not at {self.gamma}.")
        if self.channel not in CHANNELS:
            raise ValueError(f"There is no channel {self.channel}.")

    @property
    def neutral(self) -> bool:
        """Whether images look as they are."""
        return self == ViewSettings()

    def with_(self, **changes: Any) -> ViewSettings:
        """The same with other values. Raises ``ValueError`` as the class does."""
        return replace(self, **changes)

    def table(self) -> NDArray[np.uint8]:
        """(256,) uint8: the shown value of each value.

        With v in 0..1: first the window of an 8-bit image, then ``(v - 0.5) * 4**contrast + 0.5`` plus the
        brightness, cut to 0..1, then ``v ** (1 / gamma)`` (the power law of display transfer functions).
        """
        values = np.arange(256, dtype=np.float64)
        if self.window is not None and self.window.kind == "uint8":
            values = (values - self.window.low) * (255.0 / self.window.width)
        shown = (np.clip(values / 255.0, 0, 1) - 0.5) * 4.0**self.contrast + 0.5 + self.brightness
        return np.rint(255.0 * np.clip(shown, 0, 1) ** (1.0 / self.gamma)).astype(np.uint8)


class Adjustment:
    """View settings made ready to be applied to the pixels of one image's views."""

    def __init__(self, settings: ViewSettings | None = None, image: ImagePyramid | None = None) -> None:
        """Adjust ``image`` as the settings say; a window chosen for images of another kind is left out."""
        settings = settings or ViewSettings()
        if settings.window is not None and (image is None or settings.window.kind != image.kind):
            settings = settings.with_(window=None)
        self.settings: Final = settings

    @cached_property
    def _table(self) -> NDArray[np.uint8] | None:
        table = self.settings.table()
        return None if np.array_equal(table, np.arange(256)) else table

    def levels_of(self, image: ImagePyramid) -> tuple[NDArray[Any], ...]:
        """The levels to sample: the image's, its native values under a window, or the evened ones.

        Evened levels are made behind; until they are there the image is shown without.
        """
        if self.settings.clahe and image.evened is not None:
            return image.evened.levels
        if image.native is not None and self.settings.window is not None:
            return image.native.levels
        return image.levels

    def draw(self, pixels: NDArray[Any], out: NDArray[np.uint8]) -> None:
        """Write ``pixels`` (h, w) or (h, w, 3) of a level, adjusted, into ``out`` (h, w, 4) uint8 BGRX."""
        window = self.settings.window
        if pixels.dtype != np.uint8 and window is not None:
            pixels = windowed(pixels, window.low, window.high)
        channel = self.settings.channel
        if pixels.ndim == 3 and channel != "colour":
            pixels = (
                np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
                if channel == "grey"
                else np.asarray(cv2.extractChannel(pixels, _AT[channel]))
            )
        if self._table is not None:
            pixels = np.asarray(cv2.LUT(pixels, self._table))
        code = cv2.COLOR_GRAY2BGRA if pixels.ndim == 2 else cv2.COLOR_RGB2BGRA
        cv2.cvtColor(pixels, code, dst=out)


NEUTRAL: Final = Adjustment()
"""Shows every image as it is."""
