"""What the tests of the command line share: small photographs, a small model, a way to call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from desktop.cli import main
from inference.bundle import Manifest, save_bundle
from inference.preprocess_config import PreprocessConfig
from inference.schema import Finding, GradeScale, MaskClass, Schema

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMA = Schema(
    (MaskClass(0, "polyp"),), (GradeScale("quality", ("poor", "fair", "good")),), (Finding("blood"),)
)


def write_png(path: Path, pixels: np.ndarray) -> Path:
    """Write any array as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    good, data = cv2.imencode(path.suffix, pixels)
    assert good
    path.write_bytes(data.tobytes())
    return path


def disc(seed: int, size: tuple[int, int] = (48, 64)) -> tuple[np.ndarray, np.ndarray]:
    """A dark picture with a bright disc, and the disc's mask: something that can be learnt."""
    chance = np.random.default_rng(seed)
    y, x = chance.integers(14, size[0] - 14), chance.integers(14, size[1] - 14)
    rows, columns = np.ogrid[: size[0], : size[1]]
    mask = (rows - y) ** 2 + (columns - x) ** 2 < chance.integers(6, 13) ** 2
    pixels = chance.integers(0, 60, (*size, 3)).astype(np.uint8)
    pixels[mask] += 150
    return pixels, mask


def write_dataset(folder: Path, groups: int = 10, each: int = 2) -> Path:
    """Discs with masks/polyp and groups.csv."""
    lines = ["image,group"]
    for n in range(groups * each):
        pixels, mask = disc(n)
        name = f"{n:02d}.png"
        write_png(folder / "images" / name, pixels)
        write_png(folder / "masks" / "polyp" / name, mask.astype(np.uint8) * 255)
        lines.append(f"{name},g{n // each}")
    (folder / "groups.csv").write_text("\n".join(lines) + "\n")
    return folder


def write_model(folder: Path, schema: Schema = SCHEMA, network: str = "multitask-unet") -> Path:
    """An untrained network of width 4 as a bundle."""
    import torch

    from inference.networks.registry import build

    torch.manual_seed(3)
    made = build(network, schema, {"width": 4})
    manifest = Manifest(
        name=folder.name,
        network=network,
        arguments={"width": 4},
        schema=schema,
        preprocessing=PreprocessConfig(size=(48, 64)),
        thresholds={"polyp": 0.4},
        metrics={"val": {"dice": 0.5}},
    )
    save_bundle(folder, manifest, made.state_dict())
    return folder


class Call:
    """Calls the command line in this process and keeps what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object, status: int = 0) -> str:
        """Its standard output; fails when the exit status is another one."""
        got = main([str(word) for word in words])
        said = self._capsys.readouterr()
        assert got == status, (got, said.err)
        if status == 0:
            assert said.err == ""
        self.error = said.err
        return said.out

    def json(self, *words: object) -> list[dict[str, Any]]:
        """Its output in JSON mode."""
        return [json.loads(line) for line in self(*words, "--json").splitlines()]

    def fails(self, *words: object, status: int = 1) -> str:
        """Its one sentence on standard error."""
        self(*words, status=status)
        lines = self.error.splitlines()
        assert len(lines) == 1, self.error
        assert lines[0].startswith("overread: "), lines[0]
        assert "Traceback" not in lines[0] and "did not expect" not in lines[0], lines[0]
        return lines[0].removeprefix("overread: ")


def run_program(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command line in a process of its own, as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "desktop", *(str(word) for word in words)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        env={**os.environ, **environment},
    )


Maker = Callable[..., Path]
