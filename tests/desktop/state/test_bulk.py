"""Bulk changes in a real sitting: labels in memory and in the store alike, one step back, nothing lost."""

from __future__ import annotations

import errno

import pytest

from desktop.errors import SessionError
from desktop.project.bulk_change import FinishValues, SetAside, SetValue
from desktop.project.errors import ProjectError
from desktop.session import Session
from desktop.state.bulk import BulkResult
from tests.desktop.session_tools import close, dab, make_folder, new_session, open_and_wait


@pytest.fixture
def opened(qtbot, session, tmp_path) -> Session:
    open_and_wait(qtbot, session, make_folder(tmp_path / "eyes", 12))
    return session


def done(qtbot, session: Session, change, positions) -> BulkResult:
    with qtbot.waitSignal(session.bulk.ended, timeout=10_000) as ended:
        session.bulk.run(change, list(positions))
    saved(qtbot, session)
    return ended.args[0]


def undone(qtbot, session: Session) -> BulkResult:
    qtbot.waitUntil(lambda: session.bulk.last is not None, timeout=5_000)
    with qtbot.waitSignal(session.bulk.ended, timeout=10_000) as ended:
        session.bulk.undo()
    saved(qtbot, session)
    return ended.args[0]


def saved(qtbot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.pending == 0, timeout=10_000)


def statuses(session: Session) -> list[str]:
    return [entry.status for entry in session.entries]


def test_a_grade_reaches_the_label_on_the_desk_and_those_in_the_store(qtbot, opened) -> None:
    session = opened
    texts: list[str] = []
    session.progress.connect(lambda progress: texts.append(progress.text))
    result = done(qtbot, session, SetValue("grade:severity", "mild"), range(12))
    assert (result.images, result.skipped, result.undone) == (12, 0, False)
    assert session.label.grades == {"severity": "mild"} and session.undo_text == "severity: mild"
    assert statuses(session) == ["in progress"] * 12
    assert any("of 12 images" in text for text in texts)
    for entry in session.entries:
        assert session.project.load_label(entry.image_id).grades == {"severity": "mild"}
    # A stroke on an image of the action goes on from there: its journal has no gap.
    dab(session)
    saved(qtbot, session)
    back = undone(qtbot, session)
    assert back.undone and back.images == 12
    assert statuses(session) == ["in progress"] + ["unseen"] * 11, "the one painted on since is begun"
    assert session.label.grades == {} and session.label.planes.class_mask(0).any(), "what was drawn stays"
    assert all(not session.project.load_label(entry.image_id).grades for entry in session.entries)
    assert session.bulk.last is None


def test_the_current_image_stays_editable_through_it_all(qtbot, opened) -> None:
    session = opened
    for value in ("mild", "severe"):
        done(qtbot, session, SetValue("grade:severity", value), range(12))
        dab(session, y=40)
        session.undo()
        saved(qtbot, session)
    qtbot.waitUntil(lambda: session.label is not None)
    assert session.label.grades == {"severity": "severe"}
    session.go_to(1)
    qtbot.waitUntil(lambda: session.label is not None and session.label.grades == {"severity": "severe"})
    undone(qtbot, session)
    qtbot.waitUntil(lambda: session.label is not None and session.label.grades == {"severity": "mild"})


def test_finish_and_set_aside_by_the_dozen(qtbot, opened) -> None:
    session = opened
    done(qtbot, session, SetValue("grade:severity", "none"), range(4))
    assert done(qtbot, session, FinishValues(), range(12)).images == 4
    assert session.status_counts == {"corrected": 4, "unseen": 8}
    first = session.entries[0].image_id
    assert session.project.review_states(first) == {"grade:severity": "reviewed"}
    assert done(qtbot, session, SetAside("rejected", "Blurred"), range(6, 9)).images == 3
    assert session.status_counts == {"corrected": 4, "rejected": 3, "unseen": 5}
    assert undone(qtbot, session).images == 3
    assert undone(qtbot, session).images == 4
    assert session.status_counts == {"in progress": 4, "unseen": 8}
    assert session.project.review_states(first) == {}


def test_refusals_are_said_and_nothing_begins(qtbot, opened) -> None:
    session = opened
    with pytest.raises(ProjectError):
        session.bulk.run(SetValue("grade:severity", "9"), [0])
    assert not session.bulk.running
    with pytest.raises(SessionError):
        session.bulk.undo()
    assert done(qtbot, session, SetAside("second look"), []).images == 0
    assert session.bulk.last is None


def test_after_a_restart_the_last_one_can_still_be_taken_back(qtbot, tmp_path) -> None:
    first = new_session()
    open_and_wait(qtbot, first, make_folder(tmp_path / "eyes", 12))
    done(qtbot, first, SetAside("second look"), range(5))
    close(qtbot, first)
    again = new_session()
    open_and_wait(qtbot, again, tmp_path / "eyes", schema=None)
    qtbot.waitUntil(lambda: again.bulk.last is not None, timeout=5_000)
    assert again.bulk.last.images == 5
    undone(qtbot, again)
    assert again.status_counts == {"unseen": 12}
    close(qtbot, again)


def test_taking_back_leaves_what_was_regraded_on_the_desk_since(qtbot, opened) -> None:
    session = opened
    done(qtbot, session, SetValue("grade:severity", "mild"), range(12))
    session.set_grade("severity", "severe")
    saved(qtbot, session)
    back = undone(qtbot, session)
    assert (back.images, back.skipped) == (11, 1)
    assert session.label.grades == {"severity": "severe"}
    assert statuses(session) == ["in progress"] + ["unseen"] * 11


def test_a_step_that_the_disk_refuses_changes_nothing_now_or_later(qtbot, opened) -> None:
    session = opened
    said: list[str] = []
    session.problem.connect(lambda text, _details: said.append(text))
    writer = session.project.writer
    begin = session.project.begin_bulk

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def begin_then_fill_up(change):
        future = begin(change)
        future.result()
        writer._guard = full
        return future

    session.project.begin_bulk = begin_then_fill_up
    session.bulk.run(SetValue("grade:severity", "mild"), range(12))
    qtbot.waitUntil(lambda: not session.bulk.running, timeout=10_000)
    assert said and "not done" in said[0] and "do it again" in said[0]
    assert session.label.grades == {} and statuses(session) == ["unseen"] * 12
    assert writer.pending == 0
    writer._guard = lambda: None
    writer.retry()
    saved(qtbot, session)
    assert all(not session.project.load_label(entry.image_id).grades for entry in session.entries)
    session.project.begin_bulk = begin
    assert done(qtbot, session, SetValue("grade:severity", "mild"), range(12)).images == 12


def test_what_stops_in_the_middle_says_how_far_it_came_and_is_taken_back(qtbot, opened, monkeypatch) -> None:
    monkeypatch.setattr("desktop.state.bulk.CHUNK", 4)
    session = opened
    writer, said = session.project.writer, []
    session.problem.connect(lambda text, _details: said.append(text))
    step, steps = session.project.bulk_step, []

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill_up_after_one(*asked):
        steps.append(step(*asked))
        if len(steps) == 1:
            steps[0].result()
            writer._guard = full
        return steps[-1]

    session.project.bulk_step = fill_up_after_one
    session.bulk.run(SetValue("grade:severity", "mild"), range(12))
    qtbot.waitUntil(lambda: not session.bulk.running, timeout=10_000)
    assert "stopped after 4 of 12 images" in said[0] and "free some space" in said[0]
    assert statuses(session) == ["in progress"] * 4 + ["unseen"] * 8
    writer._guard = lambda: None
    writer.retry()
    saved(qtbot, session)
    assert undone(qtbot, session).images == 4
    assert statuses(session) == ["unseen"] * 12
