from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyle, QStyleOptionSlider, QVBoxLayout, QWidget

from desktop.panels.slider import Slider


@pytest.fixture
def desk(qtbot):
    """(slider, keys that went to the next image) in a window that has the arrow keys as shortcuts."""
    window, slider, gone = QWidget(), Slider(), []
    QVBoxLayout(window).addWidget(slider)
    slider.setRange(0, 100)
    slider.setPageStep(10)
    slider.setValue(50)
    for keys in ("Right", "Left", "PgDown", "PgUp", "Ctrl+Right", "N"):
        QShortcut(QKeySequence(keys), window, activated=lambda keys=keys: gone.append(keys))
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    slider.setFocus()
    yield slider, gone


def test_arrows_and_page_keys_move_the_slider_and_not_the_images(desk):
    slider, gone = desk
    seen = []
    for key in (
        Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
        Qt.Key.Key_End, Qt.Key.Key_Home,
    ):  # fmt: skip
        QTest.keyClick(slider, key)
        seen.append(slider.value())
    assert seen == [51, 50, 49, 59, 49, 100, 0] and gone == []


def test_every_other_key_stays_a_shortcut_of_the_window(desk):
    slider, gone = desk
    QTest.keyClick(slider, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(slider, Qt.Key.Key_N)
    assert gone == ["Ctrl+Right", "N"] and slider.value() == 50


def test_the_mouse_leaves_the_keyboard_where_it_is(desk):
    slider, _gone = desk
    slider.clearFocus()
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton)
    assert not slider.hasFocus()


def test_what_is_let_go_follows_no_mouse_any_more(desk):
    slider, _gone = desk
    released = []
    slider.sliderReleased.connect(lambda: released.append(slider.value()))
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    control, handle = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
    middle = slider.style().subControlRect(control, option, handle, slider).center()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(slider, middle + QPoint(30, 0))
    moved = slider.value()
    assert moved > 50 and slider.isSliderDown()
    slider.let_go()
    assert released == [moved] and not slider.isSliderDown()
    QTest.mouseMove(slider, middle + QPoint(60, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 0))
    assert slider.value() == moved and released == [moved]
