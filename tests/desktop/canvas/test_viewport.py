from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.canvas.viewport import MAX_SCALE, Viewport

sides = st.integers(1, 40_000)
views = st.integers(1, 4_000)
moves = st.lists(
    st.one_of(
        st.tuples(st.just("zoom"), st.floats(0.05, 20), st.floats(0, 4000), st.floats(0, 4000)),
        st.tuples(st.just("pan"), st.floats(-9000, 9000), st.floats(-9000, 9000)),
        st.tuples(st.just("centre"), st.floats(-100, 50_000), st.floats(-100, 50_000)),
        st.tuples(st.just("resize"), views, views),
        st.tuples(st.just("fit")),
    ),
    max_size=12,
)


def moved(viewport: Viewport, steps: list[tuple]) -> Viewport:
    for kind, *values in steps:
        if kind == "zoom":
            viewport = viewport.zoomed(*values)
        elif kind == "pan":
            viewport = viewport.panned(*values)
        elif kind == "centre":
            viewport = viewport.centred_on(*values)
        elif kind == "resize":
            viewport = viewport.resized(*values)
        else:
            viewport = viewport.fit()
    return viewport


@given(sides, sides, views, views, moves)
def test_the_image_is_never_lost_and_never_leaves_a_gap(w, h, vw, vh, steps):
    v = moved(Viewport(w, h, vw, vh).fit(), steps)
    y0, x0, y1, x1 = v.drawn_box()
    assert 0 <= y0 < y1 <= v.view_height
    assert 0 <= x0 < x1 <= v.view_width
    for start, end, drawn, view in (
        (x0, x1, v.drawn_width, v.view_width),
        (y0, y1, v.drawn_height, v.view_height),
    ):
        if drawn <= view:
            assert end - start == drawn, "what fits is whole"
            assert abs((view - end) - start) <= 1, "and centred"
        else:
            assert (start, end) == (0, view), "what does not fit fills the view"


@given(sides, sides, views, views, moves)
def test_scales_stay_within_limits(w, h, vw, vh, steps):
    v = moved(Viewport(w, h, vw, vh).fit(), steps)
    assert v.min_scale * 0.999 <= v.scale <= MAX_SCALE * 1.001


@given(sides, sides, views, views, moves, st.floats(-50, 41_000), st.floats(-50, 41_000))
def test_to_view_and_back(w, h, vw, vh, steps, x, y):
    v = moved(Viewport(w, h, vw, vh).fit(), steps)
    back = v.to_image(*v.to_view(x, y))
    assert back == pytest.approx((x, y), rel=1e-6, abs=1e-6)


@given(views, views, st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(1.05, 6))
def test_the_point_under_the_pointer_stays_when_zooming_in(vw, vh, fx, fy, factor):
    v = Viewport(40_000, 40_000, vw, vh).fit().scaled_to(2.0, vw / 2, vh / 2)
    x, y = fx * vw, fy * vh
    before = v.to_image(x, y)
    after = v.zoomed(factor, x, y)
    assert after.to_view(*before) == pytest.approx((x, y), abs=0.51 * factor + 0.51)


def test_many_small_zooms_do_not_drift():
    v = Viewport(4288, 2848, 1600, 1000).fit().scaled_to(1.0, 800, 500)
    before = v.to_image(700, 400)
    for _ in range(100):
        v = v.zoomed(1.03, 700, 400)
        v = v.zoomed(1 / 1.03, 700, 400)
    assert v.to_image(700, 400) == pytest.approx(before, abs=1.0)


def test_fit_follows_the_size_until_someone_zooms():
    v = Viewport(400, 200, 100, 100).fit()
    assert v.scale == 0.25
    assert v.resized(200, 200).scale == 0.5
    zoomed = v.zoomed(4, 50, 50)
    assert zoomed.resized(200, 200).scale == zoomed.scale


def test_resizing_keeps_the_middle():
    v = Viewport(4000, 4000, 1000, 800).fit().scaled_to(1, 500, 400).centred_on(1200, 1500)
    w = v.resized(600, 1000)
    assert w.to_image(300, 500) == pytest.approx((1200, 1500), abs=1)


@given(sides, sides, views, views, moves, st.integers(0, 39_999), st.integers(0, 39_999))
def test_the_view_box_of_a_visible_pixel_holds_its_place(w, h, vw, vh, steps, x, y):
    v = moved(Viewport(w, h, vw, vh).fit(), steps)
    x, y = x % w, y % h
    cx, cy = v.to_view(x + 0.5, y + 0.5)
    y0, x0, y1, x1 = v.drawn_box()
    if x0 <= cx < x1 and y0 <= cy < y1:
        b = v.view_box_of((y, x, y + 1, x + 1))
        assert b[1] <= math.floor(cx) < b[3]
        assert b[0] <= math.floor(cy) < b[2]


def test_the_visible_box_of_a_fitted_image_is_all_of_it():
    assert Viewport(4288, 2848, 1600, 1000).fit().visible_box() == (0, 0, 2848, 4288)


def test_another_image_keeps_the_place_relative_to_its_size():
    v = Viewport(400, 300, 200, 200).fit().zoomed(8, 10, 10)
    assert v.with_image(400, 300) is v
    larger = v.with_image(1200, 900)
    assert larger.scale == pytest.approx(v.scale / 3)
    x, y = v.to_image(100, 100)
    assert larger.to_image(100, 100) == pytest.approx((3 * x, 3 * y), abs=1)
    assert v.fit().with_image(500, 300).fitted


@pytest.mark.parametrize(
    "bad", [(0, 1, 1, 1, 1.0), (1, 1, 0, 1, 1.0), (1, 1, 1, 1, 0.0), (1, 1, 1, 1, math.nan)]
)
def test_impossible_sizes_and_scales_are_refused(bad):
    with pytest.raises(ValueError):
        Viewport(*bad)
