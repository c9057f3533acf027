"""Exports from the window: behind it, with progress, and one sentence at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.jobs.background import Control, Progress, Task, Tasks
from desktop.messages import sentence
from desktop.panels.metrics import counted
from desktop.panels.notices import Notice, NoticeBar
from desktop.session import Session

if TYPE_CHECKING:
    from desktop.formats.base import ExportReport


class Exports(QObject):
    """Runs one export at a time."""

    progress = Signal(object)
    ended = Signal()

    def __init__(self, session: Session, notices: NoticeBar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._notices = notices
        self._tasks = Tasks(self)
        self._task: Task | None = None

    @property
    def running(self) -> bool:
        """Whether an export is under way."""
        return self._task is not None

    def start(self, out: Path, format_name: str = "dataset") -> None:
        """Export the project's reviewed labels into a folder."""
        project = self._session.project
        if project is None or self._task is not None:
            return

        def work(control: Control) -> ExportReport:
            from desktop.formats.base import ExportOptions
            from desktop.formats.registry import find_format

            options = ExportOptions(
                progress=lambda done, total: control.progress(done, total, f"Exporting {done} of {total}"),
                cancelled=control.cancelled,
            )
            return find_format(format_name).export(project, out, options)

        task = Task("export", work, self)
        task.progressed.connect(self.progress)
        task.done.connect(self._done)
        task.failed.connect(self._failed)
        task.cancelled.connect(self._over)
        self._task = task
        self.progress.emit(Progress("export", 0, 0, "Exporting"))
        self._tasks.start(task)

    def _done(self, report: ExportReport) -> None:
        images = report.counts.get("images", 0)
        total = images if isinstance(images, int) else sum(images.values())
        said = f"Exported {counted(total, 'image')} to {report.folder}."
        if broken := report.counts.get("with_remarks", 0):
            verb = "breaks" if broken == 1 else "break"
            said += f" {counted(broken, 'label')} {verb} a consistency rule; remarks.csv says which."
        self._notices.put(Notice(said, "info", "\n".join(report.notes)))
        self._over()

    def _failed(self, error: Exception) -> None:
        self._notices.put(Notice(sentence(error), "problem"))
        self._over()

    def _over(self) -> None:
        self._task = None
        self.ended.emit()

    def cancel(self) -> None:
        """Ask a running export to end; what it wrote so far is taken away."""
        self._tasks.cancel_all()

    def close(self, milliseconds: int = 5000) -> None:
        """Ask a running export to end, and wait for it."""
        self._tasks.cancel_all()
        self._tasks.wait(milliseconds)
