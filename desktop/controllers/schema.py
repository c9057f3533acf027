"""Editing the schema: a draft with undo, what applying it changes, and applying it without a loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.messages import sentence
from desktop.panels.notices import Notice
from desktop.project.schema_draft import Aside, Draft
from inference.errors import SchemaError
from inference.schema import Schema

if TYPE_CHECKING:
    from desktop.panels.notices import NoticeBar
    from desktop.project.project import Project
    from desktop.project.schema_change import SchemaPlan, Usage
    from desktop.project.schema_templates import Template
    from desktop.session import Session

TOPIC = "schema"
EMPTY = "This project asks nothing of its images yet: choose a template, or write your own schema."
READING = "What is recorded so far is still being read; try again in a moment."
Saved = Callable[[Callable[[], object], str, str, Callable[[], object]], None]


class SchemaEditing(QObject):
    """The draft of one window. `changed` is told after every step, `said` says why one is refused."""

    changed = Signal()
    said = Signal(str)

    def __init__(self, session: Session, notices: NoticeBar, show: Callable[[], object]) -> None:
        super().__init__(session)
        self._session = session
        self._notices = notices
        self._show = show
        self._offered: object = None
        self._reading = 0
        self.watched: Callable[[], bool] = lambda: False
        self._before = Schema()
        self._drafts: list[Draft] = [Draft.of(Schema())]
        self._at = 0
        self._project: Project | None = None
        self.usage: Usage | None = None
        self.busy = False
        session.project_changed.connect(self._project_changed)

    # ---- the draft

    @property
    def draft(self) -> Draft:
        """The schema as it is edited."""
        return self._drafts[self._at]

    @property
    def can_undo(self) -> bool:
        """A step can be taken back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """A step can be done again."""
        return self._at + 1 < len(self._drafts)

    def plan(self) -> SchemaPlan:
        """What applying the draft would do."""
        from desktop.project.schema_change import plan_of

        return plan_of(self._before, self.draft)

    def step(self, change: Callable[[Draft], Draft]) -> bool:
        """Take a step; False, and `said`, when it cannot be."""
        if self.usage is None:
            self.said.emit(READING)
            return False
        try:
            draft = change(self.draft)
        except SchemaError as error:
            self.said.emit(sentence(error))
            return False
        self.said.emit("")
        if draft != self.draft:
            self._drafts = [*self._drafts[: self._at + 1], draft]
            self._at += 1
            self.changed.emit()
        return True

    def undo(self) -> None:
        """Back by one step."""
        self._at = max(self._at - 1, 0)
        self.changed.emit()

    def redo(self) -> None:
        """Forward by one step."""
        self._at = min(self._at + 1, len(self._drafts) - 1)
        self.changed.emit()

    def discard(self) -> None:
        """Back to what the project asks now; that can be undone as well."""
        self.step(lambda _draft: self._drafts[0])

    # ---- from and to the project

    def enter(self) -> None:
        """The editor is shown: read what is set aside and how much was recorded."""
        self._notices.withdraw(TOPIC)
        if self._session.project is not self._project or not self.plan().changes_anything:
            self._load()

    def _load(self) -> None:
        project, schema = self._session.project, self._session.schema
        self._project = project
        self._before, self.usage = schema, None
        self._reading += 1
        reading = self._reading
        if project is None:
            self._begin(Schema(), (Aside(), None))
            return

        def read() -> tuple[Aside, Usage]:
            from desktop.project.schema_change import read_aside, read_usage

            return read_aside(project.store), read_usage(project.store)

        def begin(found: tuple[Aside, Usage]) -> None:
            if reading == self._reading:
                self._begin(schema, found)

        self._session.run_behind(read, begin)

    def _begin(self, schema: Schema, found: tuple[Aside, Usage | None]) -> None:
        aside, self.usage = found
        self._before = schema
        self._drafts, self._at = [Draft.of(schema, aside)], 0
        self.said.emit("")
        self.changed.emit()

    def _project_changed(self) -> None:
        session = self._session
        if session.project is not self._project or session.schema != self._before:
            if self.watched():
                self._load()
            else:
                # Counting takes its time in a large project: not before somebody looks.
                self._project, self.usage = None, None
        self._offer()

    def _offer(self) -> None:
        """Say once, where nothing is asked of the images, how to begin. A model brings its own schema."""
        project, schema = self._session.project, self._session.schema
        if schema.classes or schema.grades or schema.findings or project is None:
            self._notices.withdraw(TOPIC)
        elif project is not self._offered:
            self._offered = project
            answers = (("Choose a template", self._show),)
            self._notices.put(Notice(EMPTY, "info", "", answers, TOPIC), beneath=True)

    def templates(self) -> tuple[Template, ...]:
        """Schemas to start from; none, and `said`, when they cannot be read."""
        from desktop.project.schema_templates import templates

        try:
            return templates()
        except SchemaError as error:
            self.said.emit(str(error))
            return ()

    def take(self, schema: Schema) -> None:
        """Add everything of another schema that is not here yet."""
        self.step(lambda draft: draft.with_all_of(schema))

    @property
    def has_project(self) -> bool:
        """A project is open."""
        return self._session.project is not None

    @property
    def declared(self) -> tuple[str, Schema] | None:
        """Name and schema of the model in use."""
        model = self._session.model
        return (model.name, model.manifest.schema) if model is not None else None

    # ---- applying

    def problems(self) -> list[str]:
        """Why the draft cannot be applied, in sentences."""
        return self.plan().problems(self.usage) if self.usage is not None else []

    def apply(self, when_saved: Saved, hold: Callable[[bool], object]) -> None:
        """Write the draft to the project, once everything is saved; ``hold`` keeps the window still."""
        project, plan = self._session.project, self.plan()
        if project is None or self.busy or not plan.changes_anything or self.problems():
            return
        self.busy = True
        hold(True)
        when_saved(
            partial(self._write, project, plan, hold),
            "apply the schema again",
            "Apply it and lose {them}",
            partial(self._end, hold),
        )

    def _write(self, project: Project, plan: SchemaPlan, hold: Callable[[bool], object]) -> None:
        from desktop.project.schema_change import apply_plan

        def done(schema: Schema) -> None:
            self._end(hold)
            self._session.filtering.follow_names(plan.names)
            self._session.opening.take_schema(schema, anew=plan.names.concern_labels)
            self._notices.say("The schema is applied.", topic=TOPIC)

        def failed(error: BaseException) -> None:
            self._end(hold)
            self._notices.put(Notice(sentence(error), "problem"))

        self._session.run_behind(lambda: apply_plan(project, plan).result(), done, failed)

    def _end(self, hold: Callable[[bool], object]) -> Any:
        self.busy = False
        hold(False)
