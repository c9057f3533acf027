"""Pens, pinches and screens of high density: synthesized events, checked by the pixels that they leave."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.tools.brush import BrushTool
from tests.desktop.tools.desk import LEFT, NONE, Context, disc
from tests.e2e.desk import ROOT, child_environment

KINDS = {
    "press": QEvent.Type.TabletPress,
    "move": QEvent.Type.TabletMove,
    "release": QEvent.Type.TabletRelease,
}


@pytest.fixture
def desk(qtbot) -> Context:
    made = Context()
    qtbot.addWidget(made.view)
    made.show(300, 400)
    made.brush_radius = 12
    made.view.show()
    qtbot.waitExposed(made.view)
    made.view.set_tool(BrushTool(made))
    return made


@pytest.fixture(scope="module")
def pens() -> dict[str, QPointingDevice]:
    types = {"tip": QPointingDevice.PointerType.Pen, "eraser": QPointingDevice.PointerType.Eraser}
    able = QInputDevice.Capability.Position | QInputDevice.Capability.Pressure
    return {
        name: QPointingDevice(name, at, QInputDevice.DeviceType.Stylus, kind, able, 1, 1)
        for at, (name, kind) in enumerate(types.items(), 77)
    }


def pen(desk: Context, device: QPointingDevice, kind: str, x: float, y: float, pressure: float) -> bool:
    at = QPointF(x, y)
    held = LEFT if kind == "move" else Qt.MouseButton.NoButton if kind == "release" else LEFT
    button = Qt.MouseButton.NoButton if kind == "move" else LEFT
    event = QTabletEvent(KINDS[kind], device, at, at, pressure, 0, 0, 0, 0, 0, NONE, button, held)
    QApplication.sendEvent(desk.view, event)
    return event.isAccepted()


def test_a_pen_paints_and_its_pressure_is_the_size(desk, pens):
    desk.view.activateWindow()
    desk.view.clearFocus()
    for where, pressure in ((60, 0.25), (160, 0.5), (260, 1.0)):
        for kind in ("press", "release"):
            assert pen(desk, pens["tip"], kind, where, 100, pressure if kind == "press" else 0.0)
    expected = np.zeros((300, 400), bool)
    for where, radius in ((60, 3), (160, 6), (260, 12)):
        expected |= disc((300, 400), where + 0.5, 100.5, radius)
    assert np.array_equal(desk.mask(), expected)
    assert len(desk.edits) == 3, "a stroke a press"
    assert desk.view.hasFocus(), "its keys are heard"


def test_pressure_changes_along_a_stroke_and_the_ring_with_it(desk, pens):
    pen(desk, pens["tip"], "press", 50, 150, 0.2)
    assert desk.view._ring.radius == pytest.approx(2.4)
    pen(desk, pens["tip"], "move", 350, 150, 1.0)
    assert desk.view._ring.radius == pytest.approx(12)
    pen(desk, pens["tip"], "release", 350, 150, 0.0)
    thickness = desk.mask().sum(axis=0)
    assert thickness[350] == 25 or thickness[350] == 24
    assert len(desk.edits) == 1
    assert desk.view._ring.radius == pytest.approx(12), "the brush's own size again"


def test_pressure_can_be_left_out(desk, pens):
    desk.view.pressure_used = lambda: False
    pen(desk, pens["tip"], "press", 200, 150, 0.1)
    pen(desk, pens["tip"], "release", 200, 150, 0.0)
    assert np.array_equal(desk.mask(), disc((300, 400), 200.5, 150.5, 12))


def test_the_other_end_of_a_pen_erases(desk, pens):
    desk.drag((100, 100), (300, 100))
    pen(desk, pens["eraser"], "press", 200, 100, 1.0)
    pen(desk, pens["eraser"], "release", 200, 100, 0.0)
    erased = disc((300, 400), 200.5, 100.5, 12)
    assert not (desk.mask() & erased).any()
    assert desk.mask()[100, 150]


def test_a_pen_in_the_air_shows_where_it_would_paint(desk, pens):
    at = QPointF(120, 90)
    hover = QTabletEvent(
        QEvent.Type.TabletMove, pens["tip"], at, at, 0.0, 0, 0, 0, 0, 0, NONE,
        Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
    )  # fmt: skip
    QApplication.sendEvent(desk.view, hover)
    assert (desk.view._ring.x, desk.view._ring.y) == (120.5, 90.5)
    assert not desk.mask().any()


@pytest.fixture(scope="module")
def screen_touched():
    return QTest.createTouchDevice()


def fingers(desk: Context, device, *places: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """Two fingers, put down one after the other, on their way; both are lifted at the end."""
    view = desk.view
    QTest.touchEvent(view, device).press(0, QPoint(*places[0][0]), view).commit()
    QTest.touchEvent(view, device).stationary(0).press(1, QPoint(*places[0][1]), view).commit()
    for one, other in places[1:]:
        moved = QTest.touchEvent(view, device)
        moved.move(0, QPoint(*one), view).move(1, QPoint(*other), view).commit()
    last = places[-1]
    lifted = QTest.touchEvent(view, device)
    lifted.release(0, QPoint(*last[0]), view).release(1, QPoint(*last[1]), view).commit()


def test_two_fingers_zoom_at_the_place_between_them(desk, screen_touched):
    desk.show(3000, 4000)
    before = desk.view.viewport.to_image(200, 150)
    # The first move tells Qt that it is a pinch.
    ways = [((160 - d, 150), (240 + d, 150)) for d in (0, 10, 20, 40, 60, 110)]
    fingers(desk, screen_touched, *ways)
    assert desk.view.scale == pytest.approx(0.1 * 300 / 100), "300 pixels apart, 100 when it was noticed"
    assert desk.view.viewport.to_image(200, 150) == pytest.approx(before, abs=8)
    assert not desk.mask().any(), "the first finger painted nothing"
    assert not desk.edits
    assert not desk.view.gesture_active


def test_two_fingers_move_the_image(desk, screen_touched):
    desk.show(3000, 4000)
    desk.view.one_to_one()
    before = desk.view.viewport.to_image(200, 150)
    fingers(desk, screen_touched, *(((150 + d, 100 + d), (250 + d, 100 + d)) for d in (0, 5, 15, 35)))
    assert desk.view.scale == pytest.approx(1.0)
    x, y = desk.view.viewport.to_image(200, 150)
    assert (before[0] - x, before[1] - y) == pytest.approx((30, 30), abs=1)


def test_pixels_are_squares_above_two_hundred_percent_only(desk):
    rgb = desk.view.image.levels[0]
    for scale, squares in ((2.0, False), (2.5, True), (4.0, True)):
        desk.view.set_tool(None)
        desk.view.zoom_to(scale, (200, 150))
        seen, viewport = desk.screen(), desk.view.viewport
        centre = [viewport.to_image(x + 0.5, 150.5) for x in range(390)]
        exact = sum(np.array_equal(seen[150, x], rgb[int(at[1]), int(at[0])]) for x, at in enumerate(centre))
        assert (exact == 390) is squares


DENSE = """
import json, sys
import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
app = QApplication([])
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.tools.brush import BrushTool
from tests.desktop.tools.desk import Context
desk = Context()
desk.show(1500, 2000, (600, 400))
view = desk.view
view.show()
QTest.qWaitForWindowExposed(view)
ratio = view.devicePixelRatioF()
view.one_to_one()
view.centre_on(1000, 750)
desk.brush_radius = 40
view.set_tool(BrushTool(desk))
QTest.mouseMove(view, QPoint(300, 200))
ring = view._ring
shot = view.grab()
seen = rgb8_from_qimage(shot.toImage())
y0, x0, y1, x1 = view.viewport.visible_box()
QTest.mouseMove(view, QPoint(20, 20))
bare = rgb8_from_qimage(view.grab().toImage())
changed = np.abs(seen.astype(int) - bare.astype(int)).max(axis=2)[100:500, 100:700] > 0
columns = np.flatnonzero(changed.any(axis=0)) + 100
inner = bare[100:, 100:] == view.image.levels[0][y0:y1, x0:x1][100:, 100:]
where = view.overview.rect(view.viewport, ratio)
inner[where.top() - 108 :, where.left() - 108 :] = True
QTest.mouseClick(view, __import__("PySide6.QtCore").QtCore.Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
rows, cols = np.nonzero(desk.mask())
print(json.dumps({
    "ratio": ratio, "shot": list(seen.shape), "visible": [y1 - y0, x1 - x0],
    "ring": [ring.x, ring.y, ring.radius], "ring_width": int(columns[-1] - columns[0] + 1),
    "pixels": bool(inner.all()), "map": [where.width(), where.height()],
    "centre": [float(cols.mean() + 0.5), float(rows.mean() + 0.5)], "width": int(cols.max() - cols.min() + 1),
}))
"""


def test_on_a_screen_of_double_density_everything_is_where_it_should_be(tmp_path):
    """A process of its own: the factor of a screen is fixed when the program starts."""
    child = subprocess.run(
        [sys.executable, "-c", DENSE], cwd=ROOT, text=True, capture_output=True, timeout=60,
        env=child_environment(tmp_path, QT_SCALE_FACTOR="2"),
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    said = json.loads(child.stdout.splitlines()[-1])
    assert said["ratio"] == 2
    assert said["shot"] == [800, 1200, 3], "as many pixels as the screen has"
    assert said["visible"] == [800, 1200], "100 % is one image pixel on one of the screen's"
    assert said["pixels"], "the very pixels of the image"
    assert said["ring"] == [600.5, 400.5, 40.0], "true size: 40 image pixels are 40 of the screen's"
    assert 80 <= said["ring_width"] <= 88, "the line around it included"
    assert said["centre"] == pytest.approx([1000.5, 750.5], abs=0.51)
    assert said["width"] in (80, 81)
    assert said["map"] == [352, 264]


def hover(desk: Context, at: QPoint) -> None:
    """The pointer comes by, whatever other windows there are: no cursor is moved."""
    kind, none = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
    where = QPointF(at)
    QApplication.sendEvent(desk.view, QMouseEvent(kind, where, where, none, none, NONE))


def test_the_ring_is_true_to_size_at_any_zoom(desk):
    desk.show(3000, 4000)
    desk.brush_radius = 25
    for scale in (0.1, 0.37, 1.0, 6.0):
        desk.view.zoom_to(scale, (200, 150))
        hover(desk, QPoint(200, 150))
        ring = desk.view._ring
        assert ring.radius == pytest.approx(25 * desk.view.scale)
        edge = desk.view.viewport.to_image(ring.x + ring.radius, ring.y)
        middle = desk.view.viewport.to_image(ring.x, ring.y)
        assert edge[0] - middle[0] == pytest.approx(25)
