"""The pin tool: a click begins a note at the pixel under the pointer, and changes nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.tools.pin import PinTool
from tests.desktop.tools.desk import Context


class Notes:
    def __init__(self) -> None:
        self.begun: list[tuple[int, int]] = []

    def begin(self, at: tuple[int, int]) -> None:
        self.begun.append(at)


@pytest.fixture
def desk(qtbot) -> Context:
    made = Context()
    made.notes = Notes()
    qtbot.addWidget(made.view)
    made.show(150, 200)
    made.view.set_tool(PinTool(made))
    made.view.show()
    return made


def test_a_click_begins_a_note_at_the_pixel(desk) -> None:
    QTest.mouseClick(desk.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(120, 90))
    x, y = desk.image_point(120, 90)
    assert desk.notes.begun == [(int(y), int(x))]
    assert desk.edits == [] and not np.any(desk.mask())


def test_beside_the_image_and_with_other_buttons_nothing_is_begun(desk) -> None:
    desk.view.resize(600, 300)
    desk.view.fit()
    QTest.mouseClick(desk.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(5, 150))
    QTest.mouseClick(desk.view, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 150))
    assert desk.notes.begun == []
