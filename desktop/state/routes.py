"""Where to go next: along the rows of the filter, to what is unfinished, to what the model doubts most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from desktop.project.rows import FINISHED, REJECTED, STATUSES

if TYPE_CHECKING:
    from desktop.project.facts import Positions
    from desktop.session import Session
    from desktop.state.filtering import Filtering

_CLOSED = [STATUSES.index(status) for status in (*FINISHED, REJECTED)]


class Routes(QObject):
    """Ways through the images that the filter leaves. It reads; it never goes anywhere itself."""

    def __init__(self, session: Session, filtering: Filtering) -> None:
        super().__init__(filtering)
        self._session = session
        self._filtering = filtering

    def along(self, step: int) -> int | None:
        """Return the position `step` rows on (or back) in the filter's order; None at its end.

        From an image that the filter leaves out it is the nearest row in that direction, by position.
        """
        filtering, at = self._filtering, self._session.position
        row = filtering.row_of(at)
        if row is not None:
            row += step
        elif filtering.rows is not None and len(filtering.rows):
            row = self._nearest(filtering.rows, at, step)
        return filtering.position(row) if row is not None and 0 <= row < len(filtering) else None

    @staticmethod
    def _nearest(rows: Positions, at: int, step: int) -> int | None:
        beyond = np.flatnonzero(rows > at if step > 0 else rows < at)
        if not len(beyond):
            return None
        there = rows[beyond]
        return int(beyond[there.argmin() if step > 0 else there.argmax()])

    def unfinished(self) -> int | None:
        """Return the next position in the filter's order, going round, that is not finished or rejected."""
        rows, at = self._filtering.rows, self._session.position
        if rows is None:
            return self._session.showing.next_unfinished()
        row = self._filtering.row_of(at)
        start = (self._nearest(rows, at, 1) or 0) if row is None else row + 1
        open_ = self._open(rows)
        open_ &= rows != at
        order = np.concatenate((np.flatnonzero(open_[start:]) + start, np.flatnonzero(open_[:start])))
        return int(rows[order[0]]) if len(order) else None

    def doubtful(self) -> int | None:
        """Return the unfinished image that the model doubts most; from one of them, the next lower one.

        None when the model has said nothing of any unfinished image of the filter.
        """
        rows, at = self._rows(), self._session.position
        doubt = self._filtering.facts.values("uncertainty")
        rows = rows[self._open(rows) & ~np.isnan(doubt[rows])]
        if not len(rows):
            return None
        order = rows[np.lexsort((rows, -doubt[rows]))]
        if 0 <= at < len(doubt) and not np.isnan(doubt[at]):
            lower = (doubt[order] < doubt[at]) | ((doubt[order] == doubt[at]) & (order > at))
            if lower.any():
                return int(order[lower.argmax()])
        return int(order[0]) if int(order[0]) != at else None

    def ahead(self, step: int, count: int = 2) -> list[int]:
        """Return the next positions that somebody inside the filter will ask for; none without one."""
        filtering = self._filtering
        if filtering.rows is None:
            return []
        row = filtering.row_of(self._session.position)
        if row is None:
            following = self.along(step)
            return [] if following is None else [following]
        rows = [row + step * n for n in range(1, count + 1)]
        return [filtering.position(one) for one in rows if 0 <= one < len(filtering)]

    def _rows(self) -> Positions:
        rows = self._filtering.rows
        return np.arange(self._filtering.facts.count, dtype=np.int32) if rows is None else rows

    def _open(self, rows: Positions) -> np.ndarray:
        facts = self._filtering.facts
        rest = np.isin(facts.values("status")[rows], _CLOSED, invert=True)
        return np.asarray(rest & ~facts.values("problem")[rows])
