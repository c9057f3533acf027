"""Splits by group: nested permuted blocks, deterministic by seed, sticky once stored.

Groups get their split in order of first appearance. Every block of twenty groups holds fourteen train, three
val and three test groups, and every quarter of it is balanced for itself, so that after five groups there is
already one to choose thresholds on and one held out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final, Literal

Split = Literal["train", "val", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "val", "test")

# (train, val, test) of the four quarters of a block.
_QUARTERS: Final = ((3, 1, 1), (4, 1, 0), (4, 0, 1), (3, 1, 1))
_QUARTER_SIZE: Final = 5
_BLOCK_SIZE: Final = _QUARTER_SIZE * len(_QUARTERS)


class SplitAssigner:
    """Gives each new group its split; a group that has one keeps it.

    The assigner holds no state but its seed: the caller stores what it returns, handed back as ``known``.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def assign(self, group_key: str, known: Mapping[str, Split]) -> Split:
        """The split of ``group_key``, where ``known`` holds every group assigned before it."""
        held = known.get(group_key)
        return held if held is not None else self.at(len(known))

    def assign_all(self, group_keys: Iterable[str], known: Mapping[str, Split] = {}) -> dict[str, Split]:
        """The splits of all groups, ``known`` included, new ones in the order given."""
        splits = dict(known)
        for key in group_keys:
            splits[key] = self.assign(key, splits)
        return splits

    def at(self, position: int) -> Split:
        """The split of the group that appeared as number ``position`` (from 0)."""
        block, within = divmod(position, _BLOCK_SIZE)
        quarter, place = divmod(within, _QUARTER_SIZE)
        counts = _QUARTERS[quarter]
        slots = [split for split, count in zip(SPLITS, counts, strict=True) for _ in range(count)]
        # A hash, not random.shuffle: the order must be the same on every Python version for ever.
        order = sorted(range(_QUARTER_SIZE), key=lambda slot: self._rank(block, quarter, slot))
        return slots[order[place]]

    def _rank(self, block: int, quarter: int, slot: int) -> bytes:
        text = f"{self.seed}:{block}:{quarter}:{slot}".encode()
        return hashlib.blake2b(text, digest_size=16).digest()


def merged_split(splits: Iterable[Split]) -> Split:
    """The split of groups that turn out to be one: train if any was, else val if any was, else test.

    An image that was ever trained on cannot be held out, and one that chose thresholds cannot judge them.
    """
    seen = set(splits)
    if not seen:
        raise ValueError("merged_split needs at least one split")
    return next(split for split in SPLITS if split in seen)
