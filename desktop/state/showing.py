"""Which image is on the desk, and having the next ones ready before they are asked for. GUI thread only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.canvas.pyramid import OverlayPyramid
from desktop.jobs.display import DisplayImage, Reading
from desktop.jobs.read_pool import ReadPool
from desktop.state.entries import Entry, EntryList

if TYPE_CHECKING:
    from desktop.jobs.source import FolderSource
    from desktop.project.label import Label
    from desktop.session import Session
    from inference.schema import Schema

log = logging.getLogger(__name__)

AFTER_PAINT_MS = 25
"""Reading ahead begins so long after an image was shown: its frame is on the screen by then."""
UNFINISHED = ("unseen", "in progress", "second look")


class Showing(QObject):
    """Moves along the entries; passes on what the read pool delivers for the current one."""

    leaving = Signal()
    """The current image is about to be left, or to be called finished: a gesture under way ends here."""
    image_changed = Signal(object)
    display_changed = Signal()
    label_changed = Signal(object)
    values_changed = Signal()
    history_changed = Signal()
    prediction_changed = Signal()
    turned = Signal()
    """Everything of a change that takes several signals was told."""
    entries_changed = Signal(int, int)
    late_prediction = Signal(object, object)
    """(Label, Prediction): an edited label now has a prediction."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.entries = EntryList()
        self.position = -1
        self._turns = 0
        self.route: Callable[[int], Sequence[int]] = lambda _step: ()
        self._direction = 1
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.setInterval(AFTER_PAINT_MS)
        self._ahead.timeout.connect(self.prefetch)
        self.pool = ReadPool(self)
        self.pool.pixels_ready.connect(self._on_pixels)
        self.pool.reading_ready.connect(self._on_reading)

    # ---- what is current

    @property
    def entry(self) -> Entry | None:
        """The current entry."""
        return self.entries[self.position] if 0 <= self.position < len(self.entries) else None

    @property
    def image(self) -> DisplayImage | None:
        """What is at hand of the current image."""
        return self.pool.get(self.position)

    @property
    def reading(self) -> Reading | None:
        """The current label with what belongs to it."""
        image = self.image
        return image.reading if image is not None else None

    def position_of(self, label: Label) -> int | None:
        """Where the image of this very label object stands, if it is still at hand."""
        for position in self.pool.positions():
            image = self.pool.get(position)
            if image is not None and image.reading is not None and image.reading.label is label:
                return position
        return None

    # ---- moving

    def reset(self, source: FolderSource | None) -> None:
        """Another folder (or none)."""
        self._ahead.stop()
        self.entries = EntryList()
        self.position = -1
        self.pool.set_source(source)
        with self._turning():
            self.image_changed.emit(None)
            self._tell_all()

    def go_to(self, position: int) -> bool:
        """Make an entry the current one; False when it is not there or a stroke is under way."""
        if not 0 <= position < len(self.entries) or position == self.position:
            return False
        self.leaving.emit()
        label = self.reading.label if self.reading is not None else None
        if label is not None and label.stroke_open:
            return False
        self._direction = 1 if position > self.position else -1
        self.position = position
        with self._turning():
            self.image_changed.emit(self.entry)
            self._tell_all()
        image = self.image
        if image is not None and image.pixels is not None and image.reading is not None:
            # All is there to be painted: reading ahead must not take the cores from that.
            self._ahead.start()
        else:
            self.prefetch()
        return True

    def prefetch(self) -> None:
        """Want the current image, two in the direction of travel, and one behind."""
        self._ahead.stop()
        at, step = self.position, self._direction
        # Somebody who stays inside a filter asks for its next images first.
        order = dict.fromkeys([at, *self.route(step), at + step, at + 2 * step, at - step])
        self.pool.want([self.entries[p] for p in order if 0 <= p < len(self.entries)])

    def next_unfinished(self) -> int | None:
        """The next position, going round, whose status is open; None when there is none."""
        count = len(self.entries)
        for step in range(1, count):
            position = (self.position + step) % count
            entry = self.entries[position]
            if entry.status in UNFINISHED and not entry.problem:
                return position
        return None

    def want_thumbnails(self, positions: Sequence[int]) -> None:
        """See `Session.want_thumbnails`."""
        count = len(self.entries)
        self.pool.want_thumbnails([self.entries[p] for p in positions if 0 <= p < count])

    def rows_known(self, positions: Sequence[int]) -> None:
        """These entries have an identity now: a label that could not be made for want of one is made."""
        for position in positions:
            image = self.pool.get(position)
            reading = image.reading if image is not None else None
            if reading is not None and reading.label is None and reading.problem is None:
                self.pool.make_anew(position)

    def adopt_schema(self, schema: Schema) -> None:
        """Labels at hand follow another schema; those that need more pages are read again when saved."""
        for position in self.pool.positions():
            image = self.pool.get(position)
            label = image.reading.label if image is not None and image.reading is not None else None
            if label is None:
                continue
            label.schema = schema
            if label.is_virtual:
                self.pool.make_anew(position)
            elif label.planes is not None and label.planes.pages < schema.pages:
                self._grow(position)

    def _grow(self, position: int) -> None:
        """Give an edited label one more page (a ninth class): rare, and one copy of its planes."""
        image = self.pool.get(position)
        reading = image.reading if image is not None else None
        if reading is None or reading.label is None or reading.label.planes is None:
            return
        planes = reading.label.planes
        planes = reading.label.ensure_planes(planes.height, planes.width)
        self.pool.keep_reading(position, replace(reading, overlay=OverlayPyramid(planes.mask)))
        if position == self.position:
            self._tell_reading()

    def read_again(self, position: int) -> None:
        """Forget what is at hand of a position and read it from disk and store."""
        self.pool.forget(position)
        if position == self.position:
            self._tell_all()
        self.prefetch()

    def read_all_again(self) -> None:
        """Forget everything at hand and read it anew: what the store calls things has changed."""
        self.pool.forget_images()
        self._tell_all()
        self.prefetch()

    @contextmanager
    def _turning(self) -> Iterator[None]:
        """Several signals of one change: who listens to more than one of them waits for `turned`."""
        self._turns += 1
        try:
            yield
        finally:
            self._turns -= 1
            if not self._turns:
                self.turned.emit()

    @property
    def turning(self) -> bool:
        """Whether more signals of one change are on their way; `turned` follows the last."""
        return self._turns > 0

    def _tell_all(self) -> None:
        with self._turning():
            self.display_changed.emit()
            self._tell_reading()

    def _tell_reading(self) -> None:
        with self._turning():
            self.label_changed.emit(None)
            self.values_changed.emit()
            self.history_changed.emit()
            self.prediction_changed.emit()

    # ---- deliveries

    def _on_pixels(self, position: int) -> None:
        image = self.pool.get(position)
        if image is not None and image.pixels is not None and image.pixels.problem:
            entry = self.entries[position]
            if not entry.problem:
                entry.problem = image.pixels.problem
                self.entries_changed.emit(position, position)
        if position == self.position:
            self.display_changed.emit()

    def _on_reading(self, position: int, reading: Reading) -> None:
        image = self.pool.get(position)
        if image is None:
            return
        if reading.row is not None and self.entries[position].row is None:
            self.entries.set_row(reading.row)
            self.entries_changed.emit(position, position)
        held = image.reading
        label = held.label if held is not None else None
        if held is not None and label is not None and (not label.is_virtual or label.stroke_open):
            # The reader has begun: this label stays, and only what the model says is new.
            self.pool.keep_reading(position, replace(held, prediction=reading.prediction))
            if reading.prediction is not None:
                self.late_prediction.emit(label, reading.prediction)
            if position == self.position:
                self.prediction_changed.emit()
            return
        self.pool.keep_reading(position, reading)
        if reading.label is not None and not reading.label.is_virtual and reading.prediction is not None:
            # Edited in an earlier sitting, before there was a prediction.
            self.late_prediction.emit(reading.label, reading.prediction)
        if position == self.position:
            self._tell_reading()
