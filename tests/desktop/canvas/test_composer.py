"""What the composer paints, pixel by pixel, against definitions written the slow way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter

from desktop.canvas.composer import Composer
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.qimages import qimage_from_rgb8, rgb8_from_qimage
from desktop.canvas.resample import sample_planes
from desktop.canvas.styles import LayerStyle
from desktop.canvas.viewport import Viewport

STYLES = {
    0: LayerStyle(color="#FF0000", opacity=0.5, outline=True),
    1: LayerStyle(color="#00FF00", opacity=0.25),
    8: LayerStyle(color="#0000FF", outline=True, fill=False),
}


def picture(composer: Composer, viewport: Viewport, **options) -> np.ndarray:
    """Everything the composer paints over black, (H, W, 3)."""
    image = QImage(viewport.view_width, viewport.view_height, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    composer.paint(painter, viewport.drawn_box(), **options)
    painter.end()
    return rgb8_from_qimage(image)


def composer_of(rgb: np.ndarray, planes: np.ndarray, viewport: Viewport) -> tuple[Composer, OverlayPyramid]:
    overlay = OverlayPyramid(planes)
    composer = Composer()
    composer.set_image(ImagePyramid.build(rgb))
    composer.set_overlay(overlay)
    composer.set_styles(STYLES)
    composer.set_viewport(viewport, 2)
    return composer, overlay


def scene(h: int, w: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    planes = np.zeros((2, h, w), np.uint8)
    for _ in range(12):
        y, x = int(random.integers(0, h)), int(random.integers(0, w))
        size = int(random.integers(1, max(2, min(h, w) // 3)))
        planes[random.integers(0, 2), y : y + size, x : x + size] |= np.uint8(1 << random.integers(0, 3))
    return random.integers(0, 256, (h, w, 3), dtype=np.uint8), planes


scales = st.one_of(st.floats(0.02, 30), st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0, 4.0]))


@given(st.integers(1, 400), st.integers(1, 400), scales, st.integers(0, 1000), st.data())
@settings(max_examples=60, deadline=None)
def test_painting_a_box_equals_painting_everything(h, w, scale, seed, data):
    rgb, planes = scene(h, w, seed)
    viewport = Viewport(w, h, 120, 90).fit().scaled_to(scale, 60, 45)
    composer, overlay = composer_of(rgb, planes, viewport)
    picture(composer, viewport)
    for _ in range(3):
        y0, x0 = data.draw(st.integers(0, h - 1)), data.draw(st.integers(0, w - 1))
        y1, x1 = data.draw(st.integers(y0 + 1, h)), data.draw(st.integers(x0 + 1, w))
        planes[data.draw(st.integers(0, 1)), y0:y1, x0:x1] ^= np.uint8(data.draw(st.sampled_from([1, 2, 3])))
        overlay.update((y0, x0, y1, x1))
        composer.update_overlay((y0, x0, y1, x1))
    anew, _ = composer_of(rgb, planes, viewport)
    assert np.array_equal(picture(composer, viewport), picture(anew, viewport))


@given(st.integers(1, 400), st.integers(1, 400), scales, st.integers(0, 1000), st.data())
@settings(max_examples=60, deadline=None)
def test_moving_shows_what_looking_from_there_shows(h, w, scale, seed, data):
    rgb, planes = scene(h, w, seed)
    # cv2 samples at 1/32 pixel, and where an image ends within a view pixel a strip may lie a third of one
    # beside the whole. That is nothing in a picture; between two pixels of noise it would be anything.
    rgb = cv2.GaussianBlur(rgb, (0, 0), 3).reshape(rgb.shape)
    viewport = Viewport(w, h, 120, 90).fit().scaled_to(scale, 60, 45)
    composer, _ = composer_of(rgb, planes, viewport)
    picture(composer, viewport)
    for _ in range(4):
        viewport = viewport.panned(data.draw(st.integers(-70, 70)), data.draw(st.integers(-70, 70)))
        composer.set_viewport(viewport, 2)
    anew, _ = composer_of(rgb, planes, viewport)
    moved, whole = picture(composer, viewport).astype(int), picture(anew, viewport).astype(int)
    assert np.abs(moved - whole).max() <= 16
    composer.set_image(ImagePyramid.build(np.zeros_like(rgb)))
    anew.set_image(ImagePyramid.build(np.zeros_like(rgb)))
    assert np.array_equal(picture(composer, viewport), picture(anew, viewport)), "the layers are exact"


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 300), st.integers(1, 300), st.data())
@settings(max_examples=60, deadline=None)
def test_a_single_pixel_is_seen_at_fit_and_below(h, w, vh, vw, data):
    planes = np.zeros((1, h, w), np.uint8)
    planes[0, data.draw(st.integers(0, h - 1)), data.draw(st.integers(0, w - 1))] = 1
    viewport = Viewport(w, h, vw, vh).fit()
    overlay = OverlayPyramid(planes)
    assert sample_planes(overlay, 0, viewport, viewport.drawn_box()).any()
    viewport = viewport.scaled_to(0.0, 0, 0)
    assert sample_planes(overlay, 0, viewport, viewport.drawn_box()).any()


@pytest.mark.parametrize("scale", [1, 2, 3, 8, 5.3])
def test_enlarged_pixels_lie_where_the_geometry_says(scale):
    rgb, planes = scene(60, 80)
    viewport = Viewport(80, 60, 200, 150).fit().scaled_to(scale, 31, 77)
    composer, _ = composer_of(rgb, planes, viewport)
    composer.set_styles({0: LayerStyle(color="#FFFFFF", opacity=1)})
    seen = picture(composer, viewport)
    y0, x0, y1, x1 = viewport.drawn_box()
    for y in range(y0, y1, 3):
        for x in range(x0, x1, 3):
            ix, iy = (int(v) for v in viewport.to_image(x + 0.5, y + 0.5))
            iy, ix = min(iy, 59), min(ix, 79)
            if planes[0, iy, ix] & 1:
                assert (seen[y, x] == 255).all()
            elif scale > 2 or scale == 1:
                assert (seen[y, x] == rgb[iy, ix]).all()


@pytest.mark.parametrize("scale", [0.23, 0.37, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 6.0])
def test_image_and_overlay_are_aligned(scale):
    """An edge of the image and the same edge of a mask fall on the same view pixel, within half of one."""
    rgb = np.zeros((600, 800, 3), np.uint8)
    rgb[200:410, 304:511] = 255
    planes = np.zeros((1, 600, 800), np.uint8)
    planes[0, 200:410, 304:511] = 1
    viewport = Viewport(800, 600, 400, 300).fit().scaled_to(scale, 0, 0).centred_on(304, 200)
    composer, _ = composer_of(rgb, planes, viewport)
    composer.set_styles({0: LayerStyle(color="#FFFFFF", opacity=1)})
    bare = picture(composer, viewport, overlays=False)[..., 0] > 127
    masked = sample_planes(OverlayPyramid(planes), 0, viewport, viewport.drawn_box()) > 0
    y0, x0, y1, x1 = viewport.drawn_box()
    bare = bare[y0:y1, x0:x1]
    for axis in (0, 1):
        first = [int(np.flatnonzero(a.any(axis=axis))[0]) for a in (bare, masked)]
        assert abs(first[0] - first[1]) <= 1


def test_overlays_can_be_hidden_and_a_style_touches_no_plane():
    rgb, planes = scene(50, 50)
    viewport = Viewport(50, 50, 50, 50).fit()
    composer, overlay = composer_of(rgb, planes, viewport)
    before = [level.tobytes() for level in overlay.levels]
    assert np.array_equal(picture(composer, viewport, overlays=False), rgb)
    assert not np.array_equal(picture(composer, viewport), rgb)
    composer.set_styles({0: LayerStyle(visible=False)})
    assert np.array_equal(picture(composer, viewport), rgb)
    composer.set_styles({0: LayerStyle(color="#0000FF", opacity=1)})
    assert (picture(composer, viewport)[(planes[0] & 1) > 0] == (0, 0, 255)).all()
    assert [level.tobytes() for level in overlay.levels] == before


def test_an_outline_lies_inside_the_mask_and_only_there():
    planes = np.zeros((1, 40, 40), np.uint8)
    planes[0, 10:30, 10:30] = 1
    viewport = Viewport(40, 40, 40, 40).fit()
    composer, _ = composer_of(np.zeros((40, 40, 3), np.uint8), planes, viewport)
    composer.set_styles({0: LayerStyle(color="#FFFFFF", fill=False, outline=True)})
    expected = planes[0] > 0
    expected[12:28, 12:28] = False
    assert np.array_equal(picture(composer, viewport)[..., 0] > 0, expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40_000), (40_000, 1), (2, 33_001), (33_001, 7)])
@pytest.mark.parametrize("scale", [0.0, 0.4, 1.0, 1.5, 7.0])
def test_extreme_shapes_are_shown(shape, scale):
    h, w = shape
    rgb = np.full((h, w, 3), 200, np.uint8)
    planes = np.ones((1, h, w), np.uint8)
    viewport = Viewport(w, h, 300, 200).fit().scaled_to(scale, 299, 199).centred_on(w, h)
    composer, _ = composer_of(rgb, planes, viewport)
    composer.set_styles({0: LayerStyle(color="#000000", opacity=0.5)})
    y0, x0, y1, x1 = viewport.drawn_box()
    assert (picture(composer, viewport)[y0:y1, x0:x1] == 100).all()
    assert (picture(composer, viewport, overlays=False)[y0:y1, x0:x1] == 200).all()


def test_pixels_pass_between_numpy_and_qt_unchanged():
    rgb = np.random.default_rng(1).integers(0, 256, (13, 7, 3), dtype=np.uint8)
    assert np.array_equal(rgb8_from_qimage(qimage_from_rgb8(rgb)), rgb)
    with pytest.raises(ValueError):
        qimage_from_rgb8(rgb[..., 0])
