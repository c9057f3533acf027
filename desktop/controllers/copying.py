"""Copying a class: from another image of the same size, from the model, from another reader's label."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from desktop.controllers.offering import Offering
from desktop.project.class_sources import Source, combined, copied_mask, other_images, other_readers
from desktop.project.errors import ProjectError
from desktop.project.proposals import Proposed, proposed_mask
from inference.postprocess import class_mask

if TYPE_CHECKING:
    from PySide6.QtWidgets import QVBoxLayout

    from desktop.canvas.view import CanvasView
    from desktop.panels.copy_class import CopyStrip
    from desktop.project.label import Label
    from desktop.project.planes import Bits, LabelPlanes
    from desktop.session import Session
    from inference.prediction import Prediction

NOWHERE = {
    "image": "No other image has this size.",
    "prediction": "The model says nothing of this image yet.",
    "reader": "No other reader has labelled this image.",
}


class CopyClass:
    """Sets a copy up in its strip and offers it for the class selected."""

    def __init__(self, session: Session, canvas: CanvasView) -> None:
        self._session = session
        self._canvas = canvas
        self.offering = Offering(session, canvas)
        self._sources: dict[str, list[Source]] = {}
        self._loaded: tuple[object, Bits] | None = None
        self._shown = False
        self._place: QVBoxLayout | None = None
        self.offering.changed.connect(self._show_offer)
        self.offering.gone.connect(self.leave)
        session.image_changed.connect(lambda _entry: self.leave())
        session.selection_changed.connect(lambda: self._kind_changed() if self._shown else None)

    def attach(self, place: QVBoxLayout) -> None:
        """The strip is to stand here."""
        self._place = place

    @cached_property
    def strip(self) -> CopyStrip:
        """What a copy is set up in; made for the first one."""
        from desktop.panels.copy_class import CopyStrip

        made = CopyStrip(
            take=self.offering.take, leave=self.leave, kind_changed=self._kind_changed, changed=self._offer
        )
        if self._place is not None:
            self._place.addWidget(made)
        return made

    def start(self) -> None:
        """Show the strip; asked for once more, what is offered is done."""
        label = self._session.label
        if self._shown:
            self.offering.take()
        elif label is not None and self._session.project is not None:
            self._shown = True
            self._sources = {}
            self.strip.open()
            self._look_for_sources(label)
            self._kind_changed()

    def leave(self) -> bool:
        """Leave it; returns whether it was open."""
        was_open, self._shown = self._shown, False
        self.offering.withdraw()
        if was_open:
            self._loaded = None
            keyboard = self.strip.holds_keyboard()
            self.strip.hide()
            if keyboard:
                self._canvas.setFocus()
        return was_open

    def take_keyboard(self) -> bool:
        """Put the keyboard where Enter takes what is offered; False when nothing is."""
        if not self._shown:
            return False
        self.strip.apply.setFocus()
        return True

    def _show_offer(self, sentence: str, changes: bool) -> None:
        class_id = self._session.class_id
        into = self._session.schema.class_by_id(class_id).label if class_id is not None else ""
        self.strip.show_offer(f"{into} · {sentence}", changes)

    def _look_for_sources(self, label: Label) -> None:
        project = self._session.project
        if project is None:
            return
        image_id = label.key.image_id

        def look() -> dict[str, list[Source]]:
            return {"image": other_images(project, image_id), "reader": other_readers(project, image_id)}

        def found(sources: dict[str, list[Source]]) -> None:
            if self._shown and self._session.label is label:
                self._sources = sources
                self._kind_changed()

        self._session.run_behind(look, found)

    @property
    def _kind(self) -> str:
        return str(self.strip.kind.currentData())

    def _kind_changed(self) -> None:
        """Offer what there is to copy from, the class of the same name first."""
        session, chosen = self._session, self._session.class_id
        schema, prediction = session.schema, session.prediction
        name = schema.class_by_id(chosen).name if chosen is not None else ""
        if self._kind == "prediction":
            names = prediction.classes if prediction is not None else ()
            self.strip.set_which(())
            self.strip.set_classes([(one, one) for one in names], name)
        else:
            titles = [
                f"{one.title} (same group)" if one.near else one.title
                for one in self._sources.get(self._kind, ())
            ]
            self.strip.set_which(titles)
            classes = [(one.label, one.id) for one in schema.active_classes] if titles else []
            self.strip.set_classes(classes, chosen)
        self._offer()

    def _offer(self) -> None:
        session, class_id = self._session, self._session.class_id
        if not self._shown or class_id is None:
            return
        item = session.schema.class_by_id(class_id)
        source = self._source()
        how, from_class = self.strip.how.currentData(), self.strip.source_class.currentData()
        if source is None or from_class is None:
            self.offering.withhold()
            waiting = self._kind != "prediction" and self._kind not in self._sources
            self.strip.show_offer("…" if waiting else NOWHERE[self._kind], False)
            return
        self.strip.wait()
        title = "the model" if isinstance(source, str) else source.title
        load = self._loader(source, from_class)

        def make(planes: LabelPlanes) -> Proposed:
            before = planes.class_mask(class_id)
            copied = load((planes.height, planes.width))
            after, text = combined(before, copied, how), f"Copy from {title} · {item.label}"
            allowed = session.allowed(planes.whole, class_id, planes)
            return proposed_mask(planes, class_id, planes.whole, after, text, allowed=allowed)

        self.offering.offer(make)

    def _source(self) -> Source | str | None:
        if self._kind == "prediction":
            return "prediction" if self._session.prediction is not None else None
        sources, at = self._sources.get(self._kind, []), self.strip.which.currentData()
        return sources[at] if at is not None and at < len(sources) else None

    def _loader(self, source: Source | str, from_class: str | int) -> Callable[[tuple[int, int]], Bits]:
        """What reads the pixels to copy, (H, W) bool, on another thread; read once for each source."""
        session, key = self._session, (source, from_class)
        project, prediction = session.project, session.prediction
        folder, digest = session.opening.source, session.model.digest if session.model else ""
        cache = folder.cache if folder is not None else None
        name = from_class if isinstance(from_class, str) else session.schema.class_by_id(from_class).name
        threshold = session.threshold(name)

        def predicted(content_hash: str, frame: int) -> Prediction | None:
            return cache.get(content_hash, frame, digest) if cache is not None and digest else None

        def read(size: tuple[int, int]) -> Bits:
            if isinstance(source, Source) and isinstance(from_class, int) and project is not None:
                return copied_mask(project, source, from_class, size, predicted, threshold)
            if prediction is None:
                raise ProjectError("The model says nothing of this image any more.")
            return class_mask(prediction, name, threshold)

        def load(size: tuple[int, int]) -> Bits:
            loaded = self._loaded
            if loaded is None or loaded[0] != key:
                loaded = self._loaded = (key, read(size))
            return loaded[1]

        return load
