"""Pictures, and what a network may say of them, for the tests of reading and predicting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from inference.networks.output import NetworkOutput
from inference.prediction import Prediction


def smooth(height: int = 120, width: int = 200) -> NDArray[np.uint8]:
    """(height, width, 3): soft colours, which a lossy format keeps."""
    coarse = np.random.default_rng(4).integers(30, 226, (4, 6, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def save(path: Path, array: NDArray[Any], **options: Any) -> Path:
    """Write an array with Pillow; the path."""
    Image.fromarray(array).save(path, **options)
    return path


def picture(seed: int = 0, height: int = 90, width: int = 140) -> NDArray[np.uint8]:
    """(height, width, 3) noise that the seed fixes."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def same(a: Prediction, b: Prediction) -> bool:
    """Whether two predictions say the same, to a level."""
    levels = np.abs(a.logits.astype(int) - b.logits.astype(int)).max(initial=0)
    return bool(levels <= 1) and a.geometry == b.geometry and a.grades.keys() == b.grades.keys()


def answer(x: torch.Tensor, value: float = 1.0) -> NetworkOutput:
    """What a network of the tests' schema might say of a batch."""
    masks = torch.full((x.shape[0], 2, *x.shape[-2:]), value)
    return NetworkOutput(masks, {"dr": torch.zeros(x.shape[0], 3)}, torch.zeros(x.shape[0], 1))
