"""The prediction pipeline against its core-time bound: how much of the time does work that nobody can avoid.

The bound is the processor time of decoding and preprocessing every file, plus that of the bare network on
every image, divided by the number of cores. A pipeline that overlaps them perfectly takes just that long.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from desktop.sample import DEMO_MODEL
from inference.images import read_image, to_rgb8
from inference.predictor import FileResult, Predictor
from inference.preprocess import prepare
from tests.benchmarks.pictures import jpeg_folder

IMAGES = 36


def core_seconds(work: Callable[[], object]) -> float:
    """Processor time of all threads of this process while `work` runs, in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def pipeline_share(repeat: int = 3) -> list[float]:
    """Per cent of the core-time bound that `Predictor.predict_files` reaches on 12 megapixel JPEG files."""
    cores = os.cpu_count() or 1
    predictor = Predictor(DEMO_MODEL, device="cpu", threads=1)
    with tempfile.TemporaryDirectory() as folder:
        files = [(path, 0) for path in jpeg_folder(Path(folder), IMAGES)]

        def decode() -> None:
            for path, frame in files:
                prepare(to_rgb8(read_image(path, frame)), predictor.manifest.preprocessing)

        native = read_image(*files[0])
        predictor.predict(native)  # chooses the precision and warms up
        decode_only = core_seconds(decode)
        prepare_one = core_seconds(lambda: prepare(to_rgb8(native), predictor.manifest.preprocessing))
        network_only = core_seconds(lambda: [predictor.predict(native) for _ in files]) - prepare_one * len(
            files
        )
        torch.set_num_threads(cores)
        bound = (decode_only + network_only) / cores
        shares = []
        for _ in range(repeat):
            results: list[FileResult] = []
            start = time.perf_counter()
            predictor.predict_files(files, on_result=results.append)
            shares.append(100 * bound / (time.perf_counter() - start))
            assert all(result.error is None for result in results)
    return shares
