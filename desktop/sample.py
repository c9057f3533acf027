"""The sample project: generated fundus photographs, copied to where a person may write."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from desktop.places import RESOURCES, data_dir

SAMPLE = RESOURCES / "sample"
DEMO_MODEL = RESOURCES / "models" / "fundus-demo"
# What `training.synthetic` writes as the source of the images that it makes.
_SYNTHETIC_SOURCE = "training.synthetic"
_TABLES = ("groups.csv", "split.csv", "schema.json", "dataset.json")


def prepare_sample(destination: Path | None = None) -> Path:
    """Copy the sample's images and tables (not its true masks) and return the folder to open.

    Default: `sample` in the user's data folder. What is there already stays, with all the work in it.
    """
    folder = destination or data_dir() / "sample"
    folder.mkdir(parents=True, exist_ok=True)
    images = SAMPLE / "images"
    sources = [(p, p.relative_to(images)) for p in sorted(images.rglob("*")) if p.is_file()]
    sources += [(SAMPLE / name, Path(name)) for name in _TABLES]
    for source, relative in sources:
        target = folder / relative
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(target.name + ".part")
        shutil.copyfile(source, beside)
        beside.replace(target)
    return folder


def folder_domain(folder: Path) -> str:
    """Return "synthetic" when the folder's `dataset.json` says that its images were generated, else ""."""
    description = folder / "dataset.json"
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""  # no description, or somebody else's: then nothing is known of the domain
    provenance = content.get("provenance") if isinstance(content, dict) else None
    source = provenance.get("source") if isinstance(provenance, dict) else None
    return "synthetic" if source == _SYNTHETIC_SOURCE else ""
