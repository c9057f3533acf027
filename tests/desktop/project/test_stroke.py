import numpy as np
import pytest

from desktop.project.edit import apply_patches, revert_patches
from desktop.project.planes import LabelPlanes
from desktop.project.stroke import TILE, StrokeRecorder


def noisy(height=700, width=600):
    rng = np.random.default_rng(7)
    return LabelPlanes(*(rng.integers(0, 256, (2, height, width), np.uint8) for _ in range(2)))


def scribble(planes, stroke, boxes, seed=0):
    rng = np.random.default_rng(seed)
    for box in boxes:
        y0, x0, y1, x1 = stroke.touch(box)
        size = (y1 - y0, x1 - x0)
        planes.set_class(stroke.class_id, (y0, x0, y1, x1), rng.random(size) < 0.5, rng.random(size) < 0.5)


BOXES = {
    "inside one tile": [(10, 10, 40, 50)],
    "across tiles": [(TILE - 9, TILE - 9, TILE + 9, TILE + 9), (TILE - 30, 3, TILE, 90)],
    "long and thin": [(k, k * 5 // 6, k + 20, k * 5 // 6 + 20) for k in range(0, 660, 10)],
    "over the border": [(-20, -20, 15, 15), (690, 590, 800, 900)],
    "everything": [(0, 0, 700, 600)],
}


@pytest.mark.parametrize("boxes", BOXES.values(), ids=BOXES.keys())
def test_the_edit_is_exactly_what_changed(boxes):
    planes = noisy()
    before = planes.copy()
    stroke = StrokeRecorder(planes, 9)
    scribble(planes, stroke, boxes)
    after = planes.copy()
    edit = stroke.commit("Brush")
    assert edit is not None and edit.class_ids == {9} and not stroke.is_open
    revert_patches(planes, edit.patches)
    assert planes.equals(before)
    apply_patches(planes, edit.patches)
    assert planes.equals(after)


@pytest.mark.parametrize("boxes", BOXES.values(), ids=BOXES.keys())
def test_abort_gives_the_pixels_back(boxes):
    planes = noisy()
    before = planes.copy()
    stroke = StrokeRecorder(planes, 3)
    scribble(planes, stroke, boxes)
    assert stroke.abort() == stroke.dirty
    assert planes.equals(before)


def test_abort_leaves_other_classes_alone():
    planes = LabelPlanes.blank(20, 20)
    stroke = StrokeRecorder(planes, 0)
    stroke.touch(planes.whole)
    planes.set_class(0, planes.whole, np.ones((20, 20), bool))
    planes.set_class(5, planes.whole, np.ones((20, 20), bool))
    stroke.abort()
    assert not planes.class_mask(0).any() and planes.class_mask(5).all()


def test_nothing_changed_is_no_edit():
    planes = noisy(50, 50)
    stroke = StrokeRecorder(planes, 0)
    assert stroke.dirty is None and StrokeRecorder(planes, 0).commit("x") is None
    stroke.touch((0, 0, 9, 9))
    stroke.touch((60, 60, 70, 70))
    assert stroke.dirty == (0, 0, 9, 9)
    assert stroke.commit("x") is None


def test_a_long_thin_stroke_does_not_pay_for_the_box_around_it():
    planes = LabelPlanes.blank(TILE * 8, TILE * 8)
    stroke = StrokeRecorder(planes, 0)
    for at in range(0, TILE * 8 - 10, 8):
        box = stroke.touch((at, at, at + 10, at + 10))
        planes.set_class(0, box, np.ones((10, 10), bool))
    edit = stroke.commit("x")
    assert edit is not None and len(edit.patches) > 4
    assert (
        sum((y1 - y0) * (x1 - x0) for y0, x0, y1, x1 in (p.box for p in edit.patches)) < planes.mask.size / 3
    )


def test_the_pixels_from_before_can_be_looked_at():
    planes = noisy()
    before = planes.class_mask(1)
    stroke = StrokeRecorder(planes, 1)
    scribble(planes, stroke, [(240, 240, 300, 300)])
    assert np.array_equal(stroke.before((245, 250, 270, 290)), before[245:270, 250:290])


def test_nothing_can_be_touched_after_the_end():
    stroke = StrokeRecorder(noisy(20, 20), 0)
    stroke.abort()
    with pytest.raises(RuntimeError, match="has ended"):
        stroke.touch((0, 0, 5, 5))
