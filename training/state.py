"""The state a run is resumed from: one file, replaced whole; only tensors and plain values in it."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from training.errors import ResumeError

RESUME_FILE: Final = "resume.pt"
_FORMAT: Final = 1


@dataclass(slots=True)
class Progress:
    """Where a run stands: whole ``epoch``s done, ``batch``es done of the next one, and what was best so far.

    ``micro`` is the number of samples computed at once (halved when memory runs out); ``loss_sum`` and
    ``loss_count`` belong to the epoch under way; ``plateau`` is the reduce-on-plateau schedule's state.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_epoch: int = 0
    best_rank: tuple[float, ...] = ()
    waited: int = 0
    micro: int = 0
    loss_sum: float = 0.0
    loss_count: int = 0
    seconds: float = 0.0
    plateau_factor: float = 1.0
    plateau_waited: int = 0
    plateau_best: float = -1e30
    history: list[dict[str, Any]] = field(default_factory=list)

    def update(self, values: dict[str, Any]) -> None:
        """Takes over what ``dataclasses.asdict`` made of another one."""
        for name, value in {**values, "best_rank": tuple(values["best_rank"])}.items():
            setattr(self, name, value)


def random_state(device: torch.device) -> dict[str, Any]:
    """The state of every generator that a run draws from."""
    version, words, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state()
    state: dict[str, Any] = {
        "python": [version, list(words), gauss],
        "numpy": [name, torch.from_numpy(np.asarray(keys, np.int64)), position, has_gauss, cached],
        "torch": torch.get_rng_state(),
    }
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random(state: dict[str, Any], device: torch.device) -> None:
    """Puts every generator back to where ``random_state`` found it."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    name, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def save_resume(folder: Path, values: dict[str, Any]) -> None:
    """Writes the resume file beside, then replaces it, so that a crash leaves the old or the new one."""
    beside = folder / f".{RESUME_FILE}.new"
    with beside.open("wb") as stream:
        torch.save({"format": _FORMAT, **values}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(folder / RESUME_FILE)


def load_resume(folder: Path) -> dict[str, Any]:
    """What ``save_resume`` wrote. Raises ResumeError when there is nothing whole to resume from."""
    path = folder / RESUME_FILE
    if not path.is_file():
        raise ResumeError(f"{folder} cannot be resumed: it has no {RESUME_FILE}.")
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ResumeError(f"{path} is damaged; start the run anew in another folder.") from error
    if not isinstance(values, dict) or values.get("format") != _FORMAT:
        raise ResumeError(f"{path} was written by another version; start the run anew in another folder.")
    return values


# What may differ between a run and its resumption: it changes where and how fast, not what is computed.
_FREE_KEYS: Final = ("device", "threads", "workers", "init", "title", "description")


def check_identity(folder: Path, saved: dict[str, Any], now: dict[str, Any]) -> None:
    """Raises ResumeError when a run would go on with other settings, other data or from another model."""
    for key, text in (
        ("dataset", "the dataset has changed since"),
        ("parent", "it began from another model"),
    ):
        if saved[key] != now[key]:
            raise ResumeError(f"{folder} cannot be resumed: {text}; start a new run in another folder.")
    ours, theirs = ({k: v for k, v in x["config"].items() if k not in _FREE_KEYS} for x in (now, saved))
    differing = sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
    if differing:
        raise ResumeError(
            f'{folder} cannot be resumed with another "{differing[0]}"; leave the configuration as it was, '
            "or start a new run in another folder."
        )
