"""What was read of files goes into the store: relinked, replaced, copied and new images, groups, splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from desktop.project import tables
from desktop.project.groups import GroupBook
from desktop.project.identity import FileFacts, FrameFacts
from desktop.project.journal import now
from desktop.project.likeness import HashIndex, alike
from desktop.project.store import upsert
from desktop.project.uuid7 import uuid7
from training.grouping import Grouping, by_table
from training.splits import SPLITS, Split
from training.tables import Row, Table, read_table

# Behind everything, until the scan says where it belongs.
_UNPLACED = 1 << 30
_PEOPLES_WORK = (tables.labels, tables.statuses, tables.comments, tables.reviews)


@dataclass(frozen=True, slots=True)
class Rules:
    """Where groups and splits come from: the project's grouping or groups.csv, and split.csv."""

    grouping: Grouping
    splits: Mapping[str, Split]

    def split_of(self, relative: str) -> Split | None:
        """Return the given split of an image (path inside the image root), or None."""
        path = Path(relative)
        return next(
            (self.splits[key] for key in (relative, path.name, path.stem) if key in self.splits), None
        )


def read_rules(folder: Path, root: Path, grouping: Grouping) -> Rules:
    """Read groups.csv and split.csv, in the folder or beside its `images/`. Raises a TrainingError."""
    places = dict.fromkeys((folder, root, root.parent if root.name == "images" else folder))
    splits: dict[str, Split] = {}
    for place in places:
        groups = read_table(place / "groups.csv", ("image", "group"))
        if groups is not None:
            rows = [(row.values["image"], row.values["group"]) for row in groups if row.values["group"]]
            grouping = by_table(rows)
        given = read_table(place / "split.csv", ("image", "split"))
        if given is not None:
            splits |= {row.values["image"]: _split(given, row) for row in given}
    return Rules(grouping, splits)


def _split(table: Table, row: Row) -> Split:
    for split in SPLITS:
        if row.values["split"] == split:
            return split
    raise table.error(row, f"the split must be train, val or test, not “{row.values['split']}”.")


class ImageIndex:
    """Turns facts of files into rows. It lives on the writer's thread: `apply` runs inside its operations."""

    def __init__(self, rules: Rules, seed: int, folder: Path, root: Path) -> None:
        """Prepare; the groups and hashes of the store are read with the first batch."""
        self.rules = rules
        self._prefix = "" if root == folder else f"{root.relative_to(folder).as_posix()}/"
        self._book = GroupBook(seed)
        self._hashes = HashIndex()
        self._stale = True

    def forget(self) -> None:
        """Read the groups and hashes again with the next batch: the store changed in another way."""
        self._stale = True

    def apply(self, connection: Connection, facts: Iterable[FileFacts]) -> None:
        """Write one batch. Whoever learns that it did not reach the disk calls `forget`."""
        if self._stale:
            self._load(connection)
        for item in facts:
            self._file(connection, item)

    def _load(self, connection: Connection) -> None:
        self._book.load(connection)
        self._hashes = HashIndex()
        self._stale = False
        columns = tables.images.c
        for image_id, value in connection.execute(
            select(columns.id, columns.perceptual_hash).where(columns.perceptual_hash.is_not(None))
        ):
            self._hashes.add(image_id, value)

    def _file(self, connection: Connection, facts: FileFacts) -> None:
        columns = tables.images.c
        rows = connection.execute(
            select(columns.id, columns.frame, columns.content_hash, columns.position)
            .where(columns.path == facts.path, columns.state != "superseded")
            .order_by(columns.frame)
        ).all()
        if not rows:  # asked for before the list has reached the store; its place comes with the list
            self._insert(connection, facts, 0, _UNPLACED)
            self._file(connection, facts)
            return
        first = rows[0]
        if first.content_hash is not None and facts.content_hash:
            if first.content_hash == facts.content_hash:
                self._touch(connection, facts)
                return
            self._supersede(connection, facts)
            first_id = self._insert(connection, facts, 0, first.position)
        elif self._relink(connection, facts, first.id, first.position):
            return
        else:
            first_id = first.id
        for frame, content in enumerate(facts.frames):
            image_id = first_id if frame == 0 else self._frame_row(connection, facts, frame, first.position)
            self._describe(connection, image_id, facts, content)

    def _touch(self, connection: Connection, facts: FileFacts) -> None:
        connection.execute(
            update(tables.images)
            .where(tables.images.c.path == facts.path, tables.images.c.state != "superseded")
            .values(size=facts.size, mtime_ns=facts.mtime_ns, state="present")
        )

    def _supersede(self, connection: Connection, facts: FileFacts) -> None:
        sentence = (
            f"“{Path(facts.path).name}” holds another picture since {now()[:10]}; "
            "this label belongs to the one before and is kept."
        )
        connection.execute(
            update(tables.images)
            .where(tables.images.c.path == facts.path, tables.images.c.state != "superseded")
            .values(state="superseded", problem=sentence)
        )

    def _insert(self, connection: Connection, facts: FileFacts, frame: int, position: int) -> str:
        image_id = uuid7()
        connection.execute(
            insert(tables.images).values(
                id=image_id, path=facts.path, frame=frame, position=position, created=now()
            )
        )
        return image_id

    def _frame_row(self, connection: Connection, facts: FileFacts, frame: int, position: int) -> str:
        columns = tables.images.c
        known = connection.execute(
            select(columns.id).where(
                columns.path == facts.path, columns.frame == frame, columns.state != "superseded"
            )
        ).scalar()
        return known or self._insert(connection, facts, frame, position)

    def _relink(self, connection: Connection, facts: FileFacts, provisional: str, position: int) -> bool:
        """Give a missing image with these bytes its new path; False when there is none.

        The row that only knew the path goes, unless somebody worked on it meanwhile: then both stay.
        """
        columns = tables.images.c
        old = connection.execute(
            select(columns.path)
            .where(columns.content_hash == facts.content_hash, columns.state == "missing", columns.frame == 0)
            .order_by(columns.id)
            .limit(1)
        ).scalar()
        if not facts.content_hash or old is None or _has_work(connection, provisional):
            return False
        for table in (tables.predictions, tables.thumbnails):
            connection.execute(delete(table).where(table.c.image_id == provisional))
        connection.execute(delete(tables.images).where(columns.id == provisional))
        connection.execute(
            update(tables.images)
            .where(
                columns.path == old, columns.content_hash == facts.content_hash, columns.state == "missing"
            )
            .values(
                path=facts.path,
                state="present",
                position=position,
                size=facts.size,
                mtime_ns=facts.mtime_ns,
            )
        )
        return True

    def _describe(self, connection: Connection, image_id: str, facts: FileFacts, content: FrameFacts) -> None:
        relative = facts.path.removeprefix(self._prefix)
        given = self.rules.split_of(relative)
        key = self.rules.grouping.group_of(relative)
        if key == relative:  # no rule reached it: alone, and known by its bytes, wherever it moves
            key = f"image:{facts.content_hash or relative}"
        group = self._book.ensure(connection, key, given)
        group = self._join_copies(connection, group, facts, content)
        split = self._book.splits[group]
        connection.execute(
            update(tables.images)
            .where(tables.images.c.id == image_id)
            .values(
                size=facts.size,
                mtime_ns=facts.mtime_ns,
                content_hash=facts.content_hash or None,
                perceptual_hash=content.perceptual_hash or None,
                width=content.width,
                height=content.height,
                group_key=group,
                split=given or split,
                split_given=given is not None,
                problem=content.problem,
            )
        )
        if content.perceptual_hash:
            upsert(connection, tables.thumbnails, {"image_id": image_id}, {"grey": content.thumbnail})
            self._hashes.add(image_id, content.perceptual_hash)

    def _join_copies(self, connection: Connection, group: str, facts: FileFacts, content: FrameFacts) -> str:
        """Merge the group with those of identical copies and near-duplicates; return what it is then."""
        if content.problem:
            return group
        columns = tables.images.c
        others = set(
            connection.execute(
                select(columns.group_key).where(
                    columns.content_hash == facts.content_hash, columns.group_key.is_not(None)
                )
            ).scalars()
        )
        for near in self._hashes.near(content.perceptual_hash):
            row = connection.execute(
                select(columns.group_key, tables.thumbnails.c.grey)
                .join(tables.thumbnails, tables.thumbnails.c.image_id == columns.id)
                .where(columns.id == near)
            ).first()
            if row is not None and row[0] not in others and alike(row[1], content.thumbnail):
                others.add(row[0])
        for other in sorted(others):
            group = self._book.merge(connection, group, other)
        return group


def _has_work(connection: Connection, image_id: str) -> bool:
    return any(
        connection.execute(select(table.c.image_id).where(table.c.image_id == image_id).limit(1)).first()
        is not None
        for table in _PEOPLES_WORK
    )
