"""The read pool: decodes images, replays labels and makes thumbnails before they are asked for.

All bookkeeping happens in the GUI thread; the pool's threads only take the most urgent job and hand back its
result by a queued signal. What was made stays in a least-recently-used store with a budget in bytes.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal

from desktop import messages
from desktop.jobs.display import DisplayImage, Pixels, Reading
from desktop.jobs.memory import give_back_large_blocks

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from desktop.state.entries import Entry

log = logging.getLogger(__name__)

THREADS = 2
BUDGET = 200_000_000
"""Bytes of decoded images and layers: three photographs of 12 megapixels."""
THUMBNAILS_KEPT = 320
ALWAYS_KEPT = 2
"""The current and the next image stay, whatever they cost."""

JobKind = Literal["pixels", "reading", "thumbnail"]


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to make of one entry. ``generation`` tells results of a folder that was left meanwhile."""

    kind: JobKind
    entry: Entry
    generation: int
    version: int = 0
    urgent: bool = False

    @property
    def key(self) -> tuple[JobKind, int]:
        """What the job makes."""
        return self.kind, self.entry.position


class Source(Protocol):
    """Makes the parts of an image. Called from the pool's threads; raising is allowed."""

    def pixels(self, entry: Entry) -> Pixels:
        """Decode, and halve."""

    def reading(self, entry: Entry) -> Reading:
        """Identity, label and prediction of the entry; asked only while a project is open."""

    def thumbnail(self, entry: Entry) -> QImage | None:
        """A small picture, from disk or made now; None when the file has none."""


class ReadPool(QObject):
    """Keeps `DisplayImage`s at hand. `want` says which, most urgent first; results arrive by signal."""

    pixels_ready = Signal(int)
    """The pixels of this position (or why there are none) are at hand."""
    reading_ready = Signal(int, object)
    """(position, Reading): a label was made. The receiver decides whether to `keep_reading` it."""
    thumbnail_ready = Signal(int)
    """The thumbnail of this position is at hand."""
    _made = Signal(object, object)

    def __init__(
        self, parent: QObject | None = None, *, threads: int = THREADS, budget: int = BUDGET
    ) -> None:
        super().__init__(parent)
        give_back_large_blocks()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._pool.setObjectName("read pool")
        self._threads = threads
        self._budget = budget
        self._source: Source | None = None
        self._generation = 0
        self._images: OrderedDict[int, DisplayImage] = OrderedDict()
        self._thumbnails: OrderedDict[int, QImage | None] = OrderedDict()
        self._wanted: list[Entry] = []
        self._visible: list[Entry] = []
        self._readings_possible = False
        self._lock = threading.Lock()
        self._queue: list[Job] = []
        self._working = 0
        self._working_behind = 0
        self._in_flight: set[tuple[JobKind, int]] = set()
        self._pinned: Callable[[int], bool] = lambda _position: False
        self._closed = False
        self._made.connect(self._take, Qt.ConnectionType.QueuedConnection)

    # ---- told by the session

    def set_source(self, source: Source | None) -> None:
        """Another folder (or none): everything at hand is forgotten, results under way are dropped."""
        self._generation += 1
        self._source = source
        self._readings_possible = False
        self._images.clear()
        self._thumbnails.clear()
        self._in_flight.clear()
        self._wanted, self._visible = [], []
        self._plan()

    def set_pinned(self, pinned: Callable[[int], bool]) -> None:
        """Which positions must stay: those with edits that the store has not acknowledged."""
        self._pinned = pinned

    def allow_readings(self) -> None:
        """The project is open: labels can be made."""
        self._readings_possible = True
        self._plan()

    def want(self, entries: Sequence[Entry]) -> None:
        """The images that matter now, the current one first. Queued jobs for others are dropped."""
        self._wanted = list(entries)
        for position in [p for p, image in self._images.items() if image.pixels is None]:
            del self._images[position]
        for entry in reversed(self._wanted):
            self._images.setdefault(entry.position, DisplayImage(entry.position))
            self._images.move_to_end(entry.position)
        self._plan()

    def want_thumbnails(self, entries: Sequence[Entry]) -> None:
        """The rows visible now; thumbnails of others are no longer made."""
        self._visible = list(entries)
        self._plan()

    def get(self, position: int) -> DisplayImage | None:
        """What is at hand of this position."""
        return self._images.get(position)

    def thumbnail(self, position: int) -> QImage | None:
        """The thumbnail if it is at hand."""
        return self._thumbnails.get(position)

    def keep_reading(self, position: int, reading: Reading) -> None:
        """Accept a reading that `reading_ready` delivered."""
        image = self._images.get(position)
        if image is not None:
            image.reading = reading
            self._shrink()

    def make_anew(self, position: int) -> None:
        """The reading at hand is outdated (new prediction, threshold, schema): make it again when wanted."""
        image = self._images.get(position)
        if image is not None:
            image.version += 1
            self._plan()

    def make_all_anew(self, keep: Callable[[Reading], bool]) -> None:
        """All readings at hand are outdated, except those that ``keep`` says to keep."""
        for image in self._images.values():
            if image.reading is None or not keep(image.reading):
                image.version += 1
        self._plan()

    def forget(self, position: int) -> None:
        """Drop what is at hand of one position (its file changed)."""
        self._images.pop(position, None)
        self._thumbnails.pop(position, None)
        self._plan()

    def forget_images(self) -> None:
        """Drop the pixels and labels of every position, what is being made included; thumbnails stay."""
        self._generation += 1
        self._images.clear()
        self._in_flight.clear()
        self._plan()

    def positions(self) -> list[int]:
        """Positions at hand, least recently used first."""
        return list(self._images)

    @property
    def bytes_held(self) -> int:
        """The sum that the budget bounds."""
        return sum(image.cost for image in self._images.values())

    def close(self) -> None:
        """Drop all that is queued. What is being made ends by itself; `wait` waits for it."""
        self._closed = True
        self.set_source(None)

    def wait(self, milliseconds: int = 5000) -> bool:
        """Wait for jobs under way, off the GUI thread or at the very end."""
        return bool(self._pool.waitForDone(milliseconds))

    # ---- planning (GUI thread)

    def _plan(self) -> None:
        """Lay the queue out anew and see that enough threads work on it."""
        with self._lock:
            jobs = [] if self._source is None or self._closed else self._jobs()
            self._queue = jobs
            starting = min(self._threads - self._working, len(jobs))
            self._working += starting
        for _ in range(starting):
            self._pool.start(self._work)

    def _jobs(self) -> list[Job]:
        jobs = []
        typical = max((image.cost for image in self._images.values()), default=0)
        room = self._budget
        for order, entry in enumerate(self._wanted):
            image = self._images.get(entry.position)
            if image is None:
                continue
            room -= max(image.cost, typical)
            if order >= ALWAYS_KEPT and room < 0:
                break  # it would push out one that is wanted more
            needs: list[JobKind] = []
            if image.pixels is None:
                needs.append("pixels")
            if self._readings_possible and image.read != image.version:
                needs.append("reading")
            jobs += [Job(kind, entry, self._generation, image.version, order == 0) for kind in needs]
        jobs += [
            Job("thumbnail", entry, self._generation)
            for entry in self._visible
            if entry.position not in self._thumbnails
        ]
        return [job for job in jobs if job.key not in self._in_flight]

    def _take(self, job: Job, result: object) -> None:
        """A result has arrived in the GUI thread."""
        if job.generation != self._generation or self._closed:
            return
        self._in_flight.discard(job.key)
        position = job.entry.position
        if job.kind == "thumbnail":
            self._thumbnails[position] = result  # type: ignore[assignment]
            while len(self._thumbnails) > THUMBNAILS_KEPT:
                self._thumbnails.popitem(last=False)
            self.thumbnail_ready.emit(position)
        else:
            self._take_part(job, result)
        self._plan()

    def _take_part(self, job: Job, result: object) -> None:
        position = job.entry.position
        image = self._images.get(position)
        if image is None:
            return
        if isinstance(result, Pixels):
            image.pixels = result
            self._shrink()
            self.pixels_ready.emit(position)
        elif isinstance(result, Reading):
            image.read = job.version
            self.reading_ready.emit(position, result)

    def _shrink(self) -> None:
        kept = {entry.position for entry in self._wanted[:ALWAYS_KEPT]}
        held = self.bytes_held
        for position in list(self._images):
            if held <= self._budget:
                return
            if position not in kept and not self._pinned(position):
                held -= self._images.pop(position).cost

    # ---- working (the pool's threads)

    def _work(self) -> None:
        while (job := self._next_job()) is not None:
            result = self._make(job)
            with self._lock:
                self._working_behind -= not job.urgent
            self._made.emit(job, result)

    def _next_job(self) -> Job | None:
        """The first job that may run now: one thread is kept free for the current image."""
        with self._lock:
            behind_allowed = self._working_behind < max(1, self._threads - 1)
            for index, job in enumerate(self._queue):
                if job.urgent or behind_allowed:
                    del self._queue[index]
                    self._in_flight.add(job.key)
                    self._working_behind += not job.urgent
                    return job
            self._working -= 1
            return None

    def _make(self, job: Job) -> object:
        source = self._source
        if source is None or job.generation != self._generation:
            return None
        try:
            if job.kind == "pixels":
                return source.pixels(job.entry)
            if job.kind == "reading":
                return source.reading(job.entry)
            return source.thumbnail(job.entry)
        except Exception as error:  # noqa: BLE001 - an entry that cannot be read is shown as such
            sentence = messages.sentence(error)
            if job.kind == "pixels":
                return Pixels(None, sentence)
            return Reading(None, None, None, problem=sentence) if job.kind == "reading" else None
