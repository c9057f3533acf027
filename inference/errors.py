"""The base of every exception that `inference` raises on purpose."""

from __future__ import annotations


class InferenceError(Exception):
    """Base of this layer's errors. `str(error)` is one clear English sentence for a person."""


class SchemaError(InferenceError):
    """A schema or rule that contradicts itself, or a file that does not hold one."""
