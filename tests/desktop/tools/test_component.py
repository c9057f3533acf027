from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from scipy import ndimage

from desktop.canvas.pyramid import ImagePyramid
from desktop.project.components import component_at, component_mask, find_components
from desktop.tools.component import ComponentTool
from desktop.tools.cut import CutTool
from desktop.tools.release import ReleaseTool
from inference.images import read_mask, read_rgb8
from tests.desktop.tools.desk import LEFT, NONE, RIGHT, Context

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def pieces(desk) -> np.ndarray:
    """Two pieces of class 0 (the first hangs together by a corner only) under a piece of class 1."""
    first = np.zeros((300, 400), bool)
    first[50:60, 50:60] = first[60:70, 60:70] = True
    second = np.zeros_like(first)
    second[200:220, 300:340] = True
    planes = desk.label.planes
    planes.set_class(0, planes.whole, first | second)
    planes.set_class(1, planes.whole, np.ones_like(first))
    desk.changed(planes.whole)
    desk.view.set_tool(ComponentTool(desk))
    return first


def test_a_click_chooses_the_piece_and_changes_nothing(desk, pieces):
    tool, chosen = desk.view.tool, []
    tool.choose = chosen.append
    before = desk.label.planes.copy()
    desk.drag((65, 65))
    assert desk.label.planes.equals(before) and desk.edits == []
    assert (chosen[0].class_id, chosen[0].box, chosen[0].area) == (0, (50, 50, 70, 70), 200)
    assert chosen[0].seed == (50, 50)
    desk.class_id = None
    desk.drag((10, 10))
    assert chosen[1] is None, "beside every piece nothing is chosen"
    tool.visible = lambda: (0, 1)
    desk.drag((10, 10))
    assert chosen[2].class_id == 1, "then the other visible classes have their turn"


@pytest.mark.parametrize(("button", "held"), [(RIGHT, NONE), (LEFT, CTRL)])
def test_right_click_or_ctrl_deletes_and_undo_brings_it_back(desk, pieces, button, held):
    before = desk.label.planes.copy()
    desk.drag((65, 65), button=button, modifiers=held)
    assert not (desk.mask() & pieces).any()
    assert desk.mask().sum() == 20 * 40
    assert np.array_equal(desk.protection(), pieces)
    assert desk.mask(1).all()
    assert [edit.text for edit in desk.edits] == ["Delete component · Microaneurysm"]
    desk.undo()
    assert desk.label.planes.equals(before)


def test_shift_keeps_the_piece_once(desk, pieces):
    before = desk.mask()
    desk.drag((52, 52), modifiers=SHIFT)
    assert np.array_equal(desk.mask(), before)
    assert np.array_equal(desk.protection(), pieces)
    desk.drag((52, 52), modifiers=SHIFT)
    assert [edit.text for edit in desk.edits] == ["Keep component · Microaneurysm"], "kept twice is kept once"


def test_what_a_click_does_is_an_option_with_a_key(desk, pieces):
    tool = desk.view.tool
    QTest.keyClick(desk.view, Qt.Key.Key_Backslash)
    assert tool.value("click") == "deletes"
    desk.drag((52, 52))
    assert not (desk.mask() & pieces).any()
    desk.undo()
    QTest.keyClick(desk.view, Qt.Key.Key_Backslash)
    desk.drag((52, 52))
    assert np.array_equal(desk.protection(), pieces)


def test_a_click_may_give_the_class_selected_in_one_step(desk, pieces):
    before = desk.label.planes.copy()
    tool = desk.view.tool
    tool.set_value("click", "gives the class")
    tool.visible = lambda: (0, 1)
    desk.class_id = 9
    desk.drag((52, 52))
    assert [edit.text for edit in desk.edits] == ["Microaneurysm becomes EX"]
    assert desk.edits[0].class_ids == {0, 9}
    assert np.array_equal(desk.mask(9), pieces) and not (desk.mask(0) & pieces).any()
    assert np.array_equal(desk.protection(9), pieces) and np.array_equal(desk.protection(0), pieces)
    desk.undo()
    assert desk.label.planes.equals(before)


def test_a_drag_to_another_piece_joins_them_by_a_bridge_as_wide_as_the_brush(desk, pieces):
    before = desk.label.planes.copy()
    desk.brush_radius = 4.0
    desk.drag((65, 65), (200, 150), (320, 210))
    found = find_components(desk.label.planes, 0)
    assert [one.box for one in found] == [(50, 50, 220, 340)]
    added = desk.mask() & ~before.class_mask(0)
    assert np.array_equal(desk.protection(), added), "what the bridge added is protected"
    length = np.hypot(300 - 69, 200 - 69)
    assert added.sum() == pytest.approx(8 * length, rel=0.15)
    assert [edit.text for edit in desk.edits] == ["Join components · Microaneurysm"]
    desk.undo()
    assert desk.label.planes.equals(before)


def test_a_drag_may_close_the_gap(desk):
    planes = desk.label.planes
    mask = np.zeros((300, 400), bool)
    mask[100:160, 100:140] = mask[100:160, 150:190] = True
    planes.set_class(0, planes.whole, mask)
    desk.view.set_tool(ComponentTool(desk))
    desk.view.tool.set_value("join", "the gap filled")
    desk.drag((120, 130), (170, 130))
    after = desk.mask()
    assert len(find_components(planes, 0)) == 1
    assert after[120:140, 140:150].all(), "all of the gap, not a bar"
    assert not (after & ~np.pad(np.ones((60, 90), bool), ((100, 140), (100, 210)))).any()


def test_a_drag_to_nothing_or_given_up_joins_nothing(desk, pieces):
    desk.drag((65, 65), (200, 150))
    assert desk.edits == [] and len(desk.said) == 1
    desk.drag((65, 65), (320, 210), release=False)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(320, 210))
    assert desk.edits == []


def test_a_drag_shows_its_line(desk, pieces):
    bare = desk.screen_without_pointer()
    desk.drag((65, 65), (200, 150), release=False)
    assert (desk.screen_without_pointer() != bare).any()
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(200, 150))
    assert np.array_equal(desk.screen_without_pointer(), bare)


def test_a_click_beside_any_piece_or_the_image_does_nothing(desk, pieces):
    desk.drag((10, 10), button=RIGHT)
    desk.view.zoom_to(0.5)
    desk.drag((2, 2), button=RIGHT)
    assert desk.edits == []
    assert component_at(desk.label.planes, 0, -1, 5) is None
    assert component_at(desk.label.planes, 0, 5, 400) is None


def test_a_piece_at_the_border(desk):
    planes = desk.label.planes
    planes.set_class(9, planes.whole, np.ones((300, 400), bool))
    box, mask = component_at(planes, 9, 299, 399)
    assert box == (0, 0, 300, 400)
    assert mask.all()


# --- cutting


@pytest.fixture
def block(desk) -> np.ndarray:
    mask = np.zeros((300, 400), bool)
    mask[100:200, 100:300] = True
    planes = desk.label.planes
    planes.set_class(0, planes.whole, mask)
    desk.changed(planes.whole)
    desk.view.set_tool(CutTool(desk))
    return mask


def test_a_line_across_parts_a_piece_in_two(desk, block):
    before = desk.label.planes.copy()
    desk.drag((150, 50), (180, 130), (220, 250))
    found = find_components(desk.label.planes, 0)
    assert len(found) == 2 and min(one.area for one in found) > 5000
    removed = block & ~desk.mask()
    assert removed.sum() < 2 * 150
    assert np.array_equal(desk.protection(), removed)
    assert [edit.text for edit in desk.edits] == ["Cut · Microaneurysm"]
    desk.undo()
    assert desk.label.planes.equals(before)


def test_keys_set_the_gap(desk, block):
    for _ in range(3):
        QTest.keyClick(desk.view, Qt.Key.Key_BracketRight)
    assert desk.view.tool.value("gap") == 4
    desk.drag((200, 50), (200, 250))
    assert 4 <= (block & ~desk.mask())[150].sum() <= 5


def test_a_line_that_parts_nothing_changes_nothing_and_says_so(desk, block):
    desk.drag((150, 50), (180, 150))
    assert desk.edits == [] and "parts no piece" in desk.said[0]
    desk.drag((10, 10), (60, 60))
    assert desk.edits == [] and np.array_equal(desk.mask(), block)


def test_escape_gives_the_line_up(desk, block):
    bare = desk.screen_without_pointer()
    desk.drag((150, 50), (220, 250), release=False)
    assert (desk.screen_without_pointer() != bare).any()
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(220, 250))
    assert desk.edits == [] and np.array_equal(desk.screen_without_pointer(), bare)


def test_painting_limits_hold_for_a_cut(desk, block):
    keep_out = np.zeros((300, 400), bool)
    keep_out[140:160] = True
    planes = desk.label.planes
    planes.set_class(1, planes.whole, keep_out)
    desk.limits.set(outside=frozenset({1}))
    desk.drag((200, 50), (200, 250))
    assert not (block & ~desk.mask() & keep_out).any()


# --- releasing


def test_the_release_brush_takes_protection_away_and_leaves_the_mask(desk):
    planes = desk.label.planes
    everything = np.ones((300, 400), bool)
    planes.set_class(0, planes.whole, everything, everything)
    desk.view.set_tool(ReleaseTool(desk))
    desk.drag((100, 100), (150, 100))
    released = ~desk.protection()
    assert released[100, 100:150].all() and 500 < released.sum() < 1500
    assert desk.mask().all()
    assert [edit.text for edit in desk.edits] == ["Release protection · Microaneurysm"]
    desk.drag((100, 100), (150, 100), button=RIGHT)
    assert desk.protection().all()
    desk.undo()
    desk.undo()
    assert desk.protection().all()


# --- real images


@pytest.mark.real_images
@pytest.mark.parametrize(
    ("image", "mask", "least"),
    [
        ("retina/images/IDRiD_33.jpg", "retina/masks/MA/IDRiD_33_MA.png", 100),
        ("polyps", "polyps", 1),
        ("skin", "skin", 1),
        ("horses", "horses", 1),
        ("vessels/images/21_training.tif", "vessels/masks/vessel/21_manual1.gif", 2),
    ],
)
def test_pieces_of_real_masks_are_deleted_one_by_one_and_come_back(qtbot, real_images, image, mask, least):
    picture, truth = _pair(real_images, image, mask)
    if truth.shape != picture.shape[:2]:
        rows, columns = (np.arange(n) * m // n for n, m in zip(picture.shape, truth.shape, strict=False))
        truth = np.ascontiguousarray(truth[np.ix_(rows, columns)])
    desk = Context()
    qtbot.addWidget(desk.view)
    desk.show(*truth.shape, size=(900, 700))
    desk.view.set_image(ImagePyramid.build(picture))
    desk.view.set_overlay(desk.overlay)
    planes = desk.label.planes
    planes.set_class(0, planes.whole, truth)
    desk.changed(planes.whole)
    desk.view.show()
    qtbot.waitExposed(desk.view)
    desk.view.set_tool(ComponentTool(desk))
    found = sorted(find_components(planes, 0), key=lambda one: -one.area)
    _, count = ndimage.label(truth, np.ones((3, 3)))
    assert len(found) == count >= least
    expected = truth.copy()
    for piece in found[:4]:
        row, column = _inner_pixel(planes, piece)
        desk.view.zoom_to(4.0)
        desk.view.centre_on(column + 0.5, row + 0.5)
        x, y = desk.view.viewport.to_view(column + 0.5, row + 0.5)
        desk.drag((int(x), int(y)), button=RIGHT)
        y0, x0, y1, x1 = piece.box
        expected[y0:y1, x0:x1] &= ~component_mask_of(truth, piece)
        assert np.array_equal(desk.mask(), expected)
    for _ in found[:4]:
        desk.undo()
    assert np.array_equal(desk.mask(), truth) and not desk.protection().any()


def _pair(root: Path, image: str, mask: str) -> tuple[np.ndarray, np.ndarray]:
    if "/" in image:
        return read_rgb8(root / image), read_mask(root / mask)
    masks = {path.stem: path for path in sorted((root / mask / "masks").iterdir())}
    for path in sorted((root / image / "images").iterdir()):
        named = next((masks[stem] for stem in masks if stem.startswith(path.stem)), None)
        if named is not None:
            return read_rgb8(path), read_mask(named)
    raise AssertionError(f"no pair of image and mask under {root / image}")


def _inner_pixel(planes, piece) -> tuple[int, int]:
    """A pixel of the piece, as far from its border as any."""
    mask = component_mask(planes, piece)
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), mask.shape)
    return int(row) + piece.box[0], int(column) + piece.box[1]


def component_mask_of(truth: np.ndarray, piece) -> np.ndarray:
    """The pixels of a piece inside its box, found by scipy."""
    labels, _ = ndimage.label(truth, np.ones((3, 3)))
    y0, x0, y1, x1 = piece.box
    return labels[y0:y1, x0:x1] == labels[piece.seed]
