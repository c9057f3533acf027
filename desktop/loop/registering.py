"""Making a bundle known to a project, with whose classes its own belong to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from inference.bundle import bundle_digest, read_manifest
from inference.schema import Schema

if TYPE_CHECKING:
    from desktop.project.project import Project


def register_bundle(
    project: Project,
    bundle: Path,
    *,
    name: str | None = None,
    parent: str | None = None,
    classes: Mapping[str, str] | None = None,
    in_use: bool = False,
) -> str:
    """Register a bundle with a project; returns its digest. Blocks. Raises BundleError, ProjectError.

    ``name`` and ``parent`` (a digest) default to what the bundle says. ``classes`` names a class of the
    project for a class of the model where the names differ. With ``in_use`` it becomes the incumbent.
    """
    manifest, digest = read_manifest(bundle), bundle_digest(bundle)
    project.register_model(
        bundle,
        digest,
        name or manifest.name,
        domain=manifest.domain,
        parent=parent if parent is not None else manifest.parent,
        metrics=manifest.metrics,
        class_map=class_map(manifest.schema, project.schema, classes),
    ).result()
    if in_use:
        project.set_incumbent(digest).result()
    return digest


def class_map(model: Schema, project: Schema, given: Mapping[str, str] | None = None) -> dict[str, int]:
    """The project's class id for each of a model's classes: as given, else of the same name.

    A model and a project with one class each are mapped whatever the names are when `given` says so only:
    what a model means by a class is a person's decision.
    """
    ids = {item.name: item.id for item in project.active_classes}
    found = {}
    for item in model.active_classes:
        name = (given or {}).get(item.name, item.name)
        if name in ids:
            found[item.name] = ids[name]
    return found
