"""`overread predict`: what a model says of a file or a folder, as masks and tables."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from desktop.commands.base import Output, add_command, whole_number
from desktop.errors import DesktopError

if TYPE_CHECKING:
    from desktop.formats.predictions import PredictionWriter
    from inference.predictor import FileResult


def declare(commands: Any) -> None:
    """Add `predict` to the command line."""
    parser = add_command(
        commands,
        "predict",
        run,
        help="predict a file, a folder, a dataset or a project: masks, grades and findings",
        examples="overread predict photographs --model fundus-demo --out predicted\n"
        "overread predict one.jpg --model run/best --out predicted --json",
    )
    parser.add_argument(
        "input", metavar="INPUT", type=Path, help="an image, or a folder with images at any depth"
    )
    parser.add_argument(
        "--model", metavar="M", required=True, help="a model's name, or the folder of a bundle"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="a new folder for the results")
    parser.add_argument(
        "--device", metavar="D", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)"
    )
    parser.add_argument(
        "--batch", metavar="N", type=whole_number, help="images at once (default: 8 on a GPU, else 1)"
    )


@dataclass(frozen=True, slots=True)
class Source:
    """One image to predict: its name in the results, its file, and which of its frames."""

    name: str
    path: Path
    frame: int = 0


def run(args: argparse.Namespace, output: Output) -> int:
    """Predict everything; 1 when an image could not be predicted (the others are still written)."""
    from desktop.formats.predictions import PredictionWriter, new_folder
    from desktop.loop.library import find_model

    bundle = find_model(args.model)
    root = _root(args.input)
    if args.input.is_dir() and args.out.absolute().is_relative_to(root.absolute()):
        raise DesktopError(
            f"{args.out} lies inside {root}, whose images are predicted; choose another --out."
        )
    folder = new_folder(args.out)
    notes: list[str] = []
    sources, problems = _sources(args.input, root, notes)
    for note in notes:
        output.line(note)
        output.event({"event": "notice", "text": note})
    from inference.predictor import Predictor

    predictor = Predictor(bundle, device=args.device)
    with PredictionWriter(folder, predictor.manifest) as results:
        results.problems.update(problems)
        _predict(predictor, sources, results, args.batch, output)
        if not results.count:
            raise DesktopError(_nothing(results.problems))
        out = results.finish(predictor.digest, device=str(predictor.device))
    return _report(out, results, output)


def _predict(
    predictor: Any, sources: list[Source], results: PredictionWriter, batch: int | None, output: Output
) -> None:
    show = output.progress("predicted")

    def on_result(result: FileResult) -> None:
        name = sources[result.index].name
        if result.prediction is None:
            results.problems[name] = str(result.error)
        else:
            results.add(name, result.prediction)
        show(results.count + len(results.problems), len(sources))

    predictor.predict_files([(s.path, s.frame) for s in sources], on_result=on_result, batch=batch)


def _root(given: Path) -> Path:
    if not given.exists():
        raise DesktopError(f"{given} does not exist; give an image or a folder of images.")
    from desktop.project.scan import image_root

    return image_root(given).folder if given.is_dir() else given.parent


def _sources(given: Path, root: Path, notes: list[str]) -> tuple[list[Source], dict[str, str]]:
    """The images to predict, frame by frame, and those that cannot be read with their reason.

    What was passed over (a sub-folder without rights, for one) is told in `notes`.
    """
    from inference.errors import InferenceError
    from inference.images import probe

    names = list(_scan(given, root, notes)) if given.is_dir() else [given.name]
    if not names:
        raise DesktopError(f"{given} holds no image of a kind that Overread reads.")
    sources, problems = [], {}
    for name in names:
        path = root / name
        try:
            frames = probe(path).frames
        except InferenceError as error:
            problems[name] = str(error)
            continue
        if frames == 1:
            sources.append(Source(name, path))
            continue
        stem = PurePosixPath(name)
        sources += [
            Source(stem.with_name(f"{stem.stem}.frame-{n:04d}{stem.suffix}").as_posix(), path, n)
            for n in range(frames)
        ]
    return sources, problems


def _scan(folder: Path, root: Path, notes: list[str]) -> Iterator[str]:
    """The names of the images below `root`, which is `images/` where the folder is a dataset."""
    from desktop.project.scan import scan

    prefix = "" if root == folder else f"{root.relative_to(folder).as_posix()}/"
    return (found.path.removeprefix(prefix) for found in scan(folder, notes))


def _nothing(problems: dict[str, str]) -> str:
    first = next(iter(problems.values()), "there is no image")
    return (
        first
        if len(problems) == 1
        else f"None of the {len(problems)} images could be predicted; the first: {first}"
    )


def _report(out: Path, results: PredictionWriter, output: Output) -> int:
    output.event(
        {"event": "predicted", "out": str(out), "images": results.count, "problems": results.problems}
    )
    output.line(f"{results.count} images predicted; the results are in {out}")
    for said in results.problems.values():
        output.line(f"left out: {said}")
    if not results.problems:
        return 0
    raise DesktopError(
        f"{len(results.problems)} of {results.count + len(results.problems)} images could not be predicted; "
        f"the others are in {out}."
    )
