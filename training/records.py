"""Strict reading and writing of frozen dataclasses from and to the plain values of TOML."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from inference.errors import InferenceError
from training.errors import ConfigError

R = TypeVar("R")


def build(
    kind: type[R], values: Mapping[str, Any], *, prefix: str = "", source: str = "the configuration"
) -> R:
    """A ``kind`` (a dataclass) from plain values; keys that are left out take their defaults.

    Raises ConfigError naming the key, the nearest known one and ``source`` for an unknown key, and naming
    what was expected for a value of another type.
    """
    hints = typing.get_type_hints(kind)
    known = {item.name: hints[item.name] for item in dataclasses.fields(kind) if item.init}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise unknown_key(prefix + key, [prefix + name for name in known], source)
    arguments = {
        key: convert(known[key], value, key=prefix + key, source=source) for key, value in values.items()
    }
    try:
        return kind(**arguments)
    except (ConfigError, InferenceError) as error:
        raise ConfigError(f"{error} (in {source})") from error
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f'The table "{prefix.rstrip(".") or "top"}" in {source} cannot be used: {error}.'
        ) from error


def unknown_key(key: str, known: Iterable[str], source: str) -> ConfigError:
    """The error for a key that nobody knows, with the nearest one that is known."""
    known = sorted(known)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(known) or 'nothing'}."
    return ConfigError(f'Unknown key "{key}" in {source}; {hint}')


def convert(kind: Any, value: Any, *, key: str, source: str) -> Any:
    """``value`` as ``kind`` (a scalar, Literal, tuple, mapping, optional or dataclass), or ConfigError."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise _wrong(key, "a table", value, source)
        return build(kind, value, prefix=f"{key}.", source=source)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        if value not in parts:
            raise _wrong(key, " or ".join(f'"{part}"' for part in parts), value, source)
        return value
    if origin in (types.UnionType, typing.Union):
        return None if value is None else convert(_inner(kind), value, key=key, source=source)
    if origin is tuple:
        return _convert_tuple(parts, value, key, source)
    if origin in (dict, Mapping) or origin is typing.get_origin(Mapping[str, Any]):
        if not isinstance(value, Mapping):
            raise _wrong(key, "a table", value, source)
        return {
            name: convert(parts[1], item, key=f"{key}.{name}", source=source) for name, item in value.items()
        }
    return _convert_scalar(kind, value, key, source)


def parse_text(kind: Any, text: str, *, key: str, source: str) -> Any:
    """The value that ``text`` (from a command line) stands for where a ``kind`` is wanted."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return parse_text(_inner(kind), text, key=key, source=source)
    if kind is str or origin is typing.Literal:
        return text
    if origin is tuple and not text.lstrip().startswith("["):
        words = [word.strip() for word in text.split(",") if word.strip()]
        return [parse_text(parts[0], word, key=key, source=source) for word in words]
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        if kind is Any:
            return text
        raise _wrong(key, _name(kind), text, source) from error


def dump(record: Any) -> dict[str, Any]:
    """Plain values of a dataclass for TOML; None is left out, as TOML has none."""
    values: dict[str, Any] = {}
    for item in dataclasses.fields(record):
        value = getattr(record, item.name)
        if value is not None:
            values[item.name] = _plain(value)
    return values


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dump(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def _convert_tuple(parts: tuple[Any, ...], value: Any, key: str, source: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise _wrong(key, "a list", value, source)
    endless = len(parts) == 2 and parts[1] is Ellipsis
    if not endless and len(value) != len(parts):
        raise _wrong(key, f"{len(parts)} values", value, source)
    kinds = [parts[0]] * len(value) if endless else list(parts)
    return tuple(convert(kind, item, key=key, source=source) for kind, item in zip(kinds, value, strict=True))


def _convert_scalar(kind: Any, value: Any, key: str, source: str) -> Any:
    if kind is Any:
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise _wrong(key, _name(kind), value, source)
    return value


def _inner(kind: Any) -> Any:
    return next(part for part in typing.get_args(kind) if part is not type(None))


def _name(kind: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    return names.get(kind, "a list" if typing.get_origin(kind) is tuple else "a value of its kind")


def _wrong(key: str, expected: str, value: Any, source: str) -> ConfigError:
    return ConfigError(f'"{key}" in {source} should be {expected}, not {value!r}.')
