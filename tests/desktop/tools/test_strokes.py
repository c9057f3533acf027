"""Brush and eraser, driven by real mouse and key events on a real canvas."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.project.label import Label, LabelKey
from desktop.tools.brush import BrushTool
from desktop.tools.eraser import EraserTool
from desktop.tools.registry import TOOLS, make_tools
from tests.desktop.tools.desk import LEFT, RIGHT, SCHEMA, capsule, disc

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def brush(desk) -> BrushTool:
    tool = BrushTool(desk)
    desk.view.set_tool(tool)
    return tool


def test_a_click_paints_a_disc_and_protects_it(desk, brush):
    desk.drag((120, 80))
    expected = disc((300, 400), 120.5, 80.5, 6)
    assert np.array_equal(desk.mask(), expected)
    assert np.array_equal(desk.protection(), expected)
    assert [edit.text for edit in desk.edits] == ["Brush · Microaneurysm"]
    assert desk.label.undo_texts == ["Brush · Microaneurysm"]
    assert not desk.mask(1).any()


def test_a_fast_drag_leaves_no_gap_and_is_one_edit(desk, brush):
    desk.drag((20, 20), (380, 250), (30, 280))
    points = [desk.image_point(*p) for p in ((20, 20), (380, 250), (30, 280))]
    discs = capsule((300, 400), points[0], points[1], 6, 2) | capsule((300, 400), points[1], points[2], 6, 2)
    assert not (discs & ~desk.mask()).any()
    assert np.count_nonzero(desk.mask() & ~discs) <= 6
    assert len(desk.edits) == 1


@pytest.mark.parametrize("scale", [0.3, 0.75, 1.0, 1.6, 3.0, 8.0])
def test_painting_lands_under_the_pointer_at_any_scale_and_place(desk, brush, scale):
    desk.show(900, 1200)
    desk.view.zoom_to(scale, (133, 71))
    desk.view.pan_by(-37, 22)
    desk.brush_radius = 9.3
    desk.drag((200, 150))
    x, y = desk.image_point(200, 150)
    assert np.array_equal(desk.mask(), disc((900, 1200), x, y, 9.3))


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.5])
def test_what_is_repainted_is_what_a_full_repaint_shows(desk, brush, scale):
    desk.show(700, 900)
    desk.view.zoom_to(scale, (200, 150))
    desk.screen()
    desk.drag((100, 100), (210, 140), (300, 90), release=False)
    painted = desk.screen()
    desk.view.set_image(desk.view.image)
    desk.view.set_overlay(desk.overlay)
    assert desk.view.gesture_active, "what is shown already interrupts no stroke"
    assert np.array_equal(painted, desk.screen())


def test_the_screen_shows_the_colour_where_it_was_painted(desk, brush):
    before = desk.screen_without_pointer().astype(int)
    desk.drag((200, 150))
    QTest.mouseMove(desk.view, QPoint(30, 30))
    after = desk.screen().astype(int)
    changed = np.abs(after - before).max(axis=2) > 2
    ring = np.zeros_like(changed)
    ring[:60, :60] = True
    painted = desk.mask()
    assert not (changed & ~painted & ~ring).any()
    tint = np.array([0xE6, 0x9F, 0x00])
    assert np.abs(after[painted] - (before[painted] + tint) / 2).max() <= 2


def test_undo_restores_every_byte(desk, brush):
    desk.drag((50, 50), (90, 60))
    desk.class_id = 1
    desk.drag((60, 55), (120, 50))
    planes = desk.label.planes.copy()
    screen = desk.screen_without_pointer()
    desk.drag((40, 40), (200, 220))
    desk.drag((80, 80), button=RIGHT)
    desk.undo()
    desk.undo()
    assert desk.label.planes.equals(planes)
    assert np.array_equal(desk.screen_without_pointer(), screen)
    for mine, anew in zip(desk.overlay.levels[1:], type(desk.overlay)(planes.mask).levels[1:], strict=True):
        assert np.array_equal(mine, anew)


@pytest.mark.parametrize(("button", "modifiers"), [(RIGHT, None), (LEFT, CTRL)])
def test_the_brush_erases_with_the_right_button_or_ctrl(desk, brush, button, modifiers):
    desk.brush_radius = 20
    desk.drag((200, 150))
    desk.brush_radius = 5
    desk.drag((200, 150), button=button, modifiers=modifiers or Qt.KeyboardModifier.NoModifier)
    hole = disc((300, 400), 200.5, 150.5, 5)
    assert np.array_equal(desk.mask(), disc((300, 400), 200.5, 150.5, 20) & ~hole)
    assert desk.protection()[hole].all(), "what was erased is a person's word as well"
    assert desk.edits[-1].text == "Eraser · Microaneurysm"


def test_the_eraser_erases_only_the_class_selected(desk, brush):
    desk.drag((200, 150))
    desk.class_id = 9
    desk.drag((200, 150))
    desk.view.set_tool(EraserTool(desk))
    desk.drag((200, 150), (230, 150))
    assert not desk.mask(9).any()
    assert np.array_equal(desk.mask(0), disc((300, 400), 200.5, 150.5, 6))
    assert [e.text for e in desk.edits] == ["Brush · Microaneurysm", "Brush · EX", "Eraser · EX"]


def test_shift_draws_a_line_from_the_last_end(desk, brush):
    desk.drag((50, 50))
    desk.drag((250, 200), modifiers=SHIFT)
    line = capsule((300, 400), (50.5, 50.5), (250.5, 200.5), 6, 2)
    assert not (line & ~desk.mask()).any()
    assert len(desk.edits) == 2


def test_escape_gives_everything_back(desk, brush):
    desk.drag((50, 50))
    planes, screen = desk.label.planes.copy(), desk.screen_without_pointer()
    desk.drag((60, 60), (300, 200), release=False)
    assert not desk.label.planes.equals(planes)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert desk.label.planes.equals(planes)
    assert len(desk.edits) == 1
    assert not desk.view.gesture_active
    QTest.mouseMove(desk.view, QPoint(200, 100))
    QTest.mouseRelease(desk.view, LEFT, pos=QPoint(200, 100))
    assert desk.label.planes.equals(planes), "the rest of the drag paints nothing"
    assert np.array_equal(desk.screen_without_pointer(), screen)


def interrupt_by_focus(desk):
    desk.view.clearFocus()


def interrupt_by_hiding(desk):
    desk.view.hide()


def interrupt_by_tool(desk):
    desk.view.set_tool(None)


def interrupt_by_label(desk):
    desk.view.set_overlay(OverlayPyramid(desk.label.planes.mask.copy()))


def interrupt_by_image(desk):
    desk.view.set_image(ImagePyramid.build(np.zeros((10, 10, 3), np.uint8)))


def interrupt_by_reading(desk):
    desk.view.set_reading("next.jpg")


@pytest.mark.parametrize(
    "interrupt",
    [
        interrupt_by_focus,
        interrupt_by_hiding,
        interrupt_by_tool,
        interrupt_by_label,
        interrupt_by_image,
        interrupt_by_reading,
    ],
)
def test_an_interrupted_stroke_is_kept_whole(desk, brush, interrupt):
    desk.drag((60, 60), (100, 60), release=False)
    interrupt(desk)
    assert len(desk.edits) == 1
    assert not desk.view.gesture_active
    assert not desk.label.stroke_open
    assert np.array_equal(desk.mask(), desk.label.planes.class_mask(0))
    desk.label.undo()
    assert not desk.mask().any()


def test_a_stroke_whose_label_is_gone_is_taken_back_not_recorded_elsewhere(desk, brush, caplog):
    desk.drag((60, 60), (100, 60), release=False)
    old = desk.label
    desk.label = Label(LabelKey("other", "reader"), SCHEMA)
    desk.view.finish_gesture()
    assert not old.planes.mask.any()
    assert not old.planes.protection.any()
    assert desk.edits == []
    assert "given up" in caplog.text


def test_leaving_the_widget_with_the_button_held_goes_on_and_is_clipped(desk, brush):
    desk.drag((390, 150), (450, 150), (450, 400), (200, 400), (200, 290))
    mask = desk.mask()
    assert mask[150, 399]
    assert mask[299, 200]
    assert len(desk.edits) == 1


def test_painting_outside_the_image_makes_no_edit(desk, brush):
    desk.show(100, 100)
    desk.view.zoom_to(1.0)
    desk.drag((5, 5), (20, 200))
    assert desk.edits == []
    assert not desk.label.stroke_open
    assert desk.aborted == 1


def test_painting_what_is_there_and_protected_already_makes_no_edit(desk, brush):
    desk.drag((50, 50))
    desk.drag((50, 50))
    assert len(desk.edits) == 1


def test_without_label_class_or_image_nothing_happens(desk, brush):
    label, desk.label = desk.label, None
    desk.drag((50, 50), (60, 60))
    desk.label, desk.class_id = label, None
    desk.drag((50, 50), (60, 60))
    desk.class_id = 0
    desk.view.set_image(None)
    desk.drag((50, 50), (60, 60))
    assert desk.edits == []
    assert not label.planes.mask.any()


def test_the_other_button_during_a_stroke_changes_nothing(desk, brush):
    desk.drag((50, 50), (80, 50), release=False)
    desk.drag((200, 200), button=RIGHT)
    assert desk.view.gesture_active
    QTest.mouseRelease(desk.view, LEFT, pos=QPoint(80, 50))
    assert [edit.text for edit in desk.edits] == ["Brush · Microaneurysm"]


def test_size_keys(desk, brush):
    QTest.keyClick(desk.view, Qt.Key.Key_BracketRight)
    assert desk.brush_radius == pytest.approx(6 * 1.15)
    QTest.keyClick(desk.view, Qt.Key.Key_BracketLeft)
    assert desk.brush_radius == pytest.approx(6)
    for _ in range(60):
        QTest.keyClick(desk.view, Qt.Key.Key_BracketLeft)
    assert desk.brush_radius == 0.5
    desk.drag((50, 50))
    assert np.argwhere(desk.mask()).tolist() == [[50, 50]], "the smallest brush paints the pixel pointed at"
    for _ in range(80):
        QTest.keyClick(desk.view, Qt.Key.Key_BracketRight)
    assert desk.brush_radius == 500


def test_alt_drag_sizes_and_escape_takes_it_back(desk, brush):
    desk.view.zoom_to(2.0, (200, 150))
    desk.drag((100, 100), (130, 100), modifiers=ALT)
    assert desk.brush_radius == pytest.approx(6 + 15)
    assert desk.edits == []
    assert not desk.mask().any()
    desk.drag((100, 100), (180, 100), modifiers=ALT, release=False)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert desk.brush_radius == pytest.approx(6 + 15)


def test_ctrl_and_the_wheel_size_the_brush_and_do_not_zoom(desk, brush):
    scale = desk.view.scale
    at = QPointF(100, 100)
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, CTRL, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(desk.view, event)
    assert desk.brush_radius == pytest.approx(6 * 1.21)
    assert desk.view.scale == scale


def test_every_tool_says_what_it_is(desk):
    tools = make_tools(desk)
    assert list(tools) == [tool.name for tool in TOOLS]
    assert len({tool.shortcut for tool in TOOLS}) == len(TOOLS)
    assert all(tool.text and tool.hint and tool.shortcut for tool in TOOLS)


@pytest.mark.real_images
def test_painting_on_a_photograph(desk, brush, real_images):
    import cv2

    path = sorted((real_images / "vessels").rglob("*.tif"))[0]
    rgb = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
    desk.show(*rgb.shape[:2])
    desk.view.set_image(ImagePyramid.build(rgb))
    desk.view.set_overlay(desk.overlay)
    desk.view.zoom_to(1.0, (200, 150))
    bare = desk.screen().astype(int)
    desk.drag((150, 100), (220, 160))
    QTest.mouseMove(desk.view, QPoint(20, 20))
    changed = np.abs(desk.screen().astype(int) - bare).max(axis=2) > 3
    changed[:50, :50] = False
    y0, x0, y1, x1 = desk.view.viewport.visible_box()
    assert not (changed & ~desk.mask()[y0:y1, x0:x1]).any()
    assert changed.sum() > 0.9 * desk.mask().sum()
