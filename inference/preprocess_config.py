"""How an image becomes a network's input, as a record (standard library only; `preprocess` acts on it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast, get_args

from inference.errors import InferenceError
from inference.records import check_keys

Mode = Literal["squash", "letterbox"]
Normalisation = Literal["zero-one", "minus-one-one", "imagenet"]


class PreprocessError(InferenceError):
    """Preprocessing that cannot be: an unknown mode, a size that makes no sense, a mask that does not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreprocessConfig:
    """The steps between an 8-bit RGB image and a network, in the order they happen.

    Attributes:
        field_of_view_crop: cut to the bounding box of the largest bright region (fundus photographs);
        outside it
            nothing is predicted.
        mode: "squash" fills the network's picture, the aspect changes; "letterbox" keeps the aspect and
        centres
            the picture on black.
        size: (height, width) of the network's picture in pixels.
        clahe: contrast-limited adaptive histogram equalisation on L of LAB, at the network's size.
        clahe_clip: its clip limit, above 0.
        clahe_grid: its grid, (rows, columns).
        normalise: "zero-one" x/255; "minus-one-one" x/127.5 - 1; "imagenet" (x/255 - mean) / deviation.
    """

    mode: Mode = "squash"
    size: tuple[int, int] = (512, 512)
    clahe: bool = False
    clahe_clip: float = 2.0
    clahe_grid: tuple[int, int] = (8, 8)
    field_of_view_crop: bool = False
    normalise: Normalisation = "zero-one"

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise PreprocessError(_choice("mode", self.mode, get_args(Mode)))
        if self.normalise not in get_args(Normalisation):
            raise PreprocessError(_choice("normalise", self.normalise, get_args(Normalisation)))
        if not _pair(self.size, 8, 16384):
            raise PreprocessError("The preprocessing size must be two whole numbers from 8 to 16384.")
        if not _pair(self.clahe_grid, 1, 256):
            raise PreprocessError("The CLAHE grid must be two whole numbers from 1 to 256.")
        if isinstance(self.clahe_clip, bool) or not isinstance(self.clahe_clip, int | float):
            raise PreprocessError("The CLAHE clip limit must be a number.")
        if not 0 < self.clahe_clip <= 1000:
            raise PreprocessError("The CLAHE clip limit must be above 0 and at most 1000.")
        if not isinstance(self.clahe, bool) or not isinstance(self.field_of_view_crop, bool):
            raise PreprocessError("The switches clahe and field_of_view_crop must be true or false.")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON or TOML."""
        record = asdict(self)
        return {**record, "size": list(self.size), "clahe_grid": list(self.clahe_grid)}

    @classmethod
    def from_dict(cls, record: Any, where: str = "The preprocessing") -> PreprocessConfig:
        """Read plain values strictly; keys left out keep their defaults. Raises PreprocessError."""
        allowed = [f.name for f in fields(cls)]
        keys: Mapping[str, Any] = check_keys(record, allowed=allowed, where=where, error=PreprocessError)
        values = {key: tuple(v) if isinstance(v, list) else v for key, v in keys.items()}
        return cls(**cast(dict[str, Any], values))


def _pair(value: object, low: int, high: int) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(v, int) and not isinstance(v, bool) and low <= v <= high for v in value)
    )


def _choice(key: str, value: object, choices: tuple[str, ...]) -> str:
    return f"The preprocessing key “{key}” must be one of {', '.join(choices)}, not “{value}”."
