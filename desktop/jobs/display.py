"""What the canvas needs of one image: pixels with their halves, a label with its layers, a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
    from desktop.project.label import Label
    from desktop.project.rows import ImageRow
    from inference.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Pixels:
    """An image ready to be drawn, or why it cannot be (one sentence)."""

    pyramid: ImagePyramid | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A label ready to be drawn and edited.

    ``overlay`` shows ``label.planes`` (same memory at full size). ``row`` is None when there is no identity,
    ``label`` None when the file has no pixels to label; ``problem`` then says why.
    """

    row: ImageRow | None
    label: Label | None
    overlay: OverlayPyramid | None
    prediction: Prediction | None = None
    problem: str | None = None


@dataclass(slots=True)
class DisplayImage:
    """What the read pool holds of one position; parts arrive one by one, in the GUI thread."""

    position: int
    pixels: Pixels | None = None
    reading: Reading | None = None
    version: int = 0
    """Counts what a reading depends on: the prediction, the thresholds, the schema."""
    read: int = -1
    """The version that the last reading delivered was made for."""

    @property
    def problem(self) -> str | None:
        """Why it cannot be shown or labelled."""
        if self.pixels is not None and self.pixels.problem:
            return self.pixels.problem
        return self.reading.problem if self.reading is not None else None

    @property
    def cost(self) -> int:
        """Bytes held; pages of a label that were never written cost nothing and count all the same."""
        total = 0
        if self.pixels is not None and self.pixels.pyramid is not None:
            total += self.pixels.pyramid.nbytes
        if self.reading is not None and self.reading.overlay is not None:
            total += self.reading.overlay.nbytes + self.reading.overlay.levels[0].nbytes
        return total
