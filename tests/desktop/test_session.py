"""The session over real small folders: list, moving, labels, saving, finishing, broken files, closing."""

from __future__ import annotations

import gc
import time
from weakref import ref

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from desktop.errors import SessionError
from desktop.jobs import scanning
from desktop.project.errors import StoreWriteError
from desktop.project.scan import Found
from tests.desktop.session_tools import (
    HEIGHT,
    SCHEMA,
    WIDTH,
    close,
    dab,
    make_folder,
    new_session,
    open_and_wait,
    picture,
)


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "images here", 12)


def test_the_list_is_in_natural_order_and_usable_before_the_project(qtbot, session, folder):
    with qtbot.waitSignal(session.entries_appended):
        session.open_folder(folder, schema=SCHEMA)
    assert session.project is None
    assert [e.path for e in session.entries] == [f"image {n}.png" for n in range(1, 13)]
    assert session.position == 0 and session.entry.status == "unseen"
    qtbot.waitUntil(lambda: session.image_pyramid is not None)
    assert np.array_equal(session.image_pyramid.levels[0], picture(0))
    with qtbot.waitSignal(session.project_changed, timeout=10_000):
        pass
    assert session.schema == SCHEMA and session.class_id == 0


def test_indexing_gives_every_entry_its_identity(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    assert all(e.row is not None and e.row.content_hash for e in session.entries)
    assert {e.row.split for e in session.entries} == {"train", "val", "test"}
    assert session.status_counts == {"unseen": 12}


def test_the_current_image_can_be_painted_before_the_folder_is_indexed(qtbot, session, folder, monkeypatch):
    session.opening.indexing._give_way = lambda control: time.sleep(0.5)
    session.open_folder(folder, schema=SCHEMA)
    qtbot.waitUntil(lambda: len(session.entries) == 12, timeout=5000)
    session.go_to(11)
    qtbot.waitUntil(lambda: session.label is not None, timeout=10_000)
    assert session.opening.indexing.running
    dab(session)
    qtbot.waitUntil(lambda: session.pending == 0)
    assert session.entry.status == "in progress"
    qtbot.waitSignal(session.opening.indexing.done, timeout=10_000).wait()
    assert session.entry.status == "in progress" and session.label.history.last_seq == 1


def test_a_stroke_is_acknowledged_and_there_after_reopening(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    counts = []
    session.saved_changed.connect(counts.append)
    dab(session)
    assert session.pending == 1 and session.undo_text == "Brush"
    qtbot.waitUntil(lambda: session.pending == 0)
    assert counts[0] == 1 and counts[-1] == 0
    painted = session.label.planes.mask.copy()
    session.go_to(3)
    session.open_folder(folder)
    qtbot.waitUntil(lambda: session.position == 3 and session.label is not None, timeout=10_000)
    session.go_to(0)
    qtbot.waitUntil(lambda: session.label is not None)
    assert painted.any() and np.array_equal(session.label.planes.mask, painted)
    session.undo()
    assert not session.label.planes.mask.any()


def test_undo_and_redo_change_planes_overlay_and_values(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    dab(session)
    session.set_grade("severity", "mild")
    assert session.label.grades == {"severity": "mild"}
    boxes = []
    session.label_changed.connect(boxes.append)
    session.undo()
    assert session.label.grades == {}
    session.undo()
    assert not session.overlay.levels[-1].any() and boxes == [(15, 25, 25, 35)]
    session.redo()
    assert session.overlay.levels[-1].any() and session.redo_text.startswith("severity")
    qtbot.waitUntil(lambda: session.pending == 0)


def test_a_prefetched_next_image_is_there_at_once(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    pool = session.showing.pool
    qtbot.waitUntil(lambda: bool(pool.get(1) and pool.get(1).pixels and pool.get(1).reading))
    before = time.perf_counter()
    session.next()
    assert (time.perf_counter() - before) < 0.05
    assert session.image_pyramid is not None and session.label is not None
    assert session.label.key.image_id == session.entry.image_id


def test_finishing_derives_the_status_and_goes_on(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    dab(session)
    session.finish_and_next()
    assert session.position == 1
    qtbot.waitUntil(lambda: session.entries[0].status == "corrected")
    qtbot.waitUntil(lambda: session.label is not None)
    session.reject("out of focus")
    session.second_look()
    qtbot.waitUntil(lambda: session.pending == 0 and session.entries[2].status == "second look")
    assert session.entries[1].status == "rejected"
    assert session.status_counts == {"unseen": 9, "corrected": 1, "rejected": 1, "second look": 1}
    assert session.project.review_states(session.entries[0].image_id) == {
        "class:0": "reviewed",
        "class:1": "reviewed",
    }
    session.take_back()
    assert session.position == 2
    qtbot.waitUntil(lambda: session.entries[2].status == "unseen")


def test_a_finish_taken_back_leaves_no_class_reviewed(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    dab(session)
    label = session.label
    session.finish_and_next()
    assert label.confirmed_classes == {0, 1}
    session.take_back()
    qtbot.waitUntil(lambda: session.pending == 0 and session.entries[0].status == "in progress")
    assert session.position == 0 and session.label is label
    assert label.confirmed_classes == set()
    assert session.project.review_states(session.entry.image_id) == {}


def test_a_finish_remembers_no_pixels(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    dab(session)
    label = ref(session.label)
    session.finish_and_next()
    qtbot.waitUntil(lambda: session.pending == 0 and session.position == 1)
    session.showing.pool.forget(0)

    def gone() -> bool:
        gc.collect()
        return label() is None

    qtbot.waitUntil(gone, timeout=10_000)


def test_only_visible_classes_are_confirmed(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    session.set_layer_style(1, visible=False)
    session.finish()
    qtbot.waitUntil(lambda: session.pending == 0)
    assert session.project.review_states(session.entry.image_id) == {"class:0": "reviewed"}


def test_broken_files_are_entries_with_a_reason(qtbot, session, tmp_path):
    folder = make_folder(tmp_path / "mixed", 2)
    (folder / "a text.png").write_text("this is no picture")
    (folder / "b empty.jpg").write_bytes(b"")
    whole = (folder / "image 1.png").read_bytes()
    (folder / "c cut.png").write_bytes(whole[: len(whole) // 2])
    open_and_wait_for_index(qtbot, session, folder)
    by_name = {e.path: e for e in session.entries}
    for name in ("a text.png", "b empty.jpg", "c cut.png"):
        session.go_to(by_name[name].position)
        qtbot.waitUntil(lambda: session.image_problem is not None)
        assert session.image_pyramid is None and session.label is None
        assert name in session.image_problem and "\n" not in session.image_problem
        assert by_name[name].problem
        with pytest.raises(SessionError):
            session.begin_stroke()
    assert by_name["image 1.png"].problem is None


def open_and_wait_for_index(qtbot, session, folder):
    with qtbot.waitSignal(session.opening.indexing.done, timeout=20_000):
        session.open_folder(folder, schema=SCHEMA)


def test_a_refused_write_is_told_kept_and_retried(qtbot, session, folder, monkeypatch):
    open_and_wait(qtbot, session, folder)
    sentences, full = [], [True]
    session.write_refused.connect(sentences.append)
    project = session.project
    guard = project.writer._guard

    def refuse():
        if full[0]:
            raise OSError(28, "No space left on device")
        guard()

    monkeypatch.setattr(project.writer, "_guard", refuse)
    session.saving._retry.setInterval(50)
    dab(session)
    dab(session, y=60)
    qtbot.waitUntil(lambda: len(sentences) == 1)
    assert "not saved" in sentences[0] and session.pending == 2
    qtbot.waitUntil(lambda: session.refused == 2)
    assert session.showing.pool._pinned(0)
    full[0] = False
    qtbot.waitUntil(lambda: session.pending == 0, timeout=5000)
    assert session.refused == 0
    assert project.load_label(session.entry.image_id).history.last_seq == 2
    assert issubclass(StoreWriteError, Exception)


def test_a_locked_project_is_told_and_the_images_can_be_looked_at(qtbot, session, folder):
    other = new_session()
    open_and_wait(qtbot, other, folder)
    sentences = []
    session.problem.connect(lambda sentence, _details: sentences.append(sentence))
    session.open_folder(folder)
    qtbot.waitUntil(lambda: bool(sentences), timeout=10_000)
    qtbot.waitUntil(lambda: session.image_pyramid is not None)
    assert session.project is None and session.label is None and len(session.entries) == 12
    close(qtbot, other)


def test_a_folder_that_is_not_there_is_told(qtbot, session, tmp_path):
    with qtbot.waitSignal(session.problem, timeout=10_000) as told:
        session.open_folder(tmp_path / "nothing")
    assert "not there" in told.args[0]


def test_another_folder_follows_cleanly(qtbot, session, folder, tmp_path):
    open_and_wait(qtbot, session, folder)
    dab(session)
    other = make_folder(tmp_path / "other", 3)
    with qtbot.waitSignal(session.opening.indexing.done, timeout=20_000):
        session.open_folder(other, schema=SCHEMA)
    assert len(session.entries) == 3 and session.folder == other
    qtbot.waitUntil(lambda: session.label is not None)
    assert not session.label.planes.mask.any()


def test_a_class_can_be_added_while_an_image_is_open(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    dab(session)
    session.set_schema(session.schema.add_class("EX"))
    assert len(session.styles) == 3
    session.set_class(2)
    dab(session, y=50)
    qtbot.waitUntil(lambda: session.pending == 0)
    assert session.label.planes.class_mask(2).sum() == 100 and session.label.planes.class_mask(0).sum() == 100
    assert session.project.load_label(session.entry.image_id).planes.class_mask(2).sum() == 100


def test_an_aborted_stroke_leaves_nothing(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    stroke = session.begin_stroke()
    box = stroke.touch((0, 0, 10, 10))
    session.label.planes.set_class(0, box, np.ones((10, 10), bool), np.ones((10, 10), bool))
    session.changed(box)
    session.next()
    assert session.position == 0, "a stroke under way keeps the image"
    session.abort_stroke()
    assert not session.overlay.levels[0].any() and not session.overlay.levels[-1].any()
    assert session.label.history.last_seq == 0
    session.next()
    assert session.position == 1


def test_thumbnails_are_made_for_visible_rows_and_kept_on_disk(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    assert session.thumbnail(5) is None
    session.want_thumbnails([4, 5])
    qtbot.waitUntil(lambda: session.thumbnail(5) is not None and session.thumbnail(4) is not None)
    assert (session.thumbnail(5).width(), session.thumbnail(5).height()) == (WIDTH, HEIGHT)
    assert session.thumbnail(6) is None
    kept = session.project.location.predictions.parent / "thumbnails"
    assert len(list(kept.rglob("*.jpg"))) == 2


def test_100000_files_are_listed_without_stopping_the_window(qtbot, session, tmp_path, monkeypatch):
    folder = make_folder(tmp_path / "many", 1)
    first = folder / "image 1.png"
    names = ["image 1.png", *(f"part {n // 1000}/image {n}.png" for n in range(2, 100_001))]
    found = [Found(name, first) for name in names]
    monkeypatch.setattr(scanning, "scan", lambda folder, notes=None: iter(found))
    monkeypatch.setattr(session.opening, "_open_project", lambda: None)
    gaps, last = [], [time.thread_time()]

    def tick():
        # The GUI thread's own work between two rounds of its loop; other processes' load does not count.
        gaps.append(time.thread_time() - last[0])
        last[0] = time.thread_time()

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(0)
    start = time.perf_counter()
    with qtbot.waitSignal(session.opened, timeout=20_000):
        session.open_folder(folder)
    took = time.perf_counter() - start
    timer.stop()
    assert len(session.entries) == 100_000 and session.position == 0
    assert session.entries.position_of_path("part 99/image 99999.png") == 99_998
    assert took < 8.0
    assert sum(gaps) < 2.0 and max(gaps) < 0.2
    assert gc.isenabled()


def test_closing_without_a_folder(qtbot):
    session = new_session()
    close(qtbot, session)


def test_closing_while_opening(qtbot, folder):
    session = new_session()
    session.open_folder(folder, schema=SCHEMA)
    close(qtbot, session)
    assert session.project is None
