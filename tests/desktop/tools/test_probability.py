"""The probability brush and the painting limits of strokes, by real mouse and key events."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.tools.brush import BrushTool
from desktop.tools.eraser import EraserTool
from desktop.tools.probability import ProbabilityBrushTool, levels_in
from inference.postprocess import class_mask
from inference.prediction import Geometry, Prediction, probability_to_level
from tests.desktop.tools.desk import RIGHT, disc

SIZE = (300, 400)


def prediction(seed: int = 0, **geometry) -> Prediction:
    """Smooth levels of two classes at a tenth of the image's resolution."""
    coarse = np.random.default_rng(seed).normal(0, 1, (2, 30, 40))
    smooth = coarse + np.roll(coarse, 1, 1) + np.roll(coarse, 1, 2) + np.roll(coarse, (1, 1), (1, 2))
    levels = np.clip(128 + 60 * smooth, 0, 255).astype(np.uint8)
    placed = {"image_size": SIZE, "network_size": (30, 40), "content": (0.0, 0.0, 30.0, 40.0)} | geometry
    return Prediction("d" * 64, ("MA", "HE"), levels, Geometry(**placed))


def agrees(found: np.ndarray, mask: np.ndarray, levels: np.ndarray, cut: int, rounding: float = 0.6) -> bool:
    """Whether two masks are the same, but for pixels whose level lies within a rounding of the cut."""
    return not ((found != mask) & (np.abs(levels - (cut - 0.5)) > rounding)).any()


@pytest.fixture
def brush(desk) -> ProbabilityBrushTool:
    desk.prediction = prediction()
    desk.brush_radius = 40.0
    desk.view.set_tool(ProbabilityBrushTool(desk))
    return desk.view.tool


@given(
    st.sampled_from(
        [
            {},
            {"content": (3.0, 0.0, 27.0, 40.0)},
            {"content": (-2.5, -4.0, 33.1, 44.7), "source": (30, 45, 280, 390)},
            {"source": (100, 100, 200, 250), "content": (-15.0, -20.0, 45.0, 60.0)},
        ]
    ),
    st.floats(0.05, 0.95),
    st.tuples(st.integers(0, 250), st.integers(0, 350), st.integers(1, 120), st.integers(1, 120)),
)
@settings(max_examples=40, deadline=None)
def test_levels_in_a_box_are_those_of_the_whole_mask(geometry, threshold, place):
    said = prediction(1, **geometry)
    y0, x0, height, width = place
    box = (y0, x0, min(y0 + height, 300), min(x0 + width, 400))
    levels, cut = levels_in(said, "HE", box), probability_to_level(threshold)
    mask = class_mask(said, "HE", threshold)[box[0] : box[2], box[1] : box[3]]
    assert levels.shape == mask.shape
    # OpenCV rounds places to 1/32 of a network pixel when the window is not whole.
    assert agrees(levels >= cut - 0.5, mask, levels, cut, 5.0 if geometry else 0.6)


def test_it_paints_only_where_the_model_gives_enough(desk, brush):
    desk.drag((150, 140), (230, 160))
    tip = np.zeros(SIZE, bool)
    for t in np.linspace(0, 1, 200):
        tip |= disc(SIZE, 150.5 + 80 * t, 140.5 + 20 * t, 40)
    sure = class_mask(desk.prediction, "MA", 0.5)
    levels = levels_in(desk.prediction, "MA", (0, 0, *SIZE))
    assert (tip & ~sure).sum() > 500
    assert (tip & sure).sum() > 500
    cut = probability_to_level(0.5)
    assert agrees(desk.mask(), tip & sure, np.where(tip, levels, cut - 0.5), cut)
    assert np.array_equal(desk.protection(), desk.mask())
    assert [edit.text for edit in desk.edits] == ["Probability brush · Microaneurysm"]
    desk.undo()
    assert not desk.mask().any()


def test_right_button_erases_only_where_it_gives_less(desk, brush):
    planes = desk.label.planes
    planes.set_class(0, planes.whole, np.ones(SIZE, bool))
    desk.drag((200, 150), button=RIGHT)
    tip, sure = disc(SIZE, 200.5, 150.5, 40), class_mask(desk.prediction, "MA", 0.5)
    levels, cut = levels_in(desk.prediction, "MA", (0, 0, *SIZE)), probability_to_level(0.5)
    assert agrees(desk.mask(), ~(tip & ~sure), levels, cut)
    assert desk.mask()[tip].any()
    assert not desk.mask()[tip].all()
    assert desk.edits[-1].text == "Probability brush erased · Microaneurysm"


def test_the_probability_begins_at_the_threshold_and_is_kept_for_each_class(desk, brush):
    desk.threshold = lambda name: {"MA": 0.3, "HE": 0.6}[name]
    assert brush.value("probability") == 0.3
    QTest.keyClick(desk.view, Qt.Key.Key_BraceRight, Qt.KeyboardModifier.ShiftModifier)
    assert brush.value("probability") == pytest.approx(0.35)
    desk.class_id = 1
    assert brush.value("probability") == 0.6
    QTest.keyClick(desk.view, Qt.Key.Key_BraceLeft, Qt.KeyboardModifier.ShiftModifier)
    assert brush.value("probability") == pytest.approx(0.55)
    desk.class_id = 0
    assert brush.value("probability") == pytest.approx(0.35)
    brush.set_value("size", 12)
    assert desk.brush_radius == 12
    assert brush.ring_radius == 12


@pytest.mark.parametrize(("class_id", "words"), [(0, "not read this image"), (9, "does not know this class")])
def test_without_a_prediction_it_says_so(desk, brush, class_id, words):
    desk.class_id = class_id
    if class_id == 0:
        desk.prediction = None
    desk.drag((150, 140), (230, 160))
    assert words in desk.said[-1]
    assert desk.edits == []
    assert not desk.view.gesture_active


def test_escape_gives_a_stroke_up(desk, brush):
    desk.drag((150, 140), (230, 160), release=False)
    assert desk.mask().any()
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert not desk.mask().any()
    assert not desk.protection().any()
    assert desk.edits == []


@pytest.mark.parametrize("kind", [BrushTool, EraserTool])
@pytest.mark.parametrize("inside", [True, False])
def test_strokes_honour_the_limits(desk, kind, inside):
    planes = desk.label.planes
    left = np.zeros(SIZE, bool)
    left[:, :200] = True
    planes.set_class(1, planes.whole, left)
    begun = np.full(SIZE, kind is EraserTool)
    planes.set_class(0, planes.whole, begun)
    desk.limits.set(*((frozenset({1}), frozenset()) if inside else (frozenset(), frozenset({1}))))
    desk.brush_radius = 20.0
    desk.view.set_tool(kind(desk))
    desk.drag((200, 150))
    changed = disc(SIZE, 200.5, 150.5, 20) & (left if inside else ~left)
    assert np.array_equal(desk.mask(), begun ^ changed)
    assert np.array_equal(desk.protection(), changed)
