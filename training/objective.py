"""The whole loss of a batch: masks, grades and findings, weighted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from torch import Tensor

from inference.networks.output import NetworkOutput
from inference.schema import Schema
from training.config import LossConfig
from training.dataset import Item
from training.losses import balanced_weights, finding_loss, grade_loss, mask_loss
from training.torch_data import Batch


class Objective:
    """mask loss + grade_weight * mean over scales + finding_weight * findings; what is not labelled adds 0.

    Args:
        config: the losses and weights.
        schema: of the network.
        items: the training images, for ``config.balance_grades``.
    """

    def __init__(self, config: LossConfig, schema: Schema, items: Sequence[Item]) -> None:
        self.config = config
        self._masks = mask_loss(config, tuple(item.name for item in schema.active_classes))
        self._grade_weights: dict[str, Tensor | None] = {}
        for scale in schema.grades:
            counts = Counter(
                scale.values.index(item.grades[scale.name])
                for item in items
                if item.grades.get(scale.name) in scale.values
            )
            balanced = balanced_weights(counts, len(scale.values)) if config.balance_grades else None
            self._grade_weights[scale.name] = balanced

    def __call__(self, output: NetworkOutput, batch: Batch) -> Tensor:
        """The loss of one batch, a float32 scalar."""
        parts: list[Tensor] = []
        if output.masks is not None:
            parts.append(self._masks(output.masks, batch.targets, batch.valid, batch.weights))
        if output.grades:
            grades = sum(
                (self._grade(name, logits, batch) for name, logits in output.grades.items()),
                start=batch.weights.new_zeros(()),
            )
            parts.append(self.config.grade_weight * grades / len(output.grades))
        if output.findings is not None:
            parts.append(self.config.finding_weight * finding_loss(output.findings, batch.findings))
        return sum(parts[1:], start=parts[0])

    def _grade(self, name: str, logits: Tensor, batch: Batch) -> Tensor:
        weights = self._grade_weights[name]
        return grade_loss(logits, batch.grades[name], None if weights is None else weights.to(logits.device))
