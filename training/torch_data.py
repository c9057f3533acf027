"""Batches for the fit loop: prepared samples kept in memory as bytes, changed anew every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from inference.hashing import perceptual_hash
from inference.images import read_rgb8
from inference.preprocess import fit_image, mask_coverage, normalise, prepare_mask
from inference.preprocess_config import PreprocessConfig
from inference.schema import Schema
from training.augment import Sample, augment, generator
from training.config import AugmentConfig
from training.dataset import Item

U8 = NDArray[np.uint8]


class Batch(NamedTuple):
    """One batch of N samples.

    ``images`` (N, 3, h, w) float32 channels-last; ``targets`` and ``valid`` (N, C, h, w) uint8; ``grades``
    by scale (N,) int64 with -1 for none; ``findings`` (N, F) float32 with -1 for not assessed; ``weights``
    (N,) float32; ``indices`` the samples' positions.
    """

    images: Tensor
    targets: Tensor
    valid: Tensor
    grades: dict[str, Tensor]
    findings: Tensor
    weights: Tensor
    indices: tuple[int, ...]

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(
            self.images.to(device, non_blocking=True, memory_format=torch.channels_last),
            self.targets.to(device, non_blocking=True),
            self.valid.to(device, non_blocking=True),
            {name: grade.to(device) for name, grade in self.grades.items()},
            self.findings.to(device),
            self.weights.to(device),
            self.indices,
        )

    def split(self, size: int) -> Iterator[Batch]:
        """The batch in parts of ``size`` samples."""
        for start in range(0, len(self.indices), size):
            part = slice(start, start + size)
            yield Batch(
                self.images[part],
                self.targets[part],
                self.valid[part],
                {name: grade[part] for name, grade in self.grades.items()},
                self.findings[part],
                self.weights[part],
                self.indices[part],
            )


@dataclass(slots=True)
class _Packed:
    """A prepared sample as it is kept: masks as bits."""

    picture: U8
    targets: U8
    valid: U8
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return self.picture.nbytes + self.targets.nbytes + self.valid.nbytes

    @classmethod
    def pack(cls, sample: Sample) -> _Packed:
        return cls(
            sample.picture, np.packbits(sample.targets), np.packbits(sample.valid), sample.targets.shape
        )

    def unpack(self) -> Sample:
        count = int(np.prod(self.shape))
        targets, valid = (
            np.unpackbits(bits, count=count).reshape(self.shape) for bits in (self.targets, self.valid)
        )
        return Sample(self.picture, targets, valid)


class SampleSource:
    """Decodes and prepares items, and keeps what fits into a budget of bytes.

    ``perceptual`` collects the images' perceptual hashes, as each is decoded once anyway.
    """

    def __init__(
        self, items: Sequence[Item], schema: Schema, preprocess: PreprocessConfig, cache_bytes: int
    ) -> None:
        self.items = tuple(items)
        self.schema = schema
        self.classes = tuple(item.name for item in schema.active_classes)
        self.preprocess = preprocess
        self.perceptual: dict[str, str] = {}
        self._left = cache_bytes
        self._kept: dict[int, _Packed] = {}

    def sample(self, index: int) -> Sample:
        """The prepared sample of item ``index``, unchanged. Raises ImageError or DatasetError."""
        kept = self._kept.get(index)
        if kept is not None:
            return kept.unpack()
        sample = self._prepare(self.items[index])
        packed = _Packed.pack(sample)
        if packed.size <= self._left:
            self._left -= packed.size
            self._kept[index] = packed
        return sample

    def _prepare(self, item: Item) -> Sample:
        rgb8 = read_rgb8(item.path, item.frame)
        if item.key not in self.perceptual:
            self.perceptual[item.key] = perceptual_hash(rgb8)
        picture, geometry = fit_image(rgb8, self.preprocess)
        targets = np.zeros((len(self.classes), *geometry.network_size), np.uint8)
        valid = np.zeros_like(targets)
        everywhere = np.ones(geometry.image_size, bool)
        for channel, name in enumerate(self.classes):
            if name not in item.labelled:
                continue
            targets[channel] = prepare_mask(item.read_mask(name), geometry)
            counts = item.read_valid(name)
            valid[channel] = mask_coverage(everywhere if counts is None else counts, geometry) >= 0.5
        return Sample(picture, targets, valid)

    def grade_index(self, item: Item, scale: str) -> int:
        """The position of the item's grade on a scale, or -1."""
        value = item.grades.get(scale)
        values = self.schema.scale(scale).values
        return values.index(value) if value in values else -1

    def finding_values(self, item: Item) -> list[float]:
        """Per finding 1 present, 0 absent, -1 not assessed."""
        states = {"present": 1.0, "absent": 0.0}
        return [states.get(item.findings.get(finding.name, ""), -1.0) for finding in self.schema.findings]


class _Samples(TorchDataset[Any]):
    """What a loader asks for (epoch, index) pairs; epoch -1 leaves samples unchanged."""

    def __init__(self, source: SampleSource, config: AugmentConfig, seed: int) -> None:
        self.source, self.config, self.seed = source, config, seed

    def __len__(self) -> int:
        return len(self.source.items)

    def __getitem__(self, key: tuple[int, int]) -> tuple[int, Sample]:
        epoch, index = key
        sample = self.source.sample(index)
        if epoch >= 0:
            sample = augment(sample, self.config, generator(self.seed, epoch, index))
        return index, sample

    def collate(self, parts: list[tuple[int, Sample]]) -> Batch:
        """Stacks samples into a batch."""
        source = self.source
        items = [source.items[index] for index, _ in parts]
        pictures = np.stack([normalise(sample.picture, source.preprocess) for _, sample in parts])
        findings = [source.finding_values(item) for item in items]
        return Batch(
            torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last),
            torch.from_numpy(np.stack([sample.targets for _, sample in parts])),
            torch.from_numpy(np.stack([sample.valid for _, sample in parts])),
            {
                scale.name: torch.tensor([source.grade_index(item, scale.name) for item in items])
                for scale in source.schema.grades
            },
            torch.tensor(findings, dtype=torch.float32).reshape(len(items), -1),
            torch.tensor([item.weight for item in items], dtype=torch.float32),
            tuple(index for index, _ in parts),
        )


class _Order:
    """Batches of (epoch, index) keys, shuffled by seed and epoch or in order, from batch ``skip`` on."""

    def __init__(self, count: int, batch_size: int, seed: int, shuffle: bool) -> None:
        self.count, self.batch_size, self.seed, self.shuffle = count, batch_size, seed, shuffle
        self.epoch, self.skip = 0, 0

    def __len__(self) -> int:
        return len(self._starts()) - self.skip

    def _starts(self) -> list[int]:
        starts = list(range(0, self.count, self.batch_size))
        # A single sample has no batch statistics: the last one joins the batch before it.
        if self.shuffle and len(starts) > 1 and self.count - starts[-1] == 1:
            starts.pop()
        return starts

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        order = np.arange(self.count)
        if self.shuffle:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(self.count)
        epoch = self.epoch if self.shuffle else -1
        starts = self._starts()
        for start, end in zip(starts, [*starts[1:], self.count], strict=True):
            if start >= self.skip * self.batch_size:
                yield [(epoch, int(index)) for index in order[start:end]]


class Loader:
    """Batches of a source, epoch by epoch.

    Args:
        source: the samples.
        config: how samples are changed when ``shuffle`` is set; otherwise they come unchanged and in order.
        workers: 0 prepares in this process; otherwise so many processes, each with a cache of its own.
    """

    def __init__(
        self,
        source: SampleSource,
        *,
        batch_size: int,
        seed: int = 0,
        config: AugmentConfig | None = None,
        shuffle: bool = False,
        workers: int = 0,
    ) -> None:
        samples = _Samples(source, config or AugmentConfig(), seed)
        self._order = _Order(len(samples), batch_size, seed, shuffle)
        self._loader: DataLoader[Any] = DataLoader(
            samples,
            batch_sampler=self._order,
            collate_fn=samples.collate,
            num_workers=workers,
            multiprocessing_context="spawn" if workers else None,
            worker_init_fn=_start_worker if workers else None,
            persistent_workers=workers > 0,
            # A generator of its own: a loader must not draw from the one that a resumed run restores.
            generator=torch.Generator(),
        )
        self.batches = len(self._order)

    def epoch(self, epoch: int = 0, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first ``skip``."""
        self._order.epoch, self._order.skip = epoch, skip
        return iter(self._loader)

    def close(self) -> None:
        """Ends the worker processes, if there are any."""
        iterator = getattr(self._loader, "_iterator", None)
        if iterator is not None:
            iterator._shutdown_workers()
            self._loader._iterator = None


def _start_worker(_number: int) -> None:
    """OpenCV's threads do not live well in worker processes; torchvision must be imported before others."""
    import inference.torchvision_first  # noqa: F401

    cv2.setNumThreads(0)
    torch.set_num_threads(1)
