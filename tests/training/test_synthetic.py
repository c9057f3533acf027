"""The generator: deterministic, anatomically right, and true to its own masks."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

from training.synthetic import SyntheticError, generate
from training.synthetic.anatomy import EyeGeometry, draw_geometry, draw_patient
from training.synthetic.grading import PRERETINAL_AREA, SEVERE_PER_QUADRANT, macular_oedema, severity
from training.synthetic.vessels import AVASCULAR_RADIUS, grow_tree

SMALL = (480, 640)
CLASSES = ("MA", "HE", "EX", "SE")


def _digest(seed: int) -> str:
    made = generate(seed, SMALL, 3)
    total = hashlib.sha256(made.image.tobytes())
    for name in CLASSES:
        total.update(np.packbits(made.masks[name]).tobytes())
    return total.hexdigest()


def test_same_seed_gives_the_same_arrays_also_in_another_process() -> None:
    here = _digest(5)
    code = "from tests.training.test_synthetic import _digest; print(_digest(5))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here
    assert _digest(6) != here


@pytest.mark.parametrize("size", [(480, 640), (600, 600), (1200, 1600)])
def test_shapes_types_and_field_of_view(size: tuple[int, int]) -> None:
    made = generate(11, size, 2)
    assert made.image.shape == (*size, 3)
    assert made.image.dtype == np.uint8
    assert set(made.masks) == set(CLASSES)
    assert all(mask.shape == size and mask.dtype == np.bool_ for mask in made.masks.values())
    corners = np.concatenate([made.image[:20, :20], made.image[-20:, -20:]])
    assert corners.max() < 20, "the corners lie outside the field of view"
    assert made.image.max(axis=2)[corners.shape[0] :, size[1] // 2].mean() > 100
    lesions = np.logical_or.reduce(list(made.masks.values()))
    dark = cv2.GaussianBlur(made.image.max(axis=2), (0, 0), 3) < 20
    assert not (lesions & dark).any(), "a lesion outside the field of view"


@pytest.mark.parametrize("grade", range(5))
def test_grade_asked_for_is_the_grade_of_the_masks(grade: int) -> None:
    for seed in range(40, 52):
        made = generate(seed, SMALL, grade)
        assert made.grade == grade, f"seed {seed}"
        present = {name for name, mask in made.masks.items() if mask.any()}
        if grade == 0:
            assert not present
        if grade == 1:
            assert present == {"MA"}
        if grade >= 3:
            assert "HE" in present


def test_severity_left_open_reaches_every_grade() -> None:
    assert {generate(seed, (192, 256)).grade for seed in range(60)} == {0, 1, 2, 3, 4}


def test_finding_follows_from_the_exudate_mask() -> None:
    seen = set()
    for seed in range(30):
        made = generate(seed, SMALL, 2)
        y, x = np.nonzero(made.masks["EX"])
        nearest = np.hypot(y - made.fovea[0], x - made.fovea[1]).min() if len(y) else np.inf
        assert made.findings == {"dme": bool(nearest <= made.disc_diameter)}
        seen.add(made.findings["dme"])
    assert seen == {True, False}


@pytest.mark.parametrize("eye", ["left", "right"])
def test_disc_lies_nasal_and_the_fovea_temporal_of_it(eye: str) -> None:
    for seed in range(8):
        made = generate(seed, SMALL, 0, eye=eye)  # type: ignore[arg-type]
        assert made.eye == eye
        temporal = 1 if eye == "left" else -1
        offset = temporal * (made.fovea[1] - made.disc[1]) / made.disc_diameter
        assert 2.3 < offset < 2.8
        assert 0 < made.fovea[0] - made.disc[0] < 0.5 * made.disc_diameter, "the fovea lies a little below"


def test_disc_is_bright_and_macula_dark() -> None:
    brighter = darker = 0
    for seed in range(10):
        made = generate(seed, SMALL, 0)
        green = cv2.GaussianBlur(made.image[..., 1], (0, 0), 4).astype(int)
        radius = round(made.disc_diameter)
        fovea_y, fovea_x = (round(c) for c in made.fovea)
        disc_y = round(made.disc[0])
        beside = round(made.disc[1] + (0.25 if made.eye == "left" else -0.25) * radius)
        ground = np.median(green[fovea_y - radius : fovea_y + radius, fovea_x - radius : fovea_x + radius])
        brighter += green[disc_y, beside] > ground + 25
        darker += green[fovea_y, fovea_x] < ground
    assert brighter >= 9
    assert darker >= 9


def test_lesions_are_visible_where_their_masks_are() -> None:
    """Blood is darker, exudates and cotton wool are lighter than the ring of fundus around them."""
    signs = {"MA": -1, "HE": -1, "EX": 1, "SE": 1}
    right = dict.fromkeys(signs, 0)
    total = dict.fromkeys(signs, 0)
    for seed in range(16):
        made = generate(seed, (900, 1200), 3)
        green = made.image[..., 1].astype(np.float32)
        anything = np.logical_or.reduce(list(made.masks.values()))
        for name, sign in signs.items():
            count, labels = cv2.connectedComponents(made.masks[name].astype(np.uint8))
            for index in range(1, min(count, 12)):
                inside = labels == index
                around = cv2.dilate(inside.astype(np.uint8), np.ones((17, 17), np.uint8)) > 0
                ring = around & ~anything
                if inside.sum() < 6 or not ring.any():
                    continue
                total[name] += 1
                right[name] += sign * (green[inside].mean() - np.median(green[ring])) > 0
    for name in signs:
        assert total[name] >= 8, name
        assert right[name] >= 0.9 * total[name], (name, right[name], total[name])


def test_microaneurysms_are_small_and_round() -> None:
    made = generate(3, (1200, 1600), 1)
    _, _, stats, _ = cv2.connectedComponentsWithStats(made.masks["MA"].astype(np.uint8))
    sides = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    assert len(sides) >= 3
    assert sides.min() >= 5
    assert sides.max() <= 16


def test_patient_shares_pigment_between_eyes() -> None:
    left = generate(100, SMALL, 0, patient=9, eye="left")
    right = generate(101, SMALL, 0, patient=9, eye="right")
    other = generate(101, SMALL, 0, patient=10, eye="right")

    def colour(made: np.ndarray) -> np.ndarray:
        return np.median(made[200:280, 280:360].reshape(-1, 3), axis=0)

    assert np.abs(colour(left.image) - colour(right.image)).max() < 30
    assert (left.image != right.image).any()
    assert np.abs(colour(other.image) - colour(right.image)).max() > 5


def _geometry() -> EyeGeometry:
    rng = np.random.default_rng(1)
    return draw_geometry(rng, draw_patient(rng), (1200, 1600), "left")


def _empty(geometry: EyeGeometry) -> dict[str, np.ndarray]:
    return {name: np.zeros(geometry.size, bool) for name in CLASSES}


def _dots(mask: np.ndarray, geometry: EyeGeometry, per_quadrant: int) -> None:
    fovea_y, fovea_x = (round(c) for c in geometry.fovea_px)
    for sy in (-1, 1):
        for sx in (-1, 1):
            for index in range(per_quadrant):
                y, x = fovea_y + sy * 60, fovea_x + sx * (40 + 40 * index)
                mask[y : y + 12, x : x + 12] = True


def test_severity_rule() -> None:
    geometry = _geometry()
    masks = _empty(geometry)
    assert severity(masks, geometry) == 0
    masks["MA"][600, 800] = True
    assert severity(masks, geometry) == 1
    for name in ("HE", "EX", "SE"):
        one = _empty(geometry)
        one[name][600:610, 800:810] = True
        assert severity(one, geometry) == 2, name
    _dots(masks["HE"], geometry, SEVERE_PER_QUADRANT - 1)
    assert severity(masks, geometry) == 2
    _dots(masks["HE"], geometry, SEVERE_PER_QUADRANT)
    assert severity(masks, geometry) == 3
    side = int(np.ceil(np.sqrt(PRERETINAL_AREA * np.pi / 4) * geometry.disc_diameter_px)) + 1
    masks["HE"][800 : 800 + side, 700 : 700 + side] = True
    assert severity(masks, geometry) == 4


def test_macular_oedema_rule() -> None:
    geometry = _geometry()
    masks = _empty(geometry)
    assert not macular_oedema(masks, geometry)
    fovea_y, fovea_x = (round(c) for c in geometry.fovea_px)
    reach = round(geometry.disc_diameter_px)
    masks["EX"][fovea_y, fovea_x + reach + 3] = True
    assert not macular_oedema(masks, geometry)
    masks["EX"][fovea_y, fovea_x + reach - 3] = True
    assert macular_oedema(masks, geometry)


def test_vessels_keep_the_avascular_zone_free_and_thin_out() -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        patient = draw_patient(rng)
        geometry = draw_geometry(rng, patient, (1200, 1600), "right")
        tree = grow_tree(geometry, patient, rng)
        points = np.array([point for piece in tree.pieces for point in piece.points])
        nearest = np.hypot(*(points - np.array(geometry.fovea_offset)).T).min()
        assert nearest > AVASCULAR_RADIUS - 0.06
        radii = np.array([piece.radius for piece in tree.pieces])
        assert len(radii) > 40
        assert radii.max() < 0.05
        assert radii.min() < 0.012
        reached = points[np.hypot(*points.T) > 2.5]
        assert (reached[:, 1] < -0.8).any(), "no superior arcade"
        assert (reached[:, 1] > 0.8).any(), "no inferior arcade"


@pytest.mark.parametrize(("size", "grade"), [((100, 640), 0), ((480, 200), 0), (SMALL, 5), (SMALL, -1)])
def test_what_cannot_be_made_is_refused_in_one_sentence(size: tuple[int, int], grade: int) -> None:
    with pytest.raises(SyntheticError) as caught:
        generate(1, size, grade)
    assert str(caught.value).endswith(".")
