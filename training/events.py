"""What a training process says while it runs: one JSON object a line, and the records they stand for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

from training.errors import TrainingError


class EventError(TrainingError):
    """A line that is no event of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; ``event`` is the name on the wire."""

    event: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ``event`` first; numbers that JSON does not know become null."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {"event": self.event, **{key: _plain(value) for key, value in values.items()}}

    def to_json(self) -> str:
        """One line without its end."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """A run begins (or goes on): ``images`` counts them by split."""

    event: ClassVar[str] = "started"
    run: str
    epochs: int
    images: Mapping[str, int]
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Event):
    """One batch done; ``batch`` counts from 1, ``loss`` is this batch's."""

    event: ClassVar[str] = "batch"
    epoch: int
    batch: int
    batches: int
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch(Event):
    """One epoch done, counted from 1; values that were not measured are None."""

    event: ClassVar[str] = "epoch"
    epoch: int
    epochs: int
    train_loss: float
    val_loss: float | None = None
    val_dice: float | None = None
    val_grade_accuracy: float | None = None
    seconds: float
    best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """Something that a person should know and need not act on."""

    event: ClassVar[str] = "notice"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(Event):
    """Ended on request; the run can be resumed. ``epoch`` counts the whole epochs done."""

    event: ClassVar[str] = "stopped"
    epoch: int
    bundle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Event):
    """All epochs done, or early stopping; ``bundle`` is the folder of the best model."""

    event: ClassVar[str] = "finished"
    bundle: str
    digest: str
    best_epoch: int
    metrics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated(Event):
    """The answer of ``evaluate``: the same object that ``--out`` writes."""

    event: ClassVar[str] = "evaluated"
    evaluation: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """The run ended with an error; ``message`` is one sentence."""

    event: ClassVar[str] = "failed"
    message: str


_KINDS: Final[dict[str, type[Event]]] = {
    kind.event: kind for kind in (Started, Batch, Epoch, Notice, Stopped, Finished, Evaluated, Failed)
}


def parse_event(line: str) -> Event:
    """The event of one line. Raises EventError for anything else; unknown extra keys are left out,
    so that an older desk can follow a newer process."""
    try:
        values = json.loads(line)
        kind = _KINDS[values.pop("event")]
        known = {item.name for item in fields(kind)}
        return kind(**{key: value for key, value in values.items() if key in known})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EventError(f"This line is no training event: {line[:200]!r}.") from error


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
