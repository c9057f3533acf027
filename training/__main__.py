"""``python -m training fit|evaluate``: JSON lines on standard output, nothing else.

Exit 0: done, or stopped on request; 1: failed, with a last event that says why; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, TextIO

from inference.errors import InferenceError
from inference.waiting import give_way, wait_politely
from training.config import RunConfig, apply_set, read_config
from training.dataset import Dataset, MissingMask, open_dataset
from training.errors import ConfigError, TrainingError
from training.events import Event, Failed, Notice
from training.recipes import find_recipe

_EXPECTED = (TrainingError, InferenceError, OSError, MemoryError)


class _Parser(argparse.ArgumentParser):
    """Says wrong usage as an event, too."""

    def error(self, message: str) -> NoReturn:
        _Stdout().emit(Failed(message=f"Wrong usage: {message}."))
        sys.stderr.write(self.format_usage())
        sys.exit(2)


class _Stdout:
    """The one writer of standard output; a reader that went away ends nothing."""

    def __init__(self) -> None:
        # Written to by its number: a stray print of a library must not come between the lines.
        self._stream: TextIO = sys.stdout
        self._broken = False

    def emit(self, event: Event) -> None:
        if self._broken:
            return
        try:
            self._stream.write(event.to_json() + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._broken = True
            logging.getLogger(__name__).warning("Standard output was closed; going on without it.")


class StopRequest:
    """True once a line ``stop`` came on standard input, or SIGTERM or an interrupt arrived."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self) -> bool:
        return self._event.is_set()

    def listen(self) -> None:
        """Begins to listen; the end of standard input is no request."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._event.set())
        threading.Thread(target=self._read, name="stop-request", daemon=True).start()

    def _read(self) -> None:
        try:
            for line in sys.stdin:
                if line.strip() == "stop":
                    self._event.set()
                    return
        except (OSError, ValueError):
            return


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = _Parser(prog="python -m training", description="Train and evaluate models; JSON lines on stdout.")
    commands = top.add_subparsers(dest="command", required=True, parser_class=_Parser)
    fit = commands.add_parser("fit", help="train a model into a run folder")
    fit.add_argument("--config", help="a recipe's name or a TOML file; with --resume the run's own")
    fit.add_argument("--data", type=Path, required=True, help="the dataset folder")
    fit.add_argument("--out", type=Path, required=True, help="the run folder")
    fit.add_argument("--resume", action="store_true", help="go on where the run in --out ended")
    fit.add_argument("--init", type=Path, help="the bundle to start from")
    fit.add_argument("--device", help="cpu, cuda, cuda:1, mps or auto")
    fit.add_argument("--threads", type=int, help="processor threads")
    fit.add_argument("--background", action="store_true", help="let whoever works at the machine go first")
    fit.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change the configuration"
    )
    fit.set_defaults(run=_fit)
    evaluate = commands.add_parser("evaluate", help="measure a bundle on a dataset")
    evaluate.add_argument("--model", type=Path, required=True, help="the bundle's folder")
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--split", choices=("train", "val", "test", "all"), default="test")
    evaluate.add_argument("--device", default="auto")
    evaluate.add_argument("--threads", type=int)
    evaluate.add_argument("--seen", choices=("refuse", "skip", "keep"), default="refuse")
    evaluate.add_argument("--out", type=Path, help="write the evaluation there as JSON, too")
    evaluate.set_defaults(run=_evaluate)
    for command in (fit, evaluate):
        command.add_argument("--missing-mask", choices=("empty", "unlabelled"))
        command.add_argument("--seed", type=int, help="of the run and of splits that the dataset leaves open")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    options = parser().parse_args(arguments)
    wait_politely()
    # Weights are local or nothing: without this, a missing network costs 23 s of retries.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    out = _Stdout()
    try:
        options.run(options, out.emit)
    except _EXPECTED as error:
        out.emit(Failed(message=sentence(error)))
        return 1
    except Exception as error:  # noqa: BLE001 - the last line of a process must say why it ended
        traceback.print_exc(file=sys.stderr)
        out.emit(Failed(message=f"Something unforeseen happened: {type(error).__name__}: {error}"))
        return 1
    return 0


def sentence(error: BaseException) -> str:
    """What an expected error says to a person."""
    if isinstance(error, MemoryError):
        return "The computer's memory ran out, even for one image at a time."
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{where}."
    return " ".join(str(error).split())


def _fit(options: argparse.Namespace, emit: Callable[[Event], None]) -> None:
    if options.background:
        # Before any other thread begins: they take it over.
        give_way()
    stop = StopRequest()
    stop.listen()
    config = _fit_config(options)
    dataset = _open(options, config, emit)
    from training.loop import fit

    fit(config, dataset, options.out, emit=emit, stop=stop, resume=options.resume)


def _fit_config(options: argparse.Namespace) -> RunConfig:
    if options.config:
        config = find_recipe(options.config).config
    elif options.resume:
        config = read_config(options.out / "config.toml")
    else:
        raise ConfigError("Say what to train with --config: a recipe's name or a TOML file.")
    config = apply_set(config, options.set)
    for name in ("device", "threads", "seed"):
        if getattr(options, name) is not None:
            config = replace(config, **{name: getattr(options, name)})
    if options.init is not None:
        config = replace(config, init=str(options.init))
    return config


def _open(options: argparse.Namespace, config: RunConfig, emit: Callable[[Event], None]) -> Dataset:
    missing: MissingMask | None = options.missing_mask
    if missing is None and config.data.missing_mask != "ask":
        record = options.data / "dataset.json"
        # What the dataset says of itself goes before what a recipe supposes.
        missing = None if record.is_file() else config.data.missing_mask
    if missing is not None and missing != options.missing_mask:
        emit(Notice(text=f"The recipe takes a missing mask as {missing}."))
    return open_dataset(options.data, missing_mask=missing, seed=config.seed)


def _evaluate(options: argparse.Namespace, emit: Callable[[Event], None]) -> None:
    from training.evaluate import run_evaluation

    run_evaluation(options, emit)


if __name__ == "__main__":
    sys.exit(main())
