"""Long work: the time left is measured, a task can be ended, the chip is there while something runs."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMainWindow, QWidget

from desktop.jobs.background import Progress
from desktop.panels.tasks import TaskChip, TaskList, in_words


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tasks(qapp, clock: Clock) -> TaskList:
    return TaskList(clock=clock)


def run(tasks: TaskList, clock: Clock, name: str, steps: int, seconds: float, total: int) -> None:
    for _ in range(steps):
        done = next((one.done for one in tasks.tasks if one.name == name), 0)
        tasks.report(Progress(name, done + 1, total, f"{done + 1} of {total}"))
        clock.now += seconds


def test_the_time_left_is_the_measured_rate_and_nothing_is_said_too_early(tasks, clock) -> None:
    run(tasks, clock, "indexing", 2, 1.0, 200)
    assert tasks.summary() == "Indexing images 1%"
    run(tasks, clock, "indexing", 18, 1.0, 200)
    (task,) = tasks.tasks
    assert task.seconds_left(clock.now) == pytest.approx(180 * 20 / 19)
    assert tasks.summary() == "Indexing images 10% · 3 min left"


def test_the_rate_is_the_one_of_lately(tasks, clock) -> None:
    run(tasks, clock, "export", 60, 0.1, 160)
    run(tasks, clock, "export", 40, 2.0, 160)
    (task,) = tasks.tasks
    assert 100 < task.seconds_left(clock.now) < 140, "60 steps at 2 s, whatever the beginning was"


def test_a_task_that_stands_still_takes_longer(tasks, clock) -> None:
    run(tasks, clock, "export", 20, 1.0, 40)
    before = tasks.tasks[0].seconds_left(clock.now)
    clock.now += 20
    assert tasks.tasks[0].seconds_left(clock.now) > before + 15


def test_nothing_is_promised_where_the_end_is_not_known(tasks, clock) -> None:
    tasks.report(Progress("closing", 0, 0, "Writing"))
    run(tasks, clock, "export", 20, 1.0, 40)
    assert tasks.summary() == "2 tasks"
    tasks.end("closing")
    assert "left" in tasks.summary()


def test_a_complete_task_goes(tasks, clock) -> None:
    run(tasks, clock, "indexing", 3, 1.0, 3)
    assert tasks.tasks == () and tasks.summary() == ""
    run(tasks, clock, "export", 10, 1.0, 40)
    tasks.report(Progress("export", 1, 40))
    assert tasks.tasks[0].seconds_left(clock.now) is None, "it began anew: the old rate says nothing"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "a few seconds left"), (31, "30 s left"), (59, "1 min left"), (600, "10 min left"),
     (3700, "1 h 2 min left"), (7200, "2 h left")],
)  # fmt: skip
def test_times_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_the_chip_opens_the_list_and_a_task_is_ended_there(qtbot, tasks, clock) -> None:
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    chip = TaskChip(tasks)
    chip.setParent(window.centralWidget())
    window.resize(900, 500)
    qtbot.addWidget(window)
    window.show()
    assert chip.isHidden()
    ended = []
    tasks.cancels["export"] = lambda: (ended.append(True), tasks.end("export"))
    run(tasks, clock, "indexing", 20, 1.0, 40)
    run(tasks, clock, "export", 20, 1.0, 40)
    assert chip.isVisible() and chip.text().startswith("2 tasks")
    chip.click()
    popover = chip.popover
    assert popover is not None and popover.isVisible()
    assert window.centralWidget().rect().contains(popover.geometry())
    assert list(popover.rows) == ["indexing", "export"]
    assert popover.rows["indexing"].stop.isHidden(), "it cannot be ended"
    assert popover.rows["export"].bar.value() == 500 and popover.rows["export"].left.text()
    popover.rows["export"].stop.click()
    assert ended == [True] and list(popover.rows) == ["indexing"]
    tasks.end("indexing")
    assert chip.isHidden() and popover._nothing.isVisible()
    popover.close_down()
