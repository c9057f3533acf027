"""Optimisers, learning-rate schedules, and what an exhausted memory looks like."""

from __future__ import annotations

import math

import torch
from torch import nn

from training.config import OptimizerConfig, RunConfig
from training.state import Progress


def build_optimizer(network: nn.Module, config: OptimizerConfig) -> torch.optim.Optimizer:
    """The optimiser over all weights that learn."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    rate, decay = config.learning_rate, config.weight_decay
    if config.name == "sgd":
        return torch.optim.SGD(weights, lr=rate, weight_decay=decay, momentum=0.9, nesterov=True)
    kind = torch.optim.AdamW if config.name == "adamw" else torch.optim.Adam
    return kind(weights, lr=rate, weight_decay=decay)


class Schedule:
    """The learning rate of a step, from the step's number and (for plateau) the run's progress alone."""

    def __init__(self, config: RunConfig, steps_per_epoch: int) -> None:
        self.config = config.schedule
        self.rate = config.optimizer.learning_rate
        self.warmup = self.config.warmup_epochs * steps_per_epoch
        self.steps = max(1, config.epochs * steps_per_epoch)

    def at(self, progress: Progress) -> float:
        """The learning rate of the step about to be made.

        Cosine: Loshchilov and Hutter, "SGDR" (2017), equation 5, without restarts, to ``minimum``.
        """
        step = progress.step
        if step < self.warmup:
            return self.rate * (step + 1) / (self.warmup + 1)
        if self.config.name == "plateau":
            return self.rate * progress.plateau_factor
        if self.config.name == "cosine":
            done = min(1.0, (step - self.warmup) / max(1.0, self.steps - self.warmup))
            low = self.config.minimum
            return self.rate * (low + (1 - low) * (1 + math.cos(math.pi * done)) / 2)
        return self.rate

    def after_epoch(self, progress: Progress, figure: float) -> None:
        """Lets a plateau schedule see an epoch's validation figure (larger is better)."""
        if figure > progress.plateau_best:
            progress.plateau_best, progress.plateau_waited = figure, 0
            return
        progress.plateau_waited += 1
        if progress.plateau_waited > self.config.patience:
            progress.plateau_factor = max(self.config.minimum, progress.plateau_factor * self.config.factor)
            progress.plateau_waited = 0


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, on a GPU or on the CPU."""
    text = str(error).lower()
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
    )
