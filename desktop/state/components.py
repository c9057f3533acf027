"""The pieces of the visible classes, looked for behind, in the order of the walk; and which one is chosen.

Nothing is computed until somebody asks (the first Tab, the first click on a piece). From then on the pieces
follow the label: after a stroke only those that touch it are looked for again, and on the next image they are
looked for before anybody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop import messages
from desktop.project.components import (
    Component,
    component_of,
    find_candidates,
    find_components,
    still_missed,
    update_components,
    walk_order,
)
from desktop.project.planes import Box, LabelPlanes, union_box
from inference.postprocess import image_levels

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.session import Session
    from inference.prediction import Prediction

SETTLE_MS = 120
"""The pieces are looked for again so long after the last change: not between the dabs of one stroke."""

Found = Mapping[int, tuple[Component, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """What the search needs to know; it reads the planes and nothing else of the session."""

    planes: LabelPlanes
    names: Mapping[int, str]
    prediction: Prediction | None
    thresholds: Mapping[str, float]
    changed: Box | None
    known: Found
    candidates: Found


@dataclass(frozen=True, slots=True)
class Answer:
    """Pieces by class id: those of the label, all that the prediction offers, and those that are missed."""

    found: Found
    candidates: Found
    missed: Found


def search(question: Question) -> Answer:
    """Look for the pieces of every class of the question. For a background thread."""
    planes, prediction = question.planes, question.prediction
    found, candidates = dict(question.known), dict(question.candidates)
    for class_id, name in question.names.items():
        says = prediction is not None and name in prediction.classes
        stale = class_id not in found or question.changed is not None
        wanted = says and (stale or class_id not in candidates)
        levels = image_levels(prediction, name) if prediction is not None and wanted else None
        if class_id not in found:
            found[class_id] = find_components(planes, class_id, levels)
        elif question.changed is not None:
            found[class_id] = update_components(found[class_id], planes, class_id, question.changed, levels)
        if class_id not in candidates:
            candidates[class_id] = ()
            if prediction is not None and says:
                threshold = question.thresholds.get(name, 0.5)
                candidates[class_id] = find_candidates(prediction, name, class_id, threshold, levels)
    missed = {class_id: still_missed(candidates[class_id], planes) for class_id in question.names}
    return Answer(found, candidates, missed)


class Components(QObject):
    """The pieces of the current label. GUI thread only; `search` does the work behind."""

    changed = Signal()
    """The order of the walk, or the piece that is chosen, is another one."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._label: Label | None = None
        self._prediction: Prediction | None = None
        self._thresholds: dict[str, float] = {}
        self._answer = Answer({}, {}, {})
        self._dirty: Box | None = None
        self._changes = 0
        self._running: object | None = None
        self._waiting: list[Callable[[], None]] = []
        self._current: Component | None = None
        self._just_decided: set[object] = set()
        self._used = False
        self._settling = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settling.timeout.connect(self._follow)
        session.label_changed.connect(self._label_changed)
        session.prediction_changed.connect(self._prediction_changed)
        session.entries_reset.connect(self._reset)
        session.styles_changed.connect(self._styles_changed)

    # ---- what is known

    @property
    def current(self) -> Component | None:
        """The piece that is chosen."""
        return self._current

    @property
    def walk(self) -> tuple[Component, ...]:
        """The pieces of the visible classes as they are known, in the order of the walk."""
        return tuple(walk_order(self._visible(self._answer.found, self._answer.missed)))

    @property
    def fresh(self) -> bool:
        """Whether what is known is what the label and the prediction say now."""
        session = self._session
        return (
            self._label is not None
            and self._label is session.label
            and self._prediction is session.prediction
            and self._dirty is None
            and set(self._names()) <= set(self._answer.found)
            and self._thresholds == self._thresholds_now()
        )

    def following(self, forward: bool = True) -> Component | None:
        """The piece to go to from the one chosen, going round; None when there is none.

        Forwards what a person has decided is passed over as long as something else is left; backwards
        nothing is.
        """
        walk = self.walk
        at = next((n for n, one in enumerate(walk) if self._current and one.key == self._current.key), None)
        if not walk:
            return None
        if at is None:
            order = list(walk) if forward else list(walk)[::-1]
        elif forward:
            order = [*walk[at + 1 :], *walk[: at + 1]]
        else:
            order = [*walk[:at][::-1], *walk[at:][::-1]]
        if forward:
            order = [one for one in order if self.is_open(one)] or order
        return order[0]

    def is_open(self, component: Component) -> bool:
        """Whether nobody has decided about a piece yet."""
        return not component.decided and component.key not in self._just_decided

    def place(self, component: Component) -> tuple[int, int]:
        """(number, count): where a piece stands in the walk, from 1; 0 when it is not in it."""
        walk = self.walk
        return next((n for n, one in enumerate(walk, 1) if one.key == component.key), 0), len(walk)

    # ---- what is asked

    def note_decided(self, component: Component) -> None:
        """A person has just decided about a piece: it is passed over before the pieces are known anew."""
        self._just_decided.add(component.key)

    def select(self, component: Component | None) -> None:
        """Choose a piece (None: none)."""
        if component is None and self._current is None:
            return
        if component is not None and self.fresh:
            # A tool knows where a piece is, the walk also how doubtful it is.
            component = self._known_as(component) or component
        self._current = component
        self.changed.emit()
        if component is not None and not self.fresh:
            self.ask(lambda: None)

    def ask(self, ready: Callable[[], None]) -> None:
        """Call ``ready`` when the pieces are known as they are now: at once, or after a search behind.

        It is not called when there is no label, or another image comes meanwhile.
        """
        if self.fresh:
            ready()
            return
        label = self._session.label
        self._used = True
        if label is not None and label.planes is not None:
            self._waiting.append(ready)
            self._search()

    # ---- following the label

    def _label_changed(self, box: Box | None) -> None:
        label = self._session.label
        if box is not None and label is not None and label is self._label:
            self._changes += 1
            self._dirty = box if self._dirty is None else union_box(self._dirty, box)
            self._settling.start()
            return
        if self._label is not None and (box is None or label is not self._label):
            same_image = label is not None and label.key == self._label.key
            self._forget(self._current if same_image else None)
        if self._used and label is not None:
            # Whoever walks through one image walks through the next as well.
            self._settling.start()

    def _prediction_changed(self) -> None:
        if self._label is not None and self._prediction is not self._session.prediction:
            self._forget(self._current)

    def _forget(self, keep: Component | None = None) -> None:
        """What is known is of another label or prediction; ``keep`` is looked for in the new one."""
        self._settling.stop()
        self._changes += 1
        self._label, self._dirty, self._prediction = None, None, None
        self._answer = Answer({}, {}, {})
        self._waiting.clear()
        self._just_decided.clear()
        self._current = keep
        self.changed.emit()
        if keep is not None:
            self._search()

    def _reset(self) -> None:
        """Another folder: an answer that is under way never comes."""
        self._running, self._used = None, False
        self._forget()

    def _styles_changed(self) -> None:
        if self._label is None:
            return
        if self._current is not None and self._current.class_id not in self._names():
            self._current = None
        self.changed.emit()

    def _follow(self) -> None:
        """A change has come to rest: what was known before is brought up to date."""
        if self._used and not self.fresh:
            self._search()

    def _search(self) -> None:
        label = self._session.label
        if self._running is not None or label is None or label.planes is None:
            return
        if label.stroke_open:
            self._settling.start()
            return
        question = self._question(label, label.planes)
        token, changes = object(), self._changes
        self._running = token

        def ended() -> bool:
            mine = self._running is token
            self._running = None if mine else self._running
            return mine

        def arrived(answer: Answer) -> None:
            if not ended():
                return
            if changes == self._changes and self._label is label:
                self._take(answer)
            elif self._waiting or self._current is not None or self._dirty is not None:
                self._search()

        def failed(error: BaseException) -> None:
            if ended():
                self._waiting.clear()
                self._session.problem.emit(messages.sentence(error), "")

        self._session.run_behind(lambda: search(question), arrived, failed)

    def _question(self, label: Label, planes: LabelPlanes) -> Question:
        names, thresholds = self._names(), self._thresholds_now()
        if label is not self._label:
            self._answer = Answer({}, {}, {})
        candidates = self._answer.candidates if thresholds == self._thresholds else {}
        self._label, self._prediction, self._thresholds = label, self._session.prediction, thresholds
        known = {class_id: some for class_id, some in self._answer.found.items() if class_id in names}
        return Question(planes, names, self._prediction, thresholds, self._dirty, known, dict(candidates))

    def _take(self, answer: Answer) -> None:
        self._answer, self._dirty = answer, None
        self._just_decided.clear()
        if self._current is not None:
            self._current = self._known_as(self._current)
        waiting, self._waiting = self._waiting, []
        self.changed.emit()
        for ready in waiting:
            ready()

    # ---- inside

    def _known_as(self, component: Component) -> Component | None:
        parts = (self._answer.found, self._answer.missed)
        everything = [one for part in parts for some in part.values() for one in some]
        return component_of(everything, component)

    def _names(self) -> dict[int, str]:
        """The visible classes: id -> name."""
        session = self._session
        styles = session.styles
        return {
            one.id: one.name
            for one in session.schema.active_classes
            if one.id in styles and styles[one.id].visible
        }

    def _thresholds_now(self) -> dict[str, float]:
        return {name: self._session.threshold(name) for name in self._names().values()}

    def _visible(self, *parts: Found) -> Iterable[Component]:
        names = self._names()
        return [one for part in parts for class_id, some in part.items() if class_id in names for one in some]
