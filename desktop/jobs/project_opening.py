"""Opening a folder's project, or making it one; everything here waits for the disk, so it runs behind."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.jobs.compose import summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from desktop.jobs.predicting import ModelInUse
    from desktop.jobs.prediction import PredictionRequest
    from desktop.project.cache import PredictionCache
    from desktop.project.project import Project
    from inference.prediction import Prediction
    from inference.schema import Schema

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenedProject:
    """An open project and what lies beside it.

    ``domain`` is the folder's own ("synthetic" for generated images), ``incumbent`` the bundle in use,
    ``notes`` sentences for the reader.
    """

    project: Project
    cache: PredictionCache
    thumbnails: Path
    domain: str
    incumbent: Path | None
    notes: tuple[str, ...]


def open_or_create(folder: Path, schema: Schema | None) -> OpenedProject:
    """Open the project of a folder, or make one with ``schema`` (default: what the folder itself says).

    Raises ProjectError (locked, newer version, no place to write), SchemaError, FormatError.
    """
    # SQLAlchemy comes with these: they are imported here, behind, and not before the first paint.
    from desktop.formats.suggestion import suggest_grouping, suggest_schema
    from desktop.project.cache import PredictionCache
    from desktop.project.location import find_location
    from desktop.project.project import Project
    from desktop.sample import folder_domain

    if find_location(folder) is not None:
        project = Project.open(folder)
    else:
        chosen = schema if schema is not None else suggest_schema(folder)
        project = Project.create(folder, chosen, grouping=suggest_grouping(folder))
    try:
        predictions = project.location.predictions
        incumbent, note = _incumbent(project)
        return OpenedProject(
            project,
            PredictionCache(predictions),
            predictions.parent / "thumbnails",
            folder_domain(folder),
            incumbent,
            tuple(text for text in (project.location_note, note) if text),
        )
    except BaseException:
        project.close()
        raise


def _incumbent(project: Project) -> tuple[Path | None, str]:
    """The bundle of the model in use, or a sentence when it is gone."""
    row = project.incumbent()
    if row is None:
        return None, ""
    bundle = Path(row.path)
    if not bundle.is_absolute():
        bundle = project.folder / bundle
    if bundle.is_dir():
        return bundle, ""
    return None, f"The model in use, {row.name}, is not at {bundle} any more; choose a model again."


def namer(project: Project, cache: PredictionCache) -> Callable[[ModelInUse], ModelInUse]:
    """What says a model's classes, scales and findings in the project's words; it waits for the store."""
    from desktop.project.model_names import read_names

    def name(model: ModelInUse) -> ModelInUse:
        said = model.manifest.schema
        names = read_names(project, model.digest, said)
        cache.names[model.digest] = names
        schema, thresholds = names.schema(said, project.schema), names.thresholds(model.manifest.thresholds)
        return replace(model, named=schema, cut_at=thresholds)

    return name


def keeper(project: Project) -> Callable[[PredictionRequest, Prediction], None]:
    """What puts a summary of every new prediction into the store; for the prediction thread."""

    def keep(request: PredictionRequest, prediction: Prediction) -> None:
        try:
            project.store_prediction_summary(request.image_id, request.model_digest, summary(prediction, {}))
        except RuntimeError:
            # The writer was closed meanwhile; the cache has the answer, and the summary can be made again.
            log.debug("no summary of %s: the project was closed", request.image_id)

    return keep
