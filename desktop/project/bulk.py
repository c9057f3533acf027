"""Many images at once: a grade, a finding, a status. One record in the store, taken back as one step.

A bulk action is done in steps, each one transaction of the writer: nothing else waits long. Every step keeps
what was so before on each image, beside the change itself, so that after a crash what was done can be taken
back as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, insert, select, update

from desktop.project import bulk_rows, tables
from desktop.project.base import ProjectBase
from desktop.project.bulk_change import CHUNK, BulkChange, SetAside, SetValue
from desktop.project.bulk_since import read_since
from desktop.project.errors import ProjectError
from desktop.project.journal import now
from desktop.project.label import FINDING_STATES
from desktop.project.rows import REJECTED, SECOND_LOOK, STATUSES
from desktop.project.uuid7 import uuid7


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A bulk action of the store. `images` counts what it changed, `undone` says when it was taken back."""

    id: str
    kind: str
    text: str
    created: str
    undone: str | None
    images: int


class BulkCommands(ProjectBase):
    """The commands about many images. Labels in memory change by themselves: see `bulk_step`."""

    def begin_bulk(self, change: BulkChange) -> Future[str]:
        """Record that something is about to be done to many images; the Future gives its id.

        Raises ProjectError for a value that the schema lacks, and for a rejection without a reason.
        """
        self._check(change)
        row = {"id": uuid7(), "reader": self.reader, "kind": type(change).__name__, "text": change.text}

        def write(connection: Connection) -> str:
            connection.execute(insert(tables.bulk_actions).values(created=now(), **row))
            return str(row["id"])

        return self.writer.submit(write, keep=False)

    def bulk_step(
        self, bulk_id: str, change: BulkChange, image_ids: Sequence[str], at_hand: Collection[str] = ()
    ) -> Future[dict[str, str]]:
        """Do a change to some images; the Future gives the status of those that it touched.

        Images that are so already are not touched. Of the images `at_hand`, whose labels are in memory, only
        what was so before is kept: the caller sets the value on the label and saves it, when this is done.

        A step that the disk refuses fails with StoreWriteError, and nothing of it happens later.
        """
        step = partial(_step, bulk_id=bulk_id, change=change, reader=self.reader)
        ids, held = list(image_ids), frozenset(at_hand)
        return self.writer.submit(
            lambda connection: step(connection, image_ids=ids, at_hand=held), keep=False
        )

    def bulk_undo_step(
        self, bulk_id: str, image_ids: Sequence[str], at_hand: Collection[str] = ()
    ) -> Future[dict[str, str]]:
        """Take a bulk action back on some of its images; the Future gives the status that each has now.

        Values, review states and statuses are what they were before the action. Images that were given
        another value, or were finished, rejected or put aside since, are left as they are and missing in the
        answer; one that was edited since loses the value and stays in progress. Of the images `at_hand` the
        value was set back on the label by the caller, just before this.
        """
        step = partial(_undo_step, bulk_id=bulk_id, reader=self.reader)
        ids, held = list(image_ids), frozenset(at_hand)
        return self.writer.submit(
            lambda connection: step(connection, image_ids=ids, at_hand=held), keep=False
        )

    def end_bulk_undo(self, bulk_id: str) -> Future[None]:
        """Record that a bulk action is taken back as a whole."""
        statement = update(tables.bulk_actions).where(tables.bulk_actions.c.id == bulk_id)

        def write(connection: Connection) -> None:
            connection.execute(statement.values(undone=now()))

        return self.writer.submit(write)

    def bulk_items(self, bulk_id: str) -> dict[str, dict[str, Any]]:
        """Return what was so before on the images of a bulk action that is not taken back on them."""
        columns = tables.bulk_items.c
        statement = select(columns.image_id, columns.before)
        with self.store.read() as connection:
            found = connection.execute(
                statement.where(columns.bulk_id == bulk_id, columns.undone.is_(False)).order_by(
                    columns.image_id
                )
            )
            return {row[0]: dict(row[1]) for row in found}

    def bulk_changed_since(self, bulk_id: str, items: Mapping[str, dict[str, Any]]) -> set[str]:
        """Return the images of `items` (see `bulk_items`) that taking the action back leaves as they are."""
        ids, found = list(items), set[str]()
        with self.store.read() as connection:
            for start in range(0, len(ids), CHUNK):
                part = {one: items[one] for one in ids[start : start + CHUNK]}
                found |= read_since(connection, self.reader, bulk_id, part).changed
        return found

    def last_bulk(self) -> BulkRow | None:
        """Return this reader's last bulk action that changed something and is not taken back, or None."""
        return next((row for row in reversed(self.bulk_actions()) if row.undone is None and row.images), None)

    def bulk_actions(self) -> list[BulkRow]:
        """Return this reader's bulk actions, the oldest first."""
        actions, items = tables.bulk_actions.c, tables.bulk_items.c
        with self.store.read() as connection:
            found = connection.execute(
                select(actions.id, actions.kind, actions.text, actions.created, actions.undone)
                .where(actions.reader == self.reader)
                .order_by(actions.id)
            ).all()
            statement = select(items.bulk_id, bulk_rows.count()).group_by(items.bulk_id)
            counts = {row[0]: int(row[1]) for row in connection.execute(statement)}
        return [BulkRow(*row, counts.get(row[0], 0)) for row in found]

    def finishable(self, image_ids: Sequence[str]) -> list[str]:
        """Return those of the images that `FinishValues` would touch."""
        found: list[str] = []
        with self.store.read() as connection:
            for start in range(0, len(image_ids), CHUNK):
                part = image_ids[start : start + CHUNK]
                found += bulk_rows.read_finishable(connection, self.reader, part)
        return found

    def _check(self, change: BulkChange) -> None:
        if isinstance(change, SetAside):
            if change.status not in (REJECTED, SECOND_LOOK):
                raise ProjectError(f"Many images at once cannot be made “{change.status}”.")
            if change.status == REJECTED and not change.reason.strip():
                raise ProjectError("Images are rejected for a reason; say which.")
        elif isinstance(change, SetValue) and change.value is not None:
            kind, _, name = change.target.partition(":")
            if kind == "grade":
                known: Collection[str] = self.schema.scale(name).values
            else:
                known = FINDING_STATES if self.schema.finding(name) else ()
            if change.value not in known:
                raise ProjectError(f"“{name}” has no value “{change.value}”.")


def _step(
    connection: Connection,
    *,
    bulk_id: str,
    change: BulkChange,
    reader: str,
    image_ids: Sequence[str],
    at_hand: frozenset[str],
) -> dict[str, str]:
    before = bulk_rows.read_statuses(connection, reader, image_ids)
    kept: dict[str, dict[str, Any]]
    if isinstance(change, SetValue):
        kept, status = bulk_rows.set_values(connection, reader, image_ids, change, at_hand)
    elif isinstance(change, SetAside):
        others = [one for one in image_ids if before.get(one, ("", ""))[:2] != (change.status, change.reason)]
        kept, status = bulk_rows.set_aside(connection, reader, others, change, before)
    else:
        kept, status = bulk_rows.finish_values(connection, reader, image_ids, before)
    given = (status, change.reason if isinstance(change, SetAside) else "")
    rows = [
        {
            "bulk_id": bulk_id,
            "image_id": image_id,
            "undone": False,
            "before": record | _status(before, image_id) | {"given": list(given)},
        }
        for image_id, record in kept.items()
    ]
    if rows:
        connection.execute(insert(tables.bulk_items), rows)
    written = [image_id for image_id in kept if image_id not in at_hand or not isinstance(change, SetValue)]
    bulk_rows.write_statuses(connection, reader, written, (*given, now()))
    return dict.fromkeys(kept, status)


def _status(before: Mapping[str, tuple[str, str, str]], image_id: str) -> dict[str, Any]:
    known = before.get(image_id)
    return {"status": list(known) if known is not None else None}


def _undo_step(
    connection: Connection, *, bulk_id: str, reader: str, image_ids: Sequence[str], at_hand: frozenset[str]
) -> dict[str, str]:
    columns = tables.bulk_items.c
    mine = [columns.bulk_id == bulk_id, columns.image_id.in_(image_ids), columns.undone.is_(False)]
    found = connection.execute(select(columns.image_id, columns.before).where(*mine))
    items: dict[str, dict[str, Any]] = {row[0]: dict(row[1]) for row in found}
    since = read_since(connection, reader, bulk_id, items, at_hand)
    items = {one: item for one, item in items.items() if one not in since.changed}
    values = {one: item for one, item in items.items() if "target" in item and one not in at_hand}
    bulk_rows.restore_values(connection, reader, values)
    bulk_rows.restore_reviews(connection, reader, items)
    before = {image_id: item["status"] for image_id, item in items.items()}
    bulk_rows.restore_statuses(
        connection, reader, {one: status for one, status in before.items() if one not in since.worked}
    )
    taken = (columns.bulk_id == bulk_id, columns.image_id.in_(list(items)))
    connection.execute(update(tables.bulk_items).where(*taken).values(undone=True))
    now_so = bulk_rows.read_statuses(connection, reader, items)
    return {one: now_so[one][0] if one in now_so else STATUSES[0] for one in items}
