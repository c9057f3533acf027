"""The loop with a scripted reviewer: it takes the true masks of a dataset as corrections of the predictions.

The reviewer works through the project exactly as the window does: the prediction is the base of the label,
every correction is a stroke (one edit of one connected area), and the image is finished. Nothing here knows a
network: predictions come from the caller, training and evaluation run in processes of their own.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop.formats.dataset import inner_path
from desktop.formats.dataset_writer import DatasetWriter, ExportItem
from desktop.loop.base import LoopError
from desktop.loop.queue import Candidate, review_order
from desktop.project.label import Label
from desktop.project.planes import page_and_bit
from desktop.project.provenance import Base
from inference.hashing import content_hash
from inference.postprocess import class_mask
from inference.prediction import Prediction
from training.dataset import Dataset, Item

if TYPE_CHECKING:
    from desktop.project.project import Project
    from desktop.project.rows import ImageRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which images the reviewer labels: `images` of `groups` groups (0: half of them); `seed` fixes which."""

    images: int
    groups: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the reviewer did on one image: the status it got, and how many strokes it took."""

    image: str
    group: str
    split: str
    status: str
    strokes: int


def choose_images(rows: Sequence[ImageRow], choice: Choice) -> list[ImageRow]:
    """The images to label: of some groups of the train and val part, as evenly over them as can be.

    Held-out groups are never taken, and no group gives its second image before each gave its first. Raises
    LoopError when there is no val group or not one group is left over to measure on.
    """
    usable = [row for row in rows if row.content_hash and not row.problem and row.split in ("train", "val")]
    by_group: dict[str, str] = {}
    for row in usable:
        by_group.setdefault(row.group or row.path, row.split or "train")
    names = {split: [g for g, s in by_group.items() if s == split] for split in ("train", "val")}
    everything = len({row.group or row.path for row in rows})
    wanted = choice.groups or max(2, everything // 2)
    chance = random.Random(choice.seed)
    for groups in names.values():
        chance.shuffle(groups)
    if not names["train"] or not names["val"]:
        raise LoopError(
            "The images are of too few groups: both a training and a validation group are needed."
        )
    if wanted >= everything:
        raise LoopError(
            f"There are {everything} groups; label fewer than that, so that some are left to measure."
        )
    val = min(len(names["val"]), max(1, round(wanted / 6)))
    taken = set(names["val"][:val] + names["train"][: max(1, wanted - val)])
    open_ones = [row for row in usable if (row.group or row.path) in taken]
    order = review_order(
        [Candidate(position=n, group=row.group or row.path) for n, row in enumerate(open_ones)],
        seed=choice.seed,
    )
    return [open_ones[n] for n in order[: choice.images]]


class ScriptedReviewer:
    """Labels images of `project` as the dataset `truth` says. Blocks on every image; for a worker thread."""

    def __init__(self, project: Project, truth: Dataset) -> None:
        self._project = project
        self._truth = {item.key: item for item in truth.items}

    def review(
        self,
        row: ImageRow,
        prediction: Prediction | None,
        *,
        class_map: Mapping[str, int],
        thresholds: Mapping[str, float],
    ) -> Reviewed:
        """Correct one image's prediction to the truth and finish it. Raises LoopError without a truth."""
        item = self._item(row)
        if row.height is None or row.width is None:
            raise LoopError(f"{row.path} cannot be reviewed: its size is not known.")
        label = self._project.load_label(row.id)
        planes = label.ensure_planes(row.height, row.width)
        if prediction is not None:
            pages = predicted_pages(prediction, class_map, thresholds, planes.pages)
            label.receive_prediction(pages, Base("prediction", prediction.model_digest, dict(thresholds)))
        visible, strokes = [], 0
        for name in sorted(item.labelled):
            class_id = self._project.schema.class_named(name).id
            strokes += self._correct(label, class_id, item.read_mask(name))
            visible.append(class_id)
        self._set_values(label, item)
        digest = prediction.model_digest if prediction is not None else ""
        status = self._project.finish(label, visible, prediction_digest=digest).result()
        return Reviewed(row.path, row.group or row.path, row.split or "", status, strokes)

    def _item(self, row: ImageRow) -> Item:
        item = self._truth.get(inner_path(self._project, row.path))
        if item is None:
            raise LoopError(f"The dataset has no labels for {row.path}.")
        return item

    def _correct(self, label: Label, class_id: int, true: NDArray[np.bool_]) -> int:
        """Paint what is missing and erase what is too much, one connected area a stroke; how many strokes."""
        assert label.planes is not None
        wrong = label.planes.class_mask(class_id) ^ true
        count, areas, boxes, _ = cv2.connectedComponentsWithStats(wrong.astype(np.uint8), connectivity=8)
        for number in range(1, count):
            left, top, width, height = (int(boxes[number, i]) for i in range(4))
            box = (top, left, top + height, left + width)
            stroke = label.begin_stroke(class_id)
            stroke.touch(box)
            area = areas[top : top + height, left : left + width] == number
            held = label.planes.class_mask(class_id, box)
            protected = label.planes.class_protection(class_id, box)
            label.planes.set_class(class_id, box, held ^ area, protected | area)
            edit = stroke.commit("Correction")
            if edit is not None:
                label.record(edit)
                self._project.save(label)
        return count - 1

    def _set_values(self, label: Label, item: Item) -> None:
        for scale, value in item.grades.items():
            label.set_grade(scale, value)
        for finding, state in item.findings.items():
            label.set_finding(finding, state)
        self._project.save(label)


def predicted_pages(
    prediction: Prediction, class_map: Mapping[str, int], thresholds: Mapping[str, float], pages: int
) -> NDArray[np.uint8]:
    """A prediction cut at thresholds (0.5 where none is given) as label pages (P, H, W) uint8."""
    height, width = prediction.geometry.image_size
    found = np.zeros((pages, height, width), np.uint8)
    for name, class_id in class_map.items():
        if name in prediction.classes:
            page, bit = page_and_bit(class_id)
            found[page] |= class_mask(prediction, name, thresholds.get(name, 0.5)).astype(np.uint8) << bit
    return found


def write_truth(
    out: Path, project: Project, truth: Dataset, rows: Sequence[ImageRow], *, split: str = "test"
) -> Path:
    """The true labels of `rows` as a dataset of one split, to measure on. Raises FormatError, OSError."""
    items = {item.key: item for item in truth.items}
    grouping = {"known": project.grouping.known, "rule": project.grouping.kind}
    with DatasetWriter(out, truth.schema, link=True) as writer:
        for row in rows:
            item = items[inner_path(project, row.path)]
            path = project.folder / row.path
            targets = [
                *item.labelled,
                *(f"grade:{n}" for n in item.grades),
                *(f"finding:{n}" for n in item.findings),
            ]
            writer.add(
                ExportItem(
                    source=path,
                    image=item.key,
                    content_hash=row.content_hash or content_hash(path),
                    masks={name: item.read_mask(name) for name in item.labelled},
                    states=dict.fromkeys(targets, "reviewed"),
                    grades=item.grades,
                    findings=item.findings,
                    group=row.group or row.path,
                    split=split,
                    status="accepted",
                    reader="truth",
                )
            )
        writer.finish(grouping=grouping, provenance={"source": "the true labels of the simulated dataset"})
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Dice of one class before and after on the same images; intervals are 95 %, over groups."""

    name: str
    images: int
    groups: int
    before: float
    before_interval: tuple[float, float]
    after: float
    after_interval: tuple[float, float]
    difference: float
    difference_interval: tuple[float, float]


def dice_change(
    before: Sequence[Mapping[str, object]], after: Sequence[Mapping[str, object]], name: str, *, seed: int = 0
) -> Change:
    """The change of one class's Dice, from the `per_image` rows of two evaluations of the same images.

    The mean is over images. The interval comes from 10,000 draws of whole groups with replacement (cluster
    bootstrap, percentiles; Efron and Tibshirani, "An Introduction to the Bootstrap", 1993), because frames of
    one group are alike. Raises LoopError when the two do not have the same images.
    """
    old, new = _dice_by_image(before, name), _dice_by_image(after, name)
    if old.keys() != new.keys() or not old:
        raise LoopError(f"The two evaluations do not have the same images of “{name}”.")
    groups: dict[str, list[tuple[float, float]]] = {}
    for key, (group, value) in old.items():
        groups.setdefault(group, []).append((value, new[key][1]))
    sums = np.array([[len(v), sum(a for a, _ in v), sum(b for _, b in v)] for v in groups.values()])
    draws = np.random.default_rng(seed).integers(0, len(sums), (10_000, len(sums)))
    drawn = sums[draws].sum(axis=1)
    first, second = drawn[:, 1] / drawn[:, 0], drawn[:, 2] / drawn[:, 0]
    total = sums.sum(axis=0)
    return Change(
        name=name,
        images=len(old),
        groups=len(groups),
        before=float(total[1] / total[0]),
        before_interval=_interval(first),
        after=float(total[2] / total[0]),
        after_interval=_interval(second),
        difference=float((total[2] - total[1]) / total[0]),
        difference_interval=_interval(second - first),
    )


def _dice_by_image(rows: Sequence[Mapping[str, object]], name: str) -> dict[str, tuple[str, float]]:
    found = {}
    for row in rows:
        classes = row["classes"]
        if isinstance(classes, Mapping) and name in classes:
            found[str(row["key"])] = (str(row["group"]), float(classes[name]["dice"]))
    return found


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
