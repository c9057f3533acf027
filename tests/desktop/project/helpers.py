"""What the tests of the project layer share: small schemas, pictures and strokes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from desktop.project.edit import Edit
from desktop.project.label import Label
from desktop.project.project import Project
from inference.schema import Finding, GradeScale, Schema

SCHEMA = (
    Schema(grades=(GradeScale("severity", ("0", "1", "2")),), findings=(Finding("edema"),))
    .add_class("MA")
    .add_class("HE")
    .add_class("EX")
)


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (48, 64)) -> Path:
    """Write a picture with structure of its own, told by the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)
    cv2.imwrite(str(path), cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC))
    return path


def pictures(folder: Path, count: int) -> Path:
    """Write `count` different pictures img1.png, img2.png, ..."""
    for number in range(1, count + 1):
        picture(folder / f"img{number}.png", number)
    return folder


def indexed(folder: Path, count: int = 3, **options: object) -> Project:
    """Make a project over `count` new pictures and index it."""
    project = Project.create(pictures(folder, count), SCHEMA, reader="ann", **options)
    run_index(project)
    return project


def run_index(project: Project) -> None:
    """Index to the end."""
    for _ in project.index():
        pass


def paint(
    label: Label, class_id: int, y: int, x: int, radius: int = 4, *, erase: bool = False
) -> Edit | None:
    """Paint a disc as the brush does, protecting what it touches; return the edit, not recorded."""
    assert label.planes is not None
    stroke = label.begin_stroke(class_id)
    box = stroke.touch((y - radius, x - radius, y + radius + 1, x + radius + 1))
    rows, columns = np.mgrid[box[0] : box[2], box[1] : box[3]]
    disc = (rows - y) ** 2 + (columns - x) ** 2 <= radius * radius
    mask = label.planes.class_mask(class_id, box)
    label.planes.set_class(
        class_id,
        box,
        mask & ~disc if erase else mask | disc,
        label.planes.class_protection(class_id, box) | disc,
    )
    return stroke.commit("Eraser" if erase else "Brush")


def stroke(project: Project, label: Label, class_id: int, y: int, x: int, radius: int = 4) -> int:
    """Paint a disc and wait until it is acknowledged."""
    edit = paint(label, class_id, y, x, radius)
    if edit is None:
        return 0
    label.record(edit)
    return project.save(label).result(10)
