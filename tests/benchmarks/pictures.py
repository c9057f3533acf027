"""Fundus-like photographs of 4288x2848 for the benchmarks, made here: no benchmark needs anybody's data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from training.synthetic.generator import generate

HEIGHT, WIDTH = 2848, 4288


@cache
def photograph(seed: int = 0) -> np.ndarray:
    """A generated fundus photograph, (2848, 4288, 3) uint8 RGB."""
    small = generate(seed, (HEIGHT // 2, WIDTH // 2)).image
    return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def jpeg_folder(folder: Path, count: int) -> list[Path]:
    """Write `count` different JPEGs of 4288x2848 into `folder`, quality 90, and return their paths."""
    source = photograph()
    paths = []
    for index in range(count):
        path = folder / f"image-{index:03d}.jpg"
        # Rolled, so that no two are equal and each costs the same to decode.
        turned = np.roll(source, index * 40, axis=1)
        cv2.imwrite(str(path), cv2.cvtColor(turned, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])
        paths.append(path)
    return paths
