from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desktop.project.components import Component, find_components
from desktop.project.edit import apply_patches, revert_patches
from desktop.project.explicit import (
    delete_component,
    edit_of,
    explicit_patches,
    give_component,
    keep_component,
    release_patches,
)
from desktop.project.planes import LabelPlanes

SIZE = (24, 31)
bits = arrays(np.bool_, SIZE)
quick = settings(max_examples=40, deadline=None)


def planes_of(mask: np.ndarray, protection: np.ndarray, class_id: int = 2) -> LabelPlanes:
    planes = LabelPlanes.blank(*mask.shape)
    planes.set_class(class_id, planes.whole, mask, protection)
    planes.set_class(5, planes.whole, ~mask, mask)
    return planes


@quick
@given(bits, bits, bits, bits, bits, st.booleans())
def test_what_changes_is_protected_and_nothing_else(mask, protection, after, allowed, also, limited):
    planes = planes_of(mask, protection)
    before = planes.copy()
    patches = explicit_patches(
        planes, 2, planes.whole, after, also_protect=also, allowed=allowed if limited else None
    )
    assert planes.equals(before), "planes are only read"
    apply_patches(planes, patches)
    expected = np.where(allowed, after, mask) if limited else after
    assert np.array_equal(planes.class_mask(2), expected)
    assert np.array_equal(planes.class_protection(2), protection | (mask ^ expected) | also)
    assert np.array_equal(planes.class_mask(5), ~mask)
    revert_patches(planes, patches)
    assert planes.equals(before)


def test_a_large_box_is_patched_where_it_changes_only():
    planes = LabelPlanes.blank(2000, 3000)
    after = np.zeros((2000, 3000), bool)
    after[10:14, 20:30] = after[1900:1904, 2990:3000] = True
    patches = explicit_patches(planes, 0, planes.whole, after)
    assert [patch.box for patch in patches] == [(10, 20, 14, 30), (1900, 2990, 1904, 3000)]
    apply_patches(planes, patches)
    assert np.array_equal(planes.class_mask(0), after) and np.array_equal(planes.class_protection(0), after)
    assert explicit_patches(planes, 0, planes.whole, after) == ()
    assert edit_of("Nothing", explicit_patches(planes, 0, planes.whole, after)) is None


@quick
@given(bits, bits, bits)
def test_release_takes_protection_away_and_no_pixel(mask, protection, where):
    planes = planes_of(mask, protection)
    apply_patches(planes, release_patches(planes, 2, planes.whole, where))
    assert np.array_equal(planes.class_protection(2), protection & ~where)
    apply_patches(planes, release_patches(planes, 2, planes.whole))
    assert not planes.class_protection(2).any()
    assert np.array_equal(planes.class_mask(2), mask)
    assert np.array_equal(planes.class_protection(5), mask)


def a_piece() -> tuple[LabelPlanes, Component, np.ndarray]:
    mask = np.zeros(SIZE, bool)
    mask[3:6, 4:9] = True
    other = np.zeros(SIZE, bool)
    other[15:20, 20:25] = other[5, 20] = True
    planes = planes_of(mask | other, np.zeros(SIZE, bool))
    piece = next(one for one in find_components(planes, 2) if one.seed == (3, 4))
    return planes, piece, mask


def test_keep_delete_and_give_change_one_piece_in_one_step():
    planes, piece, mask = a_piece()
    start = planes.copy()
    kept = keep_component(planes, piece, "Keep")
    apply_patches(planes, kept.patches)
    assert np.array_equal(planes.class_protection(2), mask)
    assert np.array_equal(planes.class_mask(2), start.class_mask(2))
    assert keep_component(planes, piece, "Keep") is None
    deleted = delete_component(planes, piece, "Delete")
    apply_patches(planes, deleted.patches)
    assert np.array_equal(planes.class_mask(2), start.class_mask(2) & ~mask)
    assert delete_component(planes, piece, "Delete") is None
    revert_patches(planes, deleted.patches)
    given_away = give_component(planes, piece, 5, "Give")
    assert given_away.class_ids == {2, 5}
    apply_patches(planes, given_away.patches)
    assert not (planes.class_mask(2) & mask).any()
    assert (planes.class_mask(5) | ~mask).all() and (planes.class_protection(5) | ~mask).all()
    revert_patches(planes, given_away.patches)
    revert_patches(planes, kept.patches)
    assert planes.equals(start)
    assert give_component(planes, piece, 2, "Give") is None


def test_a_missed_piece_is_taken_dismissed_or_given():
    absent = np.eye(4, dtype=bool)
    missed = Component(2, (8, 8, 12, 12), 4, (8, 8), 0.4, absent=absent)
    planes = planes_of(np.zeros(SIZE, bool), np.zeros(SIZE, bool))
    for edit, painted in (
        (keep_component(planes, missed, "Take"), {2}),
        (give_component(planes, missed, 2, "Take"), {2}),
        (delete_component(planes, missed, "Dismiss"), set()),
        (give_component(planes, missed, 3, "Give"), {3}),
    ):
        apply_patches(planes, edit.patches)
        for class_id in (2, 3):
            expected = absent if class_id in painted else np.zeros_like(absent)
            assert np.array_equal(planes.class_mask(class_id, missed.box), expected)
        assert np.array_equal(planes.class_protection(2, missed.box), absent)
        revert_patches(planes, edit.patches)
