"""Pictures for the tests of reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def smooth(height: int = 120, width: int = 200) -> NDArray[np.uint8]:
    """(height, width, 3): soft colours, which a lossy format keeps."""
    coarse = np.random.default_rng(4).integers(30, 226, (4, 6, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def save(path: Path, array: NDArray[Any], **options: Any) -> Path:
    """Write an array with Pillow; the path."""
    Image.fromarray(array).save(path, **options)
    return path
