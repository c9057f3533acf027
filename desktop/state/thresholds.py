"""How classes are cut out of predictions: thresholds, smallest areas, holes; seen live, kept as one edit.

While a cut is moved a `Preview` shows it on the canvas; nothing of the label changes. On release the exact
mask is computed behind and lands as one undo step ("this image"), or becomes the project's setting for every
image that nobody edited yet ("all unseen images").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.canvas.preview import ClassLevels, Preview
from desktop.project.edit import Edit, class_edit
from desktop.project.foresight import Foreseen, foresee
from desktop.project.provenance import Base, Cut
from desktop.project.rows import FINISHED, REJECTED
from desktop.state.landing import Change, Work
from inference.postprocess import class_mask

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.project.provenance import Cut as _Cut
    from desktop.session import Session
    from inference.prediction import Prediction
    from inference.schema import MaskClass

Scope = Literal["image", "unseen"]

KEY_STEP = 0.01
KEYS_REST_MS = 500
"""Keys have no release: what they moved is committed when they have been quiet for so long."""


@dataclass(slots=True, eq=False)
class Move:
    """A cut in somebody's hand."""

    item: MaskClass
    label: Label
    prediction: Prediction
    cut: _Cut
    start: _Cut
    preview: Preview | None = None
    released: bool = False


class Thresholds(QObject):
    """The cuts in use, and the one that is being moved. GUI thread only; owns no widget."""

    changed = Signal()
    """A cut, or the scope, is another one; also for every move."""
    settled = Signal()
    """The cuts that hold are others: nothing is in somebody's hand."""
    preview_changed = Signal()
    """`preview` came, went, or stands at another cut."""
    shared_changed = Signal()
    """Unseen images are cut in another way: labels that nobody edited follow."""
    problem = Signal(str, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._shared: Mapping[str, Cut] = {}
        self._move: Move | None = None
        self.scope: Scope = "image"
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(KEYS_REST_MS)
        self._rest.timeout.connect(self.release)

    # ---- which cut holds

    def model_cut(self, class_name: str) -> Cut:
        """The model's own threshold, else 0.5; every region, holes left open."""
        model = self._session.model
        return Cut(model.thresholds.get(class_name, 0.5)) if model is not None else Cut()

    def shared_cut(self, class_name: str) -> Cut:
        """How unseen images are cut: as set in this project for the model in use, else the model's own."""
        return self._shared.get(class_name) or self.model_cut(class_name)

    def shared_cuts(self) -> dict[str, Cut]:
        """`shared_cut` of every active class, by name."""
        return {item.name: self.shared_cut(item.name) for item in self._session.schema.active_classes}

    def is_shared(self, class_name: str) -> bool:
        """Whether this project cuts a class otherwise than the model in use does by itself."""
        return class_name in self._shared

    def cut(self, class_name: str) -> Cut:
        """What holds for the current image: in the hand, else what its label was cut with, else shared."""
        move = self._move
        if move is not None and move.item.name == class_name:
            return move.cut
        label, prediction = self._session.label, self._session.prediction
        if label is not None and not label.is_virtual:
            taken = label.cut(class_name)
            if taken is not None and (prediction is None or taken[0] == prediction.model_digest):
                return taken[1]
        return self.shared_cut(class_name)

    def set_scope(self, scope: Scope) -> None:
        """Whether a release concerns this image alone, or all unseen images too."""
        if scope != self.scope:
            self.scope = scope
            self.changed.emit()

    def adopt(self) -> None:
        """Another model or project: its own cuts hold."""
        self._drop()
        project, model = self._session.project, self._session.model
        known = project is not None and model is not None
        self._shared = project.shared_cuts(model.digest) if known else {}  # type: ignore[union-attr]
        self._tell()

    # ---- moving one

    @property
    def preview(self) -> Preview | None:
        """What the canvas shows in the place of a class, while its cut is moved."""
        return self._move.preview if self._move is not None else None

    @property
    def stays(self) -> int | None:
        """So many pixels of the class in the hand are a person's and stay; None when nothing is moved."""
        preview = self.preview
        return preview.levels.stays if preview is not None else None

    @property
    def moving(self) -> str | None:
        """The class whose cut is in somebody's hand."""
        return self._move.item.name if self._move is not None and not self._move.released else None

    def can_move(self, class_name: str) -> bool:
        """Whether the model says something of this class of the current image."""
        label, prediction = self._session.label, self._session.prediction
        known = label is not None and label.planes is not None and prediction is not None
        return known and class_name in prediction.classes  # type: ignore[union-attr]

    def move(self, class_name: str, cut: Cut) -> None:
        """Show a cut on the canvas; `release` keeps it. A locked layer is not moved, and says so."""
        move = self._move
        if move is None or move.released or move.item.name != class_name:
            self.release()
            move = self._take(class_name)
        if move is None or move.cut == cut:
            return
        move.cut = cut
        if move.preview is not None:
            move.preview.cut = cut
            self.preview_changed.emit()
        self.changed.emit()

    def nudge(self, class_name: str, by: float) -> None:
        """Move a threshold by a key; one undo step once the key is let alone."""
        cut = self.cut(class_name)
        value = round(min(max(cut.threshold + by, KEY_STEP), 1 - KEY_STEP), 2)
        self.move(class_name, replace(cut, threshold=value))
        if self.moving:
            self._rest.start()

    def reset(self, class_name: str) -> None:
        """Back to the model's own cut, in the scope that is chosen."""
        self.set(class_name, self.model_cut(class_name))

    def set(self, class_name: str, cut: Cut) -> None:
        """Move and release at once."""
        self.move(class_name, cut)
        self.release()

    def rest(self) -> None:
        """Release in a moment, unless it is moved on: for keys and wheels, which have no release."""
        if self.moving:
            self._rest.start()

    def flush(self) -> None:
        """Release what keys moved, now: something else is about to happen to the label."""
        if self._rest.isActive():
            self.release()

    def abort(self) -> None:
        """Let go and change nothing."""
        if self._move is not None and not self._move.released:
            self._drop()

    def release(self) -> None:
        """Keep the cut in the hand: an undo step of this image, or the setting of all unseen ones."""
        self._rest.stop()
        move = self._move
        if move is None or move.released:
            return
        if move.cut == move.start and (self.scope == "image" or move.cut == self.shared_cut(move.item.name)):
            self._drop()
            return
        move.released = True
        if self.scope == "image":
            self._commit(move)
        else:
            self._share(move)

    def take(self, class_name: str) -> None:
        """Give a class's unprotected pixels what the prediction says at the cut in use: one undo step."""
        self.flush()
        if self.can_move(class_name) and self._may(class_name):
            item = self._session.schema.class_named(class_name)
            label, prediction = self._session.label, self._session.prediction
            if label is not None and prediction is not None:
                cut = self.cut(class_name)
                move = Move(item, label, prediction, cut, cut)
                self._land(move, f"Prediction · {item.label}")

    # ---- inside

    def _may(self, class_name: str) -> bool:
        item = self._session.schema.class_named(class_name)
        sentence = self._session.layers.refusal((item.id,))
        if sentence:
            self.problem.emit(sentence, "")
        return not sentence

    def _take(self, class_name: str) -> Move | None:
        """Take a cut in the hand; its preview follows as soon as it is made."""
        session = self._session
        label, prediction = session.label, session.prediction
        if not self.can_move(class_name) or label is None or prediction is None or label.stroke_open:
            return None
        if not self._may(class_name):
            return None
        if session.project is not None:
            session.project.prepare(label)
        item, planes = session.schema.class_named(class_name), label.planes
        start = self.cut(class_name)
        move = self._move = Move(item, label, prediction, start, start)

        def made(levels: ClassLevels) -> None:
            if self._move is move:
                move.preview = Preview(levels, move.cut)
                self.preview_changed.emit()
                self.changed.emit()

        session.run_behind(lambda: ClassLevels.of(prediction, class_name, item.id, planes), made)
        return move

    def _commit(self, move: Move) -> None:
        self._land(move, f"Threshold {move.cut.threshold:.2f} · {move.item.label}")

    def _land(self, move: Move, text: str) -> None:
        label, prediction, item, cut = move.label, move.prediction, move.item, move.cut
        origin = Base.predicted(prediction.model_digest, {item.name: cut})

        def begin() -> Work | None:
            standing = label.standing()

            def work() -> Foreseen | None:
                if standing.planes is None:
                    return None
                mask = class_mask(
                    prediction, item.name, cut.threshold, min_area=cut.min_area, fill_holes=cut.fill_holes
                )
                made = class_edit(standing.planes, item.id, mask, text)
                # Also when no pixel changes: that the label was cut like this is what the reader said.
                return foresee(standing, [(Edit(text, made.patches if made else (), (), origin), True)])

            return work

        def land(foreseen: Foreseen) -> bool:
            landed = label.land(foreseen)
            if landed:
                # Before the pixels are told: the canvas is composed once.
                self._ended(move)
            return landed

        def ended(landed: bool) -> None:
            if not landed:
                self._ended(move)

        self._session.landing.start(Change(label, begin, land, ended))

    def _share(self, move: Move) -> None:
        session, name, cut = self._session, move.item.name, move.cut
        project, model = session.project, session.model
        if project is None or model is None:
            self._drop()
            return
        own = None if cut == self.model_cut(name) else cut
        session.saving.follow("", project.share_cut(model.digest, name, own))
        self._shared = project.shared_cuts(model.digest)
        self.shared_changed.emit()
        label = move.label
        if label.is_virtual:
            self.changed.emit()  # its new reading takes the preview away
        elif self._is_settled(label):
            self._drop()
        else:
            self._commit(move)

    def _is_settled(self, label: Label) -> bool:
        position = self._session.entries.position_of(label.key.image_id)
        status = self._session.entries[position].status if position is not None else ""
        return status in (*FINISHED, REJECTED)

    def label_shown(self) -> None:
        """Another label, or the same image's made anew, is shown."""
        move = self._move
        if move is None or move.label is self._session.label:
            return
        if not move.released:
            self.release()
        self._drop()

    def _ended(self, move: Move) -> None:
        if self._move is move:
            self._drop()
        else:
            self._tell()

    def _tell(self) -> None:
        self.changed.emit()
        self.settled.emit()

    def _drop(self) -> None:
        self._rest.stop()
        if self._move is not None:
            self._move = None
            self.preview_changed.emit()
            self._tell()
