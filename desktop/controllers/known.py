"""Reading what the Models and the Training page show. Blocks; for any thread but the window's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.panels.known import Choice, Known, Material, ModelEntry

if TYPE_CHECKING:
    from desktop.project.project import Project

REVIEWED = ("accepted", "corrected")
_ORIGINS = {"bundled": "comes with Overread", "registered": "registered on this machine"}


def read_known(project: Project) -> Known:
    """Read all that both pages show."""
    incumbent = project.incumbent()
    promotions = project.promotions()
    before = promotions[-1].previous if promotions else None
    return Known(
        _models(project),
        incumbent.digest if incumbent is not None else "",
        before,
        _material(project),
        _recipes(),
    )


def _models(project: Project) -> tuple[ModelEntry, ...]:
    from desktop.loop.library import known_models
    from inference.bundle import bundle_digest, read_manifest
    from inference.errors import InferenceError

    found: dict[str, ModelEntry] = {}
    for model in known_models():
        origin = _ORIGINS[model.origin]
        if model.manifest is None:
            found[str(model.path)] = ModelEntry(model.name, model.path, origin, "", None, model.problem)
        else:
            digest = bundle_digest(model.path)
            found[digest] = ModelEntry(model.name, model.path, origin, digest, model.manifest)
    for row in project.models():
        if row.digest in found:
            continue
        path = Path(row.path)
        try:
            found[row.digest] = ModelEntry(row.name, path, "made here", row.digest, read_manifest(path))
        except (InferenceError, OSError) as error:
            found[row.digest] = ModelEntry(row.name, path, "made here", row.digest, None, str(error))
    return tuple(found.values())


def _material(project: Project) -> Material:
    images: Counter[str] = Counter()
    groups: dict[str, set[str]] = {}
    for row in project.images():
        if row.status_for_reader in REVIEWED and row.split and not row.problem:
            images[row.split] += 1
            groups.setdefault(row.split, set()).add(row.group or row.id)
    return Material(images, {split: len(keys) for split, keys in groups.items()}, project.grouping.known)


def _recipes() -> tuple[Choice, ...]:
    from desktop.loop.launcher import FINE_TUNE
    from training.recipes import list_recipes

    return tuple(
        Choice(one.name, one.title, one.config.description, one.config.epochs, one.name == FINE_TUNE)
        for one in list_recipes()
    )
