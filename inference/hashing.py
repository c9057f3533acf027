"""The identity of a file's bytes, and a perceptual hash that finds near-duplicates (no torch)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 20


def content_hash(path: Path | str) -> str:
    """BLAKE2b-128 of the file's bytes as 32 hex digits; streamed, so memory stays at 1 MiB.

    Raises OSError when the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    with Path(path).open("rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def perceptual_hash(rgb8: NDArray[np.uint8]) -> str:
    """A 64-bit DCT hash as 16 hex digits: near-duplicates differ in a few bits.

    Source: the "pHash" of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions"
    (2010): grey, 32 x 32, DCT-II, the 8 x 8 lowest frequencies, each above the median or not (the constant
    term left out of the median, so that brightness alone does not shift it).

    Args:
        rgb8: (H, W, 3) uint8.
    """
    import cv2

    # Shrink first: greying 12 megapixels would take longer than everything else here.
    small = cv2.resize(rgb8, (32, 32), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = np.asarray(cv2.dct(grey))[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return np.packbits(bits).tobytes().hex()


def hamming(first: str, second: str) -> int:
    """The number of differing bits between two hashes of the same length. Raises ValueError otherwise."""
    if len(first) != len(second):
        raise ValueError("Hashes of different lengths cannot be compared.")
    return (int(first, 16) ^ int(second, 16)).bit_count()
