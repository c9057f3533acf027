"""The training page and the session's fine-tune: what one asks and the other tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.jobs.background import Progress
from desktop.jobs.fine_tune import Candidate
from desktop.jobs.training import Outcome
from desktop.panels.comparison import ComparedFigure, ComparedModels
from desktop.panels.notices import Notice, NoticeBar
from desktop.panels.training import TrainingPage
from desktop.session import Session

if TYPE_CHECKING:
    from desktop.loop.launcher import PreparedRun
    from desktop.loop.promotion import Comparison

CANDIDATE = "the candidate"


class FineTuning(QObject):
    """Carries one run from "Start" to "Promote" or "Keep the old one" on the training page."""

    changed = Signal()
    """A run began or ended, or another model is in use: counts and models are to be read again."""

    def __init__(self, session: Session, page: TrainingPage, notices: NoticeBar, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._page = page
        self._notices = notices
        self._incumbent = ""
        self._after: Callable[[], None] | None = None
        page.started.connect(self.start)
        page.stopped.connect(session.fine_tune.stop)
        run = session.fine_tune
        run.stage_changed.connect(self._stage_changed)
        run.progress.connect(self._show_progress)
        run.prepared.connect(self._prepared)
        run.happened.connect(self._happened)
        run.logged.connect(page.write)
        run.candidate_ready.connect(self._candidate_ready)
        run.ended.connect(self._ended)
        run.promoted.connect(self._promoted)

    @property
    def busy(self) -> bool:
        """Whether anything is under way that a person may stop."""
        return self._session.fine_tune.running

    def start(self, recipe: str, epochs: int, device: str) -> None:
        """Freeze what is reviewed as a dataset, then train on it."""
        from desktop.loop.launcher import FINE_TUNE, RunRequest

        model = self._session.model
        self._incumbent = model.name if model is not None else "no model"
        # Every other recipe names its network and starts anew.
        parent: Path | None = model.bundle if model is not None and recipe == FINE_TUNE else None
        self._page.begin("Exporting what is reviewed")
        self._session.fine_tune.start(RunRequest(recipe=recipe, parent=parent, epochs=epochs, device=device))

    def promote(self) -> None:
        """Put the candidate in use; the queue is predicted anew, no label is touched."""
        self._session.fine_tune.promote()

    def keep(self) -> None:
        """Leave the incumbent in use; the candidate stays on the Models page."""
        self._page.settle("The old model stays in use. The candidate is kept on the Models page.")
        self.changed.emit()

    # --- what the run tells

    def _stage_changed(self, stage: str, text: str) -> None:
        if stage in ("registering", "comparing"):
            self._page.wait(text)

    def _show_progress(self, progress: Progress) -> None:
        self._page.show_progress(progress.fraction, progress.text)

    def _prepared(self, run: PreparedRun) -> None:
        for note in run.notes:
            self._page.write(note)
        self._page.write(f"Folder of the run: {run.folder}")

    def _happened(self, event: Mapping[str, Any]) -> None:
        if self._session.fine_tune.stage == "training":
            self._page.happened(event)

    def _candidate_ready(self, candidate: Candidate) -> None:
        if candidate.note:
            self._page.write(candidate.note)
        self._page.show_comparison(compared_models(candidate.comparison, self._incumbent, candidate.note))

    def _ended(self, outcome: Outcome) -> None:
        bad = outcome.kind in ("failed", "crashed")
        self._page.end(outcome.sentence, bad=bad)
        if bad:
            self._notices.put(Notice(outcome.sentence, "problem", outcome.details, topic="run"))
        self.changed.emit()
        after, self._after = self._after, None
        if after is not None:
            after()

    def _promoted(self, _row: object) -> None:
        self._page.settle("Another model is in use now. The Models page can roll back.")
        self.changed.emit()

    # --- closing

    def finish_then(self, after: Callable[[], None]) -> None:
        """Stop what is under way, then call ``after`` (at once when nothing is). The window is closing."""
        if not self.busy:
            after()
            return
        self._after = after
        self._session.fine_tune.stop()


def compared_models(comparison: Comparison | None, incumbent: str, note: str = "") -> ComparedModels:
    """Return the page's form of a comparison; without one there are no figures, only the note."""
    if comparison is None:
        return ComparedModels(incumbent, CANDIDATE, 0, 0, (), note)
    figures = tuple(
        ComparedFigure(one.name, one.measure[:1].upper() + one.measure[1:], one.incumbent, one.candidate)
        for one in comparison.figures
    )
    notes = list(comparison.notes)
    if not comparison.grouping_known:
        notes.append("The grouping is unknown: each image counts as its own group.")
    counts = (comparison.images, comparison.groups)
    return ComparedModels(incumbent, CANDIDATE, *counts, figures, " ".join(dict.fromkeys(notes)))
