"""Ctrl+C in the terminal and the system's wish that the program ends: the window is closed."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier

ASKING = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)


class AskedToEnd(QObject):
    """While it lives, those signals call ``close`` in Qt's event loop. A second one ends the program at once.

    Python runs its own signal handlers between two steps of Python code only, and Qt's loop may wait in C++
    for hours; so the signal's number comes through a socket that Qt watches.
    """

    def __init__(self, close: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._close = close
        self._inside, self._outside = socket.socketpair()
        for end in (self._inside, self._outside):
            end.setblocking(False)
        self._watch = QSocketNotifier(self._inside.fileno(), QSocketNotifier.Type.Read, self)
        self._watch.activated.connect(self._asked)
        self._before = {number: signal.signal(number, _noted) for number in ASKING}
        self._wakeup = signal.set_wakeup_fd(self._outside.fileno(), warn_on_full_buffer=False)

    def stop(self) -> None:
        """Give the signals back."""
        self._watch.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._inside.close()
        self._outside.close()

    def _asked(self) -> None:
        # Other signals (a child that ended) come through the same socket.
        if not set(self._inside.recv(64)) & set(ASKING):
            return
        for number in ASKING:
            signal.signal(number, signal.SIG_DFL)
        self._close()


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Without a handler of Python's own the signal would end the program; the socket tells the rest."""
