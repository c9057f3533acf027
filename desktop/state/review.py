"""Editing and finishing the current label: strokes, undo, values, late predictions, thresholds, status.

Everything here happens in memory, in the GUI thread; what it changes goes to the store through the writer.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from desktop.errors import DesktopError
from desktop.jobs.compose import predicted_pages
from desktop.project.edit import Edit, class_edit
from desktop.project.errors import PatchMismatch
from desktop.project.patch import Patch
from desktop.project.planes import LabelPlanes
from desktop.project.provenance import Base
from desktop.project.rows import FINISHED, REJECTED
from inference.postprocess import class_mask

if TYPE_CHECKING:
    from desktop.jobs.predicting import ModelInUse
    from desktop.project.label import Label
    from desktop.project.project import Project
    from desktop.project.stroke import StrokeRecorder
    from desktop.session import Session
    from inference.prediction import Prediction
    from inference.schema import Schema

log = logging.getLogger(__name__)


class SessionError(DesktopError):
    """Something was asked that makes no sense now, e.g. a stroke without an image."""


class Review(QObject):
    """The hands on the current label. Reads what is current from the session, and tells by its signals."""

    label_changed = Signal(object)
    """A box (y0, x0, y1, x1), or None for everything."""
    values_changed = Signal()
    history_changed = Signal()
    problem = Signal(str, str)
    touched = Signal(str)
    """The label of this image id was edited: its image is in progress again."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._finished: str | None = None
        self._confirmed_before: tuple[Label, set[int]] | None = None
        self._settled: set[str] = set()
        self._late: tuple[Label, Prediction] | None = None
        self._stroke: StrokeRecorder | None = None

    # ---- strokes and edits

    def begin_stroke(self, class_id: int | None = None) -> StrokeRecorder:
        """See `Session.begin_stroke`."""
        label = self._session.label
        class_id = self._session.class_id if class_id is None else class_id
        if label is None or label.planes is None:
            raise SessionError("This image is still being read; painting is possible in a moment.")
        if class_id is None:
            raise SessionError("This project has no class to paint; add one under Layers first.")
        if self._session.project is not None:
            self._session.project.prepare(label)
        self._stroke = label.begin_stroke(class_id)
        return self._stroke

    def changed(self, box: tuple[int, int, int, int]) -> None:
        """See `Session.changed`."""
        overlay = self._session.overlay
        if overlay is not None:
            overlay.update(box)
        self.label_changed.emit(box)

    def commit(self, edit: Edit) -> None:
        """See `Session.commit`."""
        label = self._label()
        label.record(edit)
        self._save(label)
        self._tell(edit, repaint=False)
        self._settle(label)

    def perform(self, edit: Edit) -> None:
        """See `Session.perform`."""
        label = self._label()
        label.perform(edit)
        self._save(label)
        self._tell(edit)

    def abort_stroke(self) -> None:
        """See `Session.abort_stroke`."""
        stroke, self._stroke = self._stroke, None
        if stroke is None or not stroke.is_open:
            return
        box = stroke.abort()
        if box is not None:
            self.changed(box)
        label = self._session.label
        if label is not None:
            self._settle(label)

    def undo(self) -> None:
        """See `Session.undo`."""
        label = self._session.label
        if label is None or label.stroke_open:
            return
        edit = label.undo()
        if edit is not None:
            self._save(label)
            self._tell(edit)

    def redo(self) -> None:
        """See `Session.redo`."""
        label = self._session.label
        if label is None or label.stroke_open:
            return
        edit = label.redo()
        if edit is not None:
            self._save(label)
            self._tell(edit)

    def set_grade(self, scale: str, value: str | None) -> None:
        """See `Session.set_grade`."""
        label = self._label()
        edit = label.set_grade(scale, value)
        if edit is not None:
            self._save(label)
            self._tell(edit)

    def set_finding(self, name: str, state: str | None) -> None:
        """See `Session.set_finding`."""
        label = self._label()
        edit = label.set_finding(name, state)
        if edit is not None:
            self._save(label)
            self._tell(edit)

    def _label(self) -> Label:
        label = self._session.label
        if label is None:
            raise SessionError(
                "This image has no label to change; wait until it is read, or see why it is not."
            )
        return label

    def _tell(self, edit: Edit, *, repaint: bool = True) -> None:
        if repaint and edit.box is not None:
            self.changed(edit.box)
        if edit.values:
            self.values_changed.emit()
        self.history_changed.emit()

    def _save(self, label: Label) -> None:
        """Hand the label's unsaved rows to the writer."""
        image_id = label.key.image_id
        self._settled.discard(image_id)
        self._session.saving.follow(image_id, self._project().save(label))
        self.touched.emit(image_id)

    def _project(self) -> Project:
        project = self._session.project
        if project is None:
            raise SessionError("No project is open, so nothing can be kept; open the folder again.")
        return project

    @property
    def undo_text(self) -> str | None:
        """See `Session.undo_text`."""
        label = self._session.label
        steps = label.history.done if label is not None else []
        return steps[-1].text if steps else None

    @property
    def redo_text(self) -> str | None:
        """See `Session.redo_text`."""
        label = self._session.label
        steps = label.history.undone if label is not None else []
        return steps[-1].text if steps else None

    # ---- finishing

    def finish(self, accepted: Collection[str] = ()) -> None:
        """Confirm the visible classes, what is set, and of what the model says what ``accepted`` names."""
        session = self._session
        label = self._label()
        visible = [item for item, style in session.styles.items() if style.visible]
        grades, findings = shown_values(session.prediction, session.model)
        prediction = session.prediction
        before = set(label.confirmed_classes)
        future = self._project().finish(
            label,
            visible,
            prediction_digest=prediction.model_digest if prediction is not None else "",
            shown_grades=grades,
            shown_findings=findings,
            accepted=accepted,
        )
        self._finished, self._confirmed_before = label.key.image_id, (label, before)
        self._settled.add(label.key.image_id)
        session.saving.follow(label.key.image_id, future)
        if accepted:
            self.values_changed.emit()
            self.history_changed.emit()

    def reject(self, reason: str) -> None:
        """See `Session.reject`."""
        image_id = self._image_id()
        self._finished, self._confirmed_before = image_id, None
        self._session.saving.follow(image_id, self._project().reject(image_id, reason))

    def second_look(self) -> None:
        """See `Session.second_look`."""
        image_id = self._image_id()
        self._finished, self._confirmed_before = image_id, None
        self._session.saving.follow(image_id, self._project().second_look(image_id))

    def take_back(self) -> str | None:
        """Undo the last finish, rejection or second look of this sitting; returns the image's id."""
        image_id, self._finished = self._finished, None
        if image_id is None:
            return None
        session, project = self._session, self._project()
        self._settled.discard(image_id)
        if self._confirmed_before is not None:
            # The label may still be at hand: it must not go on saying that its classes are reviewed.
            label_at_hand, before = self._confirmed_before
            label_at_hand.confirmed_classes = before
            self._confirmed_before = None

        def work() -> Label:
            return project.load_label(image_id)

        def arrived(label: Label) -> None:
            session.saving.follow(image_id, project.take_back_finish(label))

        session.run_behind(work, arrived)
        return image_id

    def forget(self) -> None:
        """Another folder is open."""
        self._finished = self._confirmed_before = None
        self._settled.clear()
        self._late = None

    def _image_id(self) -> str:
        entry = self._session.entry
        if entry is None or entry.image_id is None:
            raise SessionError("This image is still being indexed; try again in a moment.")
        return entry.image_id

    # ---- predictions that arrive after the reader began

    def take_late_prediction(self, label: Label, prediction: Prediction) -> None:
        """The label was edited before its prediction came: fill in the classes that nobody edited.

        What was finished stays as it was finished.
        """
        session = self._session
        if label.base.kind != "empty" or label.history.fills or self._is_finished(label.key.image_id):
            return
        planes = label.planes
        if label.stroke_open or planes is None:
            self._late = (label, prediction)
            return
        schema, thresholds = session.schema, session.choices.thresholds(session.model)
        edited = frozenset(label.own_classes)

        def arrived(edit: Edit) -> None:
            if session.showing.position_of(label) is not None:
                self._fill(label, prediction, edit)

        session.run_behind(lambda: fill_edit(planes, prediction, schema, thresholds, edited), arrived)

    def _is_finished(self, image_id: str) -> bool:
        position = self._session.entries.position_of(image_id)
        status = self._session.entries[position].status if position is not None else ""
        return image_id in self._settled or status in (*FINISHED, REJECTED)

    def _fill(self, label: Label, prediction: Prediction, edit: Edit) -> None:
        """Take in what was computed behind; when the reader was faster, compute it again."""
        try:
            taken = label.take_fill(edit)
        except PatchMismatch:
            taken = None
        if taken is not None:
            self._filled(label, taken)
        elif label.stroke_open or edit.class_ids & label.own_classes:
            self.take_late_prediction(label, prediction)

    def _settle(self, label: Label) -> None:
        """A stroke has ended: what arrived during it has its turn."""
        late, self._late = self._late, None
        if late is not None and late[0] is label:
            self.take_late_prediction(*late)

    def _filled(self, label: Label, edit: Edit) -> None:
        self._save(label)
        if label is self._session.label:
            self._tell(edit)

    # ---- thresholds on an edited label

    def recompute(self, class_name: str, threshold: float, text: str) -> None:
        """Give the unprotected pixels of a class what the prediction says at this threshold: one edit."""
        session = self._session
        label, prediction = session.label, session.prediction
        if label is None or label.planes is None or prediction is None:
            return
        if class_name not in prediction.classes:
            return
        planes, class_id = label.planes, session.schema.class_named(class_name).id

        def work() -> Edit | None:
            # Painting may go on meanwhile: the edit's checksum then no longer fits, and it is made again.
            return class_edit(planes, class_id, class_mask(prediction, class_name, threshold), text)

        def arrived(edit: Edit | None) -> None:
            if edit is None or session.label is not label or label.stroke_open:
                return
            try:
                self.perform(edit)
            except PatchMismatch:
                self.recompute(class_name, threshold, text)

        session.run_behind(work, arrived)


def fill_edit(
    planes: LabelPlanes,
    prediction: Prediction,
    schema: Schema,
    thresholds: Mapping[str, float],
    edited: frozenset[int],
) -> Edit:
    """What a late prediction puts into the classes that nobody edited. Only reads; for a background thread.

    The reader may paint meanwhile: a class that is painted then no longer fits, and the edit is not taken.
    """
    pages = predicted_pages(prediction, schema, thresholds)
    predicted = LabelPlanes(pages, np.zeros(pages.shape, np.uint8))
    patches: list[Patch] = []
    for item in schema.active_classes:
        if item.id not in edited and item.id // 8 < planes.pages:
            made = class_edit(planes, item.id, predicted.class_mask(item.id), "")
            patches += made.patches if made is not None else ()
    base = Base("prediction", prediction.model_digest, dict(thresholds))
    return Edit("Prediction", tuple(patches), (), base)


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
