"""Writes what a model says of images: masks and tables in the dataset's form, and `predict.json`."""

from __future__ import annotations

import csv
import json
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from desktop.formats.atomic import AtomicFolder
from desktop.formats.dataset_writer import encode_mask
from inference.bundle import Manifest
from inference.postprocess import class_mask
from inference.prediction import Prediction

SIGNATURE = '"format": "overread-predictions"'


def new_folder(out: Path) -> AtomicFolder:
    """The place for a run's results. Raises FormatError when something else stands there."""
    return AtomicFolder(out, marker="predict.json", signature=SIGNATURE, what="predictions")


class PredictionWriter:
    """A context manager: `add` every prediction, then `finish`; leaving it earlier leaves nothing.

    Masks are cut at the manifest's thresholds. `grades.csv` has the likeliest value of each scale,
    `findings.csv` 1 from a probability of 0.5, `probabilities.csv` what both come from, `areas.csv` pixels.
    """

    def __init__(self, folder: AtomicFolder, manifest: Manifest) -> None:
        self.count = 0
        self.problems: dict[str, str] = {}
        self._folder = folder
        self._manifest = manifest
        self._mask_names: set[str] = set()
        self._tables: dict[str, Any] = {}
        self._outer, self._inner = ExitStack(), ExitStack()

    def __enter__(self) -> PredictionWriter:
        self._outer.enter_context(self._folder)
        self._outer.enter_context(self._inner)
        schema = self._manifest.schema
        probabilities = [f"{s.name}={value}" for s in schema.grades for value in s.values]
        probabilities += [f.name for f in schema.findings]
        try:
            for item in schema.active_classes:
                (self._folder.part / "masks" / item.name).mkdir(parents=True)
            self._table("grades", [s.name for s in schema.grades])
            self._table("findings", [f.name for f in schema.findings])
            self._table("probabilities", probabilities)
            self._table("areas", [c.name for c in schema.active_classes])
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._outer.__exit__(kind, error, trace)

    def add(self, name: str, prediction: Prediction) -> None:
        """Write the masks and rows of one image, called `name` (a relative path) in the results."""
        areas = []
        mask_name = self._mask_name(name)
        for item in self._manifest.schema.active_classes:
            mask = class_mask(prediction, item.name, self._manifest.threshold(item.name))
            target = self._folder.part / "masks" / item.name / mask_name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(encode_mask(mask))
            areas.append(str(int(mask.sum())))
        self._row("areas", name, areas)
        self._add_values(name, prediction)
        self.count += 1

    def finish(self, digest: str, *, device: str = "") -> Path:
        """Write `predict.json` and put the folder into its place, which is returned."""
        self._inner.close()
        schema = self._manifest.schema
        record = {
            "format": "overread-predictions",
            "version": 1,
            "model": {"name": self._manifest.name, "digest": digest, "domain": self._manifest.domain},
            "thresholds": {c.name: self._manifest.threshold(c.name) for c in schema.active_classes},
            "schema": schema.to_dict(),
            "device": device,
            "images": self.count,
            "problems": self.problems,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(record, indent=1)
        (self._folder.part / "predict.json").write_text(text + "\n", encoding="utf-8")
        self._folder.commit()
        return self._folder.out

    def _add_values(self, name: str, prediction: Prediction) -> None:
        grades, findings, probabilities = [], [], []
        for scale in self._manifest.schema.grades:
            chances = prediction.grades[scale.name]
            grades.append(scale.values[max(range(len(chances)), key=chances.__getitem__)])
            probabilities += [f"{p:.4f}" for p in chances]
        for finding in self._manifest.schema.findings:
            chance = prediction.findings[finding.name]
            findings.append("1" if chance >= 0.5 else "0")
            probabilities.append(f"{chance:.4f}")
        self._row("grades", name, grades)
        self._row("findings", name, findings)
        self._row("probabilities", name, probabilities)

    def _table(self, name: str, columns: list[str]) -> None:
        if not columns:
            return
        path = self._folder.part / f"{name}.csv"
        file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        self._inner.enter_context(file)
        self._tables[name] = csv.writer(file)
        self._tables[name].writerow(["image", *columns])

    def _row(self, table: str, name: str, values: list[str]) -> None:
        if table in self._tables:
            self._tables[table].writerow([name, *values])

    def _mask_name(self, name: str) -> str:
        """The image's name with .png as its suffix; its whole name and .png where that is taken."""
        short = PurePosixPath(name).with_suffix(".png").as_posix()
        chosen = f"{name}.png" if short.casefold() in self._mask_names else short
        self._mask_names.add(chosen.casefold())
        return chosen
