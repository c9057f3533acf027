"""A person's desk for the end-to-end tests: the real window on a folder, a hand at it, and what it says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication, QLabel

from desktop import app
from desktop.panels.notices import Notice
from desktop.tour.hand import Hand
from desktop.window import Window
from inference.schema import Finding, GradeScale, MaskClass, Schema, write_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Schema(
    (MaskClass(0, "MA"), MaskClass(1, "HE", color="#56B4E9")),
    (GradeScale("severity", ("none", "mild", "severe")),),
    (Finding("DME"),),
)
FINISHED = ("accepted", "corrected")


def picture(seed: int, height: int = 240, width: int = 320) -> np.ndarray:
    """A smooth picture (H, W, 3) uint8 RGB of its own."""
    coarse = np.random.default_rng(seed).integers(30, 225, (5, 7, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def write_picture(path: Path, seed: int = 0, height: int = 240, width: int = 320) -> Path:
    """Write such a picture in the format of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture(seed, height, width)[:, :, ::-1])
    return path


def make_folder(folder: Path, count: int = 4, schema: Schema | None = SCHEMA) -> Path:
    """A folder with pictures, and the schema beside them."""
    for number in range(count):
        write_picture(folder / f"eye{number}.png", number)
    if schema is not None:
        write_schema(folder / "schema.json", schema)
    return folder


def is_one_sentence(text: str) -> bool:
    """Whether a person can read it: one line, whole, no traceback, no fault of the program's."""
    return (
        0 < len(text) < 400
        and "\n" not in text
        and text.rstrip().endswith((".", "!", "?"))
        and not any(sign in text for sign in ("Traceback", "Error(", "did not expect", "<class"))
    )


def desks_closed() -> bool:
    """Whether Qt's own pool has nothing under way."""
    return QThreadPool.globalInstance().waitForDone(2000)


class Sitting:
    """One window, from its start to its end."""

    def __init__(self, qtbot, window: Window, pictures: Path) -> None:
        self._qtbot = qtbot
        self.window = window
        self.session = window.session
        self.hand = Hand(window, pictures)
        self._closed = False

    def wait(self, until: Callable[[], object], what: str, limit_s: float = 20.0) -> None:
        """Let the window live until something is so."""
        self.hand.wait(until, what, limit_s)

    def press(self, *keys: str) -> None:
        """Type shortcuts, one after the other."""
        for one in keys:
            self.hand.press(one)

    def ready(self) -> None:
        """Wait until the current image can be painted on."""
        self.wait(
            lambda: self.session.label is not None and self.session.image_pyramid is not None, "an image"
        )
        self.wait(self.window.commands["review.finish"].isEnabled, "the keys of the review")

    def shown(self) -> str | None:
        """Wait until the current image is shown or refused; the sentence of the refusal, or None."""
        session, canvas = self.session, self.window.canvas
        self.wait(
            lambda: session.image_pyramid is not None or session.image_problem is not None, "image or reason"
        )
        if session.image_problem is None:
            self.wait(lambda: canvas.image is session.image_pyramid, "the image on the canvas")
        return session.image_problem

    def paint(self, x: float | None = None, y: float | None = None) -> int:
        """One short stroke of the selected class, in the middle or at a point; its pixels on the label."""
        image = self.window.canvas.image
        assert image is not None
        across, down = image.width / 2 if x is None else x, image.height / 2 if y is None else y
        self.hand.drag([(across, down), (across + image.width / 20, down)])
        return self.painted()

    def painted(self) -> int:
        """So many pixels of the selected class are on the current label."""
        label, chosen = self.session.label, self.session.class_id
        assert label is not None and chosen is not None
        return 0 if label.planes is None else int(label.planes.class_mask(chosen).sum())

    def saved(self) -> None:
        """Wait until everything is acknowledged."""
        self.wait(lambda: self.session.pending == 0, "everything to be saved")

    def notices(self) -> tuple[Notice, ...]:
        """All notices that are up, the newest first; they are taken down, as a person does by Escape."""
        said = self.window.notices.all
        while self.window.notices.current is not None:
            self.window.notices.dismiss()
        return said

    def notice(self, part: str, limit_s: float = 20.0) -> Notice:
        """Wait for the notice with these words, see that it is shown whole, and return it."""
        bar = self.window.notices
        self.wait(
            lambda: bar.current is not None and part in bar.current.text, f"a notice with “{part}”", limit_s
        )
        notice = bar.current
        assert notice is not None and is_one_sentence(notice.text), notice
        self.hand.rest()
        assert bar.isVisible() and QApplication.activeModalWidget() is None
        text = next(one for one in bar.findChildren(QLabel) if one.text() == notice.text)
        assert text.heightForWidth(text.width()) <= text.height(), "the sentence is cut"
        return notice

    def close(self) -> None:
        """Close as a person does, and wait until it is gone."""
        if self._closed:
            return
        self._closed = True
        with self._qtbot.waitSignal(self.window.gone, timeout=20_000):
            self.window.close()
        assert not self.session.predicting.thread_.isRunning()
        self.window.deleteLater()


class Desk:
    """Opens windows as `overread open FOLDER` does."""

    def __init__(self, qtbot, tmp_path: Path) -> None:
        self._qtbot = qtbot
        self._tmp_path = tmp_path
        self.sittings: list[Sitting] = []

    def open(
        self, folder: Path | None, *, project: bool = True, size: tuple[int, int] = (1280, 860)
    ) -> Sitting:
        """The real window on a folder; waits for its project, unless it is expected to be refused."""
        app.application()
        window = app.build(folder)
        sitting = Sitting(self._qtbot, window, self._tmp_path / "pictures")
        self.sittings.append(sitting)
        window.resize(*size)
        window.show()
        window.activateWindow()
        if folder is not None and project:
            sitting.wait(lambda: sitting.session.project is not None, "the project")
            sitting.wait(lambda: not sitting.session.opening.indexing.running, "the index")
            self._wait_for_welcome(sitting)
        return sitting

    @staticmethod
    def _wait_for_welcome(sitting: Sitting) -> None:
        """A project without a model asks for one; after that, nothing comes up by itself any more."""
        project, bar = sitting.session.project, sitting.window.notices
        if project is not None and project.incumbent() is None:
            sitting.wait(lambda: any(one.topic == "no model" for one in bar.all), "the hint about models")

    def close_all(self) -> None:
        """Close what is still open."""
        for sitting in self.sittings:
            sitting.close()
        self.sittings.clear()


def child_environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """The environment of a program in a process of its own: no screen, its own folders."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONUNBUFFERED": "1", **more}
    environment["OVERREAD_CONFIG_DIR"] = str(tmp_path / "child-config")
    environment["OVERREAD_DATA_DIR"] = str(tmp_path / "child-data")
    environment.pop("DISPLAY", None)
    return environment


def start_child(script: str, *arguments: object, tmp_path: Path) -> subprocess.Popen[str]:
    """Start a script in a process of its own that can import the program."""
    command = [sys.executable, "-c", script, *(str(one) for one in arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=child_environment(tmp_path), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def eventually(condition: Callable[[], object], limit_s: float = 10.0) -> bool:
    """Whether something becomes so in time, without a window."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
