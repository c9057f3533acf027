"""How cores and a GPU are shared."""

from __future__ import annotations

import pytest

from desktop.loop.arbiter import Situation, for_prediction, for_training, usable_cores


@pytest.mark.parametrize("cores", [1, 2, 16])
def test_one_core_is_left_to_the_desk_while_it_is_in_use(cores: int) -> None:
    busy = Situation(cores=cores, desk_in_use=True)
    idle = Situation(cores=cores, desk_in_use=False)
    for share in (for_prediction, for_training):
        assert share(busy).threads == max(1, cores - 1)
        assert share(idle).threads == cores


def test_while_a_run_goes_on_only_the_image_on_the_desk_is_predicted() -> None:
    on_cpu = for_prediction(Situation(cores=8, desk_in_use=True, training=True))
    assert (on_cpu.scope, on_cpu.threads, on_cpu.device) == ("current image", 1, "cpu")
    beside = Situation(cores=8, desk_in_use=True, training=True, training_device="cuda:0", gpu=True)
    on_gpu = for_prediction(beside)
    assert on_gpu.scope == "current image" and on_gpu.memory_fraction is not None
    training = for_training(beside)
    assert training.memory_fraction is not None
    assert on_gpu.memory_fraction + training.memory_fraction <= 1.0


def test_without_a_run_the_whole_queue_is_predicted() -> None:
    assert for_prediction(Situation(cores=2, desk_in_use=False)).scope == "all"
    assert usable_cores() >= 1
