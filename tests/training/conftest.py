"""Small datasets made on the spot: bright discs on a dark ground, whose size is the grade."""

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest


def write_picture(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = array[..., ::-1] if array.ndim == 3 else array
    assert cv2.imwrite(str(path), stored)
    return path


def write_csv(path: Path, *rows) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)
    return path


def disc(seed: int, size: tuple[int, int] = (48, 48)) -> tuple[np.ndarray, np.ndarray, int]:
    """A picture (h, w, 3), its mask (h, w) 0 or 255, and a grade: 0 small, 1 large."""
    random = np.random.default_rng(seed)
    grade = seed % 2
    radius = 6 + 6 * grade
    y, x = (int(v) for v in random.integers(14, 34, 2))
    mask = np.zeros(size, np.uint8)
    cv2.circle(mask, (x, y), radius, 255, -1)
    picture = random.integers(20, 60, (*size, 3)).astype(np.uint8)
    picture[mask > 0] += np.array([120, 40, 10], np.uint8)
    return picture, mask, grade


def discs_folder(
    parent: Path,
    name: str = "discs",
    *,
    count: int = 12,
    splits: tuple[str, ...] = ("train", "train", "train", "train", "val", "test"),
    class_name: str = "disc",
    grades: bool = False,
) -> Path:
    """Makes a dataset folder of discs, two images a group, given splits."""
    folder = parent / name
    rows, splits_rows, grade_rows = [("image", "group")], [("image", "split")], [("image", "grade")]
    for number in range(count):
        picture, mask, grade = disc(number)
        key = f"{number:03d}.png"
        write_picture(folder / "images" / key, picture)
        write_picture(folder / "masks" / class_name / key, mask)
        rows.append((key, f"g{number // 2}"))
        splits_rows.append((key, splits[(number // 2) % len(splits)]))
        grade_rows.append((key, str(grade)))
    write_csv(folder / "groups.csv", *rows)
    write_csv(folder / "split.csv", *splits_rows)
    if grades:
        write_csv(folder / "grades.csv", *grade_rows)
    return folder


@pytest.fixture
def make_discs(tmp_path: Path) -> Callable[..., Path]:
    """``discs_folder`` inside the test's own folder."""
    return partial(discs_folder, tmp_path)


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
