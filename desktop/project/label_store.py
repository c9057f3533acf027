"""Labels in the store: what is read to replay one, and what is written when one changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select

from desktop.project import tables
from desktop.project.edit import Edit
from desktop.project.journal import History, Row, Snapshot, State, now, replay
from desktop.project.label import Label, LabelKey, Recorded
from desktop.project.pages import Prepared, decode_pages, encode_pages
from desktop.project.planes import LabelPlanes, Pages
from desktop.project.provenance import Base
from desktop.project.rows import IN_PROGRESS
from desktop.project.store import upsert

if TYPE_CHECKING:
    from inference.schema import Schema

SNAPSHOT_ROWS = 200
SNAPSHOT_BYTES = 4 << 20
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Freeze:
    """The base of a label on its way to the store.

    `mask` (P, H, W) is None for an empty base, or when `encoded` holds the PNGs of it already.
    """

    base: Base
    size: tuple[int, int] | None
    mask: Pages | None
    encoded: Prepared | None = None


def read_label(connection: Connection, key: LabelKey, schema: Schema) -> Label:
    """Return the label of `key`, replayed; a virtual one when it has none yet. Raises LabelDamaged."""
    found = (
        connection.execute(
            select(tables.labels).where(
                tables.labels.c.image_id == key.image_id,
                tables.labels.c.reader == key.reader,
                tables.labels.c.reading == key.reading,
            )
        )
        .mappings()
        .first()
    )
    size = connection.execute(
        select(tables.images.c.height, tables.images.c.width).where(tables.images.c.id == key.image_id)
    ).first()
    if found is None:
        label = Label(key, schema)
        if size is not None and size[0] and size[1]:
            label.ensure_planes(size[0], size[1])
        return label
    if found["height"]:
        known: Any = (found["height"], found["width"])
    else:
        known = size
    state, snapshot_seq = read_state(connection, found["id"], known, schema.pages)
    base = Base.from_dict(found["base"])
    label = Label(key, schema, state, base=base, label_id=found["id"], frozen=True)
    label.snapshot_seq = snapshot_seq
    label.confirmed_classes = confirmed_classes(connection, key)
    label.saved(state.history.last_seq)
    return label


def read_state(
    connection: Connection, label_id: str, size: Any, pages: int, *, from_base: bool = False
) -> tuple[State, int]:
    """Replay a label from its last snapshot or its base; return its state and the snapshot's row.

    `size` is (height, width) or None when the image's size is not known. Raises LabelDamaged.
    """
    snapshot = None if from_base else _read_snapshot(connection, label_id, size, pages)
    base = None
    if snapshot is None and size is not None and size[0] and size[1]:
        base = _read_planes(connection, label_id, 0, size, pages)
    state = replay(base, snapshot, read_rows(connection, label_id))
    return state, snapshot.seq if snapshot is not None else 0


def read_states(connection: Connection, key: LabelKey) -> dict[str, str]:
    """Return the review states of a label that are not "unreviewed", by target ("class:<id>", ...)."""
    columns = tables.review_states.c
    found = connection.execute(
        select(columns.target, columns.state).where(
            columns.image_id == key.image_id, columns.reader == key.reader, columns.reading == key.reading
        )
    )
    return {row[0]: row[1] for row in found}


def confirmed_classes(connection: Connection, key: LabelKey) -> set[int]:
    """Return the classes that a finish of this label confirmed."""
    targets = (target.partition(":") for target in read_states(connection, key))
    return {int(name) for kind, _, name in targets if kind == "class"}


def read_rows(connection: Connection, label_id: str) -> list[Row]:
    """Return the journal of a label, in order."""
    columns = tables.journal.c
    found = connection.execute(
        select(
            columns.seq,
            columns.kind,
            columns.payload,
            columns.text,
            columns.created,
            columns.target,
            columns.classes,
        )
        .where(columns.label_id == label_id)
        .order_by(columns.seq)
    )
    return [
        Row(
            seq, kind, payload, text, created, target, tuple(int(part) for part in classes.split(",") if part)
        )
        for seq, kind, payload, text, created, target, classes in found
    ]


def read_payloads(connection: Connection, label_id: str, seqs: Sequence[int]) -> dict[int, bytes]:
    """Return the encoded edits of these journal rows, by number."""
    columns = tables.journal.c
    found: dict[int, bytes] = {}
    for first in range(0, len(seqs), _ROWS_AT_ONCE):
        some = seqs[first : first + _ROWS_AT_ONCE]
        rows = select(columns.seq, columns.payload).where(columns.label_id == label_id, columns.seq.in_(some))
        found.update((seq, payload) for seq, payload in connection.execute(rows))
    return found


def standing_edits(connection: Connection, label_id: str) -> list[Edit]:
    """Return a person's edits that stand, those that were undone left out."""
    history = History()
    for row in read_rows(connection, label_id):
        history.follow(row)
    return [step.edit for step in history.done]


def write_changes(
    connection: Connection, label_id: str, key: LabelKey, recorded: Sequence[Recorded], freeze: Freeze | None
) -> int:
    """Write journal rows, with the frozen base before the first of them; return the last row's number."""
    if freeze is not None:
        write_base(connection, label_id, key, freeze, _base_pngs(freeze, recorded))
    rows = [item.row for item in recorded]
    if rows:
        connection.execute(insert(tables.journal), [_row_values(label_id, row) for row in rows])
        _write_values(connection, key, recorded)
    if any(row.kind != "fill" for row in rows):
        set_status(connection, key, IN_PROGRESS)
    return rows[-1].seq if rows else 0


def _base_pngs(freeze: Freeze, recorded: Sequence[Recorded]) -> Sequence[bytes]:
    if freeze.encoded is not None:
        return freeze.encoded.pngs()
    return [] if freeze.mask is None else encode_pages(base_mask(freeze.mask.copy(), recorded))


def base_mask(mask: Pages, recorded: Sequence[Recorded]) -> Pages:
    """Return `mask`, which holds all `recorded` changes, as it was before them; it is changed in place."""
    for item in recorded:
        for patch in item.edit.patches:
            if patch.mask_xor:
                y0, x0, y1, x1 = patch.box
                page, bit = divmod(patch.class_id, 8)
                mask[page, y0:y1, x0:x1] ^= patch.mask_change().view("uint8") << bit
    return mask


def write_base(
    connection: Connection, label_id: str, key: LabelKey, freeze: Freeze, pngs: Sequence[bytes]
) -> None:
    """Write a label's row and the PNG pages of its base."""
    height, width = freeze.size or (None, None)
    connection.execute(
        insert(tables.labels).values(
            id=label_id,
            image_id=key.image_id,
            reader=key.reader,
            reading=key.reading,
            base=freeze.base.to_dict(),
            width=width,
            height=height,
            created=now(),
        )
    )
    if pngs:
        _write_pages(connection, label_id, 0, list(pngs), [b""] * len(pngs))


def take_snapshot(connection: Connection, label_id: str) -> None:
    """Write the label's present state as a snapshot, from its own journal, and drop the one before."""
    size = connection.execute(
        select(tables.labels.c.height, tables.labels.c.width).where(tables.labels.c.id == label_id)
    ).one()
    if not size[0]:
        return
    state, before = read_state(connection, label_id, size, 1)
    seq = state.history.last_seq
    if state.planes is None or seq <= before:
        return
    for table in (tables.snapshots, tables.label_pages):
        connection.execute(delete(table).where(table.c.label_id == label_id, table.c.seq > 0))
    connection.execute(
        insert(tables.snapshots).values(
            label_id=label_id, seq=seq, grades=state.grades, findings=state.findings, created=now()
        )
    )
    planes = state.planes
    _write_pages(connection, label_id, seq, encode_pages(planes.mask), encode_pages(planes.protection))


def set_status(connection: Connection, key: LabelKey, status: str, reason: str = "") -> str | None:
    """Set the status of an image for a reader; return the one before. Later readings set none."""
    if key.reading != 0:
        return None
    columns = tables.statuses.c
    before = connection.execute(
        select(columns.status, columns.reason).where(
            columns.image_id == key.image_id, columns.reader == key.reader
        )
    ).first()
    if before is None or (before[0], before[1]) != (status, reason):
        values = {"status": status, "reason": reason, "updated": now()}
        upsert(connection, tables.statuses, {"image_id": key.image_id, "reader": key.reader}, values)
    return before[0] if before is not None else None


def _read_snapshot(connection: Connection, label_id: str, size: Any, pages: int) -> Snapshot | None:
    columns = tables.snapshots.c
    last = select(func.max(columns.seq)).where(columns.label_id == label_id).scalar_subquery()
    found = connection.execute(
        select(columns.seq, columns.grades, columns.findings).where(
            columns.label_id == label_id, columns.seq == last
        )
    ).first()
    if found is None:
        return None
    planes = _read_planes(connection, label_id, found[0], size, pages)
    return Snapshot(found[0], planes, dict(found[1]), dict(found[2]))


def _read_planes(connection: Connection, label_id: str, seq: int, size: Any, pages: int) -> LabelPlanes:
    columns = tables.label_pages.c
    found = connection.execute(
        select(columns.mask, columns.protection)
        .where(columns.label_id == label_id, columns.seq == seq)
        .order_by(columns.page)
    ).all()
    if not found:
        return LabelPlanes.blank(size[0], size[1], _pages_needed(connection, label_id, pages))
    mask = decode_pages([row[0] for row in found], *size)
    planes = LabelPlanes(mask, decode_pages([row[1] for row in found], *size))
    return planes.with_pages(_pages_needed(connection, label_id, pages))


def _pages_needed(connection: Connection, label_id: str, pages: int) -> int:
    """Return the pages that the schema or any journal row of the label needs, whichever is more."""
    columns = tables.journal.c
    texts = connection.execute(
        select(columns.classes).where(columns.label_id == label_id).distinct()
    ).scalars()
    highest = max((int(part) for text in texts for part in text.split(",") if part), default=0)
    return max(pages, highest // 8 + 1)


def _write_pages(
    connection: Connection, label_id: str, seq: int, masks: list[bytes], protections: list[bytes]
) -> None:
    rows = [
        {"label_id": label_id, "seq": seq, "page": page, "mask": mask, "protection": protection}
        for page, (mask, protection) in enumerate(zip(masks, protections, strict=True))
    ]
    connection.execute(insert(tables.label_pages), rows)


def _row_values(label_id: str, row: Row) -> dict[str, Any]:
    return {
        "label_id": label_id,
        "seq": row.seq,
        "kind": row.kind,
        "target": row.target,
        "classes": ",".join(str(class_id) for class_id in row.classes),
        "text": row.text,
        "payload": row.payload,
        "created": row.created,
    }


def _write_values(connection: Connection, key: LabelKey, recorded: Sequence[Recorded]) -> None:
    """Keep the tables of grades and findings equal to what the journal says."""
    for item in recorded:
        for change in item.edit.values:
            kind, _, name = change.target.partition(":")
            table, column = (tables.grades, "scale") if kind == "grade" else (tables.findings, "finding")
            owner = {"image_id": key.image_id, "reader": key.reader, "reading": key.reading, column: name}
            value = change.before if item.row.kind == "undo" else change.after
            if value is None:
                connection.execute(delete(table).filter_by(**owner))
            else:
                upsert(connection, table, owner, {"value": value})
