"""Errors of the training layer: each one is a single English sentence that says what to do."""

from __future__ import annotations

from pathlib import Path


class TrainingError(Exception):
    """Base of everything that this layer raises on purpose; ``str(error)`` is fit to be shown."""


class ConfigError(TrainingError):
    """A run configuration or a recipe that cannot be used as written."""


class DatasetError(TrainingError):
    """A dataset folder that cannot be used as it stands.

    ``path`` is the file or folder the sentence speaks of, where there is one.
    """

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class MissingMaskError(DatasetError):
    """Some images have no mask file and nothing says whether that means "none" or "not labelled"."""


class LeakageError(DatasetError):
    """A given split that a group, or an image already learnt from, crosses."""


class NonFiniteLossError(TrainingError):
    """The loss or a gradient became infinite or not a number; nothing was stepped with it."""


class ResumeError(TrainingError):
    """A run folder that cannot be resumed with this configuration or dataset."""


class EvaluationError(TrainingError):
    """An evaluation that would not mean anything: no images, or images that the model learnt from."""
