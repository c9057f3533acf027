"""What runs behind, gathered for the task list: each with how far it is and how it is ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from desktop.jobs.background import Progress
from desktop.panels.notices import Notice

if TYPE_CHECKING:
    from desktop.controllers.exports import Exports
    from desktop.panels.notices import NoticeBar
    from desktop.panels.tasks import TaskList
    from desktop.session import Session

LOOK_MS = 500
UNDER_WAY = ("loading", "predicting", "waiting")
PAUSED = "Images ahead are no longer predicted; the one in view and those right after it still are."
TOPIC = "paused"


class Work(QObject):
    """Tells a `TaskList` of scanning, indexing, predicting, exports and runs of one window."""

    def __init__(
        self, session: Session, exports: Exports, notices: NoticeBar, tasks: TaskList, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._notices = notices
        self._tasks = tasks
        session.progress.connect(tasks.report)
        session.opened.connect(lambda: tasks.end("scan"))
        session.entries_reset.connect(self._forget)
        exports.progress.connect(tasks.report)
        exports.ended.connect(lambda: tasks.end("export"))
        tasks.cancels["export"] = exports.cancel
        run = session.fine_tune
        run.stage_changed.connect(self._stage)
        run.progress.connect(lambda progress: tasks.report(replace(progress, task="run")))
        tasks.cancels["run"] = run.stop
        # Predictions are too many to be told one by one: they are looked at while there are any.
        self._often = QTimer(self, interval=LOOK_MS)
        self._often.timeout.connect(self._look)
        session.model_changed.connect(self._model_changed)
        tasks.cancels["predicting"] = self.pause

    def _forget(self) -> None:
        for name in ("scan", "indexing", "predicting", "closing"):
            self._tasks.end(name)

    def _stage(self, stage: str, text: str) -> None:
        if stage:
            self._tasks.report(Progress("run", 0, 0, text))
        else:
            self._tasks.end("run")

    def _model_changed(self) -> None:
        if self._session.prediction_state in UNDER_WAY:
            if not self._often.isActive():
                self._often.start()
        else:
            self._often.stop()
            self._tasks.end("predicting")

    def _look(self) -> None:
        done, total = self._session.predicting.gone_through
        if done:
            self._tasks.report(Progress("predicting", done, total, f"{done:,} of {total:,} images"))

    def pause(self) -> None:
        """Predict ahead no further, until the person wants it again."""
        self._session.predicting.pause(True)
        self._tasks.end("predicting")
        self._notices.put(Notice(PAUSED, "info", "", (("Predict on", self.go_on),), TOPIC))

    def go_on(self) -> None:
        """Predict the rest of the folder after all."""
        self._notices.withdraw(TOPIC)
        self._session.predicting.pause(False)
