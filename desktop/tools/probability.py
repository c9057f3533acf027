"""The probability brush: paints what the model sees at a probability of its own, and only there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from desktop.project.planes import Bits, Box
from desktop.tools.base import ToolContext, ToolEvent
from desktop.tools.options import Option, OptionValue
from desktop.tools.stroke import SIZE, StrokeTool
from inference.prediction import Geometry, Prediction, probability_to_level

__all__ = ["ProbabilityBrushTool", "levels_in"]

PROBABILITY = Option(
    "probability", "At least", 0.5, 0.01, 0.99, 0.05, smaller="{", larger="}",
    hint="Begins at the threshold in use for the class",
)  # fmt: skip
_LARGER = {Qt.Key.Key_BraceLeft: -1, Qt.Key.Key_BraceRight: 1}


class ProbabilityBrushTool(StrokeTool):
    """Left paints where the model gives at least t; right, or Ctrl, erases where it gives less.

    So both bring the label nearer to what the model sees at t, and never further: what is right stays.
    """

    name = "probability"
    text = "Probability brush"
    shortcut = "Q"
    hint = (
        "Paints only where the model gives at least t · right button erases only where it gives less"
        " · Shift+[ ] sets t · [ ] sets the size"
    )
    options = (SIZE, PROBABILITY)
    painted_text = "Probability brush"
    erased_text = "Probability brush erased"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._chosen: dict[int, float] = {}

    def value(self, name: str) -> Any:
        """The value of an option; the probability is the class's threshold until another is set for it."""
        if name != PROBABILITY.name:
            return super().value(name)
        class_id, class_name = self.context.class_id, self._class_name()
        if class_id in self._chosen:
            return self._chosen[class_id]
        return PROBABILITY.fit(self.context.threshold(class_name)) if class_name else PROBABILITY.default

    def set_value(self, name: str, value: OptionValue) -> None:
        """Set an option, the probability for the class selected. Raises ``KeyError``, ``ValueError``."""
        if name != PROBABILITY.name:
            super().set_value(name, value)
        elif self.context.class_id is not None:
            self._chosen[self.context.class_id] = round(float(PROBABILITY.fit(value)), 4)
            self.option_changed(name)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """``{`` and ``}`` (Shift and the brackets) set the probability; the rest as every brush."""
        if key in _LARGER and not modifiers & Qt.KeyboardModifier.ControlModifier:
            probability = self.value(PROBABILITY.name)
            self.set_value(PROBABILITY.name, PROBABILITY.stepped(probability, _LARGER[key]))
            return True
        return super().key(key, modifiers)

    def press(self, event: ToolEvent) -> bool:
        """Begin a stroke, if the model says something of this class."""
        sizes = event.has(Qt.KeyboardModifier.AltModifier)
        if not sizes and not self.may_paint():
            return False
        if not sizes and self._levels_of() is None:
            prediction = self.context.prediction
            self.context.say(
                "The model has not read this image yet, so there is nothing to paint by; take the brush."
                if prediction is None
                else "The model does not know this class, so there is nothing to paint by; take the brush."
            )
            return False
        return super().press(event)

    def _class_name(self) -> str | None:
        label, class_id = self.context.label, self.context.class_id
        if label is None or class_id is None:
            return None
        return label.schema.class_by_id(class_id).name

    def _levels_of(self) -> tuple[Prediction, str] | None:
        prediction, name = self.context.prediction, self._class_name()
        return (prediction, name) if prediction is not None and name in prediction.classes else None

    def _wanted(self, box: Box, mask: Bits, class_id: int) -> Bits:
        known = self._levels_of()
        if known is None:
            return np.zeros_like(mask)
        # The same rule as a threshold's mask: interpolated levels, rounded, from the first level of t on.
        sure = levels_in(*known, box) >= probability_to_level(self.value(PROBABILITY.name)) - 0.5
        return super()._wanted(box, mask & ~sure if self._clears else mask & sure, class_id)


def levels_in(prediction: Prediction, class_name: str, box: Box) -> NDArray[np.float32]:
    """The levels (0 to 255) of a class inside a box of the image, (h, w) float32, interpolated.

    The interpolation is the bilinear one of `inference.postprocess.class_mask`; 0 where the network saw
    nothing. Raises PredictionError for a class that the model does not have.
    """
    levels, geometry = prediction.levels(class_name), prediction.geometry
    y0, x0, y1, x1 = box
    top, left, bottom, right = _shown(geometry)
    (first_y, first_x), (scale_y, scale_x) = geometry.to_network(y0, x0), geometry.scale
    rows, down = _between(first_y, scale_y, y1 - y0, top, bottom)
    columns, along = _between(first_x, scale_x, x1 - x0, left, right)
    # Rows first, in the few columns that are needed at all.
    start = int(columns[0]) if columns.size else 0
    stop = int(columns[-1]) + 2 if columns.size else 0
    part = levels[:, start:stop].astype(np.float32)
    after = np.minimum(rows + 1, levels.shape[0] - 1)
    mixed = part[rows] * (1 - down)[:, None] + part[after] * down[:, None]
    here = columns - start
    there = np.minimum(here + 1, mixed.shape[1] - 1)
    out = mixed[:, here] * (1 - along) + mixed[:, there] * along
    _blank_outside(out, box, geometry.source)
    return out


def _shown(geometry: Geometry) -> Box:
    """The network's pixels between which is interpolated: `class_mask` keeps to the window if it is whole."""
    window = tuple(round(side) for side in geometry.window)
    if max(abs(a - b) for a, b in zip(window, geometry.window, strict=True)) < 1e-6:
        return window[0], window[1], window[2], window[3]
    return 0, 0, geometry.network_size[0], geometry.network_size[1]


def _between(
    first: float, step: float, count: int, low: int, high: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Network indices at or before `count` image pixels, and how far beyond them each pixel lies (0 to 1)."""
    place = np.clip(first + step * np.arange(count), low, high - 1)
    index = np.floor(place).astype(np.intp)
    return index, (place - index).astype(np.float32)


def _blank_outside(levels: NDArray[np.float32], box: Box, source: Box) -> None:
    y0, x0 = box[:2]
    levels[: max(0, source[0] - y0)] = 0
    levels[:, : max(0, source[1] - x0)] = 0
    levels[max(0, source[2] - y0) :] = 0
    levels[:, max(0, source[3] - x0) :] = 0
