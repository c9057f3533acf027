"""Incumbent against candidate on the held-out images, and the choice between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from desktop.panels.metrics import counted
from desktop.panels.widgets import button, clear, column, emphasise, heading, label, row
from desktop.theme import GRID


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One measure of both models; None where a model does not say it."""

    subject: str
    measure: str
    incumbent: float | None
    candidate: float | None


@dataclass(frozen=True, slots=True)
class ComparedModels:
    """What is known of both on the same held-out images. ``note`` says what to think of it, one sentence."""

    incumbent: str
    candidate: str
    images: int
    groups: int
    figures: tuple[ComparedFigure, ...]
    note: str = ""

    @property
    def mean_change(self) -> float | None:
        """The mean of candidate minus incumbent over all figures that both have; None when there is none."""
        changes = [
            one.candidate - one.incumbent
            for one in self.figures
            if one.candidate is not None and one.incumbent is not None
        ]
        return sum(changes) / len(changes) if changes else None


NOT_COMPARED = "No held-out image is reviewed yet, so the two cannot be compared: finish some first."


class ComparisonCard(QFrame):
    """A table of both models, then Promote and Keep the old one."""

    def __init__(self, promote: Callable[[], object], keep: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName("Incumbent against candidate")
        self.promote_button = button("Promote the candidate", promote, role="primary", icon="check")
        self.keep_button = button("Keep the old one", keep)
        layout = column(self, margin=2 * GRID)
        self._column = column(holder := QWidget())
        layout.addWidget(holder)
        layout.addLayout(row(self.promote_button, self.keep_button))
        self.hide()

    def show_comparison(self, compared: ComparedModels) -> None:
        """Show the table and ask."""
        clear(self._column)
        based = f"{counted(compared.images, 'held-out image')}, {counted(compared.groups, 'group')}"
        self._column.addWidget(heading("Incumbent against candidate", label(based, "label")))
        if compared.figures:
            self._column.addLayout(self._table(compared))
        else:
            self._column.addWidget(label(compared.note or NOT_COMPARED, "warn", wrap=True))
        if compared.note and compared.figures:
            self._column.addWidget(label(compared.note, "quiet", wrap=True))
        self.promote_button.setText(f"Promote {compared.candidate}")
        better = compared.mean_change is None or compared.mean_change > 0
        emphasise(self.promote_button, better, "check")
        emphasise(self.keep_button, not better)
        self.show()

    def _table(self, compared: ComparedModels) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * GRID)
        grid.setVerticalSpacing(GRID // 2)
        right = Qt.AlignmentFlag.AlignRight
        for at, name in enumerate((compared.incumbent, compared.candidate, "Difference"), 2):
            grid.addWidget(label(name, "label"), 0, at, right)
        for down, one in enumerate(compared.figures, 1):
            grid.addWidget(label(one.subject), down, 0)
            grid.addWidget(label(one.measure, "quiet"), down, 1)
            grid.addWidget(label(_number(one.incumbent)), down, 2, right)
            grid.addWidget(label(_number(one.candidate)), down, 3, right)
            change = None if one.incumbent is None or one.candidate is None else one.candidate - one.incumbent
            role = "quiet" if not change or abs(change) < 5e-4 else "good" if change > 0 else "bad"
            # The sign tells better from worse; the colour only repeats it.
            grid.addWidget(
                label("–" if change is None else f"{change:+.3f}".replace("-", "−"), role), down, 4, right
            )
        grid.setColumnStretch(5, 1)
        return grid


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
