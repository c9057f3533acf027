"""Short questions to disk and store, answered off the GUI thread and handed back in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QThreadPool, QTimer, Signal

from desktop import messages

THREADS = 2
HOLD_MS = 25


class Behind(QObject):
    """`run(work, done)`: ``work()`` on a pool thread, then ``done(result)`` in the GUI thread.

    After `forget` (another folder is opened) answers that are still under way are dropped.
    """

    problem = Signal(str, str)
    _ended = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self._generation = 0
        self._held: list[Callable[[], None]] = []
        self._holding = QTimer(self)
        self._holding.setSingleShot(True)
        self._holding.setInterval(HOLD_MS)
        self._holding.timeout.connect(self._release)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Ask; an error is told by `problem` unless ``failed`` takes it."""
        generation = self._generation
        refused = failed or self._tell

        def body() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - handed to the one who asked
                self._ended.emit(generation, refused, error)
            else:
                self._ended.emit(generation, done, result)

        if self._holding.isActive():
            self._held.append(body)
        else:
            self._pool.start(body)

    def hold(self) -> None:
        """Begin nothing for a moment: another image comes on the desk, and painting it goes first."""
        self._holding.start()

    def _release(self) -> None:
        held, self._held = self._held, []
        for body in held:
            self._pool.start(body)

    def forget(self) -> None:
        """Drop the answers that are still under way."""
        self._generation += 1
        self._held.clear()
        self._pool.clear()

    def wait(self, milliseconds: int = 5000) -> bool:
        """Wait for what is under way (at the very end; what was held is not begun any more)."""
        return bool(self._pool.waitForDone(milliseconds))

    def _on_ended(self, generation: int, callback: Callable[[Any], None], result: Any) -> None:
        if generation == self._generation:
            callback(result)

    def _tell(self, error: BaseException) -> None:
        self.problem.emit(messages.sentence(error), "")
