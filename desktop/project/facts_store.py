"""The facts that filters and sorts read: a few queries give the columns of a whole project."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, func, or_, select

from desktop.project import tables
from desktop.project.base import ProjectBase
from desktop.project.facts import (
    POOLED,
    FactColumn,
    LabelFacts,
    area_column,
    finding_column,
    grade_column,
    predicted_column,
    reader_column,
)
from desktop.project.journal import now
from desktop.project.model_names import setting_key
from desktop.project.store import read_setting, upsert
from inference.schema import Schema

Place = Callable[[str, int], int | None]
"""Path and frame to the position in the list, None when it is not there."""


class FactStore(ProjectBase):
    """What a project knows for its lists."""

    def stored_facts(self, place: Place, model_digest: str | None = None) -> list[FactColumn]:
        """Return all columns that the store can fill; those of predictions for one model.

        Images that `place` does not know are left out. For a thread of its own: a second for 100,000 images.
        """
        with self.store.read() as connection:
            parts = _Parts(_positions(connection, place))
            parts.add_images(connection)
            _add_statuses(connection, parts, self.reader)
            _add_values(connection, parts, self.reader)
            _add_comments(connection, parts)
            _add_label_facts(connection, parts, self.reader)
            if model_digest is not None:
                _add_predictions(
                    connection, parts, model_digest, _class_ids(connection, model_digest, self.schema)
                )
        return parts.columns()

    def labels_without_facts(self, limit: int = 20) -> list[str]:
        """Return images of which this reader's label changed since its facts were made, the first ones."""
        labels, facts, journal = tables.labels.c, tables.label_facts.c, tables.journal.c
        same = and_(
            facts.image_id == labels.image_id,
            facts.reader == labels.reader,
            facts.reading == labels.reading,
        )
        last = select(func.coalesce(func.max(journal.seq), 0)).where(journal.label_id == labels.id)
        present = and_(tables.images.c.id == labels.image_id, tables.images.c.state == "present")
        statement = (
            select(labels.image_id)
            .join(tables.images, present)
            .outerjoin(tables.label_facts, same)
            .where(labels.reader == self.reader, labels.reading == 0, tables.images.c.width.is_not(None))
            .where(or_(facts.seq.is_(None), facts.seq < last.scalar_subquery()))
            .order_by(labels.id)
            .limit(limit)
        )
        with self.store.read() as connection:
            return [str(row[0]) for row in connection.execute(statement)]

    def predictions_without_uncertainty(
        self, model_digest: str, limit: int = 20
    ) -> list[tuple[str, str, int]]:
        """Return images whose summary says no uncertainty: id, content hash, frame; the first ones."""
        images, columns = tables.images.c, tables.predictions.c
        statement = (
            select(images.id, images.content_hash, images.frame)
            .join(tables.predictions, columns.image_id == images.id)
            .where(columns.model_digest == model_digest, images.content_hash.is_not(None))
            .where(images.state == "present", columns.summary["uncertainty"].as_float().is_(None))
            .order_by(images.id)
            .limit(limit)
        )
        with self.store.read() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(statement)]

    def store_label_facts(self, made: Iterable[LabelFacts]) -> Future[None]:
        """Keep facts of this reader's labels, in one transaction."""
        facts, reader = tuple(made), self.reader

        def write(connection: Connection) -> None:
            for one in facts:
                _write(connection, reader, one)

        return self.writer.submit(write)

    def known_readers(self) -> list[str]:
        """Return everybody who worked on this project, by name."""
        with self.store.read() as connection:
            return list(
                connection.execute(select(tables.readers.c.name).order_by(tables.readers.c.name)).scalars()
            )


def _write(connection: Connection, reader: str, facts: LabelFacts) -> None:
    key = {"image_id": facts.image_id, "reader": reader, "reading": 0}
    values = {
        "seq": facts.seq,
        "areas": {str(class_id): area for class_id, area in facts.areas.items()},
        "model_digest": facts.model_digest,
        "disagreement": facts.disagreement,
        "disagreements": {str(class_id): value for class_id, value in facts.disagreements.items()},
        "updated": now(),
    }
    upsert(connection, tables.label_facts, key, values)


@dataclass(slots=True)
class _Parts:
    """Columns under construction: pairs of position and value by name."""

    positions: Mapping[str, int]
    _at: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _values: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, image_id: str, value: Any) -> None:
        position = self.positions.get(image_id)
        if position is not None:
            self._at[name].append(position)
            self._values[name].append(value)

    def add_images(self, connection: Connection) -> None:
        columns = tables.images.c
        found = connection.execute(
            select(columns.id, columns.group_key, columns.split, columns.problem).where(
                columns.state == "present"
            )
        )
        for image_id, group, split, problem in found:
            self.add("group", image_id, group)
            self.add("split", image_id, split)
            self.add("problem", image_id, bool(problem))

    def columns(self) -> list[FactColumn]:
        return [FactColumn(name, np.array(at, np.int32), self._values[name]) for name, at in self._at.items()]


def _positions(connection: Connection, place: Place) -> dict[str, int]:
    columns = tables.images.c
    found = connection.execute(
        select(columns.id, columns.path, columns.frame).where(columns.state == "present")
    )
    known = ((image_id, place(path, frame)) for image_id, path, frame in found)
    return {image_id: position for image_id, position in known if position is not None}


def _add_statuses(connection: Connection, parts: _Parts, reader: str) -> None:
    columns = tables.statuses.c
    for image_id, whose, status, updated in connection.execute(
        select(columns.image_id, columns.reader, columns.status, columns.updated)
    ):
        parts.add(reader_column(whose), image_id, True)
        if whose == reader:
            parts.add("status", image_id, status)
            parts.add("changed", image_id, datetime.fromisoformat(updated).timestamp())


def _add_values(connection: Connection, parts: _Parts, reader: str) -> None:
    for table, key, column in (
        (tables.grades, "scale", grade_column),
        (tables.findings, "finding", finding_column),
    ):
        found = connection.execute(
            select(table.c.image_id, table.c[key], table.c.value).where(
                table.c.reader == reader, table.c.reading == 0
            )
        )
        for image_id, name, value in found:
            parts.add(column(name), image_id, value)


def _add_comments(connection: Connection, parts: _Parts) -> None:
    changes = tables.comment_changes.c
    removed: dict[str, bool] = {}
    for comment_id, kind in connection.execute(
        select(changes.comment_id, changes.kind)
        .where(changes.kind.in_(("remove", "restore")))
        .order_by(changes.id)
    ):
        removed[comment_id] = kind == "remove"
    counts: Counter[str] = Counter()
    for comment_id, image_id in connection.execute(select(tables.comments.c.id, tables.comments.c.image_id)):
        counts[image_id] += not removed.get(comment_id, False)
    for image_id, count in counts.items():
        parts.add("comments", image_id, count)


def _add_label_facts(connection: Connection, parts: _Parts, reader: str) -> None:
    columns = tables.label_facts.c
    found = connection.execute(
        select(columns.image_id, columns.areas, columns.disagreement).where(
            columns.reader == reader, columns.reading == 0
        )
    )
    for image_id, areas, disagreement in found:
        for class_id, area in areas.items():
            parts.add(area_column(int(class_id)), image_id, area)
        if disagreement is not None:
            parts.add(POOLED, image_id, disagreement)


def _class_ids(connection: Connection, digest: str, schema: Schema) -> dict[str, int]:
    """Return the project's class ids by the names that a model has for them: summaries are in its words."""
    models, active = tables.models.c, {item.id for item in schema.active_classes}
    registered = connection.execute(select(models.class_map).where(models.digest == digest)).scalar()
    given = read_setting(connection, setting_key(digest), {}).get("classes", {})
    said: dict[str, int | None] = {**(registered or {}), **given}
    told = {name: one for name, one in said.items() if one is not None and one in active}
    alike = {item.name: item.id for item in schema.active_classes if item.name not in said}
    return told | {name: one for name, one in alike.items() if one not in told.values()}


def _add_predictions(connection: Connection, parts: _Parts, digest: str, ids: Mapping[str, int]) -> None:
    """The numbers are taken out of the JSON by the database: 100,000 summaries are not decoded here."""
    columns = tables.predictions.c
    names = list(ids)
    numbers = [columns.summary["uncertainty"].as_float()]
    numbers += [columns.summary[("classes", name, "fraction")].as_float() for name in names]
    statement = select(columns.image_id, *numbers).where(columns.model_digest == digest)
    for image_id, uncertainty, *fractions in connection.execute(statement):
        if uncertainty is not None:
            parts.add("uncertainty", image_id, uncertainty)
        for name, fraction in zip(names, fractions, strict=True):
            if fraction is not None:
                parts.add(predicted_column(ids[name]), image_id, fraction)
