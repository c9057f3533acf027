"""Fill and outline of a class: set through the session, seen on the canvas, no plane touched."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.canvas.view import CanvasView
from desktop.session import Session
from inference.schema import DEFAULT_COLORS
from tests.desktop.session_tools import SCHEMA, close, new_session

OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")


@pytest.fixture
def session(qtbot) -> Iterator[Session]:
    made = new_session()
    made.choices.adopt(SCHEMA, forget=True)
    yield made
    close(qtbot, made)


def test_the_palette_is_the_one_that_everybody_can_tell_apart():
    assert tuple(DEFAULT_COLORS[:7]) == OKABE_ITO


def test_fill_and_outline_are_chosen_apart(qtbot, session):
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(200, 200)
    planes = np.zeros((1, 200, 200), np.uint8)
    planes[0, 50:150, 50:150] = 1
    before = planes.tobytes()
    view.set_image(ImagePyramid.build(np.zeros((200, 200, 3), np.uint8)))
    view.set_overlay(OverlayPyramid(planes))

    def seen() -> tuple[bool, bool]:
        view.set_styles(session.styles)
        shown = rgb8_from_qimage(view.grab().toImage())
        return bool(shown[100, 100].any()), bool((shown[50, 100] == (0xE6, 0x9F, 0)).all())

    assert seen() == (True, True)
    session.set_layer_style(0, fill=False)
    assert seen() == (False, True)
    session.set_layer_style(0, fill=True, outline=False)
    assert seen() == (True, False)
    session.set_layer_style(0, visible=False)
    assert seen() == (False, False)
    session.set_layer_style(0, visible=True, outline=True, opacity=1.0)
    assert seen() == (True, True)
    assert planes.tobytes() == before
