"""Synthetic datasets on disk, and the committed sample among them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.schema import read_schema
from training.dataset import open_dataset
from training.synthetic import SyntheticError, fundus_schema, write_dataset
from training.synthetic.__main__ import main
from training.synthetic.grading import GRADE_COUNT
from training.synthetic.writing import SEVERITIES, encode_jpeg, make, orders

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
SMALL = (192, 256)


def _rows(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    return {row[0]: row[1] for row in rows[1:]}


def _tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_written_dataset_opens_with_its_truth(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    seen: list[tuple[int, int]] = []
    write_dataset(folder, 10, 7, SMALL, progress=lambda done, count: seen.append((done, count)))
    assert seen[-1] == (10, 10)
    dataset = open_dataset(folder)
    assert dataset.schema == fundus_schema()
    assert dataset.grouping_known
    assert len(dataset.items) == 10
    plan = {f"{order.name}.jpg": order for order in orders(10, 7)}
    for item in dataset.items:
        fundus = make(plan[item.key], SMALL)
        assert item.size == SMALL
        assert item.labelled == {"MA", "HE", "EX", "SE"}
        assert item.grades == {"severity": SEVERITIES[fundus.grade]}
        assert item.findings == {"dme": "present" if fundus.findings["dme"] else "absent"}
        for name, mask in fundus.masks.items():
            assert (item.read_mask(name) == mask).all(), (item.key, name)
    groups = {item.key: item.group for item in dataset.items}
    assert groups["p001-left.jpg"] == groups["p001-right.jpg"] != groups["p002-left.jpg"]
    assert {item.split for item in dataset.items} == {"train", "val", "test"}


def test_same_call_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_dataset(tmp_path / name, 3, 5, SMALL, split="test")
    assert _tree(tmp_path / "a") == _tree(tmp_path / "b")
    assert set(_rows(tmp_path / "a" / "split.csv").values()) == {"test"}


def test_other_seeds_are_other_patients() -> None:
    patients = {order.patient for order in orders(40, 1)}
    assert patients.isdisjoint(order.patient for order in orders(2000, 2))


def test_command_writes_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, schema = tmp_path / "made", tmp_path / "schema.json"
    call = ["--out", str(out), "--count", "2", "--seed", "3", "--size", "256x192", "--schema", str(schema)]
    assert main(call) == 0
    assert read_schema(schema) == fundus_schema()
    assert len(list((out / "images").iterdir())) == 2
    capsys.readouterr()
    assert main(call) == 1
    assert "not empty" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        main(["--out", str(out), "--size", "big"])
    assert caught.value.code == 2


def test_no_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SyntheticError):
        write_dataset(tmp_path / "made", 0, 1, SMALL)


# The committed sample ------------------------------------------------------------------------------------


def test_sample_holds_what_the_readme_says() -> None:
    images = sorted((SAMPLE / "images").iterdir())
    assert len(images) == 24
    total = sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file())
    assert total < 6_000_000
    grades = _rows(SAMPLE / "grades.csv")
    assert set(grades.values()) == set(SEVERITIES)
    assert len(SEVERITIES) == GRADE_COUNT
    assert read_schema(SAMPLE / "schema.json") == fundus_schema()
    groups = _rows(SAMPLE / "groups.csv")
    assert len(set(groups.values())) == 12
    assert set(_rows(SAMPLE / "findings.csv").values()) == {"0", "1"}


@pytest.mark.parametrize("index", [3, 20])
def test_sample_is_what_the_generator_makes(index: int) -> None:
    """Same versions, same bytes; other ones may differ by rounding and by their JPEG library's."""
    settings = json.loads((SAMPLE / "dataset.json").read_text())["provenance"]["settings"]
    order = orders(settings["count"], settings["seed"])[index]
    size = (settings["height"], settings["width"])
    fundus = make(order, size)
    path = SAMPLE / "images" / f"{order.name}.jpg"
    data = encode_jpeg(fundus.image, settings["quality"])
    if data != path.read_bytes():
        committed = cv2.imread(str(path)).astype(int)
        again = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int)
        assert np.abs(committed - again).mean() < 0.5
    assert _rows(SAMPLE / "grades.csv")[path.name] == SEVERITIES[fundus.grade]
    for name, mask in fundus.masks.items():
        stored = cv2.imread(str(SAMPLE / "masks" / name / f"{order.name}.png"), cv2.IMREAD_GRAYSCALE) > 127
        differing = int((stored != mask).sum())
        assert differing <= 0.01 * mask.sum(), (name, differing)
