from __future__ import annotations

import numpy as np
import pytest

from desktop.tools.component import ComponentTool, component_at
from tests.desktop.tools.desk import RIGHT


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


def test_a_click_deletes_the_piece_and_undo_brings_it_back(desk, pieces):
    before = desk.label.planes.copy()
    desk.drag((65, 65))
    assert not (desk.mask() & pieces).any()
    assert desk.mask().sum() == 20 * 40
    assert np.array_equal(desk.protection(), pieces)
    assert desk.mask(1).all()
    assert [edit.text for edit in desk.edits] == ["Delete component · Microaneurysm"]
    desk.undo()
    assert desk.label.planes.equals(before)


def test_right_click_keeps_the_piece(desk, pieces):
    before = desk.mask()
    desk.drag((52, 52), button=RIGHT)
    assert np.array_equal(desk.mask(), before)
    assert np.array_equal(desk.protection(), pieces)
    desk.drag((52, 52), button=RIGHT)
    assert [edit.text for edit in desk.edits] == ["Keep component · Microaneurysm"], "kept twice is kept once"


def test_a_click_beside_any_piece_or_the_image_does_nothing(desk, pieces):
    desk.drag((10, 10))
    desk.view.zoom_to(0.5)
    desk.drag((2, 2))
    assert desk.edits == []
    assert component_at(desk.label.planes, 0, -1, 5) is None
    assert component_at(desk.label.planes, 0, 5, 400) is None


def test_a_piece_at_the_border(desk):
    planes = desk.label.planes
    planes.set_class(9, planes.whole, np.ones((300, 400), bool))
    box, mask = component_at(planes, 9, 299, 399)
    assert box == (0, 0, 300, 400)
    assert mask.all()
