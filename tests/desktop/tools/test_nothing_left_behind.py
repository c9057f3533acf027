"""However a gesture ends, nothing of it is left: no open stroke, no active tool, no mark on the screen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.errors import SessionError
from desktop.tools.brush import BrushTool
from desktop.tools.ellipse import EllipseTool
from desktop.tools.eraser import EraserTool
from desktop.tools.grabcut import GrabCutTool
from desktop.tools.lasso import LassoTool
from desktop.tools.outline import OutlineTool
from desktop.tools.polygon import PolygonTool
from desktop.tools.probability import ProbabilityBrushTool
from desktop.tools.rectangle import RectangleTool
from desktop.tools.wand import WandTool
from tests.desktop.tools.desk import LEFT, NONE, RIGHT
from tests.desktop.tools.test_probability import prediction

CLICKED = (PolygonTool, OutlineTool, GrabCutTool)
DRAGGED = (
    BrushTool, EraserTool, ProbabilityBrushTool, LassoTool, RectangleTool, EllipseTool, WandTool,
)  # fmt: skip
PLACES = ((100, 60), (260, 70), (250, 200), (110, 190))


def begin(desk, kind, button=LEFT) -> None:
    """Bring a tool into the middle of a gesture."""
    desk.prediction = prediction()
    desk.view.set_tool(kind(desk))
    if kind is GrabCutTool:
        desk.drag(PLACES[0], PLACES[2], button=button)
    elif kind in CLICKED:
        for one in PLACES:
            QTest.mouseClick(desk.view, button, NONE, QPoint(*one))
    else:
        desk.drag(*PLACES, button=button, release=False)
    assert desk.view.tool.active
    assert desk.view.gesture_active


ENDINGS = {
    "escape": lambda desk: QTest.keyClick(desk.view, Qt.Key.Key_Escape),
    "another tool": lambda desk: desk.view.set_tool(BrushTool(desk)),
    "no tool": lambda desk: desk.view.set_tool(None),
    "another image": lambda desk: desk.show(200, 300, seed=9),
    "no image": lambda desk: desk.view.set_image(None),
    "a broken image": lambda desk: desk.view.set_broken("a", "b"),
    "reading": lambda desk: desk.view.set_reading("next"),
}


@pytest.mark.parametrize("button", [LEFT, RIGHT])
@pytest.mark.parametrize("kind", [*CLICKED, *DRAGGED])
@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left_behind(desk, kind, ending, button):
    label = desk.label
    before = label.planes.copy()
    begin(desk, kind, button)
    tool = desk.view.tool
    ENDINGS[ending](desk)
    QTest.mouseRelease(desk.view, button, NONE, QPoint(*PLACES[-1]))
    assert not tool.active
    assert not desk.view.gesture_active
    assert not label.stroke_open
    assert not desk.label.stroke_open
    assert len(desk.edits) <= 1
    if ending in ("escape", "another image"):
        assert desk.edits == []
        assert label.planes.equals(before)
    for _ in desk.edits:
        label.undo()
    assert label.planes.equals(before)


@pytest.mark.parametrize("kind", DRAGGED)
def test_the_focus_and_the_window_that_go_end_what_is_held(desk, kind):
    for leave in (desk.view.clearFocus, desk.view.hide):
        begin(desk, kind)
        leave()
        assert not desk.view.tool.active
        assert not desk.view.gesture_active
        assert not desk.label.stroke_open
        desk.view.show()
        desk.view.setFocus()


@pytest.mark.parametrize("kind", [*CLICKED, *DRAGGED])
def test_a_gesture_after_another_is_as_the_first(desk, kind):
    begin(desk, kind)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(*PLACES[-1]))
    begin(desk, kind)
    desk.view.set_tool(None)
    first = desk.mask()
    if desk.edits:
        desk.undo()
        assert not desk.mask().any()
    begin(desk, kind)
    desk.view.set_tool(None)
    assert np.array_equal(desk.mask(), first)


@pytest.mark.parametrize("kind", [*CLICKED, *DRAGGED])
def test_without_a_class_or_a_label_nothing_begins(desk, kind):
    desk.prediction = prediction()
    desk.view.set_tool(kind(desk))
    desk.class_id = None
    desk.drag(*PLACES)
    assert len(desk.said) == 1 and "no class to paint" in desk.said[0]
    desk.class_id, desk.label = 0, None
    desk.drag(*PLACES)
    assert len(desk.said) == 1, "an image that is still read says so by itself"
    assert not desk.view.tool.active
    assert not desk.view.gesture_active
    assert desk.edits == []


@pytest.mark.parametrize("kind", [*CLICKED, *DRAGGED])
def test_a_layer_that_may_not_be_changed_is_refused_before_anything_is_drawn(desk, kind):
    class LockedError(Exception):
        pass

    def refuse(class_id=None):
        raise LockedError

    desk.prediction = prediction()
    tool = kind(desk)
    desk.view.set_tool(tool)
    desk.begin_stroke = refuse
    with pytest.raises(LockedError):
        tool.press(_press(desk))
    assert not tool.active
    assert not desk.label.stroke_open


@pytest.mark.parametrize("kind", [PolygonTool, OutlineTool, GrabCutTool])
@pytest.mark.parametrize("size", [(300, 400), (1200, 1600)])
def test_what_is_refused_in_the_end_is_kept_in_the_hand(desk, kind, size):
    desk.show(*size)
    begin(desk, kind)
    begin_stroke, told = desk.begin_stroke, []
    desk.view.refused.connect(told.append)

    def refuse(class_id=None):
        raise SessionError("The layer is locked.")

    desk.begin_stroke = refuse
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert told == ["The layer is locked."]
    assert desk.view.tool.active
    assert desk.edits == []
    desk.begin_stroke = begin_stroke
    QTest.keyClick(desk.view, Qt.Key.Key_Return)
    assert not desk.view.tool.active
    if kind is not GrabCutTool:  # in noise there may be nothing to cut out
        assert len(desk.edits) == 1


def _press(desk):
    from desktop.tools.base import ToolEvent

    return ToolEvent(*desk.image_point(*PLACES[0]), 1.0, 1.0, LEFT)
