"""`overread simulate`: the whole loop on a labelled dataset, a scripted reviewer in the person's place."""

from __future__ import annotations

import argparse
import csv
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
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

READER = "script"


def declare(commands: Any) -> None:
    """Add `simulate` to the command line."""
    parser = add_command(
        commands,
        "simulate",
        run,
        help="run the loop with a scripted reviewer who takes the true masks of a dataset",
        examples="overread simulate --data polyps --model skin --images 60 --out first-loop",
    )
    add = parser.add_argument
    add("--data", metavar="DATASET", type=Path, required=True, help="a dataset with true labels")
    add("--model", metavar="M", required=True, help="the model in use at the beginning: a name or a path")
    add("--out", metavar="DIR", type=Path, required=True, help="a new folder for everything")
    add("--images", metavar="N", type=whole_number, default=60, help="images to label (default: 60)")
    add("--groups", metavar="N", type=whole_number, help="of so many groups (default: half of them)")
    add("--recipe", metavar="R", default="fine-tune", help="how to train (default: fine-tune)")
    add("--set", metavar="K=V", action="append", default=[], help="change a setting of the recipe")
    add("--missing-mask", choices=("empty", "unlabelled"), help="what an image without a mask means")
    add("--device", metavar="D", default="auto", help="auto, cpu, cuda (default: auto)")
    add("--threads", metavar="N", type=int, default=0, help="processor threads (default: torch's own)")
    add("--seed", metavar="N", type=int, default=0, help="which images and groups (default: 0)")


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
    if not truth.grouping_known:
        raise DesktopError(
            f"The groups of {args.data} are unknown, so nothing could be measured on other groups; "
            "give it a groups.csv."
        )
    folder, grouping = _copy_images(truth, args.out / "project")
    with Project.create(folder, truth.schema, grouping=grouping, reader=READER) as project:
        simulation = _Simulation(args, output, project, truth)
        return simulation.go(model, manifest)


def _named(truth: Dataset, manifest: Manifest) -> Dataset:
    """A folder that does not name its only class means the model's only class."""
    names = [item.name for item in manifest.schema.active_classes]
    return truth.with_class_named(names[0]) if truth.unnamed_class and len(names) == 1 else truth


def _copy_images(truth: Dataset, folder: Path) -> tuple[Path, Any]:
    """The images alone, without a single mask, and their groups."""
    from desktop.formats.suggestion import suggest_grouping

    folder.mkdir(parents=True)
    for item in truth.items:
        target = folder / item.key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(item.path, target)
    path = folder / "groups.csv"
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        csv.writer(file).writerows([("image", "group"), *((i.key, i.group) for i in truth.items)])
    return folder, suggest_grouping(folder)


class _Simulation:
    """One run of the loop, its parts in the order in which a person would do them."""

    def __init__(self, args: argparse.Namespace, output: Output, project: Project, truth: Dataset) -> None:
        self._args = args
        self._output = output
        self._project = project
        self._truth = truth
        self._out: Path = args.out
        self._seconds: dict[str, float] = {}

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        """Measure the wall time of what happens inside."""
        begun = time.monotonic()
        yield
        self._seconds[name] = round(time.monotonic() - begun, 1)

    def go(self, model: Path, manifest: Manifest) -> int:
        """The whole loop."""
        from desktop.loop.promotion import comparison_of, promote
        from desktop.loop.registering import register_bundle
        from desktop.loop.simulation import Choice, choose_images, write_truth

        args, project = self._args, self._project
        with self._stage("index the images"):
            for _ in project.index():
                pass
        rows = project.images()
        chosen = choose_images(rows, Choice(images=args.images, groups=args.groups or 0, seed=args.seed))
        labelled = {row.group for row in chosen}
        others = [row for row in rows if row.group not in labelled and not row.problem]
        data = write_truth(self._out / "other-groups", project, self._truth, others)
        incumbent = register_bundle(self._project, model, in_use=True)
        with self._stage("predict every image before"):
            predictions = self._predict(model, rows)
        self._output.line(f"{len(rows)} images predicted by {manifest.name}.")
        with self._stage("review"):
            reviewed = self._review(chosen, predictions, manifest)
        self._output.line(f"{len(reviewed)} images of {len(labelled)} groups reviewed.")
        with self._stage("export and train"):
            prepared, candidate = self._train(model)
        with self._stage("evaluate both on the other groups"):
            old, new = self._measure(model, prepared.bundle, data)
        promote(project, prepared.bundle, comparison_of(old, new))
        with self._stage("predict every image after"):
            self._predict(prepared.bundle, rows)
        changes = self._changes(old, new)
        record = {
            "images": len(rows),
            "incumbent": {"name": manifest.name, "digest": incumbent},
            "candidate": {"digest": candidate},
            "labelled": _labelled(reviewed),
            "measured": {"images": len(others), "groups": sorted({r.group or r.path for r in others})},
            **self._how(prepared),
            "changes": [asdict(change) for change in changes],
            "seconds": self._seconds,
        }
        self._write(record, old, new, changes)
        return 0

    def _predict(self, model: Path, rows: Sequence[ImageRow]) -> dict[str, Prediction]:
        """Predict images into the project's cache, as the window does; the predictions by image id."""
        from desktop.project.cache import PredictionCache
        from inference.postprocess import class_areas
        from inference.predictor import FileResult, Predictor

        predictor = Predictor(model, device=self._args.device, threads=self._args.threads or None)
        manifest, cache = predictor.manifest, PredictionCache(self._project.location.predictions)
        thresholds = {c.name: manifest.threshold(c.name) for c in manifest.schema.active_classes}
        good = [row for row in rows if row.content_hash and not row.problem]
        show = self._output.progress("predicted")
        found = {}

        def take(result: FileResult) -> None:
            row = good[result.index]
            show(result.index + 1, len(good))
            if result.prediction is None:
                return
            found[row.id] = result.prediction
            cache.put(row.content_hash or "", row.frame, result.prediction)
            areas = class_areas(result.prediction, thresholds)
            self._project.store_prediction_summary(row.id, predictor.digest, {"areas": areas})

        files = [(self._project.folder / row.path, row.frame) for row in good]
        predictor.predict_files(files, on_result=take)
        self._project.writer.flush()
        return found

    def _review(
        self, chosen: Sequence[ImageRow], predictions: Mapping[str, Prediction], manifest: Manifest
    ) -> list[Reviewed]:
        from desktop.loop.registering import class_map
        from desktop.loop.simulation import ScriptedReviewer

        reviewer = ScriptedReviewer(self._project, self._truth)
        names = class_map(manifest.schema, self._project.schema)
        thresholds = {name: manifest.threshold(name) for name in names}
        show = self._output.progress("reviewed")
        done: list[Reviewed] = []
        for row in chosen:
            prediction = predictions.get(row.id)
            done.append(reviewer.review(row, prediction, class_map=names, thresholds=thresholds))
            show(len(done), len(chosen))
        return done

    def _train(self, model: Path) -> tuple[PreparedRun, str]:
        from desktop.commands.runs import Lines
        from desktop.loop.base import run_child
        from desktop.loop.launcher import RunRequest, prepare_run, record_finished

        args = self._args
        request = RunRequest(
            recipe=args.recipe,
            parent=model,
            overrides=tuple(args.set),
            device=args.device,
            threads=args.threads,
        )
        prepared = prepare_run(self._project, request)
        try:
            run_child(prepared.command, on_event=Lines(self._output).tell)
        except BaseException as error:
            self._project.end_run(prepared.run_id, "failed", message=str(error)).result()
            raise
        return prepared, record_finished(self._project, prepared)

    def _measure(self, model: Path, candidate: Path, data: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        from desktop.loop.promotion import evaluate_bundle

        device, threads = self._args.device, self._args.threads
        old = evaluate_bundle(model, data, self._out / "before.json", device=device, threads=threads)
        new = evaluate_bundle(candidate, data, self._out / "after.json", device=device, threads=threads)
        return old, new

    def _changes(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
        from desktop.loop.simulation import dice_change

        names = [name for name in new["classes"] if name in old["classes"]]
        rows = old["per_image"], new["per_image"]
        return [dice_change(*rows, name, seed=self._args.seed) for name in names]

    def _how(self, prepared: PreparedRun) -> dict[str, Any]:
        from training.config import read_config

        config = read_config(prepared.out / "config.toml")
        return {
            "recipe": self._args.recipe,
            "set": list(self._args.set),
            "epochs": config.epochs,
            "threads": self._args.threads,
            "seed": self._args.seed,
            "dataset_digest": prepared.dataset_digest,
        }

    def _write(
        self,
        record: Mapping[str, Any],
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        changes: Sequence[Change],
    ) -> None:
        from desktop.loop.report import draw_groups, paired_rows, write_record, write_rows

        write_record(self._out / "loop.json", record)
        for change in changes:
            rows = paired_rows(old, new, change.name)
            write_rows(self._out / f"dice-{change.name}.csv", rows)
            title = f"{change.name}: Dice by group, before and after the fine-tune"
            draw_groups(self._out / f"dice-{change.name}.png", rows, title)
        self._output.event({"event": "simulated", **record})
        for change in changes:
            self._output.line(_sentence(change))
        self._output.line(f"The record is in {self._out}")


def _labelled(reviewed: Sequence[Reviewed]) -> dict[str, Any]:
    statuses = sorted({one.status for one in reviewed})
    splits = sorted({one.split for one in reviewed})
    return {
        "images": len(reviewed),
        "groups": sorted({one.group for one in reviewed}),
        "statuses": {name: sum(one.status == name for one in reviewed) for name in statuses},
        "splits": {name: sum(one.split == name for one in reviewed) for name in splits},
        "strokes": sum(one.strokes for one in reviewed),
    }


def _sentence(change: Change) -> str:
    def figure(value: float, interval: tuple[float, float]) -> str:
        return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"

    return (
        f"{change.name}: Dice {figure(change.before, change.before_interval)} before, "
        f"{figure(change.after, change.after_interval)} after, difference "
        f"{figure(change.difference, change.difference_interval)}, on {change.images} images of "
        f"{change.groups} groups that nobody labelled (means over images, 95 % intervals over groups)."
    )
