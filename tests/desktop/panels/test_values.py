"""Grades and findings: a person's values and the model's are told apart; digits and clicks set them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.panels.values import Values, digit_of
from desktop.theme import look
from inference.schema import Finding, GradeScale, Schema
from tests.desktop.fakes import FakeSession

IMAGE = np.zeros((80, 100, 3), np.uint8)


@pytest.fixture
def session(qapp) -> FakeSession:
    look().apply(qapp, "dark")
    session = FakeSession()
    session.fill(["a.png"])
    session.go_to(0)
    session.show(IMAGE)
    return session


@pytest.fixture
def values(qtbot, session) -> Values:
    made = Values(session)
    qtbot.addWidget(made)
    made.resize(256, 300)
    made.show()
    return made


def _fill(widget) -> str:
    return widget.grab().toImage().pixelColor(6, widget.height() // 2 - 6).name()


def test_a_persons_grade_is_filled_with_the_accent_the_models_is_not(session, values) -> None:
    session.predict()
    session.set_grade("severity", "2")
    buttons = values.grades[0].buttons
    accent = look().theme.tokens["accent"]
    assert _fill(buttons["2"]) == accent
    assert _fill(buttons["3"]) != accent
    assert buttons["3"].suggested
    assert not buttons["3"].isChecked()
    assert buttons["3"].probability == pytest.approx(0.6)
    assert values.grades[0].model_says.text() == "model 3 · 60 %"
    assert "your choice" in buttons["2"].toolTip()
    assert "model 60 %" in buttons["3"].accessibleDescription()


def test_without_a_prediction_nothing_is_said_for_the_model(values) -> None:
    assert values.grades[0].model_says.text() == ""
    assert all(b.probability is None and not b.suggested for b in values.grades[0].buttons.values())


def test_a_click_sets_a_second_click_clears(session, values) -> None:
    button = values.grades[0].buttons["4"]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert session.label.grades == {"severity": "4"}
    assert button.isChecked()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert session.label.grades.get("severity") is None
    assert not button.isChecked()


def test_space_presses_the_button_with_the_keyboard(session, values) -> None:
    button = values.findings[0].buttons["absent"]
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert session.label.findings == {"DME": "absent"}


def test_findings_have_three_states_and_show_the_models_number(session, values) -> None:
    session.predict()
    row = values.findings[0]
    assert row.model_says.text() == ".83"
    assert row.buttons["present"].suggested
    assert not row.buttons["absent"].suggested
    for state in ("present", "absent", "not assessed"):
        QTest.mouseClick(row.buttons[state], Qt.MouseButton.LeftButton)
        assert session.label.findings["DME"] == state
        assert [s for s, b in row.buttons.items() if b.isChecked()] == [state]


def test_undo_shows_the_value_before(session, values) -> None:
    session.set_grade("severity", "1")
    session.set_grade("severity", "3")
    session.undo()
    assert [v for v, b in values.grades[0].buttons.items() if b.isChecked()] == ["1"]


def test_no_label_no_buttons(session, values) -> None:
    session.values["label"] = None
    session.image_changed.emit(None)
    assert not any(b.isEnabled() for b in values.grades[0].buttons.values())
    assert not values.by_digit("1")


@pytest.mark.parametrize(
    ("scale", "digits"),
    [
        (GradeScale("s", ("0", "1", "4")), ["0", "1", "4"]),
        (GradeScale("s", ("none", "mild", "severe")), ["0", "1", "2"]),
        (GradeScale("s", ("nevus", "melanoma"), "nominal"), ["1", "2"]),
        (GradeScale("s", tuple(f"c{n}" for n in range(12)), "nominal"), [*"123456789", "", "", ""]),
    ],
)
def test_digit_keys_of_scales(scale, digits) -> None:
    assert [digit_of(scale, value) for value in scale.values] == digits


def test_digits_fill_the_first_open_scale(qtbot, qapp) -> None:
    session = FakeSession(Schema((), (GradeScale("one", ("a", "b")), GradeScale("two", ("c", "d")))))
    session.fill(["a.png"])
    session.go_to(0)
    values = Values(session)
    qtbot.addWidget(values)
    session.show(IMAGE)
    assert values.by_digit("1")
    assert values.by_digit("0")
    assert session.label.grades == {"one": "b", "two": "c"}
    values.by_digit("0")
    assert session.label.grades == {"one": "a", "two": "c"}
    assert not values.by_digit("7")


def test_a_schema_without_values_takes_no_room(qtbot, qapp) -> None:
    session = FakeSession(Schema())
    session.fill(["a.png"])
    values = Values(session)
    qtbot.addWidget(values)
    assert values.isHidden()
    session._schema = Schema((), (), (Finding("x"),))
    session.values["schema"] = session._schema
    session.project_changed.emit()
    assert not values.isHidden()
    assert len(values.findings) == 1
