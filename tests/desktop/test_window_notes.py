"""Notes, remarks and values in the real window, by keys and mouse alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop import app
from desktop.canvas.pins import head_centre
from desktop.settings import Settings
from desktop.window import Window
from inference.prediction import Geometry, Prediction, quantise
from inference.rules import FindingsExclude, GradeExcludes
from inference.schema import Finding, GradeScale, MaskClass, Schema
from tests.desktop.session_tools import make_folder

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SCHEMA = Schema(
    (MaskClass(0, "MA", "Microaneurysms"), MaskClass(1, "HE", color="#56B4E9")),
    (
        GradeScale("dr", ("0", "1", "2"), title="Retinopathy"),
        GradeScale("cause", tuple(f"cause {n:02}" for n in range(40)), "nominal", "Cause"),
        GradeScale("quality", ("good", "none"), "ordinal", "Image quality", "quality", ("none",)),
    ),
    (Finding("dme"), Finding("normal")),
    (GradeExcludes("dr", ("0",), ("MA",)), FindingsExclude(("dme", "normal"))),
    reject_reasons=("Wrong eye", "Blurred"),
)


@pytest.fixture
def window(qtbot, tmp_path: Path) -> Iterator[Window]:
    folder = make_folder(tmp_path / "eyes", 3)
    made = app.build(None, Settings(tmp_path / "settings"))
    made.resize(1280, 900)
    made.show()
    made.activateWindow()
    made.show_page("review")
    made.session.open_folder(folder, schema=SCHEMA)
    qtbot.waitUntil(lambda: made.session.project is not None, timeout=20_000)
    qtbot.waitUntil(made.commands["review.finish"].isEnabled, timeout=20_000)
    qtbot.waitUntil(made.commands["note.new"].isEnabled, timeout=20_000)
    made.canvas.setFocus()
    yield made
    with qtbot.waitSignal(made.gone, timeout=20_000):
        made.close()


def press(keys: str) -> None:
    QTest.keySequence(QApplication.focusWidget(), QKeySequence(keys))


def paint(window: Window, *points: tuple[int, int]) -> None:
    QTest.mousePress(window.canvas, LEFT, PLAIN, QPoint(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(window.canvas, QPoint(*point))
    QTest.mouseRelease(window.canvas, LEFT, PLAIN, QPoint(*points[-1]))


def test_a_note_is_pinned_by_key_click_and_typing_and_found_again(qtbot, window) -> None:
    session, canvas = window.session, window.canvas
    press("J")
    QTest.mouseClick(canvas, LEFT, PLAIN, QPoint(300, 250))
    field = window.review.tabs.panels["notes"].field
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClicks(field, "Drusen or not? 12 R")
    assert session.label.grades == {}, "digits in a note are no grades"
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert canvas.hasFocus()
    (note,) = session.notes.rows
    assert note.text == "Drusen or not? 12 R"
    x, y = canvas.viewport.to_image(300.5, 250.5)
    assert (note.y, note.x) == (int(y), int(x))
    session.notes.choose(None)
    canvas.grab()
    pin = window.desk.noting._shown()[0]
    head = head_centre(canvas.viewport, pin, 1.0)
    QTest.mouseClick(canvas, LEFT, PLAIN, QPoint(round(head.x()), round(head.y())))
    assert session.notes.chosen == note.id and len(session.notes.rows) == 1 and session.notes.draft is None
    qtbot.waitUntil(lambda: session.pending == 0, timeout=10_000)


def test_under_a_brush_a_pin_is_painted_over(qtbot, window) -> None:
    window.session.notes.begin((40, 50))
    window.session.notes.keep("here")
    window.session.notes.choose(None)
    press("B")
    window.canvas.grab()
    head = head_centre(window.canvas.viewport, window.desk.noting._shown()[0], 1.0)
    QTest.mouseClick(window.canvas, LEFT, PLAIN, QPoint(round(head.x()), round(head.y())))
    assert window.session.notes.chosen is None
    assert window.session.label.planes.class_mask(0).any()


def test_a_click_on_a_note_goes_to_its_place(qtbot, window) -> None:
    window.session.notes.begin((5, 120))
    window.session.notes.keep("in the corner")
    window.canvas.zoom_to(8.0)
    window.canvas.centre_on(10, 90)
    panel = window.review.tabs.panels["notes"]
    qtbot.waitUntil(lambda: len(panel.cards) == 1)
    QTest.mouseClick(panel.cards[0], LEFT)
    y0, x0, y1, x1 = window.canvas.viewport.visible_box()
    assert y0 <= 5 < y1 and x0 <= 120 < x1


def test_a_contradiction_is_a_gentle_note_with_a_jump(qtbot, window) -> None:
    session, chip = window.session, window.review.remarks
    assert chip.isHidden() and not window.commands["remark.next"].isEnabled()
    press("B")
    paint(window, (300, 300), (310, 300))
    press("0")
    qtbot.waitUntil(chip.isVisible, timeout=10_000)
    assert "“Retinopathy” 0 excludes Microaneurysms" in chip.sentence.text()
    assert window.canvas.hasFocus(), "the note takes no keyboard"
    assert chip.geometry().bottom() <= window.canvas.height()
    window.canvas.zoom_to(20.0)
    window.canvas.centre_on(5, 5)
    press("Ctrl+J")
    (box,) = session.consistency.remarks[0].places
    y0, x0, y1, x1 = window.canvas.viewport.visible_box()
    assert y0 <= box[0] and x0 <= box[1] and y1 >= box[2] and x1 >= box[3]
    assert window.desk.noting.place.shown
    press("1")
    qtbot.waitUntil(chip.isHidden, timeout=10_000)
    assert not window.desk.noting.place.shown


def test_a_remark_put_aside_comes_back_when_another_joins_it(qtbot, window) -> None:
    chip = window.review.remarks
    for keys in ("Ctrl+Alt+1", "Ctrl+Alt+2"):
        press(keys)
    assert window.session.label.findings == {"dme": "present", "normal": "present"}
    qtbot.waitUntil(chip.isVisible, timeout=10_000)
    QTest.mouseClick(chip.close_, LEFT)
    assert chip.isHidden()
    press("B")
    paint(window, (300, 300), (310, 300))
    press("0")
    qtbot.waitUntil(chip.isVisible, timeout=10_000)
    assert chip.count.text() == "1 of 2"


def test_a_value_is_found_by_typing_and_the_keyboard_goes_back(qtbot, window) -> None:
    press("Ctrl+T")
    field = window.values.long_scales[0].field
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClicks(field, "27")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.session.label.grades == {"cause": "cause 27"}
    assert window.canvas.hasFocus()
    press("2")
    assert window.session.label.grades["dr"] == "2"


def test_bad_quality_is_the_first_reason_of_a_rejection(qtbot, window) -> None:
    session = window.session
    press("Alt+Q")
    press("1")
    assert session.label.grades == {"quality": "none"}
    window.canvas.setFocus()
    press("R")
    assert [one.text() for one in window.review.reject.buttons] == [
        "1  Image quality: none",
        "2  Wrong eye",
        "3  Blurred",
    ]
    image = session.entry.image_id
    QTest.keyClicks(QApplication.focusWidget(), "1")
    qtbot.waitUntil(lambda: session.entries[0].status == "rejected", timeout=10_000)
    assert session.project.rejection_reason(image) == "Image quality: none"


def test_a_class_is_not_assessable_by_two_keys(qtbot, window) -> None:
    press("Ctrl+2")
    press("Ctrl+Shift+A")
    assert window.review.reject.targets.currentText() == "HE"
    QTest.keyClicks(QApplication.focusWidget(), "3")
    assert dict(window.session.assessments.reasons) == {"class:1": "Hidden"}
    assert window.canvas.hasFocus()


def test_the_export_says_how_many_labels_break_a_rule(qtbot, window, tmp_path) -> None:
    for keys in ("Ctrl+Alt+1", "Ctrl+Alt+2", "Return"):
        press(keys)
    qtbot.waitUntil(lambda: window.session.entries[0].status == "corrected", timeout=10_000)
    with qtbot.waitSignal(window.exports.ended, timeout=20_000):
        window.exports.start(tmp_path / "out")
    said = window.notices.current.text
    assert said.endswith("1 label breaks a consistency rule; remarks.csv says which.")
    assert "exclude one another" in (tmp_path / "out/remarks.csv").read_text("utf-8")


def test_accepting_the_models_values_leaves_out_what_cannot_be_assessed(qtbot, window) -> None:
    session = window.session
    pixels = session.pixels
    prediction = Prediction(
        "d" * 64,
        ("MA", "HE"),
        quantise(np.full((2, 8, 8), -6, np.float32)),
        Geometry(pixels.shape[:2], (8, 8), (0.0, 0.0, 8.0, 8.0)),
        {"dr": (0.1, 0.2, 0.7), "quality": (0.9, 0.1)},
        {"dme": 0.2},
    )
    reading = dataclasses.replace(session.showing.reading, prediction=prediction)
    session.showing.pool.keep_reading(session.position, reading)
    session.assessments.set_not_assessable("grade:dr", "Reflex")
    asked = []
    session.finish_and_next = asked.append
    window.canvas.setFocus()
    press("Shift+Return")
    assert asked == [["grade:quality", "finding:dme"]]


def test_on_a_narrow_canvas_the_whole_sentence_can_still_be_read(qtbot, window) -> None:
    chip = window.review.remarks
    press("B")
    paint(window, (300, 300), (310, 300))
    press("0")
    qtbot.waitUntil(chip.isVisible, timeout=10_000)
    wide = chip.height()
    window.resize(960, 600)
    qtbot.waitUntil(lambda: window.canvas.width() < 500)
    qtbot.waitUntil(lambda: chip.height() > wide)
    text = chip.sentence
    needed = text.heightForWidth(text.width())
    assert text.height() >= needed and chip.geometry().right() < window.canvas.width()
