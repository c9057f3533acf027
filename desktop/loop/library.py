"""The models a person can name: those that come with the program, and those registered in the data folder."""

from __future__ import annotations

import difflib
import json
import shutil
import struct
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from desktop.errors import DesktopError
from desktop.places import RESOURCES, models_dir
from inference.bundle import (
    MANIFEST_FILE,
    WEIGHTS_FILE,
    BundleError,
    Manifest,
    bundle_digest,
    read_manifest,
)
from inference.errors import InferenceError
from inference.records import name_problem

Origin = Literal["bundled", "registered"]


class LibraryError(DesktopError):
    """A model that cannot be registered."""


class UnknownModelError(LibraryError):
    """Neither a known model's name nor a bundle's folder."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model bundle that can be named. `problem` is a sentence when its manifest cannot be used."""

    name: str
    path: Path
    origin: Origin
    manifest: Manifest | None = None
    problem: str | None = None


def bundled_models() -> tuple[KnownModel, ...]:
    """The models that come with the program, by name."""
    return _models(RESOURCES / "models", "bundled")


def registered_models() -> tuple[KnownModel, ...]:
    """The models that were added on this machine, by name."""
    return _models(models_dir(), "registered")


def known_models() -> tuple[KnownModel, ...]:
    """All models that can be named. A registered one goes before a bundled one of the same name."""
    found = {model.name: model for model in (*bundled_models(), *registered_models())}
    return tuple(found[name] for name in sorted(found))


def find_model(name_or_path: str | Path) -> Path:
    """The bundle's folder for a model's name or a path.

    Raises UnknownModelError that names the nearest known model when there is neither.
    """
    text = str(name_or_path)
    if "/" not in text and "\\" not in text:
        # The registered one first: that is how a person replaces a bundled model by a better one.
        for folder in (models_dir() / text, RESOURCES / "models" / text):
            if text and (folder / MANIFEST_FILE).is_file():
                return folder
    path = Path(text).expanduser()
    if text and path.is_dir():
        return path
    names = [model.name for model in known_models()]
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "`overread models list` shows the models there are."
    raise UnknownModelError(f'There is no model and no folder "{text}"; {hint}')


def add_model(path: Path, name: str | None = None) -> KnownModel:
    """Copy a bundle into the data folder so that it can be named; the same bundle twice is no error.

    Raises BundleError for a folder that is no whole bundle, LibraryError for a name that is taken.
    """
    manifest = read_manifest(path)
    tensor_shapes(path / WEIGHTS_FILE)
    chosen = name or manifest.name
    problem = name_problem(chosen)
    if problem is not None:
        raise LibraryError(f'The model name "{chosen}" cannot be used: {problem}.')
    target = models_dir() / chosen
    if target.exists():
        if (target / MANIFEST_FILE).is_file() and bundle_digest(target) == bundle_digest(path):
            return KnownModel(chosen, target, "registered", manifest)
        raise LibraryError(f'A model named "{chosen}" is registered already; give another name with --name.')
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{chosen}.{uuid.uuid4().hex[:8]}.new")
    beside.mkdir()
    try:
        for file in (MANIFEST_FILE, WEIGHTS_FILE):
            shutil.copyfile(path / file, beside / file)
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return KnownModel(chosen, target, "registered", manifest)


def tensor_shapes(weights: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor, from the header of a safetensors file. Raises BundleError if damaged.

    The form: 8 bytes little-endian length, then that much JSON, then the data
    (huggingface.co/docs/safetensors, "Format").
    """
    damaged = BundleError(f"{weights} is not a whole safetensors file; get the bundle again.")
    size = weights.stat().st_size
    with weights.open("rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        if not 2 <= length <= size - 8:
            raise damaged
        try:
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            shapes = {name: tuple(int(n) for n in entry["shape"]) for name, entry in header.items()}
            ends = [entry["data_offsets"][1] for entry in header.values()]
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise damaged from error
    if 8 + length + max(ends, default=0) != size:
        raise damaged
    return shapes


def _models(folder: Path, origin: Origin) -> tuple[KnownModel, ...]:
    if not folder.is_dir():
        return ()
    bundles = sorted(
        p for p in folder.iterdir() if (p / MANIFEST_FILE).is_file() and not p.name.startswith(".")
    )
    return tuple(_known(path, origin) for path in bundles)


def _known(path: Path, origin: Origin) -> KnownModel:
    try:
        return KnownModel(path.name, path, origin, read_manifest(path))
    except InferenceError as error:
        return KnownModel(path.name, path, origin, problem=str(error))
