"""What a run does, as frozen records read from TOML. Nothing here imports torch."""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

import tomli_w

from inference.preprocess_config import PreprocessConfig
from training import records
from training.errors import ConfigError

LossName = Literal["bce-dice", "bce", "focal", "dice", "jaccard", "combined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """A network of the registry by name, and the arguments of its family (such as ``width``)."""

    name: str = "residual-unet"
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """What of a dataset takes part. ``classes`` empty means all; ``cache_megabytes`` bounds the prepared
    samples kept in memory as 8-bit values; ``missing_mask`` as the option of the same name."""

    missing_mask: Literal["ask", "empty", "unlabelled"] = "ask"
    classes: tuple[str, ...] = ()
    cache_megabytes: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentConfig:
    """Random changes of training samples; all off by default.

    ``rotation`` in degrees either way; ``scale`` 0.2 means a factor from 1/1.2 to 1.2; ``brightness``,
    ``contrast`` and ``saturation`` 0.2 mean a factor from 0.8 to 1.2; ``hue`` in turns of the circle;
    ``clahe`` is the probability of a contrast equalisation. Flips and quarter turns happen half of the time.
    """

    flip_horizontal: bool = False
    flip_vertical: bool = False
    quarter_turns: bool = False
    rotation: float = 0.0
    scale: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    clahe: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not isinstance(value, bool) and value < 0:
                raise ConfigError(f'"augment.{item.name}" must not be negative, it is {value}.')
        if self.clahe > 1 or self.hue > 0.5:
            raise ConfigError('"augment.clahe" is a probability (0 to 1) and "augment.hue" at most 0.5.')


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """The mask loss by name with its parameters, and the weights of the grade and finding losses.

    ``focal_alpha`` is the weight of the positive class, ``focal_scale`` the factor of the whole focal loss.
    ``terms`` are the losses whose mean ``combined`` is. ``class_weights`` multiply a mask class's loss.
    ``balance_grades`` weighs each grade value by the inverse of its share of the training images.
    """

    name: LossName = "bce-dice"
    terms: tuple[LossName, ...] = ("dice", "jaccard", "focal")
    smooth: float = 1.0
    focal_alpha: float = 0.25
    focal_gamma: float = 2.0
    focal_scale: float = 1.0
    class_weights: dict[str, float] = field(default_factory=dict)
    grade_weight: float = 0.5
    finding_weight: float = 0.5
    balance_grades: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerConfig:
    """The optimiser; ``clip_norm`` 0 does not clip."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    clip_norm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleConfig:
    """The learning rate over the epochs: constant, cosine to ``minimum`` (a share of the first rate), or
    times ``factor`` when the validation figure has not grown for ``patience`` epochs."""

    name: Literal["constant", "cosine", "plateau"] = "cosine"
    warmup_epochs: float = 0.0
    minimum: float = 0.01
    factor: float = 0.5
    patience: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """One run, whole. ``threads`` 0 leaves torch's own number; ``patience`` 0 never stops early;
    ``init`` is the folder of the bundle to start from, or empty, and ``needs_init`` refuses to start without;
    ``freeze_batch_norm`` keeps that bundle's normalisation statistics; ``accumulate`` batches make one
    step."""

    title: str = ""
    description: str = ""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    data: DataConfig = field(default_factory=DataConfig)
    preprocess: PreprocessConfig = field(default_factory=PreprocessConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    batch_size: int = 8
    accumulate: int = 1
    epochs: int = 20
    patience: int = 0
    seed: int = 0
    workers: int = 0
    threads: int = 0
    autocast: Literal["auto", "on", "off"] = "auto"
    device: str = "auto"
    init: str = ""
    needs_init: bool = False
    freeze_batch_norm: bool = False
    licence: str = ""
    attribution: str = ""
    domain: str = ""

    def __post_init__(self) -> None:
        for name, least in (
            ("batch_size", 1),
            ("accumulate", 1),
            ("epochs", 1),
            ("workers", 0),
            ("patience", 0),
        ):
            if getattr(self, name) < least:
                raise ConfigError(f'"{name}" must be at least {least}, it is {getattr(self, name)}.')
        if self.optimizer.learning_rate <= 0:
            raise ConfigError('"optimizer.learning_rate" must be above 0.')


def read_config(path: Path) -> RunConfig:
    """The configuration in a TOML file. Raises ConfigError naming the file."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The configuration {path} cannot be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration {path} is not valid TOML: {error}.") from error
    return config_from_dict(values, source=str(path))


def config_from_dict(values: Mapping[str, Any], *, source: str = "the configuration") -> RunConfig:
    """The configuration that plain values stand for; strict about every key."""
    return records.build(RunConfig, values, source=source)


def config_to_dict(config: RunConfig) -> dict[str, Any]:
    """Plain values, complete with defaults: what ``config.toml`` and a bundle's ``recipe`` hold."""
    return records.dump(config)


def write_config(path: Path, config: RunConfig) -> None:
    """Writes ``config`` as TOML, every key of it."""
    path.write_text(tomli_w.dumps(config_to_dict(config)), encoding="utf-8")


def apply_set(config: RunConfig, assignments: Iterable[str]) -> RunConfig:
    """``config`` with ``key=value`` texts applied in order; a dotted key reaches into a table.

    The value is read as the field's type wants it (``network.arguments.*`` as TOML, else as text).
    """
    values = config_to_dict(config)
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f'"{assignment}" is no setting; write it as key=value.')
        _assign(values, RunConfig, key.strip().split("."), text.strip(), key.strip())
    return config_from_dict(values, source="--set")


def _assign(values: dict[str, Any], kind: Any, path: list[str], text: str, key: str) -> None:
    """Sets the value at ``path`` in the plain ``values`` of a ``kind``."""
    name, rest = path[0], path[1:]
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        known = {item.name: hints[item.name] for item in fields(kind)}
        if name not in known:
            prefix = key[: len(key) - len(".".join(path))]
            raise records.unknown_key(prefix + name, [prefix + item for item in known], "--set")
        inner = known[name]
    else:
        inner, name, rest = typing.get_args(kind)[1], ".".join(path), []
    table = is_dataclass(inner) or typing.get_origin(inner) is dict
    if table != bool(rest):
        what = "is a table; name a key in it" if table else "has no keys of its own"
        raise ConfigError(f'"{key}" cannot be set: "{name}" {what}.')
    if rest:
        _assign(values.setdefault(name, {}), inner, rest, text, key)
    else:
        values[name] = records.parse_text(inner, text, key=key, source="--set")
