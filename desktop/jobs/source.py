"""Makes the parts of an image for the read pool: pixels, label, thumbnail. Runs on the pool's threads."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.canvas.native import NativePyramid
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.jobs.compose import predicted_pages
from desktop.jobs.display import Pixels, Reading
from desktop.jobs.thumbnails import THUMBNAILS, ThumbnailCache
from desktop.project.location import inside_location
from desktop.project.provenance import Base, Cut
from inference.images import read_image, to_rgb8

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from desktop.jobs.prediction import CacheLike
    from desktop.project.label import Label
    from desktop.project.project import Project
    from desktop.project.rows import ImageRow
    from desktop.state.entries import Entry
    from inference.prediction import Prediction

WRITER_SECONDS = 30.0
"""How long a job waits for the writer, which may be busy with a batch of new images."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a virtual label is made from: the model and cuts in use. Replaced whole, never changed."""

    model_digest: str | None = None
    cuts: Mapping[str, Cut] = field(default_factory=dict)


class FolderSource:
    """The parts of the images of one folder.

    ``project``, ``cache`` and ``shown`` are set by the GUI thread and read once by each job.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project: Project | None = None
        self.cache: CacheLike | None = None
        self.shown = Shown()
        # Until the project is open nothing is written; what an earlier sitting kept inside is read at once.
        self._thumbnails = ThumbnailCache(inside_location(folder).directory / THUMBNAILS, keep=False)
        self._first_thumbnails = self._thumbnails

    def connect_project(self, project: Project, cache: CacheLike, thumbnails: Path) -> None:
        """The project is open: labels can be made, and thumbnails kept."""
        self._thumbnails = ThumbnailCache(thumbnails)
        self.cache = cache
        self.project = project

    def keep_thumbnails(self) -> None:
        """Keep the thumbnails that were made before the project was open. Not for the GUI thread."""
        self._thumbnails.take_over(self._first_thumbnails)

    def pixels(self, entry: Entry) -> Pixels:
        """Decode and halve; values of more than 8 bits are kept beside. Raises ImageError."""
        native = read_image(self.folder / entry.path, entry.frame)
        return Pixels(ImagePyramid.build(to_rgb8(native), NativePyramid.build(native)))

    def thumbnail(self, entry: Entry) -> QImage | None:
        """From the cache, or made now. Raises ImageError, OSError."""
        return self._thumbnails.get(self.folder / entry.path, entry.frame)

    def reading(self, entry: Entry) -> Reading:
        """Identity, label (replayed, or made of the prediction), layers. Raises ProjectError, ImageError."""
        project, shown = self.project, self.shown
        if project is None:
            raise RuntimeError("readings are asked for only while a project is open")
        row = entry.row
        if row is None or not row.content_hash:
            # Somebody looks at it: it does not wait for its turn to be indexed.
            row = identify(project, entry)
        if row is None or row.problem or not row.height or not row.width:
            return Reading(row, None, None, problem=row.problem if row is not None else None)
        prediction = self._prediction(row, shown.model_digest)
        label = project.load_label(row.id)
        planes = label.ensure_planes(row.height, row.width)
        if prediction is not None and label.is_virtual:
            self._show(label, prediction, shown)
            planes = label.planes or planes
        return Reading(row, label, OverlayPyramid(planes.mask), prediction)

    def _prediction(self, row: ImageRow, digest: str | None) -> Prediction | None:
        if self.cache is None or digest is None or not row.content_hash:
            return None
        prediction = self.cache.get(row.content_hash, row.frame, digest)
        if prediction is not None and prediction.geometry.image_size != (row.height, row.width):
            log.warning("a prediction of %s has another size than the image; it is not shown", row.path)
            return None
        return prediction

    def _show(self, label: Label, prediction: Prediction, shown: Shown) -> None:
        pages = predicted_pages(prediction, label.schema, shown.cuts)
        used = {name: cut for name, cut in shown.cuts.items() if name in prediction.classes}
        label.set_base(pages, Base.predicted(prediction.model_digest, used))


def identify(project: Project, entry: Entry) -> ImageRow | None:
    """Index one file at once, and return its row. Waits for the writer. Raises ProjectError."""
    row = project.image_at(entry.path, entry.frame)
    if row is None or (not row.content_hash and not row.problem):
        project.index_now(entry.path).result(WRITER_SECONDS)
        row = project.image_at(entry.path, entry.frame)
    return row
