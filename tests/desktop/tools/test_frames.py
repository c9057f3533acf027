"""Rectangle and ellipse, driven by real mouse and key events on a real canvas."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.tools.ellipse import EllipseTool
from desktop.tools.rectangle import RectangleTool
from desktop.tools.shapes import Region, ellipse_region, rectangle_region
from tests.desktop.tools.desk import LEFT, NONE, RIGHT

SHIFT, ALT, CTRL = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)


def whole(region: Region) -> np.ndarray:
    canvas = np.zeros((300, 400), bool)
    y0, x0, y1, x1 = region.box
    canvas[y0:y1, x0:x1] = region.mask
    return canvas


@pytest.fixture(params=[(RectangleTool, rectangle_region), (EllipseTool, ellipse_region)])
def tool(desk, request):
    kind, desk.region_of = request.param
    desk.view.set_tool(kind(desk))
    return desk.view.tool


def expected(desk, first, second) -> np.ndarray:
    return whole(desk.region_of(desk.image_point(*first), desk.image_point(*second), 300, 400))


def drag_with(desk, modifiers, *places) -> None:
    """QTest's moves carry no modifiers: a hand that holds Shift does."""
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(places) - 1)]
    for kind, place in zip(kinds, places, strict=True):
        at = QPointF(*place)
        button = LEFT if kind is QEvent.Type.MouseButtonPress else Qt.MouseButton.NoButton
        QApplication.sendEvent(
            desk.view, QMouseEvent(kind, at, desk.view.mapToGlobal(at), button, LEFT, modifiers)
        )
    at = QPointF(*places[-1])
    event = QMouseEvent(
        QEvent.Type.MouseButtonRelease,
        at,
        desk.view.mapToGlobal(at),
        LEFT,
        Qt.MouseButton.NoButton,
        modifiers,
    )
    QApplication.sendEvent(desk.view, event)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.3])
def test_letting_go_commits_and_undo_restores(desk, tool, scale):
    desk.view.zoom_to(scale, (100, 50))
    desk.drag((260, 200), (180, 160), (110, 70))
    mask = expected(desk, (260, 200), (110, 70))
    assert mask.any()
    assert np.array_equal(desk.mask(), mask)
    assert np.array_equal(desk.protection(), mask)
    assert [edit.text for edit in desk.edits] == [f"{tool.text} · Microaneurysm"]
    desk.undo()
    assert not desk.mask().any()


def test_right_and_ctrl_take_away(desk, tool):
    desk.drag((60, 40), (300, 240))
    full = desk.mask()
    desk.drag((100, 80), (160, 140), button=RIGHT)
    desk.drag((200, 80), (240, 140), modifiers=CTRL)
    holes = expected(desk, (100, 80), (160, 140)) | expected(desk, (200, 80), (240, 140))
    assert np.array_equal(desk.mask(), full & ~holes)
    assert len(desk.edits) == 3


def test_shift_makes_it_as_wide_as_high_and_alt_draws_from_the_middle(desk, tool):
    drag_with(desk, SHIFT, (100, 80), (140, 90), (180, 110))
    assert np.array_equal(desk.mask(), expected(desk, (100, 80), (180, 160)))
    desk.undo()
    drag_with(desk, ALT, (200, 150), (220, 160), (260, 190))
    assert np.array_equal(desk.mask(), expected(desk, (140, 110), (260, 190)))
    desk.undo()
    drag_with(desk, SHIFT | ALT, (200, 150), (220, 160), (230, 120))
    assert np.array_equal(desk.mask(), expected(desk, (170, 180), (230, 120)))


def test_adjusted_first(desk, tool):
    QTest.keyClick(desk.view, Qt.Key.Key_Z)
    assert tool.value("adjust")
    desk.drag((100, 80), (200, 180))
    assert tool.active
    assert desk.edits == []
    desk.drag((200, 180), (230, 170), (260, 210))
    desk.drag((100, 145), (80, 160))
    desk.drag((150, 130), (170, 120))
    assert desk.edits == []
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert np.array_equal(desk.mask(), expected(desk, (100, 70), (280, 200)))
    assert len(desk.edits) == 1
    desk.drag((20, 20), (60, 60))
    QTest.mouseClick(desk.view, LEFT, NONE, QPoint(300, 250))
    assert len(desk.edits) == 2, "a press outside commits"
    assert not desk.view.gesture_active
    desk.drag((300, 20), (360, 60))
    QTest.keyClick(desk.view, Qt.Key.Key_Backspace)
    assert not tool.active
    assert len(desk.edits) == 2


def test_escape_and_a_click_draw_nothing(desk, tool):
    before = desk.screen_without_pointer()
    desk.drag((100, 80), (200, 180), release=False)
    assert not np.array_equal(desk.screen_without_pointer(), before)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert not tool.active
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(200, 180))
    QTest.mouseClick(desk.view, LEFT, NONE, QPoint(30, 30))
    assert np.array_equal(desk.screen_without_pointer(), before)
    assert desk.edits == []


def test_another_tool_keeps_what_is_adjusted(desk, tool):
    tool.set_value("adjust", True)
    desk.drag((100, 80), (200, 180))
    desk.view.set_tool(None)
    assert np.array_equal(desk.mask(), expected(desk, (100, 80), (200, 180)))
    assert not desk.view.gesture_active


def test_a_frame_beyond_the_image_is_cut(desk, tool):
    desk.view.zoom_to(0.5)
    desk.drag((2, 2), (398, 298))
    first, second = desk.image_point(2, 2), desk.image_point(398, 298)
    assert first[0] < 0
    assert second[1] > 300
    assert np.array_equal(desk.mask(), whole(desk.region_of(first, second, 300, 400)))
