"""Severity and findings of a synthetic image, derived from its masks alone.

The rule follows the International Clinical Diabetic Retinopathy severity scale (Wilkinson et al.,
Ophthalmology 110, 2003), restated so that it can be computed from the masks MA, HE, EX and SE:

====== ================================================================================================
grade  holds when (the first that holds, read from below)
====== ================================================================================================
0      no lesion at all
1      microaneurysms only
2      anything else: any haemorrhage, hard exudate or cotton-wool spot, short of 3
3      at least ``SEVERE_PER_QUADRANT`` separate haemorrhages in each of the four quadrants around the fovea
4      one haemorrhage of at least ``PRERETINAL_AREA`` disc areas: a pre-retinal haemorrhage
====== ================================================================================================

The clinical scale asks for more than 20 haemorrhages in each quadrant of the whole retina, of which one
photograph shows a part; and it calls grade 4 by new vessels or by pre-retinal or vitreous haemorrhage, of
which these images draw the pre-retinal one.

The finding ``dme`` (diabetic macular oedema, by its usual sign on a photograph) is present when any hard
exudate lies within one disc diameter of the foveal centre.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from training.synthetic.anatomy import EyeGeometry

GRADE_COUNT = 5
SEVERE_PER_QUADRANT = 4
PRERETINAL_AREA = 0.30


def severity(masks: dict[str, npt.NDArray[np.bool_]], geometry: EyeGeometry) -> int:
    """Severity grade 0..4 of masks ``MA``, ``HE``, ``EX``, ``SE``, each (H, W) bool."""
    if not any(mask.any() for mask in masks.values()):
        return 0
    haemorrhages = masks["HE"]
    if not (haemorrhages.any() or masks["EX"].any() or masks["SE"].any()):
        return 1
    _, _, stats, centres = cv2.connectedComponentsWithStats(haemorrhages.astype(np.uint8), connectivity=8)
    disc_area = math.pi / 4 * geometry.disc_diameter_px**2
    if (stats[1:, cv2.CC_STAT_AREA] >= PRERETINAL_AREA * disc_area).any():
        return 4
    fovea_y, fovea_x = geometry.fovea_px
    quadrants = np.zeros(4, dtype=int)
    for x, y in centres[1:]:
        quadrants[2 * int(y > fovea_y) + int(x > fovea_x)] += 1
    return 3 if quadrants.min() >= SEVERE_PER_QUADRANT else 2


def macular_oedema(masks: dict[str, npt.NDArray[np.bool_]], geometry: EyeGeometry) -> bool:
    """Whether a hard exudate lies within one disc diameter of the foveal centre."""
    y, x = np.nonzero(masks["EX"])
    if not len(y):
        return False
    fovea_y, fovea_x = geometry.fovea_px
    return bool((np.hypot(y - fovea_y, x - fovea_x) <= geometry.disc_diameter_px).any())
