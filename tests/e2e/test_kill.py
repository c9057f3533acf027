"""The real program is killed while somebody paints in its window: what it had acknowledged is there."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from desktop.project.project import Project
from tests.e2e.desk import make_folder, start_child

KILLS = 2

# The real main(); a hand paints in its window without end, and tells what the store has acknowledged.
PAINTER = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from tests.e2e.test_kill import paint_without_end

folder, seed = sys.argv[1:]
sys.argv[1:] = ["open", folder]

from desktop import app
def run(path=None, real=app.run):
    app.application()
    QTimer.singleShot(0, lambda: paint_without_end(int(seed)))
    return real(path)
app.run = run

from desktop.__main__ import main
sys.exit(main())
"""


def paint_without_end(seed: int) -> None:
    """Paint, undo and grade in the window on screen; write what the store has acknowledged."""
    from PySide6.QtWidgets import QApplication

    from desktop.tour.hand import Hand
    from desktop.window import Window

    window = next(one for one in QApplication.topLevelWidgets() if isinstance(one, Window))
    session, hand = window.session, Hand(window, Path(os.environ["OVERREAD_DATA_DIR"]) / "pictures")
    hand.wait(lambda: session.label is not None and session.image_pyramid is not None, "an image")
    hand.wait(window.commands["review.finish"].isEnabled, "the keys")

    def tell(image_id: str, result: object) -> None:
        if isinstance(result, int):
            sys.stdout.write(f"{image_id} {result}\n")
            sys.stdout.flush()

    session.saving.acknowledged.connect(tell)
    chance = random.Random(seed)
    hand.press("B")
    while True:
        what = chance.random()
        if what < 0.1:
            hand.press("Ctrl+Z")
        elif what < 0.15:
            hand.press("Ctrl+Y")
        elif what < 0.25:
            hand.press(chance.choice("012"))
        elif what < 0.3:
            hand.press(chance.choice(["Ctrl+1", "Ctrl+2", "B", "E"]))
        else:
            hand.drag([(chance.uniform(0, 320), chance.uniform(0, 240)) for _ in range(3)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "eyes", 1)


def killed_while_painting(folder: Path, seed: int, seconds: float, tmp_path: Path) -> tuple[str, int]:
    """Let the program paint, kill it so long after its first word; the last row it said was kept."""
    child = start_child(PAINTER, folder, seed, tmp_path=tmp_path)
    assert child.stdout is not None and child.stderr is not None
    try:
        told = [child.stdout.readline()]
        time.sleep(seconds)
    finally:
        child.send_signal(signal.SIGKILL)
        rest, said = child.communicate(timeout=20)
    assert child.returncode == -signal.SIGKILL and said == "", said
    lines = [line for line in (*told, *rest.splitlines(keepends=True)) if line.endswith("\n")]
    image_id, number = lines[-1].split()
    return image_id, int(number)


def test_a_killed_program_has_lost_nothing_that_was_acknowledged(desk, folder: Path, tmp_path: Path) -> None:
    chance = random.Random(11)
    rows = 0
    for seed in range(KILLS):
        image_id, acknowledged = killed_while_painting(folder, seed, 0.2 + chance.random() * 0.6, tmp_path)
        assert acknowledged > rows, "it went on where the one before was killed"
        with Project.open(folder) as project:
            label = project.load_label(image_id)
            rows = label.history.last_seq
            assert rows >= acknowledged
            mask, grades = label.planes.mask.copy(), dict(label.grades)
            undo = list(label.undo_texts)
    sitting = desk.open(folder)
    sitting.ready()
    shown = sitting.session.label
    assert np.array_equal(shown.planes.mask, mask) and shown.grades == grades
    assert list(shown.undo_texts) == undo
    assert rows > 4 * KILLS
    for _ in undo:
        sitting.press("Ctrl+Z")
    assert not shown.planes.mask.any() and shown.grades == {}
