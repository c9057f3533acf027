"""Numbers about one image for lists and queues: doubt of a prediction, areas and disagreement of a label.

Nothing here knows Qt; all of it runs off the GUI thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from desktop.project.facts import LabelFacts
from desktop.project.provenance import Cut
from inference.postprocess import class_mask
from inference.prediction import LOGIT_LIMIT, probability_to_level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from desktop.project.label import Label
    from desktop.project.planes import LabelPlanes
    from inference.prediction import Prediction

RULED_OUT: Final = 0.05
"""Below this probability a model rules a pixel out; such pixels do not count in `uncertainty`."""


def uncertainty(prediction: Prediction) -> float:
    """How much a model doubts what it says of an image, 0 (sure) to 1 (cannot tell).

    It is the doubt of the model's most doubtful answer, where an answer is

    * the masks: the mean binary entropy H(p) = -p log2 p - (1 - p) log2 (1 - p) over all pixels of all
      classes with p >= 0.05. What the model rules out does not count: a small lesion that it half sees weighs
      as much as a large one. No such pixel: 0.
    * each grade: the entropy of its probabilities over log2 of their number: 1 is a uniform guess.
    * each finding: H(p).

    The entropies are Shannon's (1948), in bits.
    """
    answers = [_mask_doubt(prediction)]
    answers += [_grade_doubt(chances) for chances in prediction.grades.values()]
    answers += [_binary_entropy(np.array([chance]))[0] for chance in prediction.findings.values()]
    return round(float(max(answers, default=0.0)), 5)


def _mask_doubt(prediction: Prediction) -> float:
    counts = np.bincount(prediction.logits.reshape(-1), minlength=256).astype(np.float64)
    counts[: probability_to_level(RULED_OUT)] = 0.0
    total = counts.sum()
    return float(counts @ _level_entropies() / total) if total else 0.0


@cache
def _level_entropies() -> NDArray[np.float64]:
    """The binary entropy in bits of each of the 256 levels."""
    logits = np.arange(256) / 255.0 * 2 * LOGIT_LIMIT - LOGIT_LIMIT
    return _binary_entropy(1.0 / (1.0 + np.exp(-logits)))


def _binary_entropy(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(chances, 1e-12, 1.0 - 1e-12)
    return np.asarray(-p * np.log2(p) - (1.0 - p) * np.log2(1.0 - p))


def _grade_doubt(chances: Sequence[float]) -> float:
    p = np.clip(np.asarray(chances, np.float64), 1e-12, 1.0)
    return float(-(p * np.log2(p)).sum() / np.log2(len(p))) if len(p) > 1 else 0.0


def label_facts(label: Label, prediction: Prediction | None, cuts: Mapping[str, Cut]) -> LabelFacts:
    """Return areas of a label and its disagreement with the prediction at these cuts.

    The label says something of a class when its base or a late prediction gave it, or a person edited or
    confirmed it; the other classes have no area: nobody knows it. Disagreement is 1 - Dice, of each class
    that both say something of, and pooled over all their pixels; two empty masks agree (0). Only reads: what
    is painted on meanwhile gives numbers of some moment, and is asked again.
    """
    planes = label.planes
    seq, image_id = label.history.last_seq, label.key.image_id
    if planes is None:
        return LabelFacts(image_id, seq, {})
    said = _classes_said(label)
    sizes = {class_id: int(np.count_nonzero(planes.class_mask(class_id))) for class_id in said}
    pixels = planes.height * planes.width
    areas = {class_id: size / pixels for class_id, size in sizes.items()}
    if prediction is None or prediction.geometry.image_size != (planes.height, planes.width):
        return LabelFacts(image_id, seq, areas)
    single, pooled = _disagreement(label, planes, sizes, prediction, cuts)
    return LabelFacts(image_id, seq, areas, prediction.model_digest, pooled, single)


def _classes_said(label: Label) -> list[int]:
    planes = label.planes
    active = [
        item.id for item in label.schema.active_classes if planes is None or item.id // 8 < planes.pages
    ]
    if label.base.kind != "empty" or label.history.fills:
        return active
    return [class_id for class_id in active if class_id in label.own_classes]


def _disagreement(
    label: Label,
    planes: LabelPlanes,
    sizes: Mapping[int, int],
    prediction: Prediction,
    cuts: Mapping[str, Cut],
) -> tuple[dict[int, float], float | None]:
    names = {item.id: item.name for item in label.schema.active_classes}
    single: dict[int, float] = {}
    both, together = 0, 0
    for class_id, size in sizes.items():
        name = names[class_id]
        if name not in prediction.classes:
            continue
        cut = cuts.get(name, Cut())
        said = class_mask(prediction, name, cut.threshold, min_area=cut.min_area, fill_holes=cut.fill_holes)
        total = size + int(np.count_nonzero(said))
        common = int(np.count_nonzero(planes.class_mask(class_id) & said))
        single[class_id] = 1.0 - 2.0 * common / total if total else 0.0
        both, together = both + common, together + total
    if not single:
        return {}, None
    return single, 1.0 - 2.0 * both / together if together else 0.0


def summary_facts(
    summary: Mapping[str, Any], ids: Mapping[str, int]
) -> tuple[float | None, dict[int, float]]:
    """Return the uncertainty of a prediction's summary and the fraction of the image by class id.

    `ids` gives the project's class ids by name; classes that it lacks are left out.
    """
    classes: Mapping[str, Any] = summary.get("classes", {})
    fractions = {ids[name]: float(one["fraction"]) for name, one in classes.items() if name in ids}
    doubt = summary.get("uncertainty")
    return (float(doubt) if doubt is not None else None), fractions
