"""One fine-tune from the window: export, training process, comparison, promotion; all behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.jobs.background import Control, Progress, Task, Tasks
from desktop.jobs.training import Outcome, TrainingProcess
from desktop.messages import sentence
from desktop.notices import Notice, NoticeBar
from desktop.panels.comparison import ComparedFigure, ComparedModels
from desktop.panels.training import TrainingPage
from desktop.session import Session

if TYPE_CHECKING:
    from desktop.loop.launcher import PreparedRun
    from desktop.loop.promotion import Comparison
    from desktop.project.project import Project


class FineTuning(QObject):
    """Carries one run from "Start" to "Promote" or "Keep".

    States: idle, preparing, training, comparing, deciding.
    """

    changed = Signal()
    """`state` is another one."""
    promoted = Signal()
    """A candidate became the model in use."""

    def __init__(self, session: Session, page: TrainingPage, notices: NoticeBar, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._page = page
        self._notices = notices
        self._tasks = Tasks(self)
        self._task: Task | None = None
        self._process: TrainingProcess | None = None
        self._project: Project | None = None
        self._incumbent: Path | None = None
        self._incumbent_name = ""
        self._prepared: PreparedRun | None = None
        self._comparison: Comparison | None = None
        self._candidate: Path | None = None
        self._after: Callable[[], None] | None = None
        self.state = "idle"
        page.started.connect(self.start)
        page.stopped.connect(self.stop)

    def _enter(self, state: str) -> None:
        self.state = state
        self.changed.emit()

    @property
    def busy(self) -> bool:
        """Whether anything is under way that a person may stop."""
        return self.state in ("preparing", "training", "comparing")

    # --- preparing

    def start(self, recipe: str, epochs: int, device: str) -> None:
        """Freeze what is reviewed as a dataset, then train on it."""
        project = self._session.project
        if project is None or self.busy:
            return
        from desktop.loop.arbiter import Situation, for_training, usable_cores
        from desktop.loop.launcher import FINE_TUNE, RunRequest, prepare_run

        model = self._session.model
        self._project = project
        self._incumbent = model.bundle if model is not None else None
        self._incumbent_name = model.name if model is not None else "no model"
        share = for_training(Situation(cores=usable_cores(), desk_in_use=True, training=True))
        # Every other recipe names its network and starts anew.
        parent = self._incumbent if recipe == FINE_TUNE else None
        request = RunRequest(
            recipe=recipe, parent=parent, epochs=epochs, device=device, threads=share.threads
        )
        self._page.begin("Freezing what is reviewed as a dataset")
        self._enter("preparing")

        def work(control: Control) -> PreparedRun:
            return prepare_run(
                project,
                request,
                progress=lambda done, total: control.progress(done, total, f"Exporting {done} of {total}"),
                cancelled=control.cancelled,
            )

        self._run("prepare run", work, self._prepared_run)

    def _run(self, name: str, work: Callable[[Control], Any], done: Callable[[Any], None]) -> None:
        task = Task(name, work, self)
        task.progressed.connect(self._show_progress)
        task.done.connect(done)
        task.failed.connect(self._failed)
        task.cancelled.connect(self._cancelled)
        self._task = task
        self._tasks.start(task)

    def _show_progress(self, progress: Progress) -> None:
        self._page.show_progress(progress.fraction, progress.text)

    # --- training

    def _prepared_run(self, prepared: PreparedRun) -> None:
        from desktop.loop.base import child_environment

        self._task, self._prepared = None, prepared
        for note in prepared.notes:
            self._page.write(note)
        self._page.write(f"Folder of the run: {prepared.folder}")
        process = TrainingProcess(self)
        process.happened.connect(self._page.happened)
        process.logged.connect(self._page.write)
        process.ended.connect(self._ended)
        self._process = process
        self._session.set_training(True)
        self._enter("training")
        process.start(prepared.command, folder=prepared.folder, environment=child_environment())

    def stop(self) -> None:
        """Ask what is under way to end; a run saves first."""
        if self._task is not None:
            self._task.cancel()
        if self._process is not None:
            self._process.stop()

    def _ended(self, outcome: Outcome) -> None:
        prepared, project = self._prepared, self._project
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self._session.set_training(False)
        if prepared is None or project is None:
            return
        if outcome.kind in ("finished", "stopped") and outcome.bundle is not None:
            self._page.write(outcome.sentence)
            self._measure(project, prepared, outcome)
            return
        kind = "stopped" if outcome.kind == "stopped" else "failed"
        self._record(project, prepared, kind, outcome.sentence)
        if kind == "failed":
            self._notices.put(Notice(outcome.sentence, "problem", outcome.details))
        self._over(outcome.sentence, bad=kind == "failed")

    def _record(self, project: Project, prepared: PreparedRun, outcome: str, message: str) -> None:
        """Write how the run ended; a project that was closed meanwhile cannot take it, and need not."""
        if self._session.project is project:
            project.end_run(prepared.run_id, outcome, message=message)

    # --- comparing

    def _measure(self, project: Project, prepared: PreparedRun, outcome: Outcome) -> None:
        from desktop.loop.launcher import record_finished
        from desktop.loop.promotion import compare

        incumbent, bundle = self._incumbent, outcome.bundle or prepared.bundle

        def work(_control: Control) -> Comparison:
            record_finished(project, prepared)
            return compare(incumbent, bundle, prepared.dataset, prepared.folder / "comparison")

        self._candidate = bundle
        self._page.wait("Measuring both models on the held-out images")
        self._enter("comparing")
        self._run("compare", work, self._compared)

    def _compared(self, comparison: Comparison) -> None:
        self._task, self._comparison = None, comparison
        self._page.end("The run is finished. Choose the model to go on with.")
        self._page.show_comparison(compared_models(comparison, self._incumbent_name, "the candidate"))
        self._enter("deciding")
        self._go_on()

    # --- deciding

    def promote(self) -> None:
        """Put the candidate in use; the queue is predicted anew, no label is touched."""
        project, bundle, comparison = self._project, self._candidate, self._comparison
        if project is None or bundle is None or self._session.project is not project:
            return
        from desktop.loop.promotion import promote

        def done(_row: object) -> None:
            self._session.set_model(bundle)
            self._page.settle("The candidate is in use now. The Models page can roll it back.")
            self._enter("idle")
            self.promoted.emit()

        self._session.run_behind(lambda: promote(project, bundle, comparison), done, self._notices.tell)

    def keep(self) -> None:
        """Leave the incumbent in use; the candidate stays on the Models page."""
        self._page.settle("The old model stays in use. The candidate is kept on the Models page.")
        self._enter("idle")

    # --- endings

    def _failed(self, error: BaseException) -> None:
        self._task = None
        if self.state == "comparing":
            # The model is there and recorded; only its comparison is missing.
            self._over(f"The model is made, but it could not be compared: {sentence(error)}", bad=True)
            return
        said = sentence(error)
        self._notices.put(Notice(said, "problem"))
        self._over(said, bad=True)

    def _cancelled(self) -> None:
        self._task = None
        self._over("Stopped before the training began.")

    def _over(self, text: str, *, bad: bool = False) -> None:
        self._page.end(text, bad=bad)
        self._enter("idle")
        self._go_on()

    def _go_on(self) -> None:
        after, self._after = self._after, None
        if after is not None:
            after()

    def finish_then(self, after: Callable[[], None]) -> None:
        """Stop what is under way, then call ``after`` (at once when nothing is). The window is closing."""
        if not self.busy:
            after()
            return
        self._after = after
        self.stop()

    def wait(self, milliseconds: int = 5000) -> None:
        """Wait for background tasks at the very end."""
        self._tasks.cancel_all()
        self._tasks.wait(milliseconds)


def compared_models(comparison: Comparison, incumbent: str, candidate: str) -> ComparedModels:
    """Return the page's form of a comparison."""
    figures = tuple(
        ComparedFigure(one.name, one.measure[:1].upper() + one.measure[1:], one.incumbent, one.candidate)
        for one in comparison.figures
    )
    notes = list(comparison.notes)
    if not comparison.grouping_known:
        notes.append("The grouping is unknown: each image counts as its own group.")
    counts = (comparison.images, comparison.groups)
    return ComparedModels(incumbent, candidate, *counts, figures, " ".join(notes))
