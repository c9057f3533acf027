"""The journal of a label: append-only rows, the undo history that follows from them, and their replay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from desktop.project.edit import Edit, ValueChange, apply_patches, read_origin, revert_patches
from desktop.project.errors import (
    EditFormatError,
    LabelDamaged,
    LabelNotReady,
    PatchMismatch,
    StepNotLoaded,
)
from desktop.project.patch import Patch
from desktop.project.planes import LabelPlanes
from desktop.project.provenance import Base, Cut

RowKind = Literal["edit", "fill", "undo", "redo"]

STEPS_IN_MEMORY = 64
"""So many steps of undo and of redo keep their pixels in memory; older ones are read from the store."""


def now() -> str:
    """Return the time as the store keeps it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Row:
    """One journal row.

    `edit`: a person's undo step. `fill`: a late prediction; undo passes over it. Both carry the encoded
    edit in `payload` and the classes whose pixels it changes. `undo` and `redo` name the row in `target`.
    """

    seq: int
    kind: RowKind
    payload: bytes = b""
    text: str = ""
    created: str = ""
    target: int = 0
    classes: tuple[int, ...] = ()


@dataclass(slots=True)
class Step:
    """One undo step; the edit is decoded when it is needed.

    What a list of steps shows (`text`, `created`, `classes`) and how masks were cut out of a prediction
    (`origin`) stay in memory; the pixels of old steps are left to the store (`History.trim`).
    """

    seq: int
    text: str
    payload: bytes = b""
    _edit: Edit | None = None
    created: str = ""
    classes: tuple[int, ...] = ()
    origin: Base | None = None

    @classmethod
    def of(cls, row: Row, edit: Edit | None) -> Step:
        """Return the step that an edit or fill row makes."""
        return cls(row.seq, row.text, row.payload, edit, row.created, row.classes, _origin(row, edit))

    @property
    def edit(self) -> Edit:
        """The edit of this step. Raises StepNotLoaded when its pixels were left to the store."""
        if self._edit is None:
            if not self.payload:
                raise StepNotLoaded(
                    f"The step “{self.text}” is kept on the disk and has to be read first; try again."
                )
            self._edit = Edit.decode(self.payload)
        return self._edit

    @property
    def loaded(self) -> bool:
        """Whether the edit is in memory."""
        return bool(self.payload) or self._edit is not None

    def leave_to_store(self) -> None:
        """Forget the pixels; the store has them."""
        self.payload, self._edit = b"", None


def _origin(row: Row, edit: Edit | None) -> Base | None:
    if edit is not None:
        return edit.origin
    try:
        return read_origin(row.payload)
    except EditFormatError:
        return None  # a damaged row is reported by whoever needs its pixels


@dataclass(slots=True)
class History:
    """Where a label stands in its journal: what undo takes back and what redo gives again.

    A new edit after an undo leaves the undone rows in the journal: they form another branch.
    """

    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)
    fills: list[Step] = field(default_factory=list)
    edited_classes: set[int] = field(default_factory=set)
    last_seq: int = 0

    def edit_row(self, edit: Edit, kind: Literal["edit", "fill"] = "edit") -> Row:
        """Return the row that records `edit` next; nothing changes until `follow`."""
        classes = tuple(sorted(edit.class_ids))
        return Row(self.last_seq + 1, kind, edit.encode(), edit.text, now(), 0, classes)

    def undo_row(self) -> Row | None:
        """Return the row that takes the last step back, or None when there is none."""
        return self._back_row("undo", self.done)

    def redo_row(self) -> Row | None:
        """Return the row that gives the last undone step again, or None when there is none."""
        return self._back_row("redo", self.undone)

    def _back_row(self, kind: Literal["undo", "redo"], steps: list[Step]) -> Row | None:
        if not steps:
            return None
        return Row(self.last_seq + 1, kind, b"", steps[-1].text, now(), steps[-1].seq)

    def follow(self, row: Row, edit: Edit | None = None) -> tuple[Step, bool]:
        """Move along one row; return the step it concerns and whether it goes forward (True) or back (False).

        Raises LabelDamaged when the row does not follow from the ones before.
        """
        if row.seq != self.last_seq + 1:
            raise LabelDamaged(f"The journal of a label jumps from row {self.last_seq} to row {row.seq}.")
        if row.kind in ("edit", "fill"):
            step = Step.of(row, edit)
            if row.kind == "edit":
                self.done.append(step)
                self.undone.clear()
                self.edited_classes.update(row.classes)
            else:
                self.fills.append(step)
            self.last_seq = row.seq
            return step, True
        source, sink = (self.done, self.undone) if row.kind == "undo" else (self.undone, self.done)
        if not source or source[-1].seq != row.target:
            raise LabelDamaged(
                f"Row {row.seq} of a label's journal concerns row {row.target}, which is not its turn."
            )
        sink.append(source.pop())
        self.last_seq = row.seq
        return sink[-1], row.kind == "redo"

    def walk(self, count: int, *, forward: bool) -> list[Row]:
        """Move along `count` steps of redo (forward) or undo at once; return their rows.

        It does what `follow` does with each of them, in a tenth of the time. Raises LabelDamaged when there
        are not so many steps.
        """
        source, sink = (self.undone, self.done) if forward else (self.done, self.undone)
        if count > len(source):
            raise LabelDamaged(f"A label has {len(source)} steps to go along, and not {count}.")
        steps = source[len(source) - count :][::-1]
        kind: RowKind = "redo" if forward else "undo"
        created, first = now(), self.last_seq + 1
        rows = [Row(first + at, kind, b"", step.text, created, step.seq) for at, step in enumerate(steps)]
        del source[len(source) - count :]
        sink.extend(steps)
        self.last_seq += count
        return rows

    def trim(self, saved_seq: int, keep: int = STEPS_IN_MEMORY) -> None:
        """Leave the pixels of saved steps to the store, but for the next `keep` of undo and of redo."""
        for steps in (self.done, self.undone):
            for step in steps[: max(0, len(steps) - keep)]:
                if step.seq <= saved_seq:
                    step.leave_to_store()
        for step in self.fills:
            # No undo takes a filled prediction back, and the store counts what it changed.
            if step.seq <= saved_seq:
                step.leave_to_store()

    def ahead(self, steps: int) -> list[Step]:
        """Return the steps on the way: `steps` of redo, or of undo when negative, in their order."""
        source = self.done if steps < 0 else self.undone
        return list(reversed(source[max(0, len(source) - abs(steps)) :])) if steps else []

    def cut(self, class_name: str) -> tuple[str, Cut] | None:
        """Return the model's digest and the cut of the last step that took a class from a prediction."""
        for step in (*reversed(self.done), *reversed(self.fills)):
            if step.origin is not None and (cut := step.origin.cut(class_name)) is not None:
                return step.origin.model_digest, cut
        return None


@dataclass(slots=True)
class Snapshot:
    """The state of a label after row `seq`; replay begins there. It only saves time: the rows stay."""

    seq: int
    planes: LabelPlanes | None
    grades: dict[str, str] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """What a label holds: pixels, grades, findings, and where it stands in its history."""

    planes: LabelPlanes | None
    grades: dict[str, str] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)
    history: History = field(default_factory=History)

    def change(self, edit: Edit, *, forward: bool) -> None:
        """Apply an edit or take it back, whole or not at all.

        Raises PatchMismatch when a value or a pixel is not what the edit expects, LabelNotReady when it has
        patches and the planes are not known.
        """
        if edit.patches and self.planes is None:
            raise LabelNotReady("The size of this image is not known yet, so its mask cannot be changed.")
        changes = edit.values if forward else tuple(reversed(edit.values))
        before = dict(self.grades), dict(self.findings)
        try:
            for change in changes:
                self._set(change, forward=forward)
            if self.planes is not None:
                (apply_patches if forward else revert_patches)(self.planes, edit.patches)
        except (PatchMismatch, EditFormatError):
            self.grades, self.findings = before
            raise

    def _set(self, change: ValueChange, *, forward: bool) -> None:
        kind, _, name = change.target.partition(":")
        values = {"grade": self.grades, "finding": self.findings}.get(kind)
        if values is None:
            raise EditFormatError(
                f"A journal row changes “{change.target}”, which is neither a grade nor a finding."
            )
        old, new = (change.before, change.after) if forward else (change.after, change.before)
        if values.get(name) != old:
            raise PatchMismatch(
                f"The {kind} “{name}” is {values.get(name)!r} and not {old!r}, as the change to it expects."
            )
        if new is None:
            values.pop(name, None)
        else:
            values[name] = new


def replay(base: LabelPlanes | None, snapshot: Snapshot | None, rows: Iterable[Row]) -> State:
    """Return the state after all `rows`, from `base` or from `snapshot`, whichever is later.

    `base` and the snapshot's planes become the state's own and are changed. Rows must be in their order,
    from the first one: those up to the snapshot only build the undo history. Raises LabelDamaged.
    """
    start = snapshot.seq if snapshot is not None else 0
    state = State(base) if snapshot is None else State(snapshot.planes, snapshot.grades, snapshot.findings)
    for row in rows:
        step, forward = state.history.follow(row)
        if row.seq <= start:
            continue
        try:
            state.change(step.edit, forward=forward)
        except (PatchMismatch, EditFormatError, LabelNotReady) as error:
            raise LabelDamaged(f"Row {row.seq} of a label's journal cannot be replayed: {error}") from error
    if state.history.last_seq < start:
        raise LabelDamaged(f"A label's snapshot was taken after row {start}, but its journal ends before.")
    return state


def net_change(edits: Sequence[Edit]) -> bool:
    """Return whether edits, all applied, leave any mask pixel other than it was before them."""
    by_class: dict[int, list[Patch]] = {}
    for edit in edits:
        for patch in edit.patches:
            if patch.mask_xor:
                by_class.setdefault(patch.class_id, []).append(patch)
    return any(_flips_anything(patches) for patches in by_class.values())


def _flips_anything(patches: list[Patch]) -> bool:
    boxes = np.array([patch.box for patch in patches])
    top, left = (int(edge) for edge in boxes[:, :2].min(axis=0))
    bottom, right = (int(edge) for edge in boxes[:, 2:].max(axis=0))
    flips = np.zeros((bottom - top, right - left), np.bool_)
    for patch in patches:
        y0, x0, y1, x1 = patch.box
        flips[y0 - top : y1 - top, x0 - left : x1 - left] ^= patch.mask_change()
    return bool(flips.any())
