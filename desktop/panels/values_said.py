"""What the model says of one scale or finding, and whether it still holds. No widget."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.project.label import Label
from inference.prediction import Prediction
from inference.schema import GradeScale


@dataclass(frozen=True, slots=True)
class Said:
    """The model's probabilities of a scale's values, in their order; empty when it says nothing of it.

    ``stale``: masks were changed by the reader since; the model judged the image without that.
    """

    chances: tuple[float, ...] = ()
    stale: bool = False

    @property
    def best(self) -> int:
        """The place of the most probable value; -1 when nothing is said."""
        return max(range(len(self.chances)), key=self.chances.__getitem__) if self.chances else -1

    def of(self, at: int) -> float | None:
        """The probability of the value at this place."""
        return self.chances[at] if self.chances else None

    def words(self, scale: GradeScale, *, brief: bool = False) -> str:
        """One line for the heading of the scale; ``brief``: only that there are the model's numbers."""
        if not self.chances or brief:
            return "model" if self.chances else ""
        if scale.role == "quality":
            return f"model {scale.values[self.best]}"
        return f"model {scale.values[self.best]} · {100 * self.chances[self.best]:.0f} %"


def said_of(scale: GradeScale, label: Label | None, prediction: Prediction | None) -> Said:
    """What the prediction says of a scale. A model with another number of values says nothing."""
    chances = tuple(prediction.grades.get(scale.name, ())) if prediction is not None else ()
    if len(chances) != len(scale.values):
        return Said()
    return Said(chances, masks_changed(label))


def masks_changed(label: Label | None) -> bool:
    """Whether a person's changes of pixels stand in this label."""
    return label is not None and any(step.classes for step in label.history.done)


def digit_of(scale: GradeScale, value: str) -> str:
    """Return a value's digit key: the value itself where all are single digits, else its place.

    Places of an ordinal scale count from 0 (as severities do), of a nominal one from 1. A long scale has no
    digits: one finds its values by typing.
    """
    if is_long(scale):
        return ""
    if all(len(one) == 1 and one.isdigit() for one in scale.values):
        return value
    at = scale.values.index(value) + (0 if scale.kind == "ordinal" else 1)
    return str(at) if at < 10 else ""


LONG = 12


def is_long(scale: GradeScale) -> bool:
    """Whether a scale has so many values that one types to find them."""
    return len(scale.values) > LONG


def digits_of(scale: GradeScale) -> str:
    """The digit keys of a scale as its heading says them: "0–4"; empty when it has none."""
    digits = [digit for value in scale.values if (digit := digit_of(scale, value))]
    if not digits:
        return ""
    return digits[0] if len(digits) == 1 else f"{digits[0]}–{digits[-1]}"
