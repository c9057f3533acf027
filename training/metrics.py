"""Figures of agreement. Convention for masks: nothing predicted where nothing is true counts as 1.0.

All counts take only valid pixels. numpy throughout: evaluation at an image's own size costs no tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Overlap:
    """Pixels (or sums of probabilities) that agree, that are predicted, that are true."""

    both: float
    predicted: float
    true: float

    def __add__(self, other: Overlap) -> Overlap:
        return Overlap(self.both + other.both, self.predicted + other.predicted, self.true + other.true)

    @property
    def dice(self) -> float:
        """2 |A and B| / (|A| + |B|); 1.0 when both are empty."""
        total = self.predicted + self.true
        return 2 * self.both / total if total > 0 else 1.0

    @property
    def iou(self) -> float:
        """|A and B| / |A or B|; 1.0 when both are empty."""
        union = self.predicted + self.true - self.both
        return self.both / union if union > 0 else 1.0


def overlap(
    predicted: NDArray[np.bool_], true: NDArray[np.bool_], valid: NDArray[np.bool_] | None = None
) -> Overlap:
    """The overlap of two masks (H, W) bool, inside ``valid`` where it is given."""
    if valid is not None:
        predicted, true = predicted & valid, true & valid
    return Overlap(
        float(np.count_nonzero(predicted & true)),
        float(np.count_nonzero(predicted)),
        float(np.count_nonzero(true)),
    )


def soft_overlap(
    probabilities: NDArray[np.floating], true: NDArray[np.bool_], valid: NDArray[np.bool_] | None = None
) -> Overlap:
    """The overlap with probabilities instead of a mask; its ``dice`` is the soft Dice without smoothing."""
    p = np.asarray(probabilities, np.float64)
    if valid is not None:
        p, true = p * valid, true & valid
    return Overlap(float(p[true].sum()), float(p.sum()), float(np.count_nonzero(true)))


class MaskScore:
    """Streams overlaps of one class: the mean over images and the pooled figure."""

    def __init__(self) -> None:
        self.dices: list[float] = []
        self.ious: list[float] = []
        self.pooled = Overlap(0.0, 0.0, 0.0)

    def add(self, item: Overlap) -> None:
        """One image's overlap."""
        self.dices.append(item.dice)
        self.ious.append(item.iou)
        self.pooled = self.pooled + item

    def summary(self) -> dict[str, float | int | None]:
        """Mean Dice and IoU over images, pooled ones, and how many images; None where there are none."""
        if not self.dices:
            return {"images": 0, "dice": None, "iou": None, "dice_pooled": None, "iou_pooled": None}
        return {
            "images": len(self.dices),
            "dice": float(np.mean(self.dices)),
            "iou": float(np.mean(self.ious)),
            "dice_pooled": self.pooled.dice,
            "iou_pooled": self.pooled.iou,
        }


def accuracy(true: Sequence[int], predicted: Sequence[int]) -> float | None:
    """The share of equal entries, or None without any."""
    return float(np.mean(np.asarray(true) == np.asarray(predicted))) if len(true) else None


def quadratic_kappa(true: ArrayLike, predicted: ArrayLike, values: int) -> float | None:
    """Cohen's kappa with quadratic weights over grades 0 to ``values`` - 1: 1 - sum(w O) / sum(w E).

    O counts the pairs, E those expected of independent raters with the same margins, w = (i - j)^2. None
    where it is not defined: no images, or only one grade on both sides.

    Source: Cohen, "Weighted kappa" (1968); tested against scikit-learn, whose own call costs a millisecond
    and so a second per bootstrap.
    """
    pairs = np.asarray(true, np.intp) * values + np.asarray(predicted, np.intp)
    if not len(pairs):
        return None
    observed = np.bincount(pairs, minlength=values * values).reshape(values, values)
    expected = np.outer(observed.sum(1), observed.sum(0)) / len(pairs)
    grades = np.arange(values)
    weights = np.subtract.outer(grades, grades) ** 2
    chance = float((weights * expected).sum())
    return 1 - float((weights * observed).sum()) / chance if chance > 0 else None


def bootstrap_interval(
    groups: Sequence[str],
    statistic: Callable[[NDArray[np.intp]], float | None],
    *,
    seed: int = 0,
    samples: int = 1000,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """The percentile interval of a statistic when whole groups are drawn with replacement.

    Args:
        groups: the group of each image.
        statistic: of image positions (with repeats, as groups were drawn); None is left out.
        seed, samples, level: of the drawing.

    Returns:
        (low, high), or None with fewer than two groups or where too few draws gave a figure.

    Source: the cluster bootstrap, Davison and Hinkley, "Bootstrap Methods and their Application" (1997), 3.8.
    """
    names, inverse = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    if len(names) < 2:
        return None
    members = [np.flatnonzero(inverse == number) for number in range(len(names))]
    random = np.random.default_rng(seed)
    figures = []
    for _ in range(samples):
        drawn = random.integers(0, len(names), len(names))
        figure = statistic(np.concatenate([members[number] for number in drawn]))
        if figure is not None:
            figures.append(figure)
    if len(figures) < samples // 2:
        return None
    low, high = np.quantile(figures, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


# The grid that thresholds are chosen on.
THRESHOLDS: tuple[float, ...] = tuple(round(0.05 * step, 2) for step in range(1, 20))


class ThresholdSearch:
    """Streams one class's outputs and finds the threshold of the highest Dice pooled over all images.

    Pooled, not the mean over images: that one counts an image in which nothing is true and nothing predicted
    as 1, and for a lesion that few images show it is highest where nothing is ever predicted.

    Args:
        cuts: THRESHOLDS on the scale of the values given to ``add``, ascending, when these are no
            probabilities (such as a prediction's quantised levels).
    """

    def __init__(self, cuts: Sequence[float] = THRESHOLDS) -> None:
        if len(cuts) != len(THRESHOLDS):
            raise ValueError(f"{len(THRESHOLDS)} cuts are needed, one a threshold; these are {len(cuts)}.")
        self._cuts = np.asarray(cuts, np.float32)
        self._predicted, self._both = np.zeros((2, len(THRESHOLDS)))
        self._true = 0.0
        self.images = 0

    def add(
        self, values: NDArray[Any], true: NDArray[np.bool_], valid: NDArray[np.bool_] | None = None
    ) -> None:
        """One image: (h, w) values, inside from a cut upwards, truth and validity."""
        inside = slice(None) if valid is None else valid
        # Cumulative histograms give every threshold's overlap from one pass over the pixels.
        levels = np.searchsorted(self._cuts, values[inside].ravel(), side="right")
        truth = true[inside].ravel()
        bins = len(THRESHOLDS) + 1
        for counts, chosen in ((self._predicted, levels), (self._both, levels[truth])):
            counts += np.bincount(chosen, minlength=bins)[::-1].cumsum()[::-1][1:]
        self._true += float(np.count_nonzero(truth))
        self.images += 1

    @property
    def shown(self) -> bool:
        """Whether any image has a pixel of the class: without, no threshold is better than another."""
        return self._true > 0

    def dice_at(self, threshold: float) -> float | None:
        """The pooled Dice at a threshold of the grid; None when no image shows the class."""
        return float(self._dices()[THRESHOLDS.index(threshold)]) if self.shown else None

    def best(self, otherwise: float = 0.5) -> float:
        """The threshold of the highest pooled Dice, the one nearest 0.5 among equals.

        ``otherwise`` when no image shows the class.
        """
        if not self.shown:
            return otherwise
        dices = self._dices()
        equals = [t for t, dice in zip(THRESHOLDS, dices, strict=True) if dice >= dices.max() - 1e-9]
        return min(equals, key=lambda threshold: abs(threshold - 0.5))

    @property
    def best_dice(self) -> float | None:
        """The pooled Dice at the best threshold; None when no image shows the class."""
        return float(self._dices().max()) if self.shown else None

    def _dices(self) -> NDArray[np.float64]:
        return np.asarray(2 * self._both / (self._predicted + self._true))
