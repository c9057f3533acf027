"""Model bundles: a folder with `model.json` and `weights.safetensors`, read strictly (no torch at import).

Nothing in a bundle can run code or name a file outside its folder: the weights are plain tensors under a
fixed file name, the network is chosen by name from the registry.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import InferenceError
from inference.preprocess_config import PreprocessConfig
from inference.records import check_keys, name_problem, show_name
from inference.schema import Schema

FORMAT = 1
MANIFEST_FILE = "model.json"
WEIGHTS_FILE = "weights.safetensors"
_LARGEST_MANIFEST = 256 << 20  # hashes of some million seen images; beyond it something is wrong

# Arguments that say where training began, not what the network is. A bundle brings its own weights.
_START_ARGUMENTS = ("weights",)


class BundleError(InferenceError):
    """A folder that is not a whole, valid model bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputMapping:
    """How the file's native values become the network's: "rgb8" is `images.to_rgb8`, then preprocessing."""

    values: str = "rgb8"

    def __post_init__(self) -> None:
        if self.values != "rgb8":
            raise BundleError(f"The input mapping “{self.values}” is not known; this version knows rgb8.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenImages:
    """What a model learnt or was tuned on (training and validation, ancestors included).

    Attributes:
        content_hashes: of the files' bytes. perceptual_hashes: of the pictures.
        group_keys: hashes of salt + group name, so that names of patients never travel with a model.
        salt: the salt of `group_keys`.
    """

    content_hashes: tuple[str, ...] = ()
    perceptual_hashes: tuple[str, ...] = ()
    group_keys: tuple[str, ...] = ()
    salt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything `model.json` says; see DESIGN.md section 4. Values must be plain (JSON).

    `thresholds` maps class names to probabilities strictly between 0 and 1; classes left out are cut at 0.5.
    `created` is UTC, ISO 8601; it is set when left empty.
    """

    name: str
    network: str
    arguments: dict[str, Any] = field(default_factory=dict)
    schema: Schema = field(default_factory=Schema)
    input: InputMapping = field(default_factory=InputMapping)
    preprocessing: PreprocessConfig = field(default_factory=PreprocessConfig)
    thresholds: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    dataset_digest: str | None = None
    parent: str | None = None
    licence: str = ""
    attribution: str = ""
    domain: str = ""
    seen: SeenImages = field(default_factory=SeenImages)
    created: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        for key in ("name", "network", "licence", "attribution", "domain", "created"):
            if not isinstance(getattr(self, key), str):
                raise BundleError(f"The model's “{key}” must be a text.")
        for key in ("arguments", "thresholds", "metrics", "recipe"):
            if not isinstance(getattr(self, key), dict):
                raise BundleError(f"The model's “{key}” must be a table of keys and values.")
        for key in ("dataset_digest", "parent"):
            if not isinstance(getattr(self, key), str | None):
                raise BundleError(f"The model's “{key}” must be a text or null.")
        for key in ("name", "network"):
            problem = name_problem(getattr(self, key))
            if problem is not None:
                raise BundleError(f"The model's {key} “{getattr(self, key)}” cannot be used: {problem}.")
        for key in _START_ARGUMENTS:
            if self.arguments.get(key) is not None:
                raise BundleError(f"The model's argument “{key}” names a file outside the bundle.")
        self._check_thresholds()
        if not self.created:
            object.__setattr__(self, "created", datetime.now(UTC).isoformat(timespec="seconds"))

    def _check_thresholds(self) -> None:
        known = {c.name for c in self.schema.active_classes}
        for name, value in self.thresholds.items():
            if name not in known:
                raise BundleError(f"The model has a threshold for “{name}”, which is no class of its schema.")
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 < value < 1:
                raise BundleError(f"The threshold of “{name}” must lie between 0 and 1, not at {value}.")

    def threshold(self, class_name: str) -> float:
        """The probability from which a pixel of this class counts as inside."""
        return float(self.thresholds.get(class_name, 0.5))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in the order people read them."""
        record: dict[str, Any] = {"format": self.format}
        for item in fields(self):
            record[item.name] = getattr(self, item.name)
        record["schema"] = self.schema.to_dict()
        record["preprocessing"] = self.preprocessing.to_dict()
        record["input"] = {"values": self.input.values}
        record["seen"] = {
            "content_hashes": list(self.seen.content_hashes),
            "perceptual_hashes": list(self.seen.perceptual_hashes),
            "group_keys": list(self.seen.group_keys),
            "salt": self.seen.salt,
        }
        return record

    @classmethod
    def from_dict(cls, record: Any, where: str = "model.json") -> Manifest:
        """Read plain values strictly. Raises BundleError (one sentence) for anything amiss."""
        if (
            isinstance(record, Mapping)
            and isinstance(record.get("format"), int)
            and record["format"] > FORMAT
        ):
            raise BundleError(
                f"{where} has format {record['format']}; this version of Overread reads up to {FORMAT}, "
                "so it needs a newer Overread."
            )
        allowed = [f.name for f in fields(cls)]
        required = ("format", "name", "network", "schema", "preprocessing")
        keys = dict(check_keys(record, allowed=allowed, required=required, where=where, error=BundleError))
        if keys["format"] != FORMAT or isinstance(keys["format"], bool):
            raise BundleError(f"{where} has the unknown format “{keys['format']}”.")
        try:
            keys["schema"] = Schema.from_dict(keys["schema"], f"{where}, schema")
            keys["preprocessing"] = PreprocessConfig.from_dict(
                keys["preprocessing"], f"{where}, preprocessing"
            )
        except InferenceError as error:
            raise BundleError(str(error)) from error
        if "input" in keys:
            given = check_keys(keys["input"], allowed=("values",), where=f"{where}, input", error=BundleError)
            keys["input"] = InputMapping(**given)
        if "seen" in keys:
            keys["seen"] = _seen(keys["seen"], f"{where}, seen")
        return cls(**keys)


def _seen(record: Any, where: str) -> SeenImages:
    lists = ("content_hashes", "perceptual_hashes", "group_keys")
    keys = check_keys(record, allowed=(*lists, "salt"), where=where, error=BundleError)
    for name in lists:
        value = keys.get(name, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise BundleError(f"{where}: “{name}” must be a list of texts.")
    if not isinstance(keys.get("salt", ""), str):
        raise BundleError(f"{where}: “salt” must be a text.")
    return SeenImages(**{name: tuple(keys.get(name, ())) for name in lists}, salt=keys.get("salt", ""))


def _inside(folder: Path, name: str) -> Path:
    """The bundle's file, refused when it is missing or a link that leads out of the folder."""
    path = folder / name
    if not folder.is_dir():
        raise BundleError(f"There is no model bundle at {show_name(folder)}: it is not a folder.")
    if not path.is_file():
        raise BundleError(
            f"The model bundle {show_name(folder)} lacks its file {name}; get the bundle again."
        )
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BundleError(f"In the model bundle {show_name(folder)} the file {name} links out of the folder.")
    return path


def read_manifest(folder: Path | str) -> Manifest:
    """Read and check `model.json`; the weights must be there but are not opened. Raises BundleError."""
    folder = Path(folder)
    path = _inside(folder, MANIFEST_FILE)
    _inside(folder, WEIGHTS_FILE)
    where = f"The model bundle {show_name(folder)}: {MANIFEST_FILE}"
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise BundleError(f"{where} is larger than any model description can be.")
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(f"{where} cannot be read: {error.strerror or 'unknown reason'}.") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{where} is not valid JSON.") from error
    return Manifest.from_dict(record, where)


def read_tensors(folder: Path | str) -> dict[str, NDArray[Any]]:
    """The bundle's tensors by name, each in its own shape; float16 ones come as float32.

    Raises BundleError when the file cannot be read or is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = Path(folder)
    path = _inside(folder, WEIGHTS_FILE)
    try:
        tensors = load_file(path)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise BundleError(
            f"The weights of the model bundle {show_name(folder)} cannot be read: {reason}."
        ) from error
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise BundleError(
            f"The weights of the model bundle {show_name(folder)} are damaged: "
            f"{WEIGHTS_FILE} is not a whole safetensors file; get the bundle again."
        ) from error
    return {key: t.astype(np.float32) if t.dtype == np.float16 else t for key, t in tensors.items()}


def check_tensors(
    folder: Path | str, expected: Mapping[str, tuple[int, ...]], found: Mapping[str, NDArray[Any]]
) -> None:
    """Compare tensors with what the network needs.

    Args:
        folder: the bundle, for the sentence.
        expected: the shape of every tensor, by name.
        found: the tensors that there are.

    Raises BundleError naming the first missing, extra, misshapen or non-finite tensor.
    """
    where = f"The weights of the model bundle {show_name(folder)}"
    missing, extra = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    if missing:
        raise BundleError(
            f"{where} lack {_count(missing)} that the network needs, such as “{missing[0]}”; "
            "get the bundle again, or choose another model."
        )
    if extra:
        raise BundleError(
            f"{where} hold {_count(extra)} that the network does not have, such as “{extra[0]}”; "
            "get the bundle again, or choose another model."
        )
    for key, shape in expected.items():
        array = found[key]
        if tuple(array.shape) != tuple(shape):
            raise BundleError(
                f"{where}: the tensor “{key}” has the shape {list(array.shape)}, "
                f"the network needs {list(shape)}."
            )
        if array.dtype.kind == "f" and not math.isfinite(float(np.sum(array, dtype=np.float64))):
            raise BundleError(f"{where}: the tensor “{key}” holds values that are not finite.")


def _count(names: list[str]) -> str:
    return "a tensor" if len(names) == 1 else f"{len(names)} tensors"


def write_manifest(folder: Path | str, manifest: Manifest) -> None:
    """Write `model.json` beside, then replace. Raises BundleError for values that JSON cannot hold."""
    folder = Path(folder)
    beside = folder / f"{MANIFEST_FILE}.new"
    try:
        text = json.dumps(manifest.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BundleError(
            f"The description of the model “{manifest.name}” holds a value that JSON cannot: {error}."
        ) from error
    beside.write_text(text + "\n", encoding="utf-8")
    os.replace(beside, folder / MANIFEST_FILE)  # noqa: PTH105 - the atomic replacement of both systems


def _array(tensor: Any, half: bool) -> NDArray[Any]:
    """A contiguous array of an array or a torch tensor (known by its methods, so that torch stays out)."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        # numpy has no bfloat16.
        tensor = (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    array = np.asarray(tensor)
    if half and array.dtype in (np.float32, np.float64):
        array = np.clip(array, -65504, 65504).astype(np.float16)  # the largest half-precision value
    return np.asarray(array, order="C")  # ascontiguousarray would turn single numbers into arrays of one


def portable_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments a bundle states: those that only name where training began are left out."""
    return {key: value for key, value in arguments.items() if key not in _START_ARGUMENTS}


def save_bundle(
    folder: Path | str, manifest: Manifest, tensors: Mapping[str, Any], *, half: bool = False
) -> None:
    """Write a whole bundle beside, then replace `folder` by it: a crash leaves the old or the new one.

    Args:
        folder: where the bundle will stand; an existing bundle there is replaced, any other folder refused.
        manifest: what `model.json` will say.
        tensors: the network's state dict: arrays or torch tensors.
        half: store floats in half precision (half the size; read back as float32).

    Raises BundleError for a folder that holds something else; OSError when the disk is full.
    """
    from safetensors.numpy import save

    folder = Path(folder)
    if folder.exists() and not (folder / MANIFEST_FILE).is_file() and any(folder.iterdir()):
        raise BundleError(f"The folder {show_name(folder)} holds other things; a model needs its own folder.")
    token = uuid.uuid4().hex[:8]
    beside, old = (
        folder.with_name(f".{folder.name}.{token}.new"),
        folder.with_name(f".{folder.name}.{token}.old"),
    )
    beside.mkdir(parents=True)
    try:
        (beside / WEIGHTS_FILE).write_bytes(save({key: _array(t, half) for key, t in tensors.items()}))
        write_manifest(beside, manifest)
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def bundle_digest(folder: Path | str) -> str:
    """SHA-256 over `model.json` and `weights.safetensors`, 64 hex digits, streamed; nothing else is checked.

    Each file enters as its name, its length and its bytes, so no two different bundles collide by
    concatenation. Raises BundleError when a file is missing or unreadable.
    """
    folder = Path(folder)
    digest = hashlib.sha256()
    try:
        for name in (MANIFEST_FILE, WEIGHTS_FILE):
            path = _inside(folder, name)
            digest.update(f"{name}\n{path.stat().st_size}\n".encode())
            with path.open("rb", buffering=0) as stream:
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise BundleError(f"The model bundle {show_name(folder)} cannot be read: {reason}.") from error
    return digest.hexdigest()
