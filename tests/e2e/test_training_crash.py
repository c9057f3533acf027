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


def test_a_killed_run_is_told_once_the_desk_goes_on_and_another_run_starts(desk, folder: Path) -> None:
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

    # Another run starts; the window is closed in the middle of it, and no process of it is left.
    start_run(sitting, 500)
    pid = tuning._process.pid
    sitting.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with Project.open(folder) as project:
        outcomes = [run.outcome for run in project.runs()]
        statuses = {row.status_for_reader for row in project.images()}
    # What it had learnt was saved: then its end counts as a good one.
    assert outcomes.count("failed") == 1 and set(outcomes) <= {"failed", "stopped", "finished"}, outcomes
    assert statuses <= {"corrected", "in progress"}
