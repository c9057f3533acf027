"""Opening and closing: the list from a scanning thread, the project, indexing behind (GUI thread only)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop import messages
from desktop.jobs.background import Control, Task, Tasks
from desktop.jobs.behind import Behind
from desktop.jobs.indexing import Indexing
from desktop.jobs.project_opening import OpenedProject, keeper, namer, open_or_create
from desktop.jobs.scanning import Hint, ScanTask, scan_task
from desktop.jobs.source import FolderSource
from desktop.project.errors import ProjectError
from inference.schema import Schema

if TYPE_CHECKING:
    from desktop.project.project import Project
    from desktop.project.rows import ImageRow
    from desktop.project.scan import Found
    from desktop.session import Session

log = logging.getLogger(__name__)

PROJECT_WAITS_MS = 1000
"""The project is opened when the list is complete, or after this time (a slow network folder)."""


class Opening(QObject):
    """What folder and project are open, and the threads that find that out."""

    project_changed = Signal()
    entries_reset = Signal()
    entries_appended = Signal(int, int)
    entries_changed = Signal(int, int)
    opened = Signal()
    progress = Signal(object)
    problem = Signal(str, str)
    noted = Signal(str)
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.folder: Path | None = None
        self.project: Project | None = None
        self.schema = Schema()
        self.source: FolderSource | None = None
        self.folder_problem: str | None = None
        self.behind = Behind(self)
        self.indexing = Indexing(self)
        self._tasks = Tasks(self)
        self._wanted_schema: Schema | None = None
        self._hint: Hint | None = None
        self._scan: ScanTask | None = None
        self._project_task: Task | None = None
        self._then: Callable[[], None] | None = None
        self._leaving = False
        self._closing = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._open_project)
        self.indexing.rows_ready.connect(self._on_rows)
        self.indexing.progress.connect(self.progress)
        self.indexing.problem.connect(self.problem)

    # ---- opening

    def open(self, folder: Path, schema: Schema | None) -> None:
        """See `Session.open_folder`."""
        if self._closing:
            return
        if self.folder is not None or self._leaving:
            self._leave(lambda: self._begin(folder, schema))
        else:
            self._begin(folder, schema)

    def _begin(self, folder: Path, schema: Schema | None) -> None:
        self.folder, self._wanted_schema, self._hint = folder, schema, None
        self.folder_problem = None
        self.source = FolderSource(folder)
        self._session.showing.reset(self.source)
        self.entries_reset.emit()
        self._scan = scan_task(folder)
        queued = Qt.ConnectionType.QueuedConnection
        self._scan.hinted.connect(self._on_hint, queued)
        self._scan.found.connect(self._on_found, queued)
        self._scan.progressed.connect(self.progress, queued)
        self._scan.done.connect(self._on_scanned, queued)
        self._scan.failed.connect(self._on_scan_failed, queued)
        self._scan.noted.connect(self._on_note, queued)
        self._tasks.start(self._scan)
        self._patience.start(PROJECT_WAITS_MS)

    def _on_hint(self, hint: Hint) -> None:
        if self.sender() is self._scan:
            self._hint = hint

    def _on_found(self, batch: list[Found]) -> None:
        if self.sender() is not self._scan:
            return
        session = self._session
        first, count = session.entries.append(batch)
        self.entries_appended.emit(first, count)
        if session.position >= 0:
            if session.position + 3 > first:
                session.showing.prefetch()
            return
        hint = self._hint
        position = session.entries.position_of_path(hint.path, 0) if hint is not None else 0
        if position is not None:
            session.go_to(position)

    def _on_scanned(self, _count: int) -> None:
        if self.sender() is not self._scan:
            return
        if self._session.position < 0 and len(self._session.entries):
            self._session.go_to(0)
        self.opened.emit()
        self._open_project()

    def _on_note(self, sentence: str) -> None:
        self.noted.emit(sentence)

    def _on_scan_failed(self, error: BaseException) -> None:
        if self.sender() is self._scan:
            self.folder_problem = messages.sentence(error)
            self.problem.emit(self.folder_problem, "")
            self.opened.emit()

    def _open_project(self) -> None:
        self._patience.stop()
        if self._project_task is not None or self.folder is None or self._leaving:
            return
        folder, schema = self.folder, self._wanted_schema
        self._project_task = Task("project", lambda _control: open_or_create(folder, schema))
        queued = Qt.ConnectionType.QueuedConnection
        self._project_task.done.connect(self._on_project, queued)
        self._project_task.failed.connect(self._on_project_failed, queued)
        self._tasks.start(self._project_task)

    def _on_project_failed(self, error: BaseException) -> None:
        self._project_task = None
        if self._leaving:
            self._left_when_ready()
        else:
            self.problem.emit(messages.sentence(error), "")

    def _on_project(self, opened: OpenedProject) -> None:
        self._project_task = None
        self.project = opened.project
        if self._leaving:
            self._left_when_ready()
            return
        session, source = self._session, self.source
        if source is None:
            return
        self.schema = opened.project.schema
        source.connect_project(opened.project, opened.cache, opened.thumbnails)
        session.run_behind(source.keep_thumbnails, lambda _: None)
        session.choices.adopt(self.schema, forget=True)
        session.saving.set_writer(opened.project.writer)
        session.predicting.set_folder(
            self.folder, session.entries, opened.cache, opened.domain, keeper(opened.project)
        )
        session.predicting.naming = namer(opened.project, opened.cache)
        session.predicting.go_to(session.position)
        session.showing.pool.allow_readings()
        self.project_changed.emit()
        if opened.incumbent is not None:
            session.set_model(opened.incumbent)
        for note in opened.notes:
            self.noted.emit(note)
        self.indexing.start(opened.project)

    def set_schema(self, schema: Schema) -> None:
        """See `Session.set_schema`."""
        project = self.project
        if project is None:
            return
        try:
            future = project.set_schema(schema)
        except ProjectError as error:
            self.problem.emit(messages.sentence(error), "")
            return
        self._session.saving.follow("", future)
        self._follow_schema(schema)

    def take_schema(self, schema: Schema, *, anew: bool) -> None:
        """The store has this schema by now. ``anew``: names inside labels changed, so they are read again."""
        if self.project is None:
            return
        self.project.schema = schema
        self._follow_schema(schema)
        if anew:
            self._session.showing.read_all_again()

    def _follow_schema(self, schema: Schema) -> None:
        self.schema = schema
        self._session.choices.adopt(schema, forget=False)
        self._session.showing.adopt_schema(schema)
        self._session.predicting.name_again()
        self.project_changed.emit()

    # ---- indexing

    def note_input(self) -> None:
        """The reader works: indexing gives way."""
        self.indexing.note_input()

    def _on_rows(self, rows: list[ImageRow]) -> None:
        entries = self._session.entries
        known = len(entries)
        touched = [position for row in rows if (position := entries.take(row)) is not None]
        if not touched:
            return
        if len(entries) > known:
            self.entries_appended.emit(known, len(entries) - known)
        self.entries_changed.emit(min(touched), max(touched))
        self._session.showing.rows_known(touched)
        self._session.predicting.entries_indexed()

    # ---- leaving and closing

    def close(self) -> None:
        """See `Session.close`."""
        if self._closing:
            return
        self._closing = True
        self._leave(self._closed)

    def _leave(self, then: Callable[[], None]) -> None:
        """Stop everything of the open folder and write what waits, behind; then go on with ``then``."""
        self._then = then
        if self._leaving:
            return
        self._leaving = True
        self._patience.stop()
        self._scan = None
        session = self._session
        session.review.abort_stroke()
        self._save_position()
        session.fine_tune.close()
        self.indexing.stop()
        self._tasks.cancel_all()
        self.behind.forget()
        session.predicting.set_folder(None, (), None)
        session.predicting.naming = lambda model: model
        if self._closing:
            session.predicting.stop()
        if self._project_task is None:
            self._left_when_ready()

    def _save_position(self) -> None:
        entry = self._session.entry
        if self.project is not None and entry is not None:
            self.project.save_position(entry.path, entry.frame, entry.position)

    def _left_when_ready(self) -> None:
        """The project is open or refused: now it can be closed."""
        session, project, closing = self._session, self.project, self._closing
        if closing:
            session.showing.pool.close()
        self.source = None
        session.showing.reset(None)
        self.project = None

        def work(control: Control) -> int:
            control.progress(0, 0, "Writing what is not on the disk yet")
            self.indexing.wait()
            session.fine_tune.wait()
            session.showing.pool.wait()
            self.behind.wait()
            if closing:
                session.predicting.wait()
            return project.close() if project is not None else 0

        task = Task("closing", work)
        queued = Qt.ConnectionType.QueuedConnection
        task.progressed.connect(self.progress, queued)
        task.done.connect(self._on_left, queued)
        task.failed.connect(self._on_left_badly, queued)
        self._tasks.start(task)

    def _on_left(self, unsaved: int) -> None:
        if unsaved:
            self.problem.emit(f"{unsaved} changes could not be saved: the disk refused them to the last.", "")
        self._left()

    def _on_left_badly(self, error: BaseException) -> None:
        self.problem.emit(messages.sentence(error), "")
        self._left()

    def _left(self) -> None:
        session = self._session
        self._leaving = False
        self.folder = self.folder_problem = None
        self.schema = Schema()
        session.saving.set_writer(None)
        session.review.forget()
        session.choices.adopt(self.schema, forget=True)
        self.entries_reset.emit()
        self.project_changed.emit()
        then, self._then = self._then, None
        if self._closing:
            self._closed()
        elif then is not None:
            then()

    def _closed(self) -> None:
        self._tasks.wait(2000)
        self.closed.emit()
