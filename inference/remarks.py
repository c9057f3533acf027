"""What consistency rules read and what they say: measured facts in, remarks out (no numpy at import)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.schema import Schema

Box = tuple[int, int, int, int]  # (y0, x0, y1, x1), pixels of the image, upper bounds exclusive


@dataclass(frozen=True, slots=True)
class Piece:
    """Some connected pixels (8 neighbours): how many, and the box around them."""

    area: int
    box: Box


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured of one label's masks, by class name; areas in pixels of the image.

    ``areas``: all pixels of a class. ``pieces``: its components. ``outside``: the components of what lies of
    the first class of a pair outside the second one.
    """

    areas: Mapping[str, int] = field(default_factory=dict)
    pieces: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    outside: Mapping[tuple[str, str], tuple[Piece, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be measured before the rules can be checked: the keys of `Facts`."""

    areas: frozenset[str] = frozenset()
    pieces: frozenset[str] = frozenset()
    outside: frozenset[tuple[str, str]] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything has to be measured at all."""
        return bool(self.areas or self.pieces or self.outside)

    def __or__(self, other: Needs) -> Needs:
        """What either needs."""
        return Needs(self.areas | other.areas, self.pieces | other.pieces, self.outside | other.outside)


@dataclass(frozen=True, slots=True)
class Remark:
    """A rule that a label breaks: one sentence, where to look (the largest part first), who takes part.

    ``targets`` are "class:<name>", "grade:<scale>", "finding:<name>".
    """

    sentence: str
    places: tuple[Box, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader's grades and findings of one image, and the schema that they belong to."""

    schema: Schema
    grades: Mapping[str, str]
    findings: Mapping[str, str]

    def present(self, finding: str) -> bool:
        """Whether a finding is said to be present."""
        return self.findings.get(finding) == "present"

    def active(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of these classes that are not retired."""
        known = {item.name for item in self.schema.active_classes}
        return tuple(name for name in names if name in known)

    def titles(self, names: Iterable[str], last: str = "or") -> str:
        """What people read for these classes: "A, B or C"."""
        return join([self.schema.class_named(name).label for name in names], last)


def join(words: list[str], last: str) -> str:
    """A list as a sentence says it: "A, B and C"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def pixels(count: int) -> str:
    """A number of pixels as a sentence says it."""
    return "1 pixel" if count == 1 else f"{count:,} pixels"


def largest_first(pieces: Iterable[Piece], limit: int = 100) -> tuple[Box, ...]:
    """The boxes of the largest pieces, for a reader who goes from one to the next."""
    return tuple(piece.box for piece in sorted(pieces, key=lambda one: -one.area)[:limit])
