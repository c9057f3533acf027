"""Polygon and lasso, driven by real mouse and key events on a real canvas."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from desktop.tools.brush import BrushTool
from desktop.tools.lasso import LassoTool
from desktop.tools.polygon import PolygonTool
from desktop.tools.shapes import polygon_region
from tests.desktop.tools.behind import Later
from tests.desktop.tools.desk import LEFT, NONE, RIGHT

CTRL = Qt.KeyboardModifier.ControlModifier
SQUARE = ((100, 60), (260, 60), (260, 200), (100, 200))


@pytest.fixture
def polygon(desk) -> PolygonTool:
    desk.view.set_tool(PolygonTool(desk))
    return desk.view.tool


@pytest.fixture
def lasso(desk) -> LassoTool:
    desk.view.set_tool(LassoTool(desk))
    return desk.view.tool


def click(desk, *places, button=LEFT, modifiers=NONE) -> None:
    for place in places:
        QTest.mouseClick(desk.view, button, modifiers, QPoint(*place))


def key(desk, one: Qt.Key, modifiers=NONE) -> None:
    QTest.keyClick(desk.view, one, modifiers)


def covered(desk, places) -> np.ndarray:
    """The definition: the polygon through the image points that these widget positions name."""
    (y0, x0, y1, x1), mask = polygon_region([desk.image_point(*p) for p in places], 300, 400)
    canvas = np.zeros((300, 400), bool)
    canvas[y0:y1, x0:x1] = mask
    return canvas


@pytest.mark.parametrize("how", ["enter", "first vertex", "double click"])
def test_a_polygon_is_closed_in_three_ways(desk, polygon, how):
    if how == "double click":
        click(desk, *SQUARE)
        QTest.mouseDClick(desk.view, LEFT, NONE, QPoint(*SQUARE[-1]))
    else:
        click(desk, *SQUARE)
        assert polygon.active
        assert not desk.mask().any(), "nothing is painted before it is closed"
        key(desk, Qt.Key.Key_Return) if how == "enter" else click(desk, (102, 58))
    expected = covered(desk, SQUARE)
    assert expected.sum() == 160 * 140
    assert np.array_equal(desk.mask(), expected)
    assert np.array_equal(desk.protection(), expected)
    assert [edit.text for edit in desk.edits] == ["Polygon · Microaneurysm"]
    assert not polygon.active
    assert not desk.view.gesture_active
    desk.undo()
    assert not desk.mask().any()
    assert not desk.protection().any()


@pytest.mark.parametrize("scale", [0.37, 1.0, 2.6, 9.0])
def test_a_polygon_is_exact_at_any_scale_and_place(desk, polygon, scale):
    desk.view.zoom_to(scale, (133, 71))
    desk.view.pan_by(-17, 9)
    places = ((120, 40), (290, 90), (205, 250), (60, 170))
    click(desk, *places)
    key(desk, Qt.Key.Key_Return)
    assert np.array_equal(desk.mask(), covered(desk, places))
    assert desk.mask().any()


def test_vertices_can_be_dragged_inserted_and_removed(desk, polygon):
    click(desk, *SQUARE, (60, 130))
    key(desk, Qt.Key.Key_Backspace)
    assert len(polygon.points) == 4
    desk.drag((260, 200), (270, 205), (300, 240))
    assert polygon.points[2] == desk.image_point(300, 240)
    click(desk, (180, 61))
    assert len(polygon.points) == 5, "a click on an edge puts a vertex there"
    desk.drag((180, 61), (180, 30))
    key(desk, Qt.Key.Key_Z, CTRL)
    assert len(polygon.points) == 4, "Ctrl+Z takes a vertex back while there are any"
    click(desk, (100, 200))
    key(desk, Qt.Key.Key_Return)
    assert np.array_equal(
        desk.mask(), covered(desk, ((100, 60), (180, 30), (260, 60), (300, 240), (100, 200)))
    )
    assert len(desk.edits) == 1


@pytest.mark.parametrize(("button", "modifiers"), [(RIGHT, NONE), (LEFT, CTRL)])
def test_a_polygon_cuts_holes(desk, polygon, button, modifiers):
    click(desk, *SQUARE)
    key(desk, Qt.Key.Key_Return)
    hole = ((140, 100), (220, 100), (180, 170))
    click(desk, *hole, button=button, modifiers=modifiers)
    key(desk, Qt.Key.Key_Return)
    assert np.array_equal(desk.mask(), covered(desk, SQUARE) & ~covered(desk, hole))
    assert desk.protection()[covered(desk, hole)].all()
    assert desk.edits[-1].text == "Polygon erased · Microaneurysm"


def test_escape_forgets_a_polygon_and_two_vertices_are_none(desk, polygon):
    before = desk.screen_without_pointer()
    click(desk, *SQUARE)
    key(desk, Qt.Key.Key_Escape)
    assert not polygon.active
    assert not desk.view.gesture_active
    assert np.array_equal(desk.screen_without_pointer(), before)
    click(desk, *SQUARE[:2])
    key(desk, Qt.Key.Key_Return)
    assert "three vertices" in desk.said[-1]
    assert polygon.active
    key(desk, Qt.Key.Key_Backspace)
    key(desk, Qt.Key.Key_Backspace)
    assert not polygon.active
    assert not desk.view.gesture_active
    assert desk.edits == []


def test_the_image_moves_during_a_polygon(desk, polygon):
    desk.view.zoom_to(2.0, (200, 150))
    click(desk, (100, 60), (260, 60))
    points = polygon.points
    desk.drag((200, 150), (150, 120), button=Qt.MouseButton.MiddleButton)
    assert polygon.points == points
    click(desk, (260, 200))
    expected = [*points, desk.image_point(260, 200)]
    key(desk, Qt.Key.Key_Return)
    box, mask = polygon_region(expected, 300, 400)
    assert np.array_equal(desk.mask()[box[0] : box[2], box[1] : box[3]], mask)
    assert desk.mask().sum() == mask.sum()


def test_another_tool_or_image_keeps_what_is_drawn_and_focus_leaves_it_be(desk, polygon, qtbot):
    other = QWidget()
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    qtbot.addWidget(other)
    click(desk, *SQUARE)
    desk.view.clearFocus()
    assert polygon.active, "between two presses nothing is held"
    desk.view.set_tool(BrushTool(desk))
    assert np.array_equal(desk.mask(), covered(desk, SQUARE))
    desk.view.set_tool(polygon)
    click(desk, *SQUARE[:2])
    desk.view.set_image(None)
    assert not polygon.active
    assert len(desk.edits) == 1


def test_a_polygon_of_an_image_that_is_gone_paints_nothing_elsewhere(desk, polygon):
    click(desk, *SQUARE)
    desk.show(300, 400, seed=7)
    assert not polygon.active
    assert not desk.mask().any()
    assert desk.edits == []


def test_limits_hold(desk, polygon):
    planes = desk.label.planes
    left = np.zeros((300, 400), bool)
    left[:, :180] = True
    planes.set_class(1, planes.whole, left)
    desk.limits.set(inside=frozenset({1}))
    click(desk, *SQUARE)
    key(desk, Qt.Key.Key_Return)
    assert np.array_equal(desk.mask(), covered(desk, SQUARE) & left)
    desk.limits.set(outside=frozenset({1}))
    click(desk, *SQUARE)
    key(desk, Qt.Key.Key_Return)
    assert np.array_equal(desk.mask(), covered(desk, SQUARE))
    desk.limits.set()
    desk.class_id = 1
    desk.limits.set(inside=frozenset({1}))
    click(desk, *SQUARE)
    key(desk, Qt.Key.Key_Return)
    assert desk.mask(1)[100, 250], "a class never limits itself"


def test_the_lasso_takes_what_it_goes_round(desk, lasso):
    path = ((100, 60), (200, 40), (260, 100), (230, 200), (120, 220))
    desk.drag(*path)
    assert np.array_equal(desk.mask(), covered(desk, path))
    desk.drag((150, 100), (200, 100), (170, 150), button=RIGHT)
    hole = covered(desk, ((150, 100), (200, 100), (170, 150)))
    assert np.array_equal(desk.mask(), covered(desk, path) & ~hole)
    assert [edit.text for edit in desk.edits] == ["Lasso · Microaneurysm", "Lasso erased · Microaneurysm"]
    desk.undo()
    desk.undo()
    assert not desk.mask().any()


def test_the_lasso_is_given_up_by_escape_and_kept_when_the_focus_goes(desk, lasso):
    before = desk.screen_without_pointer()
    desk.drag((100, 60), (200, 40), (260, 100), release=False)
    assert desk.view.gesture_active
    assert not np.array_equal(desk.screen_without_pointer(), before)
    key(desk, Qt.Key.Key_Escape)
    assert not lasso.active
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(260, 100))
    assert desk.edits == []
    assert np.array_equal(desk.screen_without_pointer(), before)
    desk.drag((100, 60), (200, 40), (260, 100), release=False)
    desk.view.clearFocus()
    assert not desk.view.gesture_active
    assert np.array_equal(desk.mask(), covered(desk, ((100, 60), (200, 40), (260, 100))))


def test_a_click_with_the_lasso_does_nothing(desk, lasso):
    click(desk, (100, 60))
    assert desk.edits == []
    assert not desk.label.stroke_open


def test_a_large_region_is_made_behind_and_made_again_when_somebody_paints_meanwhile(desk, lasso):
    desk.show(1200, 1600)
    desk.view.fit()
    later = Later(desk)
    path = ((10, 10), (390, 10), (390, 290), (10, 290))
    desk.drag(*path)
    assert not lasso.active
    assert not desk.mask().any()
    desk.view.set_tool(BrushTool(desk))
    desk.drag((200, 150))
    dab = desk.mask()
    assert 0 < dab.sum() < 1000
    assert later.run() == 2, "the first answer no longer fits"
    whole = desk.mask()
    assert 1_400_000 < whole.sum() < 1_800_000
    assert np.array_equal(desk.protection(), whole)
    assert [edit.text for edit in desk.edits] == ["Brush · Microaneurysm", "Lasso · Microaneurysm"]
    desk.undo()
    assert np.array_equal(desk.mask(), dab)


def test_a_large_region_honours_limits_and_comes_although_its_image_was_left(desk, lasso):
    desk.show(1200, 1600)
    desk.view.fit()
    label, planes = desk.label, desk.label.planes
    planes.set_class(0, planes.whole, np.ones((1200, 1600), bool))
    left = np.zeros((1200, 1600), bool)
    left[:, :800] = True
    planes.set_class(1, planes.whole, left)
    desk.limits.set(outside=frozenset({1}))
    later = Later(desk)
    desk.drag((10, 10), (390, 10), (390, 290), (10, 290), button=RIGHT)
    desk.show(300, 400, seed=5)
    later.run()
    assert not desk.mask().any()
    mask = label.planes.class_mask(0)
    assert mask[left].all()
    assert not mask[600, 1000]
    assert label.undo_texts == ["Lasso erased · Microaneurysm"]
