"""The gallery over 100,000 images: filter, sort, a jump in list and grid, from one to the other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from desktop.panels.gallery import Gallery
from desktop.project.facts import area_column, grade_column
from desktop.project.filter import ClassIs, Filter, GradeIs, Sort, Span
from desktop.project.rows import STATUSES
from desktop.session import Session
from tests.benchmarks.session import SCHEMA, many_files, wait_for

COUNT = 100_000
FILTERS = (
    Filter(text="image 77"),
    Filter(statuses=("unseen", "in progress")),
    Filter(classes=(ClassIs(0), ClassIs(1, False, Span(), "label")), uncertainty=Span(0.2, 0.8)),
    Filter(grades=(GradeIs("severity", ("1", None)),), text="part 5/"),
    Filter(disagreement=Span(0.5), statuses=("corrected",)),
)
SORTS = (
    Sort("name", True),
    Sort("uncertainty", True),
    Sort("area", True, 0),
    Sort("status"),
    Sort("random", seed=7),
)


def fill(session: Session) -> None:
    """Give every image made-up facts: only how fast they are searched is measured here."""
    chance, facts = np.random.default_rng(0), session.filtering.facts
    facts.put("status", slice(None, COUNT), [STATUSES[n] for n in chance.integers(0, 6, COUNT)])
    facts.put(
        grade_column("severity"),
        slice(None, COUNT),
        [("0", "1", None)[n] for n in chance.integers(0, 3, COUNT)],
    )
    for name in (area_column(0), area_column(1), "uncertainty", "disagreement", "predicted:0", "predicted:1"):
        facts.put(name, slice(None, COUNT), chance.random(COUNT))


@contextmanager
def gallery() -> Iterator[tuple[Session, Gallery]]:
    """A gallery over 100,000 listed images, painted once; their project is not waited for."""
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as place:
        folder, session, done = many_files(Path(place), COUNT), Session(), []
        panel = Gallery(session)
        panel.resize(456, 900)
        panel.show()
        session.opened.connect(lambda: done.append(True))
        session.open_folder(folder, schema=SCHEMA)
        wait_for(lambda: done)
        session.opening.indexing.stop()
        session.filtering._load.stop()
        fill(session)
        application.processEvents()
        try:
            yield session, panel
        finally:
            ended: list[bool] = []
            session.closed.connect(lambda: ended.append(True))
            session.close()
            wait_for(lambda: ended)
            panel.close()


def _asked(session: Session, wanted: Filter | None, order: Sort | None) -> float:
    """Milliseconds from the request to the list that shows the answer."""
    answered: list[float] = []
    connection = session.filtering.changed.connect(lambda: answered.append(time.perf_counter()))
    start = time.perf_counter()
    session.filtering.set(wanted, order)
    wait_for(lambda: answered)
    session.filtering.changed.disconnect(connection)
    return (answered[0] - start) * 1000


def filter_100000(rounds: int = 6) -> list[float]:
    """A filter of one to three conditions: from the request to the list."""
    with gallery() as (session, _panel):
        return [_asked(session, one, None) for _ in range(rounds) for one in FILTERS]


def sort_100000(rounds: int = 6) -> list[float]:
    """An order over all images: from the request to the list; the first by name also ranks the names."""
    with gallery() as (session, _panel):
        return [_asked(session, None, one) for _ in range(rounds) for one in SORTS]


def _scroll(panel: Gallery, steps: int) -> list[float]:
    bar, samples = panel.list.verticalScrollBar(), []
    for step in range(steps):
        start = time.perf_counter()
        bar.setValue(bar.maximum() * ((step * 37) % steps) // steps)
        panel.list.viewport().repaint()
        samples.append((time.perf_counter() - start) * 1000)
        rest = time.perf_counter() + 0.02
        wait_for(lambda end=rest: time.perf_counter() > end)
    return samples


def scroll_list(steps: int = 60) -> list[float]:
    """A jump in the list: bar moved to rows painted, thumbnails being made behind."""
    with gallery() as (_session, panel):
        return _scroll(panel, steps)


def scroll_grid(steps: int = 60) -> list[float]:
    """A jump in the grid: bar moved to cells painted, thumbnails being made behind."""
    with gallery() as (_session, panel):
        panel.show_as(True, 0)
        return _scroll(panel, steps)


def list_to_grid(rounds: int = 10) -> list[float]:
    """From the list to the grid or back: key to painted."""
    with gallery() as (_session, panel):
        samples = []
        for _ in range(rounds):
            start = time.perf_counter()
            panel.toggle_grid()
            panel.list.viewport().repaint()
            samples.append((time.perf_counter() - start) * 1000)
        return samples
