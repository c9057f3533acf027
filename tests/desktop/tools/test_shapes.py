"""Shapes against their definition: the centre of a pixel lies inside, or it does not."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desktop.tools.shapes import (
    Region,
    ellipse_region,
    nearest_edge,
    polygon_region,
    rectangle_region,
    whole_number_path,
)

HEIGHT, WIDTH = 23, 31
number = st.one_of(
    st.floats(-12, 45), st.integers(-12, 45).map(float), st.integers(-24, 90).map(lambda n: n / 2)
)
point = st.tuples(number, number)


def whole(region: Region) -> np.ndarray:
    (y0, x0, y1, x1), mask = region
    assert 0 <= y0 <= y1 <= HEIGHT
    assert 0 <= x0 <= x1 <= WIDTH
    assert mask.shape == (y1 - y0, x1 - x0)
    assert mask.dtype == np.bool_
    canvas = np.zeros((HEIGHT, WIDTH), bool)
    canvas[y0:y1, x0:x1] = mask
    return canvas


def inside(points: list[tuple[float, float]], x: float, y: float) -> bool:
    """The even-odd rule, one edge after the other: how many lie at the left."""
    odd = False
    for edge in zip(points, points[1:] + points[:1], strict=True):
        (ax, ay), (bx, by) = sorted(edge, key=lambda end: end[1])
        if (ay <= y) != (by <= y) and ax + (y - ay) * (bx - ax) / (by - ay) <= x:
            odd = not odd
    return odd


@given(st.lists(point, min_size=0, max_size=9))
@example([(2.5, 2.5), (10.5, 2.5), (10.5, 8.5), (2.5, 8.5)])
@example([(0.0, 0.0), (20.0, 20.0), (20.0, 0.0), (0.0, 20.0)])
@settings(max_examples=150, deadline=None)
def test_a_polygon_takes_the_centres_inside(points):
    found = whole(polygon_region(points, HEIGHT, WIDTH))
    for row in range(HEIGHT):
        for column in range(WIDTH):
            expected = len(points) > 2 and inside(points, column + 0.5, row + 0.5)
            assert found[row, column] == expected, (row, column)


@given(st.lists(point, min_size=3, max_size=3), point)
@settings(max_examples=60, deadline=None)
def test_two_parts_of_a_triangle_share_no_pixel_and_leave_none_out(corners, split):
    a, b, c = corners
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    parts = [whole(polygon_region(p, HEIGHT, WIDTH)) for p in ([a, split, c], [split, b, c])]
    others = [whole(polygon_region(p, HEIGHT, WIDTH)) for p in ([a, b, split], [a, b, c])]
    # Even-odd areas add up like XOR: exact for shared edges, whatever the shape.
    assert np.array_equal(parts[0] ^ parts[1] ^ others[0], others[1])
    assert whole(polygon_region([a, middle], HEIGHT, WIDTH)).sum() == 0


@given(point, point)
@settings(max_examples=80, deadline=None)
def test_rectangle_and_ellipse(first, second):
    rows, columns = np.indices((HEIGHT, WIDTH)) + 0.5
    (left, right), (top, bottom) = sorted((first[0], second[0])), sorted((first[1], second[1]))
    box = (columns >= left) & (columns < right) & (rows >= top) & (rows < bottom)
    assert np.array_equal(whole(rectangle_region(first, second, HEIGHT, WIDTH)), box)
    found = whole(ellipse_region(first, second, HEIGHT, WIDTH))
    if not box.any():
        assert not found.any()
        return
    a, b = (right - left) / 2, (bottom - top) / 2
    away = ((columns - (left + right) / 2) / a) ** 2 + ((rows - (top + bottom) / 2) / b) ** 2
    clear = np.abs(away - 1) > 1e-9
    assert np.array_equal(found[clear], (box & (away <= 1))[clear])


def test_the_same_shape_drawn_the_other_way_round_is_the_same():
    points = [(3.2, 4.1), (25.7, 2.2), (28.9, 19.4), (12.0, 11.1), (4.4, 21.8)]
    there, back = (whole(polygon_region(p, HEIGHT, WIDTH)) for p in (points, points[::-1]))
    assert np.array_equal(there, back)
    ring = zip(points, points[1:] + points[:1], strict=True)
    area = abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in ring)) / 2
    assert abs(int(there.sum()) - area) < 10


def test_a_shape_far_outside_is_nothing():
    far = [(500.0, 500.0), (900.0, 500.0), (700.0, 900.0)]
    assert polygon_region(far, HEIGHT, WIDTH).is_empty
    assert ellipse_region(far[0], far[2], HEIGHT, WIDTH).is_empty
    assert not polygon_region([(-9.0, -9.0), (90.0, -9.0), (90.0, 90.0)], HEIGHT, WIDTH).is_empty


def test_the_nearest_edge():
    square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    assert nearest_edge(square, (5, 1), closed=True) == (0, 1.0)
    assert nearest_edge(square, (1, 5), closed=True) == (3, 1.0)
    assert nearest_edge(square, (1, 6), closed=False) == (2, 4.0)
    assert nearest_edge([(3.0, 3.0)], (5, 1), closed=False) == (-1, math.inf)
    assert nearest_edge([(3.0, 3.0), (3.0, 3.0)], (3, 5), closed=False) == (0, 2.0)


def test_a_path_of_a_window_lies_in_the_middles_of_its_pixels():
    path = whole_number_path(np.array([[[0, 0]], [[3, 1]]], np.int32), 2.0, 100.0, 50.0)
    assert path == [(101.0, 51.0), (107.0, 53.0)]
