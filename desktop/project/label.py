"""A label: what one reader stands behind for one image. It lives in memory; `Project` saves its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from desktop.project.edit import Edit, ValueChange
from desktop.project.errors import LabelNotReady, ProjectError
from desktop.project.foresight import Foreseen, Mark, Standing
from desktop.project.journal import History, Row, State, Step
from desktop.project.pages import Prepared
from desktop.project.patch import Patch
from desktop.project.planes import LabelPlanes, Pages
from desktop.project.provenance import EMPTY, Base, Cut
from desktop.project.stroke import StrokeRecorder

if TYPE_CHECKING:
    from inference.schema import Schema

FINDING_STATES = ("present", "absent", "not assessed")


@dataclass(frozen=True, slots=True)
class LabelKey:
    """Which label: the image, the reader, and which of the reader's readings (0 is the usual one)."""

    image_id: str
    reader: str
    reading: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A journal row that waits to be saved, with the edit that it makes, takes back or gives again."""

    row: Row
    edit: Edit


class Label:
    """The mask planes, grades and findings of one image as one reader left them, with unlimited undo.

    A label is *virtual* until its first edit: it shows its base (a prediction at thresholds), which may be
    replaced. The first edit freezes the base. Every change makes a journal row in `outbox`, which
    `Project.save` sends to the store.

    It belongs to one thread at a time and never waits for anything.
    """

    def __init__(
        self,
        key: LabelKey,
        schema: Schema,
        state: State | None = None,
        *,
        base: Base = EMPTY,
        label_id: str = "",
        frozen: bool = False,
    ) -> None:
        """Make a label; `state` and `frozen` come from a replay when it was edited before."""
        self.key = key
        self.schema = schema
        self.base = base
        self.label_id = label_id
        self.frozen = frozen
        # Classes that a finish confirmed: "nothing here" is a statement too, no late prediction fills it.
        self.confirmed_classes: set[int] = set()
        self.base_token = 0
        self.prepared: tuple[int, Prepared] | None = None
        self.outbox: list[Recorded] = []
        self.snapshot_seq = 0
        self.unsnapshot_bytes = 0
        self._state = state or State(None)
        self._stroke: StrokeRecorder | None = None
        self._strokes = 0
        self._waiting: tuple[Pages, Base] | None = None

    @property
    def planes(self) -> LabelPlanes | None:
        """The pixels; None until the size of the image is known."""
        return self._state.planes

    @property
    def grades(self) -> dict[str, str]:
        """The grades that a person set: scale name to value."""
        return self._state.grades

    @property
    def findings(self) -> dict[str, str]:
        """The findings that a person set: name to "present", "absent" or "not assessed"."""
        return self._state.findings

    @property
    def history(self) -> History:
        """Where the label stands in its journal."""
        return self._state.history

    @property
    def is_virtual(self) -> bool:
        """Whether nothing was edited or finished yet: another prediction may take the base's place."""
        return not self.frozen and self.history.last_seq == 0

    @property
    def undo_texts(self) -> list[str]:
        """The texts of the steps that undo would take back, the next one first."""
        return [step.text for step in reversed(self.history.done)]

    @property
    def redo_texts(self) -> list[str]:
        """The texts of the steps that redo would give again, the next one first."""
        return [step.text for step in reversed(self.history.undone)]

    def ensure_planes(self, height: int, width: int) -> LabelPlanes:
        """Give the label blank planes of this size when it has none; return its planes.

        Raises ProjectError when it has planes of another size.
        """
        if self._state.planes is None:
            self._state.planes = LabelPlanes.blank(height, width, self.schema.pages)
        planes = self._state.planes.with_pages(self.schema.pages)
        self._state.planes = planes
        if (planes.height, planes.width) != (height, width):
            raise ProjectError(
                f"This label was drawn on an image of {planes.width} x {planes.height} pixels, "
                f"and the image now has {width} x {height}; it is kept, but cannot be shown on it."
            )
        return planes

    def set_base(self, mask: Pages, base: Base) -> None:
        """Show `mask` (P, H, W) uint8 as the base of a virtual label; the array becomes the label's own.

        Raises ProjectError when the label was edited: then `receive_prediction` is the way.
        """
        if not self.is_virtual:
            raise ProjectError("This label was edited; a new prediction must not take its place.")
        planes = LabelPlanes(mask, np.zeros(mask.shape, np.uint8)).with_pages(self.schema.pages)
        known = self._state.planes
        if known is not None and (known.height, known.width) != (planes.height, planes.width):
            raise ProjectError("The prediction has another size than its image; predict it again.")
        self._state.planes = planes
        self.base = base
        self.base_token += 1

    def begin_stroke(self, class_id: int) -> StrokeRecorder:
        """Return a recorder for one stroke; predictions that arrive meanwhile wait until `settle`.

        Raises LabelNotReady before the planes are known.
        """
        if self._state.planes is None:
            raise LabelNotReady("The size of this image is not known yet, so nothing can be drawn on it.")
        self._stroke = StrokeRecorder(self._state.planes, class_id)
        self._strokes += 1
        return self._stroke

    @property
    def stroke_open(self) -> bool:
        """Whether a stroke was begun and neither committed nor aborted."""
        return self._stroke is not None and self._stroke.is_open

    def record(self, edit: Edit) -> Row:
        """Record an edit that the planes already hold; grades and findings in it are set here."""
        if edit.values:
            self._state.change(Edit(edit.text, (), edit.values), forward=True)
        return self._follow(self.history.edit_row(edit), edit)

    def perform(self, edit: Edit) -> Row:
        """Apply an edit and record it. Raises PatchMismatch, with nothing changed, when it does not fit."""
        self._state.change(edit, forward=True)
        return self._follow(self.history.edit_row(edit), edit)

    def undo(self) -> Edit | None:
        """Take the last step back and record that; return its edit (its box is to be drawn again) or None."""
        return self._step(self.history.undo_row(), self.history.done, forward=False)

    def redo(self) -> Edit | None:
        """Give the last undone step again and record that; return its edit or None."""
        return self._step(self.history.redo_row(), self.history.undone, forward=True)

    def set_grade(self, scale: str, value: str | None) -> Edit | None:
        """Set a grade (None takes it away) as an undo step; return its edit, or None when it is so already.

        Raises ProjectError for a value that the scale lacks, SchemaError for a scale that there is not.
        """
        if value is not None and value not in self.schema.scale(scale).values:
            raise ProjectError(f"The scale “{scale}” has no value “{value}”.")
        return self._set_value("grade", scale, self.grades.get(scale), value)

    def set_finding(self, name: str, value: str | None) -> Edit | None:
        """Set a finding to one of FINDING_STATES (None takes it away) as an undo step; its edit or None.

        Raises ProjectError for another state, SchemaError for a finding that there is not.
        """
        if value is not None and value not in FINDING_STATES:
            raise ProjectError(f"A finding is present, absent or not assessed; “{name}” cannot be “{value}”.")
        self.schema.finding(name)
        return self._set_value("finding", name, self.findings.get(name), value)

    def receive_prediction(self, mask: Pages, base: Base) -> Edit | None:
        """Take in a prediction's masks (P, H, W) uint8, as one that was asked for comes in.

        Virtual label: it becomes the base. Edited label without a prediction so far: the classes that nobody
        edited or confirmed are filled in, and the recorded edit is returned for `Project.save`. During
        a stroke: nothing, until `settle`. A label that has its prediction, or was finished, stays as it is.
        """
        if self.stroke_open:
            self._waiting = (mask, base)
            return None
        self._waiting = None
        if self.is_virtual:
            self.set_base(mask, base)
            return None
        if self.base.kind != "empty" or self.history.fills or self.history.last_seq == 0:
            return None
        return self._fill(mask, base)

    def takes_fill(self, class_ids: Iterable[int]) -> bool:
        """Whether a late prediction has its place still: nobody edited or confirmed one of these classes,
        and the label neither has a prediction nor is waiting for its first edit.
        """
        late = self.is_virtual or self.base.kind != "empty" or bool(self.history.fills)
        return not late and not self.own_classes & set(class_ids)

    def take_fill(self, edit: Edit) -> Edit | None:
        """Apply and record a late prediction whose patches were computed elsewhere (`edit.origin` names it).

        Returns None, with nothing changed, when it has no place any more (`takes_fill`) or a stroke is under
        way. Raises PatchMismatch.
        """
        if self.stroke_open or not self.takes_fill(edit.class_ids):
            return None
        self._state.change(edit, forward=True)
        self._follow(self.history.edit_row(edit, "fill"), edit)
        return edit

    # ---- changes computed ahead

    @property
    def mark(self) -> Mark:
        """Something that is another after every change of the pixels or values."""
        return self.history.last_seq, self._strokes, self.base_token

    def standing(self) -> Standing:
        """What stands now, for `foresee` on another thread."""
        return Standing(self.mark, self._state.planes, dict(self.grades), dict(self.findings))

    def land(self, foreseen: Foreseen, kind: Literal["edit", "fill"] = "edit") -> bool:
        """Take over one edit that was computed ahead, and record it.

        Returns False, with nothing changed, when the label changed meanwhile or a stroke is under way.
        """
        if not self._copy_in(foreseen):
            return False
        (edit,) = foreseen.edits
        self._state.change(Edit(edit.text, (), edit.values), forward=True)
        self._follow(self.history.edit_row(edit, kind), edit)
        return True

    def land_steps(self, foreseen: Foreseen, *, forward: bool) -> bool:
        """Take over steps of redo (forward) or undo that were computed ahead; each is recorded as a row.

        Returns False, with nothing changed, as `land` does.
        """
        if not self._copy_in(foreseen):
            return False
        for edit in foreseen.edits:
            if edit.values:
                self._state.change(Edit(edit.text, (), edit.values), forward=forward)
        rows = self.history.walk(len(foreseen.edits), forward=forward)
        self.outbox += map(Recorded, rows, foreseen.edits)
        return True

    def _copy_in(self, foreseen: Foreseen) -> bool:
        if self.stroke_open or foreseen.mark != self.mark:
            return False
        planes, ahead = self._state.planes, foreseen.planes
        if planes is not None and ahead is not None and foreseen.box is not None:
            for page, (y0, x0, y1, x1) in foreseen.places(protection=False):
                np.copyto(planes.mask[page, y0:y1, x0:x1], ahead.mask[page, y0:y1, x0:x1])
            for page, (y0, x0, y1, x1) in foreseen.places(protection=True):
                np.copyto(planes.protection[page, y0:y1, x0:x1], ahead.protection[page, y0:y1, x0:x1])
        return True

    def settle(self) -> Edit | None:
        """Take in a prediction that arrived during a stroke; call it when a stroke has ended."""
        if self._waiting is None or self.stroke_open:
            return None
        return self.receive_prediction(*self._waiting)

    def take_outbox(self) -> list[Recorded]:
        """Return the rows that were not handed to the store yet, and forget them."""
        rows, self.outbox = self.outbox, []
        return rows

    def cut(self, class_name: str) -> tuple[str, Cut] | None:
        """Return the digest of the model and the cut that a class's pixels come from; None: from no model."""
        base = self.base.cut(class_name)
        return self.history.cut(class_name) or (None if base is None else (self.base.model_digest, base))

    def saved(self, seq: int) -> None:
        """The store has all rows up to `seq`: what undo needs last is left to it."""
        self.history.trim(seq)

    @property
    def own_classes(self) -> set[int]:
        """The classes that a person edited, ever, or confirmed: no late prediction fills them."""
        return self.history.edited_classes | self.confirmed_classes

    def _fill(self, mask: Pages, base: Base) -> Edit | None:
        planes = self._state.planes
        if planes is None:
            raise LabelNotReady("The size of this image is not known yet, so its prediction cannot be shown.")
        predicted = LabelPlanes(mask, np.zeros(mask.shape, np.uint8)).with_pages(planes.pages)
        if predicted.mask.shape != planes.mask.shape:
            raise ProjectError("The prediction has another size than its image; predict it again.")
        patches = self._fill_patches(planes, predicted)
        edit = Edit("Prediction", tuple(patches), (), base)
        self._state.change(edit, forward=True)
        self._follow(self.history.edit_row(edit, "fill"), edit)
        return edit

    def _fill_patches(self, planes: LabelPlanes, predicted: LabelPlanes) -> Iterable[Patch]:
        for item in self.schema.active_classes:
            if item.id in self.own_classes:
                continue
            before, protection = planes.class_mask(item.id), planes.class_protection(item.id)
            after = np.where(protection, before, predicted.class_mask(item.id))
            patch = Patch.between(item.id, planes.whole, before, after, protection, protection)
            if patch is not None:
                yield patch

    def _set_value(self, kind: str, name: str, before: str | None, after: str | None) -> Edit | None:
        if before == after:
            return None
        edit = Edit(f"{name}: {after or 'not set'}", (), (ValueChange(f"{kind}:{name}", before, after),))
        self.perform(edit)
        return edit

    def _step(self, row: Row | None, steps: list[Step], *, forward: bool) -> Edit | None:
        if row is None:
            return None
        edit = steps[-1].edit
        self._state.change(edit, forward=forward)
        self._follow(row, edit)
        return edit

    def _follow(self, row: Row, edit: Edit) -> Row:
        self.history.follow(row, edit)
        self.outbox.append(Recorded(row, edit))
        self.unsnapshot_bytes += len(row.payload)
        return row
