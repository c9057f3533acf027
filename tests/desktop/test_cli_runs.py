"""The command line: predict, train and evaluate, and how a run is stopped and resumed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from inference.bundle import bundle_digest
from tests.desktop.cli_support import (
    REPOSITORY,
    Call,
    disc,
    write_dataset,
    write_model,
    write_png,
)


def test_predict_writes_masks_and_tables_that_mirror_the_folder(
    call: Call, photographs: Path, tmp_path: Path
) -> None:
    bundle = write_model(tmp_path / "tiny")
    last = call.json("predict", photographs, "--model", bundle, "--out", tmp_path / "out", "--device", "cpu")[
        -1
    ]
    assert (last["event"], last["images"], last["problems"]) == ("predicted", 6, {})
    names = [f"p{n // 2}/{n}.png" for n in range(6)]
    for name in names:
        mask = cv2.imread(str(tmp_path / "out/masks/polyp" / name), cv2.IMREAD_UNCHANGED)
        assert mask.shape == (48, 64) and set(np.unique(mask)) <= {0, 255}
    rows = [line.split(",") for line in (tmp_path / "out/grades.csv").read_text().splitlines()]
    assert rows[0] == ["image", "quality"] and [r[0] for r in rows[1:]] == names
    assert all(r[1] in ("poor", "fair", "good") for r in rows[1:])
    findings = (tmp_path / "out/findings.csv").read_text().splitlines()
    assert findings[0] == "image,blood" and all(line.endswith((",0", ",1")) for line in findings[1:])
    record = json.loads((tmp_path / "out/predict.json").read_text())
    assert record["model"]["digest"] == bundle_digest(bundle) and record["thresholds"] == {"polyp": 0.4}


def test_predict_is_what_the_predictor_says(call: Call, photographs: Path, tmp_path: Path) -> None:
    from inference.images import read_image
    from inference.postprocess import class_mask
    from inference.predictor import Predictor

    bundle = write_model(tmp_path / "tiny")
    call("predict", photographs / "p1/3.png", "--model", bundle, "--out", tmp_path / "out", "--device", "cpu")
    expected = Predictor(bundle, device="cpu").predict(read_image(photographs / "p1/3.png"))
    mask = cv2.imread(str(tmp_path / "out/masks/polyp/3.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(mask > 0, class_mask(expected, "polyp", 0.4))


def test_predict_of_a_dataset_and_of_one_stem_twice(call: Call, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "set", groups=1)
    write_png(dataset / "images/00.bmp", disc(7)[0])
    call(
        "predict",
        dataset,
        "--model",
        write_model(tmp_path / "tiny"),
        "--out",
        tmp_path / "out",
        "--device",
        "cpu",
    )
    made = sorted(p.name for p in (tmp_path / "out/masks/polyp").iterdir())
    assert len(made) == 3 and "01.png" in made


def test_train_evaluate_and_resume(call: Call, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "set")
    settings = ["epochs=2", "network.arguments.width=4", "preprocess.size=48,64", "threads=1", "autocast=off"]
    words = [w for s in settings for w in ("--set", s)]
    events = call.json(
        "train", "residual-unet", "--data", dataset, "--out", tmp_path / "run", *words, "--device", "cpu"
    )
    kinds = [e["event"] for e in events]
    assert kinds[-1] == "finished" and kinds.count("epoch") == 2
    assert "already holds a run" in call.fails(
        "train", "residual-unet", "--data", dataset, "--out", tmp_path / "run"
    )
    measure = ["evaluate", "--model", tmp_path / "run/best", "--data", dataset, "--device", "cpu"]
    text = call(*measure, "--report", tmp_path / "report")
    assert "polyp" in text and "Dice" in text
    found = json.loads((tmp_path / "report/evaluation.json").read_text())
    lines = (tmp_path / "report/images.csv").read_text().splitlines()
    assert lines[0] == "image,group,polyp Dice,polyp IoU" and len(lines) == 1 + found["images"]
    refused = call.fails("evaluate", "--model", tmp_path / "run/best", "--data", dataset, "--split", "train")
    assert "learnt from" in refused
    assert "holds no run" in call.fails(
        "train", "residual-unet", "--data", dataset, "--out", tmp_path / "none", "--resume", status=2
    )


def test_train_asks_what_a_missing_mask_means(call: Call, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "set")
    (dataset / "masks/polyp/00.png").unlink()
    said = call.fails("train", "residual-unet", "--data", dataset, "--out", tmp_path / "run")
    assert "--missing-mask empty" in said


def run_until_an_epoch(words: list[object]) -> list[dict[str, object]]:
    """Start a run, press Ctrl-C after its first whole epoch, and return its events; it must end with 130."""
    command = [sys.executable, "-m", "desktop", *(str(word) for word in words)]
    events = []
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "epoch":
                process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    return events


def test_control_c_saves_the_run_and_it_can_be_resumed(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "set", groups=5)
    words = [
        "train",
        "residual-unet",
        "--data",
        dataset,
        "--out",
        tmp_path / "run",
        "--device",
        "cpu",
        "--json",
    ]
    for setting in ("epochs=200", "network.arguments.width=4", "preprocess.size=48,64", "threads=1"):
        words += ["--set", setting]
    first = run_until_an_epoch(words)
    assert first[-1]["event"] == "stopped" and (tmp_path / "run/resume.pt").is_file()
    done = [e["epoch"] for e in first if e["event"] == "epoch"]
    again = run_until_an_epoch([*words, "--resume"])
    resumed = [e["epoch"] for e in again if e["event"] == "epoch"]
    assert resumed[0] == done[-1] + 1
