"""The start in a process of its own: what is imported by the first paint, and that the image is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from desktop.project.project import Project
from inference.schema import MaskClass, Schema

HEAVY = ("torch", "torchvision", "sqlalchemy", "matplotlib", "pyqtgraph", "scipy", "sklearn", "pandas")

MODULES, WIDGETS = 285, 350
"""So many modules of ours, so many widgets by the first paint. See docs/decisions/0015: rather than raising
these, make what is new later (`desktop.standby`) or import it where it is used."""
LATER = (
    *(f"desktop.panels.{name}" for name in ("start", "models", "training", "settings_page", "schema_editor")),
    *(f"desktop.panels.{name}" for name in ("palette", "keys", "figure", "region_strip", "copy_class")),
    *(f"desktop.panels.{name}" for name in ("notes", "view_options", "measure", "second_view")),
    *("desktop.canvas.figure", "inference.rules", "inference.bundle", "desktop.project.project"),
)

SCRIPT = """
import json, sys
from pathlib import Path
from desktop import app
application = app.application()
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
window = app.build(folder)
window.show()
def painted():
    image = window.canvas.image
    heavy = [name for name in sys.argv[2].split(",") if name in sys.modules] if folder else \
        [name for name in HEAVY if name in sys.modules]
    ours = [name for name in sys.modules if name.split(".")[0] in ("desktop", "inference", "training")]
    print(json.dumps({"heavy": heavy, "image": [image.width, image.height] if image is not None else None,
                      "page": window.desk.page, "ours": ours, "widgets": len(application.allWidgets()),
                      "made": [sorted(things.made) for things in
                               (window.named, window.cards, window.review.tabs.panels)]}), flush=True)
    window.gone.connect(application.quit)
    window.close()
first = window.canvas if folder else window.start
app.AfterPaint(first, painted)
sys.exit(application.exec())
"""


def start(folder: Path | None, tmp_path: Path) -> dict:
    environment = os.environ | {
        "OVERREAD_CONFIG_DIR": str(tmp_path / "config"),
        "OVERREAD_DATA_DIR": str(tmp_path / "data"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    script = SCRIPT.replace("[name for name in HEAVY", f"[name for name in {HEAVY!r}")
    arguments = [str(folder), ",".join(HEAVY)] if folder is not None else []
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[0])


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "eyes"
    folder.mkdir()
    for number in range(3):
        image = np.full((240, 320 + number, 3), 40 * number, np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), image)
    with Project.create(folder, Schema((MaskClass(0, "MA"),))) as project:
        for _ in project.index():
            pass
        project.save_position("1.png", 0, 1).result()
    return folder


def test_the_first_paint_shows_the_last_image_and_imports_nothing_heavy(project_folder, tmp_path) -> None:
    said = start(project_folder, tmp_path)
    assert said["heavy"] == []
    assert said["image"] == [321, 240]
    assert said["page"] == "review"


def test_without_a_project_the_start_page_comes_as_lightly(tmp_path) -> None:
    said = start(None, tmp_path)
    assert (said["heavy"], said["image"], said["page"]) == ([], None, "start")
    assert len(said["ours"]) <= MODULES and said["widgets"] <= WIDGETS


def test_the_first_paint_makes_only_what_it_shows(project_folder, tmp_path) -> None:
    """A stopwatch would not tell on a busy machine; a page, a tab or a tool too many does."""
    said = start(project_folder, tmp_path)
    assert said["made"] == [["review"], [], ["history"]], "pages, cards, tabs of the right column"
    assert not set(LATER) & set(said["ours"])
    assert len(said["ours"]) <= MODULES
    assert said["widgets"] <= WIDGETS
