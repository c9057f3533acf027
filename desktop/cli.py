"""The command line: the parser, the way a command ends, and the two commands that open the window.

Headless commands import no Qt, and torch only where they need it: a command's work is imported when it runs.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import sys
from pathlib import Path

from desktop.commands import doctor, models, predict, projects, runs, simulate
from desktop.commands.base import Output, add_command
from desktop.errors import DesktopError, UsageError
from desktop.messages import sentence

DESCRIPTION = """Overread: the desk for the second look at what a vision model says of an image.

Without a command the window opens with the last project. Every command below runs without a screen
and uses the same code as the window.
"""
EPILOG = """a round through the loop:
  overread init photographs --groups folder
  overread predict photographs --model fundus-demo --out predicted
  overread open photographs                                   (review, by keyboard)
  overread export photographs --format dataset --out labelled
  overread train fine-tune --data labelled --init fundus-demo --out run
  overread models add run/best --name better

`overread COMMAND --help` tells more. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""


def version() -> str:
    """The installed version of Overread."""
    try:
        return importlib.metadata.version("overread")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def build_parser() -> argparse.ArgumentParser:
    """The whole command line. Cheap: no command's own work is imported."""
    parser = argparse.ArgumentParser(
        prog="overread",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"overread {version()}")
    parser.set_defaults(run=_window, path=None, json=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    opening = add_command(
        commands,
        "open",
        _window,
        help="open a folder of images, a dataset or a project in the window",
        examples="overread open ~/photographs",
    )
    opening.add_argument("path", metavar="PATH", type=Path)
    tour = add_command(
        commands,
        "tour",
        _tour,
        help="run the whole loop on the sample project with the real window, without a screen if need be",
        examples="overread tour --out tour",
    )
    tour.add_argument(
        "--out", metavar="DIR", type=Path, help="where screenshots and exports go (default: ./tour)"
    )
    tour.add_argument(
        "--images", metavar="N", type=int, default=24, help="how many images to review (default: all 24)"
    )
    tour.add_argument("--epochs", metavar="N", type=int, default=2, help="how long to train (default: 2)")
    for group in (projects, predict, runs, simulate, models, doctor):
        group.declare(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit status. A failure is one sentence on standard error, never a traceback."""
    try:
        args = build_parser().parse_args(argv)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 2
    output = Output(as_json=args.json)
    try:
        status: int = args.run(args, output)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output (`| head`) left: nothing can be told to it; Python must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001  (the outermost place: everything becomes a sentence)
        return _failed(error, output)
    return status


def _failed(error: Exception, output: Output) -> int:
    said = sentence(error)
    sys.stderr.write(f"overread: {said}\n")
    if output.as_json:
        output.stream.write(json.dumps({"event": "failed", "message": said}) + "\n")
    return 2 if isinstance(error, UsageError) else 1


def _window(args: argparse.Namespace, _output: Output) -> int:
    path: Path | None = args.path
    if path is not None and not path.exists():
        raise DesktopError(f"{path} does not exist; give a folder of images, a dataset or a project.")
    doctor.require_screen()
    from desktop.app import run

    return run(path.absolute() if path is not None else None)


def _tour(args: argparse.Namespace, _output: Output) -> int:
    doctor.require_libraries()
    from desktop.tour import TourPlan, run

    return run(args.out, TourPlan(args.images, args.epochs))
