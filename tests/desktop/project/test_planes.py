import numpy as np
import pytest

from desktop.project.planes import LabelPlanes, clip_box, union_box


def test_a_class_never_touches_another_one():
    rng = np.random.default_rng(1)
    planes = LabelPlanes(rng.integers(0, 256, (2, 9, 7), np.uint8), rng.integers(0, 256, (2, 9, 7), np.uint8))
    before = planes.copy()
    planes.set_class(11, (2, 1, 8, 6), np.ones((6, 5), bool), np.zeros((6, 5), bool))
    assert planes.class_mask(11, (2, 1, 8, 6)).all()
    assert not planes.class_protection(11, (2, 1, 8, 6)).any()
    for other in set(range(16)) - {11}:
        assert np.array_equal(planes.class_mask(other), before.class_mask(other))
        assert np.array_equal(planes.class_protection(other), before.class_protection(other))
    outside = planes.class_mask(11) != before.class_mask(11)
    outside[2:8, 1:6] = False
    assert not outside.any()


def test_values_of_another_size_are_refused():
    with pytest.raises(ValueError, match="pixels inside the image"):
        LabelPlanes.blank(5, 5).set_class(0, (0, 0, 9, 9), np.ones((9, 9), bool))


def test_planes_must_match():
    with pytest.raises(ValueError, match="must both be"):
        LabelPlanes(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        LabelPlanes(np.zeros((1, 2, 2), bool), np.zeros((1, 2, 2), bool))


def test_pages_are_added_and_never_taken():
    planes = LabelPlanes.blank(3, 4)
    planes.set_class(7, planes.whole, np.ones((3, 4), bool))
    grown = planes.with_pages(2)
    assert grown.pages == 2 and grown.class_mask(7).all() and not grown.class_mask(8).any()
    assert grown.with_pages(1) is grown


def test_boxes():
    assert clip_box((-3, -4, 100, 5), 10, 20) == (0, 0, 10, 5)
    assert clip_box((30, 30, 40, 40), 10, 20) == (10, 20, 10, 20)
    assert union_box((1, 2, 3, 4), (0, 3, 2, 9)) == (0, 2, 3, 9)
