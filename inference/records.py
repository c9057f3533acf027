"""Strict reading of records from JSON or TOML: an unknown key is an error that names the key."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from inference.errors import InferenceError

_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"com{i}" for i in range(1, 10)),
    *(f"lpt{i}" for i in range(1, 10)),
}


def check_keys(
    record: Any,
    *,
    allowed: Collection[str],
    required: Collection[str] = (),
    where: str,
    error: type[InferenceError],
) -> Mapping[str, Any]:
    """Return `record` as a mapping, or raise `error` naming the first missing or unknown key.

    Args:
        record: what was read; anything that is not a mapping with string keys is refused.
        allowed: every key that may appear.
        required: the keys that must appear.
        where: words for the sentence, such as "model.json, preprocessing".
        error: the exception to raise; called with one sentence.
    """
    if not isinstance(record, Mapping):
        raise error(f"{where} must be a table of keys and values, not {type(record).__name__}.")
    for key in record:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), list(allowed), n=1)
            hint = f"; did you mean “{near[0]}”?" if near else "."
            raise error(f"{where} has the unknown key “{key}”{hint}")
    for key in required:
        if key not in record:
            raise error(f"{where} lacks the key “{key}”.")
    return record


def name_problem(name: object) -> str | None:
    """Why `name` cannot be used as a name that also becomes a folder or file name; None if it can.

    Letters of any script are welcome. Separators, control characters and what Windows refuses are not, so a
    name can never lead out of the folder it is used in.
    """
    if not isinstance(name, str) or not name:
        return "it is empty"
    if len(name) > 64:
        return "it is longer than 64 characters"
    if any(c in '/\\:*?"<>|' or ord(c) < 32 for c in name):
        return "it contains a character that a file name cannot have"
    if name != name.strip() or name.startswith(".") or name.endswith("."):
        return "it begins or ends with a dot or a space"
    if name.lower().split(".")[0] in _RESERVED:
        return "the operating system keeps it for a device"
    return None


def show_name(path: Path | str) -> str:
    """The file's name as sentences show it (the name alone: full paths belong in the log)."""
    return f"“{Path(path).name or path}”"
