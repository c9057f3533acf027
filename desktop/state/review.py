"""Editing the current label: strokes, edits, grades and findings.

Everything here happens in memory, in the GUI thread; what it changes goes to the store through the writer.
What takes longer is computed behind and lands (`desktop.state.landing`); finishing is another part.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.errors import SessionError
from desktop.project.edit import Edit

if TYPE_CHECKING:
    from desktop.project.foresight import Foreseen
    from desktop.project.label import Label
    from desktop.project.project import Project
    from desktop.project.stroke import StrokeRecorder
    from desktop.session import Session


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
        self._refuse_locked((class_id,))
        self._session.thresholds.flush()
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
        label = self.label()
        label.record(edit)
        self.save(label)
        self.tell(edit, repaint=False)
        self._session.landing.resume()

    def perform(self, edit: Edit) -> None:
        """See `Session.perform`. Raises `SessionError` for a locked layer."""
        label = self.label()
        self._refuse_locked(edit.class_ids)
        label.perform(edit)
        self.save(label)
        self.tell(edit)

    def abort_stroke(self) -> None:
        """See `Session.abort_stroke`."""
        stroke, self._stroke = self._stroke, None
        if stroke is None or not stroke.is_open:
            return
        box = stroke.abort()
        if box is not None:
            self.changed(box)
        self._session.landing.resume()

    def forget(self) -> None:
        """Another folder is open."""
        self._stroke = None
        self._session.landing.forget()
        self._session.layer_counts.forget()
        self._session.finishing.forget()

    def landed(self, label: Label, foreseen: Foreseen) -> None:
        """A change that was computed behind is in the label and its layers: show it and hand it on."""
        self.save(label)
        if label is not self._session.label:
            return
        if foreseen.box is not None:
            self.label_changed.emit(foreseen.box)
        if any(edit.values for edit in foreseen.edits):
            self.values_changed.emit()
        self.history_changed.emit()

    def set_grade(self, scale: str, value: str | None) -> None:
        """See `Session.set_grade`."""
        label = self.label()
        edit = label.set_grade(scale, value)
        if edit is not None:
            self.save(label)
            self.tell(edit)

    def set_finding(self, name: str, state: str | None) -> None:
        """See `Session.set_finding`."""
        label = self.label()
        edit = label.set_finding(name, state)
        if edit is not None:
            self.save(label)
            self.tell(edit)

    def label(self) -> Label:
        """The current label. Raises `SessionError` when there is none."""
        label = self._session.label
        if label is None:
            raise SessionError(
                "This image has no label to change; wait until it is read, or see why it is not."
            )
        return label

    def _refuse_locked(self, class_ids: Collection[int]) -> None:
        sentence = self._session.layers.refusal(class_ids)
        if sentence:
            raise SessionError(sentence)

    def tell(self, edit: Edit, *, repaint: bool = True) -> None:
        """Say what an edit changed."""
        if repaint and edit.box is not None:
            self.changed(edit.box)
        if edit.values:
            self.values_changed.emit()
        self.history_changed.emit()

    def save(self, label: Label) -> None:
        """Hand the label's unsaved rows to the writer."""
        image_id = label.key.image_id
        self._session.finishing.unsettle(image_id)
        self._session.saving.follow(image_id, self.project().save(label))
        self.touched.emit(image_id)

    def project(self) -> Project:
        """The open project. Raises `SessionError` when there is none."""
        project = self._session.project
        if project is None:
            raise SessionError("No project is open, so nothing can be kept; open the folder again.")
        return project
