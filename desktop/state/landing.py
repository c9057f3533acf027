"""Changes of a label that are computed behind and land in the GUI thread as one copy of pixels.

Thresholds, late predictions and journeys through the history may touch all of a 12-megapixel image; here the
GUI thread only copies what another thread made, and only when nobody changed the label meanwhile.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop import messages
from desktop.canvas.pyramid import OverlayPyramid, take_halves
from desktop.project.errors import PatchMismatch
from desktop.project.foresight import Foreseen, Mark, foresee

if TYPE_CHECKING:
    from desktop.project.edit import Edit
    from desktop.project.label import Label
    from desktop.project.planes import LabelPlanes
    from desktop.session import Session

log = logging.getLogger(__name__)

Work = Callable[[], Foreseen | None]
"""What another thread does; None: nothing is to be changed."""


def _nobody(_landed: bool) -> None:
    """Nobody waits for the end of a change."""


@dataclass(slots=True, eq=False)
class Change:
    """One change on its way.

    ``begin`` is called in the GUI thread, again whenever the label changed meanwhile: it gives the work, or
    None when the change has lost its place. ``land`` takes it over (`Label.land`, `Label.land_steps`).
    """

    label: Label
    begin: Callable[[], Work | None]
    land: Callable[[Foreseen], bool]
    ended: Callable[[bool], None] = _nobody
    asked: bool = True
    """A person asked for it; a late prediction comes by itself, and no finish waits for it."""
    once: bool = False
    """Given up, not computed again, when the label changed meanwhile."""
    open: Future[int] = field(default_factory=Future)


class Landing(QObject):
    """One change at a time, in the order in which they were asked for. GUI thread only."""

    idle = Signal()
    """No change is on its way any more."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._queue: deque[Change] = deque()
        self._busy = False

    @property
    def busy(self) -> bool:
        """Whether a change is on its way."""
        return bool(self._queue)

    def start(self, change: Change) -> None:
        """Compute a change behind and land it. Until then it counts as not saved, and its label stays."""
        self._queue.append(change)
        self._session.saving.follow(change.label.key.image_id, change.open)
        self._next()

    def perform(
        self,
        label: Label,
        make: Callable[[LabelPlanes], Edit | None],
        ended: Callable[[bool], None] | None = None,
    ) -> None:
        """Land the edit that ``make(planes)`` computes behind: one undo step, none when it is None.

        ``make`` only reads, and is called again when somebody painted meanwhile. ``ended`` is told whether
        it landed.
        """

        def begin() -> Work:
            standing = label.standing()

            def work() -> Foreseen | None:
                edit = make(standing.planes) if standing.planes is not None else None
                return foresee(standing, [(edit, True)]) if edit is not None else None

            return work

        self.start(Change(label, begin, label.land, ended or _nobody))

    def when_idle(self, then: Callable[[], None]) -> None:
        """Call ``then`` when nothing that a person asked for is on its way: now, or in a moment."""
        if not any(change.asked for change in self._queue):
            then()
            return

        def once() -> None:
            self.idle.disconnect(once)
            then()

        self.idle.connect(once)

    def resume(self) -> None:
        """A stroke has ended: what waited for that goes on."""
        self._next()

    def forget(self) -> None:
        """Another folder is opened: what is under way is dropped with its project."""
        self._queue.clear()
        self._busy = False

    def _next(self) -> None:
        while self._queue and not self._busy:
            change = self._queue[0]
            if change.label.stroke_open:
                return
            if self._session.showing.position_of(change.label) is None:
                log.warning("a change of an image that is no longer at hand was given up")
                self._end(landed=False)
                continue
            work = change.begin()
            if work is None:
                self._end(landed=False)
                continue
            self._busy = True
            mark = change.label.mark
            self._session.run_behind(
                partial(_computed, work),
                partial(self._arrived, change),
                partial(self._failed, change, mark),
            )

    def _arrived(self, change: Change, made: tuple[Foreseen, OverlayPyramid | None] | None) -> None:
        self._busy = False
        if made is None:
            self._end(landed=False)
        elif self._land(change, *made):
            self._end(landed=True)
        elif change.once:
            self._end(landed=False)
        self._next()

    def _failed(self, change: Change, mark: Mark, error: BaseException) -> None:
        self._busy = False
        painted = change.label.mark != mark or change.label.stroke_open
        # With a label that somebody painted on meanwhile nothing is wrong: it is computed again.
        overtaken = isinstance(error, PatchMismatch) and painted
        if not overtaken:
            self._session.problem.emit(messages.sentence(error), "")
        if not overtaken or change.once:
            self._end(landed=False)
        self._next()

    def _land(self, change: Change, foreseen: Foreseen, halves: OverlayPyramid | None) -> bool:
        session, label = self._session, change.label
        if not change.land(foreseen):
            return False
        position = session.showing.position_of(label)
        image = session.showing.pool.get(position) if position is not None else None
        overlay = image.reading.overlay if image is not None and image.reading is not None else None
        if overlay is not None and halves is not None and foreseen.box is not None:
            take_halves(overlay, halves, foreseen.box)
        session.review.landed(label, foreseen)
        return True

    def _end(self, *, landed: bool) -> None:
        change = self._queue.popleft()
        change.ended(landed)
        change.open.set_result(0)
        if not self._queue:
            self.idle.emit()


def _computed(work: Work) -> tuple[Foreseen, OverlayPyramid | None] | None:
    foreseen = work()
    if foreseen is None:
        return None
    planes = foreseen.planes
    return foreseen, None if planes is None or foreseen.box is None else OverlayPyramid(planes.mask)
