"""``python -m training.synthetic.demo_model``: turn a finished run into the bundled demo model.

The run's best bundle is stored in half precision under the folder's name. Its thresholds are chosen anew on
the validation images, as a run chooses them, from what the stored weights predict. Then the bundle is
measured as the desk would: on the test split of the run's own dataset, and on the committed sample. Both
figures go into ``model.json`` with the digests of the data they come from.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.bundle import read_manifest, read_tensors, save_bundle, write_manifest
from inference.errors import InferenceError
from inference.prediction import probability_to_level
from inference.preprocess import network_window, prepare_mask
from training.dataset import open_dataset
from training.errors import EvaluationError, TrainingError
from training.metrics import THRESHOLDS, ThresholdSearch

if TYPE_CHECKING:
    from training.evaluate import SplitChoice

LARGEST = 8_000_000
# What belongs into a model's description: figures, not one row for each image. The digest of a bundle
# changes when its figures are written into it, so it cannot stand there itself.
_LEFT_OUT = ("per_image", "model", "model_digest")


def publish(best: Path, out: Path, data: Path, sample: Path, *, threads: int | None = None) -> dict[str, Any]:
    """Write the bundle ``out`` from the run's ``best`` and measure it; returns its metrics.

    ``data`` is the run's dataset, of which only the test split is read, ``sample`` the committed sample, read
    whole. Raises EvaluationError when the model has learnt from any of these images, or when the bundle is
    larger than 8 MB.
    """
    manifest = replace(read_manifest(best), name=out.name)
    save_bundle(out, manifest, read_tensors(best), half=True)
    manifest = replace(manifest, thresholds=choose_thresholds(out, data, threads=threads))
    write_manifest(out, manifest)
    size = sum(path.stat().st_size for path in out.iterdir())
    if size > LARGEST:
        raise EvaluationError(f"The model in {out} takes {size} bytes; a bundled one may take {LARGEST}.")
    metrics = {**manifest.metrics, "thresholds": "chosen on val by pooled Dice at the network's resolution"}
    metrics["test"] = _measure(out, data, "test", threads)
    metrics["sample"] = _measure(out, sample, "all", threads)
    write_manifest(out, replace(manifest, metrics=metrics))
    return metrics


def choose_thresholds(bundle: Path, data: Path, *, threads: int | None = None) -> dict[str, float]:
    """Per class the probability at which the Dice pooled over all validation images of ``data`` is highest.

    0.5 for a class that no validation image shows.
    """
    from inference.predictor import FileResult, Predictor

    predictor = Predictor(bundle, device="cpu", threads=threads)
    items = open_dataset(data).split("val")
    names = [item.name for item in predictor.manifest.schema.active_classes]
    cuts = [probability_to_level(threshold) for threshold in THRESHOLDS]
    searches = [ThresholdSearch(cuts) for _ in names]

    def take(result: FileResult) -> None:
        item, prediction = items[result.index], result.prediction
        if prediction is None:
            raise EvaluationError(f"{item.path} cannot be predicted: {result.error}")
        y0, x0, y1, x1 = network_window(prediction.geometry)
        for row, name in enumerate(names):
            if name in item.labelled:
                mask = prepare_mask(item.read_mask(name), prediction.geometry).astype(bool)
                searches[row].add(prediction.logits[row, y0:y1, x0:x1], mask[y0:y1, x0:x1])

    predictor.predict_files([(item.path, item.frame) for item in items], on_result=take)
    return {name: search.best() for name, search in zip(names, searches, strict=True)}


def _measure(bundle: Path, data: Path, split: SplitChoice, threads: int | None) -> dict[str, Any]:
    # Brings torch with it, which the generator beside this module does without.
    from training.evaluate import evaluate

    result = evaluate(bundle, open_dataset(data), split, threads=threads).to_dict()
    return {key: value for key, value in result.items() if key not in _LEFT_OUT}


def summary(metrics: dict[str, Any]) -> str:
    """The figures of ``publish`` as lines of text."""
    lines = []
    for name in ("test", "sample"):
        part = metrics[name]
        dices = ", ".join(f"{key} {_figure(value['dice_pooled'])}" for key, value in part["classes"].items())
        grades = ", ".join(
            f"{key} accuracy {_figure(value['accuracy'])}, kappa {_figure(value['kappa'])}"
            for key, value in part["grades"].items()
        )
        lines.append(f"{name}: {part['images']} images, pooled Dice {dices}; {grades}")
    return "\n".join(lines) + "\n"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; exit status 0, or 1 with one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m training.synthetic.demo_model", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the finished run's folder")
    parser.add_argument("--data", type=Path, required=True, help="the run's dataset; its test split is read")
    parser.add_argument("--sample", type=Path, default=Path("resources/sample"), help="the committed sample")
    parser.add_argument("--out", type=Path, default=Path("resources/models/fundus-demo"), help="the bundle")
    parser.add_argument("--threads", type=int, default=None)
    options = parser.parse_args(arguments)
    try:
        metrics = publish(
            options.run / "best", options.out, options.data, options.sample, threads=options.threads
        )
    except (TrainingError, InferenceError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(summary(metrics))
    return 0


if __name__ == "__main__":
    sys.exit(main())
