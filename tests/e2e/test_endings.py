"""How the program ends when somebody else ends it, or at the worst moment: whole, and without a word."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.project.bulk_change import SetValue
from desktop.project.location import Location
from desktop.project.lock import read_holder
from desktop.project.project import Project
from tests.e2e.desk import ROOT, SCHEMA, child_environment, eventually, make_folder


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_ctrl_c_and_the_systems_wish_close_the_window_as_a_person_does(tmp_path: Path, name: str) -> None:
    folder = make_folder(tmp_path / "eyes", 3)
    child = subprocess.Popen(
        [sys.executable, "-m", "desktop", "open", str(folder)],
        cwd=ROOT, env=child_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert eventually(lambda: read_holder(Location(folder / ".overread")) is not None, 30)
        child.send_signal(getattr(signal, name))
        said = child.communicate(timeout=20)
    finally:
        child.kill()
    assert (child.returncode, *said) == (0, "", "")
    assert read_holder(Location(folder / ".overread")) is None, "the project was closed properly"


def test_a_window_is_closed_in_the_middle_of_an_export(desk, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "eyes", 40)
    with Project.create(folder, SCHEMA) as project:
        for _ in project.index():
            pass
        for row in project.images():
            label = project.load_label(row.id)
            label.ensure_planes(row.height, row.width)
            project.finish(label, [0, 1]).result()
    sitting = desk.open(folder)
    out = tmp_path / "out"
    out.mkdir()
    sitting.hand.answer_folder_dialog(lambda: sitting.press("Ctrl+E"), out)
    assert sitting.window.exports.running
    sitting.close()
    assert list(out.iterdir()) == [] or (out / "dataset.json").exists(), "half an export is none"
    with Project.open(folder) as project:
        assert project.counts_by_status()["accepted"] + project.counts_by_status()["corrected"] == 40


@pytest.mark.parametrize("ending", ["close", "another folder", "schema"])
def test_leaving_waits_for_a_change_of_many_images(desk, tmp_path: Path, monkeypatch, ending: str) -> None:
    monkeypatch.setattr("desktop.state.bulk.CHUNK", 3)
    folder, other = make_folder(tmp_path / "eyes", 60), make_folder(tmp_path / "other", 2)
    sitting = desk.open(folder)
    sitting.ready()
    session = sitting.session
    scale = "severity"
    if ending == "schema":
        sitting.press("Ctrl+Shift+S")
        sitting.wait(lambda: sitting.window.schema_editing.usage is not None, "the schema")
        sitting.window.schema_editing.step(lambda draft: draft.change_scale("severity", name="icdr"))
        scale = "icdr"
    session.bulk.run(SetValue("grade:severity", "mild"), range(60))
    assert session.bulk.running
    if ending == "another folder":
        sitting.window.open_folder(other)
        sitting.wait(lambda: session.project is not None and session.folder == other, "the other folder")
    elif ending == "schema":
        sitting.hand.click(sitting.window.schema_page.apply)
        sitting.wait(lambda: session.schema.grades[0].name == "icdr", "the schema to be applied")
    sitting.close()
    with Project.open(folder) as project:
        graded = [project.load_label(row.id).grades for row in project.images()]
    assert graded == [{scale: "mild"}] * 60


def test_another_folder_is_opened_in_the_middle_of_everything(desk, tmp_path: Path) -> None:
    """While it is still opening, indexing, and being painted on: each stroke stays with its own image."""
    folders = [make_folder(tmp_path / name, 8) for name in ("first", "second", "third")]
    sitting = desk.open(folders[0])
    window, session = sitting.window, sitting.session
    for turn in range(4):
        window.open_folder(folders[turn % 3])
        sitting.hand.rest(turn * 15)
    for folder in (*folders, folders[0], folders[2]):
        window.open_folder(folder)
        sitting.wait(lambda folder=folder: session.folder == folder and session.project, folder.name)
        sitting.ready()
        sitting.paint()
    assert window.windowTitle().startswith("third")
    sitting.close()
    for folder in folders:
        with Project.open(folder) as project:
            rows = project.images()
            painted = [row.path for row in rows if row.status_for_reader == "in progress"]
            assert painted == ["eye0.png"]
            label = project.load_label(next(row.id for row in rows if row.path == "eye0.png"))
            assert len(label.undo_texts) >= 1
