"""A scale of a hundred values: a few letters, arrows and Enter; recent values first; the model's on top."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.panels.values import Values
from desktop.theme import look
from inference.schema import GradeScale, Schema
from tests.desktop.fakes import FakeSession

KINDS = ("retinopathy", "oedema", "scar", "occlusion", "atrophy")
VALUES = tuple(f"{name} {kind}" for name in (f"type {n:02}" for n in range(20)) for kind in KINDS)
SCHEMA = Schema((), (GradeScale("severity", VALUES, "nominal", "Diagnosis"), GradeScale("dr", ("0", "1"))))


@pytest.fixture
def session(qapp) -> FakeSession:
    look().apply(qapp, "dark")
    session = FakeSession(SCHEMA)
    session.fill(["a.png"])
    session.go_to(0)
    session.show(np.zeros((80, 100, 3), np.uint8))
    return session


@pytest.fixture
def values(qtbot, session) -> Values:
    made = Values(session)
    qtbot.addWidget(made)
    made.resize(256, 500)
    made.show()
    made.activateWindow()
    return made


def shown(values: Values, count: int = 4) -> list[str]:
    model = values.long_scales[0].model
    return [model.value(row) for row in range(min(count, model.rowCount()))]


def test_letters_narrow_the_list_and_enter_sets_the_first(qtbot, session, values) -> None:
    assert values.find_value()
    field = values.long_scales[0].field
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClicks(field, "07 occ")
    assert shown(values) == ["type 07 occlusion"]
    with qtbot.waitSignal(values.done):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert session.label.grades == {"severity": "type 07 occlusion"}
    assert field.text() == ""
    assert values.long_scales[0].chosen.text() == "type 07 occlusion"
    assert values.long_scales[0].chosen.isChecked()


def test_arrows_walk_along_what_answers(session, values) -> None:
    field = values.long_scales[0].field
    QTest.keyClicks(field, "scar")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(field, key)
    assert values.long_scales[0].rows.currentIndex().row() == 1
    wanted = shown(values)[1]
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert session.label.grades["severity"] == wanted
    assert wanted.endswith("scar")


def test_nothing_that_answers_sets_nothing(session, values) -> None:
    field = values.long_scales[0].field
    QTest.keyClicks(field, "qqqq")
    assert shown(values) == []
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert session.label.grades == {}


def test_recent_values_come_first_then_the_models(session, values) -> None:
    long = values.long_scales[0]
    for value in (VALUES[50], VALUES[12]):
        long.choose_and_note(value)
    assert shown(values, 3) == [VALUES[12], VALUES[50], VALUES[0]]
    chances = np.full(100, 0.001)
    chances[[77, 12, 30]] = 0.5, 0.3, 0.1
    session.predict(tuple(chances))
    assert shown(values, 5) == [VALUES[12], VALUES[50], VALUES[77], VALUES[30], VALUES[0]]
    model = long.model
    assert model.data(model.index(2), Qt.ItemDataRole.AccessibleTextRole) == f"{VALUES[77]}, model 50 %"
    assert model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole).startswith(
        f"{VALUES[12]}, your choice"
    )
    session.project_changed.emit()
    assert shown(values, 2) == [VALUES[12], VALUES[50]], "a schema that changes keeps what was recent"


def test_a_click_on_a_row_sets_it_and_a_click_on_the_chip_clears_it(session, values) -> None:
    rows = values.long_scales[0].rows
    place = rows.visualRect(rows.model().index(2, 0)).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert session.label.grades == {"severity": VALUES[2]}
    QTest.mouseClick(values.long_scales[0].chosen, Qt.MouseButton.LeftButton)
    assert session.label.grades.get("severity") is None


def test_digits_pass_over_a_long_scale(session, values) -> None:
    assert values.by_digit("1")
    assert session.label.grades == {"dr": "1"}


def test_only_the_rows_in_sight_are_painted(values) -> None:
    """A hundred values cost no more than five."""
    rows = values.long_scales[0].rows
    painted = set()

    class Counting(type(rows.itemDelegate())):
        def paint(self, painter, option, index) -> None:
            painted.add(index.row())
            super().paint(painter, option, index)

    counting = Counting(rows)
    rows.setItemDelegate(counting)
    rows.viewport().grab()
    assert painted == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_a_person_chose_is_filled_in_both_themes(qapp, session, values, theme) -> None:
    look().apply(qapp, theme)
    values.long_scales[0].choose_and_note(VALUES[3])
    rows = values.long_scales[0].rows
    row = rows.visualRect(rows.model().index(0, 0))
    picture = rows.viewport().grab().toImage()
    assert picture.pixelColor(row.right() - 60, row.top() + 4).name() == look().theme.tokens["accent"]
    second = rows.visualRect(rows.model().index(1, 0))
    assert picture.pixelColor(second.right() - 60, second.top() + 4).name() != look().theme.tokens["accent"]
