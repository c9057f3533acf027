"""What the Models and the Training page show: records, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.bundle import Manifest


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as the page shows it. ``problem`` is a sentence when its bundle cannot be used."""

    name: str
    path: Path
    origin: str
    digest: str
    manifest: Manifest | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Reviewed images and groups by split; ``grouping_known`` is False where each image is its own group."""

    images: Mapping[str, int]
    groups: Mapping[str, int]
    grouping_known: bool = True

    @property
    def problem(self) -> str | None:
        """Why no run can start, one sentence, or None."""
        for split, title in (("train", "training"), ("val", "validation")):
            if not self.images.get(split):
                return f"No reviewed image is in the {title} part yet: finish some more on the Review page."
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipe as it is offered."""

    name: str
    title: str
    description: str
    epochs: int
    goes_on: bool = False
    """Whether it goes on from the model in use, and so needs one."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that the two pages show."""

    models: tuple[ModelEntry, ...]
    incumbent: str
    before: str | None
    material: Material
    recipes: tuple[Choice, ...]
