"""Keeps the facts of the gallery up to date: what the model said just now, and what labels hold now.

A label's areas and its disagreement with the prediction are made behind when its image was finished, or left
after edits; what is missing in the store (imports, a crash) is made at idle moments.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QObject, QTimer

from desktop.jobs.compose import summary
from desktop.jobs.facts import label_facts, summary_facts
from desktop.project.facts import POOLED, LabelFacts, area_column, predicted_column, reader_column
from desktop.project.rows import IN_PROGRESS, STATUSES

if TYPE_CHECKING:
    from desktop.jobs.source import FolderSource
    from desktop.project.label import Label
    from desktop.project.project import Project
    from desktop.session import Session
    from inference.prediction import Prediction

log = logging.getLogger(__name__)

Summaries = dict[str, dict[str, Any]]
"""Summaries of predictions by image id."""

AHEAD: Final = 8
"""So many images of a filter are predicted before the rest of the folder."""
AT_ONCE: Final = 4
"""So many labels without facts are read and measured in one go."""
IDLE_MS: Final = 1500
WRITER_SECONDS: Final = 30.0


class FactKeeping(QObject):
    """Hears the session's parts and gives `Filtering` what they learnt. GUI thread only."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._filtering = session.filtering
        self._edited: dict[str, Label] = {}
        self._digest: str | None = None
        self._given_up: set[str] = set()
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._fill)
        self._filling = False
        session.showing.route = session.filtering.routes.ahead
        session.predicting.route = lambda: session.filtering.routes.ahead(1, AHEAD)
        session.filtering.changed.connect(self._on_rows)
        session.predicting.predicted.connect(self._on_predicted)
        session.model_changed.connect(self._on_model)
        session.review.touched.connect(self._on_touched)
        session.saving.acknowledged.connect(self._on_acknowledged)
        session.notes.changed.connect(self._on_notes)
        session.image_changed.connect(lambda _entry: self._on_left())
        session.entries_reset.connect(self._reset)
        session.opening.indexing.done.connect(self._idle.start)

    def _on_rows(self) -> None:
        """Another filter: its next images are read and predicted first."""
        self._session.showing.prefetch()
        self._session.predicting.go_to(self._session.position)

    def _reset(self) -> None:
        self._edited.clear()
        self._given_up = set()
        self._idle.stop()
        self._filling = False

    def _on_notes(self) -> None:
        """Count the notes of the current image; an empty list may also be one that is still being read."""
        notes, entry = self._session.notes, self._session.entry
        if entry is None or not (notes.rows or notes.removed is not None):
            return
        if all(note.image_id == entry.image_id for note in notes.rows):
            self._filtering.learn(entry.position, {"comments": len(notes.rows)})

    # ---- predictions

    def _on_model(self) -> None:
        session = self._session
        model = session.model if session.model_allowed else None
        digest = model.digest if model is not None else None
        if digest != self._digest:
            self._digest = digest
            self._given_up = set()
            self._idle.start()
            self._filtering.facts.forget("uncertainty")
            self._filtering.facts.forget("predicted")
            self._filtering.load()

    def _on_predicted(self, image_id: str, prediction: Prediction) -> None:
        def arrived(said: dict[str, Any]) -> None:
            if prediction.model_digest == self._digest:
                self._take_summary(image_id, said)

        self._session.run_behind(lambda: summary(prediction, {}), arrived, _passed_over)

    def _take_summary(self, image_id: str, said: Mapping[str, Any]) -> None:
        position = self._session.entries.position_of(image_id)
        if position is not None:
            ids = {item.name: item.id for item in self._session.schema.active_classes}
            doubt, fractions = summary_facts(said, ids)
            values = {predicted_column(class_id): fraction for class_id, fraction in fractions.items()}
            values["uncertainty"] = np.nan if doubt is None else doubt
            self._filtering.learn(position, values)

    # ---- labels

    def _on_touched(self, image_id: str) -> None:
        label = self._session.label
        if label is not None and label.key.image_id == image_id:
            self._edited[image_id] = label
        self._changed_now(image_id, IN_PROGRESS)

    def _changed_now(self, image_id: str, status: str) -> None:
        position, project = self._session.entries.position_of(image_id), self._session.project
        if position is not None and project is not None:
            begun = {"status": status, "changed": time.time(), reader_column(project.reader): True}
            self._filtering.learn(position, begun)

    def _on_acknowledged(self, image_id: str, result: object) -> None:
        # A finish answers with a status; the label may have been accepted without any edit.
        if isinstance(result, str) and result in STATUSES:
            self._edited.pop(image_id, None)
            self._changed_now(image_id, result)
            self._measure(image_id, self._at_hand(image_id))

    def _on_left(self) -> None:
        entry = self._session.entry
        here = entry.image_id if entry is not None else None
        for image_id in [one for one in self._edited if one != here]:
            self._measure(image_id, self._edited.pop(image_id))

    def _at_hand(self, image_id: str) -> Label | None:
        position = self._session.entries.position_of(image_id)
        image = self._session.showing.pool.get(position) if position is not None else None
        return image.reading.label if image is not None and image.reading is not None else None

    def _measure(self, image_id: str, label: Label | None) -> None:
        session, source = self._session, self._session.opening.source
        project = session.project
        if project is None or source is None:
            return

        def work() -> LabelFacts | None:
            return _made(project, source, image_id, label)

        def arrived(facts: LabelFacts | None) -> None:
            if facts is not None and session.project is project:
                project.store_label_facts([facts])
                self._take(facts)

        session.run_behind(work, arrived, _passed_over)

    def _take(self, facts: LabelFacts) -> None:
        position = self._session.entries.position_of(facts.image_id)
        if position is None:
            return
        values = {area_column(class_id): area for class_id, area in facts.areas.items()}
        values[POOLED] = np.nan if facts.disagreement is None else facts.disagreement
        self._filtering.learn(position, values)

    # ---- what is missing in the store

    def _fill(self) -> None:
        """Measure a few labels whose facts are missing, then again after a pause while there are any."""
        session, source, project = self._session, self._session.opening.source, self._session.project
        if project is None or source is None or self._filling:
            return
        self._filling = True

        digest, given_up = self._digest, self._given_up

        def work() -> tuple[list[LabelFacts], Summaries]:
            made = [_made(project, source, one, None) for one in project.labels_without_facts(AT_ONCE)]
            known = [one for one in made if one is not None]
            if known:
                # Waited for here, so that the next question does not find the same ones again.
                project.store_label_facts(known).result(WRITER_SECONDS)
                return known, {}
            return [], _summed_up(project, source, digest, given_up) if digest is not None else {}

        def arrived(made: tuple[list[LabelFacts], Summaries]) -> None:
            self._filling = False
            for facts in made[0]:
                self._take(facts)
            for image_id, said in made[1].items():
                self._take_summary(image_id, said)
            if made[0] or made[1]:
                self._idle.start(20 if session.prediction_state == "idle" else IDLE_MS)

        def refused(error: BaseException) -> None:
            self._filling = False
            _passed_over(error)

        session.run_behind(work, arrived, refused)


def _made(project: Project, source: FolderSource, image_id: str, label: Label | None) -> LabelFacts | None:
    """Measure a label, in a thread of the pool; one that is not in memory is replayed."""
    row = project.image(image_id)
    if not row.height or not row.width:
        return None
    if label is None:
        label = project.load_label(image_id)
        label.ensure_planes(row.height, row.width)
    prediction: Prediction | None = None
    shown = source.shown
    if source.cache is not None and shown.model_digest is not None and row.content_hash:
        prediction = source.cache.get(row.content_hash, row.frame, shown.model_digest)
    return label_facts(label, prediction, shown.cuts)


def _summed_up(project: Project, source: FolderSource, digest: str, given_up: set[str]) -> Summaries:
    """Sum predictions up again whose summary is older than the number for doubt, from the cache."""
    made: Summaries = {}
    waiting = project.predictions_without_uncertainty(digest, AT_ONCE + len(given_up))
    for image_id, content_hash, frame in waiting:
        if image_id in given_up:
            continue
        prediction = source.cache.get(content_hash, frame, digest) if source.cache is not None else None
        if prediction is None:
            given_up.add(image_id)
            continue
        made[image_id] = summary(prediction, {})
        project.store_prediction_summary(image_id, digest, made[image_id]).result(WRITER_SECONDS)
    return made


def _passed_over(error: BaseException) -> None:
    """A number for lists that could not be made is not worth a reader's attention; it is made again later."""
    log.warning("no facts of an image: %s", error)
