"""Something done to many images at once, step by step, with progress; and taken back as one step.

Each step is one transaction of the writer. Labels that are in memory are changed there, by their own history,
so that a stroke on one of them meanwhile is never at odds with the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from desktop import messages
from desktop.errors import SessionError
from desktop.jobs.background import Progress
from desktop.project.bulk_change import CHUNK, BulkChange, SetValue
from desktop.project.errors import ProjectError
from desktop.project.facts import finding_column, grade_column, reader_column

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.project.project import Project
    from desktop.session import Session

TASK = "bulk"
WRITER_SECONDS = 30.0
"""How long a thread behind waits for the writer."""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What a bulk action did: `images` were changed, `skipped` were not; `undone`: taken back.

    Skipped are images that are not indexed yet; when taking back, those that were changed since.
    """

    bulk_id: str
    text: str
    images: int
    skipped: int = 0
    undone: bool = False


@dataclass(slots=True)
class _Run:
    """One bulk action (or its undo) under way."""

    project: Project
    text: str
    waiting: list[list[str]]
    total: int
    step: Callable[[list[str]], Future[dict[str, str]]] | None = None
    bulk_id: str = ""
    change: BulkChange | None = None
    items: Mapping[str, Any] = field(default_factory=dict)
    changed: int = 0
    done: int = 0
    skipped: int = 0
    held: frozenset[str] = frozenset()
    since: set[str] = field(default_factory=set)
    labels: dict[str, Label] = field(default_factory=dict)

    @property
    def undoing(self) -> bool:
        return self.change is None


class Bulk(QObject):
    """One bulk action at a time. GUI thread only; the writer does the work."""

    ended = Signal(object)
    """A `BulkResult`: done, or taken back."""
    changed = Signal()
    """`running` or `last` changed."""
    problem = Signal(str, str)
    _answered = Signal(object, object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._run: _Run | None = None
        self.last: BulkResult | None = None
        self._answered.connect(self._on_answer, Qt.ConnectionType.QueuedConnection)
        self.problem.connect(session.problem)
        session.project_changed.connect(self._project_changed)

    @property
    def running(self) -> bool:
        """Whether a bulk action is under way."""
        return self._run is not None

    # ---- asked for

    def run(self, change: BulkChange, positions: Sequence[int]) -> None:
        """Do a change to these images. Raises SessionError while another one runs, ProjectError when refused.

        Images that are not indexed yet have no identity to keep anything under: they are left out, and told.
        """
        project = self._free()
        entries = self._session.entries
        known = [entries[position].image_id for position in positions if position < len(entries)]
        ids = [image_id for image_id in known if image_id is not None]
        future = project.begin_bulk(change)
        run = _Run(project, change.text, _chunks(ids), len(ids), change=change, skipped=len(known) - len(ids))
        run.step = lambda part: project.bulk_step(run.bulk_id, change, part, run.held)
        self._start(run)
        self._follow(run, future)

    def undo(self) -> None:
        """Take the last bulk action back. Raises SessionError when there is none, or one is under way."""
        project, last = self._free(), self.last
        if last is None:
            raise SessionError("No change of many images at once is left to take back.")
        run = _Run(project, last.text, [], last.images, bulk_id=last.bulk_id)
        run.step = lambda part: project.bulk_undo_step(run.bulk_id, part, run.held)
        self._start(run)

        def read() -> tuple[dict[str, Any], set[str]]:
            items = project.bulk_items(run.bulk_id)
            return items, project.bulk_changed_since(run.bulk_id, items)

        self._session.run_behind(read, lambda found: self._begin_undo(run, *found), self._fail)

    def _free(self) -> Project:
        project = self._session.project
        if project is None:
            raise SessionError("No project is open, so nothing can be kept; open the folder again.")
        if self._run is not None:
            raise SessionError("Many images are being changed already; wait until that is done.")
        return project

    def _begin_undo(self, run: _Run, items: Mapping[str, Any], since: set[str]) -> None:
        if run is self._run:
            run.items, run.total, run.since = items, len(items), since
            run.waiting = _chunks(list(items))
            self._next(run)

    # ---- step by step

    def _start(self, run: _Run) -> None:
        self._run = run
        self._tell(run)
        self.changed.emit()

    def _follow(self, run: _Run, future: Future[Any]) -> None:
        future.add_done_callback(lambda done: self._answered.emit(run, done))

    def _on_answer(self, run: _Run, future: Future[Any]) -> None:
        if run is not self._run:
            return
        if run.project is not self._session.project:
            # Left in the middle: what was done stands, and is offered to be taken back at the next start.
            self._run = None
            self.changed.emit()
            return
        error = future.exception()
        if error is not None:
            self._fail(error)
            return
        result = future.result()
        if isinstance(result, str):
            run.bulk_id = result
        elif result is not None:
            if not run.undoing:
                self._set_on(run.labels | self._at_hand(run, list(run.labels)), run)
            self._take(run, result)
        self._next(run)

    def _next(self, run: _Run) -> None:
        self._tell(run)
        if not run.waiting or run.step is None:
            self._end(run)
            return
        part = run.waiting.pop(0)
        labels = self._at_hand(run, part)
        run.held = frozenset(labels)
        run.done += len(part)
        if run.undoing:
            # The value goes back first: the step's transaction has the last word about the status.
            self._set_on(labels, run)
            self._follow(run, run.step(part))
        else:
            # Labels at hand follow when the disk has taken the step: one that it refuses changes nothing.
            run.labels = labels
            self._follow(run, run.step(part))

    def _tell(self, run: _Run) -> None:
        verb = "Taking back" if run.undoing else "Setting"
        text = f"{verb} “{run.text}”: {run.done:,} of {run.total:,} images"
        self._session.progress.emit(Progress(TASK, run.done, max(run.total, 1), text))

    def _end(self, run: _Run) -> None:
        self._run = None
        if run.undoing:
            run.skipped = run.total - run.changed
        closed = run.project.end_bulk_undo(run.bulk_id) if run.undoing else None
        if run.undoing:
            self.last = None
        elif run.changed:
            self.last = BulkResult(run.bulk_id, run.text, run.changed)
        self._session.progress.emit(Progress(TASK, 1, 1))
        self.changed.emit()
        self.ended.emit(BulkResult(run.bulk_id, run.text, run.changed, run.skipped, run.undoing))
        if closed is not None:
            self._read_last(run.project, closed)

    def _fail(self, error: BaseException) -> None:
        run, self._run = self._run, None
        self._session.progress.emit(Progress(TASK, 1, 1))
        said = messages.sentence(error)
        if run is not None and run.changed:
            said = f"“{run.text}” stopped after {run.changed:,} of {run.total:,} images. {said}"
        self.problem.emit(said, "")
        if run is not None:
            # What was done so far stands, and can be taken back: the store says how much that is.
            self._read_last(run.project)
        self._session.filtering.load()
        self.changed.emit()

    # ---- labels in memory

    def _at_hand(self, run: _Run, part: Sequence[str]) -> dict[str, Label]:
        """The labels in memory whose value changes; when taking back, not those that become virtual again."""
        if not run.undoing and not isinstance(run.change, SetValue):
            return {}
        pool, found = self._session.showing.pool, {}
        wanted = set(part)
        for position in pool.positions():
            image = pool.get(position)
            label = image.reading.label if image is not None and image.reading is not None else None
            if label is None or label.key.image_id not in wanted or label.key.reading != 0:
                continue
            item = run.items.get(label.key.image_id, {})
            unmade = item.get("new") and label.history.last_seq <= 1 and not label.stroke_open
            if not run.undoing or ("target" in item and not unmade and self._as_set(label, run)):
                found[label.key.image_id] = label
        return found

    @staticmethod
    def _as_set(label: Label, run: _Run) -> bool:
        """Whether a label still has the value that the action gave it."""
        image_id = label.key.image_id
        kind, _, name = run.items[image_id]["target"].partition(":")
        held = label.grades if kind == "grade" else label.findings
        return image_id not in run.since and held.get(name) == run.items[image_id].get("set")

    def _set_on(self, labels: Mapping[str, Label], run: _Run) -> None:
        current = self._session.label
        for image_id, label in labels.items():
            if isinstance(run.change, SetValue):
                target, value = run.change.target, run.change.value
            else:
                target, value = run.items[image_id]["target"], run.items[image_id]["value"]
            kind, _, name = target.partition(":")
            try:
                edit = label.set_grade(name, value) if kind == "grade" else label.set_finding(name, value)
            except ProjectError as error:
                self.problem.emit(messages.sentence(error), "")
                continue
            if edit is not None:
                self._session.review.save(label)
                if label is current:
                    self._session.review.tell(edit)

    # ---- what the store answered

    def _take(self, run: _Run, statuses: Mapping[str, str]) -> None:
        session, filtering = self._session, self._session.filtering
        run.changed += len(statuses)
        positions = []
        for image_id, status in statuses.items():
            position = session.entries.position_of(image_id)
            row = session.entries[position].row if position is not None else None
            if position is None or row is None:
                continue
            session.entries.set_row(replace(row, status_for_reader=status))
            begun = {"status": status, reader_column(run.project.reader): status != "unseen"}
            filtering.learn(position, begun | _value_of(run, image_id))
            positions.append(position)
        self._read_again(run, positions)
        if positions:
            filtering.quiet = True
            session.entries_changed.emit(min(positions), max(positions))
            filtering.quiet = False

    def _read_again(self, run: _Run, positions: Sequence[int]) -> None:
        """What was read from the store while it changed, or before, is read again."""
        showing = self._session.showing
        for position in set(showing.pool.positions()) & set(positions):
            image = showing.pool.get(position)
            label = image.reading.label if image is not None and image.reading is not None else None
            if label is not None and label.key.image_id not in run.held and not label.stroke_open:
                showing.read_again(position)

    # ---- after a restart

    def _project_changed(self) -> None:
        project = self._session.project
        if project is None:
            self._run = self.last = None
            self.changed.emit()
        elif self._run is None:
            self._read_last(project)

    def _read_last(self, project: Project, after: Future[None] | None = None) -> None:
        def work() -> Any:
            if after is not None:
                after.result(WRITER_SECONDS)
            return project.last_bulk()

        def arrived(row: Any) -> None:
            if self._session.project is project and self._run is None:
                self.last = None if row is None else BulkResult(row.id, row.text, row.images)
                self.changed.emit()

        self._session.run_behind(work, arrived)


def _chunks(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]


def _value_of(run: _Run, image_id: str) -> dict[str, str | None]:
    """The grade or finding that an image has now, by its column; empty when the action changes none."""
    item = run.items.get(image_id, {})
    if isinstance(run.change, SetValue):
        target, value = run.change.target, run.change.value
    elif "target" in item:
        target, value = item["target"], item["value"]
    else:
        return {}
    kind, _, name = target.partition(":")
    return {(grade_column if kind == "grade" else finding_column)(name): value}
