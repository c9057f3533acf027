import itertools
import math

import pytest
import torch

from training.config import OptimizerConfig, RunConfig, apply_set
from training.optim import Schedule, build_optimizer, is_out_of_memory
from training.state import Progress


def rates(*settings, steps=20):
    config = apply_set(RunConfig(), ["epochs=4", "optimizer.learning_rate=1", *settings])
    schedule = Schedule(config, steps_per_epoch=5)
    return [schedule.at(Progress(step=step)) for step in range(steps)]


def test_cosine_by_hand():
    found = rates("schedule.minimum=0.1")
    assert found[0] == 1 and found[10] == pytest.approx(0.55)
    assert found[5] == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2)
    assert all(a > b for a, b in itertools.pairwise(found))


def test_warmup_rises_and_constant_stays():
    found = rates("schedule.name=constant", "schedule.warmup_epochs=1")
    assert found[:5] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6]) and set(found[5:]) == {1.0}


def test_plateau_waits_then_falls():
    config = apply_set(
        RunConfig(), ["schedule.name=plateau", "schedule.patience=1", "optimizer.learning_rate=1"]
    )
    schedule, progress = Schedule(config, 5), Progress()
    found = []
    for figure in (0.5, 0.6, 0.6, 0.6, 0.7, 0.1, 0.1):
        schedule.after_epoch(progress, figure)
        found.append(schedule.at(progress))
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_frozen_weights_are_not_stepped():
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    network[0].requires_grad_(False)
    for name in ("adam", "adamw", "sgd"):
        optimizer = build_optimizer(network, OptimizerConfig(name=name))
        assert sum(len(group["params"]) for group in optimizer.param_groups) == 2


def test_what_out_of_memory_looks_like():
    assert is_out_of_memory(torch.OutOfMemoryError("x")) and is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."))
    assert not is_out_of_memory(RuntimeError("shapes differ")) and not is_out_of_memory(
        ValueError("out of memory")
    )
