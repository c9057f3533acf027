"""Notes of the current image: shown at once, on the disk a moment later, there again after a restart."""

from __future__ import annotations

import errno

import pytest

from desktop.project.project import Project
from tests.desktop.session_tools import SCHEMA, close, make_folder, new_session, open_and_wait


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "eyes", 3)


@pytest.fixture
def desk(qtbot, session, folder):
    open_and_wait(qtbot, session, folder, SCHEMA)
    return session


def saved(qtbot, session) -> None:
    qtbot.waitUntil(lambda: session.pending == 0, timeout=10_000)


def texts(session) -> list[str]:
    return [one.text for one in session.notes.rows]


def test_a_note_is_there_at_once_and_after_a_restart(qtbot, folder) -> None:
    first = new_session()
    open_and_wait(qtbot, first, folder, SCHEMA)
    first.notes.begin((7, 9))
    first.notes.keep("  drusen?\n")
    first.notes.begin()
    first.notes.keep("A good picture")
    assert texts(first) == ["drusen?", "A good picture"]
    assert [first.notes.number(one) for one in first.notes.rows] == [1, None]
    assert first.entry.status == "unseen"
    close(qtbot, first)
    again = new_session()
    open_and_wait(qtbot, again, folder, None)
    qtbot.waitUntil(lambda: texts(again) == ["drusen?", "A good picture"], timeout=10_000)
    assert (again.notes.rows[0].y, again.notes.rows[0].x) == (7, 9)
    assert again.notes.rows[0].reader == again.project.reader
    close(qtbot, again)


def test_editing_removing_and_bringing_back(qtbot, desk) -> None:
    desk.notes.begin()
    desk.notes.keep("one")
    note = desk.notes.rows[0]
    desk.notes.begin(note=note)
    desk.notes.keep("two")
    assert texts(desk) == ["two"]
    desk.notes.remove(desk.notes.rows[0])
    assert texts(desk) == []
    saved(qtbot, desk)
    assert desk.project.comments(note.image_id) == []
    desk.notes.bring_back()
    saved(qtbot, desk)
    assert texts(desk) == ["two"]
    assert [one.text for one in desk.project.comments(note.image_id)] == ["two"]
    assert desk.notes.removed is None


def test_nothing_written_is_nothing_kept(qtbot, desk) -> None:
    desk.notes.begin()
    assert desk.notes.draft is not None
    desk.notes.keep("   ")
    assert desk.notes.draft is None and desk.notes.rows == () and desk.pending == 0


def test_a_draft_belongs_to_the_image_on_which_it_was_begun(qtbot, desk) -> None:
    image = desk.entry.image_id
    desk.notes.begin((1, 2))
    desk.next()
    desk.notes.keep("late words")
    assert texts(desk) == []
    saved(qtbot, desk)
    assert [one.text for one in desk.project.comments(image)] == ["late words"]
    desk.previous()
    qtbot.waitUntil(lambda: texts(desk) == ["late words"], timeout=10_000)


def test_other_readers_notes_are_shown_and_can_be_resolved_only(qtbot, folder) -> None:
    first = new_session()
    open_and_wait(qtbot, first, folder, SCHEMA)
    image = first.entry.image_id
    close(qtbot, first)
    with Project.open(folder, reader="zoe") as project:
        project.add_comment(image, "Is this one artefact?", (3, 4)).result(10)
    again = new_session()
    open_and_wait(qtbot, again, folder, None)
    qtbot.waitUntil(lambda: texts(again) == ["Is this one artefact?"], timeout=10_000)
    note = again.notes.rows[0]
    again.notes.remove(note)
    assert texts(again) == ["Is this one artefact?"]
    again.notes.resolve(note, True)
    saved(qtbot, again)
    assert again.project.comments(image)[0].resolved_by == again.project.reader
    close(qtbot, again)


def test_a_note_that_the_disk_refuses_stays_in_sight_until_there_is_room(qtbot, desk) -> None:
    session, notes = desk, desk.notes
    writer = session.project.writer

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer._guard = full
    notes.begin()
    notes.keep("written on a full disk")
    qtbot.waitUntil(lambda: session.refused > 0, timeout=5_000)
    session.go_to(1)
    qtbot.waitUntil(lambda: session.label is not None and notes.rows == ())
    session.go_to(0)
    qtbot.waitUntil(lambda: [one.text for one in notes.rows] == ["written on a full disk"], timeout=2_000)
    qtbot.wait(100)
    assert len(notes.rows) == 1, "what the store says has not put it away"
    writer._guard = lambda: None
    session.saving.try_again()
    qtbot.waitUntil(lambda: session.pending == 0, timeout=5_000)
    session.go_to(1)
    session.go_to(0)
    qtbot.waitUntil(lambda: [one.text for one in notes.rows] == ["written on a full disk"], timeout=5_000)
    assert len(session.project.comments(session.entry.image_id)) == 1
