"""The table of budgets: what is measured, against which budget, and how a measured row is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Budget:
    """One row of the table of budgets (4288x2848 pixels, 2 CPU cores, no GPU).

    `measure` names a function as `module:function`; it takes no argument and returns samples in `unit`.
    """

    what: str
    budget: float
    unit: str
    measure: str
    statistic: str = "p95"
    others: str = ""
    at_least: bool = False  # the budget is a floor (per cent), not a ceiling


@dataclass(frozen=True, slots=True)
class Measured:
    """Samples of one row with its summary."""

    budget: Budget
    samples: tuple[float, ...]

    @property
    def value(self) -> float:
        """The statistic the budget speaks of, in the budget's unit."""
        summaries: dict[str, Callable[[np.ndarray], float]] = {
            "p95": lambda x: float(np.percentile(x, 95)),
            "median": lambda x: float(np.median(x)),
        }
        return summaries[self.budget.statistic](np.asarray(self.samples))

    @property
    def met(self) -> bool:
        """Whether the measured statistic keeps the budget."""
        if self.budget.at_least:
            return self.value >= self.budget.budget
        return self.value <= self.budget.budget


def format_row(measured: Measured) -> str:
    """One Markdown row: what, budget, measured, median, number of samples, met, the best others."""
    b = measured.budget
    sign = ">=" if b.at_least else "<="
    median = float(np.median(measured.samples))
    met = "yes" if measured.met else "**no**"
    return (
        f"| {b.what} | {sign} {b.budget:g} {b.unit} | {measured.value:.3g} {b.unit} ({b.statistic}) "
        f"| {median:.3g} {b.unit} | {len(measured.samples)} | {met} | {b.others} |"
    )


HEADER = (
    "| what | budget | measured | median | samples | met | the best others |\n|---|---|---|---|---|---|---|"
)
