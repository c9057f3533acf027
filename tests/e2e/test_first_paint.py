"""The program as a person starts it: what is imported by the first paint, how it ends, what it says."""

from __future__ import annotations

import json
from pathlib import Path

from desktop.project.project import Project
from tests.e2e.desk import SCHEMA, make_folder, start_child

HEAVY = ("torch", "torchvision", "sqlalchemy", "matplotlib", "scipy", "sklearn", "pyqtgraph", "pandas")

# The real main(); at the first paint of its window it tells what is imported, then the window is closed.
STARTED = """
import json, sys, threading, time
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

class Watch(QObject):
    told = False
    def eventFilter(self, watched, event):
        from desktop.window import Window
        if event.type() == QEvent.Type.Paint and isinstance(watched, Window) and not self.told:
            self.told = True
            image = watched.canvas.image
            print(json.dumps({
                "heavy": [name for name in HEAVY if name in sys.modules],
                "image": [image.height, image.width] if image is not None else None,
                "page": watched.desk.page, "title": watched.windowTitle()}), flush=True)
            QTimer.singleShot(LIVE_MS, watched.close)
        return False

from desktop import app
application = app.application()
watch = Watch()
application.installEventFilter(watch)
from desktop.__main__ import main
status = main()
# What Python itself keeps at the end of a program is what would hang or crash it.
# (A thread of Qt's own that Python once saw stays in its list as a dummy.)
left = [t.name for t in threading.enumerate() if t.name != "MainThread" and not t.name.startswith("Dummy")]
print(json.dumps({"threads": left}), flush=True)
sys.exit(status)
"""


def start(tmp_path: Path, *words: object, live_ms: int = 0) -> tuple[dict, dict]:
    """Run it; what it told at its first paint, and at its end. Anything else it says is a failure."""
    script = f"HEAVY = {HEAVY!r}\nLIVE_MS = {live_ms}\n" + STARTED
    child = start_child(script, *words, tmp_path=tmp_path)
    said, complaints = child.communicate(timeout=60)
    assert complaints == "", complaints
    assert child.returncode == 0, said
    first, last = said.splitlines()
    return json.loads(first), json.loads(last)


def project_folder(tmp_path: Path) -> Path:
    folder = make_folder(tmp_path / "eyes", 3)
    with Project.create(folder, SCHEMA) as project:
        for _ in project.index():
            pass
        project.save_position("eye1.png", 0, 1).result()
    return folder


def test_the_first_paint_shows_the_last_image_without_anything_heavy(tmp_path: Path) -> None:
    first, last = start(tmp_path, "open", project_folder(tmp_path))
    assert first == {"heavy": [], "image": [240, 320], "page": "review", "title": "eyes – Overread"}
    assert last == {"threads": []}


def test_a_start_without_a_word_shows_the_start_page_as_lightly(tmp_path: Path) -> None:
    first, _ = start(tmp_path)
    assert first["heavy"] == [] and first["page"] == "start"


def test_a_start_without_a_word_opens_the_last_project(tmp_path: Path) -> None:
    folder = project_folder(tmp_path)
    start(tmp_path, "open", folder, live_ms=1200)
    first, last = start(tmp_path)
    assert first["title"] == "eyes – Overread" and first["heavy"] == [] and last == {"threads": []}


def test_it_closes_in_the_middle_of_opening_and_of_reading(tmp_path: Path) -> None:
    """Closed again at every moment of the start: it ends well, and the next start finds a whole project."""
    folder = make_folder(tmp_path / "eyes", 12)
    for live_ms in (1, 60, 250):
        _, last = start(tmp_path, "open", folder, live_ms=live_ms)
        assert last == {"threads": []}
    with Project.open(folder) as project:
        for _ in project.index():
            pass
        assert len(project.images()) == 12


def test_a_path_that_is_not_there_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    child = start_child(
        "import sys\nfrom desktop.__main__ import main\nsys.exit(main())",
        "open",
        tmp_path / "nowhere",
        tmp_path=tmp_path,
    )
    said, complaint = child.communicate(timeout=60)
    assert (child.returncode, said) == (1, "")
    assert complaint.count("\n") == 1 and "nowhere does not exist" in complaint
