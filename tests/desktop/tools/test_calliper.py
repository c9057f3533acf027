import math
import shutil
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from scipy import ndimage

from desktop.canvas.view import CanvasView
from desktop.project.measures import Spacing
from desktop.tools.calliper import CalliperTool
from desktop.tools.mark import MarkTool
from tests.desktop.session_tools import close, new_session, open_and_wait, picture
from tests.desktop.tools.desk import LEFT, NONE, RIGHT

SHIFT = Qt.KeyboardModifier.ShiftModifier


class Desk:
    """A real session with one image of 300 x 400 pixels, seen 1:1."""

    def __init__(self, qtbot, folder) -> None:
        folder.mkdir()
        cv2.imwrite(str(folder / "eye.png"), picture(3, 300, 400))
        self.session = new_session()
        open_and_wait(qtbot, self.session, folder)
        self.marks = self.session.measuring
        qtbot.waitUntil(lambda: self.marks._image_id is not None)
        self.view = CanvasView()
        qtbot.addWidget(self.view)
        self.view.resize(400, 300)
        self.view.set_image(self.session.image_pyramid)
        self.view.one_to_one()

    def take(self, tool) -> None:
        self.view.set_tool(tool(self.session))

    def drag(self, *points, button=LEFT, modifiers=NONE, release=True) -> None:
        QTest.mousePress(self.view, button, modifiers, QPoint(*points[0]))
        for point in points[1:]:
            event = QPoint(*point)
            QTest.mouseMove(self.view, event) if modifiers is NONE else self._move(event, modifiers)
        if release:
            QTest.mouseRelease(self.view, button, modifiers, QPoint(*points[-1]))

    def _move(self, at: QPoint, modifiers) -> None:
        from PySide6.QtCore import QEvent, QPointF
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtWidgets import QApplication

        there = QPointF(at)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            there,
            self.view.mapToGlobal(there),
            Qt.MouseButton.NoButton,
            LEFT,
            modifiers,
        )
        QApplication.sendEvent(self.view, event)

    @property
    def lines(self):
        """The callipers by the widget positions of their ends: those name the middle of an image pixel."""
        return [(self.pixel(one.start), self.pixel(one.end)) for one in self.marks.callipers]

    @staticmethod
    def pixel(place):
        return place[0] - 0.5, place[1] - 0.5


@pytest.fixture
def desk(qtbot, tmp_path):
    made = Desk(qtbot, tmp_path / "eyes")
    yield made
    close(qtbot, made.session)


def test_a_drag_measures_and_a_known_length_makes_millimetres(desk):
    desk.take(CalliperTool)
    desk.drag((50, 60), (80, 90), (150, 60))
    assert desk.lines == [((50.0, 60.0), (150.0, 60.0))]
    line = desk.marks.callipers[0]
    assert line.name == "Calliper 1" and desk.marks.length_words(line) == "100 px"
    desk.marks.set_spacing(Spacing.of_line(line.start, line.end, 1.5), "image", "calliper", "")
    assert desk.marks.length_words(line) == "1.50 mm · 100 px"
    desk.drag((10, 10), (10, 14))
    assert desk.marks.length_words(desk.marks.callipers[1]) == "60.0 µm · 4 px"
    assert not desk.session.label.history.done, "nothing of the label was changed"


def test_an_end_is_moved_and_escape_leaves_it(desk):
    desk.take(CalliperTool)
    desk.drag((50, 60), (150, 60))
    desk.drag((148, 62), (160, 100), (150, 160))
    assert desk.lines == [((50.0, 60.0), (150.0, 160.0))]
    desk.drag((51, 60), (20, 20), release=False)
    assert desk.marks.held == desk.marks.callipers[0].mark
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(20, 20))
    assert desk.lines == [((50.0, 60.0), (150.0, 160.0))] and desk.marks.held is None
    assert len(desk.marks.callipers) == 1


def test_shift_keeps_to_multiples_of_45_degrees(desk):
    desk.take(CalliperTool)
    desk.drag((50, 60), (150, 66), modifiers=SHIFT)
    ((start, end),) = desk.lines
    assert start == (50.0, 60.0) and end == pytest.approx((150.0, 60.0))
    desk.drag((50, 160), (110, 212), modifiers=SHIFT)
    _, (start, end) = desk.lines
    assert end[0] - start[0] == pytest.approx(end[1] - start[1])


def test_a_click_chooses_and_a_right_click_removes(desk):
    desk.take(CalliperTool)
    desk.drag((50, 60), (150, 60))
    desk.drag((50, 200), (150, 200))
    desk.drag((100, 62))
    assert desk.marks.selected.start == (50.5, 60.5)
    desk.drag((300, 20))
    assert desk.marks.selected is None and len(desk.lines) == 2
    desk.drag((100, 202), button=RIGHT)
    assert desk.lines == [((50.0, 60.0), (150.0, 60.0))]
    desk.drag((300, 250), button=RIGHT)
    assert len(desk.lines) == 1


def test_a_line_ends_at_the_image_and_lost_focus_keeps_it(desk):
    desk.view.zoom_to(0.5)
    left, top = desk.view.viewport.left, desk.view.viewport.top
    desk.take(CalliperTool)
    desk.drag((left + 50, top + 50), (5, 5), release=False)
    desk.view.finish_gesture()
    (line,) = desk.marks.callipers
    assert line.start == pytest.approx((101.0, 101.0)) and line.end == (0.0, 0.0)


def test_one_fovea_an_image_and_many_points(desk):
    desk.take(MarkTool)
    desk.drag((100, 100))
    desk.drag((200, 150))
    assert [(one.name, one.start) for one in desk.marks.points] == [("Fovea", (200.5, 150.5))]
    desk.view.tool.set_value("name", "Point")
    desk.drag((30, 30))
    desk.drag((60, 30))
    assert [one.name for one in desk.marks.points] == ["Fovea", "Point 1", "Point 2"]
    assert desk.marks.point.name == "Point 2", "distances start from the one set last"
    desk.drag((32, 28), (90, 90))
    assert desk.marks.points[1].start == (90.5, 90.5) and desk.marks.point.name == "Point 1"
    desk.drag((200, 150))
    assert desk.marks.point.name == "Fovea"
    desk.drag((60, 30), button=RIGHT)
    assert [one.name for one in desk.marks.points] == ["Fovea", "Point 1"]


def test_a_point_is_put_back_by_escape(desk):
    desk.take(MarkTool)
    desk.drag((100, 100))
    desk.drag((100, 100), (150, 50), release=False)
    QTest.keyClick(desk.view, Qt.Key.Key_Escape)
    QTest.mouseRelease(desk.view, LEFT, NONE, QPoint(150, 50))
    assert desk.marks.points[0].start == (100.5, 100.5)
    assert math.dist(desk.marks.points[0].start, desk.marks.points[0].end) == 0


@pytest.mark.real_images
def test_on_a_fundus_photograph_with_its_true_lesions(qtbot, tmp_path, real_images):
    retina = real_images / "retina"
    folder = tmp_path / "retina"
    folder.mkdir()
    shutil.copy(retina / "images" / "IDRiD_01.jpg", folder)
    session = new_session()
    open_and_wait(qtbot, session, folder)
    marks = session.measuring
    qtbot.waitUntil(lambda: marks._image_id is not None)
    truth = cv2.imread(str(retina / "masks" / "EX" / "IDRiD_01_EX.png"), cv2.IMREAD_GRAYSCALE) > 0
    planes = session.label.planes
    planes.set_class(session.class_id, planes.whole, truth)
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.set_image(session.image_pyramid)
    desk = SimpleNamespace(view=view)
    for tool, points in ((CalliperTool, ((200, 200), (400, 260), (620, 300))), (MarkTool, ((410, 310),))):
        view.set_tool(tool(session))
        Desk.drag(desk, *points)
    line, fovea = marks.marks
    assert line.start == pytest.approx(view.viewport.to_image(200.5, 200.5))
    assert line.end == pytest.approx(view.viewport.to_image(620.5, 300.5))
    marks.set_spacing(Spacing.of_line(line.start, line.end, 10.0), "size", "calliper", "")
    marks.want_table(True)
    qtbot.waitUntil(lambda: marks.measures is not None and bool(marks.measures[session.class_id].nearest_px))
    found = marks.measures[session.class_id]
    assert found.count == ndimage.label(truth, np.ones((3, 3)))[1]
    assert found.area_px == truth.sum()
    rows, columns = np.nonzero(truth)
    away = np.hypot(columns + 0.5 - fovea.x, rows + 0.5 - fovea.y).min()
    assert found.nearest_px == pytest.approx(away, rel=1e-5)
    assert found.nearest_mm(marks.spacing) == pytest.approx(away * marks.spacing.x_mm, rel=1e-5)
    qtbot.waitUntil(lambda: session.pending == 0)
    close(qtbot, session)
