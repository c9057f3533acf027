"""`overread simulate`: the loop with a scripted reviewer."""

from __future__ import annotations

from typing import Any


def declare(commands: Any) -> None:
    """Add `simulate` to the command line."""
