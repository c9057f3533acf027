"""Who may use how much of the machine: desk, predictions and a training run share cores and one GPU."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

Scope = Literal["all", "current image"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one worker may use.

    Attributes:
        threads: for torch, at least 1.
        scope: which predictions may run: the whole queue, or the image on the desk only.
        device: "auto" or "cpu".
        memory_fraction: of the GPU's memory, 0 to 1; None = no limit.
    """

    threads: int
    scope: Scope = "all"
    device: str = "auto"
    memory_fraction: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What goes on: is somebody at the desk, does a run go on, on which device ("cpu", "cuda:0", ...)."""

    cores: int
    desk_in_use: bool
    training: bool = False
    training_device: str = "cpu"
    gpu: bool = False


def usable_cores() -> int:
    """The cores this process may run on, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def for_prediction(now: Situation) -> Share:
    """The share of the prediction thread.

    One core is left to the desk while it is in use. While a run goes on only the image on the desk is
    predicted: with a small part of the GPU's memory where the run is on the GPU, otherwise on one thread.
    """
    free = max(1, now.cores - 1) if now.desk_in_use else now.cores
    if not now.training:
        return Share(threads=free)
    if now.gpu and now.training_device.startswith("cuda"):
        return Share(threads=1, scope="current image", memory_fraction=0.2)
    return Share(threads=1, scope="current image", device="auto" if now.gpu else "cpu")


def for_training(now: Situation) -> Share:
    """The share of a training process: one core less than there are while the desk is in use."""
    threads = max(1, now.cores - 1) if now.desk_in_use else now.cores
    return Share(threads=threads, memory_fraction=0.75 if now.gpu else None)
