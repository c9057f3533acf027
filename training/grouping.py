"""Which images belong together (patient, eye, lesion, video sequence), from folders, names or a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from training.errors import TrainingError

GroupingKind = Literal["folder", "pattern", "table", "unknown"]
UNKNOWN_NOTE: Final = (
    "Grouping unknown: every image counts as a group of its own, so intervals may be too narrow."
)


class GroupingError(TrainingError):
    """A grouping that cannot be used, such as a regular expression that does not compile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """How the group of an image follows from its path inside the image folder.

    ``pattern`` is searched in the path without its suffix; the group is the match's group named ``group``,
    else its first group, else the whole match. An image that the rule does not reach is its own group.
    """

    kind: GroupingKind = "unknown"
    pattern: str = ""
    table: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind == "pattern":
            _compiled(self.pattern)

    @property
    def known(self) -> bool:
        """False where each image is merely assumed to be a group of its own."""
        return self.kind != "unknown"

    @property
    def note(self) -> str | None:
        """What must be said beside every statistic, or None."""
        return None if self.known else UNKNOWN_NOTE

    def group_of(self, relative: str) -> str:
        """The group of the image at ``relative`` (posix path inside the image folder)."""
        path = PurePosixPath(relative)
        if self.kind == "folder" and path.parent != PurePosixPath("."):
            return path.parent.as_posix()
        if self.kind == "pattern":
            match = _compiled(self.pattern).search(path.with_suffix("").as_posix())
            if match is not None:
                return _matched_text(match)
        if self.kind == "table":
            for key in (relative, path.name, path.stem):
                if key in self.table:
                    return self.table[key]
        return relative

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the table of a table grouping is kept too."""
        return {"kind": self.kind, "pattern": self.pattern, "table": dict(self.table)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Grouping:
        """Reads what ``to_dict`` made; unknown keys are refused."""
        unknown = sorted(set(values) - {"kind", "pattern", "table"})
        if unknown:
            raise GroupingError(f'The grouping has an unknown key "{unknown[0]}".')
        return cls(**values)


UNKNOWN: Final = Grouping()


def by_folder() -> Grouping:
    """One group a sub-folder; images directly in the image folder stay single."""
    return Grouping(kind="folder")


def by_pattern(pattern: str) -> Grouping:
    """Groups by a regular expression on the path without suffix; raises GroupingError if it is not one."""
    return Grouping(kind="pattern", pattern=pattern)


def by_table(rows: Iterable[tuple[str, str]]) -> Grouping:
    """Groups from (image, group) rows; an image named with another group later is an error."""
    table: dict[str, str] = {}
    for image, group in rows:
        if table.setdefault(image, group) != group:
            raise GroupingError(f'The image "{image}" stands in two groups, "{table[image]}" and "{group}".')
    return Grouping(kind="table", table=table)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise GroupingError(
            f'The grouping pattern "{pattern}" is not a regular expression: {error}.'
        ) from error


def _matched_text(match: re.Match[str]) -> str:
    if "group" in match.re.groupindex:
        return match.group("group") or match.group(0)
    return (match.group(1) if match.re.groups else None) or match.group(0)


# From the surest to the vaguest.
_CANDIDATES: Final = (
    r"^(?P<group>.+?)[ _.-]?(?i:left|right|od|os|le|re|l|r)$",  # patient and eye
    r"^(?P<group>.+?)[ _.-](?i:left|right|od|os)[ _.-]",  # patient, eye, then a visit or a view
    r"^(?P<group>.+)[ _-](?i:frame|img|image|view|slice|t|f|v)?[ _-]?\d+$",  # sequence and frame
    r"^(?P<group>[^ _-]+)[ _-]",  # first part of the name
)
_MINIMUM_NAMES: Final = 6
_MINIMUM_GROUPS: Final = 3
_LARGEST_SHARE: Final = 0.5
_SHARED_IMAGES: Final = 0.6


def suggest_pattern(names: Iterable[str]) -> str | None:
    """A regular expression that seems to name groups in these file names, or None when nothing is plain.

    It must reach every name, make at least three groups of which none holds more than half of the images,
    and put most images beside another one: ``IDRiD_01 ... IDRiD_54`` (one common prefix) suggests nothing.
    """
    stems = [PurePosixPath(name).with_suffix("").as_posix() for name in names]
    if len(stems) < _MINIMUM_NAMES:
        return None
    return next((pattern for pattern in _CANDIDATES if _is_plain(re.compile(pattern), stems)), None)


def _is_plain(pattern: re.Pattern[str], stems: list[str]) -> bool:
    counts: Counter[str] = Counter()
    for stem in stems:
        match = pattern.search(stem)
        if match is None:
            return False
        counts[_matched_text(match)] += 1
    together = sum(count for count in counts.values() if count > 1)
    return (
        len(counts) >= _MINIMUM_GROUPS
        and max(counts.values()) <= _LARGEST_SHARE * len(stems)
        and together >= _SHARED_IMAGES * len(stems)
    )
