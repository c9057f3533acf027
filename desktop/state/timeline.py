"""Moving through the steps of the current label: undo, redo, and a jump to any step. Owns no widget.

A small step is taken at once. What is large, far away or left to the store goes through `Landing`: computed
on another thread, one repaint, a journal row a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.project.edit import Edit
from desktop.project.foresight import Foreseen, foresee
from desktop.state.landing import Change, Work

if TYPE_CHECKING:
    from desktop.project.journal import Step
    from desktop.project.label import Label
    from desktop.session import Session

AT_ONCE_PIXELS = 1_000_000
"""A step whose patches cover fewer pixels is undone in the GUI thread: 4 ms at most."""


@dataclass(slots=True, eq=False)
class Journey:
    """Where a label is to go: to so many done steps, or so many steps from wherever it is then."""

    label: Label
    goal: int | None = None
    steps: int = 0
    begun: bool = False
    forward: bool = False

    def move(self, steps: int) -> None:
        """Go further, or less far."""
        if self.goal is None:
            self.steps += steps
        else:
            self.goal += steps

    def distance(self) -> int:
        """Steps from where the label is now; negative: undo."""
        done, undone = len(self.label.history.done), len(self.label.history.undone)
        goal = done + self.steps if self.goal is None else self.goal
        return min(max(goal, 0), done + undone) - done


class Timeline(QObject):
    """Undo and redo of the current label."""

    busy_changed = Signal()
    """A journey began or ended."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._journey: Journey | None = None

    @property
    def busy(self) -> bool:
        """Whether a journey is on its way."""
        return self._journey is not None

    @property
    def undo_text(self) -> str | None:
        """What `undo` would take back; None: nothing."""
        label = self._session.label
        return label.history.done[-1].text if label is not None and label.history.done else None

    @property
    def redo_text(self) -> str | None:
        """What `redo` would do again; None: nothing."""
        label = self._session.label
        return label.history.undone[-1].text if label is not None and label.history.undone else None

    def undo(self) -> None:
        """Take the last step back."""
        self._step(forward=False)

    def redo(self) -> None:
        """Give the last undone step again."""
        self._step(forward=True)

    def go_to(self, done: int) -> None:
        """Go to where the first ``done`` steps stand and no others; 0: as the image came."""
        label = self._session.label
        if label is None or label.stroke_open:
            return
        self._session.thresholds.flush()
        journey = self._journey
        if journey is not None and journey.label is label and not journey.begun:
            journey.goal = done
        elif self._session.landing.busy or done != len(label.history.done):
            self._start(Journey(label, goal=done))

    def _step(self, *, forward: bool) -> None:
        session, label = self._session, self._session.label
        if label is None or label.stroke_open:
            return
        session.thresholds.flush()
        journey = self._journey
        if journey is not None and journey.label is label and not journey.begun:
            journey.move(1 if forward else -1)
            return
        steps = label.history.undone if forward else label.history.done
        if not session.landing.busy and not steps:
            return
        if session.landing.busy or not _quick(steps[-1]):
            self._start(Journey(label, steps=1 if forward else -1))
            return
        edit = label.redo() if forward else label.undo()
        if edit is not None:
            session.review.save(label)
            session.review.tell(edit)

    def _start(self, journey: Journey) -> None:
        self._journey = journey
        change = Change(
            journey.label,
            lambda: self._begin(journey),
            lambda foreseen: journey.label.land_steps(foreseen, forward=journey.forward),
            lambda _landed: self._ended(journey),
            # Who paints meanwhile goes on from there; going back from that was not asked for.
            once=True,
        )
        self.busy_changed.emit()
        self._session.landing.start(change)

    def _begin(self, journey: Journey) -> Work | None:
        label, project = journey.label, self._session.project
        distance = journey.distance()
        journey.begun, journey.forward = True, distance > 0
        if distance == 0 or project is None:
            return None
        standing, forward = label.standing(), journey.forward
        steps = [(step.seq, step.edit if step.loaded else None) for step in label.history.ahead(distance)]

        def work() -> Foreseen:
            missing = [seq for seq, edit in steps if edit is None]
            payloads = project.step_payloads(label, missing) if missing else {}
            edits = (edit or Edit.decode(payloads[seq]) for seq, edit in steps)
            return foresee(standing, ((edit, forward) for edit in edits))

        return work

    def _ended(self, journey: Journey) -> None:
        if self._journey is journey:
            self._journey = None
        self.busy_changed.emit()


def _quick(step: Step) -> bool:
    if not step.loaded:
        return False
    boxes = [patch.box for patch in step.edit.patches]
    return sum((y1 - y0) * (x1 - x0) for y0, x0, y1, x1 in boxes) < AT_ONCE_PIXELS
