"""The loop from end to end: the real `main()` and window, keys and mouse; then what it left is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one short tour, run as a person runs it."""
    out = tmp_path_factory.mktemp("tour")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONUNBUFFERED": "1"}
    environment.pop("DISPLAY", None)
    command = [sys.executable, "-m", "desktop", "tour", "--out", str(out), "--images", "8", "--epochs", "1"]
    child = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=240)
    assert child.returncode == 0, child.stdout + child.stderr
    assert "rolled back" in child.stdout
    return out


@pytest.mark.timeout(300)
def test_pictures_show_a_window(tour: Path) -> None:
    from inference.images import read_rgb8

    pictures = sorted((tour / "pictures").glob("*.png"))
    assert [p.stem[:2] for p in pictures] == [f"{n:02d}" for n in range(1, len(pictures) + 1)]
    for picture in pictures:
        rgb = read_rgb8(picture)
        assert rgb.shape[1] >= 1200
        assert len(set(map(tuple, rgb[::16, ::16].reshape(-1, 3)))) > 30, f"{picture.name} is nearly empty"


@pytest.mark.timeout(300)
def test_exported_labels_are_close_to_the_truth(tour: Path) -> None:
    """What the hand painted is what the dataset holds: closer to the truth than the model's own masks."""
    import numpy as np

    from desktop.tour.truth import true_grades, true_mask
    from training.dataset import open_dataset

    dataset = open_dataset(tour / "dataset")
    assert len(dataset.items) == 8
    grades = true_grades()
    overlaps = []
    for item in dataset.items:
        name = Path(item.key).name
        assert item.grades["severity"] == grades[name]
        for class_name in item.labelled:
            drawn, true = item.read_mask(class_name), true_mask(name, class_name, item.size)
            if true.any():
                overlaps.append(2 * np.count_nonzero(drawn & true) / (drawn.sum() + true.sum()))
    assert np.mean(overlaps) > 0.5


@pytest.mark.timeout(300)
def test_run_made_a_bundle_with_its_parent(tour: Path) -> None:
    from desktop.sample import DEMO_MODEL
    from inference.bundle import bundle_digest, read_manifest

    bundles = sorted((tour / "project").rglob("best/model.json"))
    assert bundles, "the run left no bundle"
    manifest = read_manifest(bundles[0].parent)
    assert manifest.parent == bundle_digest(DEMO_MODEL)
    assert manifest.dataset_digest
    assert manifest.seen.content_hashes


@pytest.mark.timeout(300)
def test_store_tells_promotion_and_rollback(tour: Path) -> None:
    from desktop.project.project import Project

    home = next((tour / "project").iterdir())
    with Project.open(home / "sample") as project:
        counts = project.counts_by_status()
        assert counts.get("accepted", 0) + counts.get("corrected", 0) == 8
        promotions = project.promotions()
        assert len(promotions) >= 3  # the bundled model, the candidate, back to the bundled one
        assert promotions[-1].digest == promotions[-2].previous
        incumbent = project.incumbent()
        assert incumbent is not None and incumbent.domain == "synthetic"


@pytest.mark.timeout(300)
def test_a_second_tour_keeps_the_first(tour: Path) -> None:
    description = json.loads((tour / "dataset" / "dataset.json").read_text())
    assert description["format"] == "overread-dataset"
