"""Half precision is used where it is proven to change nothing."""

import numpy as np
import pytest
import torch

from inference import precision
from inference.predictor import (
    Predictor,
)
from tests.inference.pictures import answer, picture, same

pytestmark = pytest.mark.usefixtures("nothing_proven")


def half_precision(monkeypatch, spoil):
    """A predictor on a "half-precision" processor whose half-precision answers are spoilt."""
    monkeypatch.setattr(precision, "candidate", lambda device: torch.bfloat16)
    asked = []

    def call(self, inputs, dtype):
        asked.append(dtype)
        ramp = torch.linspace(-4, 4, 96).expand(inputs.shape[0], 2, 64, 96).clone()
        output = answer(inputs)._replace(masks=ramp)
        return output if dtype is None else spoil(output)

    monkeypatch.setattr(Predictor, "_call", call)
    return asked


def test_half_precision_is_used_once_proven(make_bundle, monkeypatch):
    asked = half_precision(monkeypatch, lambda output: output._replace(masks=output.masks + 0.01))
    bundle = make_bundle()
    one = Predictor(bundle, device="cpu")
    one.predict(picture())
    one.predict(picture())
    Predictor(bundle, device="cpu").predict(picture())  # the process remembers
    assert asked == [None, torch.bfloat16, torch.bfloat16, torch.bfloat16]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda output: output._replace(masks=output.masks + 0.3),
        lambda output: output._replace(masks=output.masks * float("nan")),
        lambda output: output._replace(grades={"dr": output.grades["dr"] + torch.tensor([0.5, 0, 0])}),
        lambda output: output._replace(findings=output.findings + 0.5),
    ],
)
def test_half_precision_that_changes_anything_is_left(make_bundle, monkeypatch, spoil):
    asked = half_precision(monkeypatch, spoil)
    one = Predictor(make_bundle(), device="cpu")
    one.predict(picture())
    one.predict(picture())
    assert asked == [None, torch.bfloat16, None]


def test_empty_masks_are_compared_by_their_probabilities():
    thresholds = torch.tensor([0.5])
    empty = torch.full((1, 1, 64, 64), -6.0)
    assert precision.agree(empty, empty + 0.1, thresholds)
    assert not precision.agree(empty, empty + 4.0, thresholds)


def test_bfloat16_agrees_with_float32_here(make_bundle, monkeypatch):
    """The real thing: autocast on this processor, whether it has the instructions or emulates them."""
    bundle = make_bundle()
    exact = Predictor(bundle, device="cpu").predict(picture())
    precision._proven.clear()
    monkeypatch.setattr(precision, "candidate", lambda device: torch.bfloat16)
    one = Predictor(bundle, device="cpu")
    one.predict(picture())
    dtypes = set(precision._proven.values())
    other = one.predict(picture())
    if dtypes == {torch.bfloat16}:
        a, b = exact.logits >= 128, other.logits >= 128
        assert 2 * (a & b).sum() >= 0.97 * (a.sum() + b.sum())
        assert not np.array_equal(exact.logits, other.logits)
    else:
        assert same(exact, other)
