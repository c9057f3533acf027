"""`overread simulate`: the whole loop on a labelled dataset, with a scripted reviewer in the person's place."""

from __future__ import annotations

import argparse
import csv
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.commands.base import Output, add_command, whole_number
from desktop.errors import DesktopError

if TYPE_CHECKING:
    from desktop.loop.launcher import PreparedRun
    from desktop.loop.simulation import Change, Reviewed
    from desktop.project.project import Project
    from desktop.project.rows import ImageRow
    from inference.bundle import Manifest
    from inference.prediction import Prediction
    from training.dataset import Dataset


def declare(commands: Any) -> None:
    """Add `simulate` to the command line."""
    parser = add_command(
        commands,
        "simulate",
        run,
        help="run the loop with a scripted reviewer who takes the true masks of a dataset",
        examples="overread simulate --data polyps --model skin --images 60 --out first-loop --missing-mask empty",
    )
    parser.add_argument(
        "--data", metavar="DATASET", type=Path, required=True, help="a dataset with true labels"
    )
    parser.add_argument("--model", metavar="M", required=True, help="the model in use at the beginning")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="a new folder for everything")
    parser.add_argument(
        "--images", metavar="N", type=whole_number, default=60, help="images to label (default: 60)"
    )
    parser.add_argument(
        "--groups", metavar="N", type=whole_number, help="of so many groups (default: half of them)"
    )
    parser.add_argument(
        "--recipe", metavar="R", default="fine-tune", help="how to train (default: fine-tune)"
    )
    parser.add_argument(
        "--set", metavar="K=V", action="append", default=[], help="change a setting of the recipe"
    )
    parser.add_argument("--missing-mask", choices=("empty", "unlabelled"), help="what a missing mask means")
    parser.add_argument("--device", metavar="D", default="auto", help="auto, cpu, cuda (default: auto)")
    parser.add_argument(
        "--threads", metavar="N", type=int, default=0, help="processor threads (default: torch's own)"
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="which images and groups (default: 0)"
    )


@dataclass(slots=True)
class _Clock:
    """Wall seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens inside."""
        begun = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - begun, 1)


def run(args: argparse.Namespace, output: Output) -> int:
    """The loop: project, predictions, corrections, fine-tune, comparison, promotion, predictions again."""
    from desktop.loop.library import find_model
    from desktop.project.project import Project
    from inference.bundle import read_manifest
    from training.dataset import open_dataset

    model = find_model(args.model)
    manifest = read_manifest(model)
    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        raise DesktopError(f"{args.out} exists already; give a new folder.")
    truth = _named(open_dataset(args.data, missing_mask=args.missing_mask), manifest)
    clock = _Clock()
    with clock.stage("copy and index the images"):
        folder = _copy_images(truth, args.out / "project")
        project = Project.create(folder, truth.schema, grouping=_grouping(folder, truth), reader="script")
    with project:
        with clock.stage("index the images"):
            for _ in project.index():
                pass
        return _loop(args, output, project, truth, model, manifest, clock)


def _loop(
    args: argparse.Namespace,
    output: Output,
    project: Project,
    truth: Dataset,
    model: Path,
    manifest: Manifest,
    clock: _Clock,
) -> int:
    from desktop.loop.promotion import promote
    from desktop.loop.simulation import Choice, choose_images, write_truth

    rows = project.images()
    chosen = choose_images(rows, Choice(images=args.images, groups=args.groups or 0, seed=args.seed))
    labelled_groups = {row.group for row in chosen}
    others = [row for row in rows if row.group not in labelled_groups and not row.problem]
    data = write_truth(args.out / "other-groups", project, truth, others)
    with clock.stage("predict every image before"):
        before_digest = _register(project, model, manifest)
        predictions = _predict(project, model, rows, args, output)
    output.line(f"{len(rows)} images predicted by {manifest.name}.")
    with clock.stage("review"):
        reviewed = _review(project, truth, chosen, predictions, manifest, output)
    output.line(f"{len(reviewed)} images of {len(labelled_groups)} groups reviewed.")
    with clock.stage("export and train"):
        prepared, digest = _train(project, model, args, output)
    with clock.stage("evaluate both on the other groups"):
        old, new = _measure(model, prepared.bundle, data, args)
    promote(project, prepared.bundle, _held_out(prepared, model, old, new))
    with clock.stage("predict every image after"):
        _predict(project, prepared.bundle, rows, args, output)
    changes = _changes(old, new, args)
    record = _record(args, project, truth, manifest, reviewed, others, prepared, changes, clock)
    record |= {"incumbent": before_digest, "candidate": digest}
    _write(args.out, record, old, new, changes)
    output.event({"event": "simulated", **record})
    for change in changes:
        output.line(_sentence(change))
    output.line(f"The record is in {args.out}")
    return 0


def _named(truth: Dataset, manifest: Manifest) -> Dataset:
    """A folder that does not name its only class means the model's only class."""
    names = [item.name for item in manifest.schema.active_classes]
    return truth.with_class_named(names[0]) if truth.unnamed_class and len(names) == 1 else truth


def _copy_images(truth: Dataset, folder: Path) -> Path:
    """The images alone, without a single mask, and their groups."""
    folder.mkdir(parents=True)
    for item in truth.items:
        target = folder / item.key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(item.path, target)
    if truth.grouping_known:
        path = folder / "groups.csv"
        with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            csv.writer(file).writerows([("image", "group"), *((i.key, i.group) for i in truth.items)])
    return folder


def _grouping(folder: Path, truth: Dataset) -> Any:
    from desktop.formats.suggestion import suggest_grouping

    if not truth.grouping_known:
        raise DesktopError(
            "The dataset's groups are unknown, so nothing could be measured on other groups; give it a groups.csv."
        )
    return suggest_grouping(folder)


def _register(project: Project, model: Path, manifest: Manifest) -> str:
    from desktop.loop.launcher import class_map
    from inference.bundle import bundle_digest

    digest = bundle_digest(model)
    names = class_map(manifest.schema, project.schema)
    project.register_model(
        model, digest, manifest.name, domain=manifest.domain, metrics=manifest.metrics, class_map=names
    ).result()
    project.set_incumbent(digest).result()
    return digest


def _predict(
    project: Project, model: Path, rows: Sequence[ImageRow], args: argparse.Namespace, output: Output
) -> dict[str, Prediction]:
    """Predict images into the project's cache, as the window does; the predictions by image id."""
    from desktop.project.cache import PredictionCache
    from inference.postprocess import class_areas
    from inference.predictor import FileResult, Predictor

    predictor = Predictor(model, device=args.device, threads=args.threads or None)
    cache = PredictionCache(project.location.predictions)
    thresholds = {
        c.name: predictor.manifest.threshold(c.name) for c in predictor.manifest.schema.active_classes
    }
    good = [row for row in rows if row.content_hash and not row.problem]
    show = output.progress("predicted")
    found = {}

    def take(result: FileResult) -> None:
        row = good[result.index]
        show(result.index + 1, len(good))
        if result.prediction is None:
            return
        found[row.id] = result.prediction
        cache.put(row.content_hash or "", row.frame, result.prediction)
        areas = class_areas(result.prediction, thresholds)
        project.store_prediction_summary(row.id, predictor.digest, {"areas": areas})

    predictor.predict_files([(project.folder / row.path, row.frame) for row in good], on_result=take)
    project.writer.flush()
    return found


def _review(
    project: Project,
    truth: Dataset,
    chosen: Sequence[ImageRow],
    predictions: Mapping[str, Prediction],
    manifest: Manifest,
    output: Output,
) -> list[Reviewed]:
    from desktop.loop.launcher import class_map
    from desktop.loop.simulation import ScriptedReviewer

    reviewer = ScriptedReviewer(project, truth)
    names = class_map(manifest.schema, project.schema)
    thresholds = {name: manifest.threshold(name) for name in names}
    show = output.progress("reviewed")
    done = []
    for row in chosen:
        done.append(reviewer.review(row, predictions.get(row.id), class_map=names, thresholds=thresholds))
        show(len(done), len(chosen))
    return done


def _train(
    project: Project, model: Path, args: argparse.Namespace, output: Output
) -> tuple[PreparedRun, str]:
    from desktop.commands.runs import Lines
    from desktop.loop.base import run_child
    from desktop.loop.launcher import RunRequest, prepare_run, record_finished

    request = RunRequest(
        recipe=args.recipe,
        parent=model,
        overrides=tuple(args.set),
        device=args.device,
        threads=args.threads,
    )
    prepared = prepare_run(project, request)
    try:
        run_child(prepared.command, on_event=Lines(output).tell)
    except BaseException as error:
        project.end_run(prepared.run_id, "failed", message=str(error)).result()
        raise
    return prepared, record_finished(project, prepared)


def _measure(
    model: Path, candidate: Path, data: Path, args: argparse.Namespace
) -> tuple[dict[str, Any], dict[str, Any]]:
    from desktop.loop.promotion import evaluate_bundle

    found = [
        evaluate_bundle(bundle, data, args.out / f"{name}.json", device=args.device, threads=args.threads)
        for name, bundle in (("before", model), ("after", candidate))
    ]
    return found[0], found[1]


def _held_out(prepared: PreparedRun, model: Path, old: dict[str, Any], new: dict[str, Any]) -> Any:
    from desktop.loop.promotion import comparison_of

    return comparison_of(old, new)


def _changes(old: dict[str, Any], new: dict[str, Any], args: argparse.Namespace) -> list[Change]:
    from desktop.loop.simulation import dice_change

    names = [name for name in new["classes"] if name in old["classes"]]
    return [dice_change(old["per_image"], new["per_image"], name, seed=args.seed) for name in names]


def _record(
    args: argparse.Namespace,
    project: Project,
    truth: Dataset,
    manifest: Manifest,
    reviewed: Sequence[Reviewed],
    others: Sequence[ImageRow],
    prepared: PreparedRun,
    changes: Sequence[Change],
    clock: _Clock,
) -> dict[str, Any]:
    from training.config import read_config

    config = read_config(prepared.out / "config.toml")
    return {
        "images": len(truth.items),
        "model": manifest.name,
        "labelled": {
            "images": len(reviewed),
            "groups": sorted({r.group for r in reviewed}),
            "statuses": {
                s: sum(r.status == s for r in reviewed) for s in sorted({r.status for r in reviewed})
            },
            "splits": {s: sum(r.split == s for r in reviewed) for s in sorted({r.split for r in reviewed})},
            "strokes": sum(r.strokes for r in reviewed),
        },
        "measured": {"images": len(others), "groups": sorted({row.group or row.path for row in others})},
        "recipe": args.recipe,
        "epochs": config.epochs,
        "seed": args.seed,
        "dataset_digest": prepared.dataset_digest,
        "changes": [asdict(change) for change in changes],
        "seconds": clock.seconds,
    }


def _write(
    out: Path, record: dict[str, Any], old: dict[str, Any], new: dict[str, Any], changes: Sequence[Change]
) -> None:
    from desktop.loop.report import draw_groups, paired_rows, write_record, write_rows

    write_record(out / "loop.json", record)
    for change in changes:
        rows = paired_rows(old, new, change.name)
        write_rows(out / f"dice-{change.name}.csv", rows)
        draw_groups(out / f"dice-{change.name}.png", rows, f"{change.name}: Dice by group, before and after")


def _sentence(change: Change) -> str:
    def figure(value: float, interval: tuple[float, float]) -> str:
        return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"

    return (
        f"{change.name}: Dice {figure(change.before, change.before_interval)} before, "
        f"{figure(change.after, change.after_interval)} after, difference "
        f"{figure(change.difference, change.difference_interval)}, on {change.images} images of {change.groups} "
        "groups that nobody labelled (means over images, 95 % intervals over groups)."
    )
