"""Where a label and a prediction differ, against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.jobs.comparing import (
    BOTH,
    DIFFERENCE_STYLES,
    ONLY_LABEL,
    ONLY_PREDICTION,
    difference_of,
    prediction_overlay,
)
from desktop.project.provenance import Cut
from inference.prediction import Geometry, Prediction, quantise
from inference.schema import MaskClass, Schema


@pytest.mark.parametrize("classes", [[0], [0, 3], [9], [0, 9, 3], []])
def test_each_kind_of_pixel_is_where_the_definition_says(classes):
    random = np.random.default_rng(1)
    label = random.integers(0, 256, (2, 40, 50), dtype=np.uint8) & random.integers(
        0, 256, (2, 40, 50), np.uint8
    )
    said = random.integers(0, 256, (2, 40, 50), dtype=np.uint8) & random.integers(
        0, 256, (2, 40, 50), np.uint8
    )
    before = label.tobytes(), said.tobytes()
    found = difference_of(label, said, classes)
    expected = {kind: np.zeros((40, 50), bool) for kind in (BOTH, ONLY_LABEL, ONLY_PREDICTION)}
    for one in classes:
        a, b = (planes[one // 8] >> (one % 8) & 1 > 0 for planes in (label, said))
        expected[BOTH] |= a & b
        expected[ONLY_LABEL] |= a & ~b
        expected[ONLY_PREDICTION] |= b & ~a
    planes = found.overlay.levels[0][0]
    for kind, mask in expected.items():
        assert np.array_equal(planes >> kind & 1 > 0, mask)
    assert found.only_label == expected[ONLY_LABEL].sum()
    assert found.only_prediction == expected[ONLY_PREDICTION].sum()
    assert (label.tobytes(), said.tobytes()) == before, "neither is touched"


def test_the_prediction_is_cut_as_the_cuts_say():
    logits = np.full((1, 8, 8), -8.0, np.float32)
    logits[0, 2:6, 2:6] = 1.0  # probability 0.73
    geometry = Geometry((80, 80), (8, 8), (0, 0, 8, 8))
    prediction = Prediction("d", ("MA",), quantise(logits), geometry, {}, {})
    schema = Schema((MaskClass(0, "MA"),))
    assert prediction_overlay(prediction, schema, {"MA": Cut(0.5)}).levels[0].any()
    assert not prediction_overlay(prediction, schema, {"MA": Cut(0.9)}).levels[0].any()
    assert not prediction_overlay(prediction, schema, {"MA": Cut(0.5, min_area=5000)}).levels[0].any()


def test_the_two_colours_differ_in_lightness_too():
    from desktop.theme import contrast

    one, other = (DIFFERENCE_STYLES[kind].color for kind in (ONLY_LABEL, ONLY_PREDICTION))
    assert contrast(one, other) > 1.6
