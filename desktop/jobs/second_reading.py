"""What the second view shows, read and made off the GUI thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.errors import DesktopError
from desktop.jobs.compose import predicted_pages
from desktop.project.rows import ImageRow

if TYPE_CHECKING:
    from desktop.jobs.display import DisplayImage
    from desktop.jobs.source import FolderSource
    from desktop.project.project import Project
    from desktop.project.provenance import Cut
    from desktop.state.entries import Entry
    from inference.prediction import Prediction
    from inference.schema import Schema


class SecondViewError(DesktopError):
    """Something cannot be shown beside the image."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What can be shown beside an image: positions of its group's other images, other models (name, bundle),
    other labels (title, reader, reading).
    """

    mates: tuple[int, ...]
    models: tuple[tuple[str, Path], ...]
    labels: tuple[tuple[str, str, int], ...]


def choices_for(project: Project, entries: Sequence[Entry], position: int, in_use: str) -> Seen:
    """What the project knows to show beside the image at ``position``. Raises StoreError.

    ``in_use`` is the digest of the model in use, which is no *other* model. ``entries`` only ever grows and
    is read without a lock.
    """
    row: ImageRow | None = entries[position].row
    if row is None:
        return Seen((), (), ())
    others = []
    if row.group:
        for at in range(len(entries)):
            other: ImageRow | None = entries[at].row
            if other is not None and at != position and other.group == row.group and not other.problem:
                others.append(at)
    models = tuple((one.name, Path(one.path)) for one in project.models() if one.digest != in_use)
    labels = tuple(
        (
            f"Label of {key.reader}" + (f", reading {key.reading + 1}" if key.reading else ""),
            key.reader,
            key.reading,
        )
        for key in project.label_keys(row.id)
        if (key.reader, key.reading) != (project.reader, 0)
    )
    return Seen(tuple(others), models, labels)


def other_image(
    source: FolderSource, entry: Entry, at_hand: DisplayImage | None
) -> tuple[ImagePyramid, OverlayPyramid | None]:
    """Pixels and layers of another image; what the read pool has at hand is not read again.

    Raises ImageError, ProjectError.
    """
    pixels = at_hand.pixels if at_hand is not None else None
    reading = at_hand.reading if at_hand is not None else None
    if pixels is None or pixels.pyramid is None:
        pixels = source.pixels(entry)
    if pixels.pyramid is None:
        raise SecondViewError(pixels.problem or f"{entry.title} cannot be read.")
    if reading is None and source.project is not None:
        reading = source.reading(entry)
    return pixels.pyramid, reading.overlay if reading is not None else None


def predicted_overlay(prediction: Prediction, schema: Schema, cuts: Mapping[str, Cut]) -> OverlayPyramid:
    """The layers of a prediction with these cuts (at 0.5 where none is given), as planes of the schema."""
    return OverlayPyramid(predicted_pages(prediction, schema, cuts))


def label_overlay(project: Project, image_id: str, reader: str, reading: int) -> OverlayPyramid | None:
    """The layers of a label that stands in the store. Raises LabelDamaged, StoreError."""
    label = project.load_label(image_id, reading, reader=reader)
    return OverlayPyramid(label.planes.mask) if label.planes is not None else None
