import hashlib

import cv2
import numpy as np
import pytest

from inference.hashing import content_hash, hamming, perceptual_hash


def test_the_content_hash_is_blake2b_of_the_bytes(tmp_path):
    data = bytes(range(256)) * 9000  # more than one chunk
    path = tmp_path / "file"
    path.write_bytes(data)
    assert content_hash(path) == hashlib.blake2b(data, digest_size=16).hexdigest()


def scene(seed):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)


def test_near_duplicates_are_near_and_other_pictures_far():
    picture = scene(1)
    smaller = cv2.resize(picture, (320, 240), interpolation=cv2.INTER_AREA)
    brighter = cv2.convertScaleAbs(picture, alpha=0.8, beta=30)
    first = perceptual_hash(picture)
    assert len(first) == 16
    assert hamming(first, perceptual_hash(smaller)) <= 4
    assert hamming(first, perceptual_hash(brighter)) <= 6
    assert min(hamming(first, perceptual_hash(scene(s))) for s in range(2, 12)) >= 14


def test_hamming_counts_bits_and_refuses_other_lengths():
    assert hamming("00ff", "0000") == 8
    with pytest.raises(ValueError, match="lengths"):
        hamming("00", "0000")
