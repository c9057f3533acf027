"""From a prediction to the planes of a virtual label, with the cuts in use. Called in the read pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from desktop.jobs.facts import uncertainty
from desktop.project.provenance import Cut
from inference.postprocess import class_mask
from inference.prediction import probability_to_level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inference.prediction import Prediction
    from inference.schema import Schema


def predicted_pages(prediction: Prediction, schema: Schema, cuts: Mapping[str, Cut]) -> NDArray[np.uint8]:
    """The bit planes (P, H, W) uint8 that a prediction gives with these cuts (at 0.5 where none is given).

    Classes are matched by name: what the schema does not know is not drawn, what the model does not know
    stays empty.
    """
    height, width = prediction.geometry.image_size
    pages = np.zeros((max(1, schema.pages), height, width), np.uint8)
    for item in schema.active_classes:
        if item.name in prediction.classes:
            cut = cuts.get(item.name, Cut())
            mask = class_mask(
                prediction, item.name, cut.threshold, min_area=cut.min_area, fill_holes=cut.fill_holes
            ).view(np.uint8)
            page = pages[item.id // 8]
            np.bitwise_or(page, np.left_shift(mask, item.id % 8, out=mask), out=page)
    return pages


def summary(prediction: Prediction, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """What lists and queues need of a prediction: per class the fraction of the network's picture (0 to 1)
    inside at its threshold and the highest level (0 to 255), all grade and finding probabilities, and how
    much the model doubts all that, 0 to 1 (see `uncertainty`).
    """
    classes = {}
    for name in prediction.classes:
        levels = prediction.levels(name)
        inside = np.count_nonzero(levels >= probability_to_level(thresholds.get(name, 0.5)))
        classes[name] = {"fraction": inside / levels.size, "highest": int(levels.max(initial=0))}
    grades = {name: [round(p, 5) for p in chances] for name, chances in prediction.grades.items()}
    findings = {name: round(p, 5) for name, p in prediction.findings.items()}
    doubt = uncertainty(prediction)
    return {"classes": classes, "grades": grades, "findings": findings, "uncertainty": doubt}
