"""Who reads: the operating system's user, unless a project is told another."""

from __future__ import annotations

import getpass
import os


def default_reader() -> str:
    """Return the operating system's name for the user, or "reader" where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return os.environ.get("USERNAME") or "reader"
