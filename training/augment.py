"""Random changes of a training sample: the geometric ones act on picture, masks and validity alike.

Everything is drawn from (seed, epoch, index), so a sample of an epoch is the same in any order, in any
worker, and after a resume.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.config import AugmentConfig

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

_CLAHE_CLIP = 2.0
_CLAHE_GRID = (8, 8)


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture (h, w, 3) uint8 with targets and validity, each (C, h, w) uint8 of 0 and 1."""

    picture: U8
    targets: U8
    valid: U8


def generator(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The random numbers of one sample in one epoch."""
    return np.random.default_rng([seed, epoch, index])


def augment(sample: Sample, config: AugmentConfig, random: np.random.Generator) -> Sample:
    """The sample, changed as ``config`` allows; what comes in from outside the picture is not valid."""
    height, width = sample.picture.shape[:2]
    matrix = draw_matrix(height, width, config, random)
    picture = recolour(sample.picture, config, random)
    return (
        Sample(picture, sample.targets, sample.valid)
        if matrix is None
        else warp(Sample(picture, sample.targets, sample.valid), matrix)
    )


def draw_matrix(height: int, width: int, config: AugmentConfig, random: np.random.Generator) -> F64 | None:
    """A random (2, 3) matrix about the picture's centre, output from input; None for no change.

    Flips and quarter turns are exact; a picture that is not square is turned by halves only.
    """
    flip_x = config.flip_horizontal and random.random() < 0.5
    flip_y = config.flip_vertical and random.random() < 0.5
    turns = int(random.integers(0, 4)) if config.quarter_turns else 0
    if height != width:
        turns -= turns % 2
    angle = random.uniform(-config.rotation, config.rotation) if config.rotation else 0.0
    limit = math.log1p(config.scale)
    factor = math.exp(random.uniform(-limit, limit)) if config.scale else 1.0
    if not (flip_x or flip_y or turns or angle or factor != 1.0):
        return None
    # cos and sin of the quarter turns from a table: multiples of 90 degrees must be exact.
    cos_turn, sin_turn = ((1, 0), (0, 1), (-1, 0), (0, -1))[turns]
    radians = math.radians(angle)
    small = np.array([[math.cos(radians), -math.sin(radians)], [math.sin(radians), math.cos(radians)]])
    turn = np.array([[cos_turn, -sin_turn], [sin_turn, cos_turn]], np.float64)
    flip = np.diag([-1.0 if flip_x else 1.0, -1.0 if flip_y else 1.0])
    linear = factor * (small @ turn @ flip)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    return np.hstack([linear, (centre - linear @ centre)[:, None]])


def warp(sample: Sample, matrix: F64) -> Sample:
    """The sample under a (2, 3) matrix, output from input; masks by nearest neighbour."""
    height, width = sample.picture.shape[:2]
    # Black outside, as letterboxed and round-framed photographs are: reflections make up objects.
    picture = cv2.warpAffine(sample.picture, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return Sample(
        np.asarray(picture, np.uint8), _warp_masks(sample.targets, matrix), _warp_masks(sample.valid, matrix)
    )


def _warp_masks(masks: U8, matrix: F64) -> U8:
    if not len(masks):
        return masks
    height, width = masks.shape[1:]
    warped = [cv2.warpAffine(mask, matrix, (width, height), flags=cv2.INTER_NEAREST) for mask in masks]
    return np.stack(warped).astype(np.uint8, copy=False)


def recolour(picture: U8, config: AugmentConfig, random: np.random.Generator) -> U8:
    """The picture with other contrast, brightness, saturation and hue, and sometimes equalised."""
    if config.clahe and random.random() < config.clahe:
        picture = _equalised(picture)
    if config.contrast or config.brightness:
        contrast = 1 + random.uniform(-config.contrast, config.contrast)
        brightness = 1 + random.uniform(-config.brightness, config.brightness)
        mean = float(picture.mean())
        levels = ((np.arange(256) - mean) * contrast + mean) * brightness
        picture = np.asarray(cv2.LUT(picture, np.clip(levels, 0, 255).astype(np.uint8)), np.uint8)
    if config.saturation or config.hue:
        picture = _tinted(
            picture,
            1 + random.uniform(-config.saturation, config.saturation),
            random.uniform(-config.hue, config.hue),
        )
    return picture


def _tinted(picture: U8, saturation: float, hue: float) -> U8:
    """Saturation times a factor, hue moved by a share of the colour circle (OpenCV's full circle is 180)."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    steps = np.arange(256)
    hues = ((steps + round(hue * 180)) % 180).astype(np.uint8)
    strengths = np.clip(steps * saturation, 0, 255).astype(np.uint8)
    tables = np.stack([hues, strengths, steps.astype(np.uint8)], axis=-1)[None]
    return np.asarray(cv2.cvtColor(cv2.LUT(hsv, tables), cv2.COLOR_HSV2RGB), np.uint8)


def _equalised(picture: U8) -> U8:
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    equaliser = cv2.createCLAHE(clipLimit=_CLAHE_CLIP, tileGridSize=_CLAHE_GRID)
    lab[..., 0] = equaliser.apply(np.ascontiguousarray(lab[..., 0]))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)
