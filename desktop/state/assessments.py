"""What of the current image a reader cannot assess, and why. Owns no widget."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.project.rows import NOT_ASSESSABLE, UNREVIEWED, Assessment

if TYPE_CHECKING:
    from desktop.session import Session
    from desktop.state.entries import Entry


class Assessments(QObject):
    """The targets ("class:<id>", "grade:<scale>") that are not assessable, each with its reason."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._reasons: dict[str, str] = {}
        self._image_id: str | None = None
        session.image_changed.connect(self._follow)
        session.project_changed.connect(self._read)
        session.entries_changed.connect(lambda first, last: self._indexed(first, last))
        session.saving.failed.connect(lambda _image: self._read())
        session.values_changed.connect(self._values_changed)

    @property
    def reasons(self) -> Mapping[str, str]:
        """Target to reason (which may be empty)."""
        return MappingProxyType(self._reasons)

    def set_not_assessable(self, target: str, reason: str) -> None:
        """Say that a class or a scale cannot be assessed on this image; a grade that is set is taken away."""
        session = self._session
        kind, _, name = target.partition(":")
        if kind == "grade" and session.label is not None and name in session.label.grades:
            session.set_grade(name, None)
        self._keep(target, NOT_ASSESSABLE, reason.strip())

    def clear(self, target: str) -> None:
        """It can be assessed after all: nobody has reviewed it."""
        if target in self._reasons:
            self._keep(target, UNREVIEWED, "")

    def _keep(self, target: str, state: str, reason: str) -> None:
        project, label = self._session.project, self._session.label
        if project is None or label is None:
            return
        self._reasons.pop(target, None)
        if state == NOT_ASSESSABLE:
            self._reasons[target] = reason
        future = project.set_review_state(label, target, state, reason)
        self._session.saving.follow(label.key.image_id, future)
        self.changed.emit()

    def _values_changed(self) -> None:
        label = self._session.label
        graded = [name for name in label.grades if f"grade:{name}" in self._reasons] if label else []
        for name in graded:
            # A grade that is given says that it could be.
            self.clear(f"grade:{name}")

    # ---- the store

    def _follow(self, entry: Entry | None) -> None:
        self._image_id = entry.image_id if entry is not None else None
        if self._reasons:
            self._reasons = {}
            self.changed.emit()
        self._read()

    def _indexed(self, first: int, last: int) -> None:
        entry = self._session.entry
        if entry is not None and first <= entry.position <= last and entry.image_id != self._image_id:
            self._follow(entry)

    def _read(self) -> None:
        project, image_id = self._session.project, self._image_id
        if project is None or image_id is None:
            return
        before = dict(self._reasons)

        def arrived(found: dict[str, Assessment]) -> None:
            if image_id != self._image_id or self._reasons != before:
                return
            reasons = {target: one.reason for target, one in found.items() if one.state == NOT_ASSESSABLE}
            if reasons != self._reasons:
                self._reasons = reasons
                self.changed.emit()

        self._session.run_behind(lambda: project.assessments(image_id), arrived)
