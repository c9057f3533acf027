"""``python -m training.synthetic.demo_model``: turn a finished run into the bundled demo model.

The run's best bundle is stored in half precision under the folder's name, then measured as the desk would
measure it: on the test split of the run's own dataset, and on the committed sample. Both figures go into its
``model.json`` with the digests of the data they come from.
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
from training.dataset import open_dataset
from training.errors import EvaluationError, TrainingError

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
    size = sum(path.stat().st_size for path in out.iterdir())
    if size > LARGEST:
        raise EvaluationError(f"The model in {out} takes {size} bytes; a bundled one may take {LARGEST}.")
    metrics = dict(manifest.metrics)
    metrics["test"] = _measure(out, data, "test", threads)
    metrics["sample"] = _measure(out, sample, "all", threads)
    write_manifest(out, replace(manifest, metrics=metrics))
    return metrics


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
        dices = ", ".join(f"{key} {value['dice_pooled']:.2f}" for key, value in part["classes"].items())
        grades = ", ".join(
            f"{key} accuracy {value['accuracy']:.2f}, kappa {value['kappa']:.2f}"
            for key, value in part["grades"].items()
        )
        lines.append(f"{name}: {part['images']} images, pooled Dice {dices}; {grades}")
    return "\n".join(lines) + "\n"


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
