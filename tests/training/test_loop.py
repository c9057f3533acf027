import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.bundle import bundle_digest, read_manifest, read_tensors, write_manifest
from inference.hashing import content_hash
from inference.predictor import load_network
from tests.training.conftest import write_csv, write_picture
from training import events
from training.config import RunConfig, apply_set, read_config
from training.dataset import open_dataset
from training.errors import ConfigError, DatasetError, NonFiniteLossError, ResumeError
from training.loop import fit
from training.objective import Objective
from training.publish import group_key
from training.recipes import find_recipe
from training.setup import prepare_run, set_learning

SMALL = (
    "network.arguments.width=4",
    "preprocess.size=32,32",
    "batch_size=3",
    "epochs=2",
    "threads=1",
    "device=cpu",
    "augment.flip_horizontal=true",
    "augment.rotation=20",
    "augment.brightness=0.2",
)


def config(*more: str) -> RunConfig:
    return apply_set(RunConfig(), [*SMALL, *more])


def run(settings, folder, out, **options):
    seen: list[events.Event] = []
    last = fit(settings, open_dataset(folder), out, emit=seen.append, **options)
    assert seen[-1] == last
    return seen


def of(kind, seen):
    return [event for event in seen if isinstance(event, kind)]


def test_a_whole_run(make_discs, tmp_path):
    folder, out = make_discs(), tmp_path / "run"
    dataset = open_dataset(folder)
    for item in dataset.split("test"):
        item.path.write_bytes(b"never read")  # held-out images are the gate's, not a run's
    seen: list[events.Event] = []
    last = fit(config(), dataset, out, emit=seen.append)
    assert isinstance(last, events.Finished) and last.best_epoch in (1, 2)
    assert of(events.Started, seen)[0].images == {"train": 8, "val": 2}
    assert [(e.epoch, e.batch) for e in of(events.Batch, seen)] == [(e, b) for e in (1, 2) for b in (1, 2, 3)]
    assert [e.epoch for e in of(events.Epoch, seen)] == [1, 2]
    lines = (out / "events.jsonl").read_text().splitlines()
    assert [events.parse_event(line) for line in lines] == seen
    assert {p.name for p in out.iterdir()} == {"config.toml", "events.jsonl", "resume.pt", "best", "report"}
    assert {p.name for p in (out / "report").iterdir()} == {"metrics.json", "report.md", "curves.png"}
    assert read_config(out / "config.toml") == config()
    manifest = read_manifest(out / "best")
    assert last.digest == bundle_digest(out / "best") and manifest.dataset_digest == dataset.digest
    assert manifest.parent is None and set(manifest.thresholds) == {"disc"}
    known = {dataset.hashes[i.key] for s in ("train", "val") for i in dataset.split(s)}
    assert set(manifest.seen.content_hashes) == known and len(manifest.seen.perceptual_hashes) > 1
    groups = {group_key(manifest.seen.salt, i.group) for s in ("train", "val") for i in dataset.split(s)}
    assert set(manifest.seen.group_keys) == groups
    network, _ = load_network(out / "best")
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 32, 32)).masks.shape == (1, 1, 32, 32)


def test_it_learns_and_keeps_the_best(make_discs, tmp_path):
    folder = make_discs(count=24)
    settings = config(
        "epochs=10", "optimizer.learning_rate=0.01", "network.arguments.width=6", "augment.rotation=0"
    )
    seen = run(settings, folder, tmp_path / "run")
    epochs = of(events.Epoch, seen)
    assert max(e.val_dice for e in epochs) > 0.8 > epochs[0].val_dice
    best = max(epochs, key=lambda e: (e.val_dice, -e.val_loss))
    assert seen[-1].best_epoch == best.epoch
    assert seen[-1].metrics["val"]["classes"]["disc"]["dice_at_threshold"] == pytest.approx(best.val_dice)


@pytest.mark.parametrize("batches", [2, 3, 4])
def test_interrupted_and_resumed_is_uninterrupted(make_discs, tmp_path, batches):
    folder = make_discs()
    settings = config(
        "epochs=3", "schedule.name=plateau", "schedule.patience=0", "network.arguments.dropout=0.3"
    )
    whole = run(settings, folder, tmp_path / "whole")
    count = 0

    def stop() -> bool:
        nonlocal count
        count += 1
        return count == batches

    first = run(settings, folder, tmp_path / "parts", stop=stop)
    assert isinstance(first[-1], events.Stopped) and not of(events.Finished, first)
    torch.rand(17)  # the resumed process will have drawn other numbers
    second = run(settings, folder, tmp_path / "parts", resume=True)
    losses = [e.loss for e in of(events.Batch, first) + of(events.Batch, second)]
    assert losses == [e.loss for e in of(events.Batch, whole)]
    figures = [(e.epoch, e.train_loss, e.val_loss, e.val_dice) for e in of(events.Epoch, first + second)]
    assert figures == [(e.epoch, e.train_loss, e.val_loss, e.val_dice) for e in of(events.Epoch, whole)]
    ours, theirs = read_tensors(tmp_path / "parts/best"), read_tensors(tmp_path / "whole/best")
    assert all(np.array_equal(ours[key], theirs[key]) for key in theirs)


def test_resume_refuses_other_settings_data_and_nothing(make_discs, tmp_path):
    folder, out = make_discs(), tmp_path / "run"
    with pytest.raises(ResumeError, match=r"resume\.pt"):
        run(config(), folder, tmp_path / "none", resume=True)
    run(config("epochs=1"), folder, out)
    with pytest.raises(ResumeError, match="batch_size"):
        run(config("epochs=1", "batch_size=2"), folder, out, resume=True)
    with pytest.raises(ConfigError, match="already holds a run"):
        run(config(), folder, out)
    write_csv(folder / "labels.csv", ("image", "weight"), ("000.png", "2"))
    with pytest.raises(ResumeError, match="dataset has changed"):
        run(config("epochs=1"), folder, out, resume=True)
    (out / "resume.pt").write_bytes(b"half a file")
    with pytest.raises(ResumeError, match="damaged"):
        run(config("epochs=1"), folder, out, resume=True)


def test_resuming_a_finished_run_finishes_at_once(make_discs, tmp_path):
    folder, out = make_discs(), tmp_path / "run"
    digest = run(config("epochs=1"), folder, out)[-1].digest
    again = run(config("epochs=1"), folder, out, resume=True)
    assert again[-1].digest == digest and not of(events.Batch, again)


def test_without_validation_images_the_last_epoch_is_kept(make_discs, tmp_path):
    folder = make_discs(splits=("train", "train", "test"))
    seen = run(config(), folder, tmp_path / "run")
    assert seen[-1].best_epoch == 2 and all(e.val_dice is None for e in of(events.Epoch, seen))
    assert any("no validation images" in e.text for e in of(events.Notice, seen))
    assert read_manifest(tmp_path / "run/best").thresholds == {}


def test_no_training_images(make_discs, tmp_path):
    with pytest.raises(DatasetError, match="no training images"):
        run(config(), make_discs(splits=("val", "test")), tmp_path / "run")


def test_a_loss_that_is_no_number_stops_before_the_step(make_discs, tmp_path, monkeypatch):
    folder, out = make_discs(), tmp_path / "run"
    real, calls = Objective.__call__, []

    def broken(self, output, batch):
        calls.append(1)
        loss = real(self, output, batch)
        return loss * float("nan") if torch.is_grad_enabled() and len(calls) > 5 else loss

    monkeypatch.setattr(Objective, "__call__", broken)
    with pytest.raises(NonFiniteLossError, match=r"epoch 2, batch 2.*epoch so far, 1, is kept"):
        run(config("epochs=4"), folder, out)
    assert all(np.isfinite(t).all() for t in read_tensors(out / "best").values())
    last = events.parse_event((out / "events.jsonl").read_text().splitlines()[-1])
    assert isinstance(last, events.Failed) and "epoch 2" in last.message


def test_a_gradient_that_is_no_number_is_not_stepped_with(make_discs, tmp_path, monkeypatch):
    real = Objective.__call__

    def poisoned(self, output, batch):
        loss = real(self, output, batch)
        if loss.requires_grad:
            loss.register_hook(lambda gradient: gradient * float("inf"))
        return loss

    monkeypatch.setattr(Objective, "__call__", poisoned)
    with pytest.raises(NonFiniteLossError, match="gradient"):
        run(config(), make_discs(), tmp_path / "run")


def test_out_of_memory_goes_on_in_halves(make_discs, tmp_path, monkeypatch):
    real = Objective.__call__

    def greedy(self, output, batch):
        if torch.is_grad_enabled() and len(batch.indices) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(self, output, batch)

    monkeypatch.setattr(Objective, "__call__", greedy)
    seen = run(config("batch_size=8"), make_discs(), tmp_path / "run")
    texts = [e.text for e in of(events.Notice, seen)]
    assert [t for t in texts if "4 images at once" in t] and [t for t in texts if "2 images at once" in t]
    assert isinstance(seen[-1], events.Finished) and len(of(events.Batch, seen)) == 2
    monkeypatch.setattr(Objective, "__call__", lambda *_: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(MemoryError):
        run(config(), make_discs("more"), tmp_path / "other")


def test_accumulated_batches_make_the_step_of_one(make_discs, tmp_path):
    folder = make_discs(splits=("train",))
    plain = (
        "epochs=1",
        "augment.flip_horizontal=false",
        "augment.rotation=0",
        "augment.brightness=0",
        "autocast=off",
    )
    plain += ("network.arguments.dropout=0", "loss.name=bce", "optimizer.name=sgd")
    one = run(config(*plain, "batch_size=12"), folder, tmp_path / "one")
    two = run(config(*plain, "batch_size=6", "accumulate=2"), folder, tmp_path / "two")
    assert len(of(events.Batch, one)) == 1 and len(of(events.Batch, two)) == 2
    a, b = read_tensors(tmp_path / "one/best"), read_tensors(tmp_path / "two/best")
    # Batch norm sees other batches, so the weights are near and not the same.
    assert np.allclose(a["mask_head.bias"], b["mask_head.bias"], atol=2e-4)


def test_early_stopping(make_discs, tmp_path):
    settings = config("epochs=30", "patience=2", "optimizer.learning_rate=1e-9", "schedule.name=constant")
    seen = run(settings, make_discs(), tmp_path / "run")
    assert isinstance(seen[-1], events.Finished) and len(of(events.Epoch, seen)) < 30


def test_grades_with_a_second_head(make_discs, tmp_path):
    folder = make_discs(grades=True)
    seen = run(config("network.name=multitask-unet", "loss.balance_grades=true"), folder, tmp_path / "run")
    metrics = seen[-1].metrics["val"]
    assert (
        metrics["grades"]["grade"]["images"] == 2 and of(events.Epoch, seen)[0].val_grade_accuracy is not None
    )
    assert read_manifest(tmp_path / "run/best").schema.grades[0].values == ("0", "1")
    plain = run(config("epochs=1"), folder, tmp_path / "plain")
    assert any("no output for grade" in e.text for e in of(events.Notice, plain))
    assert read_manifest(tmp_path / "plain/best").schema.grades == ()


def test_from_an_incumbent(make_discs, tmp_path):
    folder = make_discs()
    run(config(), folder, tmp_path / "first")
    incumbent = tmp_path / "first/best"
    other = make_discs("other", count=8, splits=("train", "val"))
    for picture in (other / "images").iterdir():
        image = np.full((48, 48, 3), 1 + int(picture.stem), np.uint8)
        write_picture(picture, image)
    rate = "optimizer.learning_rate=1e-12"
    seen = run(
        config(f"init={incumbent}", rate, "epochs=1", "preprocess.size=64,64"), other, tmp_path / "second"
    )
    manifest = read_manifest(tmp_path / "second/best")
    assert manifest.parent == bundle_digest(incumbent) and manifest.preprocessing.size == (32, 32)
    before = read_manifest(incumbent).seen
    assert (
        set(before.content_hashes) < set(manifest.seen.content_hashes) and manifest.seen.salt == before.salt
    )
    old, new = read_tensors(incumbent), read_tensors(tmp_path / "second/best")
    assert np.allclose(old["mask_head.weight"], new["mask_head.weight"], atol=1e-6)
    assert not any("begun anew" in e.text for e in of(events.Notice, seen))
    assert content_hash(other / "images/000.png") in manifest.seen.content_hashes


def test_fine_tuning_needs_a_model(make_discs, tmp_path):
    with pytest.raises(ConfigError, match="--init"):
        run(find_recipe("fine-tune").config, make_discs(), tmp_path / "run")


def test_from_an_incumbent_with_other_classes(make_discs, tmp_path):
    folder = make_discs()
    run(config("epochs=1"), folder, tmp_path / "first")
    shutil.copytree(folder / "masks/disc", folder / "masks/all")
    settings = config(f"init={tmp_path / 'first/best'}", "epochs=1", "optimizer.learning_rate=1e-12")
    seen = run(settings, folder, tmp_path / "second")
    manifest = read_manifest(tmp_path / "second/best")
    assert [c.name for c in manifest.schema.active_classes] == ["disc", "all"]
    assert any("begun anew: all" in e.text for e in of(events.Notice, seen))
    old, new = read_tensors(tmp_path / "first/best"), read_tensors(tmp_path / "second/best")
    assert np.allclose(old["mask_head.weight"][0], new["mask_head.weight"][0], atol=1e-6)
    shutil.rmtree(folder / "masks/disc")
    seen = run(settings, folder, tmp_path / "third")
    assert [c.name for c in read_manifest(tmp_path / "third/best").schema.active_classes] == ["all"]
    assert any("replaced" in e.text for e in of(events.Notice, seen))


def test_a_folder_that_names_no_class_takes_the_incumbents(make_discs, tmp_path):
    folder = make_discs()
    run(config("epochs=1"), folder, tmp_path / "first")
    for mask in (folder / "masks/disc").iterdir():
        mask.rename(folder / "masks" / mask.name)
    (folder / "masks/disc").rmdir()
    run(config(f"init={tmp_path / 'first/best'}", "epochs=1"), folder, tmp_path / "second")
    assert [c.name for c in read_manifest(tmp_path / "second/best").schema.active_classes] == ["disc"]
    run(config("data.classes=ball", "epochs=1"), folder, tmp_path / "third")
    assert [c.name for c in read_manifest(tmp_path / "third/best").schema.active_classes] == ["ball"]


def test_classes_nobody_labelled_are_said_and_not_learnt(make_discs, tmp_path):
    folder = make_discs()
    write_csv(
        folder / "reviewed.csv",
        ("image", "class", "state"),
        *[(f"{n:03d}.png", "disc", "reviewed") for n in range(12)],
    )
    (folder / "masks/idle").mkdir()
    write_picture(folder / "masks/idle/000.png", np.zeros((48, 48), np.uint8))
    seen = run(config("epochs=1"), folder, tmp_path / "run")
    assert any(
        "Not labelled in any training image" in e.text and "idle" in e.text for e in of(events.Notice, seen)
    )
    with pytest.raises(ConfigError, match='"hat"'):
        run(config("data.classes=hat"), folder, tmp_path / "none")


def test_report_says_what_it_measured(make_discs, tmp_path):
    run(config(), make_discs(), tmp_path / "run")
    record = json.loads((tmp_path / "run/report/metrics.json").read_text())
    assert record["metrics"]["classes"]["disc"]["images"] == 2 and len(record["history"]) == 2
    assert "| disc | 2 |" in (tmp_path / "run/report/report.md").read_text()


def started_from(tmp_path, folder, *more: str):
    """A trained model with a threshold that nobody would choose, and settings to start from it."""
    first = tmp_path / "first"
    if not first.exists():
        learnt = config("epochs=6", "optimizer.learning_rate=0.01", "network.arguments.width=6")
        run(learnt, folder, first)
        manifest = read_manifest(first / "best")
        write_manifest(first / "best", replace(manifest, thresholds={"disc": 0.35}))
    return config(f"init={first / 'best'}", "augment.rotation=0", *more)


def test_without_a_better_epoch_the_start_is_kept_and_said(make_discs, tmp_path):
    folder = make_discs(count=24)
    settings = started_from(tmp_path, folder, "optimizer.learning_rate=5", "schedule.name=constant")
    seen = run(settings, folder, tmp_path / "second")
    epochs, last = of(events.Epoch, seen), seen[-1]
    assert isinstance(last, events.Finished) and last.best_epoch == 0
    assert not any(epoch.best for epoch in epochs)
    texts = [event.text for event in of(events.Notice, seen)]
    assert any("has a validation Dice of" in text for text in texts)
    assert sum("No epoch was better" in text for text in texts) == 1
    old, new = read_tensors(tmp_path / "first/best"), read_tensors(tmp_path / "second/best")
    assert all(np.array_equal(old[key], new[key]) for key in old)
    manifest = read_manifest(tmp_path / "second/best")
    assert manifest.parent == bundle_digest(tmp_path / "first/best") and last.digest != manifest.parent
    assert manifest.metrics["val"]["classes"]["disc"]["dice_at_threshold"] > max(e.val_dice for e in epochs)
    assert "None of 2 epochs was better" in (tmp_path / "second/report/report.md").read_text()
    again = run(settings, folder, tmp_path / "second", resume=True)
    assert again[-1].best_epoch == 0


def test_an_epoch_that_beats_the_start_is_the_best(make_discs, tmp_path):
    folder = make_discs(count=24)
    run(config("epochs=1", "optimizer.learning_rate=1e-6"), folder, tmp_path / "first")
    settings = config(f"init={tmp_path / 'first/best'}", "epochs=6", "optimizer.learning_rate=0.01")
    seen = run(settings, folder, tmp_path / "second")
    best = max(of(events.Epoch, seen), key=lambda e: (e.val_dice, -e.val_loss))
    assert seen[-1].best_epoch == best.epoch > 0
    assert not any("No epoch was better" in event.text for event in of(events.Notice, seen))


def test_a_run_stopped_before_it_beats_its_start_has_no_model(make_discs, tmp_path):
    folder = make_discs(count=24)
    settings = started_from(tmp_path, folder, "optimizer.learning_rate=5", "epochs=4")
    seen: list[events.Event] = []
    last = fit(
        settings,
        open_dataset(folder),
        tmp_path / "second",
        emit=seen.append,
        stop=lambda: bool(of(events.Epoch, seen)),
    )
    assert isinstance(last, events.Stopped) and last.bundle is None
    assert any("No epoch was better" in event.text for event in of(events.Notice, seen))
    assert not (tmp_path / "second/best").exists()


def test_the_start_is_no_candidate_when_something_was_begun_anew(make_discs, tmp_path):
    folder = make_discs()
    run(config("epochs=1"), folder, tmp_path / "first")
    shutil.copytree(folder / "masks/disc", folder / "masks/all")
    settings = config(f"init={tmp_path / 'first/best'}", "epochs=1", "optimizer.learning_rate=1e-12")
    assert run(settings, folder, tmp_path / "second")[-1].best_epoch == 1


def test_frozen_statistics_stay_and_the_weights_learn(make_discs, tmp_path):
    folder = make_discs(count=24)
    settings = started_from(tmp_path, folder, "epochs=1", "freeze_batch_norm=true")
    prepared = prepare_run(settings, open_dataset(folder), lambda _text: None)
    before = {key: value.clone() for key, value in prepared.network.state_dict().items()}
    set_learning(prepared.network, freeze_batch_norm=True)
    assert prepared.network.training and prepared.network.mask_head.training
    statistics = [key for key in before if "running_" in key]
    assert statistics
    run(settings, folder, tmp_path / "kept")
    saved = torch.load(tmp_path / "kept/resume.pt", weights_only=True)["network"]
    assert all(torch.equal(before[key], saved[key]) for key in statistics)
    assert not torch.equal(before["mask_head.weight"], saved["mask_head.weight"])
    run(replace(settings, freeze_batch_norm=False), folder, tmp_path / "moved")
    moved = torch.load(tmp_path / "moved/resume.pt", weights_only=True)["network"]
    assert not any(torch.equal(before[key], moved[key]) for key in statistics)
    with pytest.raises(ConfigError, match="freeze_batch_norm"):
        run(config("freeze_batch_norm=true"), folder, tmp_path / "none")


def test_a_class_that_no_validation_image_shows_keeps_its_threshold(make_discs, tmp_path):
    folder = make_discs(count=24)
    settings = started_from(tmp_path, folder, "epochs=2")
    for item in open_dataset(folder).split("val"):
        write_picture(item.masks["disc"], np.zeros((48, 48), np.uint8))
    seen = run(settings, folder, tmp_path / "second")
    assert read_manifest(tmp_path / "second/best").thresholds == {"disc": 0.35}
    assert sum("No validation image shows disc" in event.text for event in of(events.Notice, seen)) == 1
    assert all(event.val_dice is None for event in of(events.Epoch, seen))
    run(config("epochs=1"), folder, tmp_path / "scratch")
    assert read_manifest(tmp_path / "scratch/best").thresholds == {"disc": 0.5}
