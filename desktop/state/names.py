"""The names of a folder's images as filters and sorts read them: made once, off the GUI thread."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from desktop.state.entries import EntryList

_NUMBER = re.compile(r"(\d+)")


def natural_key(text: str) -> list[str | int]:
    """Return what sorts "image 9" before "image 10": text and numbers in turn, beginning with text."""
    parts: list[str | int] = list(_NUMBER.split(text))
    parts[1::2] = [int(one) for one in parts[1::2]]
    return parts


class Names:
    """Case-folded paths, and the rank of each file name in natural order; for any thread.

    It reads the list, which only ever grows, without a lock of the list's.
    """

    def __init__(self, entries: EntryList) -> None:
        self._entries = entries
        self._lock = threading.Lock()
        self._paths: list[str] = []
        self._ranks: NDArray[np.int32] = np.empty(0, np.int32)

    def paths(self, count: int) -> list[str]:
        """Return the case-folded titles of the first `count` images at least; not to be changed."""
        with self._lock:
            known = len(self._paths)
            if known < count:
                self._paths += [entry.title.casefold() for entry in self._entries[known:count]]
            return self._paths

    def ranks(self, count: int) -> NDArray[np.int32]:
        """Return the place of each of the first `count` images among their file names (count,) int32."""
        with self._lock:
            if len(self._ranks) < count:
                names = [entry.path.rpartition("/")[2].casefold() for entry in self._entries[:count]]
                keys = [natural_key(name) for name in names]
                order = sorted(range(len(keys)), key=keys.__getitem__)
                ranks = np.empty(len(order), np.int32)
                ranks[order] = np.arange(len(order), dtype=np.int32)
                self._ranks = ranks
            return self._ranks
