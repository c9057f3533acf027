"""What is open, which image, what is selected. Emits changes; owns no widget.

Everything slow happens elsewhere: the list comes from a scanning thread, pixels and labels from the read
pool, predictions from the prediction thread, and every write goes to the store's one writer. The session is
told by queued signals only and lives in the GUI thread; no method here reads a file or decodes an image.

The class is the front of the parts that `SessionParts` makes: `Opening` (folder, project, indexing),
`Showing` (which image, what is at hand), `Review` (the label's edits), `Timeline` (undo), `Finishing`, ...
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from desktop.state.entries import Entry, EntryList
from desktop.state.parts import SessionParts
from desktop.state.wiring import wire

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QImage

    from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
    from desktop.canvas.styles import LayerStyle
    from desktop.jobs.predicting import ModelInUse, Predicting
    from desktop.project.edit import Edit
    from desktop.project.label import Label
    from desktop.project.planes import Bits, LabelPlanes
    from desktop.project.project import Project
    from desktop.project.stroke import StrokeRecorder
    from inference.prediction import Prediction
    from inference.schema import Schema

Box = tuple[int, int, int, int]  # (y0, x0, y1, x1), pixels of the image, upper bounds exclusive


class Session(SessionParts):
    """The state of the desk. One per window. What it tells stands in `SessionSignals`.

    A session also is the `ToolContext` of the tools: `label`, `class_id`, `brush_radius`, `begin_stroke`,
    `commit`, `changed`.
    """

    def __init__(self, parent: QObject | None = None, *, predicting: Predicting | None = None) -> None:
        super().__init__(parent, predicting=predicting)
        wire(self)

    # ==== opening and closing

    def open_folder(self, folder: Path, *, schema: Schema | None = None) -> None:
        """Open a folder of images, a dataset or a project. Returns at once; everything follows by signal.

        A folder without a project gets one with ``schema`` (default: what `suggest_schema` finds in it). A
        refusal (locked, newer version, no rights) arrives as `problem`, and `project` stays None: images can
        still be looked at.
        """
        self.opening.open(folder, schema)

    def close(self) -> None:
        """Write everything, stop every thread, then emit `closed`. Never blocks; progress by `progress`."""
        self.opening.close()

    @property
    def folder(self) -> Path | None:
        """The open folder."""
        return self.opening.folder

    @property
    def folder_problem(self) -> str | None:
        """Why the open folder could not be listed, in one sentence."""
        return self.opening.folder_problem

    @property
    def project(self) -> Project | None:
        """The open project; None while it is being opened or when it was refused."""
        return self.opening.project

    @property
    def schema(self) -> Schema:
        """The project's schema; an empty one when none is open."""
        return self.opening.schema

    def set_schema(self, schema: Schema) -> None:
        """Replace the schema (class added, renamed, retired); kept by the writer, then `project_changed`."""
        self.opening.set_schema(schema)

    @property
    def entries(self) -> EntryList:
        """All images in order. Read it, never write to it."""
        return self.showing.entries

    # ==== moving

    @property
    def position(self) -> int:
        """The current position, -1 when there is none."""
        return self.showing.position

    @property
    def entry(self) -> Entry | None:
        """The current entry."""
        return self.showing.entry

    def go_to(self, position: int) -> None:
        """Make this entry the current one. A prefetched one is a look-up and a few signals."""
        self.opening.behind.hold()
        if self.showing.go_to(position):
            self.predicting.go_to(position)

    def next(self) -> None:
        """To the next entry, if there is one."""
        self.go_to(self.position + 1)

    def previous(self) -> None:
        """To the previous entry, if there is one."""
        self.go_to(self.position - 1)

    def next_unfinished(self) -> None:
        """To the next entry of the filter, going round: unseen, in progress or up for a second look."""
        position = self.filtering.routes.unfinished()
        if position is not None:
            self.go_to(position)
        elif self.entries:
            where = " of this filter" if self.filtering.narrowed else ""
            self.say(f"No other image{where} is unfinished.")

    @property
    def turning(self) -> bool:
        """Whether more signals of one change are on their way; `turned` follows the last."""
        return self.showing.turning

    @property
    def image_pyramid(self) -> ImagePyramid | None:
        """The pixels of the current image; None while they are read or when they cannot be."""
        image = self.showing.image
        return image.pixels.pyramid if image is not None and image.pixels is not None else None

    @property
    def overlay(self) -> OverlayPyramid | None:
        """The label's layers of the current image; None until the label is there."""
        reading = self.showing.reading
        return reading.overlay if reading is not None else None

    @property
    def image_problem(self) -> str | None:
        """Why the current image cannot be shown, in one sentence."""
        image = self.showing.image
        return image.problem if image is not None else None

    def thumbnail(self, position: int) -> QImage | None:
        """The QImage (at most 128 px) of an entry if it is at hand, else None. Never reads."""
        return self.showing.pool.thumbnail(position)

    def want_thumbnails(self, positions: Sequence[int]) -> None:
        """The rows visible now. What is missing is made behind; what is no longer visible is forgotten."""
        self.showing.want_thumbnails(positions)

    # ==== the label

    @property
    def label(self) -> Label | None:
        """The current label; None until it is loaded. Tools paint into it between begin and commit."""
        reading = self.showing.reading
        return reading.label if reading is not None else None

    @property
    def prediction(self) -> Prediction | None:
        """What the model in use says of the current image; None when not known (yet)."""
        reading = self.showing.reading
        return reading.prediction if reading is not None else None

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        """The current image at full size, (H, W, 3) uint8 RGB; None while it is read. Not to be changed."""
        pyramid = self.image_pyramid
        return pyramid.levels[0] if pyramid is not None else None

    def allowed(self, box: Box, class_id: int, planes: LabelPlanes | None = None) -> Bits | None:
        """Where inside ``box`` a class may be painted, (h, w) bool; None: everywhere. See `limits`."""
        return self.limits.allowed(box, class_id, planes)

    def say(self, sentence: str) -> None:
        """Tell the reader something quietly."""
        self.noted.emit(sentence)

    def begin_stroke(self, class_id: int | None = None) -> StrokeRecorder:
        """Start a stroke of a class; None: the selected one. Raises `SessionError` when it cannot be."""
        return self.review.begin_stroke(class_id)

    def changed(self, box: Box) -> None:
        """A tool changed pixels inside ``box``: overlay and canvas follow by `label_changed`."""
        self.review.changed(box)

    def commit(self, edit: Edit) -> None:
        """Record an edit that is already applied to the planes, and hand it to the writer. No disk here."""
        self.review.commit(edit)

    def abort_stroke(self) -> None:
        """Give up the stroke under way: the planes are as they were before it, and shown again."""
        self.review.abort_stroke()

    def perform(self, edit: Edit) -> None:
        """Apply an edit to the current label, record it, and hand it to the writer."""
        self.review.perform(edit)

    def land(
        self, make: Callable[[LabelPlanes], Edit | None], ended: Callable[[bool], None] | None = None
    ) -> None:
        """Compute an edit of the current label behind, and land it. See `Landing.perform`."""
        self.landing.perform(self.review.label(), make, ended)

    def undo(self) -> None:
        """Take back the last edit of the current image (also of earlier sittings)."""
        self.timeline.undo()

    def redo(self) -> None:
        """Do again what was undone last."""
        self.timeline.redo()

    @property
    def undo_text(self) -> str | None:
        """What `undo` would take back; None: nothing to undo."""
        return self.timeline.undo_text

    @property
    def redo_text(self) -> str | None:
        """What `redo` would do again; None: nothing to redo."""
        return self.timeline.redo_text

    def set_grade(self, scale: str, value: str | None) -> None:
        """Set (or clear, None) the grade of a scale: an edit like any other, undone like any other."""
        self.review.set_grade(scale, value)

    def set_finding(self, name: str, state: str | None) -> None:
        """Set a finding to "present", "absent" or "not assessed"; None clears it."""
        self.review.set_finding(name, state)

    def take_prediction(self, class_name: str) -> None:
        """Replace the unprotected pixels of a class by the prediction at its threshold (one edit)."""
        self.thresholds.take(class_name)

    # ==== finishing

    def finish(self, accepted: Collection[str] = ()) -> None:
        """Confirm what was visible, what is set, and what ``accepted`` names ("grade:<scale>", ...)."""
        self.finishing.finish(accepted)

    def finish_and_next(self, accepted: Collection[str] = ()) -> None:
        """`finish`, then to the next unfinished entry."""
        self.finishing.finish(accepted, self.next_unfinished)

    def reject(self, reason: str) -> None:
        """Mark the current image as not usable, with a reason, then go on."""
        self.finishing.reject(reason)
        self.next_unfinished()

    def second_look(self) -> None:
        """Ask for a second look at the current image, then go on."""
        self.finishing.second_look()
        self.next_unfinished()

    def take_back(self) -> None:
        """Go back to the image finished last (also earlier sittings') and undo that; else to the previous."""
        self.finishing.take_back()

    @property
    def status_counts(self) -> Mapping[str, int]:
        """How many entries have each status."""
        return self.showing.entries.status_counts

    # ==== choices

    @property
    def class_id(self) -> int | None:
        """The selected class, None when the schema has none."""
        return self.choices.class_id

    def set_class(self, class_id: int) -> None:
        """Select the class that tools paint."""
        self.choices.set_class(class_id)

    @property
    def brush_radius(self) -> float:
        """In image pixels."""
        return self.choices.brush_radius

    def set_brush_radius(self, radius: float) -> None:
        """Between 0.5 and 500 image pixels."""
        self.choices.set_brush_radius(radius)

    @property
    def styles(self) -> Mapping[int, LayerStyle]:
        """class id -> `LayerStyle(visible, color, opacity, ...)`, of every active class."""
        return self.choices.styles

    def set_layer_style(self, class_id: int, **changes: bool | str | float | None) -> None:
        """Change how one layer is drawn: visible, color, opacity, fill, outline; None leaves one."""
        self.choices.set_style(class_id, **changes)

    def threshold(self, class_name: str) -> float:
        """The threshold in use for a class of the current image. See `Thresholds.cut`."""
        return self.thresholds.cut(class_name).threshold

    # ==== the model

    @property
    def model(self) -> ModelInUse | None:
        """The model that predicts: `bundle`, `digest`, `name`, `domain`, `schema`, `thresholds`; or None."""
        return self.predicting.model

    def set_model(self, bundle: Path | None) -> None:
        """Use this bundle for predictions. Labels are not touched; what is unedited follows the new model."""
        self.predicting.use(bundle)

    @property
    def model_allowed(self) -> bool:
        """False while a synthetic model waits for the reader's consent to predict on this folder."""
        return self.predicting.allowed

    def allow_model(self) -> None:
        """The reader chose to use the model on this folder although its domain is synthetic."""
        self.predicting.allow()

    @property
    def prediction_state(self) -> str:
        """ "idle", "loading", "predicting", "waiting" (for an idle moment), "off" or "failed"."""
        return self.predicting.thread_.state

    def note_input(self) -> None:
        """The reader moved or typed just now: heavy imports wait, indexing gives way. For an event filter."""
        self.predicting.note_input()
        self.opening.note_input()

    def set_training(self, running: bool) -> None:
        """A run is on: predictions fall to the current image and the next two, with one thread."""
        self.predicting.set_training(running)

    # ==== the store

    @property
    def pending(self) -> int:
        """Edits not yet acknowledged by the writer."""
        return self.saving.pending

    @property
    def refused(self) -> int:
        """So many of the pending ones the disk refuses at present."""
        return self.saving.held

    def run_behind(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Run a query or command off the GUI thread; ``done(result)`` is called in the GUI thread.

        An error is told by `problem`, unless ``failed`` takes it.
        """
        self.opening.behind.run(work, done, failed)
