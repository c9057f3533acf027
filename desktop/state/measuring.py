"""What is measured on the current image: pixel spacing, callipers, points, and a table of the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.project.file_spacing import spacing_in_file
from desktop.project.measures import (
    ClassMeasures,
    Point,
    Spacing,
    length_px,
    length_text,
    measure,
    pixels_text,
)
from desktop.project.measuring_rows import (
    CALLIPER,
    GROUP,
    IMAGE,
    POINT,
    SIZE,
    Mark,
    SpacingRow,
    spacing_target,
)

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.project.planes import LabelPlanes
    from desktop.project.project import Project
    from desktop.project.rows import ImageRow
    from desktop.session import Session

COALESCE_MS = 150
"""The table is made anew so long after the last stroke."""
NOT_READY = "This image is still being indexed; measure it in a moment."
NO_PROJECT = "No project is open here, so what is measured could not be kept."


@dataclass(frozen=True, slots=True)
class Known:
    """What store and file say of one image."""

    image_id: str
    marks: tuple[Mark, ...]
    spacings: tuple[SpacingRow, ...]
    in_file: Spacing | None


class Measuring(QObject):
    """Marks and spacing of the current image. GUI thread only; what is slow is done behind."""

    marks_changed = Signal()
    """`marks`, `selected` or `point` are others."""
    spacing_changed = Signal()
    """`spacing` is another one."""
    table_changed = Signal()
    """`measures` were made anew, or there are none now."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._image_id: str | None = None
        self._marks: list[Mark] = []
        self._spacings: list[SpacingRow] = []
        self._in_file: Spacing | None = None
        self._selected: str | None = None
        self._held: str | None = None
        self._measures: Mapping[int, ClassMeasures] | None = None
        self._wanted = False
        self._working = False
        self._stale = True
        self._last_point = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COALESCE_MS)
        self._soon.timeout.connect(self._make_table)
        session.image_changed.connect(lambda _entry: self._follow())
        session.entries_changed.connect(lambda *_: self._follow())
        session.project_changed.connect(self._follow)
        session.label_changed.connect(self._label_changed)
        self.marks_changed.connect(self._outdate)
        self.spacing_changed.connect(self._outdate)

    # ---- what is known

    @property
    def marks(self) -> Sequence[Mark]:
        """Callipers and points of the current image, in the order in which they were first set."""
        return tuple(self._marks)

    @property
    def callipers(self) -> Sequence[Mark]:
        """The callipers of the current image."""
        return [one for one in self._marks if one.kind == CALLIPER]

    @property
    def points(self) -> Sequence[Mark]:
        """The named points of the current image."""
        return [one for one in self._marks if one.kind == POINT]

    @property
    def selected(self) -> Mark | None:
        """The mark that was set, moved or chosen last."""
        return next((one for one in self._marks if one.mark == self._selected), None)

    @property
    def held(self) -> str | None:
        """The `mark` that a tool has under the hand and draws itself."""
        return self._held

    @property
    def point(self) -> Mark | None:
        """The point from which distances are measured: the one selected last, else the newest."""
        points = self.points
        chosen = next((one for one in points if one.mark == self._last_point), None)
        return chosen or (points[-1] if points else None)

    @property
    def spacing(self) -> Spacing | None:
        """How large a pixel is; None: nobody knows."""
        return self._spacings[0].spacing if self._spacings else self._in_file

    @property
    def spacing_row(self) -> SpacingRow | None:
        """What a person said of the spacing that holds; None: it is the file's, or not known."""
        return self._spacings[0] if self._spacings else None

    @property
    def provenance(self) -> str:
        """Where the spacing comes from, in words."""
        row = self.spacing_row
        if row is None:
            return "stated by the file" if self._in_file is not None else ""
        holds = {IMAGE: "this image", GROUP: "this group", SIZE: "all images of this size"}[row.scope]
        return f"{row.text}, for {holds}" if row.text else f"for {holds}"

    @property
    def measures(self) -> Mapping[int, ClassMeasures] | None:
        """What was measured, by class id; None until it is."""
        return MappingProxyType(self._measures) if self._measures is not None else None

    def length_words(self, mark: Mark) -> str:
        """A calliper's length: millimetres when they are known, and pixels."""
        return self.line_words(mark.start, mark.end)

    def line_words(self, start: Point, end: Point) -> str:
        """The length of a line: millimetres when they are known, and pixels."""
        pixels = pixels_text(length_px(start, end))
        if self.spacing is None:
            return pixels
        return f"{length_text(self.spacing.length(start, end))} · {pixels}"

    # ---- marks

    def add(self, kind: str, name: str, start: Point, end: Point | None = None) -> Mark | None:
        """Set a calliper or a point; None (and a sentence) while the image cannot keep any."""
        if self._image_id is None or self._session.project is None:
            self._session.say(NOT_READY if self._session.project is not None else NO_PROJECT)
            return None
        x2, y2 = end if end is not None else (None, None)
        mark = Mark(self._image_id, kind, name, start[0], start[1], x2, y2)
        self._marks.append(mark)
        self._keep(mark)
        return mark

    def change(self, mark: Mark) -> None:
        """Take in another state of a mark (moved, renamed)."""
        for at, one in enumerate(self._marks):
            if one.mark == mark.mark and one != mark:
                self._marks[at] = mark
                self._keep(mark)

    def remove(self, mark: Mark) -> None:
        """Take a mark away."""
        kept = [one for one in self._marks if one.mark != mark.mark]
        project = self._session.project
        if len(kept) < len(self._marks) and project is not None:
            self._marks = kept
            self._save(mark.image_id, project.remove_mark(mark))
            self.marks_changed.emit()

    def select(self, mark: Mark | None) -> None:
        """Choose a mark; a point chosen is the one that distances are measured from."""
        self._selected = mark.mark if mark is not None else None
        if mark is not None and mark.kind == POINT:
            self._last_point = mark.mark
        self.marks_changed.emit()

    def hold(self, mark: Mark | None) -> None:
        """A tool has this mark under the hand (None: no longer)."""
        self._held = mark.mark if mark is not None else None

    def next_name(self, kind: str, stem: str) -> str:
        """A name that no mark of this kind has: the stem with a number."""
        taken = {one.name for one in self._marks if one.kind == kind}
        return next(name for n in range(1, len(taken) + 2) if (name := f"{stem} {n}") not in taken)

    def _keep(self, mark: Mark) -> None:
        project = self._session.project
        if project is not None:
            self._save(mark.image_id, project.keep_mark(mark))
        self.select(mark)

    def _save(self, image_id: str, future: Future[int]) -> None:
        self._session.saving.follow(image_id, future)

    # ---- spacing

    def set_spacing(self, spacing: Spacing, scope: str, source: str, text: str) -> None:
        """Say how large a pixel is. Raises ProjectError when the image has no such group or size yet."""
        project, row = self._session.project, self._row()
        if project is None or row is None:
            self._session.say(NOT_READY if project is not None else NO_PROJECT)
            return
        said = SpacingRow(scope, spacing_target(row, scope), spacing, source, text, reader=project.reader)
        self._save(row.id, project.set_spacing(said))
        if scope != IMAGE:
            # What is said last holds: a closer one would hide it.
            for other in self._spacings:
                if other.scope == IMAGE or (scope == SIZE and other.scope == GROUP):
                    self._save(row.id, project.forget_spacing(other))
            self._spacings = [one for one in self._spacings if (scope, one.scope) == (GROUP, SIZE)]
        else:
            self._spacings = [one for one in self._spacings if one.scope != IMAGE]
        self._spacings.insert(0, said)
        self.spacing_changed.emit()

    def forget_spacing(self) -> None:
        """Take back what holds; what was hidden by it (or the file's own) holds again."""
        project, row = self._session.project, self.spacing_row
        if project is not None and row is not None and self._image_id is not None:
            self._save(self._image_id, project.forget_spacing(row))
            self._spacings.pop(0)
            self.spacing_changed.emit()

    # ---- the current image

    def _row(self) -> ImageRow | None:
        entry = self._session.entry
        return entry.row if entry is not None else None

    def _follow(self) -> None:
        session, row = self._session, self._row()
        image_id = row.id if row is not None and session.project is not None else None
        if image_id == self._image_id:
            return
        self._image_id = image_id
        self._marks, self._spacings, self._in_file, self._selected = [], [], None, None
        self._measures = None
        self.marks_changed.emit()
        self.spacing_changed.emit()
        project, folder, entry = session.project, session.folder, session.entry
        if row is not None and image_id is not None and project and folder and entry:
            session.run_behind(
                partial(what_is_known, project, row, folder / entry.path, entry.frame), self._arrived
            )

    def _arrived(self, known: Known) -> None:
        if known.image_id != self._image_id:
            return
        # What a person set while the store was read stands beside what it said.
        own = {one.mark for one in self._marks}
        self._marks = [one for one in known.marks if one.mark not in own] + self._marks
        if not self._spacings:
            self._spacings = list(known.spacings)
        self._in_file = known.in_file
        self.marks_changed.emit()
        self.spacing_changed.emit()

    # ---- the table

    def want_table(self, wanted: bool) -> None:
        """Whether somebody looks at `measures`: nothing is measured for nobody."""
        self._wanted = wanted
        if wanted and self._stale:
            self._soon.start(0)

    def _label_changed(self, box: object) -> None:
        if box is None:
            self._measures = None
            self.table_changed.emit()
        self._outdate()

    def _outdate(self) -> None:
        self._stale = True
        if self._wanted:
            self._soon.start(COALESCE_MS)

    def _make_table(self) -> None:
        label = self._session.label
        if self._working or not self._wanted or label is None or label.planes is None:
            return
        self._working, self._stale = True, False
        point = self.point.start if self.point is not None else None
        ids = tuple(one.id for one in self._session.schema.active_classes)
        self._session.run_behind(
            partial(measure_classes, label.planes, ids, point, self.spacing),
            partial(self._measured, label),
            self._not_measured,
        )

    def _measured(self, label: Label, measures: Mapping[int, ClassMeasures]) -> None:
        self._working = False
        if label is self._session.label:
            self._measures = measures
            self.table_changed.emit()
        if self._stale or label is not self._session.label:
            self._outdate()

    def _not_measured(self, error: BaseException) -> None:
        from desktop import messages

        self._working = False
        self._session.problem.emit(messages.sentence(error), "")


def what_is_known(project: Project, row: ImageRow, path: Path, frame: int) -> Known:
    """Ask store and file. Off the GUI thread. Raises StoreError."""
    in_file = spacing_in_file(path, frame)
    return Known(row.id, tuple(project.marks(row.id)), tuple(project.spacings(row)), in_file)


def measure_classes(
    planes: LabelPlanes, ids: Sequence[int], point: Point | None, spacing: Spacing | None
) -> dict[int, ClassMeasures]:
    """Measure every class. Off the GUI thread.

    The planes may be painted meanwhile: then the table is made anew after the stroke, so a figure that mixes
    two moments is never the last one.
    """
    return {class_id: measure(planes.class_mask(class_id), point, spacing) for class_id in ids}
