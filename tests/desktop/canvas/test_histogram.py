"""Counts of an image's native values."""

from __future__ import annotations

import numpy as np

from desktop.canvas.histogram import histogram_of
from desktop.canvas.native import NativePyramid
from desktop.canvas.pyramid import ImagePyramid


def test_eight_bits_have_a_bin_a_value():
    rgb = np.zeros((10, 20, 3), np.uint8)
    rgb[..., 0], rgb[:5, :, 1], rgb[..., 2] = 255, 7, 31
    histogram = histogram_of(ImagePyramid.build(rgb))
    assert histogram.counts.shape == (3, 256)
    assert histogram.counts[0, 255] == 200
    assert (histogram.counts[1, 0], histogram.counts[1, 7]) == (100, 100)
    assert histogram.counts[2, 31] == 200
    assert (histogram.low, histogram.high, histogram.own) == (0, 255, (0, 255))


def test_grey_is_counted_once():
    rgb = np.repeat(np.arange(200, dtype=np.uint8).reshape(10, 20, 1), 3, axis=2)
    assert histogram_of(ImagePyramid.build(rgb)).counts.shape == (1, 256)


def test_sixteen_bits_are_counted_over_what_they_have():
    native = np.linspace(300, 3300, 5000).astype(np.uint16).reshape(50, 100)
    image = ImagePyramid.build(np.zeros((50, 100, 3), np.uint8), NativePyramid.build(native))
    histogram = histogram_of(image)
    assert (histogram.low, histogram.high, histogram.kind) == (300, 3300, "uint16")
    assert histogram.own == (0, 4095), "what the image shows by itself"
    assert histogram.counts.sum() == 5000
    low, high = histogram.between(0.1)
    assert abs(low - 600) < 30
    assert abs(high - 3000) < 30


def test_a_flat_image_still_has_a_range():
    image = ImagePyramid.build(
        np.zeros((9, 9, 3), np.uint8), NativePyramid.build(np.full((9, 9), 5, np.uint16))
    )
    low, high = histogram_of(image).between(0.005)
    assert low < high


def test_a_large_image_is_counted_on_a_coarse_level():
    rgb = np.zeros((1500, 2000, 3), np.uint8)
    assert histogram_of(ImagePyramid.build(rgb)).counts.sum() == 750 * 1000
