"""Layers: visibility, colour, opacity and threshold go to the session and come back from it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from desktop.canvas.styles import DEFAULT_OPACITY
from desktop.panels.layers import Layers
from desktop.project.provenance import Cut
from desktop.state.layer_counts import Count
from desktop.theme import look
from inference.schema import DEFAULT_COLORS, Schema
from tests.desktop.fakes import FakeSession


@pytest.fixture
def session(qapp) -> FakeSession:
    look().apply(qapp, "dark")
    session = FakeSession()
    session.fill(["a.png"])
    return session


@pytest.fixture
def layers(qtbot, session) -> Layers:
    made = Layers(session)
    qtbot.addWidget(made)
    made.resize(260, 400)
    made.show()
    return made


def test_one_row_a_class_with_its_key(layers) -> None:
    assert [row.name.whole() for row in layers.rows][:2] == ["Microaneurysms", "Haemorrhages"]
    assert [row.toolTip() for row in layers.rows][:2] == ["Microaneurysms · Ctrl+1", "Haemorrhages · Ctrl+2"]


def test_the_eye_hides_and_shows(session, layers) -> None:
    QTest.mouseClick(layers.rows[1].eye, Qt.MouseButton.LeftButton)
    assert not session.styles[1].visible
    assert session.styles[0].visible
    assert layers.rows[1].eye.property("iconName") == "eye-off"
    assert "hidden" in layers.rows[1].accessibleName()
    QTest.mouseClick(layers.rows[1].eye, Qt.MouseButton.LeftButton)
    assert session.styles[1].visible
    assert layers.rows[1].eye.property("iconName") == "eye"


def test_a_click_on_a_row_selects_the_class(session, layers) -> None:
    QTest.mouseClick(layers.rows[2], Qt.MouseButton.LeftButton)
    assert session.class_id == 2
    assert [row.selected for row in layers.rows] == [False, False, True, False]
    assert layers.details.chosen.whole() == "Hard exudates"
    assert layers.rows[2].name.font().bold()


def test_a_colour_of_the_palette_recolours(session, layers) -> None:
    layers.rows[0].swatch.chosen.emit(DEFAULT_COLORS[4])
    assert session.styles[0].color == DEFAULT_COLORS[4]
    image = layers.rows[0].swatch.grab().toImage()
    assert image.pixelColor(image.width() // 2, image.height() // 2).name() == DEFAULT_COLORS[4].lower()


def test_the_opacity_slider_acts_on_the_selected_class_at_once(session, layers) -> None:
    session.set_class(1)
    layers.details.opacity.slider.setValue(80)
    assert session.styles[1].opacity == pytest.approx(0.8)
    assert session.styles[0].opacity == pytest.approx(DEFAULT_OPACITY)
    assert layers.details.opacity.number.text() == "80 %"


def shown(session) -> None:
    session.show(np.zeros((50, 60, 3), np.uint8))
    session.predict()


def asked(session, name: str) -> list[tuple]:
    return [call for call in session.calls if call[0] == name]


def test_the_threshold_is_dragged_live_and_kept_when_let_go(session, layers) -> None:
    details = layers.details
    assert details.cut.isHidden()
    shown(session)
    assert not details.cut.isHidden()
    slider = details.threshold.slider
    handle = QPoint(slider.width() // 2, slider.height() // 2)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=handle)
    for x in (30, 60):
        QTest.mouseMove(slider, handle + QPoint(x, 0))
    moves = asked(session, "move")
    assert len(moves) == 2 and moves[1][2].threshold > moves[0][2].threshold > 0.5
    assert asked(session, "release") == []
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=handle + QPoint(60, 0))
    assert len(asked(session, "release")) == 1
    assert layers.rows[0].threshold.text() == f"{moves[1][2].threshold:.2f}"[1:]


def test_a_hand_on_the_threshold_does_not_reach_the_next_image(session, layers) -> None:
    shown(session)
    slider = layers.details.threshold.slider
    handle = QPoint(slider.width() // 2, slider.height() // 2)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=handle)
    QTest.mouseMove(slider, handle + QPoint(30, 0))
    session.image_changed.emit(session.entry)
    moves = asked(session, "move")
    assert len(moves) == 1 and not slider.isSliderDown()
    QTest.mouseMove(slider, handle + QPoint(40, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=handle + QPoint(40, 0))
    assert asked(session, "move") == moves and len(asked(session, "release")) == 1


def test_smallest_region_holes_and_scope_are_passed_on(session, layers) -> None:
    shown(session)
    details = layers.details
    details.area.setFocus()
    details.area.selectAll()
    QTest.keyClicks(details.area, "250")
    QTest.keyClick(details.area, Qt.Key.Key_Return)
    assert asked(session, "move")[-1] == ("move", "MA", Cut(0.5, 250))
    QTest.mouseClick(details.holes, Qt.MouseButton.LeftButton, pos=QPoint(8, details.holes.height() // 2))
    assert asked(session, "move")[-1] == ("move", "MA", Cut(0.5, 250, fill_holes=True))
    details.scope.setFocus()
    QTest.keyClick(details.scope, Qt.Key.Key_Down)
    details.scope.activated.emit(1)
    assert session.thresholds.scope == "unseen"


def test_a_locked_layer_shows_it_and_its_threshold_sleeps(session, layers) -> None:
    shown(session)
    row = layers.rows[0]
    assert row.lock.isVisible() and layers.rows[1].lock.isHidden(), "quiet on rows that are not selected"
    QTest.mouseClick(row.lock, Qt.MouseButton.LeftButton)
    assert session.layers.locked == {0} and "locked" in row.accessibleName()
    assert row.lock.property("iconName") == "lock" and not layers.details.threshold.isEnabled()
    assert "nothing changes this layer" in layers.details.stays.text()
    session.set_class(1)
    assert row.lock.isVisible(), "a lock that is on is always seen"


def test_the_look_goes_round(session, layers) -> None:
    session.set_class(1)
    looks = []
    for _ in range(3):
        QTest.mouseClick(layers.rows[1].style_button, Qt.MouseButton.LeftButton)
        looks.append((session.styles[1].fill, session.styles[1].outline))
    assert len(set(looks)) == 3 and (False, False) not in looks
    assert session.styles[0].fill and not session.styles[0].outline, "the other rows stay as they are"


def test_alt_and_the_eye_show_one_layer_alone(session, layers, monkeypatch) -> None:
    alt = lambda: Qt.KeyboardModifier.AltModifier  # noqa: E731
    monkeypatch.setattr("desktop.panels.layer_row.QApplication.keyboardModifiers", alt)
    QTest.mouseClick(layers.rows[2].eye, Qt.MouseButton.LeftButton)
    assert [style.visible for style in session.styles.values()] == [False, False, True, False]
    QTest.mouseClick(layers.rows[2].eye, Qt.MouseButton.LeftButton)
    assert all(style.visible for style in session.styles.values())


def test_a_layer_is_worked_by_the_keyboard_alone(qtbot, session, layers) -> None:
    layers.activateWindow()
    qtbot.waitUntil(layers.isActiveWindow)
    assert [row.focusPolicy() == Qt.FocusPolicy.TabFocus for row in layers.rows] == [
        True,
        False,
        False,
        False,
    ]
    layers.rows[0].setFocus()
    QTest.keyClick(layers.rows[0], Qt.Key.Key_Down)
    assert session.class_id == 1 and layers.rows[1].hasFocus()
    QTest.keyClick(layers.rows[1], Qt.Key.Key_Space)
    assert not session.styles[1].visible
    QTest.keyClick(layers.rows[1], Qt.Key.Key_L)
    assert session.layers.locked == {1}
    QTest.keyClick(layers.rows[1], Qt.Key.Key_Right)
    assert layers.rows[1].isAncestorOf(layers.focusWidget()), "to the buttons of the row"
    QTest.keyClick(layers.rows[1], Qt.Key.Key_Up)
    QTest.keyClick(layers.rows[0], Qt.Key.Key_Up)
    assert session.class_id == 0


def test_rows_say_what_they_hold(session, layers) -> None:
    shown(session)
    session.layer_counts.counts = {0: Count(1204, 12), 1: Count()}
    session.layer_counts.changed.emit()
    assert [row.holds.whole() for row in layers.rows] == ["12 · 1,204 px", "empty", "", ""]
    assert layers.rows[0].holds.accessibleName() == "12 regions, 1,204 pixels"


def test_no_classes_says_what_to_do_and_one_can_be_added(qtbot, qapp) -> None:
    session = FakeSession(Schema())
    schemas: list[Schema] = []
    session.set_schema = schemas.append
    session.fill(["a.png"])
    layers = Layers(session)
    qtbot.addWidget(layers)
    layers.show()
    assert "Add one" in layers.empty.text()
    QTest.mouseClick(layers.add_button, Qt.MouseButton.LeftButton)
    QTest.keyClicks(layers.adding, "polyp")
    QTest.keyClick(layers.adding, Qt.Key.Key_Return)
    assert [c.name for c in schemas[0].active_classes] == ["polyp"]
    assert layers.adding.isHidden()


def test_a_name_that_cannot_be_used_is_one_sentence(qtbot, qapp) -> None:
    session = FakeSession()
    session.fill(["a.png"])
    layers = Layers(session)
    qtbot.addWidget(layers)
    said: list[str] = []
    session.problem.connect(lambda text, _: said.append(text))
    layers.adding.setText("MA")
    layers.adding.returnPressed.emit()
    assert len(said) == 1
    assert "MA" in said[0]


def test_a_row_shows_and_says_that_its_class_was_reviewed(session, layers) -> None:
    session.show(np.zeros((50, 60, 3), np.uint8))
    assert all(row.reviewed.isHidden() for row in layers.rows)
    assert "not reviewed yet" in layers.rows[1].accessibleName()
    session.label.confirmed_classes.add(1)
    session.statuses_changed.emit()
    assert [row.reviewed.isHidden() for row in layers.rows] == [True, False, True, True]
    assert layers.rows[1].accessibleName() == "Haemorrhages, reviewed"
    session.show(np.zeros((50, 60, 3), np.uint8))
    assert all(row.reviewed.isHidden() for row in layers.rows), "another image, another label"


def test_the_keyboard_returns_to_where_a_class_was_asked_for(qtbot, session, layers) -> None:
    session.set_schema = lambda _schema: None
    window, canvas = QWidget(), QLineEdit()
    for one in (canvas, layers, QLineEdit()):
        (window.layout() or QVBoxLayout(window)).addWidget(one)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    QTest.mouseClick(layers.add_button, Qt.MouseButton.LeftButton)
    assert layers.adding.hasFocus()
    QTest.keyClicks(layers.adding, "polyp")
    QTest.keyClick(layers.adding, Qt.Key.Key_Return)
    assert canvas.hasFocus() and layers.adding.isHidden()
    QTest.mouseClick(layers.add_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(layers.add_button, Qt.MouseButton.LeftButton)
    assert canvas.hasFocus() and layers.adding.isHidden()
    layers.setParent(None)
