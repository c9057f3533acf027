"""View settings: what is seen changes as the definitions say; the image's own pixels never do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.canvas.adjust import CHANNELS, Adjustment, ViewSettings, Window
from desktop.canvas.composer import Composer
from desktop.canvas.evening import even, evened_rgb8, wants_evening
from desktop.canvas.native import NativePyramid, windowed
from desktop.canvas.pyramid import ImagePyramid
from desktop.canvas.viewport import Viewport
from inference.images import read_rgb8
from tests.desktop.canvas.test_composer import picture


def shown(image: ImagePyramid, chosen: ViewSettings, viewport: Viewport | None = None) -> np.ndarray:
    """What a composer paints of an image, at 1:1 if nothing else is said."""
    viewport = viewport or Viewport(image.width, image.height, image.width, image.height).fit()
    composer = Composer()
    composer.set_image(image)
    composer.set_settings(chosen)
    composer.set_viewport(viewport)
    return picture(composer, viewport)


def noise(h: int = 60, w: int = 80, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (h, w, 3), dtype=np.uint8)


def test_neutral_settings_show_the_very_pixels():
    rgb = noise()
    assert ViewSettings().neutral
    assert np.array_equal(shown(ImagePyramid.build(rgb), ViewSettings()), rgb)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.2, 5))
@settings(max_examples=40, deadline=None)
def test_the_table_is_the_definition_and_never_turns_values_round(brightness, contrast, gamma):
    table = ViewSettings(brightness, contrast, gamma).table()
    v = np.arange(256) / 255
    expected = np.clip((v - 0.5) * 4**contrast + 0.5 + brightness, 0, 1) ** (1 / gamma)
    assert np.abs(table - 255 * expected).max() <= 0.5 + 1e-9
    assert (np.diff(table.astype(int)) >= 0).all()


def test_brightness_contrast_and_gamma_change_the_view_and_no_pixel():
    rgb = noise()
    image = ImagePyramid.build(rgb)
    before = [level.tobytes() for level in image.levels]
    chosen = ViewSettings(brightness=0.2, contrast=0.3, gamma=2.0)
    assert np.array_equal(shown(image, chosen), chosen.table()[rgb])
    assert [level.tobytes() for level in image.levels] == before


@pytest.mark.parametrize("channel", CHANNELS)
def test_one_channel_is_shown_as_grey(channel):
    rgb = noise()
    seen = shown(ImagePyramid.build(rgb), ViewSettings(channel=channel))
    if channel == "colour":
        assert np.array_equal(seen, rgb)
        return
    weights = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "grey": (0.299, 0.587, 0.114)}
    expected = rgb @ np.array(weights[channel], float)
    for at in range(3):
        assert np.abs(seen[..., at] - expected).max() <= 1


def test_a_window_on_eight_bits_stretches_between_black_and_white():
    rgb = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    seen = shown(ImagePyramid.build(rgb), ViewSettings(window=Window(50, 150)))[0, :, 0].astype(int)
    assert (seen[:51] == 0).all()
    assert (seen[150:] == 255).all()
    assert abs(seen[100] - 127.5) <= 1


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_a_window_works_on_native_values(kind, color):
    """Steps of one in 65,536 can be told apart, which no 8-bit image would keep."""
    values = np.tile(np.arange(1000, 1032, dtype=kind), (8, 1))
    native = np.stack([values, values + 2, values + 4], axis=2) if color else values
    image = ImagePyramid.build(np.zeros((8, 32, 3), np.uint8), NativePyramid.build(native))
    chosen = ViewSettings(window=Window(1000, 1031, np.dtype(kind).name))
    seen = shown(image, chosen)
    expected = np.clip((native.astype(float) - 1000) * 255 / 31, 0, 255)
    expected = expected if color else np.repeat(expected[..., None], 3, axis=2)
    assert np.abs(seen - expected).max() <= 0.5 + 1e-3
    assert len(np.unique(seen[..., 0])) == 32


def test_a_window_of_another_kind_of_image_is_left_out():
    rgb = noise()
    chosen = ViewSettings(window=Window(1000, 1031, "uint16"))
    assert np.array_equal(shown(ImagePyramid.build(rgb), chosen), rgb)
    native = np.full((60, 80), 1010, np.uint16)
    deep = ImagePyramid.build(rgb, NativePyramid.build(native))
    assert np.array_equal(shown(deep, ViewSettings(window=Window(0, 10, "uint8"))), rgb)
    assert (shown(deep, chosen) == round(10 * 255 / 31)).all()


@pytest.mark.parametrize("scale", [0.3, 0.5, 1.0, 1.7, 3.0, 8.0])
def test_every_scale_is_adjusted_alike(scale):
    rgb = np.full((300, 400, 3), (10, 120, 200), np.uint8)
    native = NativePyramid.build(np.full((300, 400, 3), (10, 120, 200), np.uint16))
    viewport = Viewport(400, 300, 200, 150).fit().scaled_to(scale, 50, 50)
    for image, window in ((ImagePyramid.build(rgb), None), (ImagePyramid.build(rgb, native), True)):
        chosen = ViewSettings(0.1, 0.2, 1.5, "green", window=Window(0, 255, "uint16") if window else None)
        y0, x0, y1, x1 = viewport.drawn_box()
        assert (shown(image, chosen, viewport)[y0:y1, x0:x1] == chosen.table()[120]).all()


def test_evened_levels_are_shown_when_they_are_there_and_the_image_until_then():
    ramp = np.linspace(40, 90, 256).astype(np.uint8)
    rgb = np.repeat(np.tile(ramp, (256, 1))[..., None], 3, axis=2) + noise(256, 256) // 32
    image = ImagePyramid.build(rgb)
    chosen = ViewSettings(clahe=True)
    assert wants_evening(image, chosen)
    assert np.array_equal(shown(image, chosen), rgb)
    cost = image.nbytes
    image.evened = even(image, chosen)
    assert image.nbytes > 2 * cost - 10
    assert not wants_evening(image, chosen)
    seen = shown(image, chosen)
    assert np.array_equal(seen, evened_rgb8(rgb))
    assert seen[:32, :32].std() > 1.3 * rgb[:32, :32].std(), "the dark corner has more contrast"
    assert np.array_equal(shown(image, ViewSettings()), rgb)


def test_evening_follows_the_window_of_native_values():
    native = NativePyramid.build(np.tile(np.arange(256, dtype=np.uint16) * 20 + 500, (256, 1)))
    image = ImagePyramid.build(np.zeros((256, 256, 3), np.uint8), native)
    narrow = ViewSettings(clahe=True, window=Window(500, 1000, "uint16"))
    image.evened = even(image, narrow)
    assert shown(image, narrow).max() > 100, "not the 8-bit image, which is black"
    assert not wants_evening(image, narrow)
    assert wants_evening(image, narrow.with_(window=Window(500, 2000, "uint16")))
    assert not wants_evening(image, narrow.with_(brightness=0.5)), "curves come after"


def test_float_values_that_are_no_numbers_are_black():
    values = np.array([[np.nan, 1.0, 2.0, np.inf]], np.float32)
    pyramid = NativePyramid.build(values)
    assert pyramid is not None
    assert (pyramid.low, pyramid.high) == (1.0, 2.0)
    assert windowed(pyramid.levels[0], 1.0, 2.0).tolist() == [[0, 0, 255, 0]]
    assert NativePyramid.build(np.full((4, 4), np.nan, np.float32)).own_window == (0.0, 0.0)


def test_negative_values_are_not_mirrored():
    values = np.array([[-5.0, -1.0, 0.0, 1.0]], np.float32)
    assert windowed(values, -1.0, 1.0).tolist() == [[0, 0, 128, 255]]
    deep = np.array([[0, 5, 10]], np.uint16)
    assert windowed(deep, -10.0, 10.0).tolist() == [[128, 191, 255]]


def test_eight_bit_images_keep_no_native_values_and_transparency_lies_over_black():
    assert NativePyramid.build(noise()) is None
    rgba = np.full((4, 4, 4), 40_000, np.uint16)
    rgba[..., 3] = 65535
    rgba[0, 0, 3] = 0
    native = NativePyramid.build(rgba)
    assert native.levels[0].shape == (4, 4, 3)
    assert native.levels[0][0, 0].tolist() == [0, 0, 0]
    assert native.levels[0][1, 1].tolist() == [40_000] * 3
    assert native.own_window == (0.0, 65535.0)


@pytest.mark.parametrize(
    "wrong", [{"brightness": 1.1}, {"contrast": -2}, {"gamma": 0.1}, {"gamma": 9}, {"channel": "violet"}]
)
def test_values_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError):
        ViewSettings(**wrong)
    with pytest.raises(ValueError):
        ViewSettings().with_(**wrong)


@pytest.mark.parametrize("edges", [(5, 5), (6, 5), (float("nan"), 5), (0, float("inf"))])
def test_a_window_that_is_none_is_refused(edges):
    with pytest.raises(ValueError):
        Window(*edges)


def test_native_values_of_another_size_are_refused():
    with pytest.raises(ValueError, match="are not of"):
        ImagePyramid.build(noise(10, 10), NativePyramid.build(np.zeros((10, 11), np.uint16)))


def test_adjusting_needs_no_second_look_at_the_settings():
    image = ImagePyramid.build(noise())
    assert Adjustment(ViewSettings(window=Window(0, 9, "uint16")), image).settings.neutral


@pytest.mark.real_images
def test_red_free_and_even_on_a_fundus_photograph(real_images):
    rgb = read_rgb8(real_images / "retina" / "images" / "IDRiD_01.jpg")
    image = ImagePyramid.build(rgb)
    before = rgb[::7, ::7].copy()
    viewport = Viewport(image.width, image.height, 800, 532).fit()
    plain = shown(image, ViewSettings(), viewport)
    red_free = shown(image, ViewSettings(channel="green"), viewport)
    assert np.array_equal(red_free[..., 0], plain[..., 1])
    chosen = ViewSettings(channel="green", clahe=True)
    image.evened = even(image, chosen)
    seen = shown(image, chosen, viewport)
    inside = (slice(150, 400), slice(250, 550))  # the macula and its vessels
    assert seen[inside].std() > 1.15 * red_free[inside].std(), "vessels stand out more"
    assert np.array_equal(rgb[::7, ::7], before)
