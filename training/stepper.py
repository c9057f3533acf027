"""What happens to one batch: gradients and a step, where memory may run out and numbers overflow."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from training import events
from training.errors import NonFiniteLossError
from training.objective import Objective
from training.optim import Schedule, build_optimizer, is_out_of_memory
from training.setup import Prepared
from training.state import Progress
from training.torch_data import Batch


class Stepper:
    """Makes the optimiser's steps of one run, at the learning rate that ``schedule`` says for ``at``."""

    def __init__(
        self,
        prepared: Prepared,
        objective: Objective,
        schedule: Schedule,
        at: Progress,
        tell: Callable[[events.Event], None],
    ) -> None:
        self.p, self.config, self.objective = prepared, prepared.config, objective
        self.schedule, self.at, self.tell = schedule, at, tell
        self.optimizer = build_optimizer(prepared.network, prepared.config.optimizer)

    def gradients(self, batch: Batch) -> float:
        """Adds a batch's gradients and returns its loss; computes half at once when memory runs out."""
        while True:
            try:
                return sum(self._backward(part, len(batch.indices)) for part in batch.split(self.at.micro))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.at.micro <= 1:
                    raise
            # Parts of this batch are in the gradients already: this step begins again.
            self.optimizer.zero_grad(set_to_none=True)
            self.at.micro = (self.at.micro + 1) // 2
            if self.p.device.type == "cuda":
                torch.cuda.empty_cache()
            text = f"Memory ran out: going on with {self.at.micro} images at once, summed to the same batch."
            self.tell(events.Notice(text=text))

    def _backward(self, part: Batch, whole: int) -> float:
        with torch.autocast(self.p.device.type, torch.bfloat16, enabled=self.p.autocast):
            output = self.p.network(part.images)
        loss = self.objective(output, part) * (len(part.indices) / whole)
        value = float(loss.detach())
        self._check_finite(value, "loss")
        (loss / self.config.accumulate).backward()
        return value

    def step(self) -> None:
        """One step of the optimiser, with finite gradients only."""
        rate = self.schedule.at(self.at)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        limit = self.config.optimizer.clip_norm or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.p.network.parameters(), limit)
        self._check_finite(float(norm), "gradient")
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.at.step += 1

    def _check_finite(self, value: float, what: str) -> None:
        if not math.isfinite(value):
            kept = f"The best epoch so far, {self.at.best_epoch}, is kept." if self.at.best_epoch else ""
            raise NonFiniteLossError(
                f"The {what} was no finite number in epoch {self.at.epoch + 1}, batch {self.at.batch + 1}: "
                f"try a lower learning rate than {self.config.optimizer.learning_rate:g}. {kept}".rstrip()
            )
