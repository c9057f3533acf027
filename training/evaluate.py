"""Measuring a bundle on a dataset, at the images' own resolution and the bundle's thresholds."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.bundle import Manifest
from inference.postprocess import class_mask
from inference.prediction import Prediction
from inference.predictor import FileResult, Predictor
from inference.schema import Schema
from training.dataset import Dataset, Item, open_dataset
from training.errors import EvaluationError
from training.events import Evaluated, Event, Notice
from training.grouping import UNKNOWN_NOTE
from training.metrics import Overlap as MaskOverlap
from training.metrics import accuracy, bootstrap_interval, overlap, quadratic_kappa
from training.publish import group_key
from training.setup import output_names

SplitChoice = Literal["train", "val", "test", "all"]
SeenChoice = Literal["refuse", "skip", "keep"]
CONVENTION = "Means over images; nothing predicted where nothing is true counts as 1."
Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What was measured, on what. Intervals are 95 % bootstrap intervals over groups.

    ``classes``: per class images, dice, iou (means over images), dice_pooled, iou_pooled, dice_interval,
    iou_interval, threshold. ``grades``: per scale images, accuracy, kappa (quadratic) and their intervals.
    ``findings``: per finding images and accuracy at 0.5. ``per_image``: key, group, Dice and IoU by class.
    """

    model: str
    model_digest: str
    dataset_digest: str
    split: str
    images: int
    groups: int
    grouping_known: bool
    classes: dict[str, dict[str, Any]] = field(default_factory=dict)
    grades: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    per_image: list[dict[str, Any]] = field(default_factory=list)
    convention: str = CONVENTION
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def evaluate(
    bundle: Path,
    dataset: Dataset,
    split: SplitChoice = "test",
    *,
    device: str = "auto",
    threads: int | None = None,
    seen: SeenChoice = "refuse",
    seed: int = 0,
    notice: Callable[[str], None] = lambda _text: None,
) -> Evaluation:
    """Predicts every image of a split as the desk would, and compares with its labels at the image's size.

    Args:
        seen: what to do about images that the model or its ancestors learnt from or were tuned on (by the
            hash of their bytes): refuse the whole evaluation, skip them, or keep them, said in a note.
        seed: of the bootstrap.

    Raises:
        EvaluationError: no images, images that the model has seen, or nothing in common to compare.
        InferenceError, DatasetError: a bundle or labels that cannot be read.
    """
    predictor = Predictor(bundle, device=device, threads=threads, notice=notice)
    manifest = predictor.manifest
    dataset = _same_class_name(dataset, manifest)
    notes = [] if dataset.grouping_known else [UNKNOWN_NOTE]
    items = dataset.items if split == "all" else dataset.split(split)
    items = _unseen(items, dataset, manifest, split, seen, notes)
    common = _common_schema(manifest.schema, dataset.schema)
    tally = _Tally(common, manifest)

    def take(result: FileResult) -> None:
        item = items[result.index]
        if result.prediction is None:
            notes.append(f"{item.key} was left out: {result.error}")
        else:
            tally.add(item, result.prediction)

    predictor.predict_files([(item.path, item.frame) for item in items], on_result=take)
    for note in notes:
        notice(note)
    return Evaluation(
        model=manifest.name,
        model_digest=predictor.digest,
        dataset_digest=dataset.digest,
        split=split,
        images=len(tally.items),
        groups=len({item.group for item in tally.items}),
        grouping_known=dataset.grouping_known,
        **tally.summary(seed),
        notes=notes,
    )


def _same_class_name(dataset: Dataset, manifest: Manifest) -> Dataset:
    names = [item.name for item in manifest.schema.active_classes]
    return dataset.with_class_named(names[0]) if dataset.unnamed_class and len(names) == 1 else dataset


def _common_schema(model: Schema, data: Schema) -> Schema:
    """What the model predicts and the dataset labels. Raises EvaluationError when that is nothing."""
    classes = {item.name for item in data.active_classes}
    scales = {scale.name: set(scale.values) for scale in data.grades}
    findings = {item.name for item in data.findings}
    common = Schema(
        tuple(item for item in model.active_classes if item.name in classes),
        tuple(scale for scale in model.grades if scales.get(scale.name, {""}) <= set(scale.values)),
        tuple(item for item in model.findings if item.name in findings),
    )
    if not (common.classes or common.grades or common.findings):
        ours, theirs = (", ".join(sorted(output_names(schema))) or "nothing" for schema in (model, data))
        raise EvaluationError(
            f"The model predicts {ours} and the dataset labels {theirs}: nothing to compare."
        )
    return common


def _unseen(
    items: Sequence[Item],
    dataset: Dataset,
    manifest: Manifest,
    split: str,
    choice: SeenChoice,
    notes: list[str],
) -> tuple[Item, ...]:
    if not items:
        counts = ", ".join(f"{name} {count}" for name, count in dataset.counts().items())
        raise EvaluationError(f"The split {split} of {dataset.folder} has no images ({counts}).")
    learnt = set(manifest.seen.content_hashes)
    seen = [item for item in items if dataset.hashes[item.key] in learnt]
    if seen and choice == "refuse":
        raise EvaluationError(
            f"The model learnt from {len(seen)} of these {len(items)} images, such as {seen[0].key}: "
            "its figures would mean nothing; choose another split, or leave them out (--seen skip)."
        )
    if seen and choice == "keep":
        notes.append(f"The model learnt from {len(seen)} of these images: the figures are too good.")
    if choice == "skip":
        known = {item.key for item in seen}
        items = [item for item in items if item.key not in known]
        if seen:
            notes.append(f"{len(seen)} images that the model learnt from were left out.")
        if not items:
            raise EvaluationError(f"The model learnt from every image of the split {split}.")
    keys, known_seen = set(manifest.seen.group_keys), {item.key for item in seen}
    related = [
        item
        for item in items
        if item.key not in known_seen and group_key(manifest.seen.salt, item.group) in keys
    ]
    if related and dataset.grouping_known:
        notes.append(f"{len(related)} images are of groups of the same name as groups the model learnt from.")
    return tuple(items)


class _Tally:
    """Collects what each image says."""

    def __init__(self, schema: Schema, manifest: Manifest) -> None:
        self.schema, self.manifest = schema, manifest
        self.items: list[Item] = []
        self.overlaps: dict[str, list[tuple[Item, MaskOverlap]]] = {c.name: [] for c in schema.classes}
        self.grades: dict[str, list[tuple[Item, int, int]]] = {s.name: [] for s in schema.grades}
        self.findings: dict[str, list[tuple[bool, bool]]] = {f.name: [] for f in schema.findings}
        self.rows: list[dict[str, Any]] = []

    def add(self, item: Item, prediction: Prediction) -> None:
        row: dict[str, Any] = {"key": item.key, "group": item.group, "classes": {}, "grades": {}}
        for name in self.overlaps:
            if name in item.labelled:
                mask = class_mask(prediction, name, self.manifest.threshold(name))
                found = overlap(mask, item.read_mask(name), item.read_valid(name))
                self.overlaps[name].append((item, found))
                row["classes"][name] = {"dice": found.dice, "iou": found.iou}
        for scale in self.schema.grades:
            value = item.grades.get(scale.name)
            if value in scale.values:
                predicted = int(np.argmax(prediction.grades[scale.name]))
                self.grades[scale.name].append((item, scale.values.index(value), predicted))
                row["grades"][scale.name] = {"true": value, "predicted": scale.values[predicted]}
        for name, pairs in self.findings.items():
            if name in item.findings:
                pairs.append((item.findings[name] == "present", prediction.findings[name] >= 0.5))
        self.items.append(item)
        self.rows.append(row)

    def summary(self, seed: int) -> dict[str, Any]:
        return {
            "classes": {name: self._class(name, seed) for name in self.overlaps},
            "grades": {
                scale.name: self._scale(scale.name, len(scale.values), seed) for scale in self.schema.grades
            },
            "findings": {
                name: {
                    "images": len(pairs),
                    "accuracy": accuracy([int(a) for a, _ in pairs], [int(b) for _, b in pairs]),
                }
                for name, pairs in self.findings.items()
            },
            "per_image": self.rows,
        }

    def _class(self, name: str, seed: int) -> dict[str, Any]:
        entries = self.overlaps[name]
        threshold = self.manifest.threshold(name)
        if not entries:
            return {"images": 0, "threshold": threshold, "dice": None, "iou": None}
        groups = [item.group for item, _ in entries]
        dices, ious = (np.array([getattr(o, key) for _, o in entries]) for key in ("dice", "iou"))
        pooled = sum((o for _, o in entries), start=MaskOverlap(0, 0, 0))
        return {
            "images": len(entries),
            "groups": len(set(groups)),
            "threshold": threshold,
            "dice": float(dices.mean()),
            "dice_interval": _mean_interval(groups, dices, seed),
            "iou": float(ious.mean()),
            "iou_interval": _mean_interval(groups, ious, seed),
            "dice_pooled": pooled.dice,
            "iou_pooled": pooled.iou,
        }

    def _scale(self, name: str, values: int, seed: int) -> dict[str, Any]:
        entries = self.grades[name]
        groups = [item.group for item, _, _ in entries]
        true, predicted = (np.array([entry[place] for entry in entries], int) for place in (1, 2))

        def kappa(rows: NDArray[np.intp]) -> float | None:
            return quadratic_kappa(true[rows], predicted[rows], values)

        return {
            "images": len(entries),
            "groups": len(set(groups)),
            "accuracy": accuracy(true.tolist(), predicted.tolist()),
            "accuracy_interval": _mean_interval(groups, (true == predicted).astype(float), seed),
            "kappa": kappa(np.arange(len(entries))),
            "kappa_interval": bootstrap_interval(groups, kappa, seed=seed),
        }


def _mean_interval(groups: Sequence[str], values: NDArray[np.float64], seed: int) -> Interval:
    return bootstrap_interval(groups, lambda rows: float(values[rows].mean()), seed=seed)


def run_evaluation(options: argparse.Namespace, emit: Callable[[Event], None]) -> None:
    """The ``evaluate`` command of ``python -m training``."""
    dataset = open_dataset(options.data, missing_mask=options.missing_mask, seed=options.seed or 0)
    for note in dataset.notes:
        emit(Notice(text=note))
    result = evaluate(
        options.model,
        dataset,
        options.split,
        device=options.device,
        threads=options.threads,
        seen=options.seen,
        notice=lambda text: emit(Notice(text=text)),
    ).to_dict()
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    emit(Evaluated(evaluation=result))
