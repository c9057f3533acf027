from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desktop.project.components import find_components
from desktop.project.edit import apply_patches
from desktop.project.planes import LabelPlanes
from desktop.project.proposals import OPERATIONS, Operation, propose

SIZE = (22, 27)
NAMED = {one.name: one for one in OPERATIONS}
bits = arrays(np.bool_, SIZE)
quick = settings(max_examples=30, deadline=None)


def planes_of(mask: np.ndarray, protection: np.ndarray) -> LabelPlanes:
    planes = LabelPlanes.blank(*mask.shape)
    planes.set_class(3, planes.whole, mask, protection)
    return planes


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.apply], ids=lambda one: one.name)
@quick
@given(mask=bits, protection=bits, amount=st.integers(2, 6))
def test_an_operation_on_a_class_is_that_of_its_whole_mask(operation: Operation, mask, protection, amount):
    planes = planes_of(mask, protection)
    expected = operation.apply(mask, float(amount), "both")
    made = propose(planes, 3, operation, float(amount), "both", "MA")
    assert (made.edit is None) == np.array_equal(mask, expected)
    apply_patches(planes, made.edit.patches if made.edit else ())
    assert np.array_equal(planes.class_mask(3), expected)
    assert np.array_equal(planes.class_protection(3), protection | (mask ^ expected))
    assert made.added.sum() == (expected & ~mask).sum()
    assert made.removed.sum() == (mask & ~expected).sum()


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.apply], ids=lambda one: one.name)
@quick
@given(mask=bits, amount=st.integers(2, 6), data=st.data())
def test_an_operation_on_a_piece_leaves_the_others(operation: Operation, mask, amount, data):
    planes = planes_of(mask, np.zeros(SIZE, bool))
    found = find_components(planes, 3)
    if not found:
        return
    piece = data.draw(st.sampled_from(found))
    alone = np.zeros(SIZE, bool)
    y0, x0, y1, x1 = piece.box
    for row, column in zip(*np.nonzero(mask), strict=True):
        inside = y0 <= row < y1 and x0 <= column < x1
        alone[row, column] = inside and _same_piece(mask, (row, column), piece.seed)
    expected = (mask & ~alone) | operation.apply(alone, float(amount), "both")
    made = propose(planes, 3, operation, float(amount), "both", "MA", component=piece)
    apply_patches(planes, made.edit.patches if made.edit else ())
    assert np.array_equal(planes.class_mask(3), expected)


def _same_piece(mask: np.ndarray, first: tuple[int, int], second: tuple[int, int]) -> bool:
    from desktop.project.regions import piece_at

    return bool(piece_at(mask, *second)[first])


def test_release_frees_a_class_or_a_piece():
    mask = np.zeros(SIZE, bool)
    mask[2:5, 2:5] = mask[10:14, 10:14] = True
    planes = planes_of(mask, np.ones(SIZE, bool))
    piece = find_components(planes, 3)[0]
    made = propose(planes, 3, NAMED["release"], 0, "", "MA", component=piece)
    assert made.sentence == "frees 9 px" and made.edit.text == "Release protection · MA"
    apply_patches(planes, made.edit.patches)
    assert planes.class_protection(3).sum() == mask.size - 9 and np.array_equal(planes.class_mask(3), mask)
    made = propose(planes, 3, NAMED["release"], 0, "", "MA")
    apply_patches(planes, made.edit.patches)
    assert not planes.class_protection(3).any()
    assert propose(planes, 3, NAMED["release"], 0, "", "MA").sentence == "nothing changes"


def test_limits_hold_and_the_sentence_says_how_much():
    mask = np.zeros(SIZE, bool)
    mask[2:9, 2:9] = True
    mask[4, 4] = mask[6, 6] = False
    planes = planes_of(mask, np.zeros(SIZE, bool))
    assert propose(planes, 3, NAMED["fill_holes"], 0, "", "MA").sentence == "adds 2 px in 2 places"
    keep_out = np.ones(SIZE, bool)
    keep_out[4, 4] = False

    def allowed(box, class_id):
        return keep_out[box[0] : box[2], box[1] : box[3]]

    made = propose(planes, 3, NAMED["fill_holes"], 0, "", "MA", allowed=allowed)
    assert made.sentence == "adds 1 px in one place" and made.edit.text == "Fill holes · MA"
    assert propose(planes, 3, NAMED["fill_holes"], 5, "", "MA").edit.text == "Fill holes up to 5 px² · MA"
    shrunk = propose(planes, 3, NAMED["shrink"], 2.5, "", "MA")
    assert shrunk.sentence.startswith("removes") and shrunk.edit.text == "Shrink by 2.5 px · MA"
