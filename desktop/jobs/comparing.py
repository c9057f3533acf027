"""What to hold against a label: the prediction, and where the two differ. Slow: for a thread behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from desktop.canvas.pyramid import OverlayPyramid
from desktop.canvas.styles import LayerStyle
from desktop.jobs.compose import predicted_pages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from desktop.project.provenance import Cut
    from inference.prediction import Prediction
    from inference.schema import Schema

__all__ = ["DIFFERENCE_STYLES", "Difference", "difference_of", "prediction_overlay"]

BOTH, ONLY_LABEL, ONLY_PREDICTION = 0, 1, 2
# Yellow and sky blue of Okabe and Ito differ in lightness and in hue for every kind of colour vision, and
# neither is the colour of tissue.
DIFFERENCE_STYLES: Final = {
    BOTH: LayerStyle(color="#FFFFFF", opacity=0.22),
    ONLY_LABEL: LayerStyle(color="#F0E442", opacity=0.55, outline=True),
    ONLY_PREDICTION: LayerStyle(color="#56B4E9", opacity=0.55, outline=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """The planes (`BOTH`, `ONLY_LABEL`, `ONLY_PREDICTION` as classes), and pixels in one of the two only."""

    overlay: OverlayPyramid
    only_label: int
    only_prediction: int


def prediction_overlay(prediction: Prediction, schema: Schema, cuts: Mapping[str, Cut]) -> OverlayPyramid:
    """What the model says, with these cuts, as planes of the schema."""
    return OverlayPyramid(predicted_pages(prediction, schema, cuts))


def difference_of(
    label: NDArray[np.uint8], predicted: NDArray[np.uint8], class_ids: Collection[int]
) -> Difference:
    """Compare two sets of planes (P, H, W) uint8 in some classes, over all of them together.

    A pixel where one class differs and another agrees counts as different.
    """
    shape = predicted.shape[1:]
    one, other, both = (np.zeros(shape, np.uint8) for _ in range(3))
    for page in range(min(len(label), len(predicted))):
        mask = np.uint8(sum(1 << (class_id % 8) for class_id in class_ids if class_id // 8 == page))
        if not mask:
            continue
        # Blocks of 12 MB cost more than what is done with them: they are used again.
        drawn, said = label[page] & mask, predicted[page] & mask
        differs = drawn ^ said
        one |= np.bitwise_and(drawn, differs)
        other |= np.bitwise_and(said, differs, out=differs)
        both |= np.bitwise_and(drawn, said, out=drawn)
    planes = np.empty((1, *shape), np.uint8)
    for bit, pixels in ((BOTH, both), (ONLY_LABEL, one), (ONLY_PREDICTION, other)):
        cv2.threshold(pixels, 0, 1 << bit, cv2.THRESH_BINARY, dst=pixels)
    np.bitwise_or(both, one, out=planes[0])
    planes[0] |= other
    return Difference(OverlayPyramid(planes), cv2.countNonZero(one), cv2.countNonZero(other))
