"""What the tour's reviewer knows: the sample's true masks and grades, and gestures that paint them."""

from __future__ import annotations

import csv
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.sample import SAMPLE
from inference.images import read_mask

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gesture:
    """One stroke: a disc of `radius` image pixels along `points` (x, y)."""

    radius: float
    points: tuple[tuple[float, float], ...]


def true_mask(image: str, class_name: str, shape: tuple[int, int]) -> Bits:
    """The true mask of a sample image (H, W); empty where the sample has no such lesion."""
    stem = image.rsplit(".", 1)[0]
    path = SAMPLE / "masks" / class_name / f"{stem}.png"
    return read_mask(path) if path.exists() else np.zeros(shape, np.bool_)


def true_grades() -> dict[str, str]:
    """Image name to its true severity."""
    with (SAMPLE / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["image"]: row["severity"] for row in csv.DictReader(file)}


def true_findings() -> dict[str, bool]:
    """Image name to whether macular oedema is present."""
    with (SAMPLE / "findings.csv").open(newline="", encoding="utf-8") as file:
        return {row["image"]: row["dme"] == "1" for row in csv.DictReader(file)}


def missed_lesions(truth: Bits, label: Bits, at_most: int) -> list[Bits]:
    """The true lesions that the label does not touch, largest first, each as a mask (H, W)."""
    count, components, facts, _ = cv2.connectedComponentsWithStats(truth.astype(np.uint8))
    touched = set(np.unique(components[label]).tolist())
    missed = [index for index in range(1, count) if index not in touched]
    missed.sort(key=lambda index: -int(facts[index, cv2.CC_STAT_AREA]))
    return [components == index for index in missed[:at_most]]


def false_alarms(truth: Bits, label: Bits, at_most: int) -> list[tuple[float, float]]:
    """A point (x, y) inside each labelled component that touches no true lesion, largest first."""
    count, components, facts, _ = cv2.connectedComponentsWithStats(label.astype(np.uint8))
    true = set(np.unique(components[truth]).tolist())
    alarms = [index for index in range(1, count) if index not in true]
    alarms.sort(key=lambda index: -int(facts[index, cv2.CC_STAT_AREA]))
    return [_deepest(components == index)[1] for index in alarms[:at_most]]


def painting(lesion: Bits, most_points: int = 24) -> Gesture:
    """A stroke that fills a lesion: the largest disc inside it, moved to whatever is not covered yet."""
    depth, start = _deepest(lesion)
    radius = max(1.0, depth * 0.9)
    rows, columns = np.nonzero(lesion)
    points = [start]
    left = np.column_stack([columns + 0.5, rows + 0.5])
    while len(points) < most_points:
        left = left[np.hypot(*(left - points[-1]).T) > radius]
        if len(left) < 0.05 * len(rows):
            break
        nearest = int(np.argmin(np.hypot(*(left - points[-1]).T)))
        points.append((float(left[nearest, 0]), float(left[nearest, 1])))
    return Gesture(radius, tuple(points))


def _deepest(mask: Bits) -> tuple[float, tuple[float, float]]:
    """How far the deepest pixel of a mask lies from its edge, and where (x, y) it is."""
    padded = np.pad(mask.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(np.argmax(distance)), distance.shape)
    return float(distance[y, x]), (float(x) + 0.5, float(y) + 0.5)
