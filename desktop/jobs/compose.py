"""From a prediction to the planes of a virtual label, at the thresholds in use. Called in the read pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from inference.postprocess import class_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inference.prediction import Prediction
    from inference.schema import Schema


def predicted_pages(
    prediction: Prediction, schema: Schema, thresholds: Mapping[str, float]
) -> NDArray[np.uint8]:
    """The bit planes (P, H, W) uint8 that a prediction gives at these thresholds (0.5 where none is given).

    Classes are matched by name: what the schema does not know is not drawn, what the model does not know
    stays empty.
    """
    height, width = prediction.geometry.image_size
    pages = np.zeros((max(1, schema.pages), height, width), np.uint8)
    for item in schema.active_classes:
        if item.name in prediction.classes:
            mask = class_mask(prediction, item.name, thresholds.get(item.name, 0.5)).view(np.uint8)
            page = pages[item.id // 8]
            np.bitwise_or(page, np.left_shift(mask, item.id % 8, out=mask), out=page)
    return pages
