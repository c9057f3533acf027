"""Thresholds, locks and the history in the real window, with real keys and a real mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from inference.postprocess import class_mask
from tests.desktop.session_tools import make_bundle
from tests.e2e.desk import make_folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("models") / "small", seed=1, thresholds=0.1)


@pytest.fixture
def sitting(desk, tmp_path, bundle):
    made = desk.open(make_folder(tmp_path / "eyes", 3))
    made.ready()
    made.notices()
    made.session.set_model(bundle)
    made.wait(lambda: made.session.prediction is not None, "a prediction")
    made.wait(lambda: made.session.label.base.kind == "prediction", "the label made of it")
    return made


def settled(sitting) -> None:
    sitting.wait(lambda: not sitting.session.landing.busy and sitting.session.pending == 0, "the change")


def test_keys_move_the_threshold_as_one_step_and_back_to_the_models_own(sitting) -> None:
    session = sitting.session
    sitting.press(".", ".", ".", ",")
    assert session.threshold("MA") == 0.12 and session.undo_text is None
    sitting.wait(lambda: session.undo_text == "Threshold 0.12 · MA", "the keys to rest")
    settled(sitting)
    wanted = class_mask(session.prediction, "MA", 0.12)
    assert np.array_equal(session.label.planes.class_mask(0), wanted)
    assert sitting.window.layers.rows[0].threshold.text() == ".12"
    sitting.press("Shift+T")
    settled(sitting)
    assert session.threshold("MA") == 0.1 and len(session.label.undo_texts) == 2
    sitting.press("Ctrl+Z", "Ctrl+Z")
    settled(sitting)
    assert session.undo_text is None and session.threshold("MA") == 0.1


def test_a_drag_of_the_slider_is_seen_on_the_canvas_before_it_is_kept(sitting) -> None:
    session, canvas = sitting.session, sitting.window.canvas
    slider = sitting.window.layers.details.threshold.slider
    before, planes = canvas.grab().toImage(), session.label.planes.mask.copy()
    start = QPoint(slider.width() // 10, slider.height() // 2)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(slider, QPoint(slider.width() - 8, slider.height() // 2))
    sitting.wait(lambda: session.thresholds.preview is not None, "the preview")
    sitting.hand.rest(30)
    during = canvas.grab().toImage()
    assert during != before and np.array_equal(session.label.planes.mask, planes)
    QTest.mouseRelease(
        slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 8, slider.height() // 2)
    )
    settled(sitting)
    sitting.hand.rest(30)
    assert canvas.grab().toImage() == during, "what was seen is what was kept"
    assert not np.array_equal(session.label.planes.mask, planes)


def test_digits_typed_as_a_smallest_area_grade_nothing(sitting) -> None:
    session, area = sitting.session, sitting.window.layers.details.area
    area.setFocus()
    area.selectAll()
    for key in "25":
        QTest.keyClick(sitting.window.focusWidget(), key)
    QTest.keyClick(sitting.window.focusWidget(), Qt.Key.Key_Return)
    sitting.wait(lambda: session.thresholds.cut("MA").min_area == 25, "the area")
    settled(sitting)
    assert session.label.grades == {} and session.entry.status != "corrected"
    sitting.wait(lambda: session.undo_text is not None, "one step")
    settled(sitting)


def test_painting_on_a_locked_layer_is_refused_in_one_sentence(sitting) -> None:
    sitting.press("Alt+K", "B")
    before = sitting.session.label.planes.copy()
    sitting.paint()
    assert sitting.session.label.planes.equals(before)
    sitting.notice("“MA” is locked; unlock it under Layers")
    assert sitting.session.undo_text is None and not sitting.window.canvas.gesture_active
    sitting.press("Alt+K")
    sitting.paint()
    sitting.saved()
    assert sitting.session.undo_text == "Brush · MA"


def test_the_history_is_reached_by_a_key_and_goes_anywhere(sitting) -> None:
    session = sitting.session
    sitting.press("B")
    for y in (60, 120, 180):
        sitting.paint(160, y)
    sitting.saved()
    sitting.press("Ctrl+H")
    steps = sitting.window.review.tabs.panels["history"].list
    assert steps.hasFocus()
    QTest.keyClick(steps, Qt.Key.Key_Down)
    QTest.keyClick(steps, Qt.Key.Key_Down)
    QTest.keyClick(steps, Qt.Key.Key_Space)
    settled(sitting)
    assert len(session.label.undo_texts) == 1 and len(session.label.redo_texts) == 2
    QTest.keyClick(steps, Qt.Key.Key_Up)
    QTest.keyClick(steps, Qt.Key.Key_Return)
    settled(sitting)
    assert len(session.label.undo_texts) == 2 and session.position == 0, "Return goes, and finishes nothing"
    sitting.press("Ctrl+Shift+Z")
    settled(sitting)
    assert len(session.label.undo_texts) == 3
