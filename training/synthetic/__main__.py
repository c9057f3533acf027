"""``python -m training.synthetic``: write a dataset of synthetic fundus photographs."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from inference.errors import InferenceError
from inference.schema import write_schema
from training.errors import TrainingError
from training.splits import SPLITS
from training.synthetic.anatomy import Size
from training.synthetic.writing import QUALITY, fundus_schema, write_dataset


def _size(text: str) -> Size:
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write WIDTHxHEIGHT, such as 1600x1200")
    return int(height), int(width)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.synthetic", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="a new folder for the dataset")
    parser.add_argument("--count", type=int, default=24, help="images, two eyes a patient (default 24)")
    parser.add_argument("--seed", type=int, default=0, help="other seeds are other patients (default 0)")
    parser.add_argument("--size", type=_size, default=(1200, 1600), metavar="WxH", help="default 1600x1200")
    parser.add_argument("--split", choices=SPLITS, default=None, help="one split for all; default by patient")
    parser.add_argument("--quality", type=int, default=QUALITY, help=f"of the JPEG files (default {QUALITY})")
    parser.add_argument("--schema", type=Path, default=None, help="also write the schema alone to this file")
    return parser


def _progress(done: int, count: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {count}" + ("\n" if done == count else ""))
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; exit status 0, or 1 with one sentence on standard error."""
    options = _parser().parse_args(arguments)
    begun = time.perf_counter()
    try:
        write_dataset(
            options.out,
            options.count,
            options.seed,
            options.size,
            split=options.split,
            quality=options.quality,
            progress=_progress,
        )
        if options.schema is not None:
            write_schema(options.schema, fundus_schema())
    except (TrainingError, InferenceError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    seconds = time.perf_counter() - begun
    sys.stdout.write(f"{options.count} synthetic images in {options.out}, {seconds:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
