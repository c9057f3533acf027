"""The notes on the current image: read behind, changed at once, kept by the writer. Owns no widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.project.journal import now
from desktop.project.rows import CommentRow
from desktop.project.uuid7 import uuid7

if TYPE_CHECKING:
    from desktop.project.project import Project
    from desktop.session import Session
    from desktop.state.entries import Entry


@dataclass(frozen=True, slots=True)
class Draft:
    """A note that is being written: of this image, at pixel (y, x) or of all of it; or one that is edited."""

    image_id: str
    at: tuple[int, int] | None = None
    note: CommentRow | None = None


class Notes(QObject):
    """What readers noted on the image; which note is chosen, which is being written. GUI thread only."""

    changed = Signal()
    """The notes, or which one is chosen."""
    draft_changed = Signal()
    """A note is being written, or is no longer."""
    asked_for = Signal()
    """A person wants to write: show where."""
    jumped = Signal(object)
    """A person chose this `CommentRow`: bring its place into sight."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.rows: tuple[CommentRow, ...] = ()
        self.chosen: str | None = None
        self.draft: Draft | None = None
        self.removed: CommentRow | None = None
        self._image_id: str | None = None
        self._unsaved: dict[str, tuple[CommentRow, ...]] = {}
        session.image_changed.connect(self._follow)
        session.project_changed.connect(lambda: self._read(self._image_id))
        session.entries_changed.connect(lambda first, last: self._indexed(first, last))
        session.saving.failed.connect(self._read_anew)
        session.saving.caught_up.connect(self._read_all_anew)

    # ---- what there is

    @property
    def reader(self) -> str:
        """Who works here; empty without a project."""
        project = self._session.project
        return project.reader if project is not None else ""

    @property
    def can_write(self) -> bool:
        """Whether a note can be kept now."""
        return self._session.project is not None and self._image_id is not None

    def number(self, note: CommentRow) -> int | None:
        """The number of a pinned note on this image, from 1; None for a note on the whole image."""
        pinned = [one.id for one in self.rows if one.y is not None]
        return pinned.index(note.id) + 1 if note.id in pinned else None

    # ---- choosing

    def choose(self, note_id: str | None, *, jump: bool = False) -> None:
        """Choose a note (None: none); with ``jump`` its place is brought into sight."""
        self.chosen = note_id
        self.changed.emit()
        note = self._note(note_id)
        if jump and note is not None:
            self.jumped.emit(note)

    # ---- writing

    def begin(self, at: tuple[int, int] | None = None, note: CommentRow | None = None) -> None:
        """Begin a note on the image, at pixel ``(y, x)``, or the editing of one's own ``note``."""
        if self._image_id is None or not self.can_write:
            self._session.say("This image is still being indexed; a note can be written in a moment.")
            return
        self.draft = Draft(self._image_id, at, self._present(note) if note is not None else None)
        self.draft_changed.emit()
        self.asked_for.emit()

    def leave(self) -> None:
        """Write it no more."""
        if self.draft is not None:
            self.draft = None
            self.draft_changed.emit()

    def keep(self, text: str) -> None:
        """Keep what was written; nothing written is nothing kept."""
        draft, project = self.draft, self._session.project
        self.leave()
        words = text.strip()
        if draft is None or project is None or not words:
            return
        if draft.note is not None:
            self._edit(project, draft.note, words)
            return
        y, x = draft.at or (None, None)
        note = CommentRow(uuid7(), draft.image_id, project.reader, words, y, x, now())
        if draft.image_id == self._image_id:
            self.rows = (*self.rows, note)
            self.chosen = note.id
        self._save(draft.image_id, project.add_comment(draft.image_id, words, draft.at, note_id=note.id))

    def _edit(self, project: Project, note: CommentRow, words: str) -> None:
        if words != note.text:
            self._replace(replace(note, text=words, edited=now()))
            self._save(note.image_id, project.edit_comment(note.id, words))

    def remove(self, note: CommentRow) -> None:
        """Take one's own note away; `bring_back` undoes it."""
        project, note = self._session.project, self._present(note)
        if project is not None and note.reader == project.reader:
            self.rows = tuple(one for one in self.rows if one.id != note.id)
            self.removed = note
            self._save(note.image_id, project.remove_comment(note.id))

    def bring_back(self) -> None:
        """Undo the last removal on this image."""
        project, note = self._session.project, self.removed
        if project is None or note is None:
            return
        self.removed = None
        self.rows = tuple(sorted((*self.rows, note), key=lambda one: one.id))
        self.chosen = note.id
        self._save(note.image_id, project.restore_comment(note.id))

    def resolve(self, note: CommentRow, resolved: bool) -> None:
        """Say that a note, anybody's, is settled, or is not."""
        project, note = self._session.project, self._present(note)
        if project is not None:
            self._replace(replace(note, resolved_by=project.reader if resolved else ""))
            self._save(note.image_id, project.resolve_comment(note.id, resolved))

    # ---- the store

    def _replace(self, note: CommentRow) -> None:
        self.rows = tuple(note if one.id == note.id else one for one in self.rows)

    def _save(self, image_id: str, future: Future[Any]) -> None:
        self._session.saving.follow(image_id, future)
        if image_id == self._image_id:
            # The store may refuse it for a while: whoever comes back to the image meanwhile sees it.
            self._unsaved[image_id] = self.rows
        self.changed.emit()

    def _present(self, note: CommentRow) -> CommentRow:
        """The note as it is now: whoever asks may have seen it before it was edited."""
        return self._note(note.id) or note

    def _note(self, note_id: str | None) -> CommentRow | None:
        return next((one for one in self.rows if one.id == note_id), None)

    def _follow(self, entry: Entry | None) -> None:
        self._show(entry.image_id if entry is not None else None)

    def _indexed(self, first: int, last: int) -> None:
        entry = self._session.entry
        if entry is not None and first <= entry.position <= last and entry.image_id != self._image_id:
            self._show(entry.image_id)

    def _show(self, image_id: str | None) -> None:
        saving = self._session.saving
        self._unsaved = {one: rows for one, rows in self._unsaved.items() if saving.is_open(one)}
        self._image_id, self.chosen, self.removed = image_id, None, None
        self.rows = self._unsaved.get(image_id or "", ())
        self.changed.emit()
        self._read(image_id)

    def _read_all_anew(self, image_ids: Iterable[str]) -> None:
        for image_id in image_ids:
            self._read_anew(image_id)

    def _read_anew(self, image_id: str) -> None:
        self._unsaved.pop(image_id, None)
        self._read(image_id)

    def _read(self, image_id: str | None) -> None:
        project = self._session.project
        if project is None or image_id is None or image_id != self._image_id or image_id in self._unsaved:
            return
        self._session.run_behind(lambda: project.comments(image_id), self._taking(image_id))

    def _taking(self, image_id: str) -> Callable[[list[CommentRow]], None]:
        before = self.rows

        def arrived(rows: list[CommentRow]) -> None:
            # What was written while the store was read is newer than what it said.
            if image_id == self._image_id and self.rows == before:
                self.rows = tuple(rows)
                self.changed.emit()

        return arrived
