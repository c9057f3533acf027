"""The writer: one thread through which every change reaches the store, in order."""

from __future__ import annotations

import errno
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from desktop.project.errors import StoreWriteError
from desktop.project.store import Store

_log = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[Connection], T]
_NOT_SAVED = (
    "The last changes are not saved, because the disk is full or cannot be written; they are kept in memory, "
    "and saved as soon as there is room again."
)
_NOT_DONE = (
    "This was not done, because the disk is full or cannot be written: free some space, then do it again."
)
_GONE = (
    "The last changes are not saved, because the project's folder is not there any more; they are kept in "
    "memory: put the folder back where it was, and they are saved."
)
_NOT_DONE_GONE = (
    "This was not done, because the project's folder is not there any more: put it back, then do it again."
)
_FULL_CODES = (errno.ENOSPC, errno.EDQUOT)


@dataclass(slots=True)
class _Task(Generic[T]):
    operation: Operation[T]
    future: Future[T]
    keep: bool = True


class Writer:
    """Runs operations one after another, each in a transaction of its own, on one thread.

    When the disk refuses a write, its Future fails with StoreWriteError, and the operation is kept: it is
    tried again, before anything newer, with the next `submit` and by `retry`. So what was acknowledged
    stays, what was not is still in memory, and the order never changes. Only what was submitted with
    `keep=False` is dropped instead: nothing of it happens later, when nobody expects it any more.
    """

    def __init__(self, store: Store, *, guard: Callable[[], None] | None = None) -> None:
        """Start the thread. `guard` is called before every write and may raise to refuse it."""
        self._guard = guard or (lambda: None)
        self._queue: deque[_Task[Any]] = deque()
        self._held: deque[_Task[Any]] = deque()
        self._idle: deque[Operation[Any]] = deque()
        self._listeners: list[Callable[[int], None]] = []
        self._wake = threading.Condition()
        self._busy = False
        self._retry = False
        self._store = store.path
        self._connection = store.writing_connection()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="overread-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation[T], *, keep: bool = True) -> Future[T]:
        """Queue `operation(connection)`; its Future is done when the transaction is on the disk.

        Any error but a refused write drops the operation, and without `keep` that one does too. Raises
        RuntimeError after `close`.
        """
        task: _Task[T] = _Task(operation, Future(), keep)
        task.future.set_running_or_notify_cancel()  # nobody can cancel what a person did
        with self._wake:
            if self._closing:
                raise RuntimeError("the writer is closed")
            self._queue.append(task)
            self._retry = True
            self._wake.notify_all()
        self._tell()
        return task.future

    def submit_idle(self, operation: Operation[Any]) -> None:
        """Queue work that only saves time later (a snapshot); it runs when nothing else waits, or never."""
        with self._wake:
            self._idle.append(operation)
            self._wake.notify_all()

    @property
    def pending(self) -> int:
        """How many operations are not on the disk yet."""
        with self._wake:
            return len(self._queue) + len(self._held) + int(self._busy)

    def on_pending(self, listener: Callable[[int], None]) -> None:
        """Call `listener(count)` whenever the number of unsaved operations changes, on whatever thread."""
        self._listeners.append(listener)

    def retry(self) -> None:
        """Try the refused operations again."""
        with self._wake:
            self._retry = True
            self._wake.notify_all()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything queued was tried; return whether all of it is on the disk."""
        with self._wake:
            self._wake.wait_for(self._tried_all, timeout)
            return not self._queue and not self._held and not self._busy

    def close(self) -> int:
        """Try everything once more, stop the thread, and return how many operations could not be saved."""
        with self._wake:
            self._closing = True
            self._retry = True
            self._idle.clear()
            self._wake.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        return len(self._held)

    def _run(self) -> None:
        with self._connection:
            while self._step(self._connection):
                pass

    def _step(self, connection: Connection) -> bool:
        with self._wake:
            self._wake.wait_for(self._has_work)
            task = self._next()
            idle = self._idle.popleft() if task is None and self._idle else None
            if task is None and idle is None:
                return not self._closing
            self._busy = True
        try:
            if task is not None:
                self._do(connection, task)
            elif idle is not None:
                self._do_idle(connection, idle)
        finally:
            with self._wake:
                self._busy = False
                self._wake.notify_all()
        self._tell()
        return True

    def _tried_all(self) -> bool:
        return not self._queue and not self._busy and not (self._held and self._retry)

    def _has_work(self) -> bool:
        return bool(self._queue or self._idle or self._closing or (self._held and self._retry))

    def _next(self) -> _Task[Any] | None:
        """Take the next task: a refused one first. New ones that come behind a refused one join it."""
        if self._held and self._retry:
            self._retry = False
            return self._held.popleft()
        if self._held:
            # The disk just refused an earlier one: these wait behind it and say so.
            while self._queue:
                task = self._queue.popleft()
                if task.keep:
                    self._held.append(task)
                _fail(task, self._refusal(task))
            return None
        return self._queue.popleft() if self._queue else None

    def _do(self, connection: Connection, task: _Task[Any]) -> None:
        try:
            self._guard()
            with connection.begin():
                result = task.operation(connection)
        except StoreWriteError as error:
            self._hold(task, error, error if task.keep else self._refusal(task))
        except (DBAPIError, OSError) as error:
            if _refused(error):
                self._hold(task, error, self._refusal(task))
            else:
                _fail(task, error)
        except Exception as error:  # noqa: BLE001  whatever it is belongs to the caller who waits on the Future
            _fail(task, error)
        else:
            with self._wake:
                self._retry = bool(self._held)
            if not task.future.done():
                task.future.set_result(result)

    def _hold(self, task: _Task[Any], reason: Exception, told: StoreWriteError) -> None:
        _log.warning("the store refused a write: %s", reason)
        if task.keep:
            with self._wake:
                self._held.appendleft(task)
        _fail(task, told)

    def _refusal(self, task: _Task[Any]) -> StoreWriteError:
        """Why it is not on the disk, and what becomes of it."""
        if self._store.exists():
            return StoreWriteError(_NOT_SAVED if task.keep else _NOT_DONE)
        return StoreWriteError(_GONE if task.keep else _NOT_DONE_GONE)

    def _do_idle(self, connection: Connection, operation: Operation[Any]) -> None:
        try:
            self._guard()
            with connection.begin():
                operation(connection)
        except Exception:  # noqa: BLE001  nobody waits, and nothing is lost without it
            _log.warning("work at an idle moment failed", exc_info=True)

    def _tell(self) -> None:
        count = self.pending
        for listener in self._listeners:
            listener(count)


def _fail(task: _Task[Any], error: BaseException) -> None:
    # A kept operation's Future has failed already; its later success is told by `on_pending`.
    if not task.future.done():
        task.future.set_exception(error)
    elif not isinstance(error, StoreWriteError):
        _log.error("a change that was kept for later cannot be saved", exc_info=error)


def _refused(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL_CODES
    original = error.orig if isinstance(error, DBAPIError) else error
    text = str(original).lower()
    return isinstance(original, sqlite3.OperationalError) and any(
        words in text
        for words in ("disk is full", "disk i/o error", "readonly database", "database is locked")
    )
