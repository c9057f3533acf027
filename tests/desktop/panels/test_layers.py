"""Layers: visibility, colour, opacity and threshold go to the session and come back from it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.canvas.styles import DEFAULT_OPACITY
from desktop.panels.layers import Layers
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
    assert [row.key.text() for row in layers.rows] == ["Ctrl 1", "Ctrl 2", "Ctrl 3", "Ctrl 4"]


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
    assert layers.chosen.whole() == "Hard exudates"
    assert layers.rows[2].name.font().bold()


def test_a_colour_of_the_palette_recolours(session, layers) -> None:
    layers.rows[0].swatch.chosen.emit(DEFAULT_COLORS[4])
    assert session.styles[0].color == DEFAULT_COLORS[4]
    image = layers.rows[0].swatch.grab().toImage()
    assert image.pixelColor(image.width() // 2, image.height() // 2).name() == DEFAULT_COLORS[4].lower()


def test_the_opacity_slider_acts_on_the_selected_class_at_once(session, layers) -> None:
    session.set_class(1)
    layers.opacity.slider.setValue(80)
    assert session.styles[1].opacity == pytest.approx(0.8)
    assert session.styles[0].opacity == pytest.approx(DEFAULT_OPACITY)
    assert layers.opacity.number.text() == "80 %"


def test_the_threshold_is_offered_where_the_model_predicts_and_told_once_let_go(session, layers) -> None:
    assert layers.threshold.isHidden()
    session.show(np.zeros((50, 60, 3), np.uint8))
    session.predict()
    assert not layers.threshold.isHidden()
    slider = layers.threshold.slider
    slider.setSliderDown(True)
    for value in (40, 45, 60):
        slider.setValue(value)
    assert [c for c in session.calls if c[0] == "set_threshold"] == []
    slider.setSliderDown(False)
    assert [c for c in session.calls if c[0] == "set_threshold"] == [("set_threshold", "MA", 0.6)]


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
    assert layers.rows[1].accessibleName().endswith("not reviewed yet")
    session.label.confirmed_classes.add(1)
    session.statuses_changed.emit()
    assert [row.reviewed.isHidden() for row in layers.rows] == [True, False, True, True]
    assert layers.rows[1].accessibleName() == "Haemorrhages, reviewed"
    session.show(np.zeros((50, 60, 3), np.uint8))
    assert all(row.reviewed.isHidden() for row in layers.rows), "another image, another label"
