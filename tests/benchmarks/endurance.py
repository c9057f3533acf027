"""Memory over a long sitting: the real window, 12-megapixel images, predictions, a stroke on each, Enter."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import simplejpeg

from desktop.tour.hand import Hand
from tests.benchmarks.pictures import photograph
from tests.benchmarks.window import open_window

IMAGES = int(os.environ.get("OVERREAD_BENCH_IMAGES", "500"))
EVERY = 10
SETTLED = 100
"""After so many images caches are full and torch is warm: from there on nothing may grow."""
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def resident() -> float:
    """Megabytes (10^6) of this process in memory now. Linux only."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def many_photographs(folder: Path, count: int) -> None:
    """Write different 12-megapixel JPEGs, quickly."""
    source = photograph()
    for index in range(count):
        turned = np.ascontiguousarray(np.roll(source, index * 8, axis=1))
        (folder / f"image-{index:04d}.jpg").write_bytes(simplejpeg.encode_jpeg(turned, quality=85))


def review_all(hand: Hand, count: int) -> list[float]:
    """A stroke on every image, then Enter; resident memory after every tenth."""
    session, samples = hand.session, []
    hand.press("B")
    for done in range(1, count + 1):
        at = session.position
        hand.wait(lambda: session.label is not None and session.prediction is not None, "a prediction")
        hand.wait(
            lambda: hand.canvas.image is not None and hand.canvas.image is session.image_pyramid,
            "the image on the canvas",
        )
        width, height = hand.canvas.image.width, hand.canvas.image.height  # type: ignore[union-attr]
        hand.drag([(width * 0.4, height * 0.5), (width * 0.5, height * 0.52), (width * 0.6, height * 0.5)])
        hand.press("Return")
        if done < count:
            hand.wait(lambda at=at: session.position != at, "the next image")
        if done % EVERY == 0:
            samples.append(resident())
    return samples


def growth() -> list[float]:
    """Megabytes by which memory grew from the settled state on: the trend over the rest, per 100 images.

    One sample per hundred images after the first hundred: the difference of the medians of ten readings.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        many_photographs(folder, IMAGES)
        photograph.cache_clear()
        with open_window(folder) as hand:
            samples = review_all(hand, IMAGES)
    per_hundred = 100 // EVERY
    medians = [
        float(np.median(samples[start : start + per_hundred]))
        for start in range(0, len(samples) - per_hundred + 1, per_hundred)
    ]
    settled = medians[SETTLED // 100 :]
    return [later - settled[0] for later in settled[1:]]
