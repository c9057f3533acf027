"""Groups and splits in the store: what stays together, and what a model has seen stays in training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select, update

from desktop.project import tables
from training.splits import Split, SplitAssigner, merged_split

_CHUNK = 500  # bound parameters a statement


@dataclass(slots=True)
class GroupBook:
    """All groups of a project in memory, as the writer's thread sees them while it indexes.

    Nothing of it is shared: it is loaded, read and changed inside the writer's operations only.
    """

    seed: int
    splits: dict[str, Split] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)

    def load(self, connection: Connection) -> None:
        """Read all groups, in order of first appearance."""
        columns = tables.groups.c
        found = connection.execute(
            select(columns.key, columns.split, columns.merged_into).order_by(columns.position)
        ).all()
        self.splits = {row[0]: row[1] for row in found}
        self.positions = {key: position for position, key in enumerate(self.splits)}
        self.merged = {row[0]: row[2] for row in found if row[2] is not None}

    def root(self, key: str) -> str:
        """Return the group that `key` belongs to after all merges."""
        while key in self.merged:
            key = self.merged[key]
        return key

    def ensure(self, connection: Connection, key: str, given: Split | None = None) -> str:
        """Return the group for `key`, made with a split when it is new (`given`, else the assigner's)."""
        if key not in self.splits:
            split = given or SplitAssigner(self.seed).assign(key, self.splits)
            position = len(self.splits)
            self.splits[key] = split
            self.positions[key] = position
            connection.execute(insert(tables.groups).values(key=key, position=position, split=split))
        return self.root(key)

    def merge(self, connection: Connection, first: str, second: str) -> str:
        """Make two groups one, with all their images; return its key (the one that appeared first).

        The split is train if any was, else val if any was: what was learnt from cannot be held out. When an
        image of either was trained on, their held-out images retire from the gate.
        """
        first, second = self.root(first), self.root(second)
        if first == second:
            return first
        if self.positions[second] < self.positions[first]:
            first, second = second, first
        split = merged_split((self.splits[first], self.splits[second]))
        self.splits[first] = split
        self.merged[second] = first
        groups, images = tables.groups, tables.images
        connection.execute(update(groups).where(groups.c.key == second).values(merged_into=first))
        connection.execute(update(groups).where(groups.c.key == first).values(split=split))
        connection.execute(update(images).where(images.c.group_key == second).values(group_key=first))
        if _was_trained_on(connection, first):
            keep_group(connection, first)
            self.splits[first] = "train"
        else:
            connection.execute(
                update(images)
                .where(images.c.group_key == first, images.c.split_given.is_(False))
                .values(split=split)
            )
        return first


def keep_trained_groups(connection: Connection, image_ids: Iterable[str]) -> None:
    """Send the groups of images that were trained on to train, and retire their held-out images."""
    ids = list(image_ids)
    keys: set[str] = set()
    for start in range(0, len(ids), _CHUNK):
        found = connection.execute(
            select(tables.images.c.group_key).where(tables.images.c.id.in_(ids[start : start + _CHUNK]))
        )
        keys.update(key for key in found.scalars() if key is not None)
    for key in sorted(keys):
        keep_group(connection, key)


def keep_group(connection: Connection, key: str) -> None:
    """Make `key` a train group for good; its other images become train images, retired from the gate."""
    images, groups = tables.images, tables.groups
    connection.execute(update(groups).where(groups.c.key == key).values(split="train"))
    connection.execute(
        update(images)
        .where(images.c.group_key == key, images.c.split != "train")
        .values(split="train", retired_from_gate=True)
    )


def split_crossings(connection: Connection) -> list[str]:
    """Return the groups whose images stand in more than one split; no run may start while there are any."""
    images = tables.images
    found = connection.execute(
        select(images.c.group_key, images.c.split)
        .where(images.c.group_key.is_not(None), images.c.state == "present")
        .distinct()
    ).all()
    seen: dict[str, set[str]] = {}
    for key, split in found:
        seen.setdefault(key, set()).add(split)
    return sorted(key for key, splits in seen.items() if len(splits) > 1)


def _was_trained_on(connection: Connection, key: str) -> bool:
    images, trained = tables.images, tables.trained_on
    return (
        connection.execute(
            select(trained.c.image_id)
            .join(images, images.c.id == trained.c.image_id)
            .where(images.c.group_key == key, trained.c.role == "train")
            .limit(1)
        ).first()
        is not None
    )
