"""What a run works with: device, schema, network, the incumbent it starts from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from inference import precision
from inference.bundle import Manifest, bundle_digest, portable_arguments, read_manifest, read_tensors
from inference.networks import registry
from inference.predictor import choose_device
from inference.schema import Finding, GradeScale, Schema
from training.config import NetworkConfig, RunConfig
from training.dataset import Dataset, Item
from training.errors import ConfigError, DatasetError


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The bundle a run starts from."""

    folder: Path
    digest: str
    manifest: Manifest


@dataclass(slots=True)
class Prepared:
    """A run's network on its device, its schema and the configuration as it really is (``init`` resolved).

    ``whole_start``: the network began as the incumbent, with the same outputs and nothing begun anew.
    """

    config: RunConfig
    dataset: Dataset
    schema: Schema
    network: nn.Module
    device: torch.device
    incumbent: Incumbent | None
    autocast: bool
    whole_start: bool = False

    def known_thresholds(self) -> dict[str, float]:
        """The incumbent's threshold of each class that it predicts too; empty without an incumbent."""
        if self.incumbent is None:
            return {}
        manifest = self.incumbent.manifest
        known = {item.name for item in manifest.schema.active_classes}
        names = [item.name for item in self.schema.active_classes if item.name in known]
        return {name: manifest.threshold(name) for name in names}

    def return_to_start(self) -> None:
        """Puts the incumbent's weights back. Only for a ``whole_start``."""
        if self.incumbent is not None:
            transfer(self.network, self.schema, self.incumbent, lambda _text: None)


def prepare_run(config: RunConfig, dataset: Dataset, notice: Callable[[str], None]) -> Prepared:
    """Builds everything a run needs; what a person should know goes to ``notice``.

    Raises ConfigError, DatasetError, or the inference layer's NetworkError and BundleError.
    """
    if config.needs_init and not config.init:
        raise ConfigError(f'The recipe "{config.title}" starts from a model: name its bundle with --init.')
    if config.freeze_batch_norm and not config.init:
        raise ConfigError('"freeze_batch_norm" keeps a model\'s statistics: name its bundle with --init.')
    if config.threads:
        torch.set_num_threads(config.threads)
    seed_everything(config.seed)
    device = choose_device(config.device)
    incumbent = _read_incumbent(config.init)
    if incumbent is not None:
        manifest = incumbent.manifest
        network_config = NetworkConfig(
            name=manifest.network, arguments=portable_arguments(manifest.arguments)
        )
        config = replace(config, network=network_config, preprocess=manifest.preprocessing)
    dataset = _name_the_class(dataset, config, incumbent)
    schema = run_schema(dataset, config, incumbent, notice)
    network = _build(config.network, schema)
    schema, network = _without_unpredicted(config.network, schema, network, notice)
    whole = incumbent is not None and not transfer(network, schema, incumbent, notice)
    network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Prepared(
        config, dataset, schema, network, device, incumbent, use_autocast(config.autocast, device), whole
    )


def seed_everything(seed: int) -> None:
    """Seeds python, numpy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def use_autocast(wish: str, device: torch.device) -> bool:
    """Whether to compute in bfloat16: "auto" where the processor or GPU has it natively."""
    if wish != "auto":
        return wish == "on"
    # float16, which older GPUs offer, would need its losses scaled: not worth it there.
    return precision.candidate(device) is torch.bfloat16


def _read_incumbent(init: str) -> Incumbent | None:
    if not init:
        return None
    folder = Path(init)
    return Incumbent(folder, bundle_digest(folder), read_manifest(folder))


def _name_the_class(dataset: Dataset, config: RunConfig, incumbent: Incumbent | None) -> Dataset:
    """A single class without a name takes the only one it can mean: the recipe's or the incumbent's."""
    if not dataset.unnamed_class:
        return dataset
    wanted = config.data.classes
    if not wanted and incumbent is not None:
        wanted = tuple(item.name for item in incumbent.manifest.schema.active_classes)
    return dataset.with_class_named(wanted[0]) if len(wanted) == 1 else dataset


def run_schema(
    dataset: Dataset, config: RunConfig, incumbent: Incumbent | None, notice: Callable[[str], None]
) -> Schema:
    """What the new model will predict: what is labelled in the training images, and what the incumbent knew.

    An incumbent that knows every labelled class keeps its schema; one that knows none of them gives way
    to the dataset's; otherwise the new classes are added to its own.
    """
    labelled = _labelled_schema(dataset, config, notice)
    if incumbent is None:
        return labelled
    known = incumbent.manifest.schema
    names = {item.name for item in known.active_classes}
    new = [item for item in labelled.active_classes if item.name not in names]
    if new and len(new) == len(labelled.active_classes):
        classes = labelled.classes
        if names:
            notice(f"The model it starts from predicts {_list(names)}: these are replaced.")
    else:
        grown = known
        for item in new:
            grown = grown.add_class(item.name, item.title, item.color)
        classes = grown.classes
    scales = {scale.name: scale for scale in (*known.grades, *labelled.grades)}
    findings = {item.name: item for item in (*known.findings, *labelled.findings)}
    return Schema(classes, tuple(scales.values()), tuple(findings.values()))


def _labelled_schema(dataset: Dataset, config: RunConfig, notice: Callable[[str], None]) -> Schema:
    items = [item for item in dataset.split("train") if item.weight > 0]
    if not items:
        raise DatasetError(f"{dataset.folder} has no training images: all its groups are in val or test.")
    schema = dataset.schema
    wanted = config.data.classes
    known = [item.name for item in schema.active_classes]
    for name in wanted:
        if name not in known:
            raise ConfigError(f'"data.classes" names "{name}"; the dataset has {_list(known) or "none"}.')
    classes = [item for item in schema.active_classes if not wanted or item.name in wanted]
    used = tuple(item for item in classes if any(item.name in entry.labelled for entry in items))
    grades = tuple(scale for scale in schema.grades if _is_graded(scale, items))
    findings = tuple(finding for finding in schema.findings if _is_assessed(finding, items))
    learnt = Schema(used, grades, findings)
    wished = Schema(tuple(classes), schema.grades, schema.findings)
    idle = [name for name in output_names(wished) if name not in output_names(learnt)]
    if idle:
        notice(f"Not labelled in any training image, and so not learnt: {_list(idle)}.")
    if not (used or grades or findings):
        raise DatasetError(f"Nothing is labelled in the {len(items)} training images of {dataset.folder}.")
    return learnt


def output_names(schema: Schema) -> list[str]:
    """The names of everything that a model of this schema predicts."""
    return [
        *(item.name for item in schema.active_classes),
        *(scale.name for scale in schema.grades),
        *(finding.name for finding in schema.findings),
    ]


def _is_graded(scale: GradeScale, items: Iterable[Item]) -> bool:
    return any(scale.name in item.grades for item in items)


def _is_assessed(finding: Finding, items: Iterable[Item]) -> bool:
    return any(finding.name in item.findings for item in items)


def _build(config: NetworkConfig, schema: Schema) -> nn.Module:
    return registry.build(config.name, schema, config.arguments)


def _without_unpredicted(
    config: NetworkConfig, schema: Schema, network: nn.Module, notice: Callable[[str], None]
) -> tuple[Schema, nn.Module]:
    """Takes out of the schema what this network family has no output for."""
    network.eval()
    with torch.no_grad():
        output = network(torch.zeros(1, 3, 64, 64))
    network.train()
    reduced = Schema(
        schema.classes if output.masks is not None else (),
        tuple(scale for scale in schema.grades if scale.name in output.grades),
        schema.findings if output.findings is not None else (),
    )
    if reduced == schema:
        return schema, network
    left = [name for name in output_names(schema) if name not in output_names(reduced)]
    notice(f'The network "{config.name}" has no output for {_list(left)}: left out.')
    return reduced, network


def transfer(
    network: nn.Module, schema: Schema, incumbent: Incumbent, notice: Callable[[str], None]
) -> frozenset[str]:
    """Copies the incumbent's weights into ``network``: outputs by name, the rest by position.

    Returns the names of what it could not copy, which stays as it was built.
    """
    old = incumbent.manifest.schema
    tensors = {key: torch.from_numpy(array) for key, array in read_tensors(incumbent.folder).items()}
    state = network.state_dict()
    fresh: set[str] = set()
    for key, value in state.items():
        rows = _output_rows(key, schema, old)
        if rows is not None:
            source_key, names = rows
            fresh |= _copy_rows(value, tensors.get(source_key), names)
        elif key in tensors and tensors[key].shape == value.shape:
            value.copy_(tensors[key])
        else:
            fresh.add(key)
    network.load_state_dict(state)
    if fresh:
        notice(f"Not taken from the model it starts from, and begun anew: {_list(sorted(fresh))}.")
    return frozenset(fresh)


def set_learning(network: nn.Module, *, freeze_batch_norm: bool) -> None:
    """Training mode; with ``freeze_batch_norm`` batch normalisations go on using their running statistics.

    A few small batches tell less of the images' statistics than the many that the incumbent learnt from.
    Their scales and shifts learn like other weights.
    """
    network.train()
    for module in network.modules() if freeze_batch_norm else ():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def _output_rows(key: str, schema: Schema, old: Schema) -> tuple[str, list[tuple[str, int | None]]] | None:
    """For a tensor of an output head: the incumbent's tensor, and per row its name and the row there."""
    if key.startswith("mask_head."):
        return key, _rows([c.name for c in schema.active_classes], [c.name for c in old.active_classes])
    if key.startswith("heads.findings."):
        return key, _rows([f.name for f in schema.findings], [f.name for f in old.findings])
    if key.startswith("heads.grades."):
        number, last = key.removeprefix("heads.grades.").split(".", 1)
        scale = schema.grades[int(number)]
        place = next((n for n, other in enumerate(old.grades) if other.name == scale.name), None)
        if place is None:
            return "", [(f"{scale.name} {value}", None) for value in scale.values]
        rows = _rows(list(scale.values), list(old.grades[place].values))
        return f"heads.grades.{place}.{last}", [(f"{scale.name} {name}", row) for name, row in rows]
    return None


def _rows(names: list[str], old: list[str]) -> list[tuple[str, int | None]]:
    return [(name, old.index(name) if name in old else None) for name in names]


def _copy_rows(value: Tensor, source: Tensor | None, rows: list[tuple[str, int | None]]) -> set[str]:
    """Copies rows in place; the names of those that stay as they were built."""
    fresh = set()
    for number, (name, row) in enumerate(rows):
        if row is None or source is None or source.shape[1:] != value.shape[1:]:
            fresh.add(name)
        else:
            value[number].copy_(source[row])
    return fresh


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
