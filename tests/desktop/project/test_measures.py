import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from desktop.project.measures import (
    Spacing,
    area_text,
    length_text,
    measure,
    pixels_text,
    share_text,
    spacing_text,
)

EIGHT = np.ones((3, 3), int)
masks = st.tuples(st.integers(1, 24), st.integers(1, 24)).flatmap(lambda shape: arrays(bool, shape))
places = st.tuples(st.floats(-40, 60, width=32), st.floats(-40, 60, width=32))


@settings(max_examples=150, deadline=None)
@given(masks, places)
def test_counts_areas_and_the_nearest_pixel_are_those_of_plain_arithmetic(mask, point):
    found = measure(mask, point)
    labels, count = ndimage.label(mask, EIGHT)
    sizes = [int((labels == n).sum()) for n in range(1, count + 1)]
    assert (found.count, found.area_px, found.largest_px) == (count, sum(sizes), max(sizes, default=0))
    assert found.share == pytest.approx(mask.mean())
    assert found.mean_px == pytest.approx(np.mean(sizes) if sizes else 0.0)
    rows, columns = np.nonzero(mask)
    if not count:
        assert found.nearest_px is None and found.nearest is None
        return
    away = np.hypot(columns + 0.5 - point[0], rows + 0.5 - point[1])
    inside = (np.abs(columns + 0.5 - point[0]) <= 0.5) & (np.abs(rows + 0.5 - point[1]) <= 0.5)
    if found.nearest_px == 0.0:
        assert inside.any() or away.min() == pytest.approx(0, abs=1e-4)
    else:
        assert found.nearest_px == pytest.approx(away.min(), rel=1e-5)
    x, y = found.nearest
    assert mask[math.floor(y), math.floor(x)]


def test_more_lesions_than_labels_of_sixteen_bits_are_all_counted():
    mask = np.zeros((700, 700), bool)
    mask[::2, ::2] = True
    found = measure(mask)
    assert (found.count, found.area_px, found.largest_px) == (350 * 350, 350 * 350, 1)
    mask[::2] = True
    assert measure(mask).count == 350


@settings(max_examples=60, deadline=None)
@given(masks)
def test_a_mask_is_measured_alike_from_all_sides(mask):
    for other in (mask[::-1], mask[:, ::-1], mask.T):
        assert measure(other) == measure(mask)


def test_the_nearest_pixel_is_nearest_in_millimetres():
    mask = np.zeros((50, 50), bool)
    mask[10, 30] = mask[25, 10] = True  # 20 px across, 15 px down from the point
    assert measure(mask, (10.5, 10.5)).nearest == (10.5, 25.5)
    found = measure(mask, (10.5, 10.5), Spacing(0.01, 0.02))
    assert found.nearest == (30.5, 10.5)
    assert found.nearest_px == 20.0


@given(places, places, st.floats(1e-3, 100))
def test_a_line_of_known_length_has_that_length_afterwards(start, end, millimetres):
    if math.dist(start, end) < 1e-3:
        return
    spacing = Spacing.of_line(start, end, millimetres)
    assert spacing.length(start, end) == pytest.approx(millimetres)
    assert spacing.length(end, start) == pytest.approx(millimetres)
    assert spacing.pixel_area == pytest.approx((millimetres / math.dist(start, end)) ** 2)


def test_what_is_no_spacing_is_refused():
    for bad in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="positive"):
            Spacing(bad, 1.0)
    with pytest.raises(ValueError, match="no length"):
        Spacing.of_line((3.0, 3.0), (3.0, 3.0), 1.5)


def test_values_are_written_as_a_person_writes_them():
    assert length_text(1.5) == "1.50 mm"
    assert length_text(0.0563) == "56.3 µm"
    assert length_text(123.4) == "123 mm"
    assert area_text(0.842) == "0.842 mm²"
    assert area_text(0.0004567) == "457 µm²"
    assert area_text(0) == "0 mm²"
    assert pixels_text(4.25) == "4.2 px" and pixels_text(7) == "7 px"
    assert pixels_text(1234567) == "1 234 567 px"
    assert share_text(0) == "0.00 %" and share_text(0.00001) == "< 0.01 %" and share_text(0.155) == "15.5 %"
    assert spacing_text(Spacing(0.00561, 0.00561)) == "1 px = 5.61 µm"
    assert spacing_text(Spacing(0.01, 0.02)) == "1 px = 10.0 × 20.0 µm"
    assert spacing_text(Spacing(0.25, 0.25)) == "1 px = 0.250 mm"
