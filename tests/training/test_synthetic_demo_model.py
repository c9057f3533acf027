"""The bundled demo model is what it says, and a run becomes one by a single command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.bundle import Manifest, bundle_digest, read_manifest, read_tensors, save_bundle
from inference.hashing import content_hash
from inference.preprocess_config import PreprocessConfig
from training.dataset import open_dataset
from training.recipes import find_recipe
from training.synthetic import fundus_schema, write_dataset
from training.synthetic.demo_model import LARGEST, main

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
SAMPLE = RESOURCES / "sample"
MODEL = RESOURCES / "models" / "fundus-demo"


def test_bundled_model_says_what_it_is() -> None:
    manifest = read_manifest(MODEL)
    assert manifest.name == "fundus-demo"
    assert manifest.schema == fundus_schema()
    assert manifest.domain == "synthetic"
    assert manifest.licence == "MIT"
    assert manifest.attribution
    assert manifest.network == "multitask-unet"
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= LARGEST
    recipe = find_recipe("fundus-demo").config
    assert manifest.preprocessing == recipe.preprocess
    assert manifest.arguments == recipe.network.arguments


def test_bundled_model_never_saw_the_sample() -> None:
    seen = read_manifest(MODEL).seen
    assert len(seen.content_hashes) > 400
    sample = {content_hash(path) for path in (SAMPLE / "images").iterdir()}
    assert sample.isdisjoint(seen.content_hashes)


def test_figures_name_their_data_and_stay_within_reach() -> None:
    """The figures on the sample are measured again on a part of it."""
    from training.evaluate import evaluate

    metrics = read_manifest(MODEL).metrics
    assert metrics["test"]["images"] >= 100
    assert len(metrics["test"]["dataset_digest"]) == 64
    sample = open_dataset(SAMPLE)
    assert metrics["sample"]["dataset_digest"] == sample.digest
    assert metrics["sample"]["images"] == 24
    few = replace(sample, items=sample.items[::4])
    found = evaluate(MODEL, few, "all", device="cpu", threads=1)
    for name, least in (("MA", 0.2), ("HE", 0.6), ("EX", 0.5), ("SE", 0.3)):
        assert metrics["test"]["classes"][name]["dice_pooled"] >= least, name
        assert found.classes[name]["dice_pooled"] >= least, name
    assert metrics["test"]["grades"]["severity"]["kappa"] > 0.5


def _run(folder: Path, arguments: dict[str, float]) -> Path:
    from inference.networks.registry import build

    network = build("multitask-unet", fundus_schema(), arguments)
    best = folder / "run" / "best"
    manifest = Manifest(
        name="a run",
        network="multitask-unet",
        arguments=arguments,
        schema=fundus_schema(),
        preprocessing=PreprocessConfig(size=(64, 64)),
        metrics={"epoch": 1},
    )
    save_bundle(best, manifest, network.state_dict())
    return folder / "run"


def test_a_run_becomes_the_bundle_with_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _run(tmp_path, {"width": 2, "dropout": 0.0})
    data, sample, out = tmp_path / "data", tmp_path / "sample", tmp_path / "fundus-small"
    write_dataset(data, 10, 3, (192, 256))
    write_dataset(sample, 2, 4, (192, 256))
    call = ["--run", str(run), "--data", str(data), "--sample", str(sample), "--out", str(out)]
    assert main([*call, "--threads", "1"]) == 0
    assert "pooled Dice MA" in capsys.readouterr().out
    manifest = read_manifest(out)
    assert manifest.name == "fundus-small"
    assert manifest.metrics["epoch"] == 1
    assert manifest.metrics["sample"]["images"] == 2
    assert manifest.metrics["test"]["images"] == len(open_dataset(data).split("test")) > 0
    assert manifest.metrics["test"]["dataset_digest"] == open_dataset(data).digest
    assert bundle_digest(out) != bundle_digest(run / "best")
    before, after = read_tensors(run / "best"), read_tensors(out)
    assert all(np.allclose(before[key], after[key], rtol=1e-3, atol=1e-6) for key in before)
    assert main([*call[:1], str(tmp_path / "nothing"), *call[2:]]) == 1
    assert "fundus" not in capsys.readouterr().out
