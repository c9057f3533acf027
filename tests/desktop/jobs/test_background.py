"""Tasks behind the window: one clear ending each, and waiting for them on a thread that is not Qt's."""

from __future__ import annotations

import threading
import time

from desktop.jobs.background import Task, Tasks


def test_a_task_ends_with_exactly_one_signal(qtbot):
    tasks, heard = Tasks(), []

    def fails(_control):
        raise ValueError("no")

    def waits(control):
        while True:
            control.check()
            time.sleep(0.001)

    for name, work in (("works", lambda _control: 7), ("fails", fails), ("waits", waits)):
        task = Task(name, work)
        task.done.connect(lambda result, name=name: heard.append((name, "done", result)))
        task.failed.connect(lambda error, name=name: heard.append((name, "failed", str(error))))
        task.cancelled.connect(lambda name=name: heard.append((name, "cancelled", None)))
        tasks.start(task)
    qtbot.waitUntil(lambda: len(heard) == 2)
    tasks.cancel_all()
    qtbot.waitUntil(lambda: not tasks.busy())
    assert sorted(heard) == [("fails", "failed", "no"), ("waits", "cancelled", None), ("works", "done", 7)]


def test_waiting_elsewhere_ends_although_the_window_deletes_the_tasks_meanwhile(qtbot):
    """QThread.wait on one thread and the thread's deletion on another hang both, once in some ten times."""
    tasks = Tasks()
    for _ in range(150):
        tasks.start(Task("short", lambda _control: time.sleep(0.002)))
        ended: list[bool] = []
        waiting = threading.Thread(target=lambda ended=ended: ended.append(tasks.wait_elsewhere(5000)))
        waiting.start()
        qtbot.waitUntil(lambda ended=ended: not tasks.busy() and bool(ended), timeout=6000)
        waiting.join()
        assert ended == [True]
    tasks.start(Task("long", lambda _control: time.sleep(0.2)))
    assert not tasks.wait_elsewhere(10)
    qtbot.waitUntil(lambda: not tasks.busy())
