"""Smart outline and GrabCut, driven by real mouse and key events on a real canvas."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.canvas.pyramid import ImagePyramid
from desktop.tools.cutout import Scribble, cut_out
from desktop.tools.edge_map import build_edge_map
from desktop.tools.grabcut import GrabCutTool
from desktop.tools.outline import OutlineTool
from tests.desktop.tools.behind import Later
from tests.desktop.tools.desk import LEFT, NONE, RIGHT, disc

CENTRE, RADIUS = (200, 150), 70
CTRL = Qt.KeyboardModifier.ControlModifier


def photograph(height: int = 300, width: int = 400) -> np.ndarray:
    """A bright spot with a soft border on a darker ground, both a little uneven."""
    uneven = np.random.default_rng(3).normal(0, 4, (height, width, 3))
    spot = np.zeros((height, width), np.float32)
    scale = width / 400
    cv2.circle(spot, (round(CENTRE[0] * scale), round(CENTRE[1] * scale)), round(RADIUS * scale), 1.0, -1)
    spot = cv2.GaussianBlur(spot, (0, 0), 1.2)[..., None]
    rgb = spot * (200, 150, 90) + (1 - spot) * (70, 50, 60) + uneven
    return np.clip(rgb, 0, 255).astype(np.uint8)


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    return 2 * (mask & truth).sum() / (mask.sum() + truth.sum())


TRUTH = disc((300, 400), *CENTRE, RADIUS)


@pytest.fixture
def picture(desk) -> np.ndarray:
    rgb, overlay = photograph(), desk.overlay
    desk.view.set_image(ImagePyramid.build(rgb))
    desk.view.set_overlay(overlay)
    return rgb


@pytest.fixture
def outline(desk, picture) -> OutlineTool:
    desk.view.set_tool(OutlineTool(desk))
    return desk.view.tool


@pytest.fixture
def grabcut(desk, picture) -> GrabCutTool:
    desk.view.set_tool(GrabCutTool(desk))
    return desk.view.tool


def click(desk, *places, button=LEFT, modifiers=NONE) -> None:
    for place in places:
        QTest.mouseClick(desk.view, button, modifiers, QPoint(*place))


def on_edge(degrees: float) -> tuple[int, int]:
    angle = np.deg2rad(degrees)
    return round(CENTRE[0] + RADIUS * np.cos(angle)), round(CENTRE[1] + RADIUS * np.sin(angle))


ANCHORS = [on_edge(degrees) for degrees in (0, 90, 180, 270)]


@pytest.mark.parametrize("how", ["enter", "first anchor", "double click"])
def test_four_clicks_outline_a_spot(desk, outline, how):
    click(desk, *ANCHORS)
    if how == "enter":
        QTest.keyClick(desk.view, Qt.Key.Key_Return)
    elif how == "first anchor":
        click(desk, ANCHORS[0])
    else:
        QTest.mouseDClick(desk.view, LEFT, NONE, QPoint(*ANCHORS[3]))
    assert overlap(desk.mask(), TRUTH) > 0.97, "a square through the anchors has 0.78"
    assert np.array_equal(desk.protection(), desk.mask())
    assert [edit.text for edit in desk.edits] == ["Smart outline · Microaneurysm"]
    assert not outline.active
    assert not desk.view.gesture_active
    desk.undo()
    assert not desk.mask().any()


def test_the_line_follows_the_edge_to_the_pointer(desk, outline):
    click(desk, ANCHORS[0])
    before = desk.screen()
    QTest.mouseMove(desk.view, QPoint(*ANCHORS[1]))
    changed = np.abs(desk.screen().astype(int) - before).max(axis=2) > 60
    x, y = on_edge(45)
    assert changed[y - 4 : y + 5, x - 4 : x + 5].any(), "the way lies on the edge"
    straight = (ANCHORS[0][0] + ANCHORS[1][0]) // 2, (ANCHORS[0][1] + ANCHORS[1][1]) // 2
    assert not changed[straight[1] - 4 : straight[1] + 5, straight[0] - 4 : straight[0] + 5].any()


def test_it_is_straight_until_the_edges_are_known_and_closes_when_they_are(desk, outline):
    later = Later(desk)
    click(desk, *ANCHORS)
    assert outline.waiting
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert outline.active, "it waits for the ways"
    assert desk.edits == []
    click(desk, (20, 20))
    assert len(outline.anchors) == 4, "a closed one takes no more"
    assert later.run() == 4
    assert overlap(desk.mask(), TRUTH) > 0.97
    assert not outline.active
    click(desk, *ANCHORS)
    desk.view.set_tool(None)
    assert 0.7 < overlap(desk.mask(), TRUTH) < 1.0, "another tool does not wait"
    edits = len(desk.edits)
    assert later.run() == 4
    assert len(desk.edits) == edits


def test_backspace_escape_and_what_is_too_little(desk, outline):
    before = desk.screen_without_pointer()
    click(desk, *ANCHORS[:2])
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert "three anchors" in desk.said[-1]
    QTest.keyClick(desk.view, Qt.Key.Key_Backspace)
    assert len(outline.anchors) == 1
    QTest.keyClick(desk.view, Qt.Key.Key_Backspace)
    assert not outline.active
    click(desk, *ANCHORS)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    assert not desk.view.gesture_active
    assert desk.edits == []
    assert np.array_equal(desk.screen_without_pointer(), before)


def test_an_outline_takes_away(desk, outline):
    planes = desk.label.planes
    planes.set_class(0, planes.whole, np.ones((300, 400), bool))
    click(desk, ANCHORS[0], button=RIGHT)
    click(desk, *ANCHORS[1:])
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert overlap(~desk.mask(), TRUTH) > 0.97


def test_a_way_that_cannot_be_computed_stays_straight(desk, outline):
    later = Later(desk)
    click(desk, *ANCHORS)
    QTest.keyClick(desk.view, Qt.Key.Key_Return)

    def fail() -> None:
        raise MemoryError

    later.waiting = [(fail, done, failed) for _, done, failed in later.waiting]
    later.run()
    assert "stays straight" in desk.said[-1]
    assert 0.7 < overlap(desk.mask(), TRUTH) < 0.85
    assert not outline.active


def test_costs_are_computed_for_a_window_only(picture):
    large = cv2.resize(picture, (4288, 2848), interpolation=cv2.INTER_LINEAR)
    made = build_edge_map(large, (2000.0, 1400.0), 4.0)
    assert made.width * made.height < 500 * 500
    path = made.path_to((4200.0, 100.0))
    assert path[0] == (2000.0, 1400.0)
    assert path[-1] == (4200.0, 100.0)
    corner = build_edge_map(large, (-5.0, -5.0), 1.0)
    assert corner.path_to((30.0, 30.0))[-1] == (30.0, 30.0)


def test_a_box_finds_the_spot_and_enter_takes_it(desk, grabcut):
    desk.drag((110, 60), (290, 240))
    assert overlap(desk.mask(), TRUTH) == 0, "nothing is painted yet"
    shown = desk.screen_without_pointer()
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert overlap(desk.mask(), TRUTH) > 0.97
    assert np.array_equal(desk.protection(), desk.mask())
    assert [edit.text for edit in desk.edits] == ["GrabCut · Microaneurysm"]
    assert np.abs(shown[120, 180].astype(int) - desk.screen()[120, 180]).max() < 60
    desk.undo()
    assert not desk.mask().any()


def test_scribbles_say_what_is_meant(desk, grabcut):
    desk.drag((110, 60), (290, 240))
    found = grabcut.found.region.mask.sum()
    desk.drag((200, 100), (240, 120), button=RIGHT)
    desk.drag((120, 70), (150, 72))
    assert grabcut.found.region.mask.sum() != found
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    mask = desk.mask()
    dropped, kept = desk.image_point(220, 110), desk.image_point(135, 71)
    assert not mask[int(dropped[1]), int(dropped[0])]
    assert mask[int(kept[1]), int(kept[0])]


def test_scribbles_drawn_meanwhile_are_taken_up_and_enter_waits(desk, grabcut):
    later = Later(desk)
    desk.drag((110, 60), (290, 240))
    desk.drag((200, 100), (240, 120), button=RIGHT)
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert desk.edits == []
    assert grabcut.active
    assert later.run() == 2, "one answer for the box, one with the scribble"
    x, y = desk.image_point(220, 110)
    assert desk.mask().any()
    assert not desk.mask()[int(y), int(x)]
    assert not grabcut.active


def test_what_enter_took_is_kept_when_the_image_is_left_before_the_answer(desk, grabcut):
    later, label = Later(desk), desk.label
    desk.drag((110, 60), (290, 240))
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    desk.view.finish_gesture()
    assert not grabcut.active and not desk.view.gesture_active
    desk.show(300, 400, seed=9)
    later.run()
    assert overlap(label.planes.class_mask(0), TRUTH) > 0.97
    assert len(desk.edits) == 1 and not desk.mask().any()


def test_backspace_takes_the_scribble_and_then_the_box(desk, grabcut):
    desk.drag((110, 60), (290, 240))
    found = grabcut.found.region.mask
    desk.drag((200, 100), (240, 120), modifiers=CTRL)
    QTest.keyClick(desk.view, Qt.Key.Key_Backspace)
    assert np.array_equal(grabcut.found.region.mask, found), "the same question has the same answer"
    QTest.keyClick(desk.view, Qt.Key.Key_Backspace)
    assert not grabcut.active
    assert desk.edits == []
    assert not desk.view.gesture_active


def test_escape_a_small_box_and_another_tool(desk, grabcut):
    before = desk.screen_without_pointer()
    click(desk, (100, 100))
    assert not grabcut.active
    later = Later(desk)
    desk.drag((110, 60), (290, 240))
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    later.run()
    assert grabcut.found is None
    assert np.array_equal(desk.screen_without_pointer(), before)
    desk.drag((110, 60), (290, 240))
    later.run()
    desk.view.set_tool(None)
    assert overlap(desk.mask(), TRUTH) > 0.97, "what is shown is kept"


def test_a_double_click_takes_what_is_shown(desk, grabcut):
    desk.drag((110, 60), (290, 240))
    shown = grabcut.found.region.mask
    QTest.mouseClick(desk.view, LEFT, NONE, QPoint(130, 80))
    QTest.mouseDClick(desk.view, LEFT, NONE, QPoint(130, 80))
    assert not grabcut.active
    assert len(desk.edits) == 1
    assert abs(int(desk.mask().sum()) - int(shown.sum())) < 200


def test_a_cutout_of_a_large_box_is_as_sharp_as_its_image():
    rgb = photograph(1500, 2000)
    truth = disc((1500, 2000), 1000, 750, 350)
    made = cut_out(rgb, (300, 550, 1200, 1450))
    whole = np.zeros((1500, 2000), bool)
    whole[300:1200, 550:1450] = made.region.mask
    assert overlap(whole, truth) > 0.99
    line = Scribble(((1000.0, 500.0), (1000.0, 600.0)), 6.0, foreground=False)
    again = cut_out(rgb, (300, 550, 1200, 1450), (line,), made)
    assert not again.region.mask[550 - 300, 1000 - 550]
    with pytest.raises(ValueError, match="empty"):
        cut_out(rgb, (5, 5, 5, 9))


def test_a_box_around_everything_and_one_without_contrast():
    flat = np.full((60, 80, 3), 90, np.uint8)
    assert cut_out(flat, (0, 0, 60, 80)).region.mask.shape == (60, 80)
    nothing = Scribble(((0.0, 30.0), (80.0, 30.0)), 60.0, foreground=False)
    assert not cut_out(flat, (0, 0, 60, 80), (nothing,)).region.mask.any()
