"""From corrections to a better model: export, run, register, compare, and then promote or roll back.

One run at a time. Every stage can be stopped, and each failure is one sentence. Nothing here touches a label.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Qt, Signal

from desktop import messages
from desktop.errors import DesktopError
from desktop.jobs.background import Cancelled, Control, Task, Tasks
from desktop.jobs.training import Outcome, TrainingProcess

if TYPE_CHECKING:
    from desktop.jobs.predicting import ModelInUse
    from desktop.loop.launcher import PreparedRun, RunRequest
    from desktop.loop.promotion import Comparison
    from desktop.project.project import Project
    from desktop.project.rows import PromotionRow
    from desktop.session import Session

log = logging.getLogger(__name__)

FLUSH_SECONDS = 30.0
Stage = Literal["", "exporting", "training", "registering", "comparing"]


class FineTuneError(DesktopError):
    """A fine-tune that cannot be started or gone on with."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a run made. ``comparison`` is None when it could not be compared; ``note`` then says why."""

    bundle: Path
    digest: str
    comparison: Comparison | None
    note: str = ""


class FineTune(QObject):
    """The fine-tune of the open project. Lives in the GUI thread, never waits there."""

    stage_changed = Signal(str, str)
    """(stage, text for a person); stage "" when nothing runs."""
    progress = Signal(object)
    """`Progress` of the export."""
    prepared = Signal(object)
    """The `PreparedRun`: what was exported, with notes; training starts now."""
    happened = Signal(object)
    """An event of the run, a dict (training/events.py)."""
    logged = Signal(str)
    candidate_ready = Signal(object)
    """The `Candidate`, registered and compared: the reader decides."""
    ended = Signal(object)
    """The `Outcome` of the whole flow; emitted once for each `start`."""
    promoted = Signal(object)
    """The `PromotionRow` after `promote` or `roll_back`: another model is in use now."""
    problem = Signal(str, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._tasks = Tasks(self)
        self.stage: Stage = ""
        self.candidate: Candidate | None = None
        self._project: Project | None = None
        self._run: PreparedRun | None = None
        self._incumbent: Path | None = None
        self._task: Task | None = None
        self._process: TrainingProcess | None = None
        self._result: Outcome | None = None
        self._measured: dict[str, Mapping[str, Any]] = {}
        self._digest = ""

    @property
    def running(self) -> bool:
        """Whether any stage is under way."""
        return self.stage != ""

    # ---- told by the window

    def start(self, request: RunRequest) -> None:
        """Start a fine-tune; whatever goes wrong arrives by `ended`. Ignored while one is running."""
        project = self._session.project
        if self.running:
            return
        if project is None:
            self.ended.emit(Outcome("failed", "No project is open, so there is nothing to train on."))
            return
        from desktop.loop import arbiter

        now = arbiter.Situation(cores=arbiter.usable_cores(), desk_in_use=True, training=True)
        if not request.threads:
            request = replace(request, threads=arbiter.for_training(now).threads)
        self._project, self._run, self.candidate, self._result = project, None, None, None
        self._incumbent = request.parent
        self._measured = {}
        self._enter("exporting", "Exporting what is reviewed")
        self._begin(lambda control: export(project, request, control), self._on_prepared)

    def stop(self) -> None:
        """Stop the stage under way: an export is dropped, a run saves and ends, a comparison is given up."""
        if self._task is not None:
            self._task.cancel()
        if self._process is not None:
            self._process.stop() if self.stage == "training" else self._process.kill()

    def promote(self) -> None:
        """Put the candidate in use; its predictions replace the old ones, labels stay as they are."""
        project, candidate = self._session.project, self.candidate
        if project is None or candidate is None:
            return
        in_use = self._session.model
        self._session.run_behind(
            lambda: (promoted(project, candidate, in_use), candidate.bundle), self._on_promoted
        )

    def roll_back(self) -> None:
        """Put the model back in use that was so before."""
        project = self._session.project
        if project is not None:
            self._session.run_behind(lambda: rolled_back(project), self._on_promoted)

    def _on_promoted(self, result: tuple[PromotionRow, Path | None]) -> None:
        row, bundle = result
        self._session.set_model(bundle)
        self.promoted.emit(row)

    def close(self) -> None:
        """The folder is left: end what runs, at once. A run can be resumed from its last epoch."""
        self._tasks.cancel_all()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
        self._task = None
        if self.running:
            self._finish(Outcome("stopped", "The run was stopped because the project was closed."))

    def wait(self, milliseconds: int = 20_000) -> bool:
        """Wait for a thread under way to end; off the GUI thread."""
        return self._tasks.wait_elsewhere(milliseconds)

    # ---- stages

    def _enter(self, stage: Stage, text: str) -> None:
        self.stage = stage
        self.stage_changed.emit(stage, text)

    def _begin(self, work: Callable[[Control], Any], done: Callable[[Any], None]) -> None:
        task = Task("fine-tune", work)
        queued = Qt.ConnectionType.QueuedConnection
        task.progressed.connect(self.progress, queued)
        task.done.connect(done, queued)
        task.failed.connect(self._on_task_failed, queued)
        task.cancelled.connect(self._on_task_cancelled, queued)
        self._task = task
        self._tasks.start(task)

    def _on_task_failed(self, error: BaseException) -> None:
        if self.sender() is self._task:
            self._task = None
            self._finish(Outcome("failed", messages.sentence(error)))

    def _on_task_cancelled(self) -> None:
        if self.sender() is self._task:
            self._task = None
            self._finish(Outcome("stopped", "The fine-tune was stopped; nothing was changed."))

    def _start_process(self, command: list[str], ended: Callable[[Outcome], None]) -> None:
        from desktop.loop.base import child_environment

        process = TrainingProcess(self)
        process.happened.connect(self.happened)
        process.logged.connect(self.logged)
        process.ended.connect(ended)
        self._process = process
        process.start(command, environment={"PYTHONPATH": child_environment()["PYTHONPATH"]})

    def _take_process(self) -> bool:
        """Whether the process whose ending is being told is the present one, which then is let go."""
        process = self._process
        if process is None or self.sender() is not process:
            return False
        self._process = None
        process.deleteLater()
        return True

    def _on_prepared(self, run: PreparedRun) -> None:
        if self.sender() is not self._task:
            return
        self._task, self._run = None, run
        self._session.set_training(True)
        self.prepared.emit(run)
        self._enter("training", "Training")
        self._start_process(run.command, self._on_trained)

    def _on_trained(self, outcome: Outcome) -> None:
        run, project = self._run, self._project
        if not self._take_process() or run is None or project is None:
            return
        self._result = outcome
        if outcome.bundle is None and outcome.kind != "finished":
            kind = "stopped" if outcome.kind == "stopped" else "failed"
            self._session.saving.follow("", project.end_run(run.run_id, kind, message=outcome.sentence))
            self._finish(outcome)
            return
        from desktop.loop import launcher

        self._enter("registering", "Registering the new model")
        stopped = outcome.kind == "stopped"
        kind, message = ("stopped", outcome.sentence) if stopped else ("finished", "")
        self._begin(
            lambda _control: launcher.record_finished(project, run, outcome=kind, message=message),
            self._on_registered,
        )

    def _on_registered(self, digest: str) -> None:
        if self.sender() is self._task:
            self._task, self._digest = None, digest
            self._compare()

    def _compare(self) -> None:
        """Measure candidate, then incumbent, on the held-out images, each in a process that can be ended."""
        run = self._run
        if run is None:
            return
        from desktop.loop import promotion

        sides = {"candidate": run.bundle, "incumbent": self._incumbent}
        for name, bundle in sides.items():
            if bundle is not None and name not in self._measured:
                self._enter("comparing", f"Measuring the {name} on the held-out images")
                out = run.folder / f"{name}.json"
                command = promotion.evaluation_command(bundle, run.dataset, out, threads=1)
                self._start_process(command, self._on_measured)
                return
        self._present("")

    def _on_measured(self, outcome: Outcome) -> None:
        if not self._take_process():
            return
        side = "incumbent" if "candidate" in self._measured else "candidate"
        event = outcome.event or {}
        if outcome.kind == "stopped":
            self._present("The comparison was stopped.")
        elif event.get("event") == "evaluated":
            self._measured[side] = event["evaluation"]
            self._compare()
        elif side == "candidate":
            self._present(outcome.sentence)
        else:
            self._present(f"The model in use could not be measured on these images: {outcome.sentence}")

    def _present(self, note: str) -> None:
        from desktop.loop import promotion

        run, new = self._run, self._measured.get("candidate")
        if run is None:
            return
        comparison = None
        if new is not None:
            old = self._measured.get("incumbent")
            said = note or ("" if old is not None else "No model was in use before.")
            comparison = promotion.comparison_of(old, new, note=said)
        self.candidate = Candidate(run.bundle, self._digest, comparison, note)
        self.candidate_ready.emit(self.candidate)
        result = self._result or Outcome("finished", "The run is finished.")
        self._finish(replace(result, bundle=run.bundle, digest=self._digest))

    def _finish(self, outcome: Outcome) -> None:
        self._session.set_training(False)
        self._enter("", "")
        self.ended.emit(outcome)


def export(project: Project, request: RunRequest, control: Control) -> PreparedRun:
    """The first stage, off the GUI thread. Raises LoopError, FormatError, Cancelled."""
    from desktop.formats.base import TransferCancelledError
    from desktop.loop import launcher

    if not project.writer.flush(FLUSH_SECONDS):
        raise FineTuneError(
            "Some changes are not on the disk yet; make room there, then start the run again."
        )
    try:
        return launcher.prepare_run(
            project,
            request,
            progress=lambda done, total: control.progress(done, total, f"Exporting {done} of {total} images"),
            cancelled=control.cancelled,
        )
    except TransferCancelledError as error:
        raise Cancelled(str(error)) from error


def promoted(project: Project, candidate: Candidate, in_use: ModelInUse | None) -> PromotionRow:
    """Put the candidate in use. Blocks. Raises ProjectError.

    A model that predicted so far without being recorded as the one in use is recorded first, so that rolling
    back leads to it.
    """
    from desktop.loop import promotion
    from desktop.loop.registering import register_bundle

    if in_use is not None and project.incumbent() is None:
        register_bundle(project, in_use.bundle, in_use=True)
    return promotion.promote(project, candidate.bundle, candidate.comparison)


def rolled_back(project: Project) -> tuple[PromotionRow, Path | None]:
    """Roll back, and find the bundle that is in use then. Blocks. Raises ProjectError."""
    from desktop.loop import promotion

    row = promotion.roll_back(project)
    model = project.model(row.digest) if row.digest is not None else None
    return row, Path(model.path) if model is not None else None
