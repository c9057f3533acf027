"""Where the pixels of a label come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from desktop.project.errors import EditFormatError

BaseKind = Literal["empty", "prediction", "import"]


@dataclass(frozen=True, slots=True)
class Cut:
    """How the mask of one class is cut out of its probability map.

    A pixel is inside from the probability `threshold` (0 to 1) on; with `fill_holes` what a region encloses
    belongs to it; then regions of fewer than `min_area` image pixels are dropped (0 keeps all).
    """

    threshold: float = 0.5
    min_area: int = 0
    fill_holes: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a threshold that is no probability or a negative area."""
        if not 0.0 <= self.threshold <= 1.0:
            raise ValueError(f"A threshold lies between 0 and 1, not {self.threshold}.")
        if self.min_area < 0:
            raise ValueError(f"A smallest area is 0 pixels or more, not {self.min_area}.")


@dataclass(frozen=True, slots=True)
class Base:
    """What a label was before anybody edited it.

    `prediction`: the masks of the model `model_digest` at `thresholds` (probability per class name), without
    regions below `min_area` (image pixels per class name) and with the holes of the classes `fill_holes`
    filled. `import`: masks read from elsewhere; `source` says from where. `empty`: nothing.
    """

    kind: BaseKind = "empty"
    model_digest: str = ""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    min_area: Mapping[str, int] = field(default_factory=dict)
    fill_holes: tuple[str, ...] = ()

    @classmethod
    def predicted(cls, model_digest: str, cuts: Mapping[str, Cut]) -> Base:
        """Return the base that a model's prediction gives with these cuts, by class name."""
        return cls(
            "prediction",
            model_digest,
            {name: cut.threshold for name, cut in cuts.items()},
            min_area={name: cut.min_area for name, cut in cuts.items() if cut.min_area},
            fill_holes=tuple(sorted(name for name, cut in cuts.items() if cut.fill_holes)),
        )

    def cut(self, class_name: str) -> Cut | None:
        """Return how a class was cut out of the prediction; None when it was not."""
        if self.kind != "prediction" or class_name not in self.thresholds:
            return None
        return Cut(
            self.thresholds[class_name], self.min_area.get(class_name, 0), class_name in self.fill_holes
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object that `from_dict` reads; what is not used is left out of it."""
        record: dict[str, Any] = {
            "kind": self.kind,
            "model_digest": self.model_digest,
            "thresholds": dict(self.thresholds),
            "source": self.source,
        }
        if self.min_area:
            record["min_area"] = dict(self.min_area)
        if self.fill_holes:
            record["fill_holes"] = list(self.fill_holes)
        return record

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Base:
        """Read what `to_dict` wrote. Raises EditFormatError on another kind or unknown keys."""
        unknown = set(data) - {"kind", "model_digest", "thresholds", "source", "min_area", "fill_holes"}
        kind = data.get("kind", "")
        if unknown or kind not in get_args(BaseKind):
            raise EditFormatError(
                f"The origin of a label is written in a way this version does not know: {dict(data)}."
            )
        thresholds = {str(name): float(value) for name, value in dict(data.get("thresholds", {})).items()}
        min_area = {str(name): int(value) for name, value in dict(data.get("min_area", {})).items()}
        fill_holes = tuple(str(name) for name in data.get("fill_holes", ()))
        digest, source = str(data.get("model_digest", "")), str(data.get("source", ""))
        return cls(kind, digest, thresholds, source, min_area, fill_holes)


EMPTY = Base()
