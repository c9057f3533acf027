"""Which model is asked what, and when: keeps the prediction thread ahead of the reviewer (GUI thread)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from desktop import messages
from desktop.jobs.background import Control, Task, Tasks
from desktop.jobs.prediction import CacheLike, PredictionRequest, PredictionThread

if TYPE_CHECKING:
    from desktop.state.entries import Entry
    from inference.bundle import Manifest
    from inference.prediction import Prediction
    from inference.schema import Schema

log = logging.getLogger(__name__)

AHEAD = 8
"""So many images after the current one are predicted before the rest of the folder."""
AHEAD_WHILE_TRAINING = 2
SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """The model that predictions come from. `digest` names it wherever an answer is kept."""

    bundle: Path
    digest: str
    manifest: Manifest
    named: Schema | None = None
    """What it predicts in the project's words, where one is open (`desktop.project.model_names`)."""
    cut_at: Mapping[str, float] | None = None

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.manifest.name

    @property
    def domain(self) -> str:
        """What kind of images it learnt from; "synthetic": generated ones only."""
        return self.manifest.domain

    @property
    def schema(self) -> Schema:
        """What it predicts, in the project's words."""
        return self.manifest.schema if self.named is None else self.named

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Its own threshold per class name of the project."""
        return self.manifest.thresholds if self.cut_at is None else self.cut_at


def read_model(bundle: Path) -> ModelInUse:
    """What can be known of a bundle without torch. Raises BundleError."""
    from inference.bundle import bundle_digest, read_manifest

    return ModelInUse(bundle, bundle_digest(bundle), read_manifest(bundle))


@dataclass(slots=True)
class Rest:
    """The rest of the folder, handed out one request at a time to the prediction thread.

    The entries' list only ever grows and is read without a lock; `done` is touched by this object only.
    """

    entries: Sequence[Entry]
    request: Callable[[Entry], PredictionRequest | None]
    known: Callable[[PredictionRequest], bool]
    cursor: int = 0
    done: set[int] = field(default_factory=set)

    def __call__(self) -> PredictionRequest | None:
        """The next image without a prediction, going round once; None when there is none now."""
        count = len(self.entries)
        for step in range(count):
            position = (self.cursor + step) % count
            if position in self.done:
                continue
            request = self.request(self.entries[position])
            if request is None:
                continue
            self.done.add(position)
            if not self.known(request):
                self.cursor = position + 1
                return request
        return None


class Predicting(QObject):
    """Asks the prediction thread for the right images with the right model, and passes answers on."""

    predicted = Signal(str, object)
    """(image id, Prediction) of the model in use."""
    failed = Signal(str, str)
    """(image id, sentence)."""
    model_changed = Signal()
    """`model` is another one (or none), or predictions with it became allowed."""
    renamed = Signal()
    """What the model in use says is called otherwise now: predictions at hand are read again."""
    state_changed = Signal(str)
    """See `PredictionThread.state_changed`."""
    problem = Signal(str, str)
    """(sentence, details): the model cannot be used."""

    def __init__(self, parent: QObject | None = None, *, thread: PredictionThread | None = None) -> None:
        super().__init__(parent)
        self.model: ModelInUse | None = None
        self.allowed_domain = ""
        self._consent = False
        self._training = False
        self._paused = False
        self.naming: Callable[[ModelInUse], ModelInUse] = lambda model: model
        self._folder: Path | None = None
        self._entries: Sequence[Entry] = ()
        self._cache: CacheLike | None = None
        self._position = -1
        self._rest: Rest | None = None
        self._answered: set[str] = set()
        self._choice = 0
        self.route: Callable[[], Sequence[int]] = tuple
        self._tasks = Tasks(self)
        self.thread_ = thread or PredictionThread()
        queued = Qt.ConnectionType.QueuedConnection
        self.thread_.predicted.connect(self._on_predicted, queued)
        self.thread_.failed.connect(self._on_failed, queued)
        self.thread_.model_failed.connect(self._on_model_failed, queued)
        self.thread_.state_changed.connect(self.state_changed, queued)

    # ---- what is predicted with

    def use(self, bundle: Path | None) -> None:
        """Read the bundle behind, then predict with it. None: predict no more."""
        self._choice += 1
        choice = self._choice
        if bundle is None:
            self._set_model(None)
            return

        naming = self.naming

        def work(_control: Control) -> tuple[int, ModelInUse]:
            return choice, naming(read_model(bundle))

        task = Task("model", work)
        task.done.connect(self._on_model_read, Qt.ConnectionType.QueuedConnection)
        task.failed.connect(self._on_model_unreadable, Qt.ConnectionType.QueuedConnection)
        self._tasks.start(task)

    def _on_model_read(self, result: tuple[int, ModelInUse]) -> None:
        choice, model = result
        if choice == self._choice:
            self._set_model(model)

    def name_again(self) -> None:
        """The project calls things otherwise now, or a person said what the model means: follow, behind."""
        model, naming = self.model, self.naming
        if model is not None:
            task = Task("model names", lambda _control: naming(model))
            task.done.connect(self._on_named, Qt.ConnectionType.QueuedConnection)
            task.failed.connect(self._on_model_unreadable, Qt.ConnectionType.QueuedConnection)
            self._tasks.start(task)

    def _on_named(self, model: ModelInUse) -> None:
        before = self.model
        if before is None or before.digest != model.digest or before == model:
            return
        self.model = model
        self.model_changed.emit()
        self.renamed.emit()

    def _on_model_unreadable(self, error: BaseException) -> None:
        self.problem.emit(messages.sentence(error), "")

    def _set_model(self, model: ModelInUse | None) -> None:
        self.model = model
        self._consent = False
        self._restart()
        self.model_changed.emit()

    @property
    def allowed(self) -> bool:
        """Whether the model may predict here: one of synthetic images only on such, or by consent."""
        if self.model is None or self.model.domain != SYNTHETIC:
            return True
        return self._consent or self.allowed_domain == SYNTHETIC

    def allow(self) -> None:
        """The reader chose this model for this folder."""
        self._consent = True
        self._restart()
        self.model_changed.emit()

    def set_training(self, running: bool) -> None:
        """A run is on: the current image and the next two only, with one thread."""
        self._training = running
        self.thread_.set_training(running)
        self._restart()

    def note_input(self) -> None:
        """The reader is working."""
        self.thread_.note_input()

    @property
    def gone_through(self) -> tuple[int, int]:
        """So many images of the folder were asked for or known already, of so many."""
        return (len(self._rest.done) if self._rest is not None else 0), len(self._entries)

    def pause(self, paused: bool) -> None:
        """Predict only around the current image, or the rest of the folder again."""
        self._paused = paused
        self._restart()

    # ---- what is predicted

    def set_folder(
        self,
        folder: Path | None,
        entries: Sequence[Entry],
        cache: CacheLike | None,
        domain: str = "",
        keep: Callable[[PredictionRequest, Prediction], None] | None = None,
    ) -> None:
        """Another folder (or none). ``domain`` is the folder's own: "synthetic" for the sample project.

        ``keep`` gets every new answer, in the prediction thread.
        """
        self._folder, self._entries, self._cache = folder, entries, cache
        self.allowed_domain = domain
        self._consent = False
        self._position = -1
        self.thread_.set_cache(cache, keep)
        self._restart()

    def go_to(self, position: int) -> None:
        """The reviewer is here now."""
        self._position = position
        self._ask()

    def entries_indexed(self) -> None:
        """More entries have an identity, so more can be asked."""
        self._ask()

    def request_for(self, entry: Entry, priority: int = 0) -> PredictionRequest | None:
        """The question about an entry; None without an identity, a readable file, or a model in use."""
        model, folder, row = self.model, self._folder, entry.row
        if model is None or folder is None or row is None or row.problem or not row.content_hash:
            return None
        return PredictionRequest(
            image_id=row.id,
            path=folder / entry.path,
            frame=entry.frame,
            content_hash=row.content_hash,
            model=model.bundle,
            model_digest=model.digest,
            priority=priority,
        )

    def ask_aside(self, request: PredictionRequest | None) -> None:
        """Ask another model about one image when the model in use has nothing urgent; None: no longer.

        The answer comes by the thread's own signals.
        """
        if request is not None and self._cache is not None and not self.thread_.isRunning():
            self.thread_.start()
        self.thread_.ask_aside(request)

    def _restart(self) -> None:
        """Drop the old questions (another model, folder or rule) and ask anew."""
        self.thread_.drop()
        self._rest = None
        self._answered.clear()
        self._ask()

    def _ask(self) -> None:
        cache = self._cache
        if self.model is None or cache is None or not self.allowed:
            return
        if not self.thread_.isRunning():
            self.thread_.start()
        ahead = AHEAD_WHILE_TRAINING if self._training else AHEAD
        first = max(self._position, 0)
        requests = [
            request
            for order, entry in enumerate(self._ahead(first, ahead))
            if entry.image_id not in self._answered
            and (request := self.request_for(entry, order)) is not None
        ]
        self.thread_.set_ahead(requests)
        if self._training or self._paused:
            return
        if self._rest is None:
            self._rest = Rest(self._entries, self.request_for, lambda request: known_to(cache, request))
            self._rest.cursor = first
        self.thread_.set_rest(self._rest)

    def _ahead(self, first: int, ahead: int) -> list[Entry]:
        """The current entry and those after it; before these, the next ones of a filter that is on."""
        count = len(self._entries)
        positions = dict.fromkeys([first, *self.route(), *range(first + 1, first + ahead + 1)])
        return [self._entries[at] for at in list(positions)[: ahead + 1] if 0 <= at < count]

    # ---- answers

    def _on_predicted(self, request: PredictionRequest, prediction: Prediction) -> None:
        if self.model is not None and request.model_digest == self.model.digest:
            self._answered.add(request.image_id)
            self.predicted.emit(request.image_id, prediction)

    def _on_failed(self, request: PredictionRequest, sentence: str) -> None:
        self._answered.add(request.image_id)
        self.failed.emit(request.image_id, sentence)

    def _on_model_failed(self, bundle: Any, sentence: str) -> None:
        if self.model is not None and bundle == self.model.bundle:
            self.problem.emit(sentence, "")

    # ---- ending

    def stop(self) -> None:
        """Ask the thread to end; `wait` waits for it."""
        self._choice += 1
        self._tasks.cancel_all()
        self.thread_.stop()

    def wait(self, milliseconds: int = 10_000) -> bool:
        """Wait for the thread to end (off the GUI thread, or at the very end)."""
        read = self._tasks.wait_elsewhere(milliseconds)
        return (not self.thread_.isRunning() or bool(self.thread_.wait(milliseconds))) and read


def known_to(cache: CacheLike, request: PredictionRequest) -> bool:
    """Whether the answer is in the cache already."""
    return cache.has(*request.key)
