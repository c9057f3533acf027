"""What the parts of `Project` share: the open store, the writer and the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop.project.image_index import ImageIndex
from desktop.project.label import LabelKey
from desktop.project.location import Location
from desktop.project.provenance import Cut
from desktop.project.store import Store
from desktop.project.writer import Writer
from inference.schema import Schema
from training.grouping import Grouping


class ProjectBase:
    """The attributes that every part of a project may use; `Project` sets them."""

    folder: Path
    image_root: Path
    location: Location
    location_note: str
    store: Store
    writer: Writer
    reader: str
    name: str
    schema: Schema
    grouping: Grouping
    split_seed: int
    salt: str
    image_index: ImageIndex
    layers_at_start: dict[str, Any]
    """How this reader's layers looked when the project was opened (see `desktop.state.layers`)."""
    _cuts: dict[str, dict[str, Cut]]

    def key(self, image_id: str, reading: int = 0) -> LabelKey:
        """Return the key of this reader's label of an image."""
        return LabelKey(image_id, self.reader, reading)

    def _load_settings(self, settings: Mapping[str, str]) -> None:
        self.name = json.loads(settings["name"])
        self.schema = Schema.from_dict(json.loads(settings["schema"]))
        self.grouping = Grouping.from_dict(json.loads(settings["grouping"]))
        self.split_seed = int(json.loads(settings["split_seed"]))
        self.salt = json.loads(settings["salt"])
        self.layers_at_start = json.loads(settings.get(f"layers:{self.reader}", "{}"))
