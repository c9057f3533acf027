"""How a model's figures are written: always with the number of images and groups they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAMES = {
    "dice": "Dice",
    "iou": "IoU",
    "dice_pooled": "Dice, pooled",
    "iou_pooled": "IoU, pooled",
    "accuracy": "Accuracy",
    "kappa": "Kappa, weighted",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a table: what it is of, which measure, its value, and how many images it rests on."""

    subject: str
    measure: str
    value: float
    images: int | None = None


def measured_part(metrics: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a bundle's metrics to show: the held-out images', else the validation images'.

    A bundle keeps one report a split; what is a report itself (an evaluation) is returned as it is.
    """
    for split in ("test", "val"):
        part = metrics.get(split)
        if isinstance(part, Mapping):
            return {"split": split, **part}
    return metrics


def figures(metrics: Mapping[str, Any]) -> list[Figure]:
    """Return the figures in a report (evaluation or manifest): classes first, then grades, then findings."""
    metrics = measured_part(metrics)
    found: list[Figure] = []
    for part in ("classes", "grades", "findings"):
        for subject, measures in _table(metrics.get(part)).items():
            images = measures.get("images")
            for measure, text in _NAMES.items():
                value = measures.get(measure)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    found.append(
                        Figure(str(subject), text, float(value), images if isinstance(images, int) else None)
                    )
    return found


def _table(value: object) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping):
        return {}
    return {str(name): inner for name, inner in value.items() if isinstance(inner, Mapping)}


def basis(metrics: Mapping[str, Any]) -> str:
    """Say what the figures rest on, for example "held out: 12 images, 5 groups"."""
    metrics = measured_part(metrics)
    split = {"test": "held out", "val": "validation"}.get(
        str(metrics.get("split", "")), str(metrics.get("split", ""))
    )
    said = [
        counted(metrics[key], key[:-1]) for key in ("images", "groups") if isinstance(metrics.get(key), int)
    ]
    text = ", ".join(said)
    return f"{split}: {text}" if split and text else text or split


def counted(number: int, one: str) -> str:
    """Return a number with its noun: "1 image", "2 images"."""
    return f"{number:,} {one}" + ("" if number == 1 else "s")
