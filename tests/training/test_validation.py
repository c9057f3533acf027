"""The figure that the best epoch is chosen by, on numbers made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from inference.networks.output import NetworkOutput
from inference.schema import MaskClass, Schema
from training.torch_data import Batch
from training.validation import Validation, validate

SCHEMA = Schema((MaskClass(0, "big"), MaskClass(1, "rare"), MaskClass(2, "absent")))


class Says(torch.nn.Module):
    """Gives the probabilities it was made with, one batch after the other."""

    def __init__(self, *batches: torch.Tensor) -> None:
        super().__init__()
        self.batches = list(batches)

    def forward(self, _images: torch.Tensor) -> NetworkOutput:
        p = self.batches.pop(0)
        return NetworkOutput(torch.log(p / (1 - p)), {}, None)


def check(probabilities, targets, valid=None, known=None) -> Validation:
    """Validates (N, 3, 1, W) probabilities against truth, an image a batch."""
    p, y = torch.tensor(probabilities).unsqueeze(2), torch.tensor(targets).unsqueeze(2)
    v = torch.ones_like(y) if valid is None else torch.tensor(valid).unsqueeze(2)
    batches = [
        Batch(torch.zeros(1, 3, 1, 1), y[n : n + 1], v[n : n + 1], {}, torch.zeros(1, 0), torch.ones(1), (n,))
        for n in range(len(p))
    ]
    prepared = SimpleNamespace(
        network=Says(*p.split(1)),
        device=torch.device("cpu"),
        schema=SCHEMA,
        autocast=False,
        known_thresholds=lambda: known or {},
    )
    return validate(prepared, batches, lambda _output, _batch: torch.tensor(1.0))


EMPTY = [0.0, 0.0, 0.0, 0.0]
LOW = [0.01, 0.01, 0.01, 0.01]


def test_mean_over_shown_classes_of_the_pooled_dice_at_the_best_threshold():
    found = check(
        [
            [[0.9, 0.9, 0.9, 0.01], [0.3, 0.3, 0.01, 0.01], LOW],
            [[0.9, 0.01, 0.01, 0.01], [0.3, 0.01, 0.01, 0.01], LOW],
        ],
        [
            [[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], EMPTY],
            [[1.0, 0.0, 0.0, 0.0], EMPTY, EMPTY],
        ],
        known={"absent": 0.35},
    )
    big, rare = 2 * 3 / (4 + 3), 2 * 2 / (3 + 2)
    assert found.dice == pytest.approx((big + rare) / 2)
    assert found.rank() == (found.dice, -1.0)
    assert found.thresholds == {"big": 0.5, "rare": 0.3, "absent": 0.35} and found.not_shown == ("absent",)
    entries = found.metrics["classes"]
    assert entries["rare"]["dice_at_threshold"] == pytest.approx(rare)
    assert entries["absent"]["dice_at_threshold"] is None and entries["absent"]["dice"] == 1.0


def test_predicting_nothing_is_worse_than_finding_some():
    truth = [[EMPTY, [1.0, 1.0, 0.0, 0.0], EMPTY], *[[EMPTY, EMPTY, EMPTY]] * 4]
    silent = check([[LOW, LOW, LOW]] * 5, truth)
    finding = check([[LOW, [0.9, 0.6, 0.01, 0.01], LOW], *[[LOW, [0.6, 0.01, 0.01, 0.01], LOW]] * 4], truth)
    assert silent.metrics["classes"]["rare"]["dice"] == 0.8 > finding.metrics["classes"]["rare"]["dice"]
    assert finding.rank() > silent.rank()


def test_images_that_are_not_labelled_for_a_class_take_no_part():
    p = [[LOW, [0.9, 0.9, 0.01, 0.01], LOW], [LOW, [0.9, 0.9, 0.9, 0.9], LOW]]
    y = [[EMPTY, [1.0, 1.0, 0.0, 0.0], EMPTY], [EMPTY, EMPTY, EMPTY]]
    ones = [1.0, 1.0, 1.0, 1.0]
    found = check(p, y, [[ones, ones, ones], [ones, EMPTY, ones]])
    assert found.dice == 1.0 and found.metrics["classes"]["rare"]["images"] == 1
    assert check(p, y).dice < 1.0


def test_without_a_true_pixel_there_is_no_dice():
    found = check([[LOW, LOW, LOW]], [[EMPTY, EMPTY, EMPTY]])
    assert found.dice is None and found.rank() == (-1.0,)
    assert found.not_shown == ("big", "rare", "absent")
