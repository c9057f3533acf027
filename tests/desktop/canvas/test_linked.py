import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.canvas.linked import followed, same_place
from desktop.canvas.viewport import Viewport

numbers = st.integers(200, 4000)


@given(numbers, numbers, st.floats(0.3, 8), st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_images_of_one_size_show_the_same_pixels(width, height, scale, u, v, mirrored):
    leader = (
        Viewport(width, height, 800, 600).fit().scaled_to(scale, 400, 300).centred_on(u * width, v * height)
    )
    follower = followed(leader, Viewport(width, height, 800, 600).fit(), mirrored=mirrored)
    assert follower.scale == pytest.approx(leader.scale)
    x, y = leader.to_image(400, 300)
    there = follower.to_image(400, 300)
    assert there == pytest.approx((width - x if mirrored else x, y), abs=2.5 / leader.scale)


def test_images_of_other_sizes_show_the_same_part():
    leader = Viewport(4000, 3000, 800, 600).fit().scaled_to(1.0, 400, 300).centred_on(1000, 600)
    follower = followed(leader, Viewport(2000, 1500, 800, 600).fit())
    assert follower.scale == pytest.approx(2.0)
    assert follower.to_image(400, 300) == pytest.approx((500, 300), abs=1)
    assert same_place(1000, 600, leader, follower) == (500, 300)
    assert same_place(1000, 600, leader, follower, mirrored=True) == (1500, 300)


def test_the_whole_image_is_followed_by_the_whole_image():
    leader = Viewport(4000, 3000, 800, 600).fit()
    follower = followed(leader, Viewport(900, 900, 500, 600).scaled_to(4.0, 0, 0))
    assert follower.fitted and follower.scale == follower.fit_scale


def test_a_follower_keeps_within_its_limits():
    leader = Viewport(4000, 3000, 800, 600).fit().scaled_to(64.0, 400, 300)
    follower = followed(leader, Viewport(200, 150, 400, 300).fit())
    assert follower.scale == 64.0
