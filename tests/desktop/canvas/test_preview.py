"""The preview of a threshold is what is committed, pixel for pixel of the view."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from desktop.canvas.composer import Composer
from desktop.canvas.outlines import PredictionOutline, ProtectedHatch
from desktop.canvas.preview import ClassLevels, Preview
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.resample import sample_planes
from desktop.canvas.styles import LayerStyle
from desktop.canvas.viewport import Viewport
from desktop.project.edit import apply_patches, class_edit
from desktop.project.planes import LabelPlanes
from desktop.project.provenance import Cut
from inference.postprocess import class_mask
from inference.prediction import Geometry, Prediction, quantise

HEIGHT, WIDTH = 300, 410
CLASS = 2


@pytest.fixture(scope="module")
def prediction() -> Prediction:
    noise = np.random.default_rng(0).normal(0, 12, (52, 60)).astype(np.float32)
    logits = cv2.GaussianBlur(noise, (0, 0), 2) * 4 - 1
    return Prediction(
        "d", ("EX",), quantise(logits)[None], Geometry((HEIGHT, WIDTH), (52, 60), (4.0, 0.0, 48.0, 60.0))
    )


@pytest.fixture
def planes() -> LabelPlanes:
    """Another class all over, a painted and an erased block of the class, one painted pixel."""
    made = LabelPlanes.blank(HEIGHT, WIDTH)
    made.mask[0] = np.random.default_rng(1).integers(0, 2, (HEIGHT, WIDTH), np.uint8)
    mask, protection = np.zeros((HEIGHT, WIDTH), bool), np.zeros((HEIGHT, WIDTH), bool)
    protection[40:120, 60:200] = True
    mask[40:80, 60:200] = True
    mask[250, 301] = protection[250, 301] = True
    made.set_class(CLASS, made.whole, mask, protection)
    return made


def committed(prediction: Prediction, planes: LabelPlanes, cut: Cut) -> LabelPlanes:
    after = planes.copy()
    mask = class_mask(prediction, "EX", cut.threshold, min_area=cut.min_area, fill_holes=cut.fill_holes)
    edit = class_edit(planes, CLASS, mask, "")
    if edit is not None:
        apply_patches(after, edit.patches)
    return after


def views() -> list[Viewport]:
    fitted = Viewport(WIDTH, HEIGHT, 160, 100).fit()
    return [
        fitted,
        fitted.scaled_to(0.8, 40, 30),
        fitted.scaled_to(1.0, 80, 50),
        fitted.scaled_to(3.3, 30, 20),
    ]


@pytest.mark.parametrize("view", views(), ids=lambda one: f"{one.scale:.2f}")
@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.5, 0.83, 0.99])
def test_what_is_seen_is_what_is_committed(prediction, planes, view, threshold):
    cut = Cut(threshold)
    preview = Preview(ClassLevels.of(prediction, "EX", CLASS, planes), Cut(0.2))
    y0, x0, y1, x1 = view.drawn_box()
    box = (y0 - 2, x0 - 2, y1 + 2, x1 + 2)
    preview.bits(view, box)
    preview.cut = cut
    wanted = sample_planes(OverlayPyramid(committed(prediction, planes, cut).mask), 0, view, box)
    assert np.array_equal(preview.bits(view, box), wanted >> CLASS & 1)


def test_small_regions_and_holes_are_close(prediction, planes):
    view, cut = Viewport(WIDTH, HEIGHT, WIDTH, HEIGHT).fit(), Cut(0.35, 500, fill_holes=True)
    box = view.drawn_box()
    levels = ClassLevels.of(prediction, "EX", CLASS, planes)
    shown = Preview(levels, cut).bits(view, box)
    plain = Preview(levels, Cut(0.35)).bits(view, box)
    wanted = sample_planes(OverlayPyramid(committed(prediction, planes, cut).mask), 0, view, box) >> CLASS & 1
    assert (plain != wanted).sum() > 500 and (shown != wanted).sum() < 0.15 * (plain != wanted).sum()


def test_a_persons_pixels_are_counted_and_stay_at_every_cut(prediction, planes):
    levels = ClassLevels.of(prediction, "EX", CLASS, planes)
    assert levels.stays == 80 * 140 + 1 and levels.protected is not None
    view = Viewport(WIDTH, HEIGHT, WIDTH, HEIGHT).scaled_to(1.0, 0, 0)
    for cut in (Cut(0.01), Cut(0.99), Cut(0.5, 10**6), Cut(0.3, 0, fill_holes=True)):
        bits = Preview(levels, cut).bits(view, view.drawn_box())
        assert bits[40:80, 60:200].all() and not bits[80:120, 60:200].any() and bits[250, 301]
    assert ClassLevels.of(prediction, "EX", 1, planes).protected is None


def composed(composer: Composer, view: Viewport) -> np.ndarray:
    from PySide6.QtGui import QImage, QPainter

    canvas = QImage(view.view_width, view.view_height, QImage.Format.Format_RGB32)
    canvas.fill(0)
    painter = QPainter(canvas)
    composer.paint(painter, view.drawn_box())
    painter.end()
    return np.array(canvas.constBits()).copy()


@pytest.mark.parametrize("outline", [False, True])
def test_the_composer_shows_it_in_the_place_of_the_class_alone(qapp, prediction, planes, outline):
    view, image = views()[1], ImagePyramid.build(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    styles = {0: LayerStyle(color="#ff0000"), CLASS: LayerStyle(color="#0000ff", outline=outline)}
    made = Composer(), Composer()
    overlay = OverlayPyramid(planes.mask)
    for composer, shown in zip(made, (overlay, None), strict=True):
        composer.set_viewport(view, 2)
        composer.set_image(image)
        composer.set_styles(styles)
        composer.set_overlay(shown)
    before = composed(made[0], view)
    preview = Preview(ClassLevels.of(prediction, "EX", CLASS, planes), Cut(0.5))
    for threshold in (0.7, 0.4, 0.2):
        preview.cut = Cut(threshold)
        made[0].set_preview(preview)
        made[1].set_overlay(OverlayPyramid(committed(prediction, planes, preview.cut).mask))
        seen = composed(made[0], view)
        assert np.array_equal(seen, composed(made[1], view)) and not np.array_equal(seen, before)
    # A stroke of another class during the drag is seen at once.
    planes.mask[0, 100:200, 100:300] |= 1
    overlay.update((100, 100, 200, 300))
    made[0].update_overlay((100, 100, 200, 300))
    made[1].set_overlay(OverlayPyramid(committed(prediction, planes, preview.cut).mask))
    assert np.array_equal(composed(made[0], view), composed(made[1], view))
    made[0].set_preview(None)
    made[1].set_overlay(overlay)
    assert np.array_equal(composed(made[0], view), composed(made[1], view))


def painted(decoration, view: Viewport) -> np.ndarray:
    from PySide6.QtGui import QImage, QPainter

    canvas = QImage(view.view_width, view.view_height, QImage.Format.Format_ARGB32_Premultiplied)
    canvas.fill(0)
    painter = QPainter(canvas)
    decoration.paint(painter, view)
    painter.end()
    return np.array(canvas.constBits()).reshape(view.view_height, view.view_width, 4).copy()


def test_the_hatch_lies_on_protected_pixels_and_nowhere_else(qapp, prediction, planes):
    view = Viewport(WIDTH, HEIGHT, WIDTH, HEIGHT).scaled_to(1.0, 0, 0)
    hatch = ProtectedHatch()
    assert not painted(hatch, view).any()
    assert hatch.show(ClassLevels.of(prediction, "EX", CLASS, planes).protected)
    drawn = painted(hatch, view)[..., 3] > 0
    assert not drawn[~planes.class_protection(CLASS)].any()
    assert 0.3 < drawn[40:120, 60:200].mean() < 0.7


def test_the_outline_is_dashed_in_the_classes_colour_and_only_where_it_is_visible(qapp):
    pages = np.zeros((1, 100, 100), np.uint8)
    pages[0, 20:80, 30:70] = 1 << CLASS
    view = Viewport(100, 100, 100, 100).scaled_to(1.0, 0, 0)
    outline = PredictionOutline()
    styles = {CLASS: LayerStyle(color="#112233", opacity=0.1)}
    assert outline.show(OverlayPyramid(pages), styles)
    drawn = painted(outline, view)
    on = drawn[..., 3] > 0
    assert {tuple(pixel) for pixel in drawn[on]} == {(0x33, 0x22, 0x11, 255)}
    rim = np.zeros((100, 100), bool)
    rim[20:80, 30:70] = True
    rim[22:78, 32:68] = False
    assert not on[~rim].any() and 0.3 < on[rim].mean() < 0.7
    outline.show(None, styles)
    assert not painted(outline, view).any()
    outline.show(OverlayPyramid(pages), {CLASS: LayerStyle(visible=False)})
    assert not painted(outline, view).any()
