"""The scripted reviewer, and the loop around it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from desktop.formats.base import ExportOptions
from desktop.formats.dataset import export_project
from desktop.loop.base import LoopError
from desktop.loop.launcher import RunRequest, prepare_run
from desktop.loop.registering import class_map
from desktop.loop.simulation import Choice, ScriptedReviewer, choose_images, dice_change, predicted_pages
from desktop.project.project import Project
from desktop.project.rows import ImageRow
from inference.prediction import Geometry, Prediction, quantise
from inference.schema import MaskClass, Schema
from tests.desktop.cli_support import SCHEMA, Call, disc, write_dataset, write_model
from training.config import read_config
from training.dataset import open_dataset
from training.grouping import by_table


def row(position: int, group: str, split: str) -> ImageRow:
    return ImageRow(
        str(position), f"{position}.png", 0, f"h{position}", 64, 48, group, split, "", "unseen", position
    )


SPLITS = ["train", "train", "val", "train", "test", "train", "train", "val", "train", "test"]


def test_images_come_evenly_from_some_groups_and_never_from_held_out_ones() -> None:
    rows = [row(10 * g + n, f"g{g}", split) for g, split in enumerate(SPLITS) for n in range(10)]
    chosen = choose_images(rows, Choice(images=20, groups=5, seed=1))
    groups = [r.group for r in chosen]
    assert len(chosen) == 20 and len(set(groups)) == 5
    assert {groups.count(g) for g in set(groups)} == {4}
    assert {r.split for r in chosen} == {"train", "val"}
    assert chosen == choose_images(rows, Choice(images=20, groups=5, seed=1))
    assert chosen != choose_images(rows, Choice(images=20, groups=5, seed=2))
    assert len({r.group for r in choose_images(rows, Choice(images=500))}) == 5


def test_too_few_groups_are_refused() -> None:
    rows = [row(g, f"g{g}", "train") for g in range(5)]
    with pytest.raises(LoopError, match="too few groups"):
        choose_images(rows, Choice(images=2))
    rows = [row(g, f"g{g}", split) for g, split in enumerate(SPLITS)]
    with pytest.raises(LoopError, match="fewer than that"):
        choose_images(rows, Choice(images=2, groups=10))


def prediction_of(mask: np.ndarray) -> Prediction:
    logits = quantise(np.where(mask, 6.0, -6.0)[None])
    return Prediction("digest", ("polyp",), logits, Geometry(mask.shape, mask.shape, (0, 0, *mask.shape)))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    dataset = write_dataset(tmp_path / "set")
    table = (dataset / "groups.csv").read_text().splitlines()[1:]
    with Project.create(
        dataset,
        SCHEMA,
        grouping=by_table([tuple(line.split(",")) for line in table]),
        reader="script",  # type: ignore[misc]
    ) as made:
        for _ in made.index():
            pass
    return dataset


def test_the_reviewer_corrects_by_strokes_and_accepts_what_is_right(project: Path, tmp_path: Path) -> None:
    truth = open_dataset(project)
    with Project.open(project, reader="script") as opened:
        reviewer = ScriptedReviewer(opened, truth)
        rows = opened.images()
        right, wrong = disc(0)[1], disc(1)[1].copy()
        wrong[:3, :5] = True
        wrong[disc(1)[1].nonzero()[0].max()] = False
        options = {"class_map": {"polyp": 0}, "thresholds": {"polyp": 0.5}}
        first = reviewer.review(rows[0], prediction_of(right), **options)
        second = reviewer.review(rows[1], prediction_of(wrong), **options)
        third = reviewer.review(rows[2], None, **options)
        assert (first.status, first.strokes) == ("accepted", 0)
        assert second.status == "corrected" and second.strokes >= 2
        assert third.status == "corrected" and third.strokes == 1
        label = opened.load_label(rows[1].id)
        assert len(label.undo_texts) == second.strokes and label.base.model_digest == "digest"
        for _ in range(second.strokes):
            label.undo()
        assert label.planes is not None and np.array_equal(label.planes.class_mask(0), wrong)
        export_project(opened, tmp_path / "out", ExportOptions())
    items = {item.key: item for item in open_dataset(tmp_path / "out").items}
    for n in range(3):
        assert np.array_equal(items[f"{n:02d}.png"].read_mask("polyp"), disc(n)[1])
    record = json.loads((tmp_path / "out/dataset.json").read_text())
    assert [e["model"] for e in record["images"]] == ["digest", "digest", None]


def test_a_prediction_is_cut_and_put_on_the_projects_bits() -> None:
    mask = disc(3)[1]
    pages = predicted_pages(prediction_of(mask), {"polyp": 11, "tool": 2}, {"polyp": 0.5}, 2)
    assert pages.shape == (2, 48, 64) and not pages[0].any()
    assert np.array_equal(pages[1], mask.astype(np.uint8) << 3)


def test_the_interval_is_over_groups_and_the_mean_over_images() -> None:
    def rows(values: dict[str, float]) -> list[dict[str, object]]:
        return [{"key": k, "group": k[0], "classes": {"polyp": {"dice": v}}} for k, v in values.items()]

    before = {"a1": 0.0, "a2": 0.2, "b1": 0.4, "c1": 0.6}
    after = {k: v + 0.25 for k, v in before.items()}
    found = dice_change(rows(before), rows(after), "polyp")
    assert (found.images, found.groups) == (4, 3)
    assert found.before == pytest.approx(0.3) and found.after == pytest.approx(0.55)
    assert found.difference_interval == pytest.approx((0.25, 0.25))
    assert found.before_interval[0] == pytest.approx(0.1) and found.before_interval[1] == pytest.approx(0.6)
    with pytest.raises(LoopError, match="same images"):
        dice_change(rows(before), rows({"a1": 0.1}), "polyp")


def test_classes_are_mapped_by_name_or_as_given() -> None:
    model = Schema((MaskClass(0, "lesion"), MaskClass(1, "tool")))
    ours = Schema((MaskClass(4, "polyp"), MaskClass(9, "tool")))
    assert class_map(model, ours) == {"tool": 9}
    assert class_map(model, ours, {"lesion": "polyp"}) == {"lesion": 4, "tool": 9}


def test_a_run_is_refused_before_there_is_anything_to_learn_from(project: Path) -> None:
    truth = open_dataset(project)
    with Project.open(project, reader="script") as opened:
        reviewer = ScriptedReviewer(opened, truth)
        trained = [r for r in opened.images() if r.split == "train"][:2]
        for one in trained:
            reviewer.review(one, None, class_map={}, thresholds={})
        with pytest.raises(LoopError, match="validation part"):
            prepare_run(opened, RunRequest(recipe="residual-unet"))
        assert opened.runs() == []


def test_a_prepared_run_has_a_frozen_dataset_and_a_complete_configuration(
    project: Path, tmp_path: Path
) -> None:
    truth = open_dataset(project)
    with Project.open(project, reader="script") as opened:
        reviewer = ScriptedReviewer(opened, truth)
        for one in opened.images():
            reviewer.review(one, None, class_map={}, thresholds={})
        bundle = write_model(tmp_path / "tiny")
        request = RunRequest(parent=bundle, epochs=3, overrides=("batch_size=2",), device="cpu", threads=1)
        one, two = prepare_run(opened, request), prepare_run(opened, request)
        assert one.folder != two.folder and one.folder.is_relative_to(opened.location.directory)
        assert [r.outcome for r in opened.runs()] == ["running", "running"]
    config = read_config(one.config)
    assert (config.epochs, config.batch_size, config.device, config.threads) == (3, 2, "cpu", 1)
    assert Path(config.init) == bundle
    assert open_dataset(one.dataset).counts() == open_dataset(two.dataset).counts()
    assert one.command[1:4] == ["-m", "training", "fit"] and str(one.out) in one.command


def test_the_whole_loop_on_small_pictures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    call = Call(capsys)
    dataset = write_dataset(tmp_path / "set", groups=10, each=2)
    model = write_model(tmp_path / "tiny", Schema((MaskClass(0, "polyp"),)), "residual-unet")
    words = ["simulate", "--data", dataset, "--model", model, "--out", tmp_path / "out", "--images", 8]
    words += ["--set", "epochs=2", "--set", "autocast=off", "--device", "cpu", "--threads", 1]
    record = call.json(*words)[-1]
    assert record["event"] == "simulated" and record["labelled"]["images"] == 8
    assert not set(record["labelled"]["groups"]) & set(record["measured"]["groups"])
    (change,) = record["changes"]
    assert change["images"] == record["measured"]["images"] == 10
    assert (tmp_path / "out/dice-polyp.png").stat().st_size > 5000
    assert len((tmp_path / "out/dice-polyp.csv").read_text().splitlines()) == 11
    assert not list((tmp_path / "out/project").glob("masks"))
    with Project.open(tmp_path / "out/project", reader="script") as project:
        incumbent = project.incumbent()
        assert incumbent is not None and incumbent.digest == record["candidate"]["digest"]
        assert incumbent.parent == record["incumbent"]["digest"]
        assert len(project.predictions_for(incumbent.digest)) == 20
        assert len(project.trained_on(incumbent.digest)) == 8
        assert [run.outcome for run in project.runs()] == ["finished"]
    assert "exists already" in call.fails(*words)
