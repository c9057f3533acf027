"""Lesions of diabetic retinopathy, placed by anatomy and drawn twice: as strength and as true mask.

Strength is what the painter blends, a mask is where a reader would outline the lesion (strength before blur
over one half). Shapes are polygons with sub-pixel corners, so a lesion has the same form at every size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from training.synthetic.anatomy import EyeGeometry, Patient
from training.synthetic.grading import PRERETINAL_AREA, SEVERE_PER_QUADRANT
from training.synthetic.vessels import Tree, fibre_direction

CLASSES = ("MA", "HE", "EX", "SE")
BoolArray = npt.NDArray[np.bool_]
ByteArray = npt.NDArray[np.uint8]
Polygon = npt.NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of each lesion an image of some severity gets."""

    microaneurysms: int
    haemorrhages: int
    spread: bool
    """Haemorrhages in every quadrant."""
    exudate_clusters: int
    macular: bool
    """One of the exudate clusters lies in the macula."""
    cotton_wool: int
    preretinal: bool


def draw_plan(severity: int, rng: np.random.Generator) -> Plan:
    """Draw lesion counts for a severity grade 0..4."""
    if severity == 0:
        return Plan(0, 0, False, 0, False, 0, False)
    if severity == 1:
        return Plan(int(rng.integers(3, 15)), 0, False, 0, False, 0, False)
    clusters = int(rng.choice([0, 1, 2, 3, 4], p=[0.25, 0.25, 0.25, 0.15, 0.10]))
    macular = clusters > 0 and rng.random() < 0.5
    if severity == 2:
        spots = int(rng.choice([0, 1, 2], p=[0.7, 0.2, 0.1]))
        blots = int(rng.integers(1 if clusters == 0 else 0, 13))
        return Plan(int(rng.integers(4, 26)), blots, False, clusters, macular, spots, False)
    spots = int(rng.choice([0, 1, 2, 3, 4], p=[0.3, 0.25, 0.2, 0.15, 0.1]))
    many = severity == 3 or rng.random() < 0.4
    blots = int(rng.integers(4 * SEVERE_PER_QUADRANT + 4, 46)) if many else int(rng.integers(2, 14))
    return Plan(int(rng.integers(8, 42)), blots, many, clusters, macular, spots, severity == 4)


@dataclass(slots=True)
class LesionLayers:
    """Drawn lesions. Strengths are (H, W) uint8; masks (H, W) bool by class name."""

    blood: ByteArray
    exudate: ByteArray
    wool: ByteArray
    shapes: dict[str, ByteArray]
    places: list[tuple[float, float, float]] = field(default_factory=list)
    """(u, v, radius) already taken, in disc diameters."""

    def masks(self, inside: BoolArray) -> dict[str, BoolArray]:
        """True masks by class, cut to the field of view."""
        return {name: (shape > 127) & inside for name, shape in self.shapes.items()}


def _blob(
    rng: np.random.Generator, radius: float, *, ragged: float, stretch: float = 1.0, heading: float = 0.0
) -> Polygon:
    """(n, 2) closed outline around the origin: a circle with a few random harmonics, stretched."""
    corners = 28
    angle = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    r = np.ones(corners)
    for k in range(2, 7):
        r += ragged * rng.normal(0, 1.0 / k) * np.cos(k * angle + rng.uniform(0, 2 * math.pi))
    r = np.clip(r, 0.35, 1.8) * radius
    x, y = r * np.cos(angle) * math.sqrt(stretch), r * np.sin(angle) / math.sqrt(stretch)
    c, s = math.cos(heading), math.sin(heading)
    return np.stack([x * c - y * s, x * s + y * c], axis=1)


def _spindle(rng: np.random.Generator, length: float, width: float, heading: float) -> Polygon:
    """(n, 2) outline of a streak pointed at both ends, of half-length and half-width given."""
    x = np.linspace(-1, 1, 18)
    profile = (1 - np.abs(x) ** 1.6) * width
    edges = [profile * rng.uniform(0.75, 1.25, len(x)) for _ in range(2)]
    along = np.concatenate([x, x[::-1]]) * length
    across = np.concatenate([edges[0], -edges[1][::-1]])
    c, s = math.cos(heading), math.sin(heading)
    return np.stack([along * c - across * s, along * s + across * c], axis=1)


class LesionPainter:
    """Places and draws the lesions of one image."""

    def __init__(
        self,
        geometry: EyeGeometry,
        patient: Patient,
        tree: Tree,
        vessels: ByteArray,
        rng: np.random.Generator,
    ) -> None:
        """``vessels``: (H, W) uint8 depth of all vessels, so that small dots do not vanish on a large one."""
        self.geometry, self.patient, self.tree, self.vessels, self.rng = geometry, patient, tree, vessels, rng
        self.fovea = geometry.fovea_offset
        blank = [np.zeros(geometry.size, np.uint8) for _ in range(3 + len(CLASSES))]
        shapes = dict(zip(CLASSES, blank[3:], strict=True))
        self.layers = LesionLayers(blank[0], blank[1], blank[2], shapes)

    def paint(self, plan: Plan) -> LesionLayers:
        """Draw everything a plan asks for; a lesion that finds no room is left out."""
        if plan.preretinal:
            self._preretinal()
        for index in range(plan.exudate_clusters):
            self._exudates(macular=plan.macular and index == 0)
        for _ in range(plan.cotton_wool):
            self._cotton_wool()
        for index in range(plan.haemorrhages):
            self._haemorrhage(index % 4 if plan.spread else None)
        self._microaneurysms(plan.microaneurysms)
        return self.layers

    # Drawing ------------------------------------------------------------------------------------------

    def _fill(self, layer: ByteArray, polygon: Polygon, at: Point, value: int) -> None:
        """Fill a polygon, in disc diameters around the eye-frame point ``at``; keeps the stronger value."""
        x, y = self.geometry.to_pixels(*at)
        d = self.geometry.disc_diameter_px
        corners = polygon * np.array([self.geometry.temporal * d, d]) + np.array([x, y])
        height, width = layer.shape
        low = np.floor(corners.min(axis=0)).astype(int) - 1
        high = np.ceil(corners.max(axis=0)).astype(int) + 2
        x0, y0 = max(0, low[0]), max(0, low[1])
        x1, y1 = min(width, high[0]), min(height, high[1])
        if x0 >= x1 or y0 >= y1:
            return
        stamp = np.zeros((y1 - y0, x1 - x0), np.uint8)
        fixed = np.round((corners - np.array([x0, y0])) * 16).astype(np.int32)
        cv2.fillPoly(stamp, [fixed], (value,), cv2.LINE_AA, 4)
        np.maximum(layer[y0:y1, x0:x1], stamp, out=layer[y0:y1, x0:x1])

    def _lesion(self, name: str, polygon: Polygon, at: Point, strength: float) -> None:
        layer = self.layers.exudate if name == "EX" else self.layers.blood
        self._fill(layer, polygon, at, int(255 * min(1.0, strength)))
        self._fill(self.layers.shapes[name], polygon, at, 255)

    # Placing ------------------------------------------------------------------------------------------

    def _free(self, u: float, v: float, radius: float, *, depth: float = 0.1) -> bool:
        if self.geometry.depth_in_field(*self.geometry.to_pixels(u, v)) < depth + radius:
            return False
        if math.hypot(u, v) < 0.62 + radius:
            return False
        return all(math.hypot(u - a, v - b) > radius + r + 0.02 for a, b, r in self.layers.places)

    def _take(self, u: float, v: float, radius: float) -> None:
        self.layers.places.append((u, v, radius))

    def _vessel_at(self, u: float, v: float) -> int:
        x, y = (round(c) for c in self.geometry.to_pixels(u, v))
        height, width = self.vessels.shape
        return int(self.vessels[min(max(y, 0), height - 1), min(max(x, 0), width - 1)])

    def _place(self, radius: float, near: float, far: float, quadrant: int | None = None) -> Point | None:
        """A free point between two distances from the fovea, in a quadrant when one is asked for."""
        for _ in range(60):
            if quadrant is None:
                angle = self.rng.uniform(-math.pi, math.pi)
            else:
                angle = (quadrant + self.rng.uniform(0.06, 0.94)) * math.pi / 2
            distance = math.sqrt(self.rng.uniform(near**2, far**2))
            u = self.fovea[0] + distance * math.cos(angle)
            v = self.fovea[1] + distance * math.sin(angle)
            if self._free(u, v, radius):
                return (u, v)
        return None

    # Lesions ------------------------------------------------------------------------------------------

    def _microaneurysms(self, count: int) -> None:
        """Small round red dots beside thin vessels, most of them in the posterior pole."""
        rng, anchors = self.rng, self.tree.thin_points()
        for _ in range(count):
            # 6 to 11 pixels across where the disc measures 168 (an image 1200 pixels high).
            radius = rng.uniform(0.0185, 0.033)
            for _attempt in range(40):
                if len(anchors) and rng.random() < 0.8:
                    u, v = anchors[rng.integers(len(anchors))] + rng.normal(0, 0.07, 2)
                else:
                    u, v = np.array(self.fovea) + rng.normal(0, 1.1, 2)
                posterior = math.hypot(u - self.fovea[0], v - self.fovea[1]) < rng.uniform(1.2, 3.6)
                if posterior and self._free(u, v, radius) and self._vessel_at(u, v) < 120:
                    outline = _blob(rng, radius, ragged=0.10)
                    self._lesion("MA", outline, (u, v), rng.uniform(0.38, 0.92))
                    self._take(u, v, radius)
                    break

    def _haemorrhage(self, quadrant: int | None) -> None:
        rng = self.rng
        flame = rng.random() < 0.35
        radius = float(np.clip(rng.lognormal(math.log(0.085), 0.42), 0.05, 0.21))
        at = self._place(radius * (1.3 if flame else 0.9), 0.35, 3.3, quadrant)
        if at is None:
            return
        if flame:
            self._flame(at, radius)
        else:
            strength = rng.uniform(0.55, 1.0)
            outline = _blob(
                rng, radius * 0.85, ragged=0.19, stretch=rng.uniform(1, 1.6), heading=rng.uniform(0, 3)
            )
            self._lesion("HE", outline, at, strength)
            if radius > 0.09:
                heart = _blob(rng, radius * 0.5, ragged=0.3)
                self._fill(self.layers.blood, heart, at, int(255 * min(1.0, strength * 1.25)))
        self._take(*at, radius * (1.3 if flame else 1.0))

    def _flame(self, at: Point, radius: float) -> None:
        """Blood between nerve fibres: thin spindles side by side, frayed at both ends."""
        rng = self.rng
        heading = fibre_direction(*at, self.fovea, self.patient.arcade_height) + rng.normal(0, 0.08)
        along = np.array([math.cos(heading), math.sin(heading)])
        across = np.array([-along[1], along[0]])
        width, strength = radius * 0.55, rng.uniform(0.6, 0.95)
        body = _spindle(rng, radius * rng.uniform(1.05, 1.3), radius * rng.uniform(0.34, 0.5), heading)
        self._lesion("HE", body, at, strength)
        for _ in range(int(rng.integers(3, 7))):
            offset = rng.uniform(-1, 1) * width * across * 0.8 + rng.normal(0, 0.25) * radius * along
            length = radius * rng.uniform(0.8, 1.35)
            spindle = _spindle(rng, length, rng.uniform(0.012, 0.022), heading)
            self._lesion(
                "HE", spindle, (at[0] + offset[0], at[1] + offset[1]), strength * rng.uniform(0.75, 1)
            )

    def _preretinal(self) -> None:
        """A boat-shaped pool of blood in front of the retina: level above, round below."""
        rng = self.rng
        area = rng.uniform(1.25, 2.6) * PRERETINAL_AREA * math.pi / 4
        half_width = math.sqrt(area / (0.5 * math.pi * 0.62))
        place = self._place(half_width * 0.9, 0.7, 2.4)
        while place is None and half_width > 0.3:
            half_width *= 0.93
            place = self._place(half_width * 0.9, 0.5, 2.8)
        if place is None:
            return
        angle = np.linspace(0, math.pi, 40)
        keel = half_width * 0.62 * np.sin(angle) ** rng.uniform(0.75, 1.0) + rng.normal(0, 0.006, 40)
        level = np.linspace(1, -1, 12)[1:-1] * -half_width
        x = np.concatenate([half_width * np.cos(angle), level])
        y = np.concatenate([keel, rng.normal(0, 0.006, len(level))])
        tilt = rng.normal(0, 0.06)
        boat = np.stack(
            [x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt)], axis=1
        )
        boat -= np.array([0.0, half_width * 0.25])
        strength = rng.uniform(0.7, 0.85)
        self._lesion("HE", boat, place, strength)
        # Blood settles: denser towards the keel.
        for share in (0.85, 0.65):
            deep = boat * np.array([share, share]) + np.array([0.0, (1 - share) * half_width * 0.36])
            self._fill(self.layers.blood, deep, place, int(255 * min(1.0, strength * (1.5 - 0.5 * share))))
        self._take(*place, half_width * 0.9)

    def _exudates(self, *, macular: bool) -> None:
        """A cluster of hard exudates, or a circinate ring of them around a leaking spot."""
        rng = self.rng
        ring = rng.random() < 0.35
        size = rng.uniform(0.14, 0.42)
        margin = size * 0.5
        if macular:
            centre = self._place(margin, 0.25, 0.85)
        else:
            centre = self._place(margin, 1.15 + size * 1.6, 3.0)
        if centre is None:
            return
        heading, flatten = rng.uniform(0, math.pi), rng.uniform(0.45, 1.0)
        for _ in range(int(rng.integers(8, 30) * (0.6 + size * 2))):
            angle = rng.uniform(-math.pi, math.pi)
            reach = size * (rng.normal(1, 0.12) if ring else abs(rng.normal(0, 0.6)))
            x, y = reach * math.cos(angle), reach * math.sin(angle) * flatten
            u = centre[0] + x * math.cos(heading) - y * math.sin(heading)
            v = centre[1] + x * math.sin(heading) + y * math.cos(heading)
            if not self._exudate_allowed(u, v, macular):
                continue
            radius = float(np.clip(rng.lognormal(math.log(0.020), 0.5), 0.010, 0.07))
            outline = _blob(rng, radius, ragged=0.45, stretch=rng.uniform(1, 1.9), heading=rng.uniform(0, 3))
            self._lesion("EX", outline, (u, v), rng.uniform(0.55, 1.0))
        self._take(*centre, size * 0.55)

    def _exudate_allowed(self, u: float, v: float, macular: bool) -> bool:
        from_fovea = math.hypot(u - self.fovea[0], v - self.fovea[1])
        clear = 0.06 if macular else 1.1
        inside = self.geometry.depth_in_field(*self.geometry.to_pixels(u, v)) > 0.08
        # A pool of blood hides what lies behind it.
        pools = [(a, b, r) for a, b, r in self.layers.places if r > 0.3]
        seen = all(math.hypot(u - a, v - b) > r + 0.1 for a, b, r in pools)
        return from_fovea > clear and math.hypot(u, v) > 0.6 and inside and seen

    def _cotton_wool(self) -> None:
        """A pale fuzzy patch in the nerve-fibre layer, along the arcades, never in the macula."""
        rng = self.rng
        radius = rng.uniform(0.13, 0.27)
        place = self._place(radius, 1.3, 3.0)
        if place is None:
            return
        d = self.geometry.disc_diameter_px
        heading = fibre_direction(*place, self.fovea, self.patient.arcade_height) + rng.normal(0, 0.5)
        stamp = np.zeros(self.geometry.size, np.uint8)
        for _ in range(int(rng.integers(5, 10))):
            along, across = rng.normal(0, 0.32) * radius, rng.normal(0, 0.55) * radius
            offset = (
                along * math.cos(heading) - across * math.sin(heading),
                along * math.sin(heading) + across * math.cos(heading),
            )
            puff = _blob(rng, radius * rng.uniform(0.2, 0.6), ragged=0.35, stretch=2.2, heading=heading)
            self._fill(stamp, puff, (place[0] + offset[0], place[1] + offset[1]), 255)
        x, y, w, h = cv2.boundingRect(stamp)
        pad = round(0.25 * d)
        y0, y1, x0, x1 = max(0, y - pad), y + h + pad, max(0, x - pad), x + w + pad
        soft = cv2.GaussianBlur(stamp[y0:y1, x0:x1], (0, 0), radius * 0.17 * d)
        strength = (soft * rng.uniform(0.7, 1.0)).astype(np.uint8)
        for layer, patch in ((self.layers.wool, strength), (self.layers.shapes["SE"], soft)):
            np.maximum(layer[y0:y1, x0:x1], patch, out=layer[y0:y1, x0:x1])
        self._take(*place, radius)
