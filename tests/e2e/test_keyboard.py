"""A whole folder reviewed by keys; then the program starts again, and everything is there, undo included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.project.project import Project
from tests.e2e.desk import make_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "eyes", 6)


def status_of(sitting, position: int) -> str:
    return sitting.session.entries[position].status


def wait_for_status(sitting, position: int, status: str) -> None:
    sitting.wait(lambda: status_of(sitting, position) == status, f"image {position} to be {status}")


def first_sitting(sitting) -> dict[str, np.ndarray]:
    """Review five of six images by keys; the masks of the second class as they were left."""
    masks = {}
    session = sitting.session
    sitting.ready()
    # Image 0: two strokes of the second class, one undone, done again, undone; a grade set twice.
    sitting.press("B", "Ctrl+2")
    sitting.paint(80, 60)
    once = sitting.painted()
    sitting.press("]", "]")
    sitting.paint(200, 150)
    twice = sitting.painted()
    assert twice > once > 0
    sitting.press("Ctrl+Z")
    assert sitting.painted() == once
    sitting.press("Ctrl+Shift+Z")
    assert sitting.painted() == twice
    sitting.press("Ctrl+Z", "2", "1")
    assert session.label.grades == {"severity": "mild"}
    masks["eye0.png"] = session.label.planes.class_mask(1).copy()
    sitting.press("Return")
    wait_for_status(sitting, 0, "corrected")
    # Image 1: erased again, so that nothing is left; finished.
    sitting.ready()
    assert session.position == 1
    sitting.paint(100, 100)
    sitting.press("E", "]")
    sitting.paint(100, 100)
    assert sitting.painted() == 0
    sitting.press("0", "Return")
    wait_for_status(sitting, 1, "corrected")
    # Image 2: rejected with a reason, taken back, rejected again.
    sitting.ready()
    reject(sitting, "blurred")
    wait_for_status(sitting, 2, "rejected")
    sitting.press("Backspace")
    sitting.wait(lambda: session.position == 2, "the way back")
    sitting.wait(
        lambda: status_of(sitting, 2) not in ("rejected", "accepted"), "the rejection to be taken back"
    )
    sitting.ready()
    reject(sitting, "blurred")
    wait_for_status(sitting, 2, "rejected")
    return masks | second_half(sitting)


def second_half(sitting) -> dict[str, np.ndarray]:
    session, masks = sitting.session, {}
    # Image 3: for a second look.
    sitting.ready()
    sitting.press("B")
    sitting.paint(160, 120)
    masks["eye3.png"] = session.label.planes.class_mask(1).copy()
    sitting.press("S")
    wait_for_status(sitting, 3, "second look")
    # Image 4: finished, and the finish is taken back by Backspace.
    sitting.ready()
    assert session.position == 4
    sitting.press("0", "Return")
    wait_for_status(sitting, 4, "corrected")
    sitting.press("Backspace")
    sitting.wait(lambda: session.position == 4, "the way back")
    wait_for_status(sitting, 4, "in progress")
    # To and fro without finishing.
    sitting.press("Left", "Left", "Right", "Right")
    assert session.position == 4
    return masks


def reject(sitting, reason: str) -> None:
    sitting.press("R")
    sitting.wait(sitting.window.review.reject.isVisible, "the question for the reason")
    QTest.keyClicks(QApplication.focusWidget(), reason)
    sitting.press("Return")


STATUSES = ["corrected", "corrected", "rejected", "second look", "in progress", "unseen"]


def test_a_folder_is_reviewed_by_keys_and_everything_is_there_after_a_restart(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    sitting.notices()
    masks = first_sitting(sitting)
    sitting.saved()
    assert [entry.status for entry in sitting.session.entries] == STATUSES
    assert sitting.window.notices.current is None
    sitting.close()

    again = desk.open(folder)
    again.notices()
    session = again.session
    assert session.position == 4, "the program starts where the reader was"
    again.wait(lambda: [entry.status for entry in session.entries] == STATUSES, "the statuses of last time")
    again.press("Left", "Left", "Left", "Left")
    again.ready()
    assert session.entry.path == "eye0.png" and session.label.grades == {"severity": "mild"}
    assert np.array_equal(session.label.planes.class_mask(1), masks["eye0.png"])
    undo_of_an_earlier_sitting(again, masks["eye0.png"])
    again.press("Right", "Right", "Right")
    again.ready()
    assert np.array_equal(session.label.planes.class_mask(1), masks["eye3.png"])
    again.saved()
    again.close()
    with Project.open(folder) as project:
        rejected = next(row for row in project.images() if row.path == "eye2.png")
        assert rejected.status_for_reader == "rejected"


def undo_of_an_earlier_sitting(sitting, mask: np.ndarray) -> None:
    """Ctrl+Z goes back through what was done before the restart, to the very beginning, and forward again."""
    session = sitting.session
    sitting.press("Ctrl+2")
    assert session.undo_text is not None
    sitting.press("Ctrl+Z")
    assert session.label.grades == {"severity": "severe"}
    sitting.press("Ctrl+Z")
    assert session.label.grades == {}
    assert np.array_equal(session.label.planes.class_mask(1), mask)
    sitting.press("Ctrl+Z")
    assert sitting.painted() == 0 and session.undo_text is None
    sitting.press("Ctrl+Z")
    assert sitting.painted() == 0, "there is nothing before the beginning"
    sitting.press("Ctrl+Y", "Ctrl+Y", "Ctrl+Y", "Ctrl+Y")
    assert np.array_equal(session.label.planes.class_mask(1), mask)
    assert session.label.grades == {"severity": "mild"}
    assert session.redo_text is None


def test_undo_held_down_over_a_restart_and_a_new_stroke_starts_a_branch(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    sitting.ready()
    counts = [0, *(sitting.paint(40 + 30 * n, 60 + 10 * n) for n in range(6))]
    assert counts == sorted(set(counts))
    sitting.press("Ctrl+Z", "Ctrl+Z")
    sitting.close()
    again = desk.open(folder)
    again.ready()
    assert again.painted() == counts[4]
    again.press("Ctrl+Shift+Z")
    assert again.painted() == counts[5], "redo outlives the program too"
    again.press("Ctrl+Z", "Ctrl+Z")
    branch = again.paint(300, 200)
    assert branch != counts[4] and again.session.redo_text is None
    again.close()
    third = desk.open(folder)
    third.ready()
    assert third.painted() == branch
    for expected in (counts[3], counts[2], counts[1], 0):
        third.press("Ctrl+Z")
        assert third.painted() == expected


def test_keys_pressed_wildly_break_nothing(desk, folder: Path) -> None:
    """Faster than images are read, in no sensible order, with strokes cut short."""
    sitting = desk.open(folder)
    chance = np.random.default_rng(7)
    keys = [
        "Right", "Left", "Return", "Backspace", "Ctrl+Z", "Ctrl+Y", "B", "E", "C", "H", "1", "2", "9", "N",
        "S", "T", "Shift+Return", "Ctrl+1", "Ctrl+2", "F", "+", "-", "[", "]", "R", "Esc", "Shift+V", "F1",
        "Alt+1", "Alt+2", "Alt+3", "PgDown", "PgUp", "Ctrl+F", "Esc", "Alt+1",
    ]  # fmt: skip
    for step in range(250):
        sitting.press(keys[int(chance.integers(len(keys)))])
        if step % 5 == 0 and sitting.window.canvas.image is not None and sitting.window.canvas.isVisible():
            points = chance.uniform((0, 0), (320, 240), (3, 2))
            sitting.hand.drag([(float(x), float(y)) for x, y in points])
    sitting.press("Esc", "Alt+1", "Esc")
    sitting.saved()
    bad = [notice for notice in sitting.notices() if notice.kind == "problem"]
    assert not bad, bad
    statuses = [entry.status for entry in sitting.session.entries]
    masks = {}
    for entry in sitting.session.entries:
        label = sitting.session.project.load_label(entry.image_id)
        masks[entry.path] = None if label.planes is None else label.planes.mask.copy()
    sitting.close()
    with Project.open(folder) as project:
        assert [row.status_for_reader for row in project.images()] == statuses
        for row in project.images():
            planes = project.load_label(row.id).planes
            kept = masks[row.path]
            assert (planes is None) == (kept is None) and (kept is None or np.array_equal(planes.mask, kept))
