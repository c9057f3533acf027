"""Filters and sorts of the list as records: what can be saved under a name, and read back strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, get_args

from desktop.project.errors import ProjectError
from desktop.project.label import FINDING_STATES
from desktop.project.rows import STATUSES

BROKEN: Final = "broken"
"""Beside the statuses: a file that cannot be read, whatever its status."""
SPLITS: Final = ("train", "val", "test")
NO_GROUP: Final = ""

Where = Literal["shown", "label", "prediction"]
"""Which masks a condition reads: the label's where there is one and else the prediction's, or one of them."""
SortKey = Literal["position", "name", "status", "uncertainty", "disagreement", "area", "changed", "random"]


class FilterError(ProjectError):
    """A saved filter that this version does not understand, or one that asks for something impossible."""


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to `high`, both included; None is no bound. Raises FilterError when empty."""

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        for bound in (self.low, self.high):
            if bound is not None and (not isinstance(bound, int | float) or isinstance(bound, bool)):
                raise FilterError(f"A bound of a filter is a number, not {bound!r}.")
        if self.low is not None and self.high is not None and self.low > self.high:
            bounds = f"from {self.low:g} to {self.high:g}"
            raise FilterError(f"A filter asks for values {bounds}; turn them round.")


@dataclass(frozen=True, slots=True)
class GradeIs:
    """The grade of a scale is one of `values`; None among them: not graded."""

    scale: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class FindingIs:
    """A finding is in one of `states` ("present", "absent", "not assessed"); None among them: not set."""

    finding: str
    states: tuple[str | None, ...]

    def __post_init__(self) -> None:
        strange = [state for state in self.states if state is not None and state not in FINDING_STATES]
        if strange:
            raise FilterError(f"A finding has no state “{strange[0]}”.")


@dataclass(frozen=True, slots=True)
class ClassIs:
    """A class covers a part of the image: any (`present`), none (not `present`), and within `area`.

    `area` is a fraction of the image, 0 to 1. What is not known meets no condition, not even "absent".
    """

    class_id: int
    present: bool | None = True
    area: Span = Span()
    where: Where = "shown"

    def __post_init__(self) -> None:
        if self.where not in get_args(Where):
            raise FilterError(f"A class is looked for in {', '.join(get_args(Where))}, not “{self.where}”.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which images are listed: all conditions must hold; of the values inside one, any will do.

    Empty or None: no condition. `statuses` may hold "broken"; `readers`: somebody of them has begun with the
    image; `groups` holds group keys; `text` is looked for in the path, whatever its capitals.
    """

    text: str = ""
    statuses: tuple[str, ...] = ()
    grades: tuple[GradeIs, ...] = ()
    findings: tuple[FindingIs, ...] = ()
    classes: tuple[ClassIs, ...] = ()
    uncertainty: Span | None = None
    disagreement: Span | None = None
    groups: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    comments: bool | None = None
    problem: bool | None = None

    def __post_init__(self) -> None:
        _check_known(self.statuses, (*STATUSES, BROKEN), "status")
        _check_known(self.splits, SPLITS, "split")

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return self != Filter()

    def without(self, name: str, key: object = None) -> Filter:
        """Return the filter without a condition: a field, or of a field the record about `key`."""
        kept: Any = _EMPTY[name]
        if key is not None:
            kept = tuple(one for one in getattr(self, name) if _subject(one) != key)
        changes: dict[str, Any] = {name: kept}
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object that `from_dict` reads; conditions that are not set are left out."""
        return {
            one.name: _plain(getattr(self, one.name))
            for one in fields(self)
            if getattr(self, one.name) != _EMPTY[one.name]
        }

    @classmethod
    def from_dict(cls, record: Any) -> Filter:
        """Read what `to_dict` wrote. Raises FilterError on an unknown key or a value of another kind."""
        values = _strict(record, [one.name for one in fields(cls)], "The filter")
        made: dict[str, Any] = {}
        for name, value in values.items():
            made[name] = _READERS[name](value, name)
        return cls(**made)


_EMPTY = {one.name: one.default for one in fields(Filter)}


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of the list. `class_id` belongs to "area" (as shown: the label's, else the prediction's),
    `seed` to "random".

    What is not known comes last in both directions; equal images keep the order of the folder.
    """

    key: SortKey = "position"
    descending: bool = False
    class_id: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.key not in get_args(SortKey):
            raise FilterError(f"The list cannot be sorted by “{self.key}”.")
        if (self.class_id is None) == (self.key == "area"):
            raise FilterError("A sort by area names its class, and no other sort does.")

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object that `from_dict` reads."""
        record: dict[str, Any] = {"key": self.key, "descending": self.descending}
        if self.class_id is not None:
            record["class_id"] = self.class_id
        if self.key == "random":
            record["seed"] = self.seed
        return record

    @classmethod
    def from_dict(cls, record: Any) -> Sort:
        """Read what `to_dict` wrote. Raises FilterError."""
        values = _strict(record, ["key", "descending", "class_id", "seed"], "The sort")
        kinds = {"key": str, "descending": bool, "class_id": int, "seed": int}
        for name, value in values.items():
            if type(value) is not kinds[name]:
                raise FilterError(f"The sort's {name} cannot be {value!r}.")
        return cls(**values)


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter with its sort under a name."""

    name: str
    filter: Filter
    sort: Sort = Sort()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object that `from_dict` reads."""
        return {"name": self.name, "filter": self.filter.to_dict(), "sort": self.sort.to_dict()}

    @classmethod
    def from_dict(cls, record: Any) -> SavedFilter:
        """Read what `to_dict` wrote. Raises FilterError."""
        values = _strict(record, ["name", "filter", "sort"], "A saved filter")
        if not isinstance(values.get("name"), str) or not values["name"].strip():
            raise FilterError("A saved filter has no name.")
        wanted, order = Filter.from_dict(values.get("filter", {})), Sort.from_dict(values.get("sort", {}))
        return cls(values["name"], wanted, order)


def _check_known(values: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
    strange = [value for value in values if value not in known]
    if strange:
        raise FilterError(f"There is no {what} “{strange[0]}”.")


def _subject(record: object) -> object:
    """What a record of a filter is about: the scale, the finding, the class; a plain value itself."""
    for name in ("scale", "finding", "class_id"):
        if hasattr(record, name):
            return getattr(record, name)
    return record


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Span | GradeIs | FindingIs | ClassIs):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value


def _strict(record: Any, allowed: list[str], where: str) -> Mapping[str, Any]:
    if not isinstance(record, Mapping):
        raise FilterError(f"{where} is not written as one: {record!r}.")
    strange = [key for key in record if key not in allowed]
    if strange:
        raise FilterError(f"{where} asks for “{strange[0]}”, which this version does not know.")
    return record


def _texts(value: Any, name: str, *, none: bool = False) -> tuple[Any, ...]:
    if isinstance(value, list | tuple) and all(
        isinstance(one, str) or (none and one is None) for one in value
    ):
        return tuple(value)
    raise FilterError(f"The filter's {name} cannot be {value!r}.")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise FilterError(f"The filter's {name} cannot be {value!r}.")
    return value


def _flag(value: Any, name: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise FilterError(f"The filter's {name} cannot be {value!r}.")
    return value


def _span(value: Any, _name: str) -> Span:
    return Span(**_strict(value, ["low", "high"], "A range of the filter"))


def _records(value: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise FilterError(f"The filter's {name} cannot be {value!r}.")
    return tuple(_record(one, name) for one in value)


def _record(value: Any, name: str) -> Any:
    if name == "classes":
        values = _strict(value, ["class_id", "present", "area", "where"], "A class of the filter")
        if type(values.get("class_id")) is not int:
            raise FilterError(f"A class of the filter has no number: {value!r}.")
        area = _span(values.get("area", {}), "area")
        where: Any = _text(values.get("where", "shown"), "where")
        return ClassIs(values["class_id"], _flag(values.get("present", True), "present"), area, where)
    if name == "grades":
        values = _strict(value, ["scale", "values"], "A grade of the filter")
        return GradeIs(_text(values.get("scale"), "scale"), _texts(values.get("values"), "values", none=True))
    values = _strict(value, ["finding", "states"], "A finding of the filter")
    states = _texts(values.get("states"), "states", none=True)
    return FindingIs(_text(values.get("finding"), "finding"), states)


_READERS: Final[dict[str, Any]] = {
    "text": _text,
    "statuses": _texts,
    "grades": _records,
    "findings": _records,
    "classes": _records,
    "uncertainty": _span,
    "disagreement": _span,
    "groups": _texts,
    "splits": _texts,
    "readers": _texts,
    "comments": _flag,
    "problem": _flag,
}
