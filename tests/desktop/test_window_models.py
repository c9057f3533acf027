"""What stands behind the Models and Training pages, over a real project: use, run, promote, export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.controllers.exports import Exports
from desktop.controllers.known import read_known
from desktop.controllers.models import Modelling
from desktop.controllers.training import compared_models
from desktop.jobs.background import Progress
from desktop.jobs.fine_tune import Candidate
from desktop.jobs.training import Outcome
from desktop.loop.promotion import Comparison, Figure
from desktop.panels.notices import NoticeBar
from desktop.project.project import Project
from desktop.settings import Settings
from inference.bundle import Manifest, bundle_digest, save_bundle
from inference.schema import MaskClass, Schema
from tests.desktop.fakes import FakeSession, Model

SCHEMA = Schema((MaskClass(0, "MA"),))


class ProjectSession(FakeSession):
    """A fake session with a real project; what runs behind runs at once."""

    def __init__(self, project: Project) -> None:
        super().__init__(project.schema)
        self.values |= {"project": project, "folder": project.folder, "schema": project.schema}

    def run_behind(self, work, done, failed=None) -> None:
        try:
            result = work()
        except Exception as error:
            if failed is None:
                raise
            failed(error)
        else:
            done(result)

    def set_model(self, bundle: Path | None) -> None:
        self.calls.append(("set_model", bundle))
        self.values["model"] = Model(bundle.name, bundle, bundle_digest(bundle)) if bundle else None
        self.model_changed.emit()

    def set_schema(self, schema: Schema) -> None:
        self.calls.append(("set_schema", schema))

    def allow_model(self) -> None:
        self.calls.append(("allow_model",))


def bundle(folder: Path, *, domain: str = "fundus", value: float = 0.0) -> Path:
    manifest = Manifest(name=folder.name, network="residual-unet", schema=SCHEMA, domain=domain)
    save_bundle(folder, manifest, {"weight": np.full((2, 2), value, np.float32)})
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "eyes"
    folder.mkdir()
    for number in range(12):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((20, 30, 3), 20 * number, np.uint8))
    with Project.create(folder, SCHEMA) as made:
        for _ in made.index():
            pass
        yield made


@pytest.fixture
def session(qapp, project) -> ProjectSession:
    return ProjectSession(project)


@pytest.fixture
def notices(qtbot) -> NoticeBar:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    return bar


@pytest.fixture
def modelling(qtbot, tmp_path, session, notices, monkeypatch) -> Modelling:
    monkeypatch.setattr("desktop.loop.library.bundled_models", lambda: ())
    monkeypatch.setattr("desktop.loop.library.known_models", lambda: ())
    host = QWidget()
    qtbot.addWidget(host)
    made = Modelling(session, Settings(tmp_path / "settings"), notices, host)
    made.host = host
    for page in (made.models, made.training):
        page.setParent(host)
    return made


def register(project: Project, path: Path) -> str:
    digest = bundle_digest(path)
    project.register_model(path, digest, path.name, domain="fundus").result()
    return digest


def finish_all(project: Project) -> None:
    for row in project.images():
        label = project.load_label(row.id)
        label.ensure_planes(20, 30)
        project.finish(label, [0]).result()


def test_models_counts_and_recipes_are_read_from_the_project(project, tmp_path) -> None:
    first = register(project, bundle(tmp_path / "one"))
    project.set_incumbent(first).result()
    finish_all(project)
    known = read_known(project)
    assert known.incumbent == first
    assert known.before is None
    assert first in [entry.digest for entry in known.models]
    assert sum(known.material.images.values()) == 12
    assert known.material.problem is None
    assert not known.material.grouping_known
    assert {choice.name for choice in known.recipes if choice.goes_on} == {"fine-tune"}


def test_a_damaged_bundle_is_listed_with_its_reason(project, tmp_path) -> None:
    digest = register(project, bundle(tmp_path / "one"))
    (tmp_path / "one" / "model.json").unlink()
    entry = next(entry for entry in read_known(project).models if entry.digest == digest)
    assert entry.manifest is None
    assert entry.problem


def test_using_a_model_makes_it_the_incumbent_and_predicts_with_it(
    project, session, modelling, tmp_path
) -> None:
    digest = register(project, bundle(tmp_path / "one"))
    modelling.refresh()
    modelling.models.use.emit(next(e for e in read_known(project).models if e.digest == digest))
    assert project.incumbent().digest == digest
    assert project.incumbent().class_map == {"MA": 0}
    assert ("set_model", tmp_path / "one") in session.calls
    assert modelling.models.rows[0].in_use
    assert modelling.training._model == "one"


def test_a_project_without_a_schema_takes_the_models(qapp, modelling, session, project, tmp_path) -> None:
    digest = register(project, bundle(tmp_path / "one"))
    session.values["schema"] = Schema()
    modelling.use(next(e for e in read_known(project).models if e.digest == digest))
    assert ("set_schema", SCHEMA) in session.calls


def test_a_chosen_synthetic_model_is_allowed(session, modelling, tmp_path) -> None:
    session.values["model_allowed"] = False
    session.set_model(bundle(tmp_path / "demo", domain="synthetic"))
    assert ("allow_model",) in session.calls


def test_a_project_without_a_model_is_told_once_where_to_choose(
    session, modelling, notices, project, tmp_path
) -> None:
    register(project, bundle(tmp_path / "one"))
    asked: list[str] = []
    modelling.asked_for.connect(asked.append)
    session.project_changed.emit()
    session.project_changed.emit()
    assert notices.current is not None
    assert "No model reads here yet" in notices.current.text
    dict(notices.current.answers)["Models"]()
    assert asked == ["models"]
    assert project.incumbent() is None, "nobody chose a model"
    notices.dismiss()
    assert notices.current is None


def test_generated_images_are_read_by_the_generated_model(session, modelling, project, tmp_path) -> None:
    digest = register(project, bundle(tmp_path / "demo", domain="synthetic"))
    session.predicting.allowed_domain = "synthetic"
    session.project_changed.emit()
    assert project.incumbent().digest == digest


def test_adding_what_is_no_bundle_is_one_sentence(session, modelling, notices, tmp_path) -> None:
    (tmp_path / "nothing").mkdir()
    modelling.add(tmp_path / "nothing")
    assert notices.current is not None
    assert notices.current.kind == "problem"
    assert "nothing" in notices.current.text


COMPARISON = Comparison(
    incumbent="a",
    candidate="b",
    dataset="d",
    split="test",
    images=6,
    groups=3,
    grouping_known=False,
    figures=(Figure(name="MA", measure="Dice", incumbent=0.4, candidate=0.5, images=6),),
    notes=("Compared on the 6 images that neither model learnt from.",),
)


def test_a_run_is_asked_for_with_the_model_in_use(session, modelling, tmp_path) -> None:
    path = bundle(tmp_path / "one")
    session.set_model(path)
    modelling.training.started.emit("fine-tune", 3, "cpu")
    modelling.training.started.emit("residual-unet", 5, "auto")
    first, second = session.fine_tune.calls
    assert (first.recipe, first.parent, first.epochs, first.device) == ("fine-tune", path, 3, "cpu")
    assert (second.recipe, second.parent) == ("residual-unet", None)


def test_the_page_follows_a_run_to_the_promotion(session, modelling, notices, tmp_path) -> None:
    page, run = modelling.training, session.fine_tune
    modelling.training.started.emit("residual-unet", 2, "cpu")
    run.stage = "exporting"
    run.progress.emit(Progress("fine-tune", 3, 6, "Exporting 3 of 6 images"))
    assert page.state.text() == "Exporting 3 of 6 images"
    assert page.progress.value() == 500
    run.stage = "training"
    run.happened.emit({"event": "started", "images": {"train": 4, "val": 2}, "device": "cpu"})
    run.happened.emit(
        {"event": "epoch", "epoch": 1, "epochs": 2, "train_loss": 1.0, "val_loss": 1.0, "val_dice": None}
    )
    assert page.state.text() == "Epoch 1 of 2"
    run.stage = "comparing"
    run.stage_changed.emit("comparing", "Measuring the candidate on the held-out images")
    assert page.state.text().startswith("Measuring")
    run.candidate_ready.emit(Candidate(tmp_path, "b", COMPARISON))
    run.stage = ""
    run.ended.emit(Outcome("finished", "The run is finished."))
    assert not page.comparison.isHidden()
    page.comparison.promote_button.click()
    assert run.calls[-1] == "promote"
    run.promoted.emit(None)
    assert page.comparison.isHidden()
    assert notices.current is None


def test_a_crash_is_one_sentence_with_details(session, modelling, notices) -> None:
    modelling.training.started.emit("residual-unet", 2, "cpu")
    session.fine_tune.ended.emit(Outcome("crashed", "The run ended because memory ran out.", "Killed"))
    assert notices.current is not None
    assert (notices.current.text, notices.current.details) == (
        "The run ended because memory ran out.",
        "Killed",
    )
    assert modelling.training.state.text() == "The run ended because memory ran out."


def test_keeping_the_old_model_changes_nothing(session, modelling, tmp_path) -> None:
    session.fine_tune.candidate_ready.emit(Candidate(tmp_path, "b", COMPARISON))
    modelling.training.comparison.keep_button.click()
    assert "promote" not in session.fine_tune.calls
    assert "old model stays" in modelling.training.state.text()


def test_a_comparison_says_what_it_rests_on() -> None:
    shown = compared_models(COMPARISON, "one")
    assert (shown.images, shown.groups, shown.incumbent) == (6, 3, "one")
    assert "grouping is unknown" in shown.note
    assert shown.figures[0].candidate == 0.5
    assert compared_models(None, "one", "No held-out image.").figures == ()


def test_an_export_runs_behind_and_ends_with_one_sentence(qtbot, project, session, notices, tmp_path) -> None:
    finish_all(project)
    exports = Exports(session, notices)
    with qtbot.waitSignal(exports.ended, timeout=20_000):
        exports.start(tmp_path / "out")
    assert (tmp_path / "out" / "dataset.json").is_file()
    assert notices.current is not None
    assert notices.current.text == f"Exported 12 images to {tmp_path / 'out'}."
    assert not exports.running
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with qtbot.waitSignal(exports.ended, timeout=20_000):
        exports.start(tmp_path / "full")
    assert notices.current.kind == "problem"
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
    exports.close()
    QApplication.processEvents()
