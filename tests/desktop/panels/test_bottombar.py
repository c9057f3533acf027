"""The bottom bar says what is under the pointer: the place, the file's own value, the probability."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from desktop.actions.record import Action
from desktop.canvas.native import NativePyramid
from desktop.canvas.pyramid import ImagePyramid
from desktop.panels.bottombar import BottomBar, value_text
from desktop.qactions import Actions
from tests.desktop.fakes import FakeSession


@pytest.fixture
def bar(qtbot) -> BottomBar:
    host = QWidget()
    qtbot.addWidget(host)
    names = ("finish", "reject", "second_look")
    actions = Actions(host, [Action(f"review.{name}", name, lambda: None, icon="check") for name in names])
    session = FakeSession()
    session.fill(["a.png"])
    session.go_to(0)
    made = BottomBar(session, actions)
    qtbot.addWidget(made)
    made.session = session
    return made


def test_place_and_colour(bar):
    rgb = np.zeros((50, 80, 3), np.uint8)
    rgb[20, 30] = (200, 120, 31)
    rgb[21, 30] = 77
    bar.session.show(rgb)
    bar.show_point(30.9, 20.2)
    assert (bar.place.text(), bar.value.text()) == ("x 30  y 20", "RGB 200 120 31")
    bar.show_point(30.1, 21.0)
    assert bar.value.text() == "value 77", "grey is one number"
    for outside in ((-1, -1), (80.0, 5), (5, 50.0), (-0.4, 3)):
        bar.show_point(*outside)
        assert (bar.place.text(), bar.value.text()) == ("", "")


def test_native_values_are_the_files_own():
    grey = np.full((4, 4), 40_321, np.uint16)
    image = ImagePyramid.build(np.zeros((4, 4, 3), np.uint8), NativePyramid.build(grey))
    assert value_text(image, 1, 1) == "value 40321"
    color = np.zeros((4, 4, 3), np.float32)
    color[2, 3] = (0.12345, -7.5, 1e-7)
    image = ImagePyramid.build(np.zeros((4, 4, 3), np.uint8), NativePyramid.build(color))
    assert value_text(image, 3, 2) == "RGB 0.1235 -7.5 1e-07"


def test_the_probability_of_the_class_selected(qtbot, bar):
    bar.session.show(np.zeros((100, 100, 3), np.uint8))
    bar.session.predict()
    bar.show_point(10, 10)
    qtbot.waitUntil(lambda: bar.says.text().startswith("MA .5"), timeout=1000)
    bar.show_point(-1, -1)
    qtbot.waitUntil(lambda: bar.says.text() == "", timeout=1000)


def test_figures_do_not_dance(bar):
    bar.session.show(np.zeros((2000, 2000, 3), np.uint8))
    bar.show_point(1999, 1999)
    width = bar.place.minimumWidth()
    bar.show_point(1, 1)
    assert bar.place.minimumWidth() == width
    bar.session.go_to(0)
    assert bar.place.minimumWidth() == 0, "another image starts anew"
