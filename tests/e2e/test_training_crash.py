"""A training process killed in mid-run: one clear message, a window that lives on, and another run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from desktop.project.project import Project
from tests.desktop.session_tools import make_bundle
from tests.e2e.desk import SCHEMA, is_one_sentence, make_folder

IMAGES = 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten images and a model in use, all of them tiny."""
    folder = make_folder(tmp_path / "eyes", IMAGES)
    bundle = make_bundle(tmp_path / "first model")
    from inference.bundle import bundle_digest

    with Project.create(folder, SCHEMA) as project:
        digest = bundle_digest(bundle)
        project.register_model(bundle, digest, "first model", class_map={"MA": 0, "HE": 1}).result()
        project.set_incumbent(digest).result()
    return folder


def review_all(sitting) -> None:
    for number in range(IMAGES):
        sitting.ready()
        sitting.press("B", str(number % 3))
        sitting.paint(60 + 20 * number, 120)
        sitting.press("Return")
        sitting.wait(
            lambda number=number: sitting.session.entries[number].status == "corrected", "the finish"
        )
    sitting.saved()


def start_run(sitting, epochs: int) -> None:
    """To the Training page, type the epochs, click Start, and wait until it learns."""
    page = sitting.window.training
    sitting.press("Alt+3")
    sitting.wait(page.start_button.isEnabled, "a run that can start", 60)
    sitting.hand.type(page.epochs, str(epochs))
    sitting.hand.click(page.start_button)
    sitting.wait(lambda: page.state.text().startswith("Epoch"), "the first epoch", 60)


def test_a_killed_run_is_told_once_and_the_desk_goes_on(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    review_all(sitting)
    sitting.notices()
    page, tuning = sitting.window.training, sitting.session.fine_tune
    start_run(sitting, 500)
    os.kill(tuning._process.pid, signal.SIGKILL)
    sitting.wait(lambda: not tuning.running, "the end of the run")
    said = page.state.text()
    assert is_one_sentence(said) and "run" in said, said
    assert page.state.heightForWidth(page.state.width()) <= page.state.height()
    notices = sitting.notices()
    assert [(one.kind, one.text) for one in notices] == [("problem", said)]
    assert not page.stop_button.isEnabled() and not page.comparison.isVisible()
    sitting.hand.picture("killed run")

    # The desk is as it was: paint, undo, and look at another image.
    sitting.press("Alt+1", "Left")
    sitting.ready()
    before = sitting.painted()
    assert sitting.paint(200, 40) > before
    sitting.press("Ctrl+Z")
    assert sitting.painted() == before
    sitting.saved()

    # Another run starts, and Stop ends it with what it has learnt.
    start_run(sitting, 500)
    sitting.hand.click(page.stop_button)
    sitting.wait(lambda: not tuning.running, "the run to stop", 90)
    assert "stopped" in page.state.text(), page.state.text()
    assert all(one.kind != "problem" for one in sitting.notices())
    outcomes = [run.outcome for run in sitting.session.project.runs()]
    assert outcomes[0] == "failed" and len(outcomes) == 2


def test_the_window_closes_while_a_run_is_under_way(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    review_all(sitting)
    start_run(sitting, 500)
    pid = sitting.session.fine_tune._process.pid
    sitting.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    again = desk.open(folder)
    again.ready()
    assert [entry.status for entry in again.session.entries] == ["corrected"] * IMAGES
