"""Indexing: the list of files becomes images with an identity, a group and a split, in small batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, and_, bindparam, insert, select, update

from desktop.project import tables
from desktop.project.base import ProjectBase
from desktop.project.identity import FileFacts, read_facts
from desktop.project.image_index import read_rules
from desktop.project.image_rows import find_image
from desktop.project.journal import now
from desktop.project.rows import ImageRow
from desktop.project.scan import Found, scan
from desktop.project.uuid7 import uuid7

# Some 10 ms of the writer each: strokes made meanwhile are acknowledged in between.
REGISTER_BATCH = 250
READ_BATCH = 16

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far indexing is: files read of those to read, and the sentences about what was met on the way."""

    done: int
    total: int
    images: int = 0
    problems: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    id: str
    size: int
    mtime_ns: int
    position: int
    state: str
    indexed: bool


@dataclass(slots=True)
class _Plan:
    """What the comparison of a scan with the store asks for."""

    new: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)


class IndexCommands(ProjectBase):
    """The commands that bring the store up to date with the folder."""

    _rules_known = False

    def index(
        self,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        found: Iterable[Found] | None = None,
        mapper: Callable[[Callable[[str], FileFacts], Sequence[str]], Iterable[FileFacts]] = map,
    ) -> Iterator[Progress]:
        """Register and read all images of the folder, a batch a step; for a background thread.

        The list is complete after the first steps, which only register paths; the rest reads files. `found`
        is a scan made already. `mapper` may read a batch's files in parallel (an executor's `map`). It may be
        abandoned at any step, and begun again later: what is done stays done. Raises ScanError, DatasetError
        (groups.csv or split.csv make no sense) and StoreWriteError.
        """
        notes: list[str] = []
        self._read_rules()
        plan = self._plan(list(scan(self.folder, notes)) if found is None else list(found))
        total = len(plan.read)
        yield Progress(0, total, notes=tuple(notes))
        for step in self._register(plan):
            step.result()
            if cancelled():
                return
            yield Progress(0, total)
        yield from self._read(plan.read, cancelled, mapper)

    def _read(
        self,
        paths: list[str],
        cancelled: Callable[[], bool],
        mapper: Callable[[Callable[[str], FileFacts], Sequence[str]], Iterable[FileFacts]],
    ) -> Iterator[Progress]:
        done = 0
        for batch in _batches(paths, READ_BATCH):
            facts = tuple(mapper(partial(read_facts, self.folder), batch))
            if cancelled():
                return
            self._apply(facts).result()
            done += len(batch)
            frames = [frame for item in facts for frame in item.frames]
            yield Progress(done, len(paths), len(frames), sum(1 for frame in frames if frame.problem))

    def index_now(self, path: str, frame: int = 0) -> Future[ImageRow]:
        """Read one file before its turn, because a person looks at it; for a background thread.

        It may come before `index` has registered the path. The Future gives the row of `frame`, or fails with
        ProjectError when the file has no such frame.
        """
        if not self._rules_known:
            self._read_rules()
        self._apply((read_facts(self.folder, path),))
        columns = tables.images.c
        wanted = and_(columns.path == path, columns.frame == frame, columns.state == "present")
        return self.writer.submit(lambda connection: find_image(connection, self.reader, wanted))

    def _read_rules(self) -> None:
        self.image_index.rules = read_rules(self.folder, self.image_root, self.grouping)
        self._rules_known = True

    def _apply(self, facts: tuple[FileFacts, ...]) -> Future[None]:
        index = self.image_index

        def write(connection: Connection) -> None:
            try:
                index.apply(connection, facts)
            except Exception:
                index.forget()
                raise

        future = self.writer.submit(write)
        # A commit can fail after `write`: then the memory of groups is ahead of the store.
        future.add_done_callback(lambda done: index.forget() if done.exception() is not None else None)
        return future

    def _plan(self, found: list[Found]) -> _Plan:
        known = self._known()
        plan = _Plan()
        created = now()
        seen: set[str] = set()
        for position, item in enumerate(found):
            try:
                size, mtime_ns = item.size, item.mtime_ns
            except OSError:
                continue  # gone since the scan
            seen.add(item.path)
            rows = known.get(item.path, [])
            if not rows:
                plan.new.append(_new_row(item.path, position, size, mtime_ns, created))
                plan.read.append(item.path)
                continue
            if any(row.position != position or row.state != "present" for row in rows):
                plan.moved.append({"key": item.path, "new_position": position})
            row = rows[0]
            if not row.indexed or (row.size, row.mtime_ns) != (size, mtime_ns):
                plan.read.append(item.path)
        plan.missing = [
            path for path, rows in known.items() if path not in seen and rows[0].state == "present"
        ]
        return plan

    def _known(self) -> Mapping[str, list[_Known]]:
        """Return what the store knows of every path, without superseded rows."""
        columns = tables.images.c
        known: dict[str, list[_Known]] = {}
        with self.store.read() as connection:
            rows = connection.execute(
                select(
                    columns.path,
                    columns.id,
                    columns.size,
                    columns.mtime_ns,
                    columns.position,
                    columns.state,
                    columns.content_hash.is_not(None),
                )
                .where(columns.state != "superseded")
                .order_by(columns.path, columns.frame)
            )
            for path, *values in rows:
                known.setdefault(path, []).append(_Known(*values))
        return known

    def _register(self, plan: _Plan) -> Iterator[Future[None]]:
        images = tables.images
        by_path = images.c.path == bindparam("key")
        for batch in _batches(plan.new, REGISTER_BATCH):
            yield self.writer.submit(partial(_register_new, rows=batch))
        changes: tuple[tuple[Executable, list[dict[str, Any]]], ...] = (
            (
                update(images)
                .where(by_path, images.c.state != "superseded")
                .values(position=bindparam("new_position"), state="present"),
                plan.moved,
            ),
            (
                update(images).where(by_path, images.c.state == "present").values(state="missing"),
                [{"key": path} for path in plan.missing],
            ),
        )
        for statement, rows in changes:
            for batch in _batches(rows, REGISTER_BATCH):
                yield self.writer.submit(partial(_many, statement=statement, rows=batch))


def _new_row(path: str, position: int, size: int, mtime_ns: int, created: str) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "path": path,
        "frame": 0,
        "position": position,
        "size": size,
        "mtime_ns": mtime_ns,
        "created": created,
    }


def _register_new(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert rows of new paths; those that `index_now` was quicker with get their place in the list."""
    columns = tables.images.c
    paths = {row["path"]: row["position"] for row in rows}
    there = set(
        connection.execute(
            select(columns.path).where(columns.path.in_(paths), columns.state != "superseded")
        ).scalars()
    )
    new = [row for row in rows if row["path"] not in there]
    if new:
        connection.execute(insert(tables.images), new)
    for path in there:
        placed = update(tables.images).where(columns.path == path, columns.state != "superseded")
        connection.execute(placed.values(position=paths[path]))


def _many(connection: Connection, statement: Executable, rows: list[dict[str, Any]]) -> None:
    connection.execute(statement, rows)


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
