"""Every drawing tool on a fundus photograph of 12 megapixels: mouse, pixels, undo, Escape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.project.label import Label, LabelKey
from desktop.tools.ellipse import EllipseTool
from desktop.tools.grabcut import GrabCutTool
from desktop.tools.lasso import LassoTool
from desktop.tools.outline import OutlineTool
from desktop.tools.polygon import PolygonTool
from desktop.tools.probability import ProbabilityBrushTool
from desktop.tools.rectangle import RectangleTool
from desktop.tools.shapes import ellipse_region, polygon_region, rectangle_region
from desktop.tools.wand import WandTool, seed_colour
from inference.images import read_mask, read_rgb8
from inference.postprocess import class_mask
from inference.prediction import Geometry, Prediction
from tests.desktop.tools.desk import LEFT, NONE, RIGHT, SCHEMA

pytestmark = pytest.mark.real_images


@pytest.fixture(scope="module")
def photograph() -> dict[str, np.ndarray]:
    return {}


@pytest.fixture
def rgb(desk, real_images, photograph) -> np.ndarray:
    """The photograph at 800 x 600, the view on a lesion at 100 %."""
    if not photograph:
        folder = real_images / "retina"
        photograph["rgb"] = read_rgb8(folder / "images" / "IDRiD_03.jpg")
        photograph["EX"] = read_mask(folder / "masks" / "EX" / "IDRiD_03_EX.png")
        photograph["pyramid"] = ImagePyramid.build(photograph["rgb"])
    rgb = photograph["rgb"]
    desk.truth = photograph["EX"]
    desk.label = Label(LabelKey("IDRiD_03", "reader"), SCHEMA)
    desk.overlay = OverlayPyramid(desk.label.ensure_planes(*rgb.shape[:2]).mask)
    desk.view.resize(800, 600)
    desk.view.set_image(photograph["pyramid"])
    desk.view.set_overlay(desk.overlay)
    return rgb


def take(desk, kind):
    desk.view.set_tool(kind(desk))
    return desk.view.tool


def largest_lesion(desk) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The largest exudate and its box; the view is brought to it at 100 %."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(desk.truth.astype(np.uint8))
    at = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    x, y, width, height = (int(value) for value in stats[at, :4])
    desk.view.zoom_to(1.0)
    desk.view.centre_on(x + width / 2, y + height / 2)
    return labels == at, (y, x, y + height, x + width)


def place(desk, x: float, y: float) -> tuple[int, int]:
    across, down = desk.view.viewport.to_view(x, y)
    return round(across), round(down)


def click(desk, *places, button=LEFT) -> None:
    for one in places:
        QTest.mouseClick(desk.view, button, NONE, QPoint(*one))


def whole(desk, region) -> np.ndarray:
    canvas = np.zeros(desk.truth.shape, bool)
    y0, x0, y1, x1 = region.box
    canvas[y0:y1, x0:x1] = region.mask
    return canvas


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    return 2 * (mask & truth).sum() / max(1, mask.sum() + truth.sum())


PLACES = ((220, 160), (560, 200), (500, 470), (260, 430))


@pytest.mark.parametrize("fitted", [True, False])
def test_polygon_and_lasso(desk, rgb, fitted):
    if not fitted:
        largest_lesion(desk)
    expected = whole(desk, polygon_region([desk.image_point(*one) for one in PLACES], *rgb.shape[:2]))
    take(desk, PolygonTool)
    click(desk, *PLACES)
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert np.array_equal(desk.mask(), expected)
    assert np.array_equal(desk.protection(), expected)
    desk.undo()
    assert not desk.mask().any()
    take(desk, LassoTool)
    desk.drag(*PLACES)
    assert np.array_equal(desk.mask(), expected)
    desk.drag(*PLACES, button=RIGHT)
    assert not desk.mask().any()
    assert len(desk.edits) == 3


@pytest.mark.parametrize(
    ("kind", "shape"), [(RectangleTool, rectangle_region), (EllipseTool, ellipse_region)]
)
def test_rectangle_and_ellipse(desk, rgb, kind, shape):
    take(desk, kind)
    desk.drag((220, 160), (400, 300), (560, 470))
    corners = desk.image_point(220, 160), desk.image_point(560, 470)
    assert np.array_equal(desk.mask(), whole(desk, shape(*corners, *rgb.shape[:2])))
    assert desk.mask().sum() > 1_000_000
    desk.undo()
    assert not desk.protection().any()


def test_wand(desk, rgb):
    lesion, _ = largest_lesion(desk)
    row, column = (int(value.mean()) for value in np.nonzero(lesion & (rgb[..., 1] > 150)))
    wand = take(desk, WandTool)
    wand.set_value("reach", 150)
    at = place(desk, column, row)
    desk.drag(at, (at[0] + 61, at[1]))
    x, y = desk.image_point(*at)
    seed = np.array(seed_colour(rgb, int(y), int(x)))
    rows, columns = np.indices(rgb.shape[:2]) + 0.5
    near = (columns - x) ** 2 + (rows - y) ** 2 <= 150**2
    similar = near & (np.abs(rgb - seed) <= wand.value("tolerance")).all(axis=2)
    similar[int(y), int(x)] = True
    _, labels = cv2.connectedComponents(similar.astype(np.uint8), connectivity=8)
    assert wand.value("tolerance") > 20
    assert np.array_equal(desk.mask(), labels == labels[int(y), int(x)])
    assert desk.mask().sum() > 50
    desk.undo()
    desk.drag(at, (at[0] + 61, at[1]), release=False)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert not desk.mask().any()
    assert len(desk.edits) == 1


def test_smart_outline_of_the_largest_exudate(desk, rgb):
    lesion, _ = largest_lesion(desk)
    contours, _ = cv2.findContours(lesion.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)[:, 0]
    anchors = [place(desk, x + 0.5, y + 0.5) for x, y in contour[:: len(contour) // 12]][:12]
    tool = take(desk, OutlineTool)
    click(desk, *anchors)
    assert len(tool.anchors) == len(anchors)
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert overlap(desk.mask(), lesion) > 0.8
    desk.undo()
    assert not desk.mask().any()
    click(desk, *anchors)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert len(desk.edits) == 1


def test_grabcut_of_the_largest_exudate(desk, rgb):
    lesion, (y0, x0, y1, x1) = largest_lesion(desk)
    tool = take(desk, GrabCutTool)
    desk.drag(place(desk, x0 - 12, y0 - 12), place(desk, x1 + 12, y1 + 12))
    assert tool.found is not None
    bright = lesion & (rgb[..., 1] > np.percentile(rgb[..., 1][lesion], 80))
    rows, columns = np.nonzero(bright)
    at = place(desk, columns[0], rows[0])
    desk.drag(at, (at[0] + 2, at[1]))
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert overlap(desk.mask(), lesion) > 0.5
    x, y = desk.image_point(*at)
    assert desk.mask()[int(y), int(x)], "what was scribbled is in"
    box = desk.edits[0].box
    assert box[0] >= y0 - 14
    assert box[3] <= x1 + 14
    desk.undo()
    assert not desk.mask().any()


def test_probability_brush(desk, rgb):
    height, width = rgb.shape[:2]
    green = cv2.resize(rgb[..., 1], (512, 340), interpolation=cv2.INTER_AREA)
    geometry = Geometry((height, width), (340, 512), (0.0, 0.0, 340.0, 512.0))
    desk.prediction = Prediction("d" * 64, ("MA",), green[None].copy(), geometry)
    lesion, (y0, x0, y1, x1) = largest_lesion(desk)
    desk.brush_radius = 60.0
    take(desk, ProbabilityBrushTool)
    at = place(desk, (x0 + x1) / 2, (y0 + y1) / 2)
    desk.drag(at)
    x, y = desk.image_point(*at)
    rows, columns = np.indices((height, width)) + 0.5
    tip = (columns - x) ** 2 + (rows - y) ** 2 <= 60**2
    expected = tip & class_mask(desk.prediction, "MA", 0.5)
    assert 0 < expected.sum() < tip.sum()
    assert (desk.mask() ^ expected).sum() < 0.01 * tip.sum(), "but for roundings of half a level"
    desk.undo()
    assert not desk.mask().any()
    assert lesion.any()
