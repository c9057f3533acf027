"""Synthetic fundus photographs with true lesion masks, deterministic by seed.

``generate`` is the one entry. What a patient's two eyes share (pigment, camera) comes from the patient's
seed, everything else from the image's own; the severity grade is derived from the finished masks
(:mod:`training.synthetic.grading`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from training.errors import TrainingError
from training.synthetic.anatomy import (
    MINIMUM_SIZE,
    Eye,
    EyeGeometry,
    FloatArray,
    Patient,
    Size,
    draw_geometry,
    draw_patient,
)
from training.synthetic.background import paint_fundus, smooth_noise
from training.synthetic.camera import REFERENCE_HEIGHT, field_of_view, photograph
from training.synthetic.grading import GRADE_COUNT, macular_oedema
from training.synthetic.grading import severity as severity_of
from training.synthetic.lesions import LesionLayers, LesionPainter, draw_plan
from training.synthetic.vessels import Tree, VesselLayers, draw_tree, grow_tree

# How often each grade is drawn when none is asked for: most eyes that are screened are healthy.
GRADE_SHARES = (0.26, 0.16, 0.28, 0.16, 0.14)
_ATTEMPTS = 12

# What a full layer of blood leaves of the light, as an exponent per channel (haemoglobin absorbs green).
_VENOUS = np.array([0.31, 0.76, 0.56], dtype=np.float32)
_ARTERIAL = np.array([0.15, 0.54, 0.42], dtype=np.float32)
_CLOTTED = np.array([0.42, 0.86, 0.66], dtype=np.float32)


class SyntheticError(TrainingError):
    """A synthetic image was asked for that cannot be made."""


@dataclass(frozen=True, slots=True)
class SyntheticFundus:
    """A synthetic photograph and the truth about it."""

    image: npt.NDArray[np.uint8]
    """(H, W, 3) RGB."""
    masks: dict[str, npt.NDArray[np.bool_]]
    """(H, W) bool for each of MA, HE, EX, SE."""
    grade: int
    """0..4, see :mod:`training.synthetic.grading`."""
    findings: dict[str, bool]
    """``dme``."""
    eye: Eye
    disc: tuple[float, float]
    """Centre of the optic disc, (y, x) in pixels."""
    disc_diameter: float
    fovea: tuple[float, float]
    """Foveal centre, (y, x) in pixels."""


def generate(
    seed: int,
    size: Size = (1200, 1600),
    severity: int | None = None,
    *,
    patient: int | None = None,
    eye: Literal["left", "right"] | None = None,
) -> SyntheticFundus:
    """Make one synthetic fundus photograph.

    ``size`` is (height, width), at least 192 x 256. ``severity`` 0..4, or None to draw one. ``patient`` is
    the seed of what two eyes share (default: ``seed``), ``eye`` the side (default: drawn). The same
    arguments give the same arrays on the same versions of numpy and OpenCV.

    Raises :class:`SyntheticError` for a size or severity out of range.
    """
    _check(size, severity)
    rng = np.random.default_rng([seed, 2])
    grade = int(rng.choice(GRADE_COUNT, p=GRADE_SHARES)) if severity is None else severity
    side: Eye = "left" if rng.random() < 0.5 else "right"
    person = draw_patient(np.random.default_rng([seed if patient is None else patient, 1]))
    geometry = draw_geometry(rng, person, size, eye or side)
    tree = grow_tree(geometry, person, rng)
    vessels = draw_tree(tree, geometry)
    layers, masks, grade = _lesions(seed, grade, geometry, person, tree, vessels)
    image = _draw(geometry, person, vessels, layers, rng)
    findings = {"dme": macular_oedema(masks, geometry)}
    return SyntheticFundus(
        image,
        masks,
        grade,
        findings,
        geometry.eye,
        geometry.disc_px,
        geometry.disc_diameter_px,
        geometry.fovea_px,
    )


def _check(size: Size, severity: int | None) -> None:
    if size[0] < MINIMUM_SIZE[0] or size[1] < MINIMUM_SIZE[1]:
        raise SyntheticError(
            f"A synthetic image of {size[1]}x{size[0]} is too small; "
            f"choose at least {MINIMUM_SIZE[1]}x{MINIMUM_SIZE[0]}."
        )
    if severity is not None and not 0 <= severity < GRADE_COUNT:
        raise SyntheticError(f"Severity {severity} is not on the scale; choose 0 to {GRADE_COUNT - 1}.")


def _lesions(
    seed: int, grade: int, geometry: EyeGeometry, person: Patient, tree: Tree, vessels: VesselLayers
) -> tuple[LesionLayers, dict[str, npt.NDArray[np.bool_]], int]:
    """Draw lesions until the masks have the grade asked for; the grade returned is always the masks' own."""
    inside = field_of_view(geometry)
    all_vessels = np.maximum(vessels.artery, vessels.vein)
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng([seed, 3, attempt])
        painter = LesionPainter(geometry, person, tree, all_vessels, rng)
        layers = painter.paint(draw_plan(grade, rng))
        masks = layers.masks(inside)
        found = severity_of(masks, geometry)
        if found == grade:
            break
    return layers, masks, found


def _draw(
    geometry: EyeGeometry,
    person: Patient,
    vessels: VesselLayers,
    layers: LesionLayers,
    rng: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    """Blend everything, from the deepest layer to the camera."""
    scene = paint_fundus(geometry, person, rng)
    _paint_exudates(scene, layers, geometry, rng)
    _paint_blood(scene, vessels, layers, geometry, rng)
    _paint_wool(scene, layers, rng)
    return photograph(scene, geometry, person, rng)


def _window(layer: npt.NDArray[np.uint8], pad: int) -> tuple[slice, slice] | None:
    x, y, w, h = cv2.boundingRect(layer)
    if w == 0 or h == 0:
        return None
    return slice(max(0, y - pad), y + h + pad), slice(max(0, x - pad), x + w + pad)


def _soft(layer: npt.NDArray[np.uint8], sigma: float) -> FloatArray:
    return (cv2.GaussianBlur(layer, (0, 0), max(0.3, sigma)).astype(np.float32) / 255).astype(np.float32)


def _paint_exudates(
    scene: FloatArray, layers: LesionLayers, geometry: EyeGeometry, rng: np.random.Generator
) -> None:
    """Hard exudates: waxy yellow, sharp-edged, brighter than the fundus they lie in."""
    where = _window(layers.exudate, 4)
    glow = rng.uniform(0.75, 1.0)
    if where is None:
        return
    share = _soft(layers.exudate[where], 0.5 * geometry.size[0] / REFERENCE_HEIGHT)[..., None]
    under = scene[where]
    waxy = np.minimum(under * np.array([1.22, 1.75, 1.9]) + np.array([26.0, 42.0, 16.0]) * glow, 262.0)
    scene[where] = under + (waxy - under) * share * (0.65 + 0.35 * glow)


def _paint_blood(
    scene: FloatArray,
    vessels: VesselLayers,
    layers: LesionLayers,
    geometry: EyeGeometry,
    rng: np.random.Generator,
) -> None:
    """Light lost in vessels and in shed blood (Beer-Lambert), then the reflex on arteries."""
    scale = geometry.size[0] / REFERENCE_HEIGHT
    edge = 0.8 * scale
    contrast = rng.uniform(0.85, 1.1)
    venous, arterial = _soft(vessels.vein, edge), _soft(vessels.artery, edge)
    clotted = _soft(layers.blood, 1.7 * scale)
    if layers.blood.any():
        clotted *= np.clip(1 + 0.12 * smooth_noise(rng, geometry.size, 60), 0.6, 1.3)
    hidden = 1 - 0.75 * np.minimum(clotted, 1)
    reflex = _soft(vessels.reflex, 0.9 * scale)
    for channel in range(3):
        lost = venous * (_VENOUS[channel] * contrast)
        lost += arterial * (_ARTERIAL[channel] * contrast)
        # Shed blood lies in front of the vessels and hides most of them.
        lost *= hidden
        lost += clotted * _CLOTTED[channel]
        # The reflex is light that never entered the blood column; blood in front of it hides it.
        lost -= reflex * hidden * (0.07, 0.13, 0.09)[channel]
        scene[..., channel] *= np.exp(-lost)


def _paint_wool(scene: FloatArray, layers: LesionLayers, rng: np.random.Generator) -> None:
    """Cotton-wool spots: swollen nerve fibres, pale and fuzzy, in front of the vessels."""
    where = _window(layers.wool, 2)
    if where is None:
        return
    share = (layers.wool[where].astype(np.float32) / 255)[..., None]
    share *= np.clip(0.9 + 0.12 * smooth_noise(rng, (share.shape[0], share.shape[1]), 9), 0, 1.2)[..., None]
    under = scene[where]
    pale = under * 0.45 + np.array([146.0, 128.0, 70.0], dtype=np.float32)
    scene[where] = under + (pale - under) * share * 0.72
