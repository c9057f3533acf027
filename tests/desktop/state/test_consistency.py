"""Remarks appear as one works: off the GUI thread, once after many strokes, and gone when the rule holds."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from desktop.project.consistency import check_label
from desktop.project.planes import LabelPlanes
from inference.rules import GradeExcludes, Inside, MinimalArea
from tests.desktop.session_tools import SCHEMA, dab, make_folder, open_and_wait

RULES = replace(SCHEMA, rules=(GradeExcludes("severity", ("none",), ("MA",), 3), Inside("MA", "HE")))


@pytest.fixture
def desk(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "eyes", 2), RULES)
    return session


def settle(qtbot, session) -> None:
    qtbot.waitUntil(lambda: session.consistency.settled, timeout=10_000)


def sentences(session) -> list[str]:
    return [one.sentence for one in session.consistency.remarks]


def test_a_grade_and_a_stroke_that_contradict_are_remarked_until_one_is_taken_back(qtbot, desk) -> None:
    desk.set_grade("severity", "none")
    settle(qtbot, desk)
    assert sentences(desk) == []
    dab(desk, 20, 30, radius=2)
    assert sentences(desk) == [], "nothing is checked during the gesture itself"
    settle(qtbot, desk)
    assert sentences(desk) == [
        "“severity” none excludes MA, yet 16 pixels are drawn.",
        "MA must lie inside HE, yet 16 pixels lie outside.",
    ]
    desk.set_grade("severity", "mild")
    settle(qtbot, desk)
    assert len(sentences(desk)) == 1
    desk.undo()
    desk.undo()
    settle(qtbot, desk)
    assert sentences(desk) == []


def test_many_strokes_are_one_check(qtbot, desk, monkeypatch) -> None:
    checks = []
    monkeypatch.setattr(
        "desktop.project.consistency.check_label",
        lambda *given: (checks.append(given), check_label(*given))[1],
    )
    for step in range(12):
        dab(desk, 20, 10 + 8 * step, radius=3)
    settle(qtbot, desk)
    assert len(checks) == 1
    assert sentences(desk) == ["MA must lie inside HE, yet 432 pixels lie outside."]


def test_the_jump_walks_along_all_places_and_begins_again(qtbot, desk) -> None:
    dab(desk, 20, 30, radius=3)
    dab(desk, 60, 90, radius=5)
    desk.set_grade("severity", "none")
    settle(qtbot, desk)
    walk = [desk.consistency.next_place() for _ in range(5)]
    boxes = [box for _, box in walk]
    assert boxes[:2] == [(55, 85, 65, 95), (17, 27, 23, 33)]
    assert boxes[2:4] == boxes[:2] and walk[2][0].targets == ("class:MA", "class:HE")
    assert boxes[4] == boxes[0] and walk[4][0] == walk[0][0]


def test_another_image_has_its_own_remarks(qtbot, desk) -> None:
    dab(desk, 20, 30)
    settle(qtbot, desk)
    assert sentences(desk)
    desk.next()
    assert sentences(desk) == []
    assert desk.consistency.next_place() is None
    desk.previous()
    qtbot.waitUntil(lambda: bool(sentences(desk)), timeout=10_000)


def test_whoever_goes_on_faster_than_the_check_is_told_in_words(qtbot, desk) -> None:
    said = []
    desk.noted.connect(said.append)
    dab(desk, 20, 30, radius=3)
    desk.next()
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert said == ["image 1.png: MA must lie inside HE, yet 36 pixels lie outside."]
    qtbot.waitUntil(lambda: desk.label is not None, timeout=10_000)
    desk.previous()
    desk.next()
    settle(qtbot, desk)
    assert len(said) == 1, "an image that was only looked at is not spoken of again"


def test_a_schema_without_rules_asks_nothing(qtbot, desk, monkeypatch) -> None:
    dab(desk, 20, 30)
    settle(qtbot, desk)
    desk.set_schema(SCHEMA)
    qtbot.waitUntil(lambda: not sentences(desk), timeout=10_000)
    checks = []
    monkeypatch.setattr("desktop.project.consistency.check_label", lambda *given: checks.append(given) or ())
    dab(desk, 40, 30)
    assert desk.consistency.settled and not checks


def test_the_slots_take_no_time_at_12_megapixels(qtbot, desk) -> None:
    """The GUI thread only restarts a timer and copies two dictionaries; the planes are read behind."""
    slowest = 0.0
    for _ in range(50):
        start = time.perf_counter()
        desk.label_changed.emit((0, 0, 8, 8))
        desk.consistency._check()
        slowest = max(slowest, time.perf_counter() - start)
    settle(qtbot, desk)
    assert slowest < 0.016


def test_every_class_of_a_large_label_is_measured() -> None:
    planes = LabelPlanes.blank(2848, 4288, 1)
    mask = np.zeros((2848, 4288), bool)
    mask[100:110, 4200:4210] = True
    mask[2000, 5] = True
    planes.set_class(0, planes.whole, mask, mask)
    schema = replace(SCHEMA, rules=(MinimalArea("MA", 5), GradeExcludes("severity", ("none",), ("MA", "HE"))))
    small, excluded = check_label(schema, planes, {"severity": "none"}, {})
    assert small.sentence == "1 component of MA has less than 5 pixels."
    assert small.places == ((2000, 5, 2001, 6),)
    assert excluded.places[0] == (100, 4200, 110, 4210)
