from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from desktop.project.components import (
    Component,
    component_at,
    component_mask,
    component_of,
    find_candidates,
    find_components,
    still_missed,
    update_components,
    walk_order,
)
from desktop.project.planes import LabelPlanes
from inference.prediction import Geometry, Prediction, quantise
from tests.desktop.project.test_regions import pieces

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=16))
quick = settings(max_examples=60, deadline=None)


def planes_of(mask: np.ndarray, class_id: int = 1, protection: np.ndarray | None = None) -> LabelPlanes:
    planes = LabelPlanes.blank(*mask.shape)
    planes.set_class(class_id, planes.whole, mask, protection)
    return planes


def prediction_of(probability: np.ndarray, size: tuple[int, int], name: str = "MA") -> Prediction:
    logits = np.log(probability / (1 - probability))
    geometry = Geometry(size, probability.shape, (0.0, 0.0, *map(float, probability.shape)))
    return Prediction("digest", (name,), quantise(logits)[None], geometry)


@quick
@given(masks, st.data())
def test_every_piece_once_with_box_area_seed_doubt_and_decision(mask, data):
    levels = data.draw(arrays(np.uint8, mask.shape))
    protection = data.draw(arrays(np.bool_, mask.shape))
    planes = planes_of(mask, protection=protection)
    planes.set_class(0, planes.whole, ~mask, None)
    probability = 1 / (1 + np.exp(8 - levels * (16 / 255)))
    found = find_components(planes, 1, levels)
    expected = {}
    for piece in pieces(mask, diagonal=True):
        rows, columns = np.array(sorted(piece)).T
        box = (int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
        doubt = float((1 - probability[rows, columns]).mean())
        expected[min(piece)] = (box, len(piece), doubt, bool(protection[rows, columns].all()))
    assert {one.seed for one in found} == set(expected)
    for one in found:
        box, area, doubt, decided = expected[one.seed]
        assert (one.class_id, one.box, one.area, one.decided, one.missed) == (1, box, area, decided, False)
        assert one.doubt == pytest.approx(doubt, abs=1e-5)
        shown = np.zeros_like(mask)
        shown[box[0] : box[2], box[1] : box[3]] = component_mask(planes, one)
        there = component_at(planes, 1, *one.seed)
        assert there is not None and there[0] == box
        assert np.array_equal(there[1], component_mask(planes, one))
        assert shown.sum() == area and (shown & ~mask).sum() == 0
    assert len(find_components(planes, 1)) == len(found)
    assert all(one.doubt is None for one in find_components(planes, 1))


@quick
@given(masks, st.data())
def test_following_a_change_finds_what_looking_again_finds(mask, data):
    planes = planes_of(mask)
    known = find_components(planes, 1)
    y0 = data.draw(st.integers(0, mask.shape[0] - 1))
    x0 = data.draw(st.integers(0, mask.shape[1] - 1))
    y1 = data.draw(st.integers(y0 + 1, mask.shape[0]))
    x1 = data.draw(st.integers(x0 + 1, mask.shape[1]))
    box = (y0, x0, y1, x1)
    planes.set_class(1, box, data.draw(arrays(np.bool_, (y1 - y0, x1 - x0))))
    assert update_components(known, planes, 1, box) == tuple(
        sorted(find_components(planes, 1), key=lambda one: one.seed)
    )


def test_missed_pieces_lie_between_half_the_threshold_and_the_label():
    probability = np.full((16, 16), 0.01)
    probability[2:5, 2:5] = 0.9  # in the label
    probability[8:11, 2:5] = 0.3  # just below the threshold
    probability[8:11, 9:12] = 0.2  # too low
    probability[2:5, 9:12] = 0.4  # decided: erased by a person
    probability[12:15, 12:15] = 0.35
    prediction = prediction_of(probability, (64, 64))
    planes = LabelPlanes.blank(64, 64)
    planes.set_class(1, (8, 8, 20, 20), np.ones((12, 12), bool))
    planes.protection[0, 10, 40] = 2
    candidates = find_candidates(prediction, "MA", 1, 0.5)
    assert [one.doubt for one in candidates] == sorted((one.doubt for one in candidates), reverse=True)
    missed = still_missed(candidates, planes)
    assert [one.missed for one in missed] == [True, True]
    first, second = missed
    assert first.doubt == pytest.approx(0.33, abs=0.03) and second.doubt == pytest.approx(0.29, abs=0.03)
    assert first.box[0] >= 46 and second.box[0] >= 30 and second.box[3] <= 22
    assert np.array_equal(component_mask(planes, first), first.absent)
    assert not still_missed(candidates, planes_of(np.ones((64, 64), bool)))


def test_a_speck_far_below_a_network_pixel_is_no_candidate():
    probability = np.full((8, 8), 0.01)
    probability[4, 4] = 0.26
    assert find_candidates(prediction_of(probability, (64, 64)), "MA", 1, 0.5) == ()
    probability[4, 4] = 0.6
    assert len(find_candidates(prediction_of(probability, (64, 64)), "MA", 1, 0.5)) == 1
    assert find_candidates(prediction_of(np.full((8, 8), 0.01), (64, 64)), "MA", 1, 0.5) == ()


def test_the_walk_begins_with_the_most_doubtful_or_else_with_the_smallest():
    def one(area: int, doubt: float | None, row: int = 0) -> Component:
        return Component(0, (row, 0, row + 1, 1), area, (row, 0), doubt)

    assert [c.doubt for c in walk_order([one(1, 0.1), one(2, 0.6), one(3, 0.4)])] == [0.6, 0.4, 0.1]
    assert [c.area for c in walk_order([one(5, None), one(2, None), one(3, None)])] == [2, 3, 5]
    assert [c.seed[0] for c in walk_order([one(2, 0.5, 7), one(2, 0.5, 3)])] == [3, 7]


def test_a_piece_is_found_again_when_it_grew_and_not_when_it_is_gone():
    mask = np.zeros((20, 20), bool)
    mask[5:9, 5:9] = True
    before = find_components(planes_of(mask), 1)[0]
    mask[4:9, 6:12] = True
    grown = find_components(planes_of(mask), 1)
    assert component_of(grown, before) == grown[0]
    mask[:] = False
    mask[15, 15] = True
    assert component_of(find_components(planes_of(mask), 1), before) is None
