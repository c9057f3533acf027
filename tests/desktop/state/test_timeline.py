"""Going through the history of a real session, and taking finishes back."""

from __future__ import annotations

import numpy as np
import pytest

from desktop.state import timeline
from tests.desktop.session_tools import SCHEMA, close, dab, make_folder, new_session, open_and_wait


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "images", 4)


@pytest.fixture
def session(qtbot, qapp, folder):
    made = new_session()
    open_and_wait(qtbot, made, folder)
    yield made
    close(qtbot, made)


def settled(qtbot, session) -> None:
    qtbot.waitUntil(lambda: not session.landing.busy and session.pending == 0)


def paint(qtbot, session, count: int) -> list[np.ndarray]:
    """So many strokes of two classes; the planes after each, those from before first."""
    states = [session.label.planes.mask.copy()]
    for number in range(count):
        session.set_class(number % 2)
        dab(session, 8 + 7 * (number % 11), 8 + 9 * (number % 12), 3)
        states.append(session.label.planes.mask.copy())
    settled(qtbot, session)
    return states


def test_a_jump_goes_to_any_step_with_one_repaint_and_a_row_a_step(qtbot, session, folder):
    states = paint(qtbot, session, 12)
    repaints = []
    session.label_changed.connect(repaints.append)
    for goal in (3, 11, 0, 12, 5):
        repaints.clear()
        session.timeline.go_to(goal)
        settled(qtbot, session)
        assert np.array_equal(session.label.planes.mask, states[goal]) and len(repaints) == 1
        assert len(session.label.undo_texts) == goal and len(session.label.redo_texts) == 12 - goal
        assert np.array_equal(session.overlay.levels[1][0], _halved(states[goal][0]))
    assert session.label.history.last_seq == 12 + 9 + 8 + 11 + 12 + 7
    again = session.project.load_label(session.label.key.image_id)
    assert np.array_equal(again.planes.mask, states[5]) and again.redo_texts == session.label.redo_texts
    repaints.clear()
    session.timeline.go_to(5)
    assert not session.landing.busy and not repaints


def _halved(page: np.ndarray) -> np.ndarray:
    return page[0::2, 0::2] | page[1::2, 0::2] | page[0::2, 1::2] | page[1::2, 1::2]


def test_steps_that_were_left_to_the_store_are_read_again(qtbot, session, monkeypatch):
    monkeypatch.setattr("desktop.project.journal.History.trim.__defaults__", (4,))
    states = paint(qtbot, session, 15)
    dab(session, 90, 100, 2)
    settled(qtbot, session)
    assert sum(step.loaded for step in session.label.history.done) <= 5
    for expected in reversed(states):
        session.undo()
        settled(qtbot, session)
        assert np.array_equal(session.label.planes.mask, expected)
    assert session.undo_text is None


def test_undo_held_down_while_a_large_step_is_on_its_way_goes_on(qtbot, session, monkeypatch):
    monkeypatch.setattr(timeline, "AT_ONCE_PIXELS", 0)
    states = paint(qtbot, session, 9)
    for _ in range(7):
        session.undo()
    session.redo()
    settled(qtbot, session)
    assert np.array_equal(session.label.planes.mask, states[3])
    for _ in range(30):
        session.redo()
    settled(qtbot, session)
    assert np.array_equal(session.label.planes.mask, states[9]) and session.redo_text is None


def test_who_paints_during_a_journey_goes_on_from_there(qtbot, session):
    states = paint(qtbot, session, 6)
    session.timeline.go_to(1)
    dab(session, 60, 100, 4)
    settled(qtbot, session)
    assert len(session.label.undo_texts) == 7 and not session.timeline.busy
    assert (session.label.planes.mask != states[6]).any()
    session.undo()
    settled(qtbot, session)
    assert np.array_equal(session.label.planes.mask, states[6])


def test_backspace_takes_finishes_back_one_by_one_also_of_earlier_sittings(qtbot, qapp, session, folder):
    dab(session)
    session.finish_and_next()
    session.finish_and_next()
    session.reject("blurred")
    qtbot.waitUntil(lambda: session.pending == 0)
    assert [entry.status for entry in session.entries] == ["corrected", "corrected", "rejected", "unseen"]
    session.take_back()
    assert session.position == 2
    qtbot.waitUntil(lambda: session.entries[2].status == "unseen")
    # The same folder in another sitting: the store knows the rest.
    with qtbot.waitSignal(session.opening.indexing.done, timeout=20_000):
        session.open_folder(folder, schema=SCHEMA)
    qtbot.waitUntil(lambda: session.label is not None and len(session.entries) == 4)
    session.go_to(3)
    session.take_back()
    session.take_back()
    qtbot.waitUntil(lambda: session.position == 0)
    qtbot.waitUntil(lambda: session.label is not None and not session.label.confirmed_classes)
    assert [entry.status for entry in session.entries] == ["in progress", "unseen", "unseen", "unseen"]
    # Nothing is left: Backspace is the previous image.
    session.go_to(2)
    session.take_back()
    qtbot.waitUntil(lambda: session.position == 1)
