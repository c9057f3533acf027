"""Finishing the current image, and going back: finishes, rejections and second looks are a stack."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import ref

from PySide6.QtCore import QObject, Signal

from desktop.errors import SessionError

if TYPE_CHECKING:
    from desktop.jobs.predicting import ModelInUse
    from desktop.project.label import Label
    from desktop.project.reviewing import TakenBack
    from desktop.session import Session
    from inference.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Finished:
    """One finish of this sitting; ``confirmed``: the label's confirmed classes before it.

    The label is held weakly: its planes are tens of megabytes, and it matters only while it is at hand.
    """

    image_id: str
    label: ref[Label] | None = None
    confirmed: frozenset[int] = frozenset()


class Finishing(QObject):
    """What ends the work on an image for now, and what takes that back."""

    taken_back = Signal(str, str)
    """(image id, status): a finish of an earlier sitting was taken back."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._stack: list[Finished] = []
        self._settled: set[str] = set()
        self._about: str | None = None

    def finish(self, accepted: Collection[str] = (), then: Callable[[], None] = lambda: None) -> None:
        """Confirm the visible classes, what is set, and of what the model says what ``accepted`` names.

        A threshold that was just let go lands first; ``then`` is called afterwards.
        """
        session = self._session
        session.showing.leaving.emit()
        session.thresholds.flush()
        label = session.review.label()
        self._about = label.key.image_id

        def now() -> None:
            self._about = None
            if session.label is label:
                self._finish(label, accepted)
                then()

        session.landing.when_idle(now)

    def _finish(self, label: Label, accepted: Collection[str]) -> None:
        session = self._session
        visible = [item for item, style in session.styles.items() if style.visible]
        prediction = session.prediction
        grades, findings = shown_values(prediction, session.model)
        before = frozenset(label.confirmed_classes)
        future = session.review.project().finish(
            label,
            visible,
            prediction_digest=prediction.model_digest if prediction is not None else "",
            shown_grades=grades,
            shown_findings=findings,
            accepted=accepted,
        )
        image_id = label.key.image_id
        self._stack.append(Finished(image_id, ref(label), before))
        self._settled.add(image_id)
        session.saving.follow(image_id, future)
        if accepted:
            session.review.values_changed.emit()
            session.review.history_changed.emit()

    def reject(self, reason: str) -> None:
        """See `Session.reject`."""
        image_id = self._image_id()
        project = self._session.review.project()
        self._session.saving.follow(image_id, project.reject(image_id, reason))
        self._stack.append(Finished(image_id))

    def second_look(self) -> None:
        """See `Session.second_look`."""
        image_id = self._image_id()
        project = self._session.review.project()
        self._session.saving.follow(image_id, project.second_look(image_id))
        self._stack.append(Finished(image_id))

    def take_back(self) -> None:
        """See `Session.take_back`."""
        if not self._stack:
            self._take_back_earlier()
            return
        last = self._stack.pop()
        self._settled.discard(last.image_id)
        label = last.label() if last.label is not None else None
        if label is not None:
            # It is still at hand: it must not go on saying that its classes are reviewed.
            label.confirmed_classes = set(last.confirmed)
        session = self._session
        session.saving.follow(last.image_id, session.review.project().take_back_review(last.image_id))
        self._go_to(last.image_id)

    def _take_back_earlier(self) -> None:
        """What this sitting did is all taken back: the store knows what was finished before."""
        session, project = self._session, self._session.project
        if project is None:
            session.previous()
            return

        def arrived(found: TakenBack | None) -> None:
            if found is None:
                session.previous()
                return
            self.taken_back.emit(found.image_id, found.status)
            position = session.entries.position_of(found.image_id)
            image = session.showing.pool.get(position) if position is not None else None
            if image is not None and image.reading is not None and image.reading.label is not None:
                image.reading.label.confirmed_classes = set(found.confirmed)
            elif image is not None and position is not None:
                # It is being read, and may have been before the store took the finish back.
                session.showing.pool.make_anew(position)
            self._go_to(found.image_id)

        session.run_behind(lambda: project.take_back_last().result(), arrived)

    def _go_to(self, image_id: str) -> None:
        session = self._session
        position = session.entries.position_of(image_id)
        session.go_to(position if position is not None else session.position - 1)

    def is_settled(self, image_id: str) -> bool:
        """Whether an image was finished in this sitting and not touched since, or is about to be."""
        return image_id in self._settled or image_id == self._about

    def unsettle(self, image_id: str) -> None:
        """An image is edited again."""
        self._settled.discard(image_id)

    def forget(self) -> None:
        """Another folder is open."""
        self._stack.clear()
        self._settled.clear()
        self._about = None

    def _image_id(self) -> str:
        entry = self._session.entry
        if entry is None or entry.image_id is None:
            raise SessionError("This image is still being indexed; try again in a moment.")
        return entry.image_id


def shown_values(
    prediction: Prediction | None, model: ModelInUse | None
) -> tuple[dict[str, str], dict[str, str]]:
    """What the model shows as its own grades (the most probable value) and findings (from 0.5 on)."""
    if prediction is None or model is None or model.digest != prediction.model_digest:
        return {}, {}
    scales = {scale.name: scale.values for scale in model.schema.grades}
    grades = {
        name: scales[name][max(range(len(chances)), key=chances.__getitem__)]
        for name, chances in prediction.grades.items()
        if len(scales.get(name, ())) == len(chances) > 0
    }
    findings = {name: "present" if p >= 0.5 else "absent" for name, p in prediction.findings.items()}
    return grades, findings
