"""The prediction cache: deletable files beside the store, one per image, frame and model."""

from __future__ import annotations

import logging
import os
import shutil
import uuid
from pathlib import Path

from desktop.project.model_names import ModelNames
from inference.prediction import Prediction, PredictionError, decode, encode

_log = logging.getLogger(__name__)


class PredictionCache:
    """Predictions by content hash, frame and model. Losing any of it costs only time; nothing here raises."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`; it is made with the first prediction."""
        self.folder = folder
        self.names: dict[str, ModelNames] = {}
        """By model digest: `get` answers in the project's words. Set before a model is used."""

    def put(self, content_hash: str, frame: int, prediction: Prediction) -> bool:
        """Keep a prediction, whole or not at all; return whether there was room."""
        path = self._path(content_hash, frame, prediction.model_digest)
        beside = path.with_name(f"{path.name}.{uuid.uuid4().hex}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(encode(prediction))
            os.replace(beside, path)  # noqa: PTH105  the atomic replacement of both systems
        except OSError as error:
            _log.warning("a prediction was not kept: %s", error)
            _remove(beside)
            return False
        return True

    def get(self, content_hash: str, frame: int, model_digest: str) -> Prediction | None:
        """Return a kept prediction, or None. A damaged file is deleted."""
        path = self._path(content_hash, frame, model_digest)
        try:
            prediction = decode(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, PredictionError) as error:
            _log.warning("a kept prediction cannot be read and is dropped: %s", error)
            _remove(path)
            return None
        if prediction.model_digest != model_digest:
            return None
        names = self.names.get(model_digest)
        return prediction if names is None else names.prediction(prediction)

    def has(self, content_hash: str, frame: int, model_digest: str) -> bool:
        """Return whether a prediction is kept, without reading it."""
        return self._path(content_hash, frame, model_digest).is_file()

    def drop(self, model_digest: str) -> None:
        """Delete everything of one model."""
        shutil.rmtree(self.folder / _safe(model_digest), ignore_errors=True)

    def size(self) -> int:
        """Return how many bytes the cache takes."""
        return sum(path.stat().st_size for path in self.folder.rglob("*.prediction"))

    def _path(self, content_hash: str, frame: int, model_digest: str) -> Path:
        # Two characters of the hash as a folder: file systems list small folders faster.
        name = f"{_safe(content_hash)}-{frame}.prediction"
        return self.folder / _safe(model_digest) / name[:2] / name


def _safe(name: str) -> str:
    """Return a digest as a file name; anything else than letters and digits cannot lead out of the folder."""
    return "".join(character if character.isalnum() else "_" for character in name)[:128] or "_"


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s cannot be deleted: %s", path.name, error)
