"""The View tab by mouse and keys: every control changes the view settings and follows them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtTest import QTest

from desktop.canvas.adjust import Window
from desktop.canvas.native import NativePyramid
from desktop.canvas.pyramid import ImagePyramid
from desktop.panels.view_options import ViewOptions
from desktop.theme import look
from tests.desktop.state.test_looking import Behind

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session(qapp) -> Behind:
    look().apply(qapp, "dark")
    session = Behind()
    session.fill(["a.png", "b.png"])
    session.go_to(0)
    return session


@pytest.fixture
def panel(qtbot, session) -> ViewOptions:
    made = ViewOptions(session)
    qtbot.addWidget(made)
    made.resize(280, 560)
    made.show()
    qtbot.waitExposed(made)
    return made


def show(session: Behind, pyramid: ImagePyramid) -> None:
    session.values["image_pyramid"] = pyramid
    session.display_changed.emit()
    while session.waiting:
        session.work()


def deep() -> ImagePyramid:
    native = np.linspace(1000, 3000, 200 * 300).astype(np.uint16).reshape(200, 300)
    return ImagePyramid.build(np.zeros((200, 300, 3), np.uint8), NativePyramid.build(native))


def shallow() -> ImagePyramid:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (100, 1))
    return ImagePyramid.build(np.stack([ramp, ramp // 2, ramp // 4], axis=2))


@pytest.mark.parametrize("name", ["brightness", "contrast", "gamma"])
def test_sliders_change_the_view_and_a_double_click_resets_one(session, panel, name):
    slider = getattr(panel, name).slider
    slider.setFocus()
    for _ in range(20):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    value = getattr(session.looking.settings, name)
    assert value == pytest.approx(5**0.2 if name == "gamma" else 0.2)
    session.looking.set(channel="red")
    assert panel.reset.isEnabled()
    QTest.mouseDClick(slider, LEFT, NONE, QPoint(slider.width() - 10, slider.height() // 2))
    assert getattr(session.looking.settings, name) == (1.0 if name == "gamma" else 0.0)
    assert session.looking.settings.channel == "red", "only this one"
    assert slider.value() == 0


def test_a_slider_can_be_dragged(session, panel):
    slider = panel.brightness.slider
    middle = slider.rect().center()
    QTest.mousePress(slider, LEFT, NONE, middle)
    QTest.mouseMove(slider, middle + QPoint(30, 0))
    QTest.mouseRelease(slider, LEFT, NONE, middle + QPoint(30, 0))
    assert 0.2 < session.looking.settings.brightness < 0.9
    assert panel.brightness.number.text().startswith("+")


def test_channels_exclude_one_another_and_follow_from_elsewhere(session, panel):
    QTest.mouseClick(panel.channels["green"], LEFT)
    assert session.looking.settings.channel == "green"
    session.looking.set(channel="grey")
    assert [name for name, one in panel.channels.items() if one.isChecked()] == ["grey"]
    assert panel.histogram._channel == "grey"


def test_boxes_say_what_is_kept(session, panel):
    for box, said in (
        (panel.clahe, lambda: session.looking.settings.clahe),
        (panel.keep_settings, lambda: session.looking.keep_settings),
        (panel.keep_place, lambda: session.looking.keep_place),
        (panel.overview, lambda: session.looking.overview),
    ):
        before = said()
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)
        assert said() is not before
        assert box.isChecked() is said()
    session.looking.keep(place=False)
    assert not panel.keep_place.isChecked()


def test_reset_puts_everything_back(session, panel):
    assert not panel.reset.isEnabled()
    session.looking.set(brightness=0.4, channel="blue", clahe=True)
    assert panel.brightness.slider.value() == 40
    QTest.mouseClick(panel.reset, LEFT)
    assert session.looking.settings.neutral
    assert panel.brightness.slider.value() == 0
    assert panel.channels["colour"].isChecked()


def test_the_histogram_is_counted_behind_and_only_when_seen(session, panel):
    assert not panel.auto.isEnabled()
    panel.hide()
    show(session, shallow())
    assert panel.histogram.histogram is None
    panel.show()
    assert len(session.waiting) == 1
    session.work()
    assert panel.histogram.histogram.counts.shape == (3, 256)
    session.display_changed.emit()
    assert not session.waiting, "once an image"
    assert panel.values.whole() == "0 – 255"


def test_the_edges_of_the_window_are_dragged(session, panel):
    show(session, shallow())
    view = panel.histogram
    y = view.height() // 2
    QTest.mousePress(view, LEFT, NONE, QPoint(round(view.x_of(255)), y))
    QTest.mouseMove(view, QPoint(round(view.x_of(200)), y))
    QTest.mouseRelease(view, LEFT, NONE, QPoint(round(view.x_of(200)), y))
    QTest.mousePress(view, LEFT, NONE, QPoint(round(view.x_of(0)), y))
    QTest.mouseMove(view, QPoint(round(view.x_of(50)), y))
    QTest.mouseRelease(view, LEFT, NONE, QPoint(round(view.x_of(50)), y))
    window = session.looking.settings.window
    assert window.kind == "uint8"
    assert (window.low, window.high) == pytest.approx((50, 200), abs=1.5)
    assert panel.values.whole() == f"{window.low:.0f} – {window.high:.0f}"
    QTest.mousePress(view, LEFT, NONE, QPoint(round(view.x_of(125)), y))
    QTest.mouseMove(view, QPoint(round(view.x_of(145)), y))
    QTest.mouseRelease(view, LEFT, NONE, QPoint(round(view.x_of(145)), y))
    moved = session.looking.settings.window
    assert moved.width == window.width, "the window as a whole"
    assert moved.level == pytest.approx(window.level + 20, abs=2)
    QTest.mouseDClick(view, LEFT, NONE, QPoint(view.width() // 2, y))
    assert session.looking.settings.window is None


def test_edges_never_cross(session, panel):
    show(session, shallow())
    view = panel.histogram
    QTest.mousePress(view, LEFT, NONE, QPoint(round(view.x_of(0)), 20))
    QTest.mouseMove(view, QPoint(view.width() + 50, 20))
    QTest.mouseRelease(view, LEFT, NONE, QPoint(view.width() + 50, 20))
    window = session.looking.settings.window
    assert window.low < window.high


def test_arrow_keys_move_and_widen_the_window(session, panel):
    show(session, deep())
    session.looking.set(window=Window(1500, 2000, "uint16"))
    view = panel.histogram
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert session.looking.settings.window == Window(1520, 2020, "uint16")
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert session.looking.settings.window == Window(1500, 2040, "uint16")
    QTest.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert session.looking.settings.window == Window(1520, 2020, "uint16")
    for _ in range(200):
        QTest.keyClick(view, Qt.Key.Key_Left)
    assert session.looking.settings.window == Window(1000, 1500, "uint16"), "not beyond what there is"


def test_auto_finds_the_range_of_a_sixteen_bit_image_and_full_goes_back(session, panel):
    show(session, deep())
    assert panel.values.whole() == "0 – 4 095"
    assert not panel.full.isEnabled()
    QTest.mouseClick(panel.auto, LEFT)
    window = session.looking.settings.window
    assert window.kind == "uint16"
    assert window.low == pytest.approx(1010, abs=12)
    assert window.high == pytest.approx(2990, abs=12)
    QTest.mouseClick(panel.full, LEFT)
    assert session.looking.settings.window is None


def test_a_window_for_other_images_is_not_shown_on_this_one(session, panel):
    session.looking.set(window=Window(1500, 2000, "uint16"))
    show(session, shallow())
    assert panel.values.whole() == "0 – 255"
    assert not panel.full.isEnabled()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_fits_the_narrowest_column_in_both_themes(qapp, session, panel, theme):
    look().apply(qapp, theme)
    show(session, deep())
    panel.resize(184, 560)
    qapp.processEvents()
    for one in (*panel.channels.values(), panel.auto, panel.full, panel.reset):
        bold = QFont(one.font())
        bold.setBold(True)
        assert one.width() >= QFontMetrics(bold).horizontalAdvance(one.text()) + 4
        right = one.mapTo(panel, QPoint(one.width(), 0)).x()
        assert right <= panel.width(), f"{one.text()} is cut"
    look().apply(qapp, "dark")
