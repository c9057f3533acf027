"""The fundus without vessels and lesions: pigment, choroid, macula, disc, and the light that falls on it.

Smooth fields are made at a quarter of the resolution and enlarged; only the disc's edge and the fine grain
need every pixel.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from training.synthetic.anatomy import EyeGeometry, FloatArray, Patient, Size
from training.synthetic.vessels import fibre_direction

COARSE = 4


def smooth_noise(rng: np.random.Generator, size: Size, cells: float) -> FloatArray:
    """(H, W) float32 noise of unit variance with some ``cells`` bumps over the image's height."""
    height, width = size
    rows = max(2, round(cells) + 3)
    columns = max(2, round(cells * width / height) + 3)
    small = rng.standard_normal((rows, columns), dtype=np.float32)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return (large * 1.25).astype(np.float32)


def paint_fundus(geometry: EyeGeometry, patient: Patient, rng: np.random.Generator) -> FloatArray:
    """(H, W, 3) float32 RGB, 0-255 and a little beyond: the lit fundus with its disc, no vessels."""
    u, v = geometry.grid(COARSE)
    size = (u.shape[0], u.shape[1])
    light = _pigment(u, v, size, geometry, patient, rng)
    base = np.array(patient.pigment, dtype=np.float32) * patient.exposure
    coarse = base * np.exp(light)
    height, width = geometry.size
    large = cv2.resize(coarse, (size[1] * COARSE, size[0] * COARSE), interpolation=cv2.INTER_LINEAR)
    fundus: FloatArray = np.ascontiguousarray(large[:height, :width], dtype=np.float32)
    _paint_disc(fundus, geometry, patient, rng)
    return fundus


def _pigment(
    u: FloatArray,
    v: FloatArray,
    size: Size,
    geometry: EyeGeometry,
    patient: Patient,
    rng: np.random.Generator,
) -> FloatArray:
    """Logarithm of the light per channel, (h, w, 3), relative to the patient's pigment."""
    fovea_u, fovea_v = geometry.fovea_offset
    field = geometry.radius_px / geometry.disc_diameter_px
    cu, cv = geometry.to_eye(geometry.centre_px[1], geometry.centre_px[0])
    lean = rng.normal(0, 0.35, 2)
    out = ((u - cu - lean[0]) ** 2 + (v - cv - lean[1]) ** 2) / field**2
    distance = np.hypot(u - fovea_u, (v - fovea_v) * 1.06)
    disc_glow = np.exp(-(u**2 + v**2) / (2 * 1.15**2))
    macula = np.exp(-(distance**2) / (2 * 0.62**2))
    pit = np.exp(-(distance**2) / (2 * 0.21**2))
    mottle = _mottle(size, rng)
    choroid = _choroid(size, distance, patient, rng)
    sheen = _nerve_fibres(geometry, patient, rng, size) * (1 - macula)
    fall, spot = rng.uniform(0.22, 0.5), rng.uniform(0.25, 0.45)
    dark = rng.uniform(0.16, 0.34)
    # Per channel: red reaches the choroid and varies least, green carries the contrast, blue is weak.
    red = -0.75 * fall * out + 0.10 * disc_glow - 0.55 * dark * macula - 0.10 * pit + 0.035 * mottle
    green = -fall * out + spot * disc_glow - 1.25 * dark * macula - 0.20 * pit + 0.060 * mottle
    blue = -fall * out + 0.9 * spot * disc_glow - 1.1 * dark * macula - 0.12 * pit + 0.06 * mottle
    light = np.stack(
        [
            red + 0.08 * choroid + 0.03 * sheen,
            green + 0.17 * choroid + 0.10 * sheen,
            blue + 0.12 * choroid + 0.20 * sheen,
        ],
        axis=-1,
    )
    if rng.random() < 0.35:
        _foveal_reflex(light, u, v, geometry, rng)
    return light.astype(np.float32)


def _mottle(size: Size, rng: np.random.Generator) -> FloatArray:
    """The pigment epithelium's unevenness, from broad clouds to fine grain."""
    scales = ((0.40, 3), (0.26, 11), (0.26, 34), (0.22, 120))
    parts = [share * smooth_noise(rng, size, cells) for share, cells in scales]
    return np.sum(parts, axis=0, dtype=np.float32)


def _choroid(size: Size, distance: FloatArray, patient: Patient, rng: np.random.Generator) -> FloatArray:
    """Blurred choroidal vessels seen between pigment, bright bands away from the macula."""
    warp_rows = smooth_noise(rng, size, 6) * size[0] * 0.03
    warp_columns = smooth_noise(rng, size, 6) * size[0] * 0.03
    columns, rows = np.meshgrid(np.arange(size[1], dtype=np.float32), np.arange(size[0], dtype=np.float32))
    bands = np.zeros(size, np.float32)
    for cells, width in ((9.0, 0.26), (14.0, 0.34)):
        field = cv2.remap(
            smooth_noise(rng, size, cells),
            columns + warp_columns,
            rows + warp_rows,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        bands += np.exp(-((field / width) ** 2)).astype(np.float32)
    cover = np.clip((distance - 0.9) / 1.6, 0, 1) * np.clip(0.55 + 0.5 * smooth_noise(rng, size, 3), 0, 1)
    return (patient.tessellation * cover * (bands - 0.45)).astype(np.float32)


def _nerve_fibres(
    geometry: EyeGeometry, patient: Patient, rng: np.random.Generator, size: Size
) -> FloatArray:
    """The silvery streaks of the nerve-fibre layer around the disc, thickest along the arcades."""
    canvas = np.zeros(size, np.uint8)
    scale = geometry.disc_diameter_px / COARSE
    for _ in range(150):
        angle = rng.uniform(-math.pi, math.pi)
        u, v = 0.45 * math.cos(angle), 0.48 * math.sin(angle)
        steps = int(rng.uniform(5, 20) * (1.0 if abs(math.sin(angle)) > 0.4 else 0.55))
        points = [(u, v)]
        for _step in range(steps):
            heading = fibre_direction(u, v, geometry.fovea_offset, patient.arcade_height)
            u, v = u + 0.1 * math.cos(heading), v + 0.1 * math.sin(heading)
            points.append((u, v))
        pixels = [(x / COARSE, y / COARSE) for x, y in (geometry.to_pixels(*p) for p in points)]
        shade = int(rng.uniform(50, 200))
        cv2.polylines(
            canvas, [np.round(np.array(pixels) * 16).astype(np.int32)], False, (shade,), 1, cv2.LINE_AA, 4
        )
    streaks = canvas.astype(np.float32) / 255
    fine = cv2.GaussianBlur(streaks, (0, 0), max(0.6, 0.02 * scale))
    wide = cv2.GaussianBlur(streaks, (0, 0), max(1.0, 0.16 * scale))
    return ((1.3 * fine + 1.6 * wide) * patient.nerve_fibre).astype(np.float32)


def _foveal_reflex(
    light: FloatArray, u: FloatArray, v: FloatArray, geometry: EyeGeometry, rng: np.random.Generator
) -> None:
    """Young eyes: a pin-point reflex in the fovea and a faint ring around the macula."""
    fovea_u, fovea_v = geometry.fovea_offset
    du, dv = u - fovea_u, v - fovea_v
    spot = np.exp(-(du**2 + dv**2) / (2 * 0.035**2)) * rng.uniform(0.1, 0.4)
    radius = np.hypot(du, dv * 1.2)
    ring = np.exp(-((radius - rng.uniform(0.55, 0.75)) ** 2) / (2 * 0.06**2))
    side = np.clip(0.5 + np.cos(np.arctan2(dv, du) - rng.uniform(-3, 3)), 0, 1)
    light += ((spot + 0.10 * ring * side)[..., None] * np.array([0.4, 0.9, 1.0])).astype(np.float32)


def _paint_disc(
    fundus: FloatArray, geometry: EyeGeometry, patient: Patient, rng: np.random.Generator
) -> None:
    """Paint the optic disc into the fundus: scleral crescent, rim, cup, soft edge."""
    d = geometry.disc_diameter_px
    height, width = geometry.size
    y0, y1 = (int(np.clip(geometry.disc_px[0] + s * d * 0.95, 0, height)) for s in (-1, 1))
    x0, x1 = (int(np.clip(geometry.disc_px[1] + s * d * 0.95, 0, width)) for s in (-1, 1))
    if y0 >= y1 or x0 >= x1:
        return
    window = fundus[y0:y1, x0:x1]
    x = np.arange(x0, x1, dtype=np.float32)
    y = np.arange(y0, y1, dtype=np.float32)
    u = geometry.temporal * (x - geometry.disc_px[1])[None, :] / d
    v = (y - geometry.disc_px[0])[:, None] / d
    tilt = rng.normal(0, 0.12)
    across, along = u + tilt * v, (v - tilt * u) / rng.uniform(1.02, 1.12)
    angle = np.arctan2(along, across)
    ragged = 1 + 0.012 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.010 * np.sin(5 * angle + rng.uniform(0, 6))
    radius = np.hypot(across, along) / (0.47 * ragged)
    edge = rng.uniform(0.035, 0.08)
    local = np.median(window.reshape(-1, 3), axis=0).astype(np.float32)
    if rng.random() < 0.6:
        _crescent(window, across, along, local, rng)
    inside = _step(1 - radius, edge)[..., None]
    warm = np.array([232.0, 168.0, 82.0]) * rng.uniform(0.84, 1.0) * rng.uniform(0.95, 1.05, 3) + local * 0.14
    temporal_pallor = np.clip(across / 0.45, -1, 1)[..., None]
    rim = warm * (1 + temporal_pallor * np.array([0.01, 0.07, 0.10]))
    # The rim darkens a little towards its edge, where it turns down into the fundus.
    rim = rim * (1 - 0.10 * np.clip(radius, 0, 1)[..., None] ** 4)
    ratio = rng.uniform(0.28, 0.55)
    cup_u, cup_v = rng.uniform(0.0, 0.06), rng.normal(0, 0.02)
    cup_radius = np.hypot(across - cup_u, (along - cup_v) * 0.95) / (0.47 * ratio)
    cup = _step(1 - cup_radius, rng.uniform(0.2, 0.45))[..., None]
    pale = np.minimum(warm * np.array([1.08, 1.24, 1.45]), np.array([255.0, 236.0, 176.0]))
    disc = rim * (1 - cup) + pale * cup
    mottle = smooth_noise(rng, (window.shape[0], window.shape[1]), 14)[..., None] * 2.2
    window[:] = window * (1 - inside) + (disc * patient.exposure + mottle) * inside


def _crescent(
    window: FloatArray,
    across: FloatArray,
    along: npt.NDArray[np.floating[Any]],
    local: FloatArray,
    rng: np.random.Generator,
) -> None:
    """A crescent beside the disc, usually temporal: bare pale sclera or heaped dark pigment."""
    shift = rng.uniform(0.02, 0.09)
    ring = _step(1 - np.hypot(across - shift, along * 0.98) / 0.50, 0.05)[..., None]
    if rng.random() < 0.55:
        colour, share = local * np.array([1.04, 1.30, 1.5]), rng.uniform(0.35, 0.8)
    else:
        colour, share = local * np.array([0.72, 0.62, 0.6]), rng.uniform(0.25, 0.6)
    window[:] = window * (1 - share * ring) + colour * share * ring


def _step(x: npt.NDArray[np.floating[Any]], softness: float) -> FloatArray:
    """A smooth step from 0 to 1 around x = 0."""
    t = np.clip(x / (2 * softness) + 0.5, 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)
