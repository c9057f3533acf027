"""The list of images that a folder holds, as the window shows it: known by path first, by identity later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop.messages import on_one_line

if TYPE_CHECKING:
    from desktop.project.rows import ImageRow
    from desktop.project.scan import Found


@dataclass(slots=True)
class Entry:
    """One image of the list. Until it is indexed only its path is known.

    ``position`` is its place in the list (0-based), ``row`` the store's row once indexed, ``problem`` one
    sentence when the file cannot be read.
    """

    position: int
    path: str
    frame: int = 0
    row: ImageRow | None = None
    problem: str | None = None

    @property
    def status(self) -> str:
        """The reader's status of this image; what was never opened is "unseen"."""
        return self.row.status_for_reader if self.row is not None else "unseen"

    @property
    def image_id(self) -> str | None:
        """The image's permanent id, None before it is indexed."""
        return self.row.id if self.row is not None else None

    @property
    def title(self) -> str:
        """What a person calls it, on one line: the path, with the frame when the file holds several."""
        path = on_one_line(self.path)
        return f"{path} · {self.frame + 1}" if self.frame else path


class EntryList(Sequence[Entry]):
    """All entries in order, with look-up by path and by image id. Touched by the GUI thread only."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._by_path: dict[str, int] = {}
        self._by_frame: dict[tuple[str, int], int] = {}
        self._by_id: dict[str, int] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __getitem__(self, position):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        return self._entries[position]

    def append(self, found: Sequence[Found]) -> tuple[int, int]:
        """Add what a scan found; returns (first position, count)."""
        first, count = len(self._entries), len(found)
        # 100,000 of these must not be felt: no more than needed happens for each.
        self._entries += [Entry(at, one.path) for at, one in enumerate(found, first)]
        self._by_path.update((one.path, at) for at, one in enumerate(found, first))
        self._counts["unseen"] += count
        return first, count

    def set_row(self, row: ImageRow) -> int | None:
        """Give the entry of this row's path and frame its identity; returns its position, None if unknown."""
        position = self.position_of_path(row.path, row.frame)
        if position is None:
            return None
        entry = self._entries[position]
        self._counts[entry.status] -= 1
        entry.row = row
        entry.problem = row.problem or None
        self._counts[entry.status] += 1
        self._by_id[row.id] = position
        return position

    def take(self, row: ImageRow) -> int | None:
        """`set_row`; a further frame of a file in the list gets an entry at the end. Returns the position."""
        position = self.set_row(row)
        if position is None and row.frame > 0 and row.path in self._by_path:
            return self._add_frame(row)
        return position

    def _add_frame(self, row: ImageRow) -> int:
        position = len(self._entries)
        entry = Entry(position, row.path, row.frame, row, row.problem or None)
        self._entries.append(entry)
        self._counts[entry.status] += 1
        self._by_frame[row.path, row.frame] = position
        self._by_id[row.id] = position
        return position

    @property
    def status_counts(self) -> Mapping[str, int]:
        """How many entries have each status."""
        return {status: count for status, count in self._counts.items() if count}

    def position_of(self, image_id: str) -> int | None:
        """Where the image of this id stands, None when it is not in the list."""
        return self._by_id.get(image_id)

    def position_of_path(self, path: str, frame: int = 0) -> int | None:
        """Where the image of this relative path stands, None when it is not in the list."""
        return self._by_frame.get((path, frame)) if frame else self._by_path.get(path)
