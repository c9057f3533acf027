"""How much each layer of the current image holds, counted behind a moment after the last change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.project.planes import Bits, LabelPlanes
    from desktop.session import Session

log = logging.getLogger(__name__)

SETTLE_MS = 250
"""Counted so long after the last change: not between the dabs of one stroke."""


@dataclass(frozen=True, slots=True)
class Count:
    """Pixels of a layer, and the regions (8-neighbours) that they form."""

    pixels: int = 0
    regions: int = 0


class LayerCounts(QObject):
    """Counts of the current label by class id. GUI thread only."""

    changed = Signal()
    """`counts` are others now."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.counts: Mapping[int, Count] = {}
        self._label: Label | None = None
        self._running = False
        self._again = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._count)
        session.label_changed.connect(self._label_changed)

    def _label_changed(self, _box: object) -> None:
        label = self._session.label
        if label is not self._label:
            self._label = label
            if self.counts:
                self.counts = {}
                self.changed.emit()
        if label is not None:
            self._settle.start()

    def _count(self) -> None:
        session, label = self._session, self._session.label
        if label is None or label.planes is None or session.project is None:
            return
        if self._running:
            self._again = True
            return
        self._running = True
        planes, ids = label.planes, [item.id for item in session.schema.active_classes]

        def arrived(counts: Mapping[int, Count]) -> None:
            self._running = False
            if self._again or session.label is not label:
                self._again = False
                self._settle.start()
            else:
                self.counts = counts
                self.changed.emit()

        def failed(error: BaseException) -> None:
            self._running = False
            log.warning("the layers were not counted: %s", error)

        session.run_behind(lambda: {one: counted(planes, one) for one in ids}, arrived, failed)

    def forget(self) -> None:
        """Another folder is open: an answer under way was dropped."""
        self._running = self._again = False
        self._settle.stop()


def counted(planes: LabelPlanes, class_id: int) -> Count:
    """Count a class. Only reads; a stroke meanwhile makes it a little wrong, and counted again."""
    if class_id // 8 >= planes.pages:
        return Count()
    return counted_bits(planes.class_mask(class_id))


def counted_bits(mask: Bits) -> Count:
    """Count the (H, W) bool pixels and their regions."""
    pixels = int(np.count_nonzero(mask))
    if not pixels:
        return Count()
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    part = np.ascontiguousarray(mask[y : y + height, x : x + width]).view(np.uint8)
    return Count(pixels, cv2.connectedComponents(part, connectivity=8)[0] - 1)
