"""One synthetic eye before its lesions: geometry, pigments and camera, drawn from a seed.

Lengths are in disc diameters unless a name ends in ``_px``. The *eye frame* has its origin in the disc's
centre, ``u`` towards the temple (where the fovea is) and ``v`` downwards, so that a left and a right eye
share every rule and differ by one mirror. A photograph of a right eye shows its disc on the right.

Proportions follow ordinary anatomy: a 45 degree field is about seven disc diameters wide, the fovea lies
some 2.5 disc diameters temporal of the disc's centre and a little below it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Eye = Literal["left", "right"]
Size = tuple[int, int]
FloatArray = npt.NDArray[np.float32]

MINIMUM_SIZE: Size = (192, 256)

# Unlit fundus colours (RGB, 0-255) between which every patient's is drawn; measured by eye on photographs.
_PIGMENTS = np.array(
    [
        (206.0, 106.0, 38.0),  # orange, the ordinary one
        (196.0, 112.0, 66.0),  # pale, blond fundus
        (184.0, 98.0, 20.0),  # amber filter
        (176.0, 84.0, 34.0),  # brown, much pigment
        (212.0, 92.0, 58.0),  # red
    ]
)


@dataclass(frozen=True, slots=True)
class Patient:
    """What both eyes of a patient and the camera that took them share."""

    pigment: tuple[float, float, float]
    """Fundus colour, RGB in 0..255."""
    tessellation: float
    """How much the choroid shows through, 0..1."""
    nerve_fibre: float
    """How much the nerve-fibre sheen shows, 0..1."""
    tortuosity: float
    calibre: float
    arcade_height: float
    radius: float
    """Field radius as a share of the image's height; above 0.5 the field is flattened above and below."""
    notch: bool
    defocus: float
    noise: float
    exposure: float


@dataclass(frozen=True, slots=True)
class EyeGeometry:
    """Where things lie in one photograph. Points are (y, x) in pixels."""

    size: Size
    eye: Eye
    centre_px: tuple[float, float]
    radius_px: float
    disc_px: tuple[float, float]
    disc_diameter_px: float
    fovea_offset: tuple[float, float]
    """The fovea in the eye frame, (u, v)."""

    @property
    def temporal(self) -> int:
        """+1 where the temple lies to the right of the image (a left eye), -1 otherwise."""
        return 1 if self.eye == "left" else -1

    @property
    def fovea_px(self) -> tuple[float, float]:
        """The foveal centre as (y, x) in pixels."""
        x, y = self.to_pixels(*self.fovea_offset)
        return (y, x)

    def to_pixels(self, u: float, v: float) -> tuple[float, float]:
        """Eye frame to (x, y) in pixels."""
        d = self.disc_diameter_px
        return (self.disc_px[1] + self.temporal * u * d, self.disc_px[0] + v * d)

    def to_eye(self, x: float, y: float) -> tuple[float, float]:
        """(x, y) in pixels to the eye frame."""
        d = self.disc_diameter_px
        return (self.temporal * (x - self.disc_px[1]) / d, (y - self.disc_px[0]) / d)

    def depth_in_field(self, x: float, y: float) -> float:
        """Distance from the field's edge in disc diameters, negative outside (frame edges count)."""
        height, width = self.size
        circle = self.radius_px - math.hypot(x - self.centre_px[1], y - self.centre_px[0])
        return min(circle, x, y, width - 1 - x, height - 1 - y) / self.disc_diameter_px

    def grid(self, step: int) -> tuple[FloatArray, FloatArray]:
        """Eye-frame coordinates (u, v) of the centres of ``step`` x ``step`` pixel cells."""
        height, width = self.size
        rows, columns = -(-height // step), -(-width // step)
        x = (np.arange(columns, dtype=np.float32) + 0.5) * step - 0.5
        y = (np.arange(rows, dtype=np.float32) + 0.5) * step - 0.5
        u = self.temporal * (x - self.disc_px[1]) / self.disc_diameter_px
        v = (y - self.disc_px[0]) / self.disc_diameter_px
        grid_u, grid_v = np.meshgrid(u, v)
        return grid_u.astype(np.float32), grid_v.astype(np.float32)


def draw_patient(rng: np.random.Generator) -> Patient:
    """Draw what a patient's two eyes share."""
    weights = rng.dirichlet(np.full(len(_PIGMENTS), 0.7))
    pigment = weights @ _PIGMENTS * rng.uniform(0.94, 1.06, 3)
    return Patient(
        pigment=(float(pigment[0]), float(pigment[1]), float(pigment[2])),
        tessellation=float(rng.beta(1.4, 2.2)),
        nerve_fibre=float(rng.uniform(0.2, 1.0)),
        tortuosity=float(rng.uniform(0.6, 1.5)),
        calibre=float(rng.uniform(0.9, 1.12)),
        arcade_height=float(rng.uniform(1.7, 2.1)),
        radius=float(rng.choice([0.487, 0.492, 0.525, 0.55, 0.575])),
        notch=bool(rng.random() < 0.5),
        defocus=float(rng.uniform(0.75, 1.5)),
        noise=float(rng.uniform(0.8, 1.5)),
        exposure=float(rng.uniform(0.94, 1.16)),
    )


def draw_geometry(rng: np.random.Generator, patient: Patient, size: Size, eye: Eye) -> EyeGeometry:
    """Draw one photograph's geometry: a macula-centred field with the small mis-aiming of real ones."""
    height, width = size
    # A narrow image keeps the whole circle; a field wider than the image would lose its sides.
    radius = min(patient.radius * height, 0.49 * width)
    centre = (height / 2 + rng.normal(0, 0.003) * height, width / 2 + rng.normal(0, 0.01) * height)
    diameter = 2 * radius / rng.uniform(6.7, 7.4)
    temporal = 1 if eye == "left" else -1
    offset = (float(rng.uniform(2.4, 2.62)), float(rng.uniform(0.12, 0.4)))
    fovea_x = centre[1] + rng.normal(0.10, 0.12) * temporal * -diameter
    fovea_y = centre[0] + float(np.clip(rng.normal(0.05, 0.2), -0.4, 0.45)) * diameter
    disc = (fovea_y - offset[1] * diameter, fovea_x - temporal * offset[0] * diameter)
    return EyeGeometry(size, eye, centre, radius, disc, diameter, offset)
