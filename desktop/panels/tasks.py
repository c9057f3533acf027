"""Long work: what runs behind, how far it is, how long it still takes, and a way to end it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow, QProgressBar, QToolButton, QVBoxLayout, QWidget

from desktop.panels.overlay import Overlay
from desktop.panels.widgets import clear, column, elided, icon_button, label, row
from desktop.theme import GRID, set_icon

if TYPE_CHECKING:
    from desktop.jobs.background import Progress

WINDOW_S = 30.0
"""The rate is that of the last half minute: a folder's large images may all lie at its end."""
LOOK_S = 3.0
"""Before this time nothing is said of the time left: a first rate is a guess."""
LOOK_STEPS = 3
REFRESH_MS = 500
_WIDTH = 44 * GRID
NAMES = {
    "scan": "Looking through the folder",
    "project": "Opening the project",
    "indexing": "Indexing images",
    "predicting": "Predicting ahead",
    "export": "Exporting",
    "closing": "Closing",
    "run": "Fine-tuning",
}
NOTHING = "Nothing runs behind at the moment."


@dataclass(slots=True)
class RunningTask:
    """One task: its last news, and when it was how far (seconds, steps done)."""

    name: str
    text: str = ""
    done: int = 0
    total: int = 0
    begun: float = 0.0
    marks: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, moment: float, done: int, total: int, text: str) -> None:
        """Take news of it."""
        if done < self.done or not self.marks:
            self.marks.clear()
            self.begun = moment
        self.done, self.total, self.text = done, total, text
        self.marks.append((moment, done))
        while len(self.marks) > 2 and moment - self.marks[0][0] > WINDOW_S:
            self.marks.popleft()

    @property
    def fraction(self) -> float | None:
        """Between 0 and 1; None while nobody knows how much there is."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None

    def seconds_left(self, moment: float) -> float | None:
        """Return the time left at the rate measured lately; None while that rate says nothing."""
        if self.total <= 0 or not self.marks:
            return None
        first, at_first = self.marks[0]
        steps, seconds = self.done - at_first, moment - first
        if seconds < LOOK_S or steps < LOOK_STEPS or moment - self.begun < LOOK_S:
            return None
        return max(self.total - self.done, 0) * seconds / steps


class TaskList(QObject):
    """What runs behind. Tasks are told by `report`; those in `cancels` can be ended by a person."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._tasks: dict[str, RunningTask] = {}
        self.cancels: dict[str, Callable[[], object]] = {}

    @property
    def tasks(self) -> tuple[RunningTask, ...]:
        """Those that run, the one begun first in front."""
        return tuple(self._tasks.values())

    def report(self, progress: Progress) -> None:
        """Take news; a complete task is over."""
        if progress.total > 0 and progress.done >= progress.total:
            self.end(progress.task)
            return
        task = self._tasks.setdefault(progress.task, RunningTask(progress.task))
        task.note(self._clock(), progress.done, progress.total, progress.text)
        self.changed.emit()

    def end(self, name: str) -> None:
        """A task is over, however it ended."""
        if self._tasks.pop(name, None) is not None:
            self.changed.emit()

    def cancel(self, name: str) -> None:
        """Ask a task to end."""
        if name in self.cancels:
            self.cancels[name]()

    def left(self, task: RunningTask) -> str:
        """Return the time left in words; "" while it is not known."""
        seconds = task.seconds_left(self._clock())
        return "" if seconds is None else in_words(seconds)

    def summary(self) -> str:
        """Return what the chip says."""
        tasks = self.tasks
        if not tasks:
            return ""
        known = [one.seconds_left(self._clock()) for one in tasks]
        times = [one for one in known if one is not None]
        # The longest is what one waits for; it is unknown while one of them is.
        left = f" · {in_words(max(times))}" if times and len(times) == len(tasks) else ""
        if len(tasks) > 1:
            return f"{len(tasks)} tasks{left}"
        one = tasks[0]
        share = f" {one.fraction:.0%}" if one.fraction is not None else ""
        return f"{title_of(one.name)}{share}{left}"


def title_of(name: str) -> str:
    """Return what a person calls a task."""
    return NAMES.get(name, name.replace("_", " ").capitalize())


def in_words(seconds: float) -> str:
    """Return a time left as one says it: no more exact than it is known."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 55:
        return f"{round(seconds / 10) * 10} s left"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{max(minutes, 1)} min left"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min left" if rest else f"{hours} h left"


class TaskRow(QWidget):
    """One task of the popover: what, how far, how long, and the button that ends it."""

    def __init__(self, name: str, tasks: TaskList) -> None:
        super().__init__()
        self._tasks = tasks
        self.name = name
        self.setAccessibleName(title_of(name))
        self.text = elided("", "quiet")
        self.left = label("", "quiet")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(f"{title_of(name)}: how far")
        self.stop = icon_button("cross", f"Stop: {title_of(name).lower()}", lambda: tasks.cancel(name))
        self.stop.setVisible(name in tasks.cancels)
        layout = column(self, spacing=GRID // 2)
        layout.addLayout(row(label(title_of(name)), self.left, self.stop, stretch=0))
        layout.addWidget(self.bar)
        layout.addWidget(self.text)

    def refresh(self, task: RunningTask) -> None:
        """Show how far it is."""
        fraction = task.fraction
        self.bar.setRange(0, 0 if fraction is None else 1000)
        self.bar.setValue(round(1000 * (fraction or 0.0)))
        self.text.setText(task.text or ("" if fraction is None else f"{task.done} of {task.total}"))
        self.left.setText(self._tasks.left(task))


class TaskPopover(Overlay):
    """The list of what runs, under the chip that opened it."""

    def __init__(self, parent: QWidget, tasks: TaskList, chip: QWidget) -> None:
        super().__init__(parent, "What runs behind")
        self._tasks = tasks
        self._chip = chip
        self.rows: dict[str, TaskRow] = {}
        self._nothing = label(NOTHING, "quiet")
        self._close = icon_button("cross", "Close (Esc)", self.close_down)
        layout = column(self, margin=2 * GRID, spacing=2 * GRID)
        layout.addLayout(row(label("What runs behind", "heading"), self._close, stretch=0))
        self._body = QVBoxLayout()
        self._body.setSpacing(2 * GRID)
        layout.addLayout(self._body)
        layout.addWidget(self._nothing)

    def refresh(self) -> None:
        """Show what runs now."""
        if self.isHidden():
            return
        names = [one.name for one in self._tasks.tasks]
        if names != list(self.rows):
            clear(self._body)
            self.rows = {name: TaskRow(name, self._tasks) for name in names}
            for one in self.rows.values():
                self._body.addWidget(one)
        for task in self._tasks.tasks:
            self.rows[task.name].refresh(task)
        self._nothing.setVisible(not names)
        self.place()

    def wanted_size(self) -> tuple[int, int]:
        """As high as what it holds."""
        layout = self.layout()
        return _WIDTH, layout.sizeHint().height() if layout is not None else 0

    def toggle(self) -> None:
        """Open under the chip, or close."""
        if self.isHidden():
            self.open_up(self._close)
            self.refresh()
        else:
            self.close_down()

    def place(self) -> None:
        """Stay under the chip, inside the window."""
        parent = self.parentWidget()
        if parent is None or self.isHidden():
            return
        width, height = self.wanted_size()
        chip = self._chip.mapTo(parent.window(), QPoint(self._chip.width(), self._chip.height()))
        at = parent.mapFrom(parent.window(), chip)
        across = min(max(at.x() - width, GRID), parent.width() - width - GRID)
        if not self._chip.isVisible():
            across = parent.width() - width - GRID
        self.setGeometry(across, max(GRID, at.y()), width, min(height, parent.height() - 2 * GRID))
        self.raise_()


class TaskChip(QToolButton):
    """The chip of the top bar: hidden while nothing runs; a click opens the list."""

    def __init__(self, tasks: TaskList) -> None:
        super().__init__()
        self._tasks = tasks
        self._popover: TaskPopover | None = None
        self.setProperty("role", "flat")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("What runs behind")
        set_icon(self, "state-busy", "accent", 16)
        self.clicked.connect(lambda: self.toggle())
        # The time left goes on although nothing is told meanwhile.
        self._often = QTimer(self, interval=REFRESH_MS)
        self._often.timeout.connect(self.refresh)
        tasks.changed.connect(self.refresh)
        self.hide()

    @property
    def popover(self) -> TaskPopover | None:
        """The open list, if it is open."""
        return self._popover if self._popover is not None and not self._popover.isHidden() else None

    def refresh(self) -> None:
        """Say what runs."""
        said = self._tasks.summary()
        self.setText(said)
        self.setToolTip(f"{said}: click for each task" if said else "")
        self.setVisible(bool(said))
        if said and not self._often.isActive():
            self._often.start()
        elif not said:
            self._often.stop()
        if self._popover is not None:
            self._popover.refresh()

    def toggle(self) -> None:
        """Open or close the list."""
        if self._popover is None:
            window = self.window()
            body = window.centralWidget() if isinstance(window, QMainWindow) else None
            self._popover = TaskPopover(body or window, self._tasks, self)
        self._popover.toggle()
