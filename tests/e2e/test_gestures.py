"""Gestures of many presses in the real window: leaving an image or finishing it keeps what is drawn."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.e2e.desk import Sitting, make_folder

CORNERS = ((60, 40), (200, 50), (180, 180), (70, 160))


@pytest.fixture
def sitting(desk, tmp_path) -> Sitting:
    made = desk.open(make_folder(tmp_path / "eyes", 3))
    made.ready()
    return made


def click(sitting: Sitting, *points: tuple[float, float]) -> None:
    canvas = sitting.window.canvas
    for x, y in points:
        QTest.mouseClick(
            canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, sitting.hand.point(x, y)
        )
        sitting.hand.rest()


def test_an_unfinished_polygon_stays_with_the_image_that_is_left(sitting):
    sitting.press("P")
    assert sitting.window.review.options.name.text() == "Polygon"
    click(sitting, *CORNERS)
    assert sitting.window.desk.tools["polygon"].active
    sitting.press("Right")
    sitting.wait(lambda: sitting.session.position == 1, "the next image")
    sitting.ready()
    assert sitting.painted() == 0
    sitting.press("Left")
    sitting.ready()
    assert sitting.painted() > 10_000
    assert sitting.session.undo_text == "Polygon · MA"
    sitting.press("Ctrl+Z")
    assert sitting.painted() == 0
    sitting.saved()


def test_what_is_drawn_belongs_to_what_is_finished(sitting):
    sitting.press("P")
    click(sitting, *CORNERS)
    sitting.hand.click(sitting.window.bottom.finish)
    sitting.wait(lambda: sitting.session.entries[0].status == "corrected", "the image to be finished")
    sitting.saved()
    assert sitting.session.entries[0].status == "corrected", "nothing was painted after it was finished"


def test_enter_and_backspace_are_the_polygons_while_it_is_drawn(sitting):
    sitting.press("P")
    click(sitting, *CORNERS, (250, 200))
    sitting.press("Backspace", "Return")
    assert sitting.session.position == 0, "neither taken back nor finished"
    assert sitting.painted() > 10_000
    assert not sitting.window.desk.tools["polygon"].active
    sitting.press("P")
    click(sitting, *CORNERS[:3])
    sitting.press("Escape")
    assert sitting.session.undo_text == "Polygon · MA"
    assert len(sitting.session.label.undo_texts) == 1
    sitting.saved()


def test_a_smart_outline_and_a_box_are_computed_behind_the_window(sitting):
    session = sitting.session
    sitting.press("I")
    click(sitting, *CORNERS)
    outline = sitting.window.desk.tools["outline"]
    sitting.press("Return")
    sitting.wait(lambda: not outline.active, "the outline to close")
    assert session.undo_text == "Smart outline · MA"
    sitting.press("G")
    grabcut = sitting.window.desk.tools["grabcut"]
    sitting.hand.drag([(60, 40), (150, 120), (220, 180)])
    sitting.wait(lambda: grabcut.found is not None, "an answer")
    sitting.press("Return")
    assert not grabcut.active
    sitting.press("U")
    sitting.hand.drag([(10, 10), (100, 100), (300, 220)])
    assert session.undo_text == "Rectangle · MA"
    sitting.saved()


def test_painting_limits_are_told_and_honoured(sitting):
    sitting.press("U", "Ctrl+L")
    assert "MA" in sitting.window.review.options.badge.text()
    sitting.press("Ctrl+2")
    sitting.hand.drag([(10, 10), (100, 100), (200, 200)])
    assert sitting.painted() == 0, "only inside MA, and there is none"
    sitting.press("Alt+L")
    sitting.hand.drag([(10, 10), (100, 100), (200, 200)])
    assert sitting.painted() == 190 * 190
    assert sitting.window.review.options.badge.text() == ""
    sitting.saved()
