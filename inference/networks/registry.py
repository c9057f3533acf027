"""Networks by name. Adding one is adding a file to this package; other packages add theirs through the
entry-point group `overread.networks` (entry name = network name, object = the class).

A network is a `torch.nn.Module` whose constructor takes the schema and keyword arguments, and whose
`forward` maps (N, 3, H, W) float32 to a `NetworkOutput`. Its constructor's keywords are the arguments a
bundle may state.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

from inference.errors import InferenceError
from inference.schema import Schema

if TYPE_CHECKING:
    from torch import nn

ENTRY_POINTS = "overread.networks"
_HELPERS = {"registry", "output", "blocks"}
_networks: dict[str, type[nn.Module]] = {}

T = TypeVar("T", bound="type[nn.Module]")


class NetworkError(InferenceError):
    """A network that cannot be built: an unknown name, an unknown argument, a value that makes no sense."""


def register(name: str) -> Callable[[T], T]:
    """Class decorator that makes a network known under `name`. Raises ValueError when the name is taken."""

    def add(network: T) -> T:
        known = _networks.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (
            network.__module__,
            network.__qualname__,
        ):
            raise ValueError(
                f"The network name {name!r} is taken by {known.__module__}.{known.__qualname__}."
            )
        _networks[name] = network
        return network

    return add


def _import_families() -> None:
    package = importlib.import_module("inference.networks")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in _HELPERS:
            importlib.import_module(f"inference.networks.{module.name}")


def _added() -> dict[str, metadata.EntryPoint]:
    return {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}


def names() -> tuple[str, ...]:
    """Every name `build` knows, sorted; those of other packages are listed without being imported."""
    _import_families()
    return tuple(sorted({*_networks, *_added()}))


def network_class(name: str) -> type[nn.Module]:
    """The network's class. Raises NetworkError naming the nearest known name."""
    if name not in _networks:
        _import_families()
    if name not in _networks and (entry := _added().get(name)) is not None:
        try:
            _networks[name] = entry.load()
        except Exception as error:
            raise NetworkError(f"The network “{name}” of {entry.value} cannot be loaded: {error}.") from error
    if name not in _networks:
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"Did you mean “{near[0]}”?" if near else f"Known are {', '.join(names())}."
        raise NetworkError(f"There is no network “{name}”. {hint}")
    return _networks[name]


def allowed_arguments(name: str) -> tuple[str, ...]:
    """The argument names the network takes, in the order of its constructor."""
    parameters = inspect.signature(network_class(name)).parameters.values()
    return tuple(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)


def build(name: str, schema: Schema, arguments: Mapping[str, Any] | None = None) -> nn.Module:
    """A new network for this schema, in training mode on the CPU, with channels-last weights.

    Raises NetworkError for an unknown name, an unknown argument (named, with the nearest known one), or a
    value the network refuses.
    """
    import torch

    given = dict(arguments or {})
    allowed = allowed_arguments(name)
    for key in given:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"did you mean “{near[0]}”?" if near else f"it takes {', '.join(allowed) or 'none'}."
            raise NetworkError(f"The network “{name}” has no argument “{key}”; {hint}")
    network = network_class(name)(schema, **given)
    # On CPUs this memory order makes convolutions some 1.5 times faster, on GPUs it feeds the tensor cores.
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def check_int(name: str, key: str, value: object, low: int, high: int) -> int:
    """`value` when it is a whole number from `low` to `high`; NetworkError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise NetworkError(
            f"The argument “{key}” of {name} must be a whole number from {low} to {high}, not {value}."
        )
    return value


def check_fraction(name: str, key: str, value: object) -> float:
    """`value` when it is a number from 0 up to, but not including, 1; NetworkError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise NetworkError(f"The argument “{key}” of {name} must lie from 0 to below 1, not at {value}.")
    return float(value)
