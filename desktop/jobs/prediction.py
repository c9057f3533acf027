"""The prediction thread: owns the predictor, answers the most urgent question first, touches no label.

Questions come from two places: `set_ahead` (the image on screen and the next ones, most urgent first;
replaced at every navigation) and, when these are answered, `set_rest` (a source for the rest of the folder).
Answers go to the prediction cache as soon as they exist, whatever the reader did to the label meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QThread, Signal

from desktop import messages
from desktop.errors import DesktopError
from desktop.loop import arbiter
from inference.waiting import give_way

if TYPE_CHECKING:
    from inference.prediction import Prediction

log = logging.getLogger(__name__)

IDLE_SECONDS = 2.0
"""How long no input must have come before torch is imported: the import holds the GIL for some 190 ms."""
AWAY_SECONDS = 30.0
"""After this long without input the desk counts as not in use and torch may take every core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRequest:
    """One question: what does this model say of this image? A smaller ``priority`` is more urgent."""

    image_id: str
    path: Path
    frame: int
    content_hash: str
    model: Path
    model_digest: str
    priority: int = 0

    @property
    def key(self) -> tuple[str, int, str]:
        """What the answer depends on: content, frame, model. Not on the path, nor on the urgency."""
        return self.content_hash, self.frame, self.model_digest


class CacheLike(Protocol):
    """What the thread needs of `desktop.project.cache.PredictionCache`."""

    def get(self, content_hash: str, frame: int, model_digest: str) -> Prediction | None: ...

    def has(self, content_hash: str, frame: int, model_digest: str) -> bool: ...

    def put(self, content_hash: str, frame: int, prediction: Prediction) -> Any: ...


def load_predictor(bundle: Path, threads: int) -> Any:
    """Import torch and build the predictor; the one place of the desktop that does."""
    from inference.predictor import Predictor

    return Predictor(bundle, device="auto", threads=threads)


class PredictionThread(QThread):
    """One thread for the life of the session. All public methods are safe to call from the GUI thread."""

    predicted = Signal(object, object)
    """(request, Prediction): a new answer, already in the cache."""
    failed = Signal(object, str)
    """(request, sentence): this image has no prediction, and why."""
    model_failed = Signal(object, str)
    """(bundle, sentence): this model cannot be used."""
    state_changed = Signal(str)
    """ "off", "waiting" (for an idle moment), "loading", "predicting", "idle" or "failed"."""

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        loader: Callable[[Path, int], Any] = load_predictor,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("prediction")
        self._loader = loader
        self._idle_seconds = idle_seconds
        self._wake = threading.Condition()
        self._ahead: list[PredictionRequest] = []
        self._rest: Callable[[], PredictionRequest | None] | None = None
        self._cache: CacheLike | None = None
        self._keep: Callable[[PredictionRequest, Prediction], None] | None = None
        self._current: PredictionRequest | None = None
        self._unanswerable: set[tuple[str, int, str]] = set()
        self._bad_models: set[str] = set()
        self._predictor: Any = None
        self._aside: PredictionRequest | None = None
        self._predictor_aside: Any = None
        self._is_aside = self._hold_aside = False
        self._last_input = float("-inf")
        self._training = False
        self._outdated = False
        self._stopping = False
        self._state = "off"

    # ---- told by the session (GUI thread)

    def set_cache(
        self, cache: CacheLike | None, keep: Callable[[PredictionRequest, Prediction], None] | None = None
    ) -> None:
        """Where answers are kept; None: nothing is asked (no project open).

        ``keep`` is called in this thread with every new answer (a summary goes to the store).
        """
        with self._wake:
            self._cache = cache
            self._keep = keep
            self._aside, self._hold_aside = None, False
            self._forget()

    def set_ahead(self, requests: Sequence[PredictionRequest]) -> None:
        """The questions that matter now, most urgent first. Replaces the earlier ones.

        A prediction under way is given up when the first question is another one: it is asked again later.
        """
        with self._wake:
            self._ahead = sorted(requests, key=lambda request: request.priority)
            current = self._current
            if current is not None and self._ahead:
                self._outdated = self._outdated or current.key != self._ahead[0].key
            self._wake.notify_all()

    def set_rest(self, source: Callable[[], PredictionRequest | None] | None) -> None:
        """Where questions for the rest of the folder come from; called in the prediction thread."""
        with self._wake:
            self._rest = source
            self._wake.notify_all()

    def ask_aside(self, request: PredictionRequest | None) -> None:
        """One question to another model, for a comparison; None: no longer.

        It is asked when nothing of `set_ahead` waits and gives way to that. Its model is loaded beside the
        one in use, which stays as it is, and is held until None is said.
        """
        with self._wake:
            self._outdated = self._outdated or (self._current is not None and self._is_aside)
            self._aside = request if self._cache is not None else None
            self._hold_aside = request is not None
            self._wake.notify_all()

    def drop(self) -> None:
        """Forget every question, and give up the one under way (another model, another folder)."""
        with self._wake:
            self._forget()

    def _forget(self) -> None:
        self._ahead = []
        self._rest = None
        self._outdated = self._current is not None
        self._unanswerable.clear()
        self._bad_models.clear()
        self._wake.notify_all()

    def note_input(self) -> None:
        """The reader is working: an import of torch waits for two quiet seconds."""
        self._last_input = time.monotonic()

    def set_training(self, running: bool) -> None:
        """A run shares the machine: one thread for predictions."""
        with self._wake:
            self._training = running
            self._wake.notify_all()

    def stop(self) -> None:
        """Ask the thread to end; it does at the next stage of a prediction. Wait with `wait()`."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    @property
    def state(self) -> str:
        """See `state_changed`."""
        return self._state

    # ---- the thread

    def run(self) -> None:
        """The thread's body: take the most urgent question, answer it, until stopped."""
        give_way()
        while (request := self._next()) is not None:
            self._answer(request)
            with self._wake:
                self._current = None
        self._predictor = self._predictor_aside = None

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _next(self) -> PredictionRequest | None:
        while True:
            with self._wake:
                if self._stopping:
                    return None
                request, rest, cache = self._take_ahead() or self._take_aside(), self._rest, self._cache
                if request is not None:
                    return request
            # Outside the lock: the source looks into the cache on disk.
            candidate = rest() if rest is not None and cache is not None else None
            with self._wake:
                if candidate is not None and self._rest is rest and not self._refused(candidate):
                    # Last in the queue: what became urgent meanwhile goes first.
                    self._ahead.append(candidate)
                elif candidate is None and self._rest is rest and self._nothing_waits():
                    self._set_state("failed" if self._bad_models else "idle" if self._predictor else "off")
                    self._rest = None
                    self._wake.wait()

    def _nothing_waits(self) -> bool:
        return not self._stopping and not self._waiting() and self._aside is None

    def _waiting(self) -> bool:
        return bool(self._ahead) and self._cache is not None

    def _take_ahead(self) -> PredictionRequest | None:
        """The most urgent question, which becomes the current one. Under the lock."""
        while self._waiting():
            request = self._ahead.pop(0)
            if not self._refused(request):
                self._current, self._outdated, self._is_aside = request, False, False
                return request
        return None

    def _take_aside(self) -> PredictionRequest | None:
        """The question to another model; it stays until it is answered. Under the lock."""
        if not self._hold_aside:
            self._predictor_aside = None
        elif self._aside is not None and self._cache is not None:
            self._current, self._outdated, self._is_aside = self._aside, False, True
            return self._aside
        return None

    def _end_aside(self, request: PredictionRequest) -> None:
        with self._wake:
            if self._aside is request:
                self._aside = None

    def _refused(self, request: PredictionRequest) -> bool:
        return request.key in self._unanswerable or request.model_digest in self._bad_models

    def _is_outdated(self) -> bool:
        return self._outdated or self._stopping

    def _answer(self, request: PredictionRequest) -> None:
        cache, keep = self._cache, self._keep
        if cache is None:
            return
        try:
            known = cache.get(*request.key)
            if known is not None:
                self._end_aside(request)
                self.predicted.emit(request, known)
                return
            predictor = self._predictor_for(request)
            if predictor is None:
                return
            prediction = self._predict(request, predictor)
            if prediction is not None:
                self._end_aside(request)
                cache.put(request.content_hash, request.frame, prediction)
                if keep is not None:
                    keep(request, prediction)
                self.predicted.emit(request, prediction)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread goes on with the next image
            self._end_aside(request)
            self._unanswerable.add(request.key)
            self._release_memory(error)
            self.failed.emit(request, messages.sentence(error))

    def _predictor_for(self, request: PredictionRequest) -> Any:
        """The request's model, loaded; None when outdated meanwhile or when the model is unusable."""
        for held in (self._predictor, self._predictor_aside):
            if held is not None and held.digest == request.model_digest:
                return held
        if self._predictor is None and not self._wait_for_quiet():
            return None
        self._set_state("loading")
        if self._is_aside:
            self._predictor_aside = None
        else:
            self._predictor = None
        try:
            predictor = self._loader(request.model, self._threads())
        except Exception as error:  # noqa: BLE001 - whatever it is, the desk goes on without this model
            self._refuse_model(request, messages.sentence(error))
            return None
        if predictor.digest != request.model_digest:
            sentence = (
                f"The model in {request.model.name} changed on disk while it was in use; choose it again."
            )
            self._refuse_model(request, sentence)
            return None
        if self._is_aside:
            self._predictor_aside = predictor
        else:
            self._predictor = predictor
        return None if self._is_outdated() else predictor

    def _refuse_model(self, request: PredictionRequest, sentence: str) -> None:
        if self._is_aside:
            self._end_aside(request)  # the model in use is as good as before
        else:
            self._bad_models.add(request.model_digest)
        self.model_failed.emit(request.model, sentence)

    def _wait_for_quiet(self) -> bool:
        """Wait until no input came for a while; False when the question is outdated by then."""
        with self._wake:
            while not self._is_outdated():
                left = self._idle_seconds - (time.monotonic() - self._last_input)
                if left <= 0:
                    return True
                self._set_state("waiting")
                self._wake.wait(left)
        return False

    def _threads(self) -> int:
        in_use = time.monotonic() - self._last_input < AWAY_SECONDS
        now = arbiter.Situation(cores=arbiter.usable_cores(), desk_in_use=in_use, training=self._training)
        return arbiter.for_prediction(now).threads

    def _predict(self, request: PredictionRequest, predictor: Any) -> Prediction | None:
        import torch

        from inference.hashing import content_hash
        from inference.images import read_image
        from inference.predictor import PredictionCancelled

        self._set_state("predicting")
        if torch.get_num_threads() != self._threads():
            torch.set_num_threads(self._threads())
        native = read_image(request.path, request.frame)
        if self._is_outdated():
            return None
        if content_hash(request.path) != request.content_hash:
            raise StaleImageError(request.path)
        try:
            prediction: Prediction = predictor.predict(native, cancelled=self._is_outdated)
        except PredictionCancelled:
            return None
        return prediction

    def _release_memory(self, error: BaseException) -> None:
        # An out-of-memory error holds the frames that hold the tensors.
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            error.__traceback__ = None
            import torch

            if torch.cuda.is_available():
                torch.cuda.empty_cache()


class StaleImageError(DesktopError):
    """The file's bytes are not those that were indexed."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path.name} changed on disk since it was indexed; open the folder again to index it."
        )
