"""Predictions that arrive after the reader began, and the one that is taken by a key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from desktop.jobs.compose import predicted_pages
from desktop.project.edit import Edit, class_edit
from desktop.project.foresight import Foreseen, foresee
from desktop.project.patch import Patch
from desktop.project.planes import LabelPlanes
from desktop.project.provenance import Base, Cut
from desktop.project.rows import FINISHED, REJECTED
from desktop.state.landing import Change, Work

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.session import Session
    from inference.prediction import Prediction
    from inference.schema import Schema


class LatePredictions(QObject):
    """Fills the classes that nobody edited; what was finished stays as it was finished."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session

    def take(self, label: Label, prediction: Prediction) -> None:
        """The label was edited before its prediction came: fill in the classes that nobody edited."""

        def begin() -> Work | None:
            if label.is_virtual:
                # The stroke that it waited for was given up: it becomes the base, as if it had come in time.
                self._read_anew(label)
                return None
            if not self._has_place(label):
                return None
            session = self._session
            schema, cuts = session.schema, session.thresholds.shared_cuts()
            kept = frozenset(label.own_classes | session.layers.locked)
            standing = label.standing()

            def work() -> Foreseen | None:
                planes = standing.planes
                if planes is None:
                    return None
                return foresee(standing, [(fill_edit(planes, prediction, schema, cuts, kept), True)])

            return work

        def land(foreseen: Foreseen) -> bool:
            # A finish confirms what its reader saw: nothing is filled in at the last moment.
            fits = self._has_place(label) and label.takes_fill(foreseen.edits[0].class_ids)
            return fits and label.land(foreseen, "fill")

        if self._has_place(label):
            self._session.landing.start(Change(label, begin, land, asked=False))

    def _has_place(self, label: Label) -> bool:
        filled = label.base.kind != "empty" or label.history.fills
        return not filled and label.planes is not None and not self._is_finished(label.key.image_id)

    def _read_anew(self, label: Label) -> None:
        position = self._session.showing.position_of(label)
        if position is not None:
            self._session.showing.pool.make_anew(position)

    def _is_finished(self, image_id: str) -> bool:
        position = self._session.entries.position_of(image_id)
        status = self._session.entries[position].status if position is not None else ""
        return self._session.finishing.is_settled(image_id) or status in (*FINISHED, REJECTED)


def fill_edit(
    planes: LabelPlanes,
    prediction: Prediction,
    schema: Schema,
    cuts: Mapping[str, Cut],
    kept: Collection[int],
) -> Edit:
    """What a late prediction puts into the classes that are not ``kept``. Only reads; for another thread."""
    pages = predicted_pages(prediction, schema, cuts)
    predicted = LabelPlanes(pages, np.zeros(pages.shape, np.uint8))
    patches: list[Patch] = []
    for item in schema.active_classes:
        if item.id not in kept and item.id // 8 < planes.pages:
            made = class_edit(planes, item.id, predicted.class_mask(item.id), "")
            patches += made.patches if made is not None else ()
    taken = {
        item.name: cuts.get(item.name, Cut())
        for item in schema.active_classes
        if item.id not in kept and item.name in prediction.classes
    }
    return Edit("Prediction", tuple(patches), (), Base.predicted(prediction.model_digest, taken))
