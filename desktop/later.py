"""What the first paint does not show: made when first asked for, and prepared in idle moments after it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer

Thing = TypeVar("Thing")

QUIET_MS = 400
"""So long nothing is prepared after a key, a click or a move of the pointer."""
BETWEEN_MS = 15
"""Between two steps: a frame, so that what came meanwhile is done first."""


class Later(Mapping[str, Thing]):
    """Things by name, each made when it is first asked for. To list the names makes nothing."""

    def __init__(self, makers: Mapping[str, Callable[[], Thing]]) -> None:
        self._makers = dict(makers)
        self.made: dict[str, Thing] = {}
        """What there is so far."""

    def __getitem__(self, name: str) -> Thing:
        if name not in self.made:
            self.made[name] = self._makers[name]()
        return self.made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class Preparation(QObject):
    """Takes one step per turn of the event loop, once it is started and while nobody is at work.

    A step asks for a thing, so that it is made (or imports what makes it); none may take longer than a frame.
    """

    def __init__(self, steps: Iterable[Callable[[], object]], parent: QObject) -> None:
        super().__init__(parent)
        self._steps = deque(steps)
        self._last_input = 0.0
        self._turn = QTimer(self, singleShot=True)
        self._turn.timeout.connect(self._take_step)

    @property
    def left(self) -> int:
        """So many steps are still to be taken."""
        return len(self._steps)

    def start(self) -> None:
        """Begin, after a quiet moment: what was just opened comes first."""
        self._turn.start(QUIET_MS)

    def stop(self) -> None:
        """Prepare nothing more."""
        self._turn.stop()

    def note_input(self) -> None:
        """A person is at work: wait until they rest."""
        self._last_input = time.monotonic()

    def _take_step(self) -> None:
        rested = 1000 * (time.monotonic() - self._last_input)
        if rested < QUIET_MS:
            self._turn.start(QUIET_MS - int(rested))
        elif self._steps:
            self._steps.popleft()()
            self._turn.start(BETWEEN_MS)
