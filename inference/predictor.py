"""Predictions of one bundle: for an image in memory, or for many files with decoding and network overlapped.

Imports torch; the desk imports this module in its prediction thread only. A Predictor belongs to one thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inference import precision
from inference.bundle import BundleError, Manifest, bundle_digest, check_tensors, read_manifest, read_tensors
from inference.errors import InferenceError
from inference.file_pipeline import (
    Cancelled,
    FileResult,
    PredictionCancelled,
    Prepared,
    check_cancelled,
    predict_batched,
    predict_spread,
)
from inference.images import read_image, to_rgb8
from inference.networks.output import NetworkOutput
from inference.networks.registry import NetworkError, build
from inference.prediction import LOGIT_LIMIT, Geometry, Prediction
from inference.preprocess import network_window, prepare
from inference.records import show_name

__all__ = [
    "DeviceError",
    "FileResult",
    "NetworkFailed",
    "PredictionCancelled",
    "Predictor",
    "choose_device",
    "load_network",
]

_log = logging.getLogger(__name__)
_BATCH = 8


class DeviceError(InferenceError):
    """A device that is not there or has not enough memory."""


class NetworkFailed(InferenceError):  # noqa: N818 - as "the network failed on this image"
    """The network's answer for an image is no prediction (not finite, or of another shape than promised)."""


def choose_device(device: str | torch.device = "auto") -> torch.device:
    """The torch device of a name; "auto" takes a GPU where there is one. Raises DeviceError."""
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise DeviceError(f"There is no kind of device “{device}”; use auto, cpu or cuda.") from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise DeviceError("There is no GPU that this installation can use; choose the device auto or cpu.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise DeviceError(f"There is no GPU with the number {chosen.index}.")
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("There is no Apple GPU that this installation can use; choose auto or cpu.")
    return chosen


def load_network(bundle: Path | str, device: str | torch.device = "cpu") -> tuple[nn.Module, Manifest]:
    """The bundle's network with its weights, in evaluation mode on `device`, and its manifest.

    Raises BundleError when the bundle is not whole or its weights do not fit its network exactly,
    DeviceError.
    """
    bundle = Path(bundle)
    manifest = read_manifest(bundle)
    target = choose_device(device)
    try:
        network = build(manifest.network, manifest.schema, manifest.arguments)
    except NetworkError as error:
        raise BundleError(f"The model bundle {show_name(bundle)} cannot be used: {error}") from error
    tensors = read_tensors(bundle)
    check_tensors(bundle, {key: tuple(t.shape) for key, t in network.state_dict().items()}, tensors)
    network.load_state_dict({key: torch.from_numpy(array) for key, array in tensors.items()})
    return network.to(target).eval().requires_grad_(False), manifest


def _levels(logits: Tensor) -> Tensor:
    """As `prediction.quantise`, by torch with all its threads. (N, C, h, w) to uint8."""
    scaled = (logits.float().clamp(-LOGIT_LIMIT, LOGIT_LIMIT) + LOGIT_LIMIT) * (255 / (2 * LOGIT_LIMIT))
    return scaled.round().to(torch.uint8)


class Predictor:
    """One bundle, ready to predict.

    Args:
        bundle: the bundle's folder.
        device: "auto", "cpu", "cuda", "cuda:1" ...
        threads: torch's threads for the CPU, of the whole process; None leaves them.
        notice: called with one sentence when something was done differently than asked (memory ran out).

    Attributes:
        digest: `bundle_digest`. manifest: the bundle's manifest. device: where the network is now.

    Raises BundleError, DeviceError.
    """

    def __init__(
        self,
        bundle: Path | str,
        *,
        device: str | torch.device = "auto",
        threads: int | None = None,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        if threads is not None:
            torch.set_num_threads(max(1, threads))
        self.digest = bundle_digest(bundle)
        self.device = choose_device(device)
        self.network, self.manifest = load_network(bundle, self.device)
        self.classes = tuple(c.name for c in self.manifest.schema.active_classes)
        self._thresholds = torch.tensor([self.manifest.threshold(name) for name in self.classes])
        self._notice = notice or _log.warning
        self._largest_batch: int | None = None
        self._proving = threading.Lock()

    def predict(self, native: NDArray[Any], *, cancelled: Cancelled | None = None) -> Prediction:
        """The prediction for an image as `images.read_image` returns it.

        Args:
            native: (H, W), (H, W, 3) or (H, W, 4), uint8, uint16 or float32, upright.
            cancelled: asked between the stages (the network itself is one stage).

        Raises PredictionCancelled, DeviceError, NetworkFailed.
        """
        check_cancelled(cancelled)
        rgb8 = to_rgb8(native)
        check_cancelled(cancelled)
        prepared = prepare(rgb8, self.manifest.preprocessing)
        check_cancelled(cancelled)
        result = self.predict_prepared([prepared])[0]
        check_cancelled(cancelled)
        if isinstance(result, InferenceError):
            raise result
        return result

    def predict_files(
        self,
        files: Sequence[tuple[Path | str, int]],
        *,
        on_result: Callable[[FileResult], None],
        cancelled: Cancelled | None = None,
        batch: int | None = None,
    ) -> None:
        """Predict many (path, frame) in order, every core at work (see `inference.file_pipeline`).

        `on_result` is called in this thread, once per file and in the order given; a file that cannot be read
        becomes a result with an error and stops nothing.

        Args:
            batch: images per network call; None: 8 on a GPU, 1 on a CPU (more gains nothing there).

        Raises PredictionCancelled at the next file after `cancelled` says so, DeviceError.
        """
        listed = [(Path(path), frame) for path, frame in files]
        if self.device.type == "cpu" and (batch or 1) == 1:
            predict_spread(self, listed, on_result, cancelled)
        else:
            predict_batched(self, listed, on_result, cancelled, batch or _BATCH)

    def prepare_file(self, path: Path, frame: int) -> Prepared:
        """Decode a file and make it the network's input. Raises ImageError."""
        return prepare(to_rgb8(read_image(path, frame)), self.manifest.preprocessing)

    def predict_prepared(self, items: Sequence[Prepared]) -> list[Prediction | InferenceError]:
        """The predictions for some inputs of one size; may be called from several threads.

        Raises DeviceError, NetworkFailed.
        """
        output = self._run(_stack([picture for picture, _ in items]))
        return self._predictions(output, [geometry for _, geometry in items])

    def _run(self, inputs: Tensor) -> NetworkOutput:
        """The network over (N, 3, h, w), in as many parts as memory asks for; outputs on the CPU."""
        while True:
            count = min(inputs.shape[0], self._largest_batch or inputs.shape[0])
            try:
                parts = [self._forward(part) for part in inputs.split(count)]
                return _joined(parts)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    name = self.manifest.name
                    raise NetworkFailed(f"The model “{name}” failed while it ran on an image.") from error
                reason = error
            self._retreat(count, reason)

    def _retreat(self, count: int, reason: BaseException) -> None:
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if count > 1:
            self._largest_batch = count // 2
            self._notice(f"Memory ran out with {count} images at a time; it is {count // 2} from now on.")
        elif self.device.type != "cpu":
            self.device = torch.device("cpu")
            self.network.to(self.device)
            self._notice("The GPU's memory is too small for this model; it runs on the processor now.")
        else:
            raise DeviceError(
                f"There is not enough memory to run the model “{self.manifest.name}”; close other programs."
            ) from reason

    def _forward(self, inputs: Tensor) -> NetworkOutput:
        inputs = inputs.to(self.device, non_blocking=True)
        tried, dtype = precision.proven(self.digest, self.device)
        if tried:
            return self._call(inputs, dtype)
        with self._proving:
            return self._prove(inputs)

    def _prove(self, inputs: Tensor) -> NetworkOutput:
        tried, dtype = precision.proven(self.digest, self.device)
        if tried:  # by another thread meanwhile
            return self._call(inputs, dtype)
        exact = self._call(inputs, None)
        dtype = precision.candidate(self.device)
        if dtype is not None:
            other = self._call(inputs, dtype)
            if not _same(exact, other, self._thresholds):
                _log.warning("%s is not exact enough for %s; it stays at float32.", dtype, self.manifest.name)
                dtype = None
        precision.remember(self.digest, self.device, dtype)
        return exact

    def _call(self, inputs: Tensor, dtype: torch.dtype | None) -> NetworkOutput:
        half: AbstractContextManager[Any] = (
            nullcontext() if dtype is None else torch.autocast(self.device.type, dtype)
        )
        with torch.inference_mode(), half:
            output: NetworkOutput = self.network(inputs)
        return output

    def _predictions(
        self, output: NetworkOutput, geometries: list[Geometry]
    ) -> list[Prediction | InferenceError]:
        with torch.inference_mode():
            finite = _finite(output, len(geometries))
            levels = None if output.masks is None else _levels(output.masks).numpy()
            grades = {name: torch.softmax(t.float(), 1).tolist() for name, t in output.grades.items()}
            findings = None if output.findings is None else torch.sigmoid(output.findings.float()).tolist()
        names = [finding.name for finding in self.manifest.schema.findings]
        results: list[Prediction | InferenceError] = []
        for index, geometry in enumerate(geometries):
            if not finite[index]:
                results.append(
                    NetworkFailed(f"The model “{self.manifest.name}” gave values that are not finite.")
                )
                continue
            results.append(
                Prediction(
                    self.digest,
                    self.classes if levels is not None else (),
                    _shown_only(None if levels is None else levels[index], geometry),
                    geometry,
                    {name: tuple(values[index]) for name, values in grades.items()},
                    {} if findings is None else dict(zip(names, findings[index], strict=True)),
                )
            )
        return results


def _stack(pictures: list[NDArray[np.float32]]) -> Tensor:
    """(N, 3, h, w) float32 in channels-last memory, which `normalise` has laid out already."""
    batch = torch.from_numpy(np.stack([picture.transpose(1, 2, 0) for picture in pictures]))
    return batch.permute(0, 3, 1, 2)


def _joined(parts: list[NetworkOutput]) -> NetworkOutput:
    masks = [p.masks.cpu() for p in parts if p.masks is not None]
    findings = [p.findings.cpu() for p in parts if p.findings is not None]
    grades = {name: torch.cat([p.grades[name].cpu() for p in parts]) for name in parts[0].grades}
    return NetworkOutput(
        torch.cat(masks) if masks else None, grades, torch.cat(findings) if findings else None
    )


def _out_of_memory(error: BaseException) -> bool:
    # The CPU's allocator reports with a plain RuntimeError.
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "allocate memory" in str(error)


def _same(exact: NetworkOutput, other: NetworkOutput, thresholds: Tensor) -> bool:
    both = exact.masks is not None and other.masks is not None
    if both and not precision.agree(exact.masks, other.masks, thresholds):  # type: ignore[arg-type]
        return False
    for name, logits in exact.grades.items():
        a, b = torch.softmax(logits.float(), 1), torch.softmax(other.grades[name].float(), 1)
        if not precision.same_probabilities(a, b):
            return False
    if exact.findings is None or other.findings is None:
        return True
    return precision.same_probabilities(
        torch.sigmoid(exact.findings.float()), torch.sigmoid(other.findings.float())
    )


def _finite(output: NetworkOutput, count: int) -> list[bool]:
    fine = torch.ones(count, dtype=torch.bool)
    for tensor in (output.masks, output.findings, *output.grades.values()):
        if tensor is not None:
            fine &= torch.isfinite(tensor).flatten(1).all(1)
    return [bool(value) for value in fine]


def _shown_only(levels: NDArray[np.uint8] | None, geometry: Geometry) -> NDArray[np.uint8]:
    """Levels (C, h, w) with level 0, "nothing predicted", where the picture shows no image."""
    if levels is None:
        return np.zeros((0, *geometry.network_size), np.uint8)
    top, left, bottom, right = network_window(geometry)
    if (top, left, bottom, right) == (0, 0, *geometry.network_size):
        return levels.copy()
    out = np.zeros_like(levels)
    out[:, top:bottom, left:right] = levels[:, top:bottom, left:right]
    return out
