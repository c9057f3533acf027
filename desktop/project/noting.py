"""Notes on images, and why something could not be assessed: the store's part of both.

A note is never changed in place: what was done to it (edited, removed, restored, resolved, reopened) are rows
of their own, and a note is read as its first text with these applied in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from desktop.project import tables
from desktop.project.base import ProjectBase
from desktop.project.errors import ProjectError
from desktop.project.journal import now
from desktop.project.rows import Assessment, CommentRow
from desktop.project.uuid7 import uuid7

EDIT: Final = "edit"
REMOVE: Final = "remove"
RESTORE: Final = "restore"
RESOLVE: Final = "resolve"
REOPEN: Final = "reopen"
_OWN: Final = (EDIT, REMOVE, RESTORE)


class NotingCommands(ProjectBase):
    """Notes of all readers; a reader changes only their own, and any reader may resolve one."""

    def comments(self, image_id: str, *, removed: bool = False) -> list[CommentRow]:
        """Return the notes on an image, the oldest first; with ``removed`` those that were removed too."""
        notes, changes = tables.comments, tables.comment_changes
        of_image = notes.c.image_id == image_id
        with self.store.read() as connection:
            first = connection.execute(select(notes).where(of_image).order_by(notes.c.id)).mappings()
            found = {row["id"]: CommentRow(**row) for row in first}
            later = connection.execute(
                select(changes)
                .join(notes, notes.c.id == changes.c.comment_id)
                .where(of_image)
                .order_by(changes.c.id)
            ).mappings()
            for change in later:
                found[change["comment_id"]] = _changed(found[change["comment_id"]], dict(change))
        return [note for note in found.values() if removed or not note.removed]

    def add_comment(
        self, image_id: str, text: str, at: tuple[int, int] | None = None, *, note_id: str | None = None
    ) -> Future[CommentRow]:
        """Note something on an image, at pixel (y, x) when given; the Future gives the note.

        Raises ProjectError for an empty text.
        """
        y, x = at if at is not None else (None, None)
        note = CommentRow(note_id or uuid7(), image_id, self.reader, _words(text), y, x, now())

        def write(connection: Connection) -> CommentRow:
            names = ("id", "image_id", "reader", "text", "y", "x", "created")
            connection.execute(insert(tables.comments).values({name: getattr(note, name) for name in names}))
            return note

        return self.writer.submit(write)

    def edit_comment(self, note_id: str, text: str) -> Future[None]:
        """Give one's own note another text. Raises ProjectError for an empty one, or (later) another's."""
        return self._change(note_id, EDIT, _words(text))

    def remove_comment(self, note_id: str) -> Future[None]:
        """Take one's own note away; `restore_comment` brings it back."""
        return self._change(note_id, REMOVE)

    def restore_comment(self, note_id: str) -> Future[None]:
        """Bring one's own removed note back."""
        return self._change(note_id, RESTORE)

    def resolve_comment(self, note_id: str, resolved: bool = True) -> Future[None]:
        """Say that what a note asks is settled, or is not."""
        return self._change(note_id, RESOLVE if resolved else REOPEN)

    def assessments(self, image_id: str, reading: int = 0) -> dict[str, Assessment]:
        """Return this reader's review states of an image with their reasons, by target."""
        columns = tables.review_states.c
        statement = select(columns.target, columns.state, columns.reason).where(
            columns.image_id == image_id, columns.reader == self.reader, columns.reading == reading
        )
        with self.store.read() as connection:
            return {row[0]: Assessment(row[1], row[2]) for row in connection.execute(statement)}

    def _change(self, note_id: str, kind: str, text: str = "") -> Future[None]:
        reader = self.reader
        row = {"id": uuid7(), "comment_id": note_id, "reader": reader, "kind": kind, "text": text}

        def write(connection: Connection) -> None:
            notes = tables.comments
            owner = connection.execute(select(notes.c.reader).where(notes.c.id == note_id)).scalar()
            if owner is None:
                raise ProjectError("This note is not in the project; read the notes of the image again.")
            if kind in _OWN and owner != reader:
                raise ProjectError(
                    f"This note is {owner}'s; only {owner} may change it. Answer with your own."
                )
            connection.execute(insert(tables.comment_changes).values(created=now(), **row))

        return self.writer.submit(write)


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise ProjectError("A note needs some words.")
    return words


def _changed(note: CommentRow, change: Mapping[str, Any]) -> CommentRow:
    kind = change["kind"]
    if kind == EDIT:
        return replace(note, text=change["text"], edited=change["created"])
    if kind in (REMOVE, RESTORE):
        return replace(note, removed=kind == REMOVE)
    return replace(note, resolved_by=change["reader"] if kind == RESOLVE else "")
