"""The retinal vessel tree: grown step by step from the disc, then drawn.

Four arteries and four veins leave the disc. The temporal ones follow an ellipse around the macula (the
arcades), the nasal ones fan out. Every bifurcation keeps Murray's law, ``r0**3 = r1**3 + r2**3``
(C. D. Murray, PNAS 12, 1926). Vessels of one kind never cross; those of different kinds may. None enters
the foveal avascular zone.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from training.synthetic.anatomy import EyeGeometry, Patient

Kind = Literal["artery", "vein"]
ByteArray = npt.NDArray[np.uint8]

STEP = 0.05
AVASCULAR_RADIUS = 0.34
_CELL = 0.07
# Radii at the disc in disc diameters: a central vein measures some 0.08 across, an artery less.
_TRUNK_RADIUS: dict[Kind, float] = {"artery": 0.030, "vein": 0.039}
_MACULAR_RADIUS = 0.0135
_FULL_DEPTH = 0.036


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of vessel between two bifurcations."""

    kind: Kind
    points: tuple[tuple[float, float], ...]
    """(u, v) in the eye frame."""
    radius: float
    """At its beginning, in disc diameters."""
    ends: bool
    """It fades out here instead of dividing."""


@dataclass(slots=True)
class _Sprout:
    kind: Kind
    u: float
    v: float
    heading: float
    radius: float
    course: str
    side: int
    branch: int
    parent: int
    generation: int


@dataclass(slots=True)
class Tree:
    """A grown vessel tree."""

    pieces: list[Piece] = field(default_factory=list)

    def thin_points(self, limit: float = 0.016) -> npt.NDArray[np.float64]:
        """(n, 2) eye-frame points on vessels thinner than ``limit``: where microaneurysms sit."""
        points = [point for piece in self.pieces if piece.radius < limit for point in piece.points[2:]]
        return np.array(points, dtype=np.float64).reshape(-1, 2)


def fibre_direction(u: float, v: float, fovea: tuple[float, float], height: float) -> float:
    """Direction (radians, eye frame) of the nerve fibres and arcades at a point.

    Temporal of the disc the tangent of ellipses around the fovea; nasal of it radial from the disc.
    """
    radial = math.atan2(v, u)
    if u <= -0.2:
        return radial
    share = min(1.0, (u + 0.2) / 0.7)
    return _turn(radial, _arc(u, v, fovea, height, -1 if v < fovea[1] else 1), share)


def _arc(u: float, v: float, fovea: tuple[float, float], height: float, side: int) -> float:
    """Direction away from the disc along the ellipse around the fovea; ``side`` -1 above, +1 below."""
    du, dv = (u - fovea[0]) / (fovea[0] + 0.1) ** 2, (v - fovea[1]) / height**2
    return math.atan2(-side * du, side * dv)


def _turn(heading: float, towards: float, share: float) -> float:
    difference = (towards - heading + math.pi) % (2 * math.pi) - math.pi
    return heading + share * difference


class _Grower:
    def __init__(self, geometry: EyeGeometry, patient: Patient, rng: np.random.Generator) -> None:
        self.geometry = geometry
        self.patient = patient
        self.rng = rng
        self.fovea = geometry.fovea_offset
        self.height = patient.arcade_height
        self.thinnest = max(0.0042, 0.42 / geometry.disc_diameter_px)
        self.taken: dict[Kind, dict[tuple[int, int], int]] = {"artery": {}, "vein": {}}
        self.branches = 0
        self.queue: deque[_Sprout] = deque()
        self.tree = Tree()

    def new_branch(self) -> int:
        self.branches += 1
        return self.branches

    def plant(self) -> None:
        rng = self.rng
        for kind in ("vein", "artery"):
            lean = 0.05 if kind == "artery" else -0.03
            for side in (-1, 1):
                # Both trunks of a kind come up at one place; starting a little across it leaves no gap.
                root = (-0.10 + lean, -side * 0.05 + rng.normal(0, 0.01))
                trunk = self.new_branch()
                radius = _TRUNK_RADIUS[kind] * self.patient.calibre * rng.uniform(0.92, 1.08)
                spread = 0.30 if kind == "artery" else 0.12
                temporal = side * (math.pi / 2 - spread + rng.normal(0, 0.1))
                nasal = side * (math.pi / 2 + 0.75 + rng.normal(0, 0.18))
                for heading, course, share in ((temporal, "arcade", 1.0), (nasal, "nasal", 0.68)):
                    branch = self.new_branch()
                    self.queue.append(
                        _Sprout(kind, *root, heading, radius * share, course, side, branch, trunk, 0)
                    )
        for _ in range(int(rng.integers(3, 6))):
            self._plant_small(math.pi * rng.uniform(0.78, 1.22), "nasal")
        for side in (-1, 1):
            for _ in range(int(rng.integers(1, 3))):
                self._plant_small(side * rng.uniform(0.12, 0.6), "macular")

    def _plant_small(self, heading: float, course: str) -> None:
        rng = self.rng
        kind: Kind = "artery" if rng.random() < 0.5 else "vein"
        reach = rng.uniform(0.05, 0.3)
        root = (math.cos(heading) * reach - 0.05, math.sin(heading) * reach)
        side = 1 if math.sin(heading) > 0 else -1
        radius = rng.uniform(0.009, 0.014)
        branch = self.new_branch()
        self.queue.append(_Sprout(kind, *root, heading, radius, course, side, branch, branch, 2))

    def grow(self) -> Tree:
        self.plant()
        while self.queue:
            self._grow_branch(self.queue.popleft())
        return self.tree

    def _target(self, s: _Sprout, u: float, v: float, travelled: float) -> tuple[float, float]:
        """Where the branch wants to head, and how strongly it turns there at every step."""
        if s.course == "arcade":
            arc = _arc(u, v, self.fovea, self.height, s.side)
            # Pull back to the ellipse itself: outside it turn towards the macula, inside it away.
            level = math.hypot((u - self.fovea[0]) / (self.fovea[0] + 0.1), (v - self.fovea[1]) / self.height)
            arc += s.side * -1.1 * float(np.clip(1.04 - level, -0.5, 0.5))
            if u > self.fovea[0] - 0.2:
                # Beyond the macula the arcades spread towards the periphery, they do not close.
                arc = _turn(arc, s.side * 0.12, 0.8)
            return arc, 0.22 if travelled > 0.15 else 0.06
        if s.course == "nasal":
            return _turn(math.atan2(v, u + 0.1), math.pi * s.side, 0.1), 0.04
        if s.course == "macular":
            return math.atan2(self.fovea[1] - v, self.fovea[0] - u), 0.06
        return math.atan2(v - self.fovea[1] * 0.5, u - self.fovea[0] * 0.5), 0.03

    def _grow_branch(self, s: _Sprout) -> None:
        geometry, taken = self.geometry, self.taken[s.kind]
        u, v, heading, radius = s.u, s.v, s.heading, s.radius
        length = 400
        # Thin branches are short: some 130 times their radius, which is what real ones reach.
        reach = 130 * radius * self.rng.uniform(0.8, 1.5) if s.generation else 400 * STEP
        wobble = self.rng.standard_normal(length) * 0.022 * self.patient.tortuosity
        bend, points = 0.0, [(u, v)]
        until = self._interval(radius, s.generation)
        for step in range(length):
            travelled = step * STEP
            target, strength = self._target(s, u, v, travelled)
            bend = 0.86 * bend + wobble[step] * (1.0 if radius > 0.02 else 1.6)
            heading = _turn(heading, target, strength) + bend
            u, v = u + STEP * math.cos(heading), v + STEP * math.sin(heading)
            points.append((u, v))
            if geometry.depth_in_field(*geometry.to_pixels(u, v)) < -0.05:
                break
            cell = (math.floor(u / _CELL), math.floor(v / _CELL))
            if s.generation and (
                travelled > reach or self._meets(s, taken.get(cell, s.branch), u, v, travelled)
            ):
                break
            taken.setdefault(cell, s.branch)
            if travelled >= until:
                self._close(s.kind, points, radius, ends=False)
                radius, heading = self._divide(s, u, v, heading, radius)
                points = [points[-1]]
                until = travelled + self._interval(radius, s.generation)
                if radius < self.thinnest:
                    break
        self._close(s.kind, points, radius, ends=True)

    def _meets(self, s: _Sprout, owner: int, u: float, v: float, travelled: float) -> bool:
        """Whether the branch must end here: at a vessel of its own kind, at the fovea, or on leaving it."""
        if owner not in (s.branch, s.parent) and travelled > 0.35 and math.hypot(u, v) > 0.55:
            return True
        if owner == s.parent and travelled > 0.5:
            return True
        from_fovea = math.hypot(u - self.fovea[0], v - self.fovea[1])
        if s.course == "macular" and from_fovea < AVASCULAR_RADIUS + s.radius * 14:
            return True
        return from_fovea < AVASCULAR_RADIUS

    def _interval(self, radius: float, generation: int) -> float:
        base = 0.36 if radius > 0.012 else 0.6
        first = 0.35 if generation == 0 else 0.2
        return first + float(self.rng.exponential(base))

    def _divide(self, s: _Sprout, u: float, v: float, heading: float, radius: float) -> tuple[float, float]:
        """Send off a side branch by Murray's law; returns the main branch's new radius and heading."""
        rng = self.rng
        share = rng.uniform(0.32, 0.78) if s.generation < 2 else rng.uniform(0.5, 0.85)
        side = 1 if rng.random() < 0.5 else -1
        angle = side * rng.uniform(0.55, 1.2) * (1.15 - 0.4 * share)
        towards = heading + angle
        du, dv = self.fovea[0] - u, self.fovea[1] - v
        inward = math.cos(towards) * du + math.sin(towards) * dv > 0
        course = "macular" if inward and math.hypot(du, dv) < 2.8 and u > 0.3 else "outward"
        if course == "macular":
            # What feeds the macula is thin; the large vessels pass around it.
            share = min(share, _MACULAR_RADIUS / radius)
        child = radius * share
        main = radius * (1 - share**3) ** (1 / 3)
        if child >= self.thinnest:
            branch = self.new_branch()
            self.queue.append(
                _Sprout(s.kind, u, v, towards, child, course, s.side, branch, s.branch, s.generation + 1)
            )
        return main, heading - angle * 0.35 * share**2

    def _close(self, kind: Kind, points: list[tuple[float, float]], radius: float, *, ends: bool) -> None:
        if len(points) > 1:
            self.tree.pieces.append(Piece(kind, tuple(points), radius, ends))


def grow_tree(geometry: EyeGeometry, patient: Patient, rng: np.random.Generator) -> Tree:
    """Grow the vessel tree of one eye."""
    return _Grower(geometry, patient, rng).grow()


@dataclass(frozen=True, slots=True)
class VesselLayers:
    """Drawn vessels, (H, W) uint8 each: how much blood the light crosses (255 = a trunk), and the reflex."""

    artery: ByteArray
    vein: ByteArray
    reflex: ByteArray


def draw_tree(tree: Tree, geometry: EyeGeometry) -> VesselLayers:
    """Draw a tree with sub-pixel widths; thin vessels first so that trunks stay whole."""
    layers = {kind: np.zeros(geometry.size, np.uint8) for kind in ("artery", "vein")}
    reflex = np.zeros(geometry.size, np.uint8)
    d = geometry.disc_diameter_px
    for piece in sorted(tree.pieces, key=lambda piece: piece.radius):
        line = np.array(piece.points) @ np.diag([geometry.temporal * d, d])
        line += np.array([geometry.disc_px[1], geometry.disc_px[0]])
        radii = np.full(len(line), piece.radius * d)
        if piece.ends:
            fading = min(30, len(radii))
            radii[-fading:] *= np.linspace(1.0, 0.2, fading)
        _draw_piece(layers[piece.kind], line, radii, d)
        # On the pale disc no reflex can be told from the ground.
        off_disc = np.hypot(*np.array(piece.points).T) > 0.5
        if piece.kind == "artery" and piece.radius * d > 2.0 and off_disc.sum() > 2:
            shine = int(255 * min(1.0, piece.radius / 0.03))
            _ribbon(reflex, line[off_disc], np.maximum(radii[off_disc] * 0.28, 0.5), shine)
    return VesselLayers(layers["artery"], layers["vein"], reflex)


def _draw_piece(
    layer: ByteArray, line: npt.NDArray[np.float64], radii: npt.NDArray[np.float64], disc_diameter: float
) -> None:
    """Draw in short lengths, the far end first, so that a tapering vessel also grows paler."""
    length = 8 if radii[-1] < radii[0] else len(radii)
    for start in reversed(range(0, len(radii) - 1, length)):
        part = slice(start, start + length + 1)
        mean = float(radii[part].mean())
        # Narrower than a pixel: the width stays at one pixel and the missing width becomes transparency.
        depth = min(1.0, (mean / disc_diameter / _FULL_DEPTH) ** 0.62) * min(1.0, mean / 0.6)
        _ribbon(layer, line[part], np.maximum(radii[part], 0.6), round(255 * max(0.06, depth)))


def _ribbon(
    layer: ByteArray, line: npt.NDArray[np.float64], radii: npt.NDArray[np.float64], value: int
) -> None:
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * radii[:, None]
    outline = np.concatenate([line + normal, (line - normal)[::-1]])
    cv2.fillPoly(layer, [np.round(outline * 16).astype(np.int32)], (value,), cv2.LINE_AA, 4)
