import json
import shutil

import numpy as np
import pytest

from inference.bundle import read_manifest, read_tensors, save_bundle
from inference.images import read_image
from inference.postprocess import class_mask
from inference.predictor import Predictor
from tests.training.conftest import discs_folder, write_csv, write_picture
from training.config import RunConfig, apply_set
from training.dataset import open_dataset
from training.errors import EvaluationError
from training.evaluate import evaluate
from training.loop import fit
from training.metrics import overlap


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    parent = tmp_path_factory.mktemp("trained")
    folder = discs_folder(parent, count=24, grades=True)
    settings = apply_set(
        RunConfig(),
        [
            *("network.name=multitask-unet", "network.arguments.width=4", "preprocess.size=32,32"),
            *("epochs=8", "threads=1", "device=cpu", "optimizer.learning_rate=0.01"),
        ],
    )
    fit(settings, open_dataset(folder), parent / "run")
    return parent


@pytest.fixture
def trained(trained_once, tmp_path):
    """A dataset with grades that a test may change, and a model of it that has learnt something."""
    shutil.copytree(trained_once, tmp_path / "work")
    return tmp_path / "work/discs", tmp_path / "work/run/best"


def test_figures_are_those_of_the_masks_at_the_images_size(trained):
    folder, bundle = trained
    dataset = open_dataset(folder)
    predictor = Predictor(bundle, device="cpu", threads=1)
    # The first prediction in a process is the exact one that half precision is proven against.
    predictor.predict(read_image(dataset.split("test")[0].path))
    result = evaluate(bundle, dataset, "test", device="cpu", threads=1)
    threshold = predictor.manifest.threshold("disc")
    dices = [
        overlap(
            class_mask(predictor.predict(read_image(item.path)), "disc", threshold), item.read_mask("disc")
        ).dice
        for item in dataset.split("test")
    ]
    figures = result.classes["disc"]
    assert figures["dice"] == pytest.approx(np.mean(dices)) and figures["threshold"] == threshold
    assert [row["classes"]["disc"]["dice"] for row in result.per_image] == pytest.approx(dices)
    assert (result.images, result.groups, result.grouping_known) == (4, 2, True)
    low, high = figures["dice_interval"]
    assert low <= figures["dice"] <= high
    assert result.grades["grade"]["images"] == 4 and 0 <= result.grades["grade"]["accuracy"] <= 1
    json.dumps(result.to_dict(), allow_nan=False)
    assert evaluate(bundle, dataset, "test", device="cpu", threads=1).to_dict() == result.to_dict()


def test_a_perfect_model_scores_one(trained, tmp_path):
    """Truth made from the model's own predictions: any error in geometry or threshold would show."""
    folder, bundle = trained
    predictor = Predictor(bundle, device="cpu", threads=1)
    for item in open_dataset(folder).items:
        mask = class_mask(
            predictor.predict(read_image(item.path)), "disc", predictor.manifest.threshold("disc")
        )
        write_picture(item.masks["disc"], mask.astype(np.uint8) * 255)
    figures = evaluate(bundle, open_dataset(folder), "test", device="cpu", threads=1).classes["disc"]
    assert figures["dice"] == 1.0 and figures["iou_pooled"] == 1.0


def test_images_that_were_learnt_from_are_refused_skipped_or_said(trained):
    folder, bundle = trained
    dataset = open_dataset(folder)
    with pytest.raises(EvaluationError, match="learnt from 16 of these 16"):
        evaluate(bundle, dataset, "train", device="cpu", threads=1)
    assert evaluate(bundle, dataset, "all", device="cpu", threads=1, seen="skip").images == 4
    kept = evaluate(bundle, dataset, "train", device="cpu", threads=1, seen="keep")
    assert kept.images == 16 and any("too good" in note for note in kept.notes)
    with pytest.raises(EvaluationError, match="every image"):
        evaluate(bundle, dataset, "val", device="cpu", threads=1, seen="skip")


def test_groups_of_the_same_name_are_said(trained):
    folder, bundle = trained
    (folder / "split.csv").unlink()
    write_csv(folder / "groups.csv", ("image", "group"), *[(f"{n:03d}.png", "g0") for n in range(24)])
    result = evaluate(bundle, open_dataset(folder), "all", device="cpu", threads=1, seen="skip")
    assert any("groups of the same name" in note for note in result.notes)
    assert result.classes["disc"]["dice_interval"] is None  # one group says nothing about others


def test_unlabelled_and_ignored_do_not_count(trained):
    folder, bundle = trained
    test = [item.key for item in open_dataset(folder).split("test")]
    write_csv(folder / "reviewed.csv", ("image", "class", "state"), (test[0], "disc", "reviewed"))
    write_picture(folder / "ignore" / test[0], np.full((48, 48), 255, np.uint8))
    result = evaluate(bundle, open_dataset(folder), "test", device="cpu", threads=1)
    assert result.images == 4 and result.classes["disc"]["images"] == 1
    assert result.classes["disc"]["dice"] == 1.0  # nothing counts: nothing true, nothing predicted
    assert result.grades["grade"]["images"] == 0 and result.grades["grade"]["kappa"] is None


def test_nothing_in_common_and_empty_splits(trained, make_discs, tmp_path):
    _, bundle = trained
    with pytest.raises(EvaluationError, match="predicts disc, grade and the dataset labels hat"):
        evaluate(bundle, open_dataset(make_discs("hats", class_name="hat")), "test", device="cpu", threads=1)
    with pytest.raises(EvaluationError, match=r"split test of .* has no images"):
        evaluate(
            bundle, open_dataset(make_discs("few", splits=("train", "val"))), "test", device="cpu", threads=1
        )


def test_a_broken_image_is_left_out_and_named(trained):
    folder, bundle = trained
    dataset = open_dataset(folder)
    broken = dataset.split("test")[0]
    broken.path.write_bytes(broken.path.read_bytes()[:200])
    result = evaluate(bundle, dataset, "test", device="cpu", threads=1)
    assert result.images == 3 and any(broken.key in note for note in result.notes)


def test_unknown_grouping_is_said(trained):
    folder, bundle = trained
    (folder / "groups.csv").unlink()
    result = evaluate(bundle, open_dataset(folder), "test", device="cpu", threads=1)
    assert not result.grouping_known and any("Grouping unknown" in note for note in result.notes)


def test_thresholds_of_the_bundle_are_used(trained, tmp_path):
    from dataclasses import replace

    folder, bundle = trained
    strict = replace(read_manifest(bundle), thresholds={"disc": 0.999})
    save_bundle(tmp_path / "strict", strict, read_tensors(bundle))
    assert (
        evaluate(tmp_path / "strict", open_dataset(folder), "test", device="cpu", threads=1).classes["disc"][
            "dice"
        ]
        == 0.0
    )
