"""What is shown beside the current image: another image, or the same one as somebody else sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop import messages
from desktop.jobs.predicting import SYNTHETIC, ModelInUse, read_model
from desktop.jobs.prediction import PredictionRequest
from desktop.jobs.second_reading import Seen, choices_for, label_overlay, other_image, predicted_overlay
from desktop.project.provenance import Cut

if TYPE_CHECKING:
    from pathlib import Path

    from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
    from desktop.session import Session
    from inference.prediction import Prediction

SEARCH_LIMIT = 200
NEAR = 5
SETTLE_MS = 120
"""Thresholds that are dragged are followed so long after the last move."""


class Kind(Enum):
    """What may be shown beside an image."""

    IMAGE = "image"
    PREDICTION = "prediction"
    MODEL = "model"
    LABEL = "label"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to show. ``group`` marks an image of the same group: it follows to the next image's group.

    ``position`` belongs to an image, ``bundle`` to a model, ``reader`` and ``reading`` to a label.
    """

    kind: Kind
    title: str
    section: str = ""
    position: int = -1
    bundle: Path | None = None
    reader: str = ""
    reading: int = 0
    group: bool = False


class SecondView(QObject):
    """The content of the second view. GUI thread only; everything slow is made behind."""

    active_changed = Signal(bool)
    """It was opened or closed."""
    content_changed = Signal()
    """`choice`, `pyramid`, `overlay`, `waiting` or `problem` are others."""
    choices_changed = Signal()
    """`choices` of the current image are known."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._active = False
        self._token = 0
        self._known_for: str | None = None
        self._wanted_model: tuple[ModelInUse, PredictionRequest] | None = None
        self._holds_model = False
        self.choice: Choice | None = None
        self.choices: Sequence[Choice] = ()
        self.pyramid: ImagePyramid | None = None
        self.overlay: OverlayPyramid | None = None
        self.waiting = ""
        self.problem = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SETTLE_MS)
        self._soon.timeout.connect(self._show)
        session.image_changed.connect(lambda _entry: self._next_image())
        session.display_changed.connect(self._display_changed)
        session.prediction_changed.connect(self._prediction_changed)
        session.options_changed.connect(self._prediction_changed)
        session.entries_changed.connect(lambda *_: self._identity_known())
        session.entries_reset.connect(self.close)
        queued = Qt.ConnectionType.QueuedConnection
        thread = getattr(session.predicting, "thread_", None)
        if thread is not None:
            thread.predicted.connect(self._answered, queued)
            thread.failed.connect(self._unanswered, queued)
            thread.model_failed.connect(self._model_failed, queued)

    # ---- opening and closing

    @property
    def active(self) -> bool:
        """Whether there is a second view."""
        return self._active

    def open(self) -> None:
        """Show a second view: what was shown there last, else what suggests itself."""
        if not self._active and self._session.entry is not None:
            self._active = True
            self._known_for = None
            self.active_changed.emit(True)
            self._next_image()

    def close(self) -> None:
        """Show one image only, and let go of what the other one held."""
        if self._active:
            self._active = False
            self._clear()
            self._let_go_of_model()
            self.active_changed.emit(False)

    def choose(self, choice: Choice) -> None:
        """Show this from now on, also when other images come."""
        self.choice = choice
        self._show()

    def search(self, text: str, found: Callable[[Sequence[Choice]], None]) -> None:
        """Find images by a part of their path; ``found`` gets at most 200, in the list's order."""
        entries, words = self._session.entries, text.casefold().split()

        def work() -> list[Choice]:
            hits: list[Choice] = []
            for at in range(len(entries)):
                path = entries[at].path.casefold()
                if all(word in path for word in words):
                    hits.append(Choice(Kind.IMAGE, entries[at].title, "Images", at))
                    if len(hits) >= SEARCH_LIMIT:
                        break
            return hits

        self._session.run_behind(work, found)

    # ---- following the current image

    def _next_image(self) -> None:
        if not self._active:
            return
        self._clear()
        self.choices = ()
        self._known_for = None
        self.waiting = "Reading…"
        self.content_changed.emit()
        self._identity_known()

    def _identity_known(self) -> None:
        """Ask what can be shown beside this image, once it is known to the store."""
        session, entry = self._session, self._session.entry
        project = session.project
        if not self._active or project is None or entry is None or entry.image_id is None:
            return
        if self._known_for == entry.image_id:
            return
        self._known_for = entry.image_id
        model = session.model
        work = partial(choices_for, project, session.entries, entry.position, model.digest if model else "")
        session.run_behind(work, partial(self._choices_known, entry.image_id))

    def _choices_known(self, image_id: str, seen: Seen) -> None:
        if not self._active or image_id != self._known_for:
            return
        model, session = self._session.model, self._session
        mates = [
            Choice(Kind.IMAGE, session.entries[at].title, "Same group", at, group=True) for at in seen.mates
        ]
        same: list[Choice] = []
        if model is not None:
            same.append(Choice(Kind.PREDICTION, f"Prediction of {model.name}", "This image"))
        same += [
            Choice(Kind.MODEL, f"Prediction of {name}", "This image", bundle=path)
            for name, path in seen.models
        ]
        same += [
            Choice(Kind.LABEL, title, "This image", reader=reader, reading=reading)
            for title, reader, reading in seen.labels
        ]
        same.append(Choice(Kind.BARE, "Without layers", "This image"))
        self.choices = (*mates, *same, *self._near(seen.mates))
        self.choices_changed.emit()
        self._choose_again(mates, same)

    def _near(self, mates: Sequence[int]) -> list[Choice]:
        """Images around the current one in the list; any other is found by its name."""
        entries, position = self._session.entries, self._session.position
        first, end = max(0, position - NEAR), min(len(entries), position + NEAR + 1)
        near = (at for at in range(first, end) if at != position and at not in mates)
        return [Choice(Kind.IMAGE, entries[at].title, "Images nearby", at) for at in near]

    def _choose_again(self, mates: Sequence[Choice], same: Sequence[Choice]) -> None:
        """Keep the kind of thing that was shown, or take what suggests itself."""
        before = self.choice
        position = self._session.position
        if before is None or (before.kind is Kind.IMAGE and before.position == position and not mates):
            self.choice = next(iter((*mates, *same)))
        elif before.group:
            kept = next((one for one in mates if one.position == before.position), None)
            self.choice = kept or next(iter((*mates, *same)))
        elif before.kind is Kind.LABEL:
            found = (one for one in same if (one.reader, one.reading) == (before.reader, before.reading))
            self.choice = next(found, before)
        self._show()

    def _display_changed(self) -> None:
        if self._active and self.choice is not None and self.choice.kind is not Kind.IMAGE:
            self._soon.start(0)

    def _prediction_changed(self) -> None:
        if self._active and self.choice is not None and self.choice.kind is Kind.PREDICTION:
            self._soon.start(SETTLE_MS)

    # ---- showing

    def _clear(self) -> None:
        self._token += 1
        self._soon.stop()
        self._wanted_model = None
        self.pyramid = self.overlay = None
        self.waiting = self.problem = ""

    def _let_go_of_model(self) -> None:
        """No other model is compared with any more: its weights need no memory."""
        if self._holds_model:
            self._holds_model = False
            self._session.predicting.ask_aside(None)

    def _show(self) -> None:
        choice = self.choice
        if not self._active or choice is None:
            return
        self._clear()
        if choice.kind is not Kind.MODEL:
            self._let_go_of_model()
        same = self._session.image_pyramid
        if choice.kind is Kind.IMAGE:
            self._show_image(choice)
        elif same is None:
            self.problem = self._session.image_problem or ""
            self.waiting = "" if self.problem else "Reading…"
        else:
            self.pyramid = same
            {
                Kind.PREDICTION: self._show_prediction,
                Kind.MODEL: self._show_model,
                Kind.LABEL: self._show_label,
                Kind.BARE: lambda _choice: None,
            }[choice.kind](choice)
        self.content_changed.emit()

    def _behind(
        self, work: Callable[[], object], taken: Callable[..., None], waiting: str = "Reading…"
    ) -> None:
        """Make something; what comes after something else was chosen is dropped."""
        token = self._token
        self.waiting = waiting

        def done(result: object) -> None:
            if token == self._token:
                self.waiting = ""
                taken(result)
                self.content_changed.emit()

        def failed(error: BaseException) -> None:
            if token == self._token:
                self.waiting, self.problem = "", messages.sentence(error)
                self.content_changed.emit()

        self._session.run_behind(work, done, failed)

    def _show_image(self, choice: Choice) -> None:
        session = self._session
        source, pool = session.opening.source, session.showing.pool
        if source is None or not 0 <= choice.position < len(session.entries):
            return
        at_hand = pool.get(choice.position)
        work = partial(other_image, source, session.entries[choice.position], at_hand)
        self._behind(work, self._take_image)

    def _take_image(self, result: tuple[ImagePyramid, OverlayPyramid | None]) -> None:
        self.pyramid, self.overlay = result

    def _take_overlay(self, overlay: OverlayPyramid | None) -> None:
        self.overlay = overlay

    def _show_prediction(self, _choice: Choice) -> None:
        session = self._session
        prediction = session.prediction
        if prediction is None:
            self.waiting = "The model has not read this image yet."
            return
        cuts = {one.name: session.thresholds.cut(one.name) for one in session.schema.active_classes}
        self._show_answer(prediction, cuts)

    def _show_answer(self, prediction: Prediction, cuts: Mapping[str, Cut]) -> None:
        work = partial(predicted_overlay, prediction, self._session.schema, cuts)
        self._behind(work, self._take_overlay)

    def _show_label(self, choice: Choice) -> None:
        project, entry = self._session.project, self._session.entry
        if project is not None and entry is not None and entry.image_id is not None:
            work = partial(label_overlay, project, entry.image_id, choice.reader, choice.reading)
            self._behind(work, self._take_overlay)

    # ---- another model

    def _show_model(self, choice: Choice) -> None:
        if choice.bundle is not None:
            self._behind(partial(read_model, choice.bundle), self._ask_model, "The model is being read…")

    def _ask_model(self, model: ModelInUse) -> None:
        predicting, entry = self._session.predicting, self._session.entry
        request = predicting.request_for(entry) if entry is not None else None
        if entry is None or entry.row is None or not entry.row.content_hash:
            self.waiting = "This image is still being indexed."
            return
        if model.domain == SYNTHETIC and predicting.allowed_domain != SYNTHETIC:
            self.problem = f"{model.name} learnt from generated images only: it says nothing of real ones."
            return
        folder = self._session.folder
        if folder is None:
            return
        if request is None:
            request = PredictionRequest(
                image_id=entry.row.id,
                path=folder / entry.path,
                frame=entry.frame,
                content_hash=entry.row.content_hash,
                model=model.bundle,
                model_digest=model.digest,
            )
        request = replace(request, model=model.bundle, model_digest=model.digest)
        self.waiting = f"{model.name} is reading this image…"
        self._wanted_model, self._holds_model = (model, request), True
        predicting.ask_aside(request)

    def _answered(self, request: PredictionRequest, prediction: Prediction) -> None:
        wanted = self._wanted_model
        if wanted is None or request.key != wanted[1].key or not self._active:
            return
        self._wanted_model = None
        self._show_answer(prediction, {name: Cut(at) for name, at in wanted[0].thresholds.items()})
        self.content_changed.emit()

    def _unanswered(self, request: PredictionRequest, sentence: str) -> None:
        if self._wanted_model is not None and request.key == self._wanted_model[1].key:
            self._fail(sentence)

    def _model_failed(self, bundle: object, sentence: str) -> None:
        if self._wanted_model is not None and bundle == self._wanted_model[0].bundle:
            self._fail(sentence)

    def _fail(self, sentence: str) -> None:
        self._wanted_model = None
        self.waiting, self.problem = "", sentence
        self.content_changed.emit()
