import math
import struct

import numpy as np
import pytest

from inference.prediction import (
    Geometry,
    Prediction,
    PredictionError,
    decode,
    dequantise,
    encode,
    level_to_probability,
    probability_to_level,
    quantise,
)


def sample():
    rng = np.random.default_rng(3)
    geometry = Geometry((80, 120), (16, 24), (0.0, 0.0, 16.0, 24.0))
    levels = rng.integers(0, 256, (2, 16, 24), dtype=np.uint8)
    return Prediction("digest", ("MA", "HE"), levels, geometry, {"dr": (0.25, 0.75)}, {"edema": 0.125})


def test_quantising_keeps_logits_to_half_a_step():
    logits = np.linspace(-8, 8, 4001, dtype=np.float32)
    assert np.abs(dequantise(quantise(logits)) - logits).max() <= 8 / 255 + 1e-5
    assert list(quantise(np.array([-99.0, 99.0, np.nan]))) == [0, 255, 0]


def test_a_threshold_becomes_the_first_level_at_or_above_it():
    for probability in (0.01, 0.3, 0.5, 0.77, 0.999):
        level = probability_to_level(probability)
        assert level_to_probability(level) >= probability > level_to_probability(level - 1)
    assert probability_to_level(0.0) == 1
    assert probability_to_level(1.0) == 255
    assert level_to_probability(255) == pytest.approx(1 / (1 + math.exp(-8)))


def test_a_prediction_survives_its_bytes():
    before = sample()
    after = decode(encode(before))
    assert np.array_equal(after.logits, before.logits)
    assert (after.model_digest, after.classes, after.geometry) == ("digest", ("MA", "HE"), before.geometry)
    assert (after.grades, after.findings) == (before.grades, before.findings)


def test_every_damaged_byte_is_noticed():
    data = encode(sample())
    for position in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[position] ^= 0x40
        with pytest.raises(PredictionError):
            decode(bytes(damaged))
    for length in (0, 5, 30, len(data) - 1):
        with pytest.raises(PredictionError):
            decode(data[:length])


def test_a_newer_format_is_refused_by_number():
    data = bytearray(encode(sample()))
    struct.pack_into("<H", data, 8, 9)
    with pytest.raises(PredictionError, match="format 9"):
        decode(bytes(data))


def test_what_does_not_fit_together_is_refused():
    geometry = Geometry((80, 120), (16, 24), (0.0, 0.0, 16.0, 24.0))
    with pytest.raises(PredictionError, match="do not fit"):
        Prediction("d", ("MA",), np.zeros((2, 16, 24), np.uint8), geometry)
    with pytest.raises(PredictionError, match="bytes"):
        Prediction("d", ("MA",), np.zeros((1, 16, 24), np.float32), geometry)  # type: ignore[arg-type]
    with pytest.raises(PredictionError, match="source"):
        Geometry((80, 120), (16, 24), (0, 0, 16, 24), (0, 0, 90, 10))
    with pytest.raises(PredictionError, match="“XX”"):
        sample().levels("XX")


def test_geometry_maps_pixel_centres_and_its_window_follows_the_source():
    geometry = Geometry((100, 200), (50, 50), (-5.0, 0.0, 45.0, 50.0), (10, 0, 100, 200))
    assert geometry.window == pytest.approx((0.0, 0.0, 45.0, 50.0))
    assert geometry.to_network(10.5, 1.5) == pytest.approx((0.0, 0.0))
    assert Geometry.from_dict(geometry.to_dict()) == geometry
