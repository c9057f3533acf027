"""`overread train` and `overread evaluate`."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
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
    train = add_command(
        commands,
        "train",
        run_train,
        help="train or fine-tune a model on a dataset",
        examples="overread train fine-tune --data labelled --out run --init fundus-demo\n"
        "overread train residual-unet --data polyps --out run --set epochs=5 --missing-mask empty\n"
        "overread train residual-unet --data polyps --out run --resume",
    )
    train.add_argument("recipe", metavar="RECIPE_OR_CONFIG", help="a recipe's name (`overread recipes list`) or a file")
    train.add_argument("--data", metavar="D", type=Path, required=True, help="the folder of a dataset")
    train.add_argument("--out", metavar="R", type=Path, required=True, help="the run's folder; best/ in it is the model")
    train.add_argument(
        "--set", metavar="K=V", action="append", default=[], help="change a setting of the recipe (again and again)"
    )
    train.add_argument("--missing-mask", choices=MISSING, help=MISSING_HELP)
    train.add_argument("--resume", action="store_true", help="go on with the run in R")
    train.add_argument("--init", metavar="M", help="start from this model: a name, or the folder of a bundle")
    train.add_argument("--device", metavar="D", help="auto, cpu, cuda, cuda:1, mps (default: the recipe's)")
    evaluate = add_command(
        commands,
        "evaluate",
        run_evaluate,
        help="measure a model on one split of a dataset",
        examples="overread evaluate --model run/best --data labelled --split test --report report",
    )
    evaluate.add_argument("--model", metavar="M", required=True, help="a model's name, or the folder of a bundle")
    evaluate.add_argument("--data", metavar="D", type=Path, required=True, help="the folder of a dataset")
    evaluate.add_argument("--split", choices=("train", "val", "test"), default="test", help="(default: test)")
    evaluate.add_argument("--missing-mask", choices=MISSING, help=MISSING_HELP)
    evaluate.add_argument("--report", metavar="DIR", type=Path, help="also write the figures to DIR")
    evaluate.add_argument("--device", metavar="D", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)")
