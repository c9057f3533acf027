"""Predictions of many files: decoding and network overlapped, results in the order given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from inference.errors import InferenceError
from inference.prediction import Geometry, Prediction

Prepared = tuple[NDArray[np.float32], Geometry]
Outcome = Prediction | InferenceError
Cancelled = Callable[[], bool]
T = TypeVar("T")

_DECODERS = 2


class PredictionCancelled(InferenceError):  # noqa: N818 - not an error of anything
    """The caller asked to stop."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """The outcome for one file: a prediction, or the error that stands in its place.

    Attributes:
        index: position in the list that was given.
        path, frame: the file.
        prediction: None when there is an error.
        error: why not, `str(error)` is one sentence.
    """

    index: int
    path: Path
    frame: int
    prediction: Prediction | None
    error: InferenceError | None


class FilePredictor(Protocol):
    """What the pipelines ask of a predictor. Both methods are called from several threads."""

    def prepare_file(self, path: Path, frame: int) -> Prepared:
        """Decode and preprocess. Raises InferenceError for a file that cannot be read."""

    def predict_prepared(self, items: Sequence[Prepared]) -> list[Outcome]:
        """Run the network on some pictures of one size."""


def check_cancelled(cancelled: Cancelled | None) -> None:
    """Raise PredictionCancelled when the caller asked to stop."""
    if cancelled is not None and cancelled():
        raise PredictionCancelled("The prediction was stopped.")


def predict_spread(
    predictor: FilePredictor,
    files: Sequence[tuple[Path, int]],
    on_result: Callable[[FileResult], None],
    cancelled: Cancelled | None,
) -> None:
    """On a processor: whole files side by side, each on one core from decoding to logits.

    Torch's own threads wait for each other at every layer, whole files never do.
    """

    def whole(path: Path, frame: int) -> Outcome:
        try:
            return predictor.predict_prepared([predictor.prepare_file(path, frame)])[0]
        except InferenceError as error:
            return error

    with _one_thread_each() as cores, ThreadPoolExecutor(cores, thread_name_prefix="predict") as pool:
        for index, outcome in enumerate(_in_order(pool, whole, files, cores + 1, cancelled)):
            on_result(_result(index, files[index], outcome))


def predict_batched(
    predictor: FilePredictor,
    files: Sequence[tuple[Path, int]],
    on_result: Callable[[FileResult], None],
    cancelled: Cancelled | None,
    size: int,
) -> None:
    """On a GPU: threads decode ahead while the network runs on `size` images at a time."""

    def ready(path: Path, frame: int) -> Prepared | InferenceError:
        try:
            return predictor.prepare_file(path, frame)
        except InferenceError as error:
            return error

    with ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode") as pool:
        decoded = _in_order(pool, ready, files, size + _DECODERS, cancelled)
        for group in _groups(enumerate(decoded), size):
            good = [item for _, item in group if not isinstance(item, InferenceError)]
            predicted = deque(predictor.predict_prepared(good) if good else [])
            for index, item in group:
                outcome = item if isinstance(item, InferenceError) else predicted.popleft()
                on_result(_result(index, files[index], outcome))


def _in_order(
    pool: ThreadPoolExecutor,
    work: Callable[[Path, int], T],
    files: Sequence[tuple[Path, int]],
    ahead: int,
    cancelled: Cancelled | None,
) -> Iterator[T]:
    """Yield what `work` returns for each file, in order, with at most `ahead` files under way."""
    remaining = iter(files)
    waiting: deque[Future[T]] = deque()
    try:
        while True:
            while len(waiting) < ahead and (file := next(remaining, None)) is not None:
                waiting.append(pool.submit(work, *file))
            if not waiting:
                return
            check_cancelled(cancelled)
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _groups(items: Iterator[T], size: int) -> Iterator[list[T]]:
    group: list[T] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


@contextmanager
def _one_thread_each() -> Iterator[int]:
    """Give torch one thread a call, and yield how many it had: the number of cores to use."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield before
    finally:
        torch.set_num_threads(before)


def _result(index: int, file: tuple[Path, int], outcome: Outcome) -> FileResult:
    if isinstance(outcome, InferenceError):
        return FileResult(index, *file, None, outcome)
    return FileResult(index, *file, outcome, None)
