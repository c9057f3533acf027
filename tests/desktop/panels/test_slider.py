from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

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
    return slider, gone


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
