"""Pixel spacings, callipers, marked points and what was viewed: the store's part of measuring."""

from __future__ import annotations

from concurrent.futures import Future

from sqlalchemy import Connection, and_, insert, or_, select, update

from desktop.project import tables
from desktop.project.base import ProjectBase
from desktop.project.errors import ProjectError
from desktop.project.journal import now
from desktop.project.measures import Spacing
from desktop.project.measuring_rows import (
    SCOPES,
    Mark,
    SpacingRow,
    spacing_target,
)
from desktop.project.rows import ImageRow
from desktop.project.store import upsert
from desktop.project.viewed import ViewedArea


class MeasuringCommands(ProjectBase):
    """Queries and commands of measuring."""

    # ---- spacing

    def spacings(self, image: ImageRow) -> list[SpacingRow]:
        """Return the spacings that hold for an image, the one that goes first at the beginning."""
        columns = tables.spacings.c
        targets = []
        for scope in SCOPES:
            try:
                targets.append(and_(columns.scope == scope, columns.target == spacing_target(image, scope)))
            except ProjectError:
                continue
        statement = select(tables.spacings).where(or_(*targets), columns.removed.is_(None))
        with self.store.read() as connection:
            found = connection.execute(statement.order_by(columns.id.desc())).mappings()
            rows = [
                SpacingRow(
                    one["scope"],
                    one["target"],
                    Spacing(one["x_mm"], one["y_mm"]),
                    one["source"],
                    one["text"],
                    one["id"],
                    one["reader"],
                    one["created"],
                )
                for one in found
            ]
        return sorted(rows, key=lambda row: SCOPES.index(row.scope))

    def set_spacing(self, row: SpacingRow) -> Future[int]:
        """Let a spacing hold in the place of an earlier one for the same; gives how many ended."""
        values = {
            "id": row.id,
            "scope": row.scope,
            "target": row.target,
            "x_mm": row.spacing.x_mm,
            "y_mm": row.spacing.y_mm,
            "source": row.source,
            "text": row.text,
            "reader": self.reader,
            "created": row.created,
        }

        def write(connection: Connection) -> int:
            ended = _end_spacings(connection, row.scope, row.target)
            connection.execute(insert(tables.spacings).values(**values))
            return ended

        return self.writer.submit(write)

    def forget_spacing(self, row: SpacingRow) -> Future[int]:
        """Let no spacing hold any more for what this one was for; the Future gives how many ended."""
        return self.writer.submit(lambda connection: _end_spacings(connection, row.scope, row.target))

    # ---- callipers and points

    def marks(self, image_id: str, *, reader: str | None = None) -> list[Mark]:
        """Return a reader's callipers and points on an image, in the order in which they were first set."""
        columns = tables.marks.c
        names = ("image_id", "kind", "name", "x", "y", "x2", "y2", "mark", "id")
        statement = select(*(columns[name] for name in names)).where(
            columns.image_id == image_id,
            columns.reader == (reader or self.reader),
            columns.removed.is_(None),
        )
        with self.store.read() as connection:
            return [Mark(*row) for row in connection.execute(statement.order_by(columns.mark))]

    def keep_mark(self, mark: Mark) -> Future[int]:
        """Keep a new mark, or a new state of one; the state before stays in the store as ended."""
        reader = self.reader

        def write(connection: Connection) -> int:
            ended = _end_mark(connection, mark.mark)
            connection.execute(
                insert(tables.marks).values(
                    id=mark.id,
                    mark=mark.mark,
                    image_id=mark.image_id,
                    reader=reader,
                    kind=mark.kind,
                    name=mark.name,
                    x=mark.x,
                    y=mark.y,
                    x2=mark.x2,
                    y2=mark.y2,
                    created=now(),
                )
            )
            return ended

        return self.writer.submit(write)

    def remove_mark(self, mark: Mark) -> Future[int]:
        """End a mark; the Future gives 1, or 0 when it had ended already."""
        return self.writer.submit(lambda connection: _end_mark(connection, mark.mark))

    # ---- what was viewed

    def viewed(self, image_id: str, *, reader: str | None = None) -> ViewedArea | None:
        """Return what a reader had on screen at 100 % or more; None when nothing is known."""
        with self.store.read() as connection:
            return _read_viewed(connection, image_id, reader or self.reader)

    def keep_viewed(self, image_id: str, area: ViewedArea) -> Future[int]:
        """Add what was viewed to what is known; the Future gives the number of cells seen by now."""
        reader = self.reader
        seen = ViewedArea(area.height, area.width, cell=area.cell, cells=area.cells.copy())

        def write(connection: Connection) -> int:
            before = _read_viewed(connection, image_id, reader)
            if before is not None and before.cells.shape == seen.cells.shape and before.cell == seen.cell:
                seen.merge(before)
            values = {
                "cell": seen.cell,
                "height": seen.height,
                "width": seen.width,
                "cells": seen.to_bytes(),
                "updated": now(),
            }
            upsert(connection, tables.viewed, {"image_id": image_id, "reader": reader}, values)
            return int(seen.cells.sum())

        return self.writer.submit(write)


def _end_spacings(connection: Connection, scope: str, target: str) -> int:
    columns = tables.spacings.c
    return connection.execute(
        update(tables.spacings)
        .where(columns.scope == scope, columns.target == target, columns.removed.is_(None))
        .values(removed=now())
    ).rowcount


def _end_mark(connection: Connection, mark: str) -> int:
    columns = tables.marks.c
    return connection.execute(
        update(tables.marks).where(columns.mark == mark, columns.removed.is_(None)).values(removed=now())
    ).rowcount


def _read_viewed(connection: Connection, image_id: str, reader: str) -> ViewedArea | None:
    columns = tables.viewed.c
    found = (
        connection.execute(
            select(tables.viewed).where(columns.image_id == image_id, columns.reader == reader)
        )
        .mappings()
        .first()
    )
    if found is None:
        return None
    try:
        return ViewedArea.from_bytes(found["cells"], found["height"], found["width"], cell=found["cell"])
    except ValueError:
        return None  # a damaged record: what it said counts as not viewed
