"""Thresholds, late predictions and the history against their budgets: 4288x2848, four layers, view 1600x1000.

`*_slot` rows are what the GUI thread spends at a stretch on a change that was computed behind: landing it and
painting it, in CPU time of that thread, so that its own work is told and not what other processes take. The
others are wall time and end when everything is painted.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from desktop.canvas.view import CanvasView
from desktop.controllers.layering import Layering
from desktop.panels.layers import Layers
from desktop.session import Session
from tests.benchmarks.session import _photographs, open_session, prediction, wait_for

NAME = "c1"


@contextmanager
def desk() -> Iterator[tuple[Session, CanvasView, Layers]]:
    """A session with the layers panel and the canvas, as the window ties them together."""
    with tempfile.TemporaryDirectory() as place, open_session(_photographs(place, 2)) as (session, view):
        layering = Layering(session, view)
        panel = Layers(session)
        panel.resize(288, 700)
        panel.show()
        session.set_class(1)
        view.set_styles(session.styles)
        wait_for(lambda: session.overlay is not None and not session.showing.pool._in_flight)
        stroke(session, 0)
        wait_for(lambda: session.pending == 0)
        yield session, view, panel
        panel.close()
        del layering


def stroke(session: Session, index: int) -> None:
    """A stroke of 300 x 40 pixels of the selected class, somewhere on the image."""
    chance = np.random.default_rng(index)
    y, x = int(chance.integers(0, 2800)), int(chance.integers(0, 3980))
    made = session.begin_stroke()
    box = made.touch((y, x, y + 40, x + 300))
    inside = chance.random((box[2] - box[0], box[3] - box[1])) < 0.5
    session.label.planes.set_class(session.class_id, box, inside, inside)
    session.changed(box)
    session.commit(made.commit("Brush · c1"))


def painted() -> None:
    """Paint what is dirty, as the event loop would do next."""
    QApplication.sendPostedEvents()
    QApplication.processEvents()


def _drag(more: dict[str, object], repeat: int) -> list[float]:
    samples = []
    with desk() as (session, view, _panel):
        thresholds = session.thresholds
        for scale in (None, 1.0):
            if scale:
                view.zoom_to(scale, (800.0, 500.0))
            start = replace(thresholds.cut(NAME), **more)
            thresholds.move(NAME, replace(start, threshold=0.9))
            wait_for(lambda: thresholds.preview is not None)
            painted()
            for step in range(repeat):
                cut = replace(start, threshold=round(0.1 + 0.8 * abs(1 - step % 80 / 40), 2))
                began = time.perf_counter()
                thresholds.move(NAME, cut)
                painted()
                samples.append((time.perf_counter() - began) * 1000)
            thresholds.release()
            wait_for(lambda: thresholds.preview is None)
    return samples


def drag(repeat: int = 100) -> list[float]:
    """A step of the threshold's slider: canvas, rows and details painted."""
    return _drag({}, repeat)


def drag_regions(repeat: int = 100) -> list[float]:
    """The same with a smallest area and holes filled."""
    return _drag({"min_area": 400, "fill_holes": True}, repeat)


def slots_of(session: Session, view: CanvasView, act: Callable[[], None]) -> list[float]:
    """Milliseconds that the GUI thread spends landing what ``act`` started, each with its repaint."""
    slots: list[float] = []
    arrived = session.landing._arrived

    def timed(change: object, made: object) -> None:
        began = time.thread_time()
        arrived(change, made)  # type: ignore[arg-type]
        landed = time.thread_time()
        painted()
        # The event loop paints in a slot of its own.
        slots.append(max(landed - began, time.thread_time() - landed) * 1000)

    session.landing._arrived = timed  # type: ignore[method-assign]
    act()
    wait_for(lambda: not session.landing.busy)
    session.landing._arrived = arrived  # type: ignore[method-assign]
    return slots


def release(repeat: int = 20) -> list[float]:
    """From letting the slider go to the exact mask on the screen."""
    samples = []
    with desk() as (session, _view, _panel):
        for step in range(repeat):
            cut = replace(session.thresholds.cut(NAME), threshold=(0.3, 0.6)[step % 2])
            session.thresholds.move(NAME, cut)
            wait_for(lambda: session.thresholds.preview is not None)
            began = time.perf_counter()
            session.thresholds.release()
            wait_for(lambda: session.thresholds.preview is None and not session.landing.busy)
            painted()
            samples.append((time.perf_counter() - began) * 1000)
            wait_for(lambda: session.pending == 0)
    return samples


def release_slot(repeat: int = 20) -> list[float]:
    """What the GUI thread gives of that at a stretch."""
    samples = []
    with desk() as (session, view, _panel):
        for step in range(repeat):
            cut = replace(session.thresholds.cut(NAME), threshold=(0.3, 0.6)[step % 2])
            samples += slots_of(session, view, lambda cut=cut: session.thresholds.set(NAME, cut))
            wait_for(lambda: session.pending == 0)
    return samples


def late_slot(repeat: int = 10) -> list[float]:
    """A prediction of four classes that arrives on a label edited before: three are filled in."""
    samples = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as place, open_session(_photographs(place, 1)) as (session, view):
            session.label.set_base(np.zeros_like(session.label.planes.mask), type(session.label.base)())
            stroke(session, 0)
            wait_for(lambda s=session: s.pending == 0)
            label, late = session.label, prediction(7, "benchmark")
            samples += slots_of(session, view, lambda s=session, one=label, p=late: s.late.take(one, p))
            wait_for(lambda s=session: s.pending == 0)
    return samples


def journey(repeat: int = 10, steps: int = 100) -> list[float]:
    """A click in the history: a hundred steps back, and forth again; ends when it is painted."""
    samples = []
    with desk() as (session, _view, _panel):
        for index in range(steps):
            stroke(session, index + 1)
        wait_for(lambda: session.pending == 0)
        count = len(session.label.history.done)
        for step in range(repeat):
            began = time.perf_counter()
            session.timeline.go_to(count - steps if step % 2 == 0 else count)
            wait_for(lambda: not session.landing.busy)
            painted()
            samples.append((time.perf_counter() - began) * 1000)
            wait_for(lambda: session.pending == 0)
    return samples


def journey_slot(repeat: int = 10, steps: int = 500) -> list[float]:
    """Five hundred steps at once: what the GUI thread gives at a stretch."""
    samples = []
    with desk() as (session, view, _panel):
        for index in range(steps):
            stroke(session, index + 1)
        wait_for(lambda: session.pending == 0)
        count = len(session.label.history.done)
        for step in range(repeat):
            goal = count - steps if step % 2 == 0 else count
            samples += slots_of(session, view, lambda goal=goal: session.timeline.go_to(goal))
            wait_for(lambda: session.pending == 0)
    return samples


def steps_memory(strokes: int = 2000) -> list[float]:
    """Megabytes of undo steps in memory after so many strokes on one label; the rest is left to the store."""
    with desk() as (session, _view, _panel):
        for index in range(strokes):
            stroke(session, index + 1)
            if index % 20 == 0:
                wait_for(lambda: session.pending == 0)
        wait_for(lambda: session.pending == 0)
        history = session.label.history
        held = sum(len(step.payload) + _patches(step._edit) for step in (*history.done, *history.undone))
    return [held / 1e6]


def _patches(edit: object) -> int:
    patches = getattr(edit, "patches", ())
    return sum(len(patch.mask_xor) + len(patch.protection_xor) for patch in patches)


def resident() -> float:
    """Megabytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def steps_resident(strokes: int = 2000) -> list[float]:
    """Megabytes that the process grows by from the 800th to the last of so many strokes.

    Before, the first snapshots of the label make room for themselves, once.
    """
    with desk() as (session, _view, _panel):
        for index in range(strokes):
            stroke(session, index + 1)
            if index % 20 == 0:
                wait_for(lambda: session.pending == 0)
            if index == 800:
                before = resident()
        wait_for(lambda: session.pending == 0)
        return [resident() - before]
