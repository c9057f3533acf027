"""Bad input through the command line: one clear sentence each, and nothing half done."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from desktop.project.project import Project
from inference.schema import Schema
from tests.desktop.cli_support import SCHEMA, Call, disc, run_program, write_dataset, write_model, write_png


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


def truncated_jpeg(path: Path) -> Path:
    good, data = cv2.imencode(".jpg", disc(1, (200, 300))[0])
    assert good
    path.write_bytes(data.tobytes()[: len(data) // 2])
    return path


def zero_byte(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def text_file(path: Path) -> Path:
    path.write_text("Dear reader, this is a letter and no picture.\n")
    return path


BROKEN = {"cut.jpg": truncated_jpeg, "empty.png": zero_byte, "letter.png": text_file}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_image_alone_is_one_sentence_with_its_name(
    call: Call, model: Path, tmp_path: Path, name: str
) -> None:
    path = BROKEN[name](tmp_path / name)
    said = call.fails("predict", path, "--model", model, "--out", tmp_path / "out", "--device", "cpu")
    assert name in said
    assert not (tmp_path / "out").exists()


def test_broken_images_among_others_are_named_and_the_rest_is_predicted(
    call: Call, model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "photographs"
    write_png(folder / "good.png", disc(0)[0])
    for name, make in BROKEN.items():
        make(folder / name)
    said = call.fails("predict", folder, "--model", model, "--out", tmp_path / "out", "--device", "cpu")
    assert said.startswith("3 of 4 images could not be predicted")
    record = json.loads((tmp_path / "out/predict.json").read_text())
    assert sorted(record["problems"]) == sorted(BROKEN) and record["images"] == 1
    assert all(sentence.endswith(".") for sentence in record["problems"].values())
    assert [p.name for p in (tmp_path / "out/masks/polyp").iterdir()] == ["good.png"]


def test_broken_images_become_entries_of_a_project(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "photographs"
    write_png(folder / "good.png", disc(0)[0])
    for name, make in BROKEN.items():
        make(folder / name)
    made = call.json("init", folder)[-1]
    assert (made["images"], made["problems"]) == (4, 3)
    with Project.open(folder) as project:
        problems = {row.path: row.problem for row in project.images() if row.problem}
    assert set(problems) == set(BROKEN) and all(p.endswith(".") for p in problems.values())


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_image_in_a_dataset_stops_a_run_with_its_name(call: Call, tmp_path: Path, name: str) -> None:
    dataset = write_dataset(tmp_path / "set")
    path = BROKEN[name](dataset / "images" / name)
    write_png(dataset / "masks/polyp" / f"{path.stem}.png", np.zeros((48, 64), np.uint8))
    words = ["--set", "epochs=1", "--set", "network.arguments.width=4", "--set", "preprocess.size=48,64"]
    words += ["--set", "threads=1", "--device", "cpu"]
    said = call.fails("train", "residual-unet", "--data", dataset, "--out", tmp_path / "run", *words)
    assert name in said


def test_a_mask_of_another_size_is_one_sentence(call: Call, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "set")
    write_png(dataset / "masks/polyp/00.png", np.zeros((48, 40), np.uint8))
    for words in (
        ["train", "residual-unet", "--data", dataset, "--out", tmp_path / "run"],
        ["evaluate", "--model", write_model(tmp_path / "m"), "--data", dataset],
    ):
        said = call.fails(*words)
        assert "00.png" in said and "40 x 48" in said and "64 x 48" in said


@pytest.mark.parametrize(
    "harm", ["no weights", "a missing tensor", "cut", "no manifest", "not json", "a letter"]
)
def test_a_damaged_bundle_is_one_sentence(call: Call, model: Path, tmp_path: Path, harm: str) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(model, bundle)
    weights, manifest = bundle / "weights.safetensors", bundle / "model.json"
    if harm == "no weights":
        weights.unlink()
    elif harm == "a missing tensor":
        from safetensors.numpy import load_file, save_file

        tensors = load_file(weights)
        tensors.pop(sorted(tensors)[0])
        save_file(tensors, weights)
    elif harm == "cut":
        weights.write_bytes(weights.read_bytes()[:-40])
    elif harm == "no manifest":
        manifest.unlink()
    elif harm == "not json":
        manifest.write_text("{")
    else:
        weights.write_text("Dear reader")
    write_png(tmp_path / "a.png", disc(0)[0])
    words = ["predict", tmp_path / "a.png", "--model", bundle, "--out", tmp_path / "out", "--device", "cpu"]
    assert "bundle" in call.fails(*words)
    assert not (tmp_path / "out").exists()
    if harm != "a missing tensor":  # that needs the network; the others are refused before
        call.fails("models", "add", bundle, "--name", "bad")
        assert [m["name"] for m in call.json("models", "list") if m["name"] == "bad"] == []


def test_a_model_that_is_no_model(call: Call, tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", disc(0)[0])
    said = call.fails("predict", tmp_path / "a.png", "--model", tmp_path, "--out", tmp_path / "out")
    assert "bundle" in said and "model.json" in said


def test_a_device_that_is_not_there(call: Call, model: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", disc(0)[0])
    for device in ("cuda:77", "abacus"):
        words = [
            "predict",
            tmp_path / "a.png",
            "--model",
            model,
            "--out",
            tmp_path / "out",
            "--device",
            device,
        ]
        assert "GPU" in call.fails(*words) or "device" in call.error


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    write_png(folder / "a.png", disc(0)[0])
    with Project.create(folder, SCHEMA, reader="ana") as made:
        for _ in made.index():
            pass
    return folder


def test_a_newer_store_is_refused_and_stays_as_it_is(call: Call, project: Path, tmp_path: Path) -> None:
    store = project / ".overread/project.sqlite"
    with sqlite3.connect(store) as connection:
        connection.execute("update meta set value = '99' where key = 'store_version'")
    connection.close()
    before = store.read_bytes()
    said = call.fails("export", project, "--format", "dataset", "--out", tmp_path / "out")
    assert "newer" in said and "99" in said
    assert store.read_bytes() == before


def test_a_store_that_is_none(call: Call, project: Path, tmp_path: Path) -> None:
    (project / ".overread/project.sqlite").write_bytes(b"Dear reader, this is no store. " * 100)
    call.fails("export", project, "--format", "dataset", "--out", tmp_path / "out")


def test_a_project_that_is_open_elsewhere_names_who_has_it(call: Call, project: Path, tmp_path: Path) -> None:
    with Project.open(project, reader="Ana Maria"):
        done = run_program("export", project, "--format", "dataset", "--out", tmp_path / "out")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "Ana Maria" in done.stderr and str(os.getpid()) in done.stderr


def test_a_folder_without_a_project(call: Call, tmp_path: Path) -> None:
    assert "has no project" in call.fails(
        "export", tmp_path, "--format", "dataset", "--out", tmp_path / "out"
    )


def test_links_that_lead_nowhere_or_round(call: Call, model: Path, tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    for name in ("round", "dangling"):
        call.fails("init", tmp_path / name)
        call.fails("predict", tmp_path / name, "--model", model, "--out", tmp_path / "out")
        call.fails("train", "residual-unet", "--data", tmp_path / name, "--out", tmp_path / "run")
        call.fails("export", tmp_path / name, "--format", "dataset", "--out", tmp_path / "out")


def test_a_folder_without_rights(
    call: Call, model: Path, tmp_path: Path, forbid: Callable[[Path], None]
) -> None:
    closed = tmp_path / "closed"
    write_png(closed / "a.png", disc(0)[0])
    forbid(closed)
    said = call.fails("predict", closed, "--model", model, "--out", tmp_path / "out")
    assert "right" in said and "closed" in said
    assert "right" in call.fails("init", closed)


def test_a_sub_folder_without_rights_is_said(
    call: Call, model: Path, tmp_path: Path, forbid: Callable[[Path], None]
) -> None:
    write_png(tmp_path / "eyes/a.png", disc(0)[0])
    closed = write_png(tmp_path / "eyes/closed/b.png", disc(1)[0]).parent
    forbid(closed)
    text = call("predict", tmp_path / "eyes", "--model", model, "--out", tmp_path / "out", "--device", "cpu")
    assert "right" in text and "closed" in text and "1 images predicted" in text


def test_output_that_would_hurt_something_is_refused(call: Call, model: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "photographs/a.png", disc(0)[0])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("keep")
    predict = ["predict", tmp_path / "photographs", "--model", model, "--out"]
    assert "not empty" in call.fails(*predict, tmp_path / "mine")
    assert "inside" in call.fails(*predict, tmp_path / "photographs" / "out")
    assert (tmp_path / "mine/letter.txt").read_text() == "keep"
    assert [p.name for p in (tmp_path / "photographs").iterdir()] == ["a.png"]


def test_an_empty_folder(call: Call, model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no image" in call.fails(
        "predict", tmp_path / "empty", "--model", model, "--out", tmp_path / "out"
    )
    assert "no pictures" in call.fails(
        "train", "residual-unet", "--data", tmp_path / "empty", "--out", tmp_path / "r"
    )


@pytest.mark.parametrize(
    "text", ["{", '{"classes": [{"nam": "polyp"}]}', '{"classes": [{"name": "a/b"}]}', "[]", '{"class": []}']
)
def test_a_schema_that_cannot_be_used(call: Call, tmp_path: Path, text: str) -> None:
    write_png(tmp_path / "photographs/a.png", disc(0)[0])
    (tmp_path / "schema.json").write_text(text)
    call.fails("init", tmp_path / "photographs", "--schema", tmp_path / "schema.json")
    assert not (tmp_path / "photographs/.overread").exists()


@pytest.mark.usefixtures("no_room_for_masks")
def test_a_full_disk_by_the_systems_word(call: Call, model: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "photographs/a.png", disc(0)[0])
    said = call.fails("predict", tmp_path / "photographs", "--model", model, "--out", tmp_path / "out")
    assert "disk is full" in said
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB; the test is skipped where mounting one is not permitted."""
    place = tmp_path / "small"
    place.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    mount = getattr(libc, "mount", None)
    if mount is None or mount(b"tmpfs", os.fsencode(place), b"tmpfs", 0, b"size=1m") != 0:
        pytest.skip(f"a small file system cannot be mounted here: {os.strerror(ctypes.get_errno())}")
    yield place
    libc.umount2(os.fsencode(place), 2)


def test_a_disk_that_really_is_full(call: Call, small_disk: Path, tmp_path: Path) -> None:
    eyes = tmp_path / "eyes"
    for n in range(8):
        write_png(eyes / f"{n}.png", np.random.default_rng(n).integers(0, 255, (250, 300, 3), dtype=np.uint8))
    with Project.create(eyes, Schema(grades=SCHEMA.grades), reader="ana") as project:
        for _ in project.index():
            pass
        for row in project.images():
            label = project.load_label(row.id)
            label.set_grade("quality", "good")
            project.finish(label, ()).result()
    words = ["export", eyes, "--format", "dataset", "--out", small_disk / "out", "--reader", "ana"]
    assert "disk is full" in call.fails(*words)
    assert list(small_disk.iterdir()) == []
    call("export", eyes, "--format", "dataset", "--out", tmp_path / "out", "--reader", "ana")
