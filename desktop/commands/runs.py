"""`overread train` and `overread evaluate`."""

from __future__ import annotations

import argparse
import csv
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.commands.base import Output, add_command, table
from desktop.errors import UsageError

if TYPE_CHECKING:
    from training.config import RunConfig
    from training.events import Event

MISSING = ("empty", "unlabelled")
MISSING_HELP = "what an image without a mask means: nothing of it there (empty), or not labelled (unlabelled)"


def declare(commands: Any) -> None:
    """Add `train` and `evaluate` to the command line."""
    _declare_train(commands)
    _declare_evaluate(commands)


def _declare_train(commands: Any) -> None:
    train = add_command(
        commands,
        "train",
        run_train,
        help="train or fine-tune a model on a dataset",
        examples="overread train fine-tune --data labelled --out run --init fundus-demo\n"
        "overread train residual-unet --data polyps --out run --set epochs=5 --missing-mask empty\n"
        "overread train residual-unet --data polyps --out run --resume",
    )
    train.add_argument(
        "recipe", metavar="RECIPE_OR_CONFIG", help="a recipe's name (`overread recipes list`) or a file"
    )
    train.add_argument("--data", metavar="D", type=Path, required=True, help="the folder of a dataset")
    train.add_argument(
        "--out", metavar="R", type=Path, required=True, help="the run's folder; best/ in it is the model"
    )
    train.add_argument(
        "--set",
        metavar="K=V",
        action="append",
        default=[],
        help="change a setting of the recipe (again and again)",
    )
    train.add_argument("--missing-mask", choices=MISSING, help=MISSING_HELP)
    train.add_argument("--resume", action="store_true", help="go on with the run in R")
    train.add_argument("--init", metavar="M", help="start from this model: a name, or the folder of a bundle")
    train.add_argument("--device", metavar="D", help="auto, cpu, cuda, cuda:1, mps (default: the recipe's)")


def _declare_evaluate(commands: Any) -> None:
    evaluate = add_command(
        commands,
        "evaluate",
        run_evaluate,
        help="measure a model on one split of a dataset",
        examples="overread evaluate --model run/best --data labelled --split test --report report",
    )
    evaluate.add_argument(
        "--model", metavar="M", required=True, help="a model's name, or the folder of a bundle"
    )
    evaluate.add_argument("--data", metavar="D", type=Path, required=True, help="the folder of a dataset")
    evaluate.add_argument("--split", choices=("train", "val", "test"), default="test", help="(default: test)")
    evaluate.add_argument(
        "--seen",
        choices=("refuse", "skip", "keep"),
        default="refuse",
        help="what to do about images that the model learnt from (default: refuse)",
    )
    evaluate.add_argument("--missing-mask", choices=MISSING, help=MISSING_HELP)
    evaluate.add_argument("--report", metavar="DIR", type=Path, help="also write the figures to DIR")
    evaluate.add_argument(
        "--device", metavar="D", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)"
    )


def run_train(args: argparse.Namespace, output: Output) -> int:
    """Train in this process; Ctrl-C saves the run so that it can be resumed."""
    out: Path = args.out
    if args.resume and not (out / "config.toml").is_file():
        raise UsageError(f"{out} holds no run that could be resumed.")
    config = _config(args, out)
    from training.dataset import open_dataset
    from training.loop import fit

    dataset = open_dataset(args.data, missing_mask=_missing_mask(args, config), seed=config.seed)
    lines = Lines(output)
    with _stop_on_interrupt() as asked:
        last = fit(config, dataset, out, emit=lines.tell, stop=asked, resume=args.resume)
    return 130 if last.event == "stopped" else 0


def _config(args: argparse.Namespace, out: Path) -> RunConfig:
    """The recipe, or the interrupted run's own configuration, with the options of the command line."""
    from dataclasses import replace

    from desktop.loop.library import find_model
    from training.config import apply_set, read_config
    from training.recipes import find_recipe

    for assignment in args.set:
        if "=" not in assignment:
            raise UsageError(f'"{assignment}" is no setting; write it as key=value.')
    config = read_config(out / "config.toml") if args.resume else find_recipe(args.recipe).config
    config = apply_set(config, args.set)
    if args.init:
        config = replace(config, init=str(find_model(args.init).absolute()))
    if args.device:
        config = replace(config, device=args.device)
    return config


def _missing_mask(args: argparse.Namespace, config: RunConfig) -> Any:
    """The option, else what the dataset says of itself (None), else what the recipe supposes."""
    if args.missing_mask or (args.data / "dataset.json").is_file():
        return args.missing_mask
    return config.data.missing_mask if config.data.missing_mask in MISSING else None


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """A function that tells whether Ctrl-C was pressed (or SIGTERM came); the second time ends at once."""
    pressed: list[int] = []

    def note(number: int, _frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(pressed)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Lines:
    """Training events as lines for people, or as they are for programs."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def tell(self, event: Event) -> None:
        """Write one event."""
        self._output.event(event.to_dict())
        if self._output.as_json:
            return
        values = event.to_dict()
        teller = getattr(self, f"_{event.event}", None)
        if teller is not None:
            teller(values)

    def _started(self, values: dict[str, Any]) -> None:
        images = ", ".join(f"{count} {split}" for split, count in values["images"].items())
        self._output.line(f"Training on {values['device']}: {images} images, {values['epochs']} epochs.")

    def _batch(self, values: dict[str, Any]) -> None:
        self._output.progress(f"epoch {values['epoch']}, batch")(values["batch"], values["batches"])

    def _epoch(self, values: dict[str, Any]) -> None:
        parts = [f"epoch {values['epoch']}/{values['epochs']}", f"loss {values['train_loss']:.4f}"]
        for key, name in (
            ("val_loss", "val loss"),
            ("val_dice", "val Dice"),
            ("val_grade_accuracy", "val grade accuracy"),
        ):
            if values[key] is not None:
                parts.append(f"{name} {values[key]:.4f}")
        parts.append(f"{values['seconds']:.1f} s")
        self._output.line("  ".join(parts) + ("  best so far" if values["best"] else ""))

    def _notice(self, values: dict[str, Any]) -> None:
        self._output.line(f"Note: {values['text']}")

    def _stopped(self, values: dict[str, Any]) -> None:
        self._output.line(f"Stopped after {values['epoch']} whole epochs; go on with --resume.")

    def _finished(self, values: dict[str, Any]) -> None:
        epoch = values["best_epoch"]
        best = f"epoch {epoch} was the best" if epoch else "no epoch was better than the start"
        self._output.line(f"Done: {best}; the model is in {values['bundle']}")


def run_evaluate(args: argparse.Namespace, output: Output) -> int:
    """Measure a model, print the figures, and write them where asked."""
    from desktop.loop.library import find_model
    from training.dataset import open_dataset
    from training.evaluate import evaluate

    bundle = find_model(args.model)
    dataset = open_dataset(args.data, missing_mask=args.missing_mask)
    found = evaluate(bundle, dataset, args.split, device=args.device, seen=args.seen).to_dict()
    output.event({"event": "evaluated", "evaluation": found})
    output.line(evaluation_text(found))
    if args.report is not None:
        write_evaluation(args.report, found)
        output.line(f"The figures of every image are in {args.report}")
    return 0


def evaluation_text(found: Mapping[str, Any]) -> str:
    """An evaluation's figures as lines for people."""
    lines = [f"{found['model']} on {found['images']} images of {found['groups']} groups ({found['split']})"]
    rows = []
    for name, one in found["classes"].items():
        if one["dice"] is None:
            rows.append((name, "0 images", "", ""))
            continue
        rows.append(
            (
                name,
                f"{one['images']} images",
                f"Dice {_figure(one, 'dice')}",
                f"IoU {_figure(one, 'iou')}",
            )
        )
    for name, one in found["grades"].items():
        accuracy, kappa = _figure(one, "accuracy"), _figure(one, "kappa")
        rows.append((name, f"{one['images']} images", f"accuracy {accuracy}", f"kappa {kappa}"))
    for name, one in found["findings"].items():
        rows.append((name, f"{one['images']} images", f"accuracy {_figure(one, 'accuracy')}", ""))
    lines += [table(rows), found["convention"], "Brackets: 95 % intervals over groups."]
    return "\n".join([*lines, *found["notes"]])


def _figure(values: Mapping[str, Any], key: str) -> str:
    value, interval = values.get(key), values.get(f"{key}_interval")
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def write_evaluation(folder: Path, found: Mapping[str, Any]) -> None:
    """Write `evaluation.json`, and `images.csv` with one row an image, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (folder / "evaluation.json").write_text(text + "\n", encoding="utf-8", errors="surrogateescape")
    classes, grades = list(found["classes"]), list(found["grades"])
    path = folder / "images.csv"
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.writer(file)
        figures = [f"{name} {what}" for name in classes for what in ("Dice", "IoU")]
        figures += [f"{name} {what}" for name in grades for what in ("true", "predicted")]
        rows.writerow(["image", "group", *figures])
        for one in found["per_image"]:
            values: list[Any] = []
            for name in classes:
                got = one["classes"].get(name, {})
                values += [got.get("dice", ""), got.get("iou", "")]
            for name in grades:
                got = one["grades"].get(name, {})
                values += [got.get("true", ""), got.get("predicted", "")]
            rows.writerow([one["key"], one["group"], *values])
