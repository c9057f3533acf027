"""What the program must refuse or cannot do: one clear sentence in the notice bar, and nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from desktop.cli import main as command_line
from desktop.panels.models import ModelRow
from desktop.project.location import Location
from desktop.project.lock import read_holder
from desktop.project.project import Project
from inference.bundle import bundle_digest
from tests.desktop.session_tools import make_bundle
from tests.e2e.desk import ROOT, SCHEMA, child_environment, eventually, make_folder
from tests.e2e.disks import fill, make_read_only, small_disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "eyes", 3)


@contextmanager
def another_program(folder: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`overread open FOLDER` in a process of its own, with the project open."""
    child = subprocess.Popen(
        [sys.executable, "-m", "desktop", "open", str(folder)],
        cwd=ROOT, env=child_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        location = Location(folder / ".overread")
        assert eventually(lambda: read_holder(location) is not None, 30), child.poll()
        yield child
    finally:
        child.kill()
        said = child.communicate()
    assert said == ("", ""), said


# ---- the project is taken


def test_a_second_program_names_who_has_it_and_takes_over_when_that_ends(desk, folder, tmp_path) -> None:
    with another_program(folder, tmp_path) as other:
        sitting = desk.open(folder, project=False)
        notice = sitting.notice("is open by")
        assert f"process {other.pid}" in notice.text and "“eyes”" in notice.text
        assert sitting.shown() is None, "images can be looked at all the same"
        sitting.press("Right", "B", "Return", "Ctrl+Z", "1")
        assert sitting.shown() is None and sitting.session.position == 1
        sitting.hand.drag([(100, 100), (140, 120)])
        assert sitting.session.label is None
        sitting.hand.picture("second window")
        other.send_signal(signal.SIGKILL)
        other.wait()
        sitting.hand.click_button(sitting.window.notices, "Try again")
        sitting.wait(lambda: sitting.session.project is not None, "the project, free again")
        sitting.ready()
        assert sitting.paint() > 0
        sitting.saved()
    assert all("is open by" not in notice.text for notice in sitting.notices())


def test_a_second_window_of_one_program_is_refused_as_well(desk, folder) -> None:
    first = desk.open(folder)
    second = desk.open(folder, project=False)
    notice = second.notice("is open by")
    assert f"process {os.getpid()}" in notice.text and "close it there" in notice.text
    first.ready()
    assert first.paint() > 0
    first.saved()


# ---- the store


def test_a_newer_store_is_refused_and_not_touched(desk, folder) -> None:
    with Project.create(folder, SCHEMA) as project:
        for _ in project.index():
            pass
    store = folder / ".overread/project.sqlite"
    with sqlite3.connect(store) as connection:
        connection.execute("update meta set value = '99' where key = 'store_version'")
    connection.close()
    before = store.read_bytes()
    sitting = desk.open(folder, project=False)
    notice = sitting.notice("newer")
    assert "99" in notice.text
    assert sitting.shown() is None
    sitting.press("Right")
    assert sitting.shown() is None and sitting.session.position == 1
    sitting.close()
    assert store.read_bytes() == before


def test_a_store_that_is_no_store_is_one_sentence(desk, folder) -> None:
    (folder / ".overread").mkdir()
    (folder / ".overread/project.sqlite").write_bytes(b"Dear reader, this is no store. " * 300)
    sitting = desk.open(folder, project=False)
    sitting.notice("store")
    assert sitting.shown() is None


def test_settings_that_cannot_be_read_are_told_and_set_aside(desk, folder, tmp_path) -> None:
    (tmp_path / "user-config").mkdir()
    (tmp_path / "user-config/settings.toml").write_text("view = {")
    sitting = desk.open(folder)
    texts = [notice.text for notice in sitting.notices()]
    assert any("settings.toml" in text for text in texts), texts


# ---- models


def without_a_tensor(bundle: Path) -> Path:
    from safetensors.numpy import load_file, save_file

    weights = bundle / "weights.safetensors"
    tensors = load_file(weights)
    tensors.pop(sorted(tensors)[0])
    save_file(tensors, weights)
    return bundle


def put_in_use(folder: Path, bundle: Path) -> None:
    """Make the project of a folder with a bundle as its model in use."""
    with Project.create(folder, SCHEMA) as project:
        digest = bundle_digest(bundle)
        project.register_model(bundle, digest, bundle.name, class_map={"MA": 0, "HE": 1}).result()
        project.set_incumbent(digest).result()


def test_a_model_in_use_that_lost_a_weight_is_told_at_opening(desk, folder, tmp_path) -> None:
    put_in_use(folder, without_a_tensor(make_bundle(tmp_path / "reader-7")))
    sitting = desk.open(folder)
    notice = sitting.notice("reader-7", 60)
    assert (
        notice.kind == "problem" and "lack a tensor" in notice.text and "get the bundle again" in notice.text
    )
    sitting.ready()
    assert sitting.paint() > 0, "labelling goes on without a model"
    sitting.press("Return")
    sitting.saved()


@pytest.mark.parametrize("harm", ["no weights", "gone"])
def test_a_model_in_use_whose_files_are_gone_is_told_at_opening(desk, folder, tmp_path, harm: str) -> None:
    bundle = make_bundle(tmp_path / "reader-7")
    put_in_use(folder, bundle)
    (bundle / "weights.safetensors").unlink()
    if harm == "gone":
        shutil.rmtree(bundle)
    sitting = desk.open(folder)
    sitting.notice("reader-7")
    sitting.ready()
    assert sitting.session.model is None
    assert sitting.paint() > 0


def test_a_bundle_without_weights_is_not_added_on_the_models_page(desk, folder, tmp_path) -> None:
    bundle = make_bundle(tmp_path / "reader-8")
    (bundle / "weights.safetensors").unlink()
    sitting = desk.open(folder)
    sitting.notices()
    sitting.press("Alt+2")
    window = sitting.window
    sitting.wait(lambda: sitting.hand.button(window.models, "Add"), "the button that adds a bundle")
    button = sitting.hand.button(window.models, "Add")
    sitting.hand.answer_folder_dialog(lambda: sitting.hand.click(button), bundle)
    notice = sitting.notice("weights.safetensors")
    assert notice.kind == "problem" and "reader-8" in notice.text
    assert all(one.entry.name != "reader-8" for one in window.models.rows)


def test_a_registered_bundle_that_broke_cannot_be_used_and_says_why(desk, folder, tmp_path) -> None:
    """It lost a tensor after it was registered: choosing it says so, and the model before stays known."""
    registered = make_bundle(tmp_path / "user-data/models/reader-9")
    without_a_tensor(registered)
    sitting = desk.open(folder)
    sitting.notices()
    sitting.press("Alt+2")
    window = sitting.window

    def row() -> ModelRow | None:
        # The list is made anew when the project has been read; its rows are shown a moment later.
        shown = (one for one in window.models.rows if one.isVisible() and one.entry.name == "reader-9")
        return next(shown, None)

    sitting.wait(lambda: row() is not None, "the model's row")
    sitting.hand.click(row())
    sitting.hand.click_button(window.models, "Use")
    assert "lack a tensor" in sitting.notice("reader-9", 60).text


# ---- import


def test_a_mask_of_another_size_is_refused_at_import_by_its_name(folder, tmp_path, capsys) -> None:
    with Project.create(folder, SCHEMA) as project:
        for _ in project.index():
            pass
    dataset = tmp_path / "dataset"
    (dataset / "masks/MA").mkdir(parents=True)
    (dataset / "images").mkdir()
    shutil.copy(folder / "eye0.png", dataset / "images/eye0.png")
    cv2.imwrite(str(dataset / "masks/MA/eye0.png"), np.full((240, 200), 255, np.uint8))
    words = ["import", str(folder), "--format", "dataset", str(dataset), "--missing-mask", "unlabelled"]
    status, said = command_line(words), capsys.readouterr()
    assert status == 1 and said.err.count("\n") == 1, said
    assert "eye0.png" in said.err and "200 x 240" in said.err and "320 x 240" in said.err, said.err
    with Project.open(folder) as project:
        counts = {status: count for status, count in project.counts_by_status().items() if count}
    assert counts == {"unseen": 3}, "nothing is half imported"


# ---- disks


def test_a_folder_that_cannot_be_written_keeps_its_project_elsewhere_and_says_so(desk, tmp_path) -> None:
    with small_disk(tmp_path / "stick", "8m") as place:
        folder = make_folder(place / "eyes", 2)
        make_read_only(place)
        sitting = desk.open(folder)
        notice = next(one for one in sitting.notices() if "cannot be written" in one.text)
        assert str(tmp_path / "user-data") in notice.text and notice.kind != "problem"
        assert not notice.answers
        sitting.ready()
        painted = sitting.paint()
        sitting.saved()
        sitting.close()
        assert sorted(one.name for one in folder.iterdir()) == ["eye0.png", "eye1.png", "schema.json"]
        again = desk.open(folder)
        again.ready()
        assert again.painted() == painted > 0
        again.close()


def test_a_project_that_can_no_longer_be_written_is_not_replaced_by_an_empty_one(desk, tmp_path) -> None:
    with small_disk(tmp_path / "stick", "8m") as place:
        folder = make_folder(place / "eyes", 2)
        sitting = desk.open(folder)
        sitting.ready()
        assert sitting.paint() > 0
        sitting.saved()
        sitting.close()
        make_read_only(place)
        again = desk.open(folder, project=False)
        assert "make the folder writable" in again.notice("has a project that cannot be written").text
        assert again.shown() is None
        again.close()
        assert not list((tmp_path / "user-data").glob("projects/*"))


def test_a_folder_that_is_moved_away_and_back_while_painting_loses_nothing(desk, folder, tmp_path) -> None:
    sitting = desk.open(folder)
    sitting.notices()
    sitting.ready()
    first = sitting.paint(60, 60)
    sitting.saved()
    folder.rename(tmp_path / "elsewhere")
    painted = sitting.paint(200, 150)
    assert painted > first
    notice = sitting.notice("not there any more")
    assert "kept in memory" in notice.text and sitting.session.refused == 1
    (tmp_path / "elsewhere").rename(folder)
    sitting.saved()
    sitting.wait(lambda: sitting.window.notices.current is None, "the notice to go")
    sitting.close()
    again = desk.open(folder)
    again.ready()
    assert again.painted() == painted


@contextmanager
def full_disk(sitting, place: Path) -> Iterator[None]:
    """While inside, the disk of the project takes nothing more."""
    ballast = fill(place)
    yield
    ballast.unlink()


@pytest.fixture
def on_a_small_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "6m") as place:
        yield make_folder(place / "eyes", 3)


def scribble(sitting, strokes: int, seed: int) -> None:
    """Strokes all over the image, large enough not to fit into what SQLite has in reserve."""
    chance = np.random.default_rng(seed)
    for _ in range(strokes):
        points = chance.uniform((20, 20), (300, 220), (6, 2))
        sitting.hand.drag([(float(x), float(y)) for x, y in points])


def test_a_disk_that_fills_while_painting_loses_nothing(desk, on_a_small_disk: Path) -> None:
    folder = on_a_small_disk
    sitting = desk.open(folder)
    sitting.notices()
    sitting.ready()
    sitting.press("B")
    scribble(sitting, 2, 0)
    sitting.saved()
    with full_disk(sitting, folder.parent):
        scribble(sitting, 12, 1)
        notice = sitting.notice("disk is full")
        assert notice.kind == "problem" and "not saved" in notice.text and "kept" in notice.text
        sitting.press("1")
        waiting = sitting.session.pending
        assert waiting > 0 and sitting.window.bottom.saved.text() == f"{waiting} not saved"
        sitting.hand.picture("full disk")
        painted = sitting.painted()
    sitting.saved()
    sitting.wait(lambda: sitting.window.notices.current is None, "the notice to go when all is saved")
    undo = list(sitting.session.label.undo_texts)
    sitting.close()
    again = desk.open(folder)
    again.ready()
    assert again.painted() == painted
    assert again.session.label.grades == {"severity": "mild"}
    assert list(again.session.label.undo_texts) == undo
    again.close()


def test_a_window_with_unsaved_work_does_not_just_close(desk, on_a_small_disk: Path) -> None:
    """The disk is full and the reader closes: the window stays and says what would be lost."""
    folder = on_a_small_disk
    sitting = desk.open(folder)
    sitting.notices()
    sitting.ready()
    with full_disk(sitting, folder.parent):
        scribble(sitting, 12, 2)
        sitting.notice("disk is full")
        sitting.window.close()
        notice = sitting.notice("close")
        assert sitting.window.isVisible() and sitting.window.isEnabled()
        assert [text for text, _ in notice.answers] == ["Close and lose them"]
        painted = sitting.painted()
        sitting.hand.picture("closing on a full disk")
    sitting.close()
    again = desk.open(folder)
    again.ready()
    assert again.painted() == painted > 0
    again.close()


def test_an_export_onto_a_full_disk_is_one_sentence_and_leaves_nothing(desk, folder, tmp_path) -> None:
    sitting = desk.open(folder)
    sitting.notices()
    for number in range(2):
        sitting.ready()
        sitting.paint()
        sitting.press("Return")
        sitting.wait(
            lambda number=number: sitting.session.entries[number].status == "corrected", "the finish"
        )
    with small_disk(tmp_path / "disk", "64k") as place:
        out = place / "out"
        out.mkdir()
        sitting.hand.answer_folder_dialog(lambda: sitting.press("Ctrl+E"), out)
        notice = sitting.notice("disk is full", 30)
        assert notice.kind == "problem"
        sitting.wait(lambda: not sitting.window.exports.running, "the end of the export")
        assert list(out.iterdir()) == []
