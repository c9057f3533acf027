"""Indexing behind: identity, size, group and split of every image, giving way while the reader works."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from desktop import messages
from desktop.jobs.background import Control, Task, Tasks
from desktop.jobs.collector import many_objects

if TYPE_CHECKING:
    from desktop.project.identity import FileFacts
    from desktop.project.project import Project
    from desktop.project.rows import ImageRow

log = logging.getLogger(__name__)

PAGE = 1000
"""Rows handed to the GUI thread at once: some 3 ms."""
GIVE_WAY_SECONDS = 0.3
"""So long after the last input nothing is read from the disk for indexing ..."""
AT_MOST_SECONDS = 3.0
"""... but one batch goes through in this time, however hard the reader works."""


class Indexing(QObject):
    """One indexing at a time. Rows arrive by `rows_ready`, first those the store knows already."""

    rows_ready = Signal(object)
    """A list of `ImageRow` that are new or changed."""
    progress = Signal(object)
    problem = Signal(str, str)
    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = Tasks(self)
        self._task: Task | None = None
        self._last_input = float("-inf")

    def start(self, project: Project) -> None:
        """Index a project's folder behind; an earlier one must have been stopped."""
        task = Task("indexing", lambda control: self._work(project, control))
        self._task = task
        queued = Qt.ConnectionType.QueuedConnection
        task.progressed.connect(self.progress, queued)
        task.failed.connect(self._on_failed, queued)
        task.done.connect(self._on_done, queued)
        self._tasks.start(task)

    def stop(self) -> None:
        """Ask it to end: at the latest after the batch under way."""
        self._task = None
        self._tasks.cancel_all()

    def wait(self, milliseconds: int = 20_000) -> bool:
        """Wait for its end, off the GUI thread."""
        return self._tasks.wait_elsewhere(milliseconds)

    def note_input(self) -> None:
        """The reader works."""
        self._last_input = time.monotonic()

    @property
    def running(self) -> bool:
        """Whether images are still being indexed."""
        return self._task is not None

    def _on_done(self, _result: object) -> None:
        if self.sender() is self._task:
            self._task = None
            self.done.emit()

    def _on_failed(self, error: BaseException) -> None:
        if self.sender() is self._task:
            self._task = None
            self.problem.emit(messages.sentence(error), "")
            self.done.emit()

    # ---- the task's thread

    def _work(self, project: Project, control: Control) -> None:
        self._pages(project, control)
        touched: list[str] = []

        def mapper(read: Callable[[str], FileFacts], paths: Sequence[str]) -> Iterable[FileFacts]:
            self._give_way(control)
            touched.extend(paths)
            return [read(path) for path in paths if not control.cancelled()]

        registered = False
        for step in project.index(cancelled=control.cancelled, mapper=mapper):
            control.check()
            if touched:
                if not registered:
                    self._pages(project, control)
                    registered = True
                self._emit(project.images_of(touched))
                touched.clear()
            control.progress(step.done, step.total, f"Indexing {step.done} of {step.total} images")
            for note in step.notes:
                log.info("while indexing: %s", note)
        control.progress(1, 1, "")

    def _pages(self, project: Project, control: Control) -> None:
        offset = 0
        with many_objects():
            while rows := project.images(offset, PAGE):
                control.check()
                self._emit(rows)
                offset += len(rows)

    def _emit(self, rows: list[ImageRow]) -> None:
        if rows:
            self.rows_ready.emit(rows)

    def _give_way(self, control: Control) -> None:
        """Wait while the reader works hard: disk, cores and interpreter belong to them."""
        limit = time.monotonic() + AT_MOST_SECONDS
        while not control.cancelled():
            now = time.monotonic()
            if now - self._last_input > GIVE_WAY_SECONDS or now > limit:
                return
            time.sleep(0.02)
