"""Work behind the window: one function on a thread of its own, with progress, cancel and one clear ending."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is: ``done`` of ``total`` (0: unknown), and one line for a person."""

    task: str
    done: int
    total: int
    text: str = ""

    @property
    def fraction(self) -> float | None:
        """Between 0 and 1; None while the total is unknown."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None


class Cancelled(Exception):  # noqa: N818 - it is an ending, not an error
    """Raised inside a task that notices that it was cancelled."""


class Control:
    """What a task's function gets: ask `cancelled`, tell `progress`. Safe to use from the task's thread."""

    def __init__(self, name: str, report: Callable[[Progress], None]) -> None:
        self._name = name
        self._report = report
        self._cancelled = False

    def cancel(self) -> None:
        """Ask the task to end early."""
        self._cancelled = True

    def cancelled(self) -> bool:
        """Whether the task shall end now."""
        return self._cancelled

    def check(self) -> None:
        """Raise `Cancelled` when the task shall end now."""
        if self._cancelled:
            raise Cancelled(self._name)

    def progress(self, done: int, total: int = 0, text: str = "") -> None:
        """Tell how far the task is."""
        self._report(Progress(self._name, done, total, text))


class Task(QThread):
    """Runs ``work(control)`` on its own thread; ends with exactly one of `done`, `failed`, `cancelled`.

    Signals are emitted from the task's thread: connect them to methods of objects of the GUI thread, so that
    Qt queues them.
    """

    progressed = Signal(object)
    done = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, name: str, work: Callable[[Control], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.control = Control(name, self.progressed.emit)
        self._work = work
        self._over = threading.Event()

    def cancel(self) -> None:
        """Ask the work to end early; it ends with `cancelled` as soon as it looks."""
        self.control.cancel()

    def run(self) -> None:
        """The thread's body."""
        try:
            self._run()
        finally:
            self._over.set()

    def wait_until_over(self, milliseconds: int) -> bool:
        """Wait for the work to be over, on any thread; False when time ran out.

        Not `wait`: while another thread is inside that, the GUI thread may delete the task, and neither the
        deletion nor the waiting would ever end.
        """
        return self._over.wait(milliseconds / 1000)

    def _run(self) -> None:
        try:
            result = self._work(self.control)
        except Cancelled:
            self.cancelled.emit()
        except Exception as error:
            log.debug("task %s failed", self.objectName(), exc_info=True)
            self.failed.emit(error)
        else:
            self.done.emit(result)


class Tasks(QObject):
    """Keeps running tasks alive and stops them all. Lives in the GUI thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: set[Task] = set()

    def start(self, task: Task) -> Task:
        """Start a task and keep it until its thread has ended."""
        self._running.add(task)
        task.finished.connect(self._sweep)
        task.start()
        return task

    def _sweep(self) -> None:
        for task in [t for t in self._running if t.isFinished()]:
            task.wait()
            self._running.discard(task)
            task.deleteLater()

    def cancel_all(self) -> None:
        """Ask every task to end early."""
        for task in self._running:
            task.cancel()

    def busy(self) -> bool:
        """Whether any task is still running."""
        self._sweep()
        return bool(self._running)

    def wait(self, milliseconds: int) -> bool:
        """Wait for all to end (tests and the very end of the application only); False when time ran out."""
        ended = all([task.wait(milliseconds) for task in list(self._running)])
        self._sweep()
        return ended

    def wait_elsewhere(self, milliseconds: int) -> bool:
        """Wait for all to end on another thread than the GUI's, which goes on and tidies up by itself."""
        return all([task.wait_until_over(milliseconds) for task in list(self._running)])
