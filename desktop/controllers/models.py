"""What stands behind the Models and the Training page: reads library and project, puts models in use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.jobs.predicting import SYNTHETIC
from desktop.later import Later
from desktop.panels.notices import Notice, NoticeBar
from desktop.session import Session
from desktop.settings import Settings

if TYPE_CHECKING:
    from desktop.controllers.training import FineTuning
    from desktop.panels.known import Known, ModelEntry
    from desktop.panels.models import ModelsPage
    from desktop.panels.training import TrainingPage
    from desktop.project.project import Project


class Modelling(QObject):
    """The two pages and what they do. Everything that reads or writes runs behind the window."""

    asked_for = Signal(str)
    """A page that a person asked for in a notice."""

    def __init__(self, session: Session, settings: Settings, notices: NoticeBar, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = settings
        self._notices = notices
        self._parent = parent
        self.pages: Later[QWidget] = Later({"models": self._make_models, "training": self._make_training})
        self._tuning: FineTuning | None = None
        self._known: Known | None = None
        session.project_changed.connect(self._project_changed)
        session.model_changed.connect(self._model_changed)
        self._welcomed: Project | None = None

    # --- the pages, made when they are first asked for

    @property
    def models(self) -> ModelsPage:
        """The Models page."""
        return cast("ModelsPage", self.pages["models"])

    @property
    def training(self) -> TrainingPage:
        """The Training page."""
        return cast("TrainingPage", self.pages["training"])

    @property
    def tuning(self) -> FineTuning:
        """What carries a run from start to end, on the Training page."""
        self.pages["training"]
        return cast("FineTuning", self._tuning)

    def _make_models(self) -> ModelsPage:
        from desktop.panels.class_map import names_panel
        from desktop.panels.models import ModelsPage

        page = ModelsPage(roll_back=self.roll_back, add=self.ask_for_bundle)
        page.names_of = partial(names_panel, self._session)
        page.use.connect(self.use)
        self._show_models(page)
        return page

    def _make_training(self) -> TrainingPage:
        from desktop.controllers.training import FineTuning
        from desktop.panels.training import TrainingPage

        page = TrainingPage(promote=lambda: self.tuning.promote(), keep=lambda: self.tuning.keep())
        self._tuning = FineTuning(self._session, page, self._notices, self)
        self._tuning.changed.connect(self.refresh)
        self._show_training(page)
        self._name_model(page)
        return page

    # --- what there is

    def refresh(self) -> None:
        """Read models, counts and recipes again and show them."""
        project = self._session.project
        if project is not None:
            self._session.run_behind(partial(read, project), self._show, self._notices.tell)
            return
        self._known = None
        if "models" in self.pages.made:
            self.models.show_models((), "")

    def _show(self, known: Known) -> None:
        self._known = known
        if "models" in self.pages.made:
            self._show_models(self.models)
        if "training" in self.pages.made:
            self._show_training(self.training)

    def _show_models(self, page: ModelsPage) -> None:
        known, synthetic = self._known, self._session.predicting.allowed_domain == SYNTHETIC
        if known is not None:
            page.show_models(known.models, known.incumbent, known.before, synthetic_folder=synthetic)

    def _show_training(self, page: TrainingPage) -> None:
        if self._known is not None:
            page.show_material(self._known.material)
            if not self.busy:
                page.show_recipes(self._known.recipes, "fine-tune")

    def _name_model(self, page: TrainingPage) -> None:
        model = self._session.model
        page.show_model(model.name if model is not None else "")

    # --- a project was opened

    def _project_changed(self) -> None:
        project = self._session.project
        if project is None or project is self._welcomed:
            return
        self._welcomed = project
        self._session.run_behind(partial(read, project), self._welcome, self._notices.tell)

    def _welcome(self, known: Known) -> None:
        """A project without a model: generated images get the bundled one, others a hint where to choose."""
        self._show(known)
        if known.incumbent or not known.models:
            return
        own = [m for m in known.models if m.manifest is not None and m.manifest.domain == SYNTHETIC]
        if self._session.predicting.allowed_domain == SYNTHETIC and own:
            self.use(own[0])
            return
        hint = "No model reads here yet: choose one, or label some images and train your own."
        answers = (("Models", lambda: self.asked_for.emit("models")),)
        self._notices.put(Notice(hint, "info", "", answers, "no model"), beneath=True)

    def _model_changed(self) -> None:
        model = self._session.model
        if "training" in self.pages.made:
            self._name_model(self.training)
        if model is not None:
            self._notices.withdraw("no model")
            # Only a person's choice makes a model the project's: that is the consent to a synthetic one.
            if not self._session.model_allowed:
                self._session.allow_model()

    # --- what a person chooses

    def use(self, entry: ModelEntry) -> None:
        """Put a model in use; a project without a schema takes over the model's."""
        project, manifest = self._session.project, entry.manifest
        if project is None or manifest is None:
            return
        schema = self._session.schema
        if not (schema.active_classes or schema.grades or schema.findings):
            self._session.set_schema(manifest.schema)

        def work() -> None:
            from desktop.loop.registering import register_bundle

            register_bundle(project, entry.path, name=entry.name, in_use=True)

        self._session.run_behind(work, lambda _: self._used(entry.path), self._notices.tell)

    def _used(self, bundle: Path) -> None:
        self._session.set_model(bundle)
        self.refresh()

    def roll_back(self) -> None:
        """Put the model before in use again."""
        self._session.fine_tune.roll_back()

    def ask_for_bundle(self) -> None:
        """Ask for a bundle's folder and register it on this machine."""
        chosen = QFileDialog.getExistingDirectory(self._parent, "Add a model bundle", str(Path.home()))
        if chosen:
            self.add(Path(chosen))

    def add(self, bundle: Path) -> None:
        """Register a bundle on this machine."""

        def work() -> object:
            from desktop.loop.library import add_model

            return add_model(bundle)

        self._session.run_behind(work, lambda _: self.refresh(), self._notices.tell)

    # --- closing

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return self._session.fine_tune.running

    def finish_then(self, after: Callable[[], None]) -> None:
        """Stop what is under way, then call ``after`` (at once when nothing is). The window is closing."""
        if self.busy:
            self.tuning.finish_then(after)
        else:
            after()


def read(project: Project) -> Known:
    """Read what the pages show. Blocks; not for the GUI thread."""
    from desktop.controllers.known import read_known

    return read_known(project)
