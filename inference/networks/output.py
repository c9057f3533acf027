"""What every network returns."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class NetworkOutput(NamedTuple):
    """Logits, before any sigmoid or softmax.

    Attributes:
        masks: (N, C, H, W), one channel per active class of the schema, each for a sigmoid of its own
        (classes
            may overlap), at the input's resolution; None when the network predicts no masks.
        grades: per scale (N, K) for a softmax over its K values.
        findings: (N, F), each for a sigmoid, in the schema's order; None when there are none.
    """

    masks: Tensor | None
    grades: dict[str, Tensor]
    findings: Tensor | None
