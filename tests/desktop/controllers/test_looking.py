"""The View section at the real window: keys, what they show, what is kept for the next start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.canvas.adjust import ViewSettings
from desktop.canvas.adjust import Window as Range
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.controllers.looking import window_from, window_text
from desktop.settings import Settings
from desktop.theme import look
from desktop.window import Window
from inference.prediction import Geometry, Prediction, quantise
from tests.desktop.fakes import Model
from tests.desktop.state.test_looking import Behind

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
GREY = np.full((100, 150, 3), 90, np.uint8)


def opened(qtbot, qapp, session: Behind, settings: Settings) -> Window:
    look().apply(qapp, "dark")
    made = Window(settings, session)
    made.resize(1100, 700)
    made.show()
    made.activateWindow()
    session.fill(["one.png", "two.png"])
    session.go_to(0)
    session.show(GREY)
    made.show_page("review")
    qtbot.waitUntil(lambda: made.isActiveWindow() and made.commands["view.fit"].isEnabled())
    made.canvas.setFocus()
    return made


@pytest.fixture
def session(qapp) -> Behind:
    return Behind()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(tmp_path / "settings")


@pytest.fixture
def window(qtbot, qapp, session, settings) -> Iterator[Window]:
    made = opened(qtbot, qapp, session, settings)
    yield made
    made.close()
    made.deleteLater()


def key(window: Window, key_: Qt.Key, held=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.canvas, key_, held)


def predict(session: Behind) -> None:
    """The model says class 0 (MA) in the left half of the image."""
    logits = np.full((4, 10, 10), -8.0, np.float32)
    logits[0, :, :5] = 8.0
    names = tuple(one.name for one in session.schema.active_classes)
    geometry = Geometry((100, 150), (10, 10), (0, 0, 10, 10))
    session.values["model"] = Model()
    session.values["prediction"] = Prediction("d" * 64, names, quantise(logits), geometry, {}, {})
    session.prediction_changed.emit()


def seen(window: Window, x: float, y: float) -> list[int]:
    """The colour on screen at a point of the image."""
    shown = rgb8_from_qimage(window.canvas.grab().toImage())
    across, down = window.canvas.viewport.to_view(x, y)
    return shown[int(down), int(across)].tolist()


def do_all(session: Behind) -> None:
    while session.waiting:
        session.work()


def test_keys_change_the_light(window, session):
    key(window, Qt.Key.Key_I, CTRL)
    assert session.looking.settings.channel == "green"
    assert window.canvas.view_settings.channel == "green"
    assert window.commands["view.red_free"].isChecked()
    key(window, Qt.Key.Key_C, ALT)
    assert session.looking.settings.clahe
    key(window, Qt.Key.Key_0, CTRL)
    assert session.looking.settings.neutral
    assert not window.commands["view.red_free"].isChecked()
    assert not window.commands["view.reset_light"].isEnabled()
    session.looking.set(brightness=0.5)
    assert window.commands["view.reset_light"].isEnabled(), "whoever changed it"
    assert min(seen(window, 75, 50)) > 200
    key(window, Qt.Key.Key_M, CTRL)
    assert not window.canvas.overview.enabled


def test_zoom_and_place_are_kept_when_a_person_wants_it(window, session):
    window.canvas.zoom_to(8.0)
    session.go_to(1)
    session.show(np.full((100, 150, 3), 60, np.uint8))
    assert window.canvas.viewport.fitted
    key(window, Qt.Key.Key_K, CTRL)
    window.canvas.zoom_to(8.0)
    window.canvas.centre_on(100, 70)
    kept = window.canvas.viewport
    session.go_to(0)
    session.show(np.full((100, 150, 3), 70, np.uint8))
    assert window.canvas.viewport == kept
    session.show(np.full((200, 300, 3), 70, np.uint8))
    assert window.canvas.scale == 4.0, "an image of another size: the same place of it"


def test_the_light_is_kept_for_the_next_start(qtbot, qapp, window, settings):
    chosen = ViewSettings(0.25, -0.1, 2.0, "green", clahe=True, window=Range(100.5, 4000, "uint16"))
    window.session.looking.use(chosen)
    window.session.looking.keep(place=True, overview=False)
    settings.save()
    again = Behind()
    other = opened(qtbot, qapp, again, Settings(settings.path.parent))
    assert again.looking.settings == chosen
    assert (again.looking.keep_place, again.looking.overview) == (True, False)
    assert other.canvas.view_settings == chosen
    other.close()
    other.deleteLater()
    again.looking.reset()
    again.looking.set(brightness=0.5)
    again.looking.keep(settings=False)
    Settings.save(other.settings)
    third = Behind()
    last = opened(qtbot, qapp, third, Settings(settings.path.parent))
    assert third.looking.settings.neutral, "what is not kept is not kept either"
    last.close()
    last.deleteLater()


@pytest.mark.parametrize("text", ["", "uint16", "uint16 a b", "uint16 5 5", "uint8 1 2 3", "float32 nan 3"])
def test_a_window_that_cannot_be_read_is_none(text):
    assert window_from(text) is None
    assert window_from(window_text(Range(0.1, 1 / 3, "float32"))) == Range(0.1, 1 / 3, "float32")


def test_the_prediction_is_shown_while_o_is_held(window, session):
    predict(session)
    bare = seen(window, 30, 50)
    QTest.keyPress(window.canvas, Qt.Key.Key_O)
    assert seen(window, 30, 50) == bare, "the label until it is composed"
    do_all(session)
    shown = seen(window, 30, 50)
    assert shown != bare
    assert seen(window, 120, 50) == bare
    assert window.canvas._banner.title == "Prediction"
    assert window.canvas._banner.detail == "fundus-demo"
    QTest.keyRelease(window.canvas, Qt.Key.Key_O)
    assert seen(window, 30, 50) == bare
    assert window.canvas._banner is None
    QTest.keyPress(window.canvas, Qt.Key.Key_O)
    assert seen(window, 30, 50) == shown, "at once: it is at hand"
    assert not session.waiting
    session.go_to(1)
    assert window.canvas._banner is None, "another image ends it"
    QTest.keyRelease(window.canvas, Qt.Key.Key_O)


def test_the_difference_is_shown_while_shift_o_is_held(window, session):
    predict(session)
    session.label.planes.mask[0, :, 60:90] = 1  # 60..75 in both, 75..90 in the label only
    QTest.keyPress(window.canvas, Qt.Key.Key_O, SHIFT)
    do_all(session)
    said = window.canvas._banner
    assert said.title == "Difference"
    assert [one.text for one in said.keys] == ["only in the label", "only in the prediction", "in both"]
    only_prediction, both, only_label, none = (seen(window, x, 50) for x in (20, 68, 82, 130))
    assert only_prediction[2] > only_prediction[0] + 30, "sky blue"
    assert only_label[0] > only_label[2] + 30, "yellow"
    assert max(both) - min(both) <= 2, "white"
    assert both[0] > none[0]
    assert none == [90, 90, 90]
    QTest.keyRelease(window.canvas, Qt.Key.Key_O, SHIFT)
    assert window.canvas._banner is None


def test_a_difference_that_is_none_is_said(window, session):
    predict(session)
    session.label.planes.mask[0, :, :75] = 1
    QTest.keyPress(window.canvas, Qt.Key.Key_O, SHIFT)
    do_all(session)
    assert window.canvas._banner.title == "No difference"
    QTest.keyRelease(window.canvas, Qt.Key.Key_O, SHIFT)
    for one in list(session.styles):
        session.set_layer_style(one, visible=False)
    QTest.keyPress(window.canvas, Qt.Key.Key_O, SHIFT)
    do_all(session)
    assert "no visible class" in window.canvas._banner.detail
    QTest.keyRelease(window.canvas, Qt.Key.Key_O, SHIFT)


def test_without_a_prediction_the_banner_says_so(window, session):
    QTest.keyPress(window.canvas, Qt.Key.Key_O)
    assert window.canvas._banner.words == "No prediction. no model is in use"
    session.values["model"] = Model()
    QTest.keyRelease(window.canvas, Qt.Key.Key_O)
    QTest.keyPress(window.canvas, Qt.Key.Key_O)
    assert "has not read this image yet" in window.canvas._banner.words
    predict(session)
    do_all(session)
    assert window.canvas._banner.title == "Prediction", "it arrived while the key was held"
    QTest.keyRelease(window.canvas, Qt.Key.Key_O)


def test_another_threshold_composes_anew(window, session):
    from desktop.project.provenance import Cut

    predict(session)
    QTest.keyPress(window.canvas, Qt.Key.Key_O)
    do_all(session)
    inside = seen(window, 30, 50)
    QTest.keyRelease(window.canvas, Qt.Key.Key_O)
    session.thresholds.given["MA"] = Cut(0.5, min_area=100_000)
    QTest.keyPress(window.canvas, Qt.Key.Key_O)
    do_all(session)
    assert seen(window, 30, 50) != inside
    QTest.keyRelease(window.canvas, Qt.Key.Key_O)
