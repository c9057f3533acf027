"""Turning a run's network into a bundle that says where it comes from and what it has seen."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inference.bundle import Manifest, SeenImages, bundle_digest, portable_arguments, save_bundle
from inference.hashing import perceptual_hash
from inference.images import read_rgb8
from inference.records import name_problem
from training.config import config_to_dict
from training.dataset import Item
from training.setup import Prepared

BEST: str = "best"
_HASH_LONG_SIDE = 512


def group_key(salt: str, group: str) -> str:
    """The salted hash of a group's name: names of patients never travel with a model."""
    return hashlib.blake2b(f"{salt}\0{group}".encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def bundle_name(title: str, out: Path) -> str:
    """The recipe's title, else the run folder's name, without what a bundle's name cannot hold."""
    for text in (title, out.name):
        name = "".join(c if c not in '/\\:*?"<>|' and ord(c) >= 32 else " " for c in text)[:64].strip(" .")
        if name_problem(name) is None:
            return name
    return "run"


@dataclass(slots=True)
class Publisher:
    """Writes ``best/`` of a run. ``perceptual`` yields hashes of images that were decoded anyway, by key."""

    prepared: Prepared
    out: Path
    name: str
    perceptual: Callable[[], dict[str, str]]
    _seen: SeenImages | None = field(default=None, init=False)

    def publish(self, thresholds: dict[str, float], metrics: dict[str, Any]) -> tuple[Path, str]:
        """Replaces ``best/`` by the network as it is now; returns the folder and the bundle's digest."""
        if self._seen is None:
            self._seen = self._see()
        prepared, config = self.prepared, self.prepared.config
        incumbent = prepared.incumbent.manifest if prepared.incumbent else None
        manifest = Manifest(
            name=self.name,
            network=config.network.name,
            arguments=portable_arguments(config.network.arguments),
            schema=prepared.schema,
            preprocessing=config.preprocess,
            thresholds=thresholds,
            metrics=metrics,
            dataset_digest=prepared.dataset.digest,
            parent=prepared.incumbent.digest if prepared.incumbent else None,
            licence=config.licence or (incumbent.licence if incumbent else ""),
            attribution=config.attribution or (incumbent.attribution if incumbent else ""),
            # Not the incumbent's: what a demonstration learnt on is not what this model saw.
            domain=config.domain,
            seen=self._seen,
            recipe=config_to_dict(config),
        )
        folder = self.out / BEST
        save_bundle(folder, manifest, prepared.network.state_dict())
        return folder, bundle_digest(folder)

    def _see(self) -> SeenImages:
        """Hashes of every train and val image, and what the incumbent had seen."""
        dataset = self.prepared.dataset
        before = self.prepared.incumbent.manifest.seen if self.prepared.incumbent else SeenImages()
        salt = before.salt or secrets.token_hex(16)
        items: Sequence[Item] = (*dataset.split("train"), *dataset.split("val"))
        known = self.perceptual()
        contents = {dataset.hashes[item.key] for item in items}
        pictures = {known.get(item.key) or _picture_hash(item) for item in items}
        # A group that is only an image's own path would meet every other data set with such a file name.
        groups = {group_key(salt, item.group) for item in items if dataset.grouping_known}
        return SeenImages(
            content_hashes=tuple(sorted(contents | set(before.content_hashes))),
            perceptual_hashes=tuple(sorted(pictures | set(before.perceptual_hashes))),
            group_keys=tuple(sorted(groups | set(before.group_keys))),
            salt=salt,
        )


def _picture_hash(item: Item) -> str:
    return perceptual_hash(read_rgb8(item.path, item.frame, at_least=_HASH_LONG_SIDE))
