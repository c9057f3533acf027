"""Who hears whom inside a session: the parts' signals passed on, and what one part must tell another."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from desktop.jobs.source import Shown
from desktop.project.rows import IN_PROGRESS

if TYPE_CHECKING:
    from desktop.jobs.display import Reading
    from desktop.project.label import Label
    from desktop.project.rows import ImageRow
    from desktop.session import Session
    from desktop.state.entries import Entry
    from inference.prediction import Prediction


def wire(session: Session) -> Wiring:
    """Connect the parts of a session; the result belongs to it."""
    return Wiring(session)


class Wiring(QObject):
    """The slots between the parts of one session. GUI thread only."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._pass_on()
        showing, review, predicting = session.showing, session.review, session.predicting
        showing.late_prediction.connect(session.late.take)
        showing.pool.set_pinned(self._is_pinned)
        review.touched.connect(self._on_touched)
        session.saving.acknowledged.connect(self._on_acknowledged)
        session.saving.caught_up.connect(self._on_caught_up)
        session.saving.failed.connect(self._on_save_failed)
        predicting.predicted.connect(self._on_predicted)
        predicting.model_changed.connect(self._on_model_changed)
        predicting.renamed.connect(lambda: showing.pool.make_all_anew(lambda _reading: False))
        session.thresholds.shared_changed.connect(self._show_anew)
        session.thresholds.settled.connect(session.options_changed)
        session.finishing.taken_back.connect(self._set_status)
        showing.label_changed.connect(lambda _box: session.thresholds.label_shown())
        session.project_changed.connect(session.layers.adopt)
        session.project_changed.connect(session.thresholds.adopt)
        session.choices.styles_changed.connect(session.layers.keep_later)
        session.entries_changed.connect(lambda *_: session.statuses_changed.emit())

    def _pass_on(self) -> None:
        session = self._session
        showing, review, choices = session.showing, session.review, session.choices
        part: Any
        for part, names in (
            (showing, "image_changed display_changed prediction_changed entries_changed turned"),
            (choices, "selection_changed options_changed styles_changed"),
            (
                session.opening,
                "project_changed entries_reset entries_appended entries_changed opened progress noted closed",
            ),
        ):
            for name in names.split():
                getattr(part, name).connect(getattr(session, name))
        for part in (showing, review):
            part.label_changed.connect(session.label_changed)
            part.values_changed.connect(session.values_changed)
            part.history_changed.connect(session.history_changed)
        for part in (
            review,
            session.thresholds,
            session.saving,
            session.predicting,
            session.opening,
            session.opening.behind,
            session.fine_tune,
        ):
            part.problem.connect(session.problem)
        session.saving.changed.connect(session.saved_changed)
        session.saving.refused.connect(session.write_refused)
        showing.pool.thumbnail_ready.connect(session.thumbnail_ready)
        session.predicting.model_changed.connect(session.model_changed)
        session.predicting.state_changed.connect(lambda _state: session.model_changed.emit())

    # ---- the store's answers

    def _is_pinned(self, position: int) -> bool:
        entries = self._session.entries
        image_id = entries[position].image_id if position < len(entries) else None
        return image_id is not None and self._session.saving.is_open(image_id)

    def _on_touched(self, image_id: str) -> None:
        entry = self._entry(image_id)
        if entry is not None and entry.status != IN_PROGRESS:
            self._set_status(image_id, IN_PROGRESS)

    def _entry(self, image_id: str) -> Entry | None:
        position = self._session.entries.position_of(image_id)
        return None if position is None else self._session.entries[position]

    def _on_acknowledged(self, image_id: str, result: object) -> None:
        # A finish answers with the status that the store derived; an edit with a number.
        if isinstance(result, str):
            self._set_status(image_id, result)
        elif isinstance(result, int):
            self._leave_old_steps(image_id, result)

    def _leave_old_steps(self, image_id: str, seq: int) -> None:
        position = self._session.entries.position_of(image_id)
        image = self._session.showing.pool.get(position) if position is not None else None
        if image is not None and image.reading is not None and image.reading.label is not None:
            image.reading.label.saved(seq)

    def _set_status(self, image_id: str, status: str) -> None:
        entry = self._entry(image_id)
        if entry is not None and entry.row is not None:
            self._take_row(replace(entry.row, status_for_reader=status))

    def _take_row(self, row: ImageRow | None) -> None:
        position = self._session.entries.set_row(row) if row is not None else None
        if position is not None:
            self._session.entries_changed.emit(position, position)

    def _on_caught_up(self, image_ids: list[str]) -> None:
        project = self._session.project
        if project is not None:
            for image_id in image_ids:
                self._session.run_behind(partial(project.image, image_id), self._take_row)

    def _on_save_failed(self, image_id: str) -> None:
        # What the store holds is what counts: show that.
        position = self._session.entries.position_of(image_id)
        if position is not None:
            self._session.showing.read_again(position)

    # ---- predictions

    def _on_predicted(self, image_id: str, prediction: Prediction) -> None:
        session = self._session
        position = session.entries.position_of(image_id)
        image = session.showing.pool.get(position) if position is not None else None
        if position is None or image is None:
            return
        known = image.reading.prediction if image.reading is not None else None
        if known is None or known.model_digest != prediction.model_digest:
            session.showing.pool.make_anew(position)

    def _on_model_changed(self) -> None:
        session = self._session
        session.thresholds.adopt()
        schema, model = session.schema, session.model
        empty = not (schema.classes or schema.grades or schema.findings)
        if model is not None and session.model_allowed and session.project is not None and empty:
            # A folder of which nothing is known yet asks what the chosen model answers.
            session.set_schema(model.manifest.schema)
        self._show_anew()

    def _show_anew(self) -> None:
        """Virtual labels follow the model and thresholds in use; what was edited stays as it is."""
        session = self._session
        source = session.opening.source
        if source is None:
            return
        model = session.model if session.model_allowed else None
        source.shown = Shown(model.digest if model else None, session.thresholds.shared_cuts())
        session.showing.pool.make_all_anew(lambda reading: _has_all(reading, source.shown))


def _has_all(reading: Reading, shown: Shown) -> bool:
    """Whether an edited label already shows what the model in use says."""
    label: Label | None = reading.label
    if label is None:
        return reading.problem is not None
    digest = reading.prediction.model_digest if reading.prediction is not None else None
    return not label.is_virtual and digest == shown.model_digest
