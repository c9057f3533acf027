"""Figures of agreement. Convention for masks: nothing predicted where nothing is true counts as 1.0.

All counts take only valid pixels. numpy throughout: evaluation at an image's own size costs no tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    """Streams one class's probabilities and finds the threshold of the highest mean Dice over images."""

    def __init__(self) -> None:
        self._rows: list[list[float]] = []

    def add(
        self, probabilities: NDArray[np.floating], true: NDArray[np.bool_], valid: NDArray[np.bool_] | None
    ) -> None:
        """One image: (h, w) probabilities, truth and validity."""
        inside = slice(None) if valid is None else valid
        # Cumulative histograms give every threshold's overlap from one pass over the pixels.
        levels = np.searchsorted(
            np.asarray(THRESHOLDS, np.float32), probabilities[inside].ravel(), side="right"
        )
        truth = true[inside].ravel()
        predicted = np.bincount(levels, minlength=len(THRESHOLDS) + 1)
        both = np.bincount(levels[truth], minlength=len(THRESHOLDS) + 1)
        above = predicted[::-1].cumsum()[::-1][1:]
        above_both = both[::-1].cumsum()[::-1][1:]
        count = float(np.count_nonzero(truth))
        self._rows.append(
            [Overlap(float(b), float(a), count).dice for a, b in zip(above, above_both, strict=True)]
        )

    def dice_at(self, threshold: float) -> float | None:
        """The mean Dice over images at a threshold of the grid; None without images."""
        if not self._rows:
            return None
        return float(np.mean(self._rows, axis=0)[THRESHOLDS.index(threshold)])

    def best(self) -> float:
        """The threshold of the highest mean Dice, the one nearest 0.5 among equals; 0.5 without images."""
        if not self._rows:
            return 0.5
        means = np.mean(self._rows, axis=0)
        top = float(means.max())
        return min(
            (t for t, mean in zip(THRESHOLDS, means, strict=True) if mean >= top - 1e-9),
            key=lambda t: abs(t - 0.5),
        )
