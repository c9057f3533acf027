"""What the camera does to the scene: field of view, blur, sensor noise, eight bits."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from training.synthetic.anatomy import EyeGeometry, FloatArray, Patient
from training.synthetic.background import smooth_noise

BoolArray = npt.NDArray[np.bool_]
ByteArray = npt.NDArray[np.uint8]

# The edge's softness and every blur are stated for an image 1200 pixels high and scaled from there.
REFERENCE_HEIGHT = 1200


def field_of_view(geometry: EyeGeometry) -> BoolArray:
    """(H, W) bool: the circle (flattened by the frame) inside which there is an image."""
    canvas = np.zeros(geometry.size, np.uint8)
    _draw_circle(canvas, geometry, 1.0)
    return canvas > 127


def _draw_circle(canvas: ByteArray, geometry: EyeGeometry, share: float) -> None:
    centre = (round(geometry.centre_px[1] * 16), round(geometry.centre_px[0] * 16))
    cv2.circle(canvas, centre, round(geometry.radius_px * share * 16), (255,), -1, cv2.LINE_AA, 4)


def _aperture(geometry: EyeGeometry, patient: Patient) -> ByteArray:
    canvas = np.zeros(geometry.size, np.uint8)
    _draw_circle(canvas, geometry, 1.0)
    if patient.notch:
        # The registration mark of many cameras: a small tab on the upper right of the circle.
        angle, r = math.radians(-38), geometry.radius_px
        x = (geometry.centre_px[1] + r * math.cos(angle) * 1.005) * 16
        y = (geometry.centre_px[0] + r * math.sin(angle) * 1.005) * 16
        cv2.circle(canvas, (round(x), round(y)), round(r * 0.028 * 16), (255,), -1, cv2.LINE_AA, 4)
    return canvas


def photograph(
    scene: FloatArray, geometry: EyeGeometry, patient: Patient, rng: np.random.Generator
) -> ByteArray:
    """(H, W, 3) float32 scene, 0-255, to the (H, W, 3) uint8 photograph. The scene is used up."""
    scale = geometry.size[0] / REFERENCE_HEIGHT
    scene = cv2.GaussianBlur(scene, (0, 0), max(0.35, 1.05 * patient.defocus * scale)).astype(np.float32)
    opening = _aperture(geometry, patient)
    soft = cv2.GaussianBlur(opening, (0, 0), max(0.6, 1.6 * scale)).astype(np.uint8)
    scene *= (_rim(geometry, rng) * (soft.astype(np.float32) / 255))[..., None]
    np.clip(scene, 0, None, out=scene)
    _add_noise(scene, soft, patient, rng, scale)
    return _to_eight_bits(scene)


def _rim(geometry: EyeGeometry, rng: np.random.Generator) -> FloatArray:
    """The field's edge: the last hundredth brightens on one side (stray light) and darkens elsewhere."""
    step = 4
    u, v = geometry.grid(step)
    cu, cv = geometry.to_eye(geometry.centre_px[1], geometry.centre_px[0])
    field = geometry.radius_px / geometry.disc_diameter_px
    share = np.hypot(u - cu, v - cv) / field
    side = np.cos(np.arctan2(v - cv, u - cu) - rng.uniform(-math.pi, math.pi))
    edge = np.exp((share - 1) / 0.013) * (0.10 + 0.30 * side)
    haze = np.clip(share - 0.86, 0, None) * rng.uniform(0.0, 1.6) * (0.4 + side)
    gain = (1 + np.clip(edge, -0.5, 0.4) * (share < 1.05) + haze * (share < 1.05)).astype(np.float32)
    height, width = geometry.size
    large = cv2.resize(gain, (gain.shape[1] * step, gain.shape[0] * step))[:height, :width]
    return large.astype(np.float32)


def _add_noise(
    scene: FloatArray, soft: ByteArray, patient: Patient, rng: np.random.Generator, scale: float
) -> None:
    """Grain of the retina and noise of the sensor; outside the field only the sensor's dark noise."""
    height, width = scene.shape[:2]
    grain = rng.standard_normal((height, width), dtype=np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), max(0.5, 0.9 * scale)).astype(np.float32)
    grain *= 2.2 * patient.noise * max(0.6, scale)
    half = (-(-height // 2), -(-width // 2))
    tint = rng.standard_normal((*half, 3), dtype=np.float32) * (0.8 * patient.noise)
    tint = cv2.resize(tint, (half[1] * 2, half[0] * 2))[:height, :width].astype(np.float32)
    mottle = smooth_noise(rng, (height // 2, width // 2), 170)
    texture = cv2.resize(mottle, (width, height)).astype(np.float32) * 0.012
    lit = soft.astype(np.float32) / 255
    scene *= (1 + texture * lit)[..., None]
    scene += (grain * (0.25 + 0.75 * lit))[..., None]
    scene += tint
    dark = np.array(rng.uniform(1.0, 4.0, 3), dtype=np.float32)
    scene += dark


def _to_eight_bits(scene: FloatArray) -> ByteArray:
    """Round to uint8 with a soft shoulder above 200, as cameras have."""
    levels = np.arange(0, 1024, dtype=np.float32)
    shoulder = np.where(levels <= 200, levels, 200 + 55 * (1 - np.exp(-(levels - 200) / 62)))
    curve = np.clip(np.round(shoulder), 0, 255).astype(np.uint8)
    index = np.clip(scene + 0.5, 0, 1023).astype(np.uint16)
    return curve[index]
