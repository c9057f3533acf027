"""The rows of the store that a bulk action writes and takes back, set by set. Used by `bulk` alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert_insert
from sqlalchemy.sql.functions import Function

from desktop.project import tables
from desktop.project.edit import Edit, ValueChange
from desktop.project.journal import now
from desktop.project.provenance import EMPTY
from desktop.project.rows import (
    CORRECTED,
    FINISHED,
    IN_PROGRESS,
    REJECTED,
    REVIEWED,
    UNREVIEWED,
)
from desktop.project.uuid7 import uuid7

if TYPE_CHECKING:
    from desktop.project.bulk_change import SetAside, SetValue

Status = tuple[str, str, str]
"""Status, reason, and when it was set."""
Record = dict[str, Any]


def count() -> Function[int]:
    """Return SQL's count of rows."""
    return func.count()


# ---- statuses


def read_statuses(connection: Connection, reader: str, image_ids: Collection[str]) -> dict[str, Status]:
    """Return the status rows of the images; no row means unseen."""
    columns = tables.statuses.c
    found = connection.execute(
        select(columns.image_id, columns.status, columns.reason, columns.updated).where(
            columns.reader == reader, columns.image_id.in_(image_ids)
        )
    )
    return {row[0]: (row[1], row[2], row[3]) for row in found}


def write_statuses(connection: Connection, reader: str, image_ids: Sequence[str], status: Status) -> None:
    """Set one status, with its reason and moment, on images."""
    restore_statuses(connection, reader, dict.fromkeys(image_ids, status))


def restore_statuses(
    connection: Connection, reader: str, statuses: Mapping[str, Sequence[str] | None]
) -> None:
    """Set status rows as they were: status, reason, time; None: there was none."""
    rows = [
        {"image_id": image_id, "reader": reader, "status": row[0], "reason": row[1], "updated": row[2]}
        for image_id, row in statuses.items()
        if row is not None
    ]
    _upsert_all(connection, tables.statuses, ("image_id", "reader"), rows)
    gone = [image_id for image_id, row in statuses.items() if row is None]
    columns = tables.statuses.c
    if gone:
        connection.execute(
            delete(tables.statuses).where(columns.reader == reader, columns.image_id.in_(gone))
        )


# ---- grades and findings


@dataclass(slots=True)
class Labels:
    """The labels of some images as far as a change of one value must know them."""

    ids: dict[str, str]
    last: dict[str, int]
    values: dict[str, str]
    sizes: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)


def read_labels(connection: Connection, reader: str, image_ids: Collection[str], target: str) -> Labels:
    """Return the labels of the images as far as a change of `target` must know them."""
    labels, journal, images = tables.labels.c, tables.journal.c, tables.images.c
    found = connection.execute(
        select(labels.image_id, labels.id).where(
            labels.reader == reader, labels.reading == 0, labels.image_id.in_(image_ids)
        )
    )
    ids = {row[0]: row[1] for row in found}
    last = connection.execute(
        select(journal.label_id, func.max(journal.seq))
        .where(journal.label_id.in_(ids.values()))
        .group_by(journal.label_id)
    )
    table, column, name = _value_table(target)
    values = connection.execute(
        select(table.c.image_id, table.c.value).where(
            table.c.reader == reader,
            table.c.reading == 0,
            table.c[column] == name,
            table.c.image_id.in_(image_ids),
        )
    )
    sizes = connection.execute(select(images.id, images.height, images.width).where(images.id.in_(image_ids)))
    return Labels(
        ids,
        {row[0]: row[1] for row in last},
        {row[0]: row[1] for row in values},
        {row[0]: (row[1], row[2]) for row in sizes},
    )


def set_values(
    connection: Connection, reader: str, image_ids: Sequence[str], change: SetValue, at_hand: Collection[str]
) -> tuple[dict[str, Record], str]:
    """Set a value on labels that are not in memory, as one undo step of each; return what was so before.

    An image without a label gets one with an empty base, as one that was graded before its prediction came.
    """
    labels = read_labels(connection, reader, image_ids, change.target)
    kept: dict[str, Record] = {}
    edits: dict[str, ValueChange] = {}
    for image_id in image_ids:
        held = labels.values.get(image_id)
        if held == change.value or image_id not in labels.sizes:
            continue
        # Its own row of the journal: what follows it was done since.
        seq = labels.last.get(labels.ids.get(image_id, ""), 0) + 1
        kept[image_id] = {"target": change.target, "value": held, "set": change.value, "seq": seq}
        if image_id not in at_hand:
            kept[image_id]["new"] = image_id not in labels.ids
            edits[image_id] = ValueChange(change.target, held, change.value)
    _make_labels(connection, reader, labels, [one for one in edits if one not in labels.ids])
    _write_edits(connection, labels, edits, change.text)
    _write_values(connection, reader, change.target, dict.fromkeys(edits, change.value))
    return kept, IN_PROGRESS


def _make_labels(connection: Connection, reader: str, labels: Labels, image_ids: Sequence[str]) -> None:
    rows = []
    for image_id in image_ids:
        labels.ids[image_id] = uuid7()
        height, width = labels.sizes[image_id]
        row = {"id": labels.ids[image_id], "image_id": image_id, "reader": reader, "reading": 0}
        rows.append(row | {"base": EMPTY.to_dict(), "width": width, "height": height, "created": now()})
    if rows:
        connection.execute(insert(tables.labels), rows)


def _write_edits(connection: Connection, labels: Labels, edits: Mapping[str, ValueChange], text: str) -> None:
    payloads: dict[ValueChange, bytes] = {}
    rows = []
    for image_id, change in edits.items():
        payload = payloads.get(change) or Edit(text, (), (change,)).encode()
        payloads[change] = payload
        label_id = labels.ids[image_id]
        row = {"label_id": label_id, "seq": labels.last.get(label_id, 0) + 1, "kind": "edit", "target": 0}
        rows.append(row | {"classes": "", "text": text, "payload": payload, "created": now()})
    if rows:
        connection.execute(insert(tables.journal), rows)


def _write_values(connection: Connection, reader: str, target: str, values: Mapping[str, str | None]) -> None:
    table, column, name = _value_table(target)
    rows = [
        {"image_id": image_id, "reader": reader, "reading": 0, column: name, "value": value}
        for image_id, value in values.items()
        if value is not None
    ]
    _upsert_all(connection, table, ("image_id", "reader", "reading", column), rows)
    gone = [image_id for image_id, value in values.items() if value is None]
    if gone:
        mine = [table.c.reader == reader, table.c.reading == 0, table.c[column] == name]
        connection.execute(delete(table).where(*mine, table.c.image_id.in_(gone)))


def restore_values(connection: Connection, reader: str, items: Mapping[str, Record]) -> None:
    """Give labels the values from before a bulk action: where nothing else was done, its step goes with it.

    A label that the action made, and on which nothing was done since, is taken out again: its image is as
    untouched as before. Any other label gets one more step, which sets the value back.
    """
    by_target: dict[str, dict[str, Record]] = {}
    for image_id, item in items.items():
        by_target.setdefault(item["target"], {})[image_id] = item
    for target, mine in by_target.items():
        labels = read_labels(connection, reader, mine, target)
        unmade = {
            one
            for one, item in mine.items()
            if item.get("new") and labels.last.get(labels.ids.get(one, "")) == 1
        }
        edits = {
            one: ValueChange(target, labels.values.get(one), item["value"])
            for one, item in mine.items()
            if one not in unmade and one in labels.ids and labels.values.get(one) != item["value"]
        }
        _write_edits(connection, labels, edits, f"{target.partition(':')[2]}: as before")
        _unmake_labels(connection, [labels.ids[one] for one in unmade])
        _write_values(connection, reader, target, {one: item["value"] for one, item in mine.items()})


def _unmake_labels(connection: Connection, label_ids: Sequence[str]) -> None:
    if label_ids:
        for table in (tables.journal, tables.label_pages, tables.snapshots):
            connection.execute(delete(table).where(table.c.label_id.in_(label_ids)))
        connection.execute(delete(tables.labels).where(tables.labels.c.id.in_(label_ids)))


def _value_table(target: str) -> tuple[Table, str, str]:
    kind, _, name = target.partition(":")
    return (tables.grades, "scale", name) if kind == "grade" else (tables.findings, "finding", name)


# ---- reviews: finished, rejected, second look


def set_aside(
    connection: Connection,
    reader: str,
    image_ids: Sequence[str],
    change: SetAside,
    before: Mapping[str, Status],
) -> tuple[dict[str, Record], str]:
    """Log that images are rejected or wait for a second look; return the rows' ids to take them back by."""
    kept: dict[str, Record] = {one: {"review": uuid7()} for one in image_ids}
    _log(connection, reader, kept, change.status, change.status, change.reason, before)
    return kept, change.status


def finish_values(
    connection: Connection, reader: str, image_ids: Sequence[str], before: Mapping[str, Status]
) -> tuple[dict[str, Record], str]:
    """Confirm what is set of images that are not finished; what no reader saw is not confirmed."""
    targets = _targets(connection, reader, read_finishable(connection, reader, image_ids))
    states = _read_states(connection, reader, targets)
    kept: dict[str, Record] = {
        one: {
            "review": uuid7(),
            "targets": mine,
            "states": {t: states.get((one, t), UNREVIEWED) for t in mine},
        }
        for one, mine in targets.items()
    }
    _log(connection, reader, kept, "finish", CORRECTED, "", before)
    _write_states(
        connection, reader, [(one, target, REVIEWED) for one, mine in targets.items() for target in mine]
    )
    return kept, CORRECTED


def read_finishable(connection: Connection, reader: str, image_ids: Sequence[str]) -> list[str]:
    """Return the images of which something is set and which are neither finished nor rejected."""
    statuses = read_statuses(connection, reader, image_ids)
    closed = {one for one, status in statuses.items() if status[0] in (*FINISHED, REJECTED)}
    return list(_targets(connection, reader, [one for one in image_ids if one not in closed]))


def _targets(connection: Connection, reader: str, image_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, kind, column in ((tables.grades, "grade", "scale"), (tables.findings, "finding", "finding")):
        rows = connection.execute(
            select(table.c.image_id, table.c[column])
            .where(table.c.reader == reader, table.c.reading == 0, table.c.image_id.in_(image_ids))
            .order_by(table.c[column])
        )
        for image_id, name in rows:
            found.setdefault(image_id, []).append(f"{kind}:{name}")
    return {one: found[one] for one in image_ids if one in found}


def _log(
    connection: Connection,
    reader: str,
    kept: Mapping[str, Record],
    kind: str,
    status: str,
    reason: str,
    before: Mapping[str, Status],
) -> None:
    rows = []
    for image_id, item in kept.items():
        was = before.get(image_id)
        state: Record = {
            "status": list(was[:2]) if was is not None else None,
            "states": item.get("states", {}),
        }
        rows.append(
            {
                "id": item["review"], "image_id": image_id, "reader": reader, "reading": 0, "kind": kind,
                "status": status, "reason": reason, "targets": item.get("targets", []),
                "prediction_digest": "", "before": state, "taken_back": False, "created": now(),
            }
        )  # fmt: skip
    if rows:
        connection.execute(insert(tables.reviews), rows)


def restore_reviews(connection: Connection, reader: str, items: Mapping[str, Record]) -> None:
    """Mark the reviews of a bulk action as taken back, and give the review states from before."""
    reviews = [item["review"] for item in items.values() if "review" in item]
    if reviews:
        connection.execute(
            update(tables.reviews).where(tables.reviews.c.id.in_(reviews)).values(taken_back=True)
        )
    states = [
        (image_id, target, state)
        for image_id, item in items.items()
        for target, state in item.get("states", {}).items()
    ]
    _write_states(connection, reader, states)


def _read_states(
    connection: Connection, reader: str, image_ids: Collection[str]
) -> dict[tuple[str, str], str]:
    columns = tables.review_states.c
    found = connection.execute(
        select(columns.image_id, columns.target, columns.state).where(
            columns.reader == reader, columns.reading == 0, columns.image_id.in_(image_ids)
        )
    )
    return {(row[0], row[1]): row[2] for row in found}


def _write_states(connection: Connection, reader: str, states: Sequence[tuple[str, str, str]]) -> None:
    moment = now()
    rows = [
        {"image_id": one, "reader": reader, "reading": 0, "target": target, "state": state, "updated": moment}
        for one, target, state in states
        if state != UNREVIEWED
    ]
    _upsert_all(connection, tables.review_states, ("image_id", "reader", "reading", "target"), rows)
    gone = [(one, target) for one, target, state in states if state == UNREVIEWED]
    columns = tables.review_states.c
    if gone:
        connection.execute(
            delete(tables.review_states).where(
                columns.reader == reader,
                columns.reading == 0,
                tuple_(columns.image_id, columns.target).in_(gone),
            )
        )


def _upsert_all(connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Record]) -> None:
    if not rows:
        return
    statement = upsert_insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed), rows)
