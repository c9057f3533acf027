"""The widget: looking around by mouse, wheel and keys, and what it shows instead of an image."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.canvas.styles import LayerStyle
from desktop.canvas.view import CanvasView
from desktop.tools.pan import PanTool

GREY = QColor(90, 90, 90)


@pytest.fixture
def view(qtbot) -> CanvasView:
    widget = CanvasView()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.set_surround(GREY)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setFocus()
    return widget


def image(h: int, w: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (h, w, 3), dtype=np.uint8)


def screen(view: CanvasView) -> np.ndarray:
    return rgb8_from_qimage(view.grab().toImage())


def wheel(
    view: CanvasView, x: int, y: int, turn: int, modifiers=Qt.KeyboardModifier.NoModifier, **extra
) -> None:
    at = QPointF(x, y)
    pixels = extra.get("pixels", QPoint())
    phase = extra.get("phase", Qt.ScrollPhase.NoScrollPhase)
    event = QWheelEvent(at, at, pixels, QPoint(0, turn), Qt.MouseButton.NoButton, modifiers, phase, False)
    QApplication.sendEvent(view, event)


def test_an_image_is_shown_fitted_and_centred_on_the_surround(view):
    rgb = np.full((100, 400, 3), 7, np.uint8)
    view.set_image(ImagePyramid.build(rgb))
    shown = screen(view)
    assert (shown[100:200] == 7).all()
    assert (shown[:100] == 90).all()
    assert (shown[200:] == 90).all()
    assert view.accessibleDescription() == "400 by 100 pixels"


def test_one_to_one_shows_the_very_pixels(view):
    rgb = image(500, 700)
    view.set_image(ImagePyramid.build(rgb))
    view.one_to_one()
    y0, x0, y1, x1 = view.viewport.visible_box()
    assert (y1 - y0, x1 - x0) == (300, 400)
    assert np.array_equal(screen(view), rgb[y0:y1, x0:x1])


def test_the_wheel_zooms_at_the_pointer(view):
    view.set_image(ImagePyramid.build(image(3000, 4000)))
    before = view.viewport.to_image(100.5, 80.5)
    with_signal = []
    view.view_changed.connect(with_signal.append)
    wheel(view, 100, 80, 480)
    assert view.scale == pytest.approx(0.1 * 1.2**4)
    assert with_signal == [view.scale]
    assert view.viewport.to_image(100.5, 80.5) == pytest.approx(before, abs=1.5 / view.scale)
    wheel(view, 100, 80, 120, Qt.KeyboardModifier.ControlModifier)
    assert view.scale == pytest.approx(0.1 * 1.2**5)


def test_two_fingers_on_a_touch_pad_move_the_image(view):
    view.set_image(ImagePyramid.build(image(3000, 4000)))
    view.one_to_one()
    left, top = view.viewport.left, view.viewport.top
    wheel(view, 100, 80, 40, pixels=QPoint(13, -9), phase=Qt.ScrollPhase.ScrollUpdate)
    assert (view.viewport.left - left, view.viewport.top - top) == (13, -9)
    assert view.scale == 1


def test_a_pinch_zooms(view):
    view.set_image(ImagePyramid.build(image(3000, 4000)))
    at = QPointF(200, 150)
    device = QPointingDevice.primaryPointingDevice()
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, device, 2, at, at, at, 0.5, QPointF(), 1
    )
    QApplication.sendEvent(view, event)
    assert view.scale == pytest.approx(0.15)


def test_a_double_tap_of_two_fingers_goes_to_full_size_there_and_back(view):
    view.set_image(ImagePyramid.build(image(3000, 4000)))
    at, device = QPointF(100, 60), QPointingDevice.primaryPointingDevice()

    def tap() -> None:
        kind = Qt.NativeGestureType.SmartZoomNativeGesture
        event = QNativeGestureEvent(kind, device, 2, at, at, at, 0.0, QPointF(), 1)
        QApplication.sendEvent(view, event)

    before = view.viewport.to_image(100, 60)
    tap()
    assert view.scale == 1
    assert view.viewport.to_image(100, 60) == pytest.approx(before, abs=1)
    tap()
    assert view.viewport.fitted


def test_keys_zoom(view):
    view.set_image(ImagePyramid.build(image(3000, 4000)))
    QTest.keyClick(view, Qt.Key.Key_1)
    assert view.scale == 1
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.scale == 1.25
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.scale == 1
    QTest.keyClick(view, Qt.Key.Key_0)
    assert view.scale == pytest.approx(0.1)
    assert view.viewport.fitted


@pytest.mark.parametrize("how", ["space", "middle", "hand"])
def test_dragging_moves_the_image(view, how):
    view.set_image(ImagePyramid.build(image(1000, 1000)))
    view.one_to_one()
    left, top = view.viewport.left, view.viewport.top
    button = Qt.MouseButton.MiddleButton if how == "middle" else Qt.MouseButton.LeftButton
    if how == "space":
        QTest.keyPress(view, Qt.Key.Key_Space)
    elif how == "hand":
        view.set_tool(PanTool(None))
    QTest.mousePress(view, button, pos=QPoint(200, 150))
    assert view.cursor().shape() is Qt.CursorShape.ClosedHandCursor
    QTest.mouseMove(view, QPoint(170, 160))
    QTest.mouseMove(view, QPoint(120, 190))
    QTest.mouseRelease(view, button, pos=QPoint(120, 190))
    QTest.mouseMove(view, QPoint(300, 20))
    assert (view.viewport.left - left, view.viewport.top - top) == (-80, 40)
    if how == "space":
        QTest.keyRelease(view, Qt.Key.Key_Space)
        assert view.cursor().shape() is Qt.CursorShape.ArrowCursor


def test_moving_paints_what_is_there(view):
    rgb = image(1000, 1000)
    view.set_image(ImagePyramid.build(rgb))
    view.set_overlay(OverlayPyramid(np.zeros((1, 1000, 1000), np.uint8)))
    view.one_to_one()
    screen(view)
    for dx, dy in ((13, -40), (-90, 7), (399, 299), (-1, -1), (800, -800)):
        view.pan_by(dx, dy)
        y0, x0, y1, x1 = view.viewport.visible_box()
        assert np.array_equal(screen(view), rgb[y0:y1, x0:x1])


def test_the_pointer_is_told_in_image_coordinates(view):
    view.set_image(ImagePyramid.build(image(600, 800)))
    seen = []
    view.pointer_moved.connect(lambda x, y: seen.append((x, y)))
    QTest.mouseMove(view, QPoint(100, 50))
    assert seen == [(201.0, 101.0)]


def test_hiding_overlays_shows_the_bare_image(view):
    rgb = image(300, 400)
    view.set_image(ImagePyramid.build(rgb))
    view.set_overlay(OverlayPyramid(np.ones((1, 300, 400), np.uint8)))
    view.set_styles({0: LayerStyle(opacity=1)})
    assert not np.array_equal(screen(view), rgb)
    view.set_overlays_hidden(True)
    assert np.array_equal(screen(view), rgb)
    view.set_overlays_hidden(False)
    assert (screen(view) == (0xE6, 0x9F, 0)).all()


def test_planes_of_another_size_are_refused(view):
    view.set_image(ImagePyramid.build(image(30, 40)))
    with pytest.raises(ValueError, match="do not lie over"):
        view.set_overlay(OverlayPyramid(np.zeros((1, 40, 30), np.uint8)))


def test_another_image_is_fitted_unless_the_view_is_kept(view):
    view.set_image(ImagePyramid.build(image(1000, 1000)))
    view.zoom_to(2.0, (10, 10))
    kept = view.viewport
    view.set_image(ImagePyramid.build(image(1000, 1000, 1)), keep_view=True)
    assert view.viewport == kept
    view.set_broken("a.jpg", "It is empty.")
    view.set_image(ImagePyramid.build(image(1000, 1000, 1)), keep_view=True)
    assert view.viewport == kept, "a broken image between two others does not forget it"
    view.set_image(ImagePyramid.build(image(1000, 1000, 2)))
    assert view.viewport.fitted
    view.zoom_to(2.0)
    view.centre_on(700, 600)
    view.set_image(ImagePyramid.build(image(2000, 2000)), keep_view=True)
    assert view.scale == 1.0, "as much of the image is seen"
    assert view.viewport.to_image(200, 150) == pytest.approx((1400, 1200), abs=1)
    view.fit()
    view.set_image(ImagePyramid.build(image(900, 1000)), keep_view=True)
    assert view.viewport.fitted, "the whole image stays the whole image"


def test_the_image_that_is_shown_already_keeps_its_place_and_its_layers(view):
    pyramid = ImagePyramid.build(image(1000, 1000))
    view.set_image(pyramid)
    view.set_overlay(OverlayPyramid(np.ones((1, 1000, 1000), np.uint8)))
    view.set_styles({0: LayerStyle(opacity=1)})
    view.zoom_to(2.0, (10, 10))
    kept, before = view.viewport, screen(view)
    view.set_reading("the same")
    view.set_image(pyramid)
    assert not view.reading
    assert view.viewport == kept
    assert np.array_equal(screen(view), before)


def test_resizing_keeps_a_fitted_image_fitted(view):
    view.set_image(ImagePyramid.build(image(1000, 1000)))
    view.resize(800, 600)
    assert view.scale == pytest.approx(0.6)


@pytest.mark.parametrize("dark", [True, False])
def test_placards_say_what_is_the_matter(view, dark):
    view.set_surround(QColor(30, 30, 30) if dark else QColor(240, 240, 240))
    pictures = []
    for show in (
        lambda: view.set_empty("Nothing open", "Open a folder of images."),
        lambda: view.set_broken("scan_17.jpg", "The file ends before its last line."),
    ):
        show()
        pictures.append(screen(view).astype(int))
    background = 30 if dark else 240
    for picture in pictures:
        words = np.abs(picture - background).max(axis=2) > 60
        assert words.sum() > 300
        ys, xs = np.nonzero(words)
        assert abs((xs.min() + xs.max()) / 2 - 200) < 6, "centred"
        assert 60 < ys.min() < ys.max() < 240
    assert not np.array_equal(*pictures)
    assert view.accessibleDescription() == "scan_17.jpg. The file ends before its last line."


def test_a_long_sentence_is_wrapped_inside_a_narrow_canvas(view):
    view.resize(200, 300)
    view.set_broken(
        "x.jpg", "A very long reason that could not possibly stand on a single line of this canvas. " * 2
    )
    words = np.abs(screen(view).astype(int) - 90).max(axis=2) > 40
    assert not words[:, :8].any()
    assert not words[:, -8:].any()


def test_reading_keeps_the_old_image_for_a_moment(view, qtbot):
    rgb = image(300, 400)
    view.set_image(ImagePyramid.build(rgb))
    view.set_reading("next.jpg")
    assert view.reading
    assert np.array_equal(screen(view), rgb)
    qtbot.waitUntil(lambda: view.image is None, timeout=2000)
    assert view.reading
    assert view.accessibleDescription() == "Reading next.jpg…"
    view.set_reading("after.jpg")
    assert view.accessibleDescription() == "Reading after.jpg…"
    assert view.reading
    view.set_image(ImagePyramid.build(rgb))
    assert not view.reading
    assert np.array_equal(screen(view), rgb)


def test_what_is_read_quickly_never_says_so(view, qtbot):
    view.set_image(ImagePyramid.build(image(300, 400)))
    view.set_reading("next.jpg")
    view.set_image(ImagePyramid.build(image(300, 400, 1)))
    qtbot.wait(220)
    assert view.image is not None
    assert not view.reading


def test_a_broken_image_can_follow_a_zoomed_one(view):
    view.set_image(ImagePyramid.build(image(1000, 1000)))
    view.zoom_to(4)
    view.set_broken("a.jpg", "It is empty.")
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_1, Qt.Key.Key_0):
        QTest.keyClick(view, key)
    wheel(view, 5, 5, 120)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(9, 9))
    assert view.viewport is None
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
