from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid, level_for


def or_half(plane: np.ndarray) -> np.ndarray:
    """The definition, pixel by pixel."""
    h, w = plane.shape
    half = np.zeros(((h + 1) // 2, (w + 1) // 2), np.uint8)
    for y in range(h):
        for x in range(w):
            half[y // 2, x // 2] |= plane[y, x]
    return half


@given(st.integers(1, 150), st.integers(1, 150), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_overlay_levels_are_the_or_of_two_by_two(h, w, seed):
    planes = (np.random.default_rng(seed).integers(0, 256, (2, h, w)) * (np.arange(w) % 3 == 0)).astype(
        np.uint8
    )
    pyramid = OverlayPyramid(planes)
    assert pyramid.levels[0] is planes
    for finer, coarser in zip(pyramid.levels, pyramid.levels[1:], strict=False):
        for page in range(2):
            assert np.array_equal(coarser[page], or_half(finer[page]))
    assert max(pyramid.levels[-1].shape[1:]) <= 64


@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.lists(st.tuples(*[st.integers(-20, 320)] * 4, st.integers(0, 255)), min_size=1, max_size=5),
)
@settings(max_examples=40, deadline=None)
def test_updating_a_box_equals_building_anew(h, w, boxes):
    planes = np.zeros((1, h, w), np.uint8)
    pyramid = OverlayPyramid(planes)
    for y0, x0, y1, x1, value in boxes:
        planes[0, max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = value
        pyramid.update((y0, x0, y1, x1))
    for mine, anew in zip(pyramid.levels, OverlayPyramid(planes).levels, strict=True):
        assert np.array_equal(mine, anew)


def test_a_single_pixel_is_in_every_level():
    planes = np.zeros((1, 1001, 2003), np.uint8)
    planes[0, 777, 1501] = 4
    for level, array in enumerate(OverlayPyramid(planes).levels):
        assert array[0, 777 >> level, 1501 >> level] == 4
        assert np.count_nonzero(array) == 1


def test_image_levels_are_means_and_odd_sides_are_repeated():
    image = np.random.default_rng(0).integers(0, 256, (131, 77, 3), dtype=np.uint8)
    pyramid = ImagePyramid.build(image)
    assert (pyramid.width, pyramid.height) == (77, 131)
    assert [level.shape[:2] for level in pyramid.levels] == [(131, 77), (66, 39), (33, 20)]
    even = np.pad(image, ((0, 1), (0, 1), (0, 0)), mode="edge").astype(float)
    mean = even.reshape(66, 2, 39, 2, 3).mean(axis=(1, 3))
    assert np.abs(pyramid.levels[1] - mean).max() <= 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 40_001), (40_001, 3), (64, 64), (65, 1)])
def test_thin_long_and_tiny_images(shape):
    image = np.full((*shape, 3), 130, np.uint8)
    pyramid = ImagePyramid.build(image)
    assert max(pyramid.levels[-1].shape[:2]) <= 64
    assert all((level == 130).all() for level in pyramid.levels)
    planes = np.zeros((1, *shape), np.uint8)
    planes[0, -1, -1] = 1
    assert all(level[0, -1, -1] == 1 for level in OverlayPyramid(planes).levels)


def test_bytes_are_counted():
    image = np.zeros((256, 256, 3), np.uint8)
    assert ImagePyramid.build(image).nbytes == 3 * (256**2 + 128**2 + 64**2)
    assert OverlayPyramid(np.zeros((2, 256, 256), np.uint8)).nbytes == 2 * (128**2 + 64**2)


def test_other_arrays_are_refused():
    for image in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.uint16)):
        with pytest.raises(ValueError, match="display image"):
            ImagePyramid.build(image)
    for planes in (np.zeros((4, 4), np.uint8), np.zeros((1, 4, 4), bool), np.zeros((1, 0, 4), np.uint8)):
        with pytest.raises(ValueError, match="Mask planes"):
            OverlayPyramid(planes)


@pytest.mark.parametrize(
    ("scale", "level"), [(4, 0), (1, 0), (0.51, 0), (0.5, 1), (0.3, 1), (0.25, 2), (0.001, 5)]
)
def test_the_level_has_one_to_two_pixels_a_view_pixel(scale, level):
    assert level_for(scale, 6) == level
