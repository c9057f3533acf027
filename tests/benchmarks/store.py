"""The store against its budget: a stroke is acknowledged when SQLite has synced it to the disk."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from desktop.project.label import Label
from desktop.project.project import Project
from inference.schema import MaskClass, Schema
from tests.benchmarks.pictures import HEIGHT, WIDTH, jpeg_folder

SCHEMA = Schema((MaskClass(0, "lesion"),))
RADIUS = 20


def paint(label: Label, index: int) -> None:
    """One dab of radius 20 somewhere else on the image, recorded as the brush records it."""
    planes = label.ensure_planes(HEIGHT, WIDTH)
    y, x = 100 + (index * 137) % (HEIGHT - 200), 100 + (index * 271) % (WIDTH - 200)
    box = (y - RADIUS, x - RADIUS, y + RADIUS, x + RADIUS)
    stroke = label.begin_stroke(0)
    stroke.touch(box)
    full = planes.class_mask(0, box)
    full[:] = True
    planes.set_class(0, box, full, full)
    edit = stroke.commit("Brush · lesion")
    assert edit is not None
    label.record(edit)


def stroke_acknowledged(repeat: int = 200) -> list[float]:
    """Milliseconds from handing a stroke to the project until the store has acknowledged it.

    The project lies on the disk of the working folder: a temporary folder may be memory.
    """
    samples = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("OVERREAD_BENCH_DIR", ".")) as folder:
        jpeg_folder(Path(folder), 1)
        with Project.create(Path(folder), SCHEMA) as project:
            for _ in project.index():
                pass
            image = project.images()[0]
            label = project.load_label(image.id)
            for index in range(repeat):
                paint(label, index)
                start = time.perf_counter()
                project.save(label).result()
                samples.append((time.perf_counter() - start) * 1000)
    return samples
