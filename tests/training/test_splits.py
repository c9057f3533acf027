from collections import Counter

import pytest

from training.splits import SplitAssigner, merged_split

PINNED = ["train", "train", "val", "test", "train", "train", "train", "val", "train", "train"]


def test_first_five_groups_have_every_split():
    for seed in range(50):
        assigner = SplitAssigner(seed)
        assert {assigner.at(i) for i in range(5)} == {"train", "val", "test"}


def test_every_block_of_twenty_is_14_3_3():
    assigner = SplitAssigner(7)
    for block in range(4):
        counts = Counter(assigner.at(block * 20 + i) for i in range(20))
        assert counts == {"train": 14, "val": 3, "test": 3}


def test_seeds_differ_and_blocks_differ():
    orders = {tuple(SplitAssigner(seed).at(i) for i in range(20)) for seed in range(20)}
    assert len(orders) > 15
    assigner = SplitAssigner(0)
    blocks = {tuple(assigner.at(b * 20 + i) for i in range(20)) for b in range(10)}
    assert len(blocks) > 7


def test_sticky_and_incremental_equals_whole():
    names = [f"g{i}" for i in range(43)]
    whole = SplitAssigner(3).assign_all(names)
    grown: dict = {}
    for name in names:
        grown[name] = SplitAssigner(3).assign(name, grown)
        grown[name] = SplitAssigner(3).assign(name, grown)
    assert grown == whole
    assert SplitAssigner(99).assign("g4", whole) == whole["g4"]


def test_pinned_so_that_stored_projects_never_shift():
    assert [SplitAssigner(0).at(i) for i in range(10)] == PINNED


def test_merging():
    assert merged_split(["test", "train"]) == "train"
    assert merged_split(["test", "val"]) == "val"
    assert merged_split(["test", "test"]) == "test"
    with pytest.raises(ValueError):
        merged_split([])
