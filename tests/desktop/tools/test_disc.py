from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.tools.disc import _by_distance, covered, covered_pieces
from tests.desktop.tools.desk import capsule, disc

SHAPE = (90, 110)
points = st.tuples(st.floats(20, 85), st.floats(20, 65))


def placed(pieces) -> np.ndarray:
    canvas = np.zeros(SHAPE, bool)
    for (y0, x0, y1, x1), mask in pieces:
        assert mask.shape == (y1 - y0, x1 - x0)
        canvas[y0:y1, x0:x1] |= mask
    return canvas


@given(points, st.floats(0.5, 15))
@settings(deadline=None)
def test_a_dab_is_a_disc_and_never_nothing(point, radius):
    mine = placed([covered(point, point, radius)])
    assert np.array_equal(mine, disc(SHAPE, *point, radius))
    assert mine[int(point[1]), int(point[0])]


@given(points, points, st.floats(1.0, 12))
@settings(max_examples=30, deadline=None)
def test_a_segment_is_the_union_of_its_discs(start, end, radius):
    mine, discs = placed([covered(start, end, radius)]), capsule(SHAPE, start, end, radius)
    assert not (discs & ~mine).any()
    # What the discs of the reference miss lies between two of them: less than a hundredth of a pixel.
    assert not (mine & ~capsule(SHAPE, start, end, radius + 0.02)).any()


@given(points, points, st.floats(0.5, 12))
@settings(max_examples=50, deadline=None)
def test_pieces_cover_the_same(start, end, radius):
    whole, pieces = placed([covered(start, end, radius)]), placed(covered_pieces(start, end, radius))
    extra = pieces & ~whole
    assert not (whole & ~pieces).any()
    assert extra.sum() <= 2, "only the pixel under the joint of two pieces"


def test_a_long_thin_segment_costs_what_it_covers():
    boxes = [box for box, _ in covered_pieces((0, 0), (3000, 3000), 1)]
    assert sum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes) < 400_000
    assert boxes[0][:2] == (-1, -1)
    assert boxes[-1][2:] == (3002, 3002)


@pytest.mark.parametrize("radius", [0, -1, float("nan")])
def test_a_radius_is_positive(radius):
    with pytest.raises(ValueError, match="radius"):
        covered((1, 1), (1, 1), radius)


@given(
    st.tuples(st.floats(-40, 300), st.floats(-40, 300)),
    st.tuples(st.floats(-200, 200), st.floats(-200, 200)),
    st.floats(24.5, 90),
)
@settings(max_examples=60, deadline=None)
def test_a_large_brush_covers_what_the_distances_say(start, way, radius):
    end = start[0] + way[0], start[1] + way[1]
    box, mask = covered(start, end, radius)
    wanted, near = (_by_distance(start, end, radius + reach, box) for reach in (0.0, 1e-6))
    sure = _by_distance(start, end, radius - 1e-6, box)
    assert not (sure & ~mask).any() and not (mask & ~near).any()
    assert (mask ^ wanted).sum() <= (near & ~sure).sum()
