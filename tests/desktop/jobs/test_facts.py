"""Numbers for lists: doubt of a prediction, areas and disagreement of a label, against plain sums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from desktop.jobs.compose import predicted_pages, summary
from desktop.jobs.facts import label_facts, summary_facts, uncertainty
from desktop.project.label import Label, LabelKey
from desktop.project.provenance import Base, Cut
from inference.prediction import Geometry, Prediction, quantise
from inference.schema import MaskClass, Schema

SCHEMA = Schema((MaskClass(0, "MA"), MaskClass(3, "HE")))
SIZE = (40, 60)


def predicted(chances: dict[str, np.ndarray], **values: object) -> Prediction:
    logits = [np.log(p / (1 - p)) for p in (np.clip(one, 1e-4, 1 - 1e-4) for one in chances.values())]
    levels = quantise(np.stack(logits).astype(np.float32)) if logits else np.zeros((0, *SIZE), np.uint8)
    geometry = Geometry(SIZE, SIZE, (0.0, 0.0, float(SIZE[0]), float(SIZE[1])))
    return Prediction("d" * 64, tuple(chances), levels, geometry, **values)


def block(p: float, rows: int, columns: int) -> np.ndarray:
    made = np.full(SIZE, 1e-4)
    made[:rows, :columns] = p
    return made


def entropy(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_doubt_does_not_depend_on_how_large_the_doubtful_region_is() -> None:
    for rows in (2, 20):
        assert uncertainty(predicted({"MA": block(0.5, rows, 10)})) == pytest.approx(1.0, abs=0.01)
    half = predicted({"MA": block(0.9, 4, 10), "HE": block(0.5, 4, 10)})
    assert uncertainty(half) == pytest.approx((entropy(0.9) + 1) / 2, abs=0.02)
    assert uncertainty(predicted({"MA": block(0.999, 9, 9)})) < 0.02
    assert uncertainty(predicted({"MA": block(1e-4, 1, 1)})) == 0.0


def test_the_most_doubtful_answer_counts() -> None:
    sure = {"MA": block(0.999, 9, 9)}
    assert uncertainty(predicted(sure, grades={"severity": (0.25, 0.25, 0.25, 0.25)})) == pytest.approx(1.0)
    assert uncertainty(predicted({}, grades={"severity": (1.0, 0.0)})) == pytest.approx(0.0, abs=1e-6)
    assert uncertainty(predicted({}, findings={"DME": 0.3})) == pytest.approx(entropy(0.3), abs=1e-4)
    assert uncertainty(predicted({})) == 0.0
    said = summary(predicted(sure, findings={"DME": 0.5}), {})
    assert said["uncertainty"] == 1.0
    doubt, fractions = summary_facts(said, {"MA": 5, "HE": 3})
    assert doubt == 1.0 and fractions == {5: pytest.approx(81 / 2400)}
    assert summary_facts({"classes": {}}, {}) == (None, {})


def label_of(prediction: Prediction | None) -> Label:
    label = Label(LabelKey("x", "ann"), SCHEMA)
    label.ensure_planes(*SIZE)
    if prediction is not None:
        label.set_base(predicted_pages(prediction, SCHEMA, {}), Base("prediction", prediction.model_digest))
    return label


def paint(label: Label, class_id: int, rows: int, columns: int) -> None:
    stroke = label.begin_stroke(class_id)
    box = stroke.touch((0, 0, rows, columns))
    inside = np.ones((rows, columns), bool)
    label.planes.set_class(class_id, box, inside, inside)
    label.record(stroke.commit("Brush"))


def test_disagreement_is_one_minus_dice_per_class_and_pooled() -> None:
    prediction = predicted({"MA": block(0.9, 10, 10), "HE": block(0.9, 20, 10)})
    label = label_of(prediction)
    agreed = label_facts(label, prediction, {})
    assert agreed.disagreement == 0.0 and agreed.disagreements == {0: 0.0, 3: 0.0}
    paint(label, 0, 10, 30)
    facts = label_facts(label, prediction, {})
    assert facts.areas == {0: 300 / 2400, 3: 200 / 2400}
    assert facts.disagreements == {0: pytest.approx(1 - 200 / 400), 3: 0.0}
    assert facts.disagreement == pytest.approx(1 - 2 * (100 + 200) / (100 + 300 + 200 + 200))
    assert (facts.seq, facts.model_digest) == (1, "d" * 64)
    # At a cut that nothing passes, the label disagrees with an empty mask.
    cut = label_facts(label, prediction, {"MA": Cut(0.95), "HE": Cut(0.95)})
    assert cut.disagreements == {0: 1.0, 3: 1.0}


def test_what_a_label_says_nothing_of_has_no_area() -> None:
    label = label_of(None)
    assert label_facts(label, None, {}).areas == {}
    paint(label, 3, 12, 20)
    facts = label_facts(label, None, {})
    assert facts.areas == {3: 0.1} and facts.disagreement is None
    label.confirmed_classes.add(0)
    assert label_facts(label, None, {}).areas == {0: 0.0, 3: 0.1}
    both = label_facts(label, predicted({"MA": block(1e-4, 1, 1)}), {})
    assert both.disagreements == {0: 0.0} and both.disagreement == 0.0, "two empty masks agree"
