"""Where painting is allowed: inside or outside of other classes. Owns no widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.project.planes import Bits, Box, LabelPlanes


class Limits(QObject):
    """Painting goes only inside the classes ``inside`` and outside the classes ``outside`` (ids)."""

    changed = Signal()

    def __init__(self, label: Callable[[], Label | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._inside: frozenset[int] = frozenset()
        self._outside: frozenset[int] = frozenset()

    @property
    def inside(self) -> frozenset[int]:
        """Classes to stay inside of (any of them); empty: no such limit."""
        return self._inside

    @property
    def outside(self) -> frozenset[int]:
        """Classes to stay outside of (all of them)."""
        return self._outside

    def set(self, inside: frozenset[int] = frozenset(), outside: frozenset[int] = frozenset()) -> None:
        """Set both limits; what is in both is outside."""
        inside = inside - outside
        if (inside, outside) != (self._inside, self._outside):
            self._inside, self._outside = inside, outside
            self.changed.emit()

    def allowed(self, box: Box, class_id: int, planes: LabelPlanes | None = None) -> Bits | None:
        """Where inside ``box`` the class may be painted, (h, w) bool; None: everywhere.

        ``planes`` are those to look at, when it is not the label on screen (on another thread). A class
        never limits itself: that would forbid to paint it or to erase it.
        """
        label = self._label() if planes is None else None
        planes = label.planes if label is not None else planes
        inside, outside = self._inside - {class_id}, self._outside - {class_id}
        if planes is None or not (inside or outside):
            return None
        y0, x0, y1, x1 = box
        allowed = np.full((y1 - y0, x1 - x0), not inside, np.bool_)
        for one in inside:
            allowed |= planes.class_mask(one, box)
        for one in outside:
            allowed &= ~planes.class_mask(one, box)
        return allowed
