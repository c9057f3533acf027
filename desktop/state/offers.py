"""Predictions that came after the reader drew a class: shown as outlines, taken by a key. Owns no widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.canvas.pyramid import OverlayPyramid
from desktop.jobs.compose import predicted_pages

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.project.provenance import Cut
    from desktop.session import Session
    from inference.prediction import Prediction

_Wanted = tuple["Label", "Prediction", tuple[tuple[str, "Cut"], ...]]


class Offers(QObject):
    """What the model says of the classes that the reader drew before it answered. GUI thread only."""

    changed = Signal()
    """`overlay` is another one."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.overlay: OverlayPyramid | None = None
        self._wanted: _Wanted | None = None
        for signal in (session.prediction_changed, session.history_changed, session.display_changed):
            signal.connect(self.follow)
        session.label_changed.connect(lambda box: self.follow() if box is None else None)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes whose prediction waits to be taken."""
        return tuple(name for name, _ in self._wanted[2]) if self._wanted is not None else ()

    def follow(self) -> None:
        """Look whether other classes are offered now; their masks are made behind."""
        wanted = self._want()
        if _same(wanted, self._wanted):
            return
        self._wanted = wanted
        if self.overlay is not None:
            self.overlay = None
            self.changed.emit()
        if wanted is None:
            return
        schema, (_, prediction, cuts) = self._session.schema, wanted
        offered = dict(cuts)
        for item in schema.active_classes:
            if item.name not in offered:
                schema = schema.retire_class(item.id)

        def arrived(overlay: OverlayPyramid) -> None:
            if self._wanted is wanted:
                self.overlay = overlay
                self.changed.emit()

        self._session.run_behind(
            lambda: OverlayPyramid(predicted_pages(prediction, schema, offered)), arrived
        )

    def _want(self) -> _Wanted | None:
        session, label, prediction = self._session, self._session.label, self._session.prediction
        if label is None or prediction is None or label.is_virtual or label.base.kind != "empty":
            return None
        drawn = label.history.edited_classes
        cuts = tuple(
            (item.name, session.thresholds.shared_cut(item.name))
            for item in session.schema.active_classes
            if item.id in drawn and item.name in prediction.classes and label.cut(item.name) is None
        )
        return (label, prediction, cuts) if cuts else None


def _same(first: _Wanted | None, second: _Wanted | None) -> bool:
    if first is None or second is None:
        return first is second
    return first[0] is second[0] and first[1] is second[1] and first[2] == second[2]
