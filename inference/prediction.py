"""What one model version says of one image, and its compact form on disk (no torch).

Probabilities are kept as *levels*: the logit clipped to ±8 and quantised to 8 bits, at the network's
resolution. Level v stands for the logit v / 255 * 16 - 8, so a step is 0.063 and probabilities near 0 and 1
keep their detail.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import InferenceError
from inference.records import check_keys

LOGIT_LIMIT = 8.0
_MAGIC = b"OVRPRED\n"
_FORMAT = 1
_HEAD = struct.Struct("<8sHI16s")  # magic, format, length of the JSON, checksum of all that follows

IntBox = tuple[int, int, int, int]


class PredictionError(InferenceError):
    """Bytes that are not a whole prediction, or a question about something the model does not predict."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How image pixels and network pixels lie on each other. Boxes are (y0, x0, y1, x1), end excluded.

    Attributes:
        image_size: (H, W) of the upright image.
        network_size: (h, w) of the network's picture (or of the stitched result of tiles).
        content: the box in network pixels that the whole image fills; floats, and beyond the network's border
            when only a part of the image was shown.
        source: the box in image pixels that was shown to the network. Outside it nothing is predicted.
    """

    image_size: tuple[int, int]
    network_size: tuple[int, int]
    content: tuple[float, float, float, float]
    source: IntBox = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        if self.source == (0, 0, 0, 0):
            object.__setattr__(self, "source", (0, 0, *self.image_size))
        y0, x0, y1, x1 = self.source
        if not (0 <= y0 < y1 <= self.image_size[0] and 0 <= x0 < x1 <= self.image_size[1]):
            raise PredictionError("The geometry's source box does not lie inside the image.")
        if not (self.content[0] < self.content[2] and self.content[1] < self.content[3]):
            raise PredictionError("The geometry's content box is empty.")

    @property
    def scale(self) -> tuple[float, float]:
        """Network pixels per image pixel, (vertical, horizontal)."""
        y0, x0, y1, x1 = self.content
        return (y1 - y0) / self.image_size[0], (x1 - x0) / self.image_size[1]

    @property
    def window(self) -> tuple[float, float, float, float]:
        """The box in network pixels that shows `source`."""
        sy, sx = self.scale
        y0, x0, y1, x1 = self.source
        top, left = self.content[0], self.content[1]
        return top + y0 * sy, left + x0 * sx, top + y1 * sy, left + x1 * sx

    def to_network(self, y: float, x: float) -> tuple[float, float]:
        """Pixel indices (the centre of the first pixel is 0, 0) of the image, in the network's picture."""
        sy, sx = self.scale
        return (y + 0.5) * sy + self.content[0] - 0.5, (x + 0.5) * sx + self.content[1] - 0.5

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "image_size": list(self.image_size),
            "network_size": list(self.network_size),
            "content": list(self.content),
            "source": list(self.source),
        }

    @classmethod
    def from_dict(cls, record: Any) -> Geometry:
        """Read plain values strictly. Raises PredictionError."""
        names = ("image_size", "network_size", "content", "source")
        keys = check_keys(record, allowed=names, required=names, where="The geometry", error=PredictionError)
        try:
            height, width = (int(v) for v in keys["image_size"])
            rows, columns = (int(v) for v in keys["network_size"])
            top, left, bottom, right = (float(v) for v in keys["content"])
            y0, x0, y1, x1 = (int(v) for v in keys["source"])
        except (TypeError, ValueError) as error:
            raise PredictionError("The geometry holds something that is not a number.") from error
        return cls((height, width), (rows, columns), (top, left, bottom, right), (y0, x0, y1, x1))


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """One model's answer for one image.

    Attributes:
        model_digest: `bundle_digest` of the model.
        classes: names of the mask classes, in the order of `logits`.
        logits: (C, h, w) uint8 levels at the network's resolution.
        geometry: where these levels lie on the image.
        grades: probabilities per scale, in the order of the scale's values; each sums to 1.
        findings: probability that a finding is present.
    """

    model_digest: str
    classes: tuple[str, ...]
    logits: NDArray[np.uint8]
    geometry: Geometry
    grades: dict[str, tuple[float, ...]] = field(default_factory=dict)
    findings: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.logits.dtype != np.uint8 or self.logits.ndim != 3:
            raise PredictionError("A prediction's levels must be an array (C, h, w) of bytes.")
        if self.logits.shape != (len(self.classes), *self.geometry.network_size):
            raise PredictionError("A prediction's levels do not fit its classes and geometry.")

    def levels(self, class_name: str) -> NDArray[np.uint8]:
        """The (h, w) levels of one class. Raises PredictionError when the model has no such class."""
        try:
            return self.logits[self.classes.index(class_name)]
        except ValueError:
            raise PredictionError(f"The model does not predict the class “{class_name}”.") from None


def quantise(logits: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Levels of float logits, any shape; clipped to ±8. NaN becomes level 0, so it is never inside a mask."""
    scaled = (np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT) + LOGIT_LIMIT) * (255.0 / (2 * LOGIT_LIMIT))
    return np.nan_to_num(np.rint(scaled), nan=0.0).astype(np.uint8)


def dequantise(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Float logits (-8 to 8) of levels, any shape."""
    return levels.astype(np.float32) * np.float32(2 * LOGIT_LIMIT / 255.0) - np.float32(LOGIT_LIMIT)


def level_to_probability(level: float) -> float:
    """The probability that a level (0 to 255, fractions allowed) stands for."""
    return 1.0 / (1.0 + math.exp(LOGIT_LIMIT - level * (2 * LOGIT_LIMIT / 255.0)))


def probability_to_level(probability: float) -> int:
    """The lowest level that counts as inside at this threshold, 1 to 255.

    It is the first level whose probability is at least `probability`. Level 0 (also: "nothing predicted
    here") is never inside, and the thresholds beyond the clipped range act like the range's ends.
    """
    if probability <= 0.0:
        return 1
    if probability >= 1.0:
        return 255
    logit = math.log(probability / (1.0 - probability))
    exact = (logit + LOGIT_LIMIT) * (255.0 / (2 * LOGIT_LIMIT))
    return min(255, max(1, math.ceil(exact - 1e-9)))


def encode(prediction: Prediction) -> bytes:
    """The prediction cache's file: head with format and checksum, JSON, deflated levels."""
    record = {
        "model_digest": prediction.model_digest,
        "classes": list(prediction.classes),
        "geometry": prediction.geometry.to_dict(),
        "grades": {name: list(values) for name, values in prediction.grades.items()},
        "findings": prediction.findings,
    }
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    body = text + zlib.compress(prediction.logits.tobytes(), level=1)
    return _HEAD.pack(_MAGIC, _FORMAT, len(text), _checksum(body)) + body


def decode(data: bytes) -> Prediction:
    """The prediction of `encode`'s bytes. Raises PredictionError for damaged, foreign or newer bytes."""
    if len(data) < _HEAD.size or data[:8] != _MAGIC:
        raise PredictionError("This is not a stored prediction.")
    _, version, length, checksum = _HEAD.unpack_from(data)
    if version != _FORMAT:
        raise PredictionError(f"This prediction is stored in format {version}; this version reads {_FORMAT}.")
    body = data[_HEAD.size :]
    if _checksum(body) != checksum:
        raise PredictionError("The stored prediction is damaged.")
    try:
        record = json.loads(body[:length])
        classes = tuple(record["classes"])
        geometry = Geometry.from_dict(record["geometry"])
        flat = np.frombuffer(zlib.decompress(body[length:]), np.uint8)
        logits = flat.reshape(len(classes), *geometry.network_size)
        grades = {name: tuple(values) for name, values in record["grades"].items()}
        return Prediction(record["model_digest"], classes, logits, geometry, grades, record["findings"])
    except (KeyError, TypeError, ValueError, AttributeError, zlib.error) as error:
        raise PredictionError("The stored prediction is damaged.") from error


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()
