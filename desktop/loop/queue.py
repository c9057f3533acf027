"""The order in which images are offered to the reviewer. Pure: states in, order out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

FINISHED = frozenset({"accepted", "corrected", "rejected"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One image as the queue sees it.

    Attributes:
        position: its place in the list.
        status: the reader's status of it ("unseen", "in progress", "accepted", ...).
        split: "train", "val", "test", or empty before it is indexed.
        group: what must stay together.
        problem: whether its file cannot be read.
    """

    position: int
    status: str = "unseen"
    split: str = ""
    group: str = ""
    problem: bool = False


def review_order(candidates: Sequence[Candidate], *, seed: int = 0) -> list[int]:
    """Positions in the order they are offered: what was begun, second looks, then the unseen ones.

    Of the unseen ones every fifth comes from the held-out part while there is any, so that the figures by
    which models are compared exist early. Inside each part the order is random by group (the seed fixes it),
    and no group is asked for twice before every one was asked for once: neighbouring frames teach little.
    """
    open_ones = [c for c in candidates if c.status not in FINISHED and not c.problem]
    begun = [c.position for c in open_ones if c.status == "in progress"]
    second = [c.position for c in open_ones if c.status == "second look"]
    unseen = [c for c in open_ones if c.status not in ("in progress", "second look")]
    held_out = _spread([c for c in unseen if c.split == "test"], seed)
    others = _spread([c for c in unseen if c.split != "test"], seed)
    return begun + second + _every_fifth(others, held_out)


def _spread(items: Sequence[Candidate], seed: int) -> list[int]:
    """Round after round one image of every group, groups and images in an order that the seed fixes."""
    chance = random.Random(seed)
    by_group: dict[str, list[int]] = {}
    for item in sorted(items, key=lambda c: c.position):
        by_group.setdefault(item.group or f"\0{item.position}", []).append(item.position)
    groups = list(by_group.values())
    chance.shuffle(groups)
    for positions in groups:
        chance.shuffle(positions)
    rounds = max((len(g) for g in groups), default=0)
    return [group[n] for n in range(rounds) for group in groups if n < len(group)]


def _every_fifth(others: list[int], held_out: list[int]) -> list[int]:
    order: list[int] = []
    others, held_out = others[::-1], held_out[::-1]
    while others or held_out:
        take_held_out = held_out and (not others or len(order) % 5 == 4)
        order.append(held_out.pop() if take_held_out else others.pop())
    return order
