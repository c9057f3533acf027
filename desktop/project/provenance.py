"""Where the pixels of a label come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from desktop.project.errors import EditFormatError

BaseKind = Literal["empty", "prediction", "import"]


@dataclass(frozen=True, slots=True)
class Base:
    """What a label was before anybody edited it.

    `prediction`: the masks of the model `model_digest` at `thresholds` (probability per class name).
    `import`: masks read from elsewhere; `source` says from where. `empty`: nothing.
    """

    kind: BaseKind = "empty"
    model_digest: str = ""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object that `from_dict` reads."""
        return {
            "kind": self.kind,
            "model_digest": self.model_digest,
            "thresholds": dict(self.thresholds),
            "source": self.source,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Base:
        """Read what `to_dict` wrote. Raises EditFormatError on another kind or unknown keys."""
        unknown = set(data) - {"kind", "model_digest", "thresholds", "source"}
        kind = data.get("kind", "")
        if unknown or kind not in get_args(BaseKind):
            raise EditFormatError(
                f"The origin of a label is written in a way this version does not know: {dict(data)}."
            )
        thresholds = {str(name): float(value) for name, value in dict(data.get("thresholds", {})).items()}
        return cls(kind, str(data.get("model_digest", "")), thresholds, str(data.get("source", "")))


EMPTY = Base()
