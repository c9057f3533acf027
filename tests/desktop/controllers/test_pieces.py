"""The component walk, the operations on regions and the copying of a class, by keys at the real window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop import app
from desktop.controllers import offering
from desktop.project.components import find_components
from desktop.settings import Settings
from desktop.window import Window
from inference.prediction import Geometry, Prediction, quantise
from inference.schema import MaskClass, Schema

SCHEMA = Schema((MaskClass(0, "MA", "Microaneurysms"), MaskClass(1, "HE", color="#56B4E9")))
HEIGHT, WIDTH = 240, 320
KEYS = Qt.Key
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "eyes"
    made.mkdir()
    rng = np.random.default_rng(0)
    for number in range(2):
        image = cv2.GaussianBlur(rng.integers(40, 200, (HEIGHT, WIDTH, 3), np.uint8), (0, 0), 3)
        cv2.imwrite(str(made / f"eye{number}.png"), image)
    return made


@pytest.fixture
def window(qtbot, folder, tmp_path) -> Iterator[Window]:
    """The real window on two pictures, ready to be painted on."""
    made = app.build(None, Settings(tmp_path / "settings"))
    made.resize(1200, 800)
    made.show()
    made.activateWindow()
    made.show_page("review")
    made.session.open_folder(folder, schema=SCHEMA)
    qtbot.waitUntil(made.commands["review.finish"].isEnabled, timeout=20_000)
    qtbot.waitUntil(lambda: made.canvas.image is not None, timeout=20_000)
    made.canvas.setFocus()
    yield made
    with qtbot.waitSignal(made.gone, timeout=20_000):
        made.close()
    made.deleteLater()


@pytest.fixture
def specks(window) -> dict[str, tuple[int, int, int, int]]:
    """Three specks of MA, of which the model thinks differently, and one that the label lacks."""
    boxes = {"sure": (20, 20, 30, 30), "coin": (60, 200, 70, 210), "so-so": (150, 60, 160, 70)}
    probability = np.full((HEIGHT, WIDTH), 0.01)
    session = window.session
    for name, p in (("sure", 0.95), ("coin", 0.52), ("so-so", 0.7)):
        y0, x0, y1, x1 = boxes[name]
        session.label.planes.set_class(0, boxes[name], np.ones((10, 10), bool))
        probability[y0:y1, x0:x1] = p
    boxes["missed"] = (200, 250, 210, 260)
    probability[200:210, 250:260] = 0.4
    logits = np.log(probability / (1 - probability))
    geometry = Geometry((HEIGHT, WIDTH), (HEIGHT, WIDTH), (0.0, 0.0, float(HEIGHT), float(WIDTH)))
    made = Prediction("digest", ("MA",), quantise(logits[None]), geometry)
    reading = session.showing.reading
    session.showing.pool.keep_reading(session.position, replace(reading, prediction=made))
    session.changed((0, 0, HEIGHT, WIDTH))
    session.prediction_changed.emit()
    return boxes


def press(key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget(), key, held)


def chosen(window: Window) -> tuple[int, int, int, int] | None:
    current = window.session.components.current
    return current.box if current is not None else None


def settled(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.session.components.fresh, timeout=5000)


def stroke(window: Window, x: float, y: float) -> None:
    """A short stroke of the brush from an image point to the right."""
    viewport, canvas = window.canvas.viewport, window.canvas
    ratio = canvas.devicePixelRatioF()
    places = [QPointF(*viewport.to_view(x + step, y)) / ratio for step in (0, 6)]
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=places[0].toPoint())
    QTest.mouseMove(canvas, places[1].toPoint())
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=places[1].toPoint())


def test_a_stroke_at_the_piece_corrects_it_and_one_elsewhere_leaves_it(qtbot, window, specks):
    press(KEYS.Key_Tab)
    qtbot.waitUntil(lambda: chosen(window) == specks["coin"], timeout=5000)
    window.canvas.fit()
    window.desk.choose_tool("brush")
    window.session.set_brush_radius(3)
    stroke(window, 205, 65)
    assert chosen(window) is not None, "a correction of the piece"
    stroke(window, 40, 200)
    assert chosen(window) is None and not window.commands["walk.delete"].isEnabled()
    assert window.desk.components.chip.isHidden()


def test_tab_goes_from_piece_to_piece_the_most_doubtful_first(qtbot, window, specks):
    chip = window.desk.components.chip
    assert chip.isHidden() and not window.commands["walk.keep"].isEnabled()
    press(KEYS.Key_Tab)
    qtbot.waitUntil(lambda: chosen(window) == specks["coin"], timeout=5000)
    assert chip.isVisible() and chip.text == "1 of 4 · MA · doubt .48"
    assert window.commands["walk.keep"].isEnabled()
    assert window.canvas.hasFocus(), "Tab does not leave the canvas"
    y0, x0, y1, x1 = window.canvas.viewport.visible_box()
    assert y0 < 60 < 70 < y1 and x0 < 200 < 210 < x1 and window.canvas.scale > 2
    press(KEYS.Key_Tab)
    assert chosen(window) == specks["missed"] and chip.text.endswith("not in the label")
    press(KEYS.Key_Tab)
    assert chosen(window) == specks["so-so"]
    press(KEYS.Key_Backtab, SHIFT)
    assert chosen(window) == specks["missed"]
    press(KEYS.Key_Escape)
    assert chosen(window) is None and chip.isHidden()


def test_one_key_decides_and_goes_on(qtbot, window, specks):
    session, planes = window.session, window.session.label.planes
    press(KEYS.Key_Tab)
    qtbot.waitUntil(lambda: chosen(window) == specks["coin"], timeout=5000)
    press(KEYS.Key_Y)
    assert session.undo_text == "Keep component · Microaneurysms"
    assert planes.class_protection(0, specks["coin"]).all() and planes.class_mask(0, specks["coin"]).all()
    assert chosen(window) == specks["missed"]
    press(KEYS.Key_Y)
    assert session.undo_text == "Take component · Microaneurysms"
    assert planes.class_mask(0, specks["missed"]).all()
    assert chosen(window) == specks["so-so"]
    press(KEYS.Key_2, CTRL_SHIFT)
    assert session.undo_text == "Microaneurysms becomes HE"
    assert planes.class_mask(1, specks["so-so"]).all() and not planes.class_mask(0, specks["so-so"]).any()
    assert chosen(window) == specks["sure"]
    press(KEYS.Key_Delete)
    assert session.undo_text == "Delete component · Microaneurysms"
    assert not planes.class_mask(0, specks["sure"]).any()
    assert chosen(window) is None
    assert "decided" in window.desk.components.chip.sentence.text()
    for _ in range(4):
        press(KEYS.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.undo_text is None and not planes.protection.any()
    assert len(find_components(planes, 0)) == 3 and not planes.class_mask(1).any()


def test_the_walk_says_when_there_is_nothing(qtbot, window):
    press(KEYS.Key_Tab)
    chip = window.desk.components.chip
    qtbot.waitUntil(chip.isVisible, timeout=5000)
    assert "no piece" in chip.sentence.text() and chosen(window) is None


def test_a_click_with_the_component_tool_chooses_for_the_same_keys(qtbot, window, specks):
    press(KEYS.Key_C)
    canvas = window.canvas
    x, y = canvas.viewport.to_view(205, 65)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().topLeft() + _point(x, y))
    assert chosen(window) == specks["coin"] and window.session.undo_text is None
    assert window.desk.components.mark.shown
    settled(qtbot, window)
    assert window.desk.components.chip.text == "1 of 4 · MA · doubt .48"
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().topLeft() + _point(x, y))
    assert window.desk.components.chip.text == "1 of 4 · MA · doubt .48"
    press(KEYS.Key_Delete)
    assert window.session.undo_text == "Delete component · Microaneurysms"


def test_a_locked_layer_is_left_as_it_is_and_it_is_said(qtbot, window, specks):
    session = window.session
    press(KEYS.Key_Tab)
    qtbot.waitUntil(lambda: chosen(window) == specks["coin"], timeout=5000)
    session.layers.set_locked(0, True)
    press(KEYS.Key_Delete)
    assert session.undo_text is None and chosen(window) == specks["coin"]
    assert any("locked" in one.text for one in window.notices.all)


def test_a_line_of_the_cut_tool_parts_a_piece(qtbot, window, specks):
    session, canvas = window.session, window.canvas
    planes = session.label.planes
    planes.set_class(0, (100, 100, 140, 200), np.ones((40, 100), bool))
    press(KEYS.Key_X)
    assert window.desk.tool_name == "cut" and "part" in window.bottom.hint.whole()
    start, end = (_point(*canvas.viewport.to_view(150, y)) for y in (90, 150))
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(canvas, end)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=end)
    qtbot.waitUntil(lambda: session.undo_text == "Cut · Microaneurysms", timeout=5000)
    parts = [one for one in find_components(planes, 0) if one.area > 1000]
    assert len(parts) == 2 and sum(one.area for one in parts) >= 3900


def _point(x: float, y: float):
    from PySide6.QtCore import QPoint

    return QPoint(int(x), int(y))


# --- operations on regions


def test_an_operation_is_shown_then_done_by_enter_in_one_step(qtbot, window, specks):
    session, planes = window.session, window.session.label.planes
    planes.set_class(0, (100, 100, 140, 140), np.ones((40, 40), bool))
    planes.set_class(0, (110, 110, 114, 114), np.zeros((4, 4), bool))
    regions = window.desk.regions
    press(KEYS.Key_H, SHIFT)
    assert regions.strip.isVisible() and not window.canvas.hasFocus()
    qtbot.waitUntil(lambda: regions.strip.says.whole() == "adds 16 px in one place", timeout=5000)
    assert session.undo_text is None, "it is only shown"
    position = session.position
    press(KEYS.Key_Return)
    assert session.undo_text == "Fill holes · Microaneurysms" and session.position == position
    assert planes.class_mask(0, (100, 100, 140, 140)).all()
    assert planes.class_protection(0).sum() == 16
    assert regions.strip.isHidden() and window.canvas.hasFocus()
    press(KEYS.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not planes.class_mask(0, (110, 110, 114, 114)).any() and not planes.protection.any()


def test_a_large_change_lands_behind_as_one_step(qtbot, window, specks, monkeypatch):
    monkeypatch.setattr(offering, "AT_ONCE", 0)
    session, strip = window.session, window.desk.regions.strip
    before = session.label.planes.copy()
    press(KEYS.Key_G, SHIFT)
    qtbot.waitUntil(lambda: strip.says.whole().startswith("adds"), timeout=5000)
    session.layers.set_locked(0, True)
    press(KEYS.Key_Return)
    assert session.undo_text is None and any("locked" in one.text for one in window.notices.all)
    session.layers.set_locked(0, False)
    press(KEYS.Key_Return)
    assert strip.isHidden()
    qtbot.waitUntil(lambda: session.undo_text == "Grow by 2 px · Microaneurysms", timeout=5000)
    assert session.label.planes.class_mask(0).sum() > before.class_mask(0).sum()
    press(KEYS.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.label.planes.equals(before), timeout=5000)


def test_the_amount_is_typed_and_a_change_of_nothing_makes_no_step(qtbot, window, specks):
    session, strip = window.session, window.desk.regions.strip
    press(KEYS.Key_D, SHIFT)
    qtbot.waitUntil(lambda: strip.says.whole() == "nothing changes", timeout=5000)
    press(KEYS.Key_Return)
    assert session.undo_text is None and strip.isVisible() and not strip.apply.isEnabled()
    strip.amount.selectAll()
    QTest.keyClicks(QApplication.focusWidget(), "101")
    qtbot.waitUntil(lambda: strip.says.whole() == "removes 300 px in 3 places", timeout=5000)
    press(KEYS.Key_Return)
    assert session.undo_text == "Drop specks smaller than 101 px² · Microaneurysms"
    assert not session.label.planes.class_mask(0).any()


def test_escape_leaves_an_operation_and_the_outlines_go(qtbot, window, specks):
    press(KEYS.Key_G, SHIFT)
    strip = window.desk.regions.strip
    qtbot.waitUntil(lambda: strip.says.whole().startswith("adds"), timeout=5000)
    press(KEYS.Key_Escape)
    assert strip.isHidden() and window.session.undo_text is None and window.canvas.hasFocus()
    assert not window.desk.regions.offering.open


def test_enter_on_the_image_finishes_nothing_while_something_is_offered(qtbot, window, specks):
    press(KEYS.Key_G, SHIFT)
    strip = window.desk.regions.strip
    qtbot.waitUntil(lambda: strip.says.whole().startswith("adds"), timeout=5000)
    window.canvas.setFocus()
    press(KEYS.Key_Return)
    assert strip.apply.hasFocus() and window.session.position == 0 and window.session.undo_text is None
    assert window.session.entry.status == "unseen"
    press(KEYS.Key_Return)
    assert strip.isHidden() and window.session.undo_text == "Grow by 2 px · Microaneurysms"


def test_the_piece_that_is_chosen_is_meant_alone(qtbot, window, specks):
    planes = window.session.label.planes
    press(KEYS.Key_Tab)
    qtbot.waitUntil(lambda: chosen(window) == specks["coin"], timeout=5000)
    press(KEYS.Key_G, SHIFT)
    strip = window.desk.regions.strip
    assert strip.where.text() == "Microaneurysms · this piece"
    qtbot.waitUntil(lambda: strip.says.whole().endswith("in one place"), timeout=5000)
    press(KEYS.Key_Return)
    assert [one.area > 100 for one in find_components(planes, 0)] == [False, True, False]


def test_release_lets_the_model_decide_again(qtbot, window, specks):
    planes = window.session.label.planes
    planes.set_class(0, specks["sure"], None, np.ones((10, 10), bool))
    press(KEYS.Key_L, SHIFT)
    strip = window.desk.regions.strip
    qtbot.waitUntil(lambda: strip.says.whole() == "frees 100 px", timeout=5000)
    press(KEYS.Key_Return)
    assert not planes.protection.any() and planes.class_mask(0, specks["sure"]).all()
    assert window.session.undo_text == "Release protection · Microaneurysms"


# --- copying


def test_a_class_is_copied_from_another_image(qtbot, window):
    session = window.session
    with session_on(qtbot, session, 1):
        stroke = session.begin_stroke(1)
        box = stroke.touch((50, 60, 90, 100))
        session.label.planes.set_class(1, box, np.ones((40, 40), bool), np.ones((40, 40), bool))
        session.commit(stroke.commit("Brush"))
        qtbot.waitUntil(lambda: session.pending == 0, timeout=5000)
    strip = window.desk.copying.strip
    press(KEYS.Key_C, SHIFT)
    assert strip.isVisible()
    qtbot.waitUntil(lambda: strip.which.count() == 1, timeout=5000)
    assert strip.which.currentText().startswith("eye1.png")
    strip.source_class.setCurrentText("HE")
    qtbot.waitUntil(lambda: "adds 1,600 px in one place" in strip.says.whole(), timeout=5000)
    strip.how.setCurrentIndex(1)
    qtbot.waitUntil(lambda: window.desk.copying.offering._proposed is not None, timeout=5000)
    press(KEYS.Key_Return)
    qtbot.waitUntil(lambda: session.undo_text is not None, timeout=5000)
    assert session.undo_text == "Copy from eye1.png · Microaneurysms"
    mask = session.label.planes.class_mask(0)
    assert mask[50:90, 60:100].all() and mask.sum() == 1600
    assert strip.isHidden() and window.canvas.hasFocus()


def test_a_class_is_copied_from_the_model_and_taken_away_again(qtbot, window, specks):
    session, strip = window.session, window.desk.copying.strip
    press(KEYS.Key_C, SHIFT)
    strip.kind.setCurrentIndex(1)
    assert strip.which.isHidden() and strip.source_class.currentText() == "MA"
    strip.how.setCurrentIndex(2)
    qtbot.waitUntil(lambda: "removes 300 px in 3 places" in strip.says.whole(), timeout=5000)
    press(KEYS.Key_Return)
    assert not session.label.planes.class_mask(0).any()


def test_without_another_reader_it_says_so_and_escape_leaves(qtbot, window):
    strip = window.desk.copying.strip
    press(KEYS.Key_C, SHIFT)
    strip.kind.setCurrentIndex(2)
    qtbot.waitUntil(lambda: strip.says.whole().startswith("No other reader"), timeout=5000)
    assert not strip.apply.isEnabled()
    press(KEYS.Key_Return)
    press(KEYS.Key_Escape)
    assert strip.isHidden() and window.session.undo_text is None and window.canvas.hasFocus()


class session_on:  # noqa: N801 - reads like a statement
    """The session on another image for a while."""

    def __init__(self, qtbot, session, position: int) -> None:
        self._qtbot, self._session, self._to = qtbot, session, position
        self._from = session.position

    def _go(self, position: int) -> None:
        self._session.go_to(position)
        self._qtbot.waitUntil(
            lambda: self._session.label is not None and self._session.image_pyramid is not None, timeout=5000
        )

    def __enter__(self) -> None:
        self._go(self._to)

    def __exit__(self, *_error: object) -> None:
        self._go(self._from)
