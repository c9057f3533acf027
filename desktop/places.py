"""Where the program keeps what belongs to no project: settings, registered models, the log."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

RESOURCES = Path(__file__).resolve().parent.parent / "resources"


def data_dir() -> Path:
    """The user's data folder (models, stores of read-only projects). `OVERREAD_DATA_DIR` overrides it."""
    return Path(
        os.environ.get("OVERREAD_DATA_DIR") or platformdirs.user_data_dir("overread", appauthor=False)
    )


def config_dir() -> Path:
    """The user's settings folder. `OVERREAD_CONFIG_DIR` overrides it."""
    return Path(
        os.environ.get("OVERREAD_CONFIG_DIR") or platformdirs.user_config_dir("overread", appauthor=False)
    )


def models_dir() -> Path:
    """Where registered model bundles lie, one folder each."""
    return data_dir() / "models"


def log_file() -> Path:
    """The file that takes the tracebacks of unexpected errors."""
    if os.environ.get("OVERREAD_DATA_DIR"):
        return data_dir() / "overread.log"
    return Path(platformdirs.user_log_dir("overread", appauthor=False)) / "overread.log"
