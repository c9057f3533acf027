"""Carrying what was recorded under an old name to the new one, everywhere in the store, in one transaction.

The journal stays append-only in what it says: only the names inside its rows follow, so that replay and undo
read it as if the scale, value or finding had always been called so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from desktop.project import tables
from desktop.project.edit import Edit, ValueChange
from desktop.project.filter import FilterError, SavedFilter
from desktop.project.filter_names import SAVED_KEY, renamed
from desktop.project.model_names import setting_key
from desktop.project.provenance import Base
from desktop.project.store import read_setting, write_setting

BATCH = 500


@dataclass(frozen=True, slots=True)
class Names:
    """Old name to new name: of scales, of values (by stored scale), of findings, of classes."""

    scales: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.scales or self.values or self.findings or self.classes)

    @property
    def concern_labels(self) -> bool:
        """Whether something inside labels is renamed: those at hand have to be read again."""
        return bool(self)

    @property
    def concern_values(self) -> bool:
        """Whether grades or findings are called otherwise."""
        return bool(self.scales or self.values or self.findings)

    def targets(self) -> dict[str, str]:
        """Return "grade:<scale>" and "finding:<name>", old to new, of all that changes; values included."""
        found = {f"grade:{old}": f"grade:{new}" for old, new in self.scales.items()}
        found |= {f"grade:{one}": f"grade:{self.scales.get(one, one)}" for one in self.values}
        return found | {f"finding:{old}": f"finding:{new}" for old, new in self.findings.items()}

    def value(self, target: str, value: str | None) -> str | None:
        """Return a value of a target (its old name) as it is called now."""
        kind, _, name = target.partition(":")
        if value is None or kind != "grade":
            return value
        return self.values.get(name, {}).get(value, value)


def carry(
    connection: Connection,
    names: Names,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    class_ids: Mapping[str, int],
) -> None:
    """Rename everywhere; ``class_ids`` are those of the new class names.

    Swapped names (a to b, b to a) are carried as they are meant.
    """
    if names:
        _carry_model_names(connection, names, class_ids)
    if names.concern_values:
        _carry_table(connection, tables.grades, "scale", names.scales, names.values)
        _carry_table(connection, tables.findings, "finding", names.findings, {})
        _carry_states(connection, names)
        _carry_snapshots(connection, names)
        _carry_reviews(connection, names)
        _carry_bulk(connection, names)
        _carry_filters(connection, names)
        _carry_journal(connection, names, progress)
    if names.classes:
        _carry_cuts(connection, names.classes)
        _carry_bases(connection, names.classes)
        _carry_origins(connection, names.classes)


def _carry_table(
    connection: Connection,
    table: Table,
    column: str,
    renamed: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
) -> None:
    """Take the rows concerned out and put them back: the name is part of their key."""
    concerned = [*renamed, *(one for one in values if one not in renamed)]
    if not concerned:
        return
    rows = [
        dict(row)
        for row in connection.execute(select(table).where(table.c[column].in_(concerned))).mappings()
    ]
    connection.execute(delete(table).where(table.c[column].in_(concerned)))
    for row in rows:
        old = row[column]
        row["value"] = values.get(old, {}).get(row["value"], row["value"])
        row[column] = renamed.get(old, old)
    if rows:
        connection.execute(insert(table), rows)


def _carry_states(connection: Connection, names: Names) -> None:
    table, targets = tables.review_states, _moved(names)
    if not targets:
        return
    rows = [
        dict(row)
        for row in connection.execute(select(table).where(table.c.target.in_(list(targets)))).mappings()
    ]
    connection.execute(delete(table).where(table.c.target.in_(list(targets))))
    if rows:
        connection.execute(insert(table), [row | {"target": targets[row["target"]]} for row in rows])


def _carry_snapshots(connection: Connection, names: Names) -> None:
    table = tables.snapshots
    found = connection.execute(select(table.c.label_id, table.c.seq, table.c.grades, table.c.findings)).all()
    changed = []
    for label_id, seq, grades, findings in found:
        new_grades = {
            names.scales.get(scale, scale): names.values.get(scale, {}).get(value, value)
            for scale, value in dict(grades).items()
        }
        new_findings = {names.findings.get(name, name): value for name, value in dict(findings).items()}
        if (new_grades, new_findings) != (dict(grades), dict(findings)):
            changed.append(
                {"b_label": label_id, "b_seq": seq, "grades": new_grades, "findings": new_findings}
            )
    if changed:
        statement = update(table).where(
            table.c.label_id == bindparam("b_label"), table.c.seq == bindparam("b_seq")
        )
        connection.execute(
            statement.values(grades=bindparam("grades"), findings=bindparam("findings")), changed
        )


def _carry_reviews(connection: Connection, names: Names) -> None:
    table, targets = tables.reviews, _moved(names)
    changed = []
    for row_id, held, before in connection.execute(select(table.c.id, table.c.targets, table.c.before)):
        after = [targets.get(one, one) for one in held]
        states = _renamed_keys(before, targets)
        if after != list(held) or states != before:
            changed.append({"b_id": row_id, "targets": after, "before": states})
    if changed:
        statement = update(table).where(table.c.id == bindparam("b_id"))
        connection.execute(
            statement.values(targets=bindparam("targets"), before=bindparam("before")), changed
        )


def _carry_bulk(connection: Connection, names: Names) -> None:
    table, targets = tables.bulk_items, names.targets()
    changed = []
    for bulk_id, image_id, before in connection.execute(
        select(table.c.bulk_id, table.c.image_id, table.c.before)
    ):
        target = before.get("target")
        after = _renamed_keys(before, targets)
        if target in targets:
            held = {key: names.value(target, before[key]) for key in ("value", "set") if key in before}
            after |= {"target": targets[target]} | held
        if after != before:
            changed.append({"b_bulk": bulk_id, "b_image": image_id, "before": after})
    if changed:
        statement = update(table).where(
            table.c.bulk_id == bindparam("b_bulk"), table.c.image_id == bindparam("b_image")
        )
        connection.execute(statement.values(before=bindparam("before")), changed)


def _carry_model_names(connection: Connection, names: Names, class_ids: Mapping[str, int]) -> None:
    """What models call things stays theirs; what they mean here follows.

    Where nobody has said anything, a model's class, scale or finding belonged to the project's of the same
    name: that is said now, for every model that is registered or has read an image here.
    """
    meta, models, read = tables.meta, tables.models, tables.predictions
    found = connection.execute(select(meta.c.key, meta.c.value).where(meta.c.key.like(f"{setting_key('')}%")))
    records = {key.removeprefix(setting_key("")): json.loads(text) for key, text in found}
    registered = {
        digest: held for digest, held in connection.execute(select(models.c.digest, models.c.class_map))
    }
    seen = connection.execute(select(read.c.model_digest).distinct()).scalars()
    for digest in {*records, *registered, *seen}:
        before = records.get(digest, {})
        record = {key: dict(held) for key, held in before.items()}
        for part, known in (("scales", names.scales), ("findings", names.findings)):
            if known:
                held = record.get(part, {})
                record[part] = dict(known) | {theirs: known.get(mine, mine) for theirs, mine in held.items()}
        if names.classes:
            said = {**registered.get(digest, {}), **record.get("classes", {})}
            alike = {old: class_ids[new] for old, new in names.classes.items() if old not in said}
            record["classes"] = record.get("classes", {}) | alike
        if record != before:
            write_setting(connection, setting_key(digest), record)


def _carry_filters(connection: Connection, names: Names) -> None:
    """Saved filters ask the same as before. What a newer version wrote stays as it is."""
    records = read_setting(connection, SAVED_KEY, [])
    after = []
    for record in records if isinstance(records, list) else []:
        try:
            saved = SavedFilter.from_dict(record)
        except FilterError:
            after.append(record)
        else:
            after.append(replace(saved, filter=renamed(saved.filter, names)).to_dict())
    if after:
        write_setting(connection, SAVED_KEY, after)


def _carry_cuts(connection: Connection, classes: Mapping[str, str]) -> None:
    """The cuts of all unseen images name the project's classes."""
    table = tables.cuts
    found = connection.execute(
        select(table.c.seq, table.c.class_name).where(table.c.class_name.in_(list(classes)))
    ).all()
    if found:
        rows = [{"b_seq": seq, "class_name": classes[name]} for seq, name in found]
        statement = update(table).where(table.c.seq == bindparam("b_seq"))
        connection.execute(statement.values(class_name=bindparam("class_name")), rows)


def _carry_bases(connection: Connection, classes: Mapping[str, str]) -> None:
    """What a label was cut with, before anybody edited it, is kept by class name."""
    table = tables.labels
    changed = []
    for label_id, base in connection.execute(select(table.c.id, table.c.base)):
        after = _renamed_base(base, classes)
        if after != base:
            changed.append({"b_id": label_id, "base": after})
    if changed:
        statement = update(table).where(table.c.id == bindparam("b_id"))
        connection.execute(statement.values(base=bindparam("base")), changed)


def _carry_origins(connection: Connection, classes: Mapping[str, str]) -> None:
    """So are the cuts of late predictions and of thresholds that were moved, inside the journal."""
    table = tables.journal
    found = connection.execute(
        select(table.c.label_id, table.c.seq).where(func.instr(table.c.payload, b'"origin"') > 0)
    ).all()
    for label_id, seq in found:
        one = (table.c.label_id == label_id, table.c.seq == seq)
        edit = Edit.decode(connection.execute(select(table.c.payload).where(*one)).scalar_one())
        if edit.origin is None:
            continue
        origin = Base.from_dict(_renamed_base(edit.origin.to_dict(), classes))
        if origin != edit.origin:
            payload = replace(edit, origin=origin).encode()
            connection.execute(update(table).where(*one).values(payload=payload))


def _renamed_base(base: Mapping[str, Any], classes: Mapping[str, str]) -> dict[str, Any]:
    """Return a label's origin with other class names in it."""
    after = dict(base)
    for key in ("thresholds", "min_area"):
        if key in after:
            after[key] = {classes.get(name, name): value for name, value in after[key].items()}
    if "fill_holes" in after:
        after["fill_holes"] = sorted(classes.get(name, name) for name in after["fill_holes"])
    return after


def _carry_journal(connection: Connection, names: Names, progress: Callable[[int, int], None]) -> None:
    """Rename inside the edits of the journal: only rows that speak of a concerned target are read."""
    table, targets = tables.journal, names.targets()
    keys: set[tuple[str, int]] = set()
    for target in targets:
        # As the header of an edit spells it (`Edit.encode`).
        sought = json.dumps(target, ensure_ascii=False).encode("utf-8", "surrogatepass")
        found = connection.execute(
            select(table.c.label_id, table.c.seq).where(func.instr(table.c.payload, sought) > 0)
        )
        keys.update((row[0], row[1]) for row in found)
    ordered = sorted(keys)
    for at in range(0, len(ordered), BATCH):
        _carry_rows(connection, names, ordered[at : at + BATCH])
        progress(min(at + BATCH, len(ordered)), len(ordered))


def _carry_rows(connection: Connection, names: Names, keys: Iterable[tuple[str, int]]) -> None:
    table = tables.journal
    changed = []
    for label_id, seq in keys:
        one = (table.c.label_id == label_id, table.c.seq == seq)
        payload = connection.execute(select(table.c.payload).where(*one)).scalar_one()
        edit = Edit.decode(payload)
        values = tuple(_value_change(change, names) for change in edit.values)
        if values != edit.values:
            changed.append(
                {"b_label": label_id, "b_seq": seq, "payload": replace(edit, values=values).encode()}
            )
    if changed:
        statement = update(table).where(
            table.c.label_id == bindparam("b_label"), table.c.seq == bindparam("b_seq")
        )
        connection.execute(statement.values(payload=bindparam("payload")), changed)


def _value_change(change: ValueChange, names: Names) -> ValueChange:
    targets = names.targets()
    return ValueChange(
        targets.get(change.target, change.target),
        names.value(change.target, change.before),
        names.value(change.target, change.after),
    )


def _moved(names: Names) -> dict[str, str]:
    """Return the targets whose own name changes."""
    return {old: new for old, new in names.targets().items() if old != new}


def _renamed_keys(record: Any, targets: Mapping[str, str]) -> Any:
    """Return a JSON value in which every key that is a target has its new name."""
    if isinstance(record, dict):
        return {targets.get(key, key): _renamed_keys(value, targets) for key, value in record.items()}
    if isinstance(record, list):
        return [_renamed_keys(one, targets) for one in record]
    return record
