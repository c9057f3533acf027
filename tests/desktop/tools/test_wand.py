"""The magic wand, driven by real mouse and key events on a real canvas."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.canvas.pyramid import ImagePyramid
from desktop.tools.wand import Sample, WandTool, similar_region
from tests.desktop.tools.behind import Later
from tests.desktop.tools.desk import LEFT, NONE, RIGHT


def photograph(height: int = 300, width: int = 400) -> np.ndarray:
    """A dark ground with two bright spots of one colour, the left one with a darker core."""
    rgb = np.full((height, width, 3), (60, 40, 30), np.uint8)
    cv2.circle(rgb, (width // 4, height // 2), 40, (200, 170, 90), -1)
    cv2.circle(rgb, (width // 4, height // 2), 12, (180, 150, 75), -1)
    cv2.circle(rgb, (3 * width // 4, height // 2), 30, (200, 170, 90), -1)
    return rgb


def by_hand(rgb: np.ndarray, x: float, y: float, tolerance: float, reach: float) -> np.ndarray:
    """The definition, without connectedness: colour of the neighbourhood, tolerance, reach."""
    row, column = int(y), int(x)
    seed = rgb[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3).mean(axis=0)
    rows, columns = np.indices(rgb.shape[:2]) + 0.5
    near = (columns - x) ** 2 + (rows - y) ** 2 <= reach**2
    return near & (np.abs(rgb - seed) <= tolerance).all(axis=2)


def pieces_at(mask: np.ndarray, x: float, y: float) -> np.ndarray:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return labels == labels[int(y), int(x)]


@pytest.fixture
def rgb(desk) -> np.ndarray:
    picture = photograph()
    overlay = desk.overlay
    desk.view.set_image(ImagePyramid.build(picture))
    desk.view.set_overlay(overlay)
    return picture


@pytest.fixture
def wand(desk, rgb) -> WandTool:
    desk.view.set_tool(WandTool(desk))
    return desk.view.tool


def test_a_click_takes_the_connected_colour(desk, wand, rgb):
    wand.set_value("tolerance", 10)
    desk.drag((75, 150))
    x, y = desk.image_point(75, 150)
    ring = pieces_at(by_hand(rgb, x, y, 10, 400), x, y)
    assert 3000 < ring.sum() < 5000, "the ring without its core"
    assert np.array_equal(desk.mask(), ring)
    assert np.array_equal(desk.protection(), ring)
    assert [edit.text for edit in desk.edits] == ["Magic wand · Microaneurysm"]
    desk.undo()
    assert not desk.mask().any()
    assert not desk.protection().any()


def test_dragging_sideways_changes_the_tolerance_and_shows_it(desk, wand, rgb):
    wand.set_value("tolerance", 10)
    before = desk.screen_without_pointer()
    desk.drag((75, 150), (100, 150), (131, 150), release=False)
    assert wand.value("tolerance") == 24
    shown = np.abs(desk.screen_without_pointer().astype(int) - before).max(axis=2) > 40
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(131, 150))
    x, y = desk.image_point(75, 150)
    spot = pieces_at(by_hand(rgb, x, y, 24, 400), x, y)
    assert spot[150, 100], "its core is in now"
    assert np.array_equal(desk.mask(), spot)
    assert (shown & spot).sum() > 0.9 * spot.sum(), "what is shown is what is taken"
    assert len(desk.edits) == 1


def test_everything_of_the_colour_within_reach(desk, wand, rgb):
    QTest.keyClick(desk.view, Qt.Key.Key_Z)
    assert wand.value("contiguous") is False
    desk.drag((75, 150))
    x, y = desk.image_point(75, 150)
    assert np.array_equal(desk.mask(), by_hand(rgb, x, y, 20, 400))
    assert desk.mask()[150, 300]
    desk.undo()
    wand.set_value("reach", 150)
    desk.drag((75, 150))
    assert np.array_equal(desk.mask(), by_hand(rgb, x, y, 20, 150))
    assert not desk.mask()[150, 300]


@pytest.mark.parametrize("tolerance", [0, 20, 255])
@pytest.mark.parametrize("seed", [(0.0, 0.0, 0.0), (255.0, 255.0, 255.0), (3.5, 128.0, 254.25)])
def test_colours_at_the_ends_of_the_range(tolerance, seed):
    rgb = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    rgb[10:20] = np.array(seed).round()
    found = similar_region(rgb, Sample((5.5, 12.5), seed, tolerance, 500.0, contiguous=False)).mask
    expected = (np.abs(rgb - np.array(seed)) <= tolerance).all(axis=2)
    expected[12, 5] = True
    assert np.array_equal(found, expected)


def test_right_button_takes_away_and_keys_set_the_tolerance(desk, wand, rgb):
    planes = desk.label.planes
    planes.set_class(0, planes.whole, np.ones((300, 400), bool))
    QTest.keyClick(desk.view, Qt.Key.Key_BracketRight)
    assert wand.value("tolerance") == 22
    QTest.keyClick(desk.view, Qt.Key.Key_BracketLeft)
    QTest.keyClick(desk.view, Qt.Key.Key_BracketLeft)
    assert wand.value("tolerance") == 18
    desk.drag((300, 150), button=RIGHT)
    x, y = desk.image_point(300, 150)
    gone = pieces_at(by_hand(rgb, x, y, 18, 400), x, y)
    assert np.array_equal(desk.mask(), ~gone)
    assert np.array_equal(desk.protection(), gone)


def test_escape_takes_nothing_and_gives_the_tolerance_back(desk, wand, rgb):
    before = desk.screen_without_pointer()
    desk.drag((75, 150), (175, 150), release=False)
    assert wand.value("tolerance") > 20
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert not wand.active
    assert wand.value("tolerance") == 20
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(175, 150))
    assert desk.edits == []
    assert np.array_equal(desk.screen_without_pointer(), before)
    desk.view.zoom_to(0.5)
    desk.drag((2, 2))
    assert desk.edits == [], "beside the image there is no colour"
    assert not desk.view.gesture_active


def test_the_focus_that_goes_takes_what_is_shown(desk, wand, rgb):
    desk.drag((75, 150), release=False)
    desk.view.clearFocus()
    assert desk.mask().sum() > 3000
    assert not desk.view.gesture_active


def test_a_wide_reach_is_previewed_coarsely_and_taken_exactly(desk, wand):
    desk.show(1500, 2000)
    picture = photograph(1500, 2000)
    overlay = desk.overlay
    desk.view.set_image(ImagePyramid.build(picture))
    desk.view.set_overlay(overlay)
    later = Later(desk)
    wand.set_value("reach", 6000)
    wand.set_value("contiguous", False)
    desk.drag((101, 150))
    assert not wand.active
    assert desk.edits == []
    later.run()
    x, y = desk.image_point(101, 150)
    exact = by_hand(picture, x, y, 20, 6000)
    assert np.array_equal(desk.mask(), exact)
    assert exact.sum() > 6000
    coarse = similar_region(picture, Sample((x, y), (200.0, 170.0, 90.0), 20, 6000.0, contiguous=False), 3)
    assert coarse.mask.shape == (500, 667)
    assert np.array_equal(coarse.mask, exact[::3, ::3])
