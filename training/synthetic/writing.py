"""Writes synthetic images as a dataset folder: two eyes a patient, true masks, grades, findings, splits."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inference.schema import Finding, GradeScale, MaskClass, Schema
from training.splits import Split, SplitAssigner
from training.synthetic.anatomy import Eye, Size
from training.synthetic.generator import SyntheticError, SyntheticFundus, generate
from training.synthetic.grading import GRADE_COUNT

QUALITY = 88
SEVERITIES = ("none", "mild", "moderate", "severe", "proliferative")
"""The values of the scale ``severity``: the names of grades 0 to 4."""

# Okabe and Ito's colours without the orange and the red ones, which a fundus hides.
COLORS = {"MA": "#56B4E9", "HE": "#F0E442", "EX": "#009E73", "SE": "#CC79A7"}

_TITLES = {
    "MA": "Microaneurysms",
    "HE": "Haemorrhages",
    "EX": "Hard exudates",
    "SE": "Cotton-wool spots",
}
# Grades of twenty patients in a row (first eye): every grade is there soon, in any dataset.
_BLOCK = (0,) * 5 + (1,) * 3 + (2,) * 5 + (3,) * 4 + (4,) * 3
_SEEDS_PER_DATASET = 1_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """One image to be made: its name (without suffix), and the arguments of ``generate``."""

    name: str
    group: str
    seed: int
    patient: int
    eye: Eye
    severity: int


def fundus_schema() -> Schema:
    """The schema of every synthetic dataset, of the sample project and of the demo model."""
    classes = tuple(
        MaskClass(index, name, title, COLORS[name]) for index, (name, title) in enumerate(_TITLES.items())
    )
    scale = GradeScale("severity", SEVERITIES, "ordinal", "Retinopathy severity")
    return Schema(classes, (scale,), (Finding("dme", "Macular oedema"),))


def orders(count: int, seed: int) -> list[Order]:
    """What a dataset of ``count`` images is made of: patients whose two eyes are of like severity."""
    made: list[Order] = []
    rng = np.random.default_rng([seed, 4])
    grades: list[int] = []
    for index in range(-(-count // 2)):
        if not grades:
            grades = [int(grade) for grade in rng.permutation(_BLOCK)]
        first = grades.pop()
        step = int(rng.choice([-1, 0, 0, 1]))
        second = min(max(first + step, 0), GRADE_COUNT - 1)
        patient = seed * _SEEDS_PER_DATASET + index
        number = f"p{index + 1:03d}"
        # Named after the seed too: two datasets must not seem to share a patient.
        group = f"s{seed}-{number}"
        made.append(Order(f"{number}-left", group, 2 * patient, patient, "left", first))
        made.append(Order(f"{number}-right", group, 2 * patient + 1, patient, "right", second))
    return made[:count]


def make(order: Order, size: Size) -> SyntheticFundus:
    """The image of one order."""
    return generate(order.seed, size, order.severity, patient=order.patient, eye=order.eye)


def write_dataset(
    folder: Path,
    count: int,
    seed: int,
    size: Size = (1200, 1600),
    *,
    split: Split | None = None,
    quality: int = QUALITY,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write ``count`` synthetic images with their truth into ``folder`` as a dataset.

    ``size`` is (height, width). ``split`` puts every image into one split; None assigns them by patient.
    ``progress`` is called with (done, count). The same arguments write the same bytes on the same versions.
    Raises :class:`SyntheticError` when the folder already holds something, or for a count below 1.
    """
    folder = Path(folder)
    if count < 1:
        raise SyntheticError(f"A dataset needs at least one image; {count} were asked for.")
    if folder.exists() and any(folder.iterdir()):
        raise SyntheticError(f"The folder {folder} is not empty; choose a new one for the synthetic images.")
    schema = fundus_schema()
    for name in ("images", *(f"masks/{item.name}" for item in schema.classes)):
        (folder / name).mkdir(parents=True, exist_ok=True)
    plan = orders(count, seed)
    made: list[tuple[Order, int, bool]] = []
    for done, order in enumerate(plan, start=1):
        fundus = make(order, size)
        _write(folder / "images" / f"{order.name}.jpg", encode_jpeg(fundus.image, quality))
        for name, mask in fundus.masks.items():
            _write(folder / "masks" / name / f"{order.name}.png", encode_mask(mask))
        made.append((order, fundus.grade, fundus.findings["dme"]))
        if progress is not None:
            progress(done, count)
    splits = SplitAssigner(seed).assign_all((order.group for order in plan), {})
    _write_tables(folder, made, {group: split or splits[group] for group in splits})
    settings = {"seed": seed, "count": count, "width": size[1], "height": size[0], "quality": quality}
    _write_record(folder, schema, made, settings)


def encode_jpeg(image: npt.NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """(H, W, 3) RGB uint8 as JPEG bytes."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return _encoded(
        cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])
    )


def encode_mask(mask: npt.NDArray[np.bool_]) -> bytes:
    """(H, W) bool as a PNG of one bit a pixel."""
    values = mask.astype(np.uint8) * np.uint8(255)
    return _encoded(
        cv2.imencode(".png", values, [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 9])
    )


def _encoded(answer: tuple[bool, npt.NDArray[np.uint8]]) -> bytes:
    good, data = answer
    if not good:
        raise SyntheticError("OpenCV could not encode a synthetic image.")
    return data.tobytes()


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _write_tables(folder: Path, made: Sequence[tuple[Order, int, bool]], splits: dict[str, Split]) -> None:
    names = [f"{order.name}.jpg" for order, _, _ in made]
    _table(
        folder / "grades.csv",
        ("image", "severity"),
        zip(names, (SEVERITIES[grade] for _, grade, _ in made), strict=True),
    )
    _table(
        folder / "findings.csv",
        ("image", "dme"),
        zip(names, (str(int(dme)) for _, _, dme in made), strict=True),
    )
    _table(
        folder / "groups.csv",
        ("image", "group"),
        zip(names, (order.group for order, _, _ in made), strict=True),
    )
    _table(
        folder / "split.csv",
        ("image", "split"),
        zip(names, (splits[order.group] for order, _, _ in made), strict=True),
    )


def _table(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_record(
    folder: Path, schema: Schema, made: Sequence[tuple[Order, int, bool]], settings: dict[str, int]
) -> None:
    record: dict[str, Any] = {
        "format": "overread-dataset",
        "version": 1,
        "schema": schema.to_dict(),
        "grouping": {"known": True, "source": "two eyes a patient"},
        "missing_mask": "empty",
        "provenance": {
            "source": "training.synthetic",
            "licence": "MIT",
            "settings": settings,
        },
        "counts": {
            "images": len(made),
            "groups": len({order.group for order, _, _ in made}),
            "grades": {name: sum(grade == i for _, grade, _ in made) for i, name in enumerate(SEVERITIES)},
            "dme": sum(dme for _, _, dme in made),
        },
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (folder / "dataset.json").write_text(text + "\n", encoding="utf-8")
