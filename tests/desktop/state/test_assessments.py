"""Not assessable: with a reason, per class and scale, until taken back or a grade is given."""

from __future__ import annotations

import pytest

from desktop.project.rows import Assessment
from tests.desktop.session_tools import SCHEMA, make_folder, open_and_wait


@pytest.fixture
def desk(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "eyes", 2), SCHEMA)
    return session


def saved(qtbot, session) -> None:
    qtbot.waitUntil(lambda: session.pending == 0, timeout=10_000)


def test_a_class_that_cannot_be_assessed_outlives_the_finish(qtbot, desk) -> None:
    image = desk.entry.image_id
    desk.assessments.set_not_assessable("class:1", " Cataract ")
    assert dict(desk.assessments.reasons) == {"class:1": "Cataract"}
    desk.finish()
    saved(qtbot, desk)
    assert desk.project.assessments(image) == {
        "class:0": Assessment("reviewed"),
        "class:1": Assessment("not assessable", "Cataract"),
    }
    desk.next()
    assert dict(desk.assessments.reasons) == {}
    desk.previous()
    qtbot.waitUntil(lambda: dict(desk.assessments.reasons) == {"class:1": "Cataract"}, timeout=10_000)
    desk.assessments.clear("class:1")
    saved(qtbot, desk)
    assert "class:1" not in desk.project.assessments(image)


def test_a_scale_loses_its_grade_and_a_grade_ends_not_assessable(qtbot, desk) -> None:
    image = desk.entry.image_id
    desk.set_grade("severity", "mild")
    desk.assessments.set_not_assessable("grade:severity", "Reflex")
    assert desk.label.grades == {}
    desk.set_grade("severity", "severe")
    assert dict(desk.assessments.reasons) == {}
    saved(qtbot, desk)
    assert desk.project.assessments(image) == {}
