"""The small map: there while a part is seen, moved by clicks and drags, out of the way of a gesture."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.canvas.adjust import ViewSettings
from desktop.canvas.pyramid import ImagePyramid
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.tools.brush import BrushTool
from tests.desktop.canvas.test_pointers import hover
from tests.desktop.tools.desk import LEFT, NONE, Context


@pytest.fixture
def desk(qtbot) -> Context:
    made = Context()
    qtbot.addWidget(made.view)
    made.show(1500, 2000, (800, 600))
    made.view.show()
    qtbot.waitExposed(made.view)
    made.view.zoom_to(1.0, (400, 300))
    return made


def rect(desk: Context):
    return desk.view.overview.rect(desk.view.viewport, 1.0)


def seen(desk: Context) -> np.ndarray:
    return rgb8_from_qimage(desk.view.grab().toImage())


def test_it_is_there_only_while_a_part_is_seen(desk):
    where = rect(desk)
    assert (where.right(), where.bottom()) == (783, 583), "bottom right, on the grid"
    assert (where.width(), where.height()) == (176, 132), "the image's aspect"
    desk.view.fit()
    assert rect(desk) is None
    desk.view.zoom_to(1.0)
    desk.view.set_overview_shown(False)
    assert rect(desk) is None


def test_it_shows_the_image_small_and_the_part_that_is_seen(desk):
    rgb = np.zeros((1500, 2000, 3), np.uint8)
    rgb[:, 1000:] = (200, 10, 30)
    desk.view.set_image(ImagePyramid.build(rgb))
    desk.view.zoom_to(1.0)
    desk.view.centre_on(500, 400)
    where, shown = rect(desk), seen(desk)
    assert (shown[where.top() + 5, where.left() + 5] == 0).all()
    assert shown[where.bottom() - 5, where.right() - 5].tolist() == [200, 10, 30]
    y0, _, y1, x1 = desk.view.viewport.visible_box()
    edge = round(where.left() + x1 / 2000 * where.width())
    middle = round(where.top() + (y0 + y1) / 2 / 1500 * where.height())
    assert shown[middle, edge - 3 : edge + 3].max() > 230, "a light line around what is seen"
    desk.view.set_view_settings(ViewSettings(channel="green"))
    assert seen(desk)[where.bottom() - 5, where.right() - 5].tolist() == [10, 10, 10]


def test_a_click_goes_there_and_a_drag_follows(desk):
    desk.view.set_tool(BrushTool(desk))
    where = rect(desk)
    centre = where.center()
    hover(desk, centre)
    assert desk.view.cursor().shape() is Qt.CursorShape.PointingHandCursor
    QTest.mousePress(desk.view, LEFT, NONE, centre)
    middle = desk.view.viewport.to_image(400, 300)
    assert middle == pytest.approx((1000, 750), abs=12)
    QTest.mouseMove(desk.view, QPoint(where.left() + 40, where.top() + 40))
    assert desk.view.viewport.to_image(400, 300)[0] < 600
    QTest.mouseMove(desk.view, QPoint(5, 5))
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(5, 5))
    assert desk.view.viewport.visible_box()[:2] == (0, 0), "beside the map: its edge"
    assert not desk.mask().any(), "nothing was painted"
    assert not desk.edits
    hover(desk, QPoint(300, 300))
    assert desk.view.cursor().shape() is Qt.CursorShape.BlankCursor


def test_a_stroke_that_comes_near_makes_it_give_way(desk):
    desk.view.set_tool(BrushTool(desk))
    home = rect(desk)
    QTest.mousePress(desk.view, LEFT, NONE, QPoint(300, 500))
    assert rect(desk) == home
    inside = home.center()
    QTest.mouseMove(desk.view, QPoint(home.left() - 10, inside.y()))
    assert rect(desk).left() == 16, "to the other corner"
    QTest.mouseMove(desk.view, inside)
    QTest.mouseRelease(desk.view, LEFT, NONE, inside)
    x, y = desk.image_point(inside.x(), inside.y())
    assert desk.mask()[int(y), int(x)], "painted where it was"
    assert rect(desk) == home, "back again"


def test_a_brush_as_wide_as_the_view_hides_it(desk):
    desk.brush_radius = 500
    desk.view.set_tool(BrushTool(desk))
    QTest.mousePress(desk.view, LEFT, NONE, QPoint(400, 500))
    assert rect(desk) is None
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(400, 500))
    assert rect(desk) is not None


def test_a_small_canvas_has_none(desk):
    desk.view.resize(300, 250)
    assert rect(desk) is None


def test_extreme_shapes_have_one_too(desk):
    desk.view.set_image(ImagePyramid.build(np.full((3, 9000, 3), 90, np.uint8)))
    desk.view.zoom_to(2.0)
    where = rect(desk)
    assert where.width() == 176
    seen(desk)
