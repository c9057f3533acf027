"""Identifiers made by the client: UUID version 7 (RFC 9562, section 5.7); they sort by time."""

from __future__ import annotations

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7() -> str:
    """Return a new UUIDv7 as 36 characters of lower-case text.

    48 bits of Unix milliseconds, then a 12-bit counter that makes identifiers of one process strictly
    increasing within a millisecond (RFC 9562, section 6.2, method 1), then 62 random bits.
    """
    global _last
    with _lock:
        now = (time.time_ns() // 1_000_000) << 12
        _last = now if now > _last else _last + 1
        stamp = _last
    milliseconds, counter = stamp >> 12, stamp & 0xFFF
    tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return str(uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (counter << 64) | (0b10 << 62) | tail))
