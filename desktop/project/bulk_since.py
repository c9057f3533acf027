"""What was done to images since a bulk action: it is not taken back over later work. Used by `bulk` alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from desktop.project import tables
from desktop.project.bulk_rows import Record, Status, read_labels, read_statuses


@dataclass(frozen=True, slots=True)
class Since:
    """What became of images after a bulk action: `changed` speak otherwise by now, `worked` were edited."""

    changed: frozenset[str]
    worked: frozenset[str]


def read_since(
    connection: Connection,
    reader: str,
    bulk_id: str,
    items: Mapping[str, Record],
    at_hand: Collection[str] = (),
) -> Since:
    """Return on which images a bulk action cannot be taken back without taking later work with it.

    Changed is an image whose value is another one by now, or that was finished, rejected or put aside after
    the action. Worked on is one whose journal goes on after it: its value goes back, its status does not.
    Of the images `at_hand` the value was set back by one more row of the journal just now.
    """
    statuses = read_statuses(connection, reader, items)
    changed = {one for one, item in items.items() if _speaks_otherwise(statuses.get(one), item)}
    for one, review in _latest_reviews(connection, reader, items).items():
        # Both are UUIDs of version 7: what was made later is greater.
        if review > items[one].get("review", bulk_id):
            changed.add(one)
    worked: set[str] = set()
    for target in {item["target"] for item in items.values() if "target" in item}:
        mine = {one: item for one, item in items.items() if item.get("target") == target}
        labels = read_labels(connection, reader, mine, target)
        rows = _last_by_a_person(connection, list(labels.ids.values()))
        for one, item in mine.items():
            if labels.values.get(one) not in (item.get("set", labels.values.get(one)), item["value"]):
                changed.add(one)
            own = int(item.get("seq", 0)) + (one in at_hand)
            if own and rows.get(labels.ids.get(one, ""), 0) > own:
                worked.add(one)
    return Since(frozenset(changed), frozenset(worked - changed))


def _speaks_otherwise(status: Status | None, item: Record) -> bool:
    """Whether the status is not the one that the action gave: somebody said something after it."""
    given = item.get("given")
    if given is None or (status is None and "target" in item):
        return False
    return status is None or [status[0], status[1]] != given


def _latest_reviews(connection: Connection, reader: str, image_ids: Collection[str]) -> dict[str, str]:
    columns = tables.reviews.c
    found = connection.execute(
        select(columns.image_id, func.max(columns.id))
        .where(
            columns.reader == reader,
            columns.reading == 0,
            columns.taken_back.is_(False),
            columns.image_id.in_(image_ids),
        )
        .group_by(columns.image_id)
    )
    return {row[0]: row[1] for row in found}


def _last_by_a_person(connection: Connection, label_ids: Sequence[str]) -> dict[str, int]:
    journal = tables.journal.c
    found = connection.execute(
        select(journal.label_id, func.max(journal.seq))
        .where(journal.label_id.in_(label_ids), journal.kind != "fill")
        .group_by(journal.label_id)
    )
    return {row[0]: row[1] for row in found}
