"""One pass over the validation images, at the network's resolution: loss, Dice, grades, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inference.networks.output import NetworkOutput
from inference.schema import Schema
from training.metrics import MaskScore, ThresholdSearch, accuracy, overlap, quadratic_kappa
from training.setup import Prepared
from training.torch_data import Batch


@dataclass(slots=True)
class Validation:
    """What a pass found.

    ``dice`` is the mean, over the classes that a validation image shows, of the Dice pooled over the images
    labelled for the class, each at the threshold that is best for it; None when no image shows any class.
    Neither an image without lesions nor a class without any can lift it by predicting nothing, and it is the
    figure that the thresholds are chosen by. ``not_shown`` are the classes without a threshold to choose.
    """

    loss: float
    dice: float | None
    grade_accuracy: float | None
    thresholds: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    not_shown: tuple[str, ...] = ()

    def rank(self) -> tuple[float, ...]:
        """What the best epoch is chosen by, larger is better: Dice, else grade accuracy; then the loss."""
        first = self.dice if self.dice is not None else self.grade_accuracy
        return (-self.loss,) if first is None else (first, -self.loss)


class _Collector:
    """Streams a pass's outputs into scores."""

    def __init__(self, schema: Schema, known: Mapping[str, float]) -> None:
        self.schema, self.known = schema, known
        self.classes = tuple(item.name for item in schema.active_classes)
        self.scores = {name: MaskScore() for name in self.classes}
        self.searches = {name: ThresholdSearch() for name in self.classes}
        self.true: dict[str, list[int]] = {scale.name: [] for scale in schema.grades}
        self.predicted: dict[str, list[int]] = {scale.name: [] for scale in schema.grades}

    def add(self, output: NetworkOutput, batch: Batch) -> None:
        if output.masks is not None:
            self._add_masks(torch.sigmoid(output.masks.float()), batch)
        for name, logits in output.grades.items():
            targets = batch.grades[name]
            known = targets >= 0
            self.true[name] += targets[known].tolist()
            self.predicted[name] += logits.argmax(1)[known].tolist()

    def _add_masks(self, probabilities: Tensor, batch: Batch) -> None:
        p = probabilities.cpu().numpy()
        true, valid = batch.targets.cpu().numpy().astype(bool), batch.valid.cpu().numpy().astype(bool)
        for row in range(len(p)):
            for channel, name in enumerate(self.classes):
                inside = valid[row, channel]
                if not inside.any():
                    continue
                self.scores[name].add(overlap(p[row, channel] >= 0.5, true[row, channel], inside))
                self.searches[name].add(p[row, channel], true[row, channel], inside)

    def metrics(self) -> dict[str, Any]:
        classes = {
            name: {
                **score.summary(),
                "threshold": self.searches[name].best(self.known.get(name, 0.5)),
                "dice_at_threshold": self.searches[name].best_dice,
            }
            for name, score in self.scores.items()
        }
        grades = {
            scale.name: {
                "images": len(self.true[scale.name]),
                "accuracy": accuracy(self.true[scale.name], self.predicted[scale.name]),
                "kappa": quadratic_kappa(
                    self.true[scale.name], self.predicted[scale.name], len(scale.values)
                ),
            }
            for scale in self.schema.grades
        }
        return {"classes": classes, "grades": grades}


def validate(
    prepared: Prepared, batches: Iterable[Batch], loss: Callable[[NetworkOutput, Batch], Tensor]
) -> Validation:
    """Runs the network over ``batches`` in evaluation mode; leaves it in training mode.

    A class that no image shows keeps the threshold of the model that the run starts from, else 0.5.
    """
    network, device = prepared.network, prepared.device
    collector = _Collector(prepared.schema, prepared.known_thresholds())
    total, images = 0.0, 0
    network.eval()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=prepared.autocast):
        for batch in batches:
            batch = batch.to(device)
            output: NetworkOutput = network(batch.images)
            total += float(loss(output, batch)) * len(batch.indices)
            images += len(batch.indices)
            collector.add(output, batch)
    network.train()
    metrics = collector.metrics()
    dices = [search.best_dice for search in collector.searches.values() if search.best_dice is not None]
    grades = [entry["accuracy"] for entry in metrics["grades"].values() if entry["accuracy"] is not None]
    return Validation(
        loss=total / max(images, 1),
        dice=float(np.mean(dices)) if dices else None,
        grade_accuracy=float(np.mean(grades)) if grades else None,
        thresholds={name: entry["threshold"] for name, entry in metrics["classes"].items()},
        metrics={"images": images, "resolution": "network", **metrics},
        not_shown=tuple(name for name, search in collector.searches.items() if not search.shown),
    )
