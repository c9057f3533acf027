"""What runs behind while a row is measured: the desk's own prediction thread, and a fine-tune."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from desktop.jobs.prediction import PredictionRequest, PredictionThread
from desktop.sample import DEMO_MODEL, SAMPLE
from inference.bundle import bundle_digest
from tests.benchmarks.pictures import jpeg_folder

NOTHING = "nothing"
CHOICES = (NOTHING, "predictions", "predictions-and-a-run")
_PATIENCE_S = 60.0


class _Forgetful:
    """A cache that keeps nothing, so that there always is something to predict."""

    def get(self, *_key: Any) -> None:
        return None

    def has(self, *_key: Any) -> bool:
        return False

    def put(self, *_answer: Any) -> None:
        """Forget it."""


class _Endless:
    """Asks for the same pictures again and again."""

    def __init__(self, files: list[Path]) -> None:
        from inference.hashing import content_hash

        self._digest = bundle_digest(DEMO_MODEL)
        self._files = [(path, content_hash(path)) for path in files]
        self._at = 0

    def __call__(self) -> PredictionRequest:
        path, digest = self._files[self._at % len(self._files)]
        self._at += 1
        return PredictionRequest(
            image_id=str(self._at),
            path=path,
            frame=0,
            content_hash=digest,
            model=DEMO_MODEL,
            model_digest=self._digest,
        )


@contextmanager
def predictions(*, training: bool = False) -> Iterator[list[float]]:
    """The prediction thread at work on 12-megapixel files, as for the rest of a folder.

    Gives the times (perf_counter) at which predictions came: whoever measures can say how many there were.
    """
    application = QCoreApplication.instance() or QApplication([])
    done: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        thread = PredictionThread(idle_seconds=0.0)
        thread.predicted.connect(lambda *_: done.append(time.perf_counter()))
        thread.set_cache(_Forgetful())
        thread.set_training(training)
        # The desk is in use: torch leaves it a core.
        thread.note_input()
        thread.set_rest(_Endless(jpeg_folder(Path(place), 3)))
        thread.start()
        end = time.perf_counter() + _PATIENCE_S
        try:
            while len(done) < 2:
                if time.perf_counter() > end:
                    raise TimeoutError("no prediction came")
                application.processEvents()
                time.sleep(0.002)
            yield done
        finally:
            thread.stop()
            thread.wait()


@contextmanager
def fine_tune() -> Iterator[None]:
    """A run of the training module on the sample, in a process of its own, as the window starts it."""
    with tempfile.TemporaryDirectory() as place:
        run = Path(place) / "run"
        command = [sys.executable, "-m", "training", "fit", "--config", "fine-tune", "--data", str(SAMPLE)]
        command += ["--init", str(DEMO_MODEL), "--out", str(run), "--threads", "1", "--background"]
        command += ["--missing-mask", "empty", "--set", "epochs=1000"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            # Its imports are over and its first batch is through.
            for line in child.stdout or ():
                if '"batch"' in line:
                    break
            if child.poll() is not None:
                raise RuntimeError(f"the run ended with {child.returncode} before its first batch")
            yield
        finally:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()


@contextmanager
def beside(what: str) -> Iterator[list[float]]:
    """Have `what` (one of CHOICES) at work meanwhile; gives the times at which predictions came."""
    run = fine_tune() if what == "predictions-and-a-run" else nullcontext()
    if what == NOTHING:
        yield []
        return
    with run, predictions(training=what != "predictions") as done:
        yield done
