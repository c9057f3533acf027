"""The reason strip: a digit takes a reason, letters are typed, several questions share it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.panels.reject import REASONS, RejectStrip


@pytest.fixture
def taken() -> list[str]:
    return []


@pytest.fixture
def strip(qtbot, taken) -> RejectStrip:
    made = RejectStrip(taken.append)
    qtbot.addWidget(made)
    made.resize(900, 48)
    return made


def test_a_digit_takes_the_reason_of_that_number(strip, taken) -> None:
    strip.ask(("Wrong eye", "Blurred"))
    assert [one.text() for one in strip.buttons] == ["1  Wrong eye", "2  Blurred"]
    QTest.keyClicks(strip.text, "2")
    assert taken == ["Blurred"] and strip.isHidden()


def test_a_digit_without_a_reason_or_inside_a_text_is_typed(strip, taken) -> None:
    strip.ask(("Wrong eye",))
    QTest.keyClicks(strip.text, "7 of 1")
    assert taken == [] and strip.text.text() == "7 of 1"
    QTest.keyClick(strip.text, Qt.Key.Key_Return)
    assert taken == ["7 of 1"]


def test_no_reasons_of_a_schema_are_the_programs_own(strip) -> None:
    strip.ask(())
    assert [one.text()[3:] for one in strip.buttons] == list(REASONS)
    assert strip.targets.isHidden()


def test_what_is_not_assessable_is_chosen_and_the_next_rejection_is_one_again(strip, taken) -> None:
    answers = []
    targets = (("class:0", "MA"), ("grade:dr", "Retinopathy"))
    strip.ask_target(targets, "grade:dr", ("Cataract",), lambda *said: answers.append(said))
    assert strip.targets.currentText() == "Retinopathy" and not strip.targets.isHidden()
    QTest.keyClick(strip.targets, Qt.Key.Key_Up)
    QTest.keyClicks(strip.text, "1")
    assert answers == [("class:0", "Cataract")] and taken == []
    strip.ask(("Blurred",))
    QTest.keyClicks(strip.text, "1")
    assert taken == ["Blurred"] and len(answers) == 1


def test_many_reasons_go_on_below_and_leave_room_to_write(qtbot, strip) -> None:
    reasons = tuple(f"A reason that is rather long {number}" for number in range(9))
    strip.ask_target((("class:0", "Microaneurysms"),), "class:0", reasons, lambda *_: None)
    strip.resize(960, strip.heightForWidth(960))
    qtbot.waitExposed(strip)
    assert strip.minimumSizeHint().width() < 960, "it never makes the window wider"
    assert strip.text.width() >= 120
    inside = strip.rect()
    assert all(inside.contains(one.geometry()) for one in strip.buttons)
    assert len({one.y() for one in strip.buttons}) > 1
