"""What the reader did and the store has not acknowledged yet. Counts, tells, and retries a refused write."""

from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop import messages
from desktop.project.errors import StoreWriteError

if TYPE_CHECKING:
    from desktop.project.writer import Writer

log = logging.getLogger(__name__)

RETRY_MS = 3000
"""How often a refused write is tried again without being asked."""


class Saving(QObject):
    """Follows the futures of a project's commands. Lives in the GUI thread; never waits."""

    changed = Signal(int)
    """How many changes are not on the disk."""
    problem = Signal(str, str)
    """(sentence, details): a write failed for good."""
    refused = Signal(str)
    """The sentence, when the disk begins to refuse writes; they are kept and tried again."""
    failed = Signal(str)
    """The image id whose change the store will not take; the label must be read again."""
    acknowledged = Signal(str, object)
    """(image id, what the command's future gave)."""
    caught_up = Signal(object)
    """The image ids whose refused writes are on the disk now."""
    _answered = Signal(str, object)
    _waiting = Signal(int)

    def __init__(self, parent: QObject | None = None, *, retry_ms: int = RETRY_MS) -> None:
        super().__init__(parent)
        self._writer: Writer | None = None
        self._open: Counter[str] = Counter()
        self._held: Counter[str] = Counter()
        self._answered.connect(self._on_answer, Qt.ConnectionType.QueuedConnection)
        self._waiting.connect(self._on_waiting, Qt.ConnectionType.QueuedConnection)
        self._retry = QTimer(self)
        self._retry.setInterval(retry_ms)
        self._retry.timeout.connect(self.try_again)

    def set_writer(self, writer: Writer | None) -> None:
        """The writer of the open project, or none."""
        self._writer = writer
        self._retry.stop()
        self._open.clear()
        self._held.clear()
        if writer is not None:
            writer.on_pending(self._waiting.emit)
        self.changed.emit(0)

    def follow(self, image_id: str, future: Future[Any]) -> None:
        """Count a change of this image until its future is answered."""
        self._open[image_id] += 1
        self.changed.emit(self.pending)
        future.add_done_callback(lambda done: self._answered.emit(image_id, done))

    @property
    def pending(self) -> int:
        """Changes that are not on the disk."""
        return self._open.total() + self._held.total()

    @property
    def held(self) -> int:
        """Changes that the disk refuses at present."""
        return self._held.total()

    def is_open(self, image_id: str) -> bool:
        """Whether this image has a change that is not on the disk: its label must stay in memory."""
        return self._open[image_id] > 0 or self._held[image_id] > 0

    def _on_answer(self, image_id: str, future: Future[Any]) -> None:
        if self._open[image_id] <= 0:
            return  # of a project that was left meanwhile
        self._open[image_id] -= 1
        error = future.exception()
        if isinstance(error, StoreWriteError):
            first = not self._held.total()
            self._held[image_id] += 1
            self._retry.start()
            if first:
                self.refused.emit(messages.sentence(error))
        elif error is not None:
            self.problem.emit(messages.sentence(error), "")
            self.failed.emit(image_id)
        else:
            self.acknowledged.emit(image_id, future.result())
        self.changed.emit(self.pending)

    def _on_waiting(self, count: int) -> None:
        # A refused write tells its later success only by this count.
        writer = self._writer
        if count == 0 and self._held and writer is not None and writer.pending == 0:
            images = [image_id for image_id, count in self._held.items() if count > 0]
            self._held.clear()
            self._retry.stop()
            self.caught_up.emit(images)
            self.changed.emit(self.pending)

    def try_again(self) -> None:
        """Try what was refused once more, now."""
        if self._writer is not None and self._held:
            self._writer.retry()

    def stop(self) -> None:
        """Stop retrying (closing tries once more by itself)."""
        self._retry.stop()
