"""The read pool: urgency, budget, what is dropped, and that failures become sentences."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from desktop.canvas.pyramid import ImagePyramid
from desktop.jobs.display import Pixels, Reading
from desktop.jobs.read_pool import ReadPool
from desktop.state.entries import Entry
from inference.errors import InferenceError


class RecordingSource:
    """Makes small pictures, notes what was asked for, and waits at a gate when told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.side = 100

    def _ask(self, kind: str, entry: Entry) -> None:
        self.asked.append((kind, entry.position))
        assert self.gate.wait(5)

    def pixels(self, entry: Entry) -> Pixels:
        self._ask("pixels", entry)
        if entry.path.startswith("broken"):
            raise InferenceError(f"{entry.path} is truncated.")
        return Pixels(ImagePyramid.build(np.full((self.side, self.side, 3), entry.position, np.uint8)))

    def reading(self, entry: Entry) -> Reading:
        self._ask("reading", entry)
        return Reading(None, None, None)

    def thumbnail(self, entry: Entry):
        self._ask("thumbnail", entry)
        return


def entries(count: int, name: str = "a") -> list[Entry]:
    return [Entry(i, f"{name}{i}.png") for i in range(count)]


@pytest.fixture
def source():
    return RecordingSource()


@pytest.fixture
def pool(qtbot, source):
    made = ReadPool(budget=10_000_000)
    made.reading_ready.connect(made.keep_reading)
    made.set_source(source)
    yield made
    source.gate.set()
    made.close()
    assert made.wait()


def test_wanted_images_come_the_current_one_first(qtbot, pool, source):
    listed = entries(4)
    source.gate.clear()
    pool.want([listed[2], listed[3], listed[1]])
    qtbot.waitUntil(lambda: len(source.asked) == 2)
    # One thread is kept for the current image, so only one further image is being read.
    assert set(source.asked) == {("pixels", 2), ("pixels", 3)}
    source.gate.set()
    qtbot.waitUntil(lambda: all(pool.get(p) and pool.get(p).pixels for p in (1, 2, 3)))
    assert pool.get(2).pixels.pyramid.levels[0][0, 0, 0] == 2
    assert pool.get(0) is None
    assert not any(kind == "reading" for kind, _ in source.asked)


def test_a_jump_is_served_before_what_was_queued(qtbot, pool, source):
    listed = entries(8)
    source.gate.clear()
    pool.want(listed[:4])
    pool.want_thumbnails(listed)
    qtbot.waitUntil(lambda: len(source.asked) == 2)
    pool.want([listed[7]])
    source.gate.set()
    qtbot.waitUntil(lambda: bool(pool.get(7) and pool.get(7).pixels))
    assert source.asked[2] == ("pixels", 7)
    qtbot.waitUntil(lambda: len([a for a in source.asked if a[0] == "thumbnail"]) == 8)
    # Images 2 and 3 were no longer wanted when their turn came.
    assert ("pixels", 2) not in source.asked and ("pixels", 3) not in source.asked


def test_readings_are_made_when_the_project_is_open_and_again_when_outdated(qtbot, pool, source):
    listed = entries(2)
    pool.want(listed)
    qtbot.waitUntil(lambda: bool(pool.get(1) and pool.get(1).pixels))
    pool.allow_readings()
    qtbot.waitUntil(lambda: pool.get(0).reading is not None and pool.get(1).reading is not None)
    source.asked.clear()
    with qtbot.waitSignal(pool.reading_ready):
        pool.make_anew(1)
    assert source.asked == [("reading", 1)]


def test_a_reading_that_became_outdated_while_it_was_made_is_made_again(qtbot, pool, source):
    listed = entries(1)
    pool.want(listed)
    qtbot.waitUntil(lambda: bool(pool.get(0).pixels))
    source.gate.clear()
    pool.allow_readings()
    qtbot.waitUntil(lambda: ("reading", 0) in source.asked)
    pool.make_anew(0)
    source.gate.set()
    qtbot.waitUntil(lambda: source.asked.count(("reading", 0)) == 2)


def test_the_budget_holds_and_the_current_and_pinned_ones_stay(qtbot, source):
    source.side = 1000  # 4 MB with its halves
    pool = ReadPool(budget=9_000_000)
    pool.set_source(source)
    pool.set_pinned(lambda position: position == 0)
    listed = entries(6)
    for entry in listed:
        pool.want([entry])
        qtbot.waitUntil(lambda p=entry.position: bool(pool.get(p) and pool.get(p).pixels))
    assert pool.bytes_held <= 9_000_000
    assert pool.get(0) is not None and pool.get(5) is not None
    assert pool.get(3) is None
    pool.close()
    assert pool.wait()


def test_a_broken_file_is_an_entry_with_its_reason(qtbot, pool):
    broken = Entry(0, "broken.jpg")
    with qtbot.waitSignal(pool.pixels_ready):
        pool.want([broken])
    assert pool.get(0).pixels.pyramid is None
    assert pool.get(0).pixels.problem == "broken.jpg is truncated."


def test_results_of_a_folder_that_was_left_are_dropped(qtbot, pool, source):
    source.gate.clear()
    pool.want(entries(1))
    qtbot.waitUntil(lambda: len(source.asked) == 1)
    other = RecordingSource()
    pool.set_source(other)
    source.gate.set()
    pool.want(entries(1, "b"))
    qtbot.waitUntil(lambda: bool(pool.get(0) and pool.get(0).pixels))
    assert other.asked == [("pixels", 0)]


def test_scrolled_past_thumbnails_are_not_made(qtbot, pool, source):
    listed = entries(40)
    source.gate.clear()
    pool.want_thumbnails(listed[:20])
    qtbot.waitUntil(lambda: len(source.asked) == 1)
    pool.want_thumbnails(listed[20:])
    source.gate.set()
    qtbot.waitUntil(lambda: len(source.asked) == 21)
    time.sleep(0.05)
    assert {p for _, p in source.asked} == {source.asked[0][1], *range(20, 40)}
