"""What stands behind the Models and the Training page: reads library and project, puts models in use."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.controllers.training import FineTuning
from desktop.panels.class_map import names_panel
from desktop.panels.models import SYNTHETIC, ModelEntry, ModelsPage
from desktop.panels.notices import Notice, NoticeBar
from desktop.panels.training import Choice, Material, TrainingPage
from desktop.session import Session
from desktop.settings import Settings

if TYPE_CHECKING:
    from desktop.project.project import Project

REVIEWED = ("accepted", "corrected")
_ORIGINS = {"bundled": "comes with Overread", "registered": "registered on this machine"}


@dataclass(frozen=True, slots=True)
class Known:
    """All that the two pages show."""

    models: tuple[ModelEntry, ...]
    incumbent: str
    before: str | None
    material: Material
    recipes: tuple[Choice, ...]


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
        self.models = ModelsPage(roll_back=self.roll_back, add=self.ask_for_bundle)
        self.models.names_of = partial(names_panel, session)
        self.training = TrainingPage(promote=lambda: self.tuning.promote(), keep=lambda: self.tuning.keep())
        self.tuning = FineTuning(session, self.training, notices, self)
        self.tuning.changed.connect(self.refresh)
        self.models.use.connect(self.use)
        session.project_changed.connect(self._project_changed)
        session.model_changed.connect(self._model_changed)
        self._welcomed: Project | None = None

    # --- what there is

    def refresh(self) -> None:
        """Read models, counts and recipes again and show them."""
        project = self._session.project
        if project is None:
            self.models.show_models((), "")
            return
        self._session.run_behind(lambda: read_known(project), self._show, self._notices.tell)

    def _show(self, known: Known) -> None:
        synthetic = self._session.predicting.allowed_domain == SYNTHETIC
        self.models.show_models(known.models, known.incumbent, known.before, synthetic_folder=synthetic)
        self.training.show_material(known.material)
        if not self.tuning.busy:
            self.training.show_recipes(known.recipes, "fine-tune")

    # --- a project was opened

    def _project_changed(self) -> None:
        project = self._session.project
        if project is None or project is self._welcomed:
            return
        self._welcomed = project
        self._session.run_behind(lambda: read_known(project), self._welcome, self._notices.tell)

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
        self.training.show_model(model.name if model is not None else "")
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


def read_known(project: Project) -> Known:
    """Read what both pages show. Blocks; not for the GUI thread."""
    incumbent = project.incumbent()
    promotions = project.promotions()
    before = promotions[-1].previous if promotions else None
    return Known(
        _models(project),
        incumbent.digest if incumbent is not None else "",
        before,
        _material(project),
        _recipes(),
    )


def _models(project: Project) -> tuple[ModelEntry, ...]:
    from desktop.loop.library import known_models
    from inference.bundle import bundle_digest, read_manifest
    from inference.errors import InferenceError

    found: dict[str, ModelEntry] = {}
    for model in known_models():
        origin = _ORIGINS[model.origin]
        if model.manifest is None:
            found[str(model.path)] = ModelEntry(model.name, model.path, origin, "", None, model.problem)
        else:
            digest = bundle_digest(model.path)
            found[digest] = ModelEntry(model.name, model.path, origin, digest, model.manifest)
    for row in project.models():
        if row.digest in found:
            continue
        path = Path(row.path)
        try:
            found[row.digest] = ModelEntry(row.name, path, "made here", row.digest, read_manifest(path))
        except (InferenceError, OSError) as error:
            found[row.digest] = ModelEntry(row.name, path, "made here", row.digest, None, str(error))
    return tuple(found.values())


def _material(project: Project) -> Material:
    images: Counter[str] = Counter()
    groups: dict[str, set[str]] = {}
    for row in project.images():
        if row.status_for_reader in REVIEWED and row.split and not row.problem:
            images[row.split] += 1
            groups.setdefault(row.split, set()).add(row.group or row.id)
    return Material(images, {split: len(keys) for split, keys in groups.items()}, project.grouping.known)


def _recipes() -> tuple[Choice, ...]:
    from desktop.loop.launcher import FINE_TUNE
    from training.recipes import list_recipes

    return tuple(
        Choice(one.name, one.title, one.config.description, one.config.epochs, one.name == FINE_TUNE)
        for one in list_recipes()
    )
