import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.project.edit import Edit, ValueChange, apply_patches, class_edit, merged, revert_patches
from desktop.project.errors import EditFormatError, PatchMismatch
from desktop.project.patch import Patch, apply, decode_patch, revert
from desktop.project.planes import LabelPlanes
from desktop.project.provenance import Base


def random_planes(seed, pages=2, height=24, width=31):
    rng = np.random.default_rng(seed)
    shape = (pages, height, width)
    return LabelPlanes(rng.integers(0, 256, shape, np.uint8), rng.integers(0, 256, shape, np.uint8))


@st.composite
def changes(draw):
    """Planes, and the same with one class changed in a box."""
    before = random_planes(draw(st.integers(0, 1000)))
    class_id = draw(st.integers(0, 15))
    y0, x0 = draw(st.integers(0, 23)), draw(st.integers(0, 30))
    box = y0, x0, draw(st.integers(y0 + 1, 24)), draw(st.integers(x0 + 1, 31))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    size = (box[2] - box[0], box[3] - box[1])
    after = before.copy()
    after.set_class(class_id, box, rng.random(size) < draw(st.sampled_from([0.0, 0.02, 0.5])))
    if draw(st.booleans()):
        after.set_class(class_id, box, None, rng.random(size) < 0.3)
    patch = Patch.between(
        class_id,
        before.whole,
        before.class_mask(class_id),
        after.class_mask(class_id),
        before.class_protection(class_id),
        after.class_protection(class_id),
    )
    return before, after, patch


@given(changes())
@settings(max_examples=150, deadline=None)
def test_a_patch_goes_there_and_back_through_bytes(change):
    before, after, patch = change
    if patch is None:
        assert before.equals(after)
        return
    read, end = decode_patch(b"xx" + patch.encode() + b"yy", 2)
    assert read == patch and end == 2 + len(patch.encode())
    planes = before.copy()
    apply(planes, read)
    assert planes.equals(after)
    revert(planes, read)
    assert planes.equals(before)


@given(changes(), st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_another_state_is_noticed_and_left_alone(change, seed):
    before, _, patch = change
    if patch is None:
        return
    other = random_planes(seed + 5000)
    kept = other.copy()
    y0, _, y1, _ = patch.box
    # Two random boxes of a few pixels may be equal by chance; then there is nothing to notice.
    if np.array_equal(
        other.class_mask(patch.class_id, patch.box), before.class_mask(patch.class_id, patch.box)
    ) and (
        np.array_equal(
            other.class_protection(patch.class_id, patch.box),
            before.class_protection(patch.class_id, patch.box),
        )
    ):
        return
    with pytest.raises(PatchMismatch, match=f"class {patch.class_id} in rows {y0} to {y1}"):
        apply(other, patch)
    assert other.equals(kept)


def test_patches_of_one_class_work_whatever_the_others_do():
    planes = random_planes(3)
    edit = class_edit(planes, 2, ~planes.class_mask(2) & ~planes.class_protection(2), "x")
    assert edit is not None
    rng = np.random.default_rng(0)
    for other in (0, 1, 3, 10):
        planes.set_class(other, planes.whole, rng.random((24, 31)) < 0.5, rng.random((24, 31)) < 0.5)
    kept = planes.copy()
    apply_patches(planes, edit.patches)
    revert_patches(planes, edit.patches)
    assert planes.equals(kept)


def test_the_box_is_trimmed_to_what_differs():
    off = np.zeros((20, 20), bool)
    on = off.copy()
    on[5, 6] = on[8, 11] = True
    patch = Patch.between(0, (100, 200, 120, 220), off, on, off, off)
    assert patch is not None and patch.box == (105, 206, 109, 212)
    assert patch.protection_xor == b"" and patch.mask_change().sum() == 2


def test_a_patch_outside_the_image_does_not_fit():
    patch = Patch(9, (0, 0, 4, 4), b"", b"", 0)
    with pytest.raises(PatchMismatch, match="outside"):
        apply(LabelPlanes.blank(10, 10, 1), patch)
    with pytest.raises(PatchMismatch, match="outside"):
        revert(LabelPlanes.blank(3, 3, 2), patch)


def test_all_patches_or_none():
    planes = LabelPlanes.blank(8, 8)
    good = class_edit(planes, 0, np.ones((8, 8), bool), "good")
    bad = class_edit(random_planes(1, 1, 8, 8), 1, np.ones((8, 8), bool), "bad")
    assert good is not None and bad is not None
    both = merged("both", (good, bad))
    with pytest.raises(PatchMismatch):
        apply_patches(planes, both.patches)
    assert planes.equals(LabelPlanes.blank(8, 8))


def test_protected_pixels_keep_what_the_person_drew():
    planes = LabelPlanes.blank(6, 6)
    drawn = np.zeros((6, 6), bool)
    drawn[:2] = True
    planes.set_class(0, planes.whole, None, drawn)
    edit = class_edit(planes, 0, np.ones((6, 6), bool), "threshold")
    assert edit is not None
    apply_patches(planes, edit.patches)
    assert np.array_equal(planes.class_mask(0), ~drawn)
    assert class_edit(planes, 0, np.ones((6, 6), bool), "again") is None
    painted = class_edit(planes, 1, drawn, "accepted", protect=True)
    assert painted is not None
    apply_patches(planes, painted.patches)
    assert np.array_equal(planes.class_protection(1), drawn)


values = st.builds(
    ValueChange, st.sampled_from(["grade:a", "finding:ü b"]), st.none() | st.text(), st.none() | st.text()
)
bases = st.none() | st.builds(
    Base,
    st.sampled_from(["empty", "prediction", "import"]),
    st.text(),
    st.dictionaries(st.text(), st.floats(0, 1)),
    st.text(),
)


@given(st.text(), st.lists(changes(), max_size=2), st.lists(values, max_size=3), bases)
@settings(max_examples=60, deadline=None)
def test_an_edit_survives_its_bytes(text, patches, changed, origin):
    edit = Edit(text, tuple(p for _, _, p in patches if p is not None), tuple(changed), origin)
    assert Edit.decode(edit.encode()) == edit


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_bytes_are_refused_with_a_sentence(data):
    mask = np.random.default_rng(0).random((24, 31)) < 0.5
    whole = class_edit(LabelPlanes.blank(24, 31), 3, mask, "x")
    assert whole is not None
    raw = whole.encode()
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    with pytest.raises(EditFormatError):
        Edit.decode(cut)
    with pytest.raises(EditFormatError):
        Edit.decode(raw + b"!")


def test_damaged_pixels_are_refused():
    patch = Patch(0, (0, 0, 4, 4), b"not zlib", b"", 0)
    with pytest.raises(EditFormatError):
        revert(LabelPlanes.blank(4, 4), patch)


def test_an_unknown_origin_is_refused():
    with pytest.raises(EditFormatError):
        Base.from_dict({"kind": "dream"})
    with pytest.raises(EditFormatError):
        Base.from_dict({"kind": "empty", "more": 1})


def test_a_dab_on_a_large_image_is_small_and_quick():
    before, after = np.zeros((41, 41), bool), np.zeros((41, 41), bool)
    rows, columns = np.mgrid[-20:21, -20:21]
    after[rows**2 + columns**2 <= 400] = True
    planes = LabelPlanes.blank(2848, 4288)
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        patch = Patch.between(0, (1000, 2000, 1041, 2041), before, after, before, after)
        assert patch is not None
        apply(planes, patch)
        revert(planes, patch)
        best = min(best, time.perf_counter() - start)
    assert len(Edit("Brush", (patch,)).encode()) < 500
    assert best < 0.01  # some 0.2 ms; the bound only catches work on the whole image
