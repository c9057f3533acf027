"""A fine-tuning run from a project: the frozen dataset, the configuration, the command line, the record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.formats.base import Cancelled, ExportOptions, Progress, never, no_progress
from desktop.formats.dataset import export_project
from desktop.loop.base import LoopError, training_command
from desktop.loop.registering import register_bundle
from desktop.sample import folder_domain
from inference.bundle import bundle_digest
from training.config import RunConfig, apply_set, write_config
from training.recipes import find_recipe

if TYPE_CHECKING:
    from desktop.project.project import Project

FINE_TUNE = "fine-tune"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What a person asks for.

    Attributes:
        recipe: a recipe's name or file.
        parent: the bundle to start from; None starts from scratch (then the recipe names a network).
        overrides: "key=value" settings on top of the recipe.
        epochs: instead of the recipe's; device: "auto", "cpu", "cuda"; threads: 0 leaves torch's own number.
        reader: whose labels; None = the reader who has the project open.
    """

    recipe: str = FINE_TUNE
    parent: Path | None = None
    overrides: tuple[str, ...] = ()
    epochs: int | None = None
    device: str = "auto"
    threads: int = 0
    reader: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRun:
    """A run that only has to be started.

    Attributes:
        run_id: its id in the store. folder: everything of it. out: the run folder that training writes;
            `out / "best"` will be the candidate.
        dataset: the frozen export. config: the TOML that says what is done.
        command: the process to start. parent_digest: of the bundle it starts from.
        counts: of the export ("images", "groups", "splits", ...). notes: sentences to show before it starts.
    """

    run_id: str
    folder: Path
    out: Path
    dataset: Path
    config: Path
    command: list[str]
    recipe: str
    parent_digest: str | None
    dataset_digest: str
    counts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def bundle(self) -> Path:
        """Where the candidate will be."""
        return self.out / "best"


def run_command(
    config: Path | str,
    data: Path,
    out: Path,
    *,
    init: Path | None = None,
    resume: bool = False,
    device: str | None = None,
    missing_mask: str | None = None,
) -> list[str]:
    """The command line of one training process."""
    options: list[str | Path] = ["fit", "--config", config, "--data", data, "--out", out, "--background"]
    if init is not None:
        options += ["--init", init]
    if resume:
        options.append("--resume")
    if device:
        options += ["--device", device]
    if missing_mask:
        options += ["--missing-mask", missing_mask]
    return training_command(*options)


def prepare_run(
    project: Project, request: RunRequest, *, progress: Progress = no_progress, cancelled: Cancelled = never
) -> PreparedRun:
    """Export what is reviewed, write the configuration and record the run. Blocks; for a worker thread.

    Raises LoopError (nothing to train or to validate with, a split that a group crosses), FormatError,
    ConfigError, BundleError; then no run is recorded.
    """
    crossing = project.split_crossings()
    if crossing:
        raise LoopError(
            f"The given split is crossed by the group “{crossing[0]}”; "
            "correct split.csv or groups.csv before a run."
        )
    # A person sees the model by the project's name from now on, with a number that counts its runs.
    title = f"{project.name} v{len(project.runs()) + 1}"
    config = replace(_configured(request), title=title, domain=folder_domain(project.folder))
    parent_digest = bundle_digest(request.parent) if request.parent is not None else None
    folder = _new_folder(project.location.directory / "runs")
    options = ExportOptions(reader=request.reader, link=True, progress=progress, cancelled=cancelled)
    report = export_project(project, folder / "dataset", options)
    _check_material(report.counts)
    path = folder / "config.toml"
    write_config(path, config)
    run_id = project.start_run(
        folder, recipe=request.recipe, parent=parent_digest, dataset_digest=report.digest
    ).result()
    return PreparedRun(
        run_id=run_id,
        folder=folder,
        out=folder / "run",
        dataset=folder / "dataset",
        config=path,
        command=run_command(path, folder / "dataset", folder / "run"),
        recipe=request.recipe,
        parent_digest=parent_digest,
        dataset_digest=report.digest,
        counts=report.counts,
        notes=report.notes,
    )


def _configured(request: RunRequest) -> RunConfig:
    """The recipe with what the request changes of it."""
    settings = [*request.overrides]
    if request.epochs is not None:
        settings.append(f"epochs={request.epochs}")
    config = apply_set(find_recipe(request.recipe).config, settings)
    if request.parent is not None:
        config = replace(config, init=str(request.parent.absolute()))
    return replace(config, device=request.device, threads=request.threads)


def record_finished(
    project: Project, prepared: PreparedRun, *, outcome: str = "finished", message: str = ""
) -> str:
    """Record that the run made a bundle: its model, what it was trained on, and the end. Returns the digest.

    `outcome` is "stopped" for a run that was ended early and left the best of its epochs; `message` says how.
    Blocks. The bundle stays in the run's folder; it becomes the incumbent by `promotion.promote` only.
    """
    digest = register_bundle(project, prepared.bundle, parent=prepared.parent_digest)
    project.record_trained_on(digest, trained_images(project, prepared.dataset)).result()
    project.end_run(prepared.run_id, outcome, message=message, model_digest=digest).result()
    return digest


def trained_images(project: Project, dataset: Path) -> list[tuple[str, str]]:
    """(image id, "train" or "val") of everything in an exported dataset that training reads."""
    record = json.loads((dataset / "dataset.json").read_text(encoding="utf-8"))
    ids = {(row.content_hash, row.frame): row.id for row in project.images()}
    found = []
    for entry in record["images"]:
        image_id = ids.get((entry["hash"], entry["frame"]))
        if image_id is not None and entry["split"] in ("train", "val"):
            found.append((image_id, entry["split"]))
    return found


def _check_material(counts: Mapping[str, Any]) -> None:
    for split, words in (("train", "training"), ("val", "validation")):
        if not counts["splits"].get(split):
            raise LoopError(f"No reviewed image is in the {words} part yet; finish some more images first.")


def _new_folder(runs: Path) -> Path:
    """A folder named by the time of day; a second run in the same second gets a number."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    runs.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        folder = runs / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise LoopError(f"No new folder for a run could be made in {runs}.")
