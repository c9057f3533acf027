"""The window over a session set by hand: layout, pages, keys, notices, closing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QSlider,
    QWidget,
)

from desktop.panels.widgets import Elided
from desktop.settings import Settings
from desktop.theme import look
from desktop.window import Window
from tests.desktop.fakes import FakeSession, Model

IMAGE = np.full((600, 900, 3), 200, np.uint8)


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def window(qtbot, qapp, tmp_path, session) -> Iterator[Window]:
    look().apply(qapp, "dark")
    made = Window(Settings(tmp_path / "settings"), session)
    made.resize(1100, 700)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()
    QTest.qWait(1)
    made.deleteLater()


@pytest.fixture
def reviewing(qtbot, window, session) -> Window:
    session.fill(["one.png", "two_with_quite_a_long_name_of_a_patient.png", "three.png"])
    session.go_to(0)
    session.show(IMAGE)
    window.show_page("review")
    qtbot.waitUntil(lambda: window.commands["review.finish"].isEnabled())
    return window


def press(window: Window, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or window, key, modifier)


def test_the_start_page_comes_first_and_nothing_can_be_reviewed(window) -> None:
    assert window.pages.currentWidget() is window.start
    assert window.bottom.isHidden()
    assert not window.commands["review.finish"].isEnabled()
    assert not window.commands["page.training"].isEnabled()


def test_the_layout_is_the_one_of_the_design(reviewing) -> None:
    def left(widget: QWidget) -> int:
        return widget.mapTo(reviewing, QPoint(0, 0)).x()

    def top(widget: QWidget) -> int:
        return widget.mapTo(reviewing, QPoint(0, 0)).y()

    parts = (reviewing.gallery, reviewing.review.strip, reviewing.canvas, reviewing.review.side)
    assert [left(part) for part in parts] == sorted(left(part) for part in parts)
    assert top(reviewing.top) < top(reviewing.canvas) < top(reviewing.bottom)
    assert top(reviewing.values) < top(reviewing.layers) < top(reviewing.review.tabs)
    assert reviewing.canvas.width() > reviewing.width() * 0.4
    tabs = [tab.text() for tab in reviewing.top.tabs]
    assert tabs == ["Review", "Models", "Training"]


def test_keys_reach_the_session(reviewing, session) -> None:
    for key, call in (
        (Qt.Key.Key_Return, "finish_and_next"),
        (Qt.Key.Key_D, "next"),
        (Qt.Key.Key_Left, "previous"),
        (Qt.Key.Key_S, "second_look"),
        (Qt.Key.Key_N, "next_unfinished"),
        (Qt.Key.Key_Backspace, "take_back"),
    ):
        session.calls.clear()
        press(reviewing, key)
        assert (call,) in session.calls, call


def test_shift_enter_accepts_what_the_model_says_and_nobody_set(reviewing, session) -> None:
    session.predict()
    session.set_finding("DME", "absent")
    session.calls.clear()
    press(reviewing, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert session.calls == [("finish_and_next", ["grade:severity", "finding:ungradable"])]


def test_digits_grade_and_control_digits_select(reviewing, session) -> None:
    press(reviewing, Qt.Key.Key_3)
    assert session.label.grades == {"severity": "3"}
    press(reviewing, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert session.class_id == 1
    press(reviewing, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.label.grades.get("severity") is None
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    press(reviewing, Qt.Key.Key_Z, both)
    assert session.label.grades == {"severity": "3"}


def test_tools_change_by_key_with_their_hint_and_are_remembered(reviewing) -> None:
    press(reviewing, Qt.Key.Key_E)
    assert reviewing.canvas.tool is reviewing.desk.tools["eraser"]
    assert reviewing.bottom.hint.whole() == reviewing.desk.tools["eraser"].hint
    assert reviewing.commands["tool.eraser"].isChecked()
    assert not reviewing.commands["tool.brush"].isChecked()
    assert reviewing.settings["tool.name"] == "eraser"


def test_brackets_size_the_brush(reviewing, session) -> None:
    press(reviewing, Qt.Key.Key_BracketRight)
    assert session.brush_radius == pytest.approx(25.0)
    press(reviewing, Qt.Key.Key_BracketLeft)
    assert session.brush_radius == pytest.approx(20.0)


def test_layers_hide_while_the_key_is_held(reviewing, session) -> None:
    hidden: list[bool] = []
    reviewing.canvas.set_overlays_hidden = hidden.append
    QTest.keyPress(reviewing.canvas, Qt.Key.Key_V)
    QTest.keyRelease(reviewing.canvas, Qt.Key.Key_V)
    assert hidden == [True, False]
    press(reviewing, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    assert not session.styles[0].visible


def test_zoom_is_shown(qtbot, reviewing) -> None:
    reviewing.commands["view.actual"].trigger()
    assert reviewing.bottom.zoom.text() == "100 %"
    reviewing.commands["view.fit"].trigger()
    assert reviewing.bottom.zoom.text() != "100 %"


def test_the_pointer_reads_place_and_probability(qtbot, reviewing, session) -> None:
    session.predict()
    reviewing.canvas.pointer_moved.emit(12.7, 34.2)
    assert reviewing.bottom.place.text() == "x 12  y 34"
    qtbot.waitUntil(lambda: reviewing.bottom.says.text().startswith("MA .5"))
    reviewing.canvas.pointer_left.emit()
    assert reviewing.bottom.place.text() == ""
    qtbot.waitUntil(lambda: reviewing.bottom.says.text() == "")


def test_rejecting_asks_for_a_reason_without_a_dialog(reviewing, session) -> None:
    press(reviewing, Qt.Key.Key_R)
    assert reviewing.review.reject.isVisible()
    assert QApplication.activeModalWidget() is None
    QTest.keyClicks(QApplication.focusWidget(), "blurred")
    press(reviewing, Qt.Key.Key_Return)
    assert ("reject", "blurred") in session.calls
    assert ("finish_and_next",) not in session.calls
    press(reviewing, Qt.Key.Key_R)
    press(reviewing, Qt.Key.Key_Escape)
    assert reviewing.review.reject.isHidden()


def test_the_cheat_sheet_opens_and_closes_by_key(reviewing) -> None:
    reviewing.commands["help.keys"].trigger()
    assert reviewing.keys.isVisible()
    shown = {label.text() for label in reviewing.keys.findChildren(QLabel)}
    assert {"Finish and next", "Enter", "Ctrl+Z", "Space"} <= shown
    assert reviewing.pages.rect().contains(reviewing.keys.geometry())
    press(reviewing, Qt.Key.Key_Escape)
    assert reviewing.keys.isHidden()


def test_problems_are_one_sentence_in_the_bar(reviewing, session) -> None:
    session.problem.emit("The disk is full.", "errno 28")
    assert reviewing.notices.current.text == "The disk is full."
    assert reviewing.notices.isVisible()
    press(reviewing, Qt.Key.Key_Escape)
    assert reviewing.notices.isHidden()


def test_a_locked_project_can_be_tried_again(qtbot, window, session) -> None:
    session.values["folder"] = Path("/photographs/eyes")
    session.problem.emit("ana has this project open on desk-3 since 9:40.", "")
    answers = dict(window.notices.current.answers)
    session.calls.clear()
    answers["Try again"]()
    assert ("open_folder", Path("/photographs/eyes")) in session.calls
    session.values["project"] = object()
    session.problem.emit("ana has this project open on desk-3 since 9:40.", "")
    session.project_changed.emit()
    assert window.notices.current is None or not window.notices.current.answers


def test_what_cannot_be_read_is_said_on_the_canvas(reviewing, session) -> None:
    session.values |= {"image_pyramid": None, "overlay": None, "image_problem": "one.png is empty."}
    session.display_changed.emit()
    assert reviewing.canvas.image is None
    assert "one.png is empty." in (
        reviewing.canvas.accessibleDescription() + reviewing.canvas.accessibleName()
    )


def test_dropping_a_folder_opens_it(window, session, tmp_path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, left, none)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, none))
    assert ("open_folder", tmp_path) in session.calls
    assert window.settings.recent[0] == tmp_path
    assert window.pages.currentWidget() is window.review


def test_the_model_and_its_state_are_in_the_top_bar(reviewing, session) -> None:
    assert reviewing.top.model.whole() == "no model"
    session.values |= {"model": Model(), "prediction_state": "predicting"}
    session.model_changed.emit()
    assert reviewing.top.model.whole() == "model: fundus-demo"
    assert "is predicting" in reviewing.top.state.toolTip()
    session.values["prediction_state"] = "failed"
    session.model_changed.emit()
    assert reviewing.top.state.property("iconName") == "state-failed"
    assert reviewing.top.queue.text() == "queue 1/3"


def test_saved_state_counts_what_waits(reviewing, session) -> None:
    session.saved_changed.emit(3)
    assert reviewing.bottom.saved.text() == "saving 3"
    session.saved_changed.emit(0)
    assert reviewing.bottom.saved.text() == "saved"


def test_pages_by_key_and_review_keys_sleep_elsewhere(reviewing, session) -> None:
    press(reviewing, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert reviewing.pages.currentWidget() is reviewing.training
    session.calls.clear()
    press(reviewing, Qt.Key.Key_D)
    assert ("next",) not in session.calls
    press(reviewing, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert reviewing.pages.currentWidget() is reviewing.review
    assert QApplication.focusWidget() is reviewing.canvas


def test_the_theme_changes_at_once_and_is_kept(reviewing) -> None:
    before = reviewing.grab().toImage().pixelColor(500, 5)
    reviewing.commands["theme.light"].trigger()
    assert reviewing.settings["view.theme"] == "light"
    assert reviewing.grab().toImage().pixelColor(500, 5).lightness() > before.lightness() + 50
    assert reviewing.commands["theme.light"].isChecked()
    reviewing.commands["theme.dark"].trigger()


def test_closing_waits_for_the_session_and_keeps_the_layout(qtbot, tmp_path, session) -> None:
    window = Window(Settings(tmp_path / "s"), session)
    window.show()
    window.show_page("review")
    held: list[bool] = []
    session.close = lambda: held.append(True)
    window.close()
    assert held == [True]
    assert window.isVisible(), "the window must not go before everything is written"
    with qtbot.waitSignal(window.gone):
        session.closed.emit()
    assert not window.isVisible()
    assert Settings(tmp_path / "s")["view.geometry"]
    window.deleteLater()


def test_closing_stops_a_run_first(qtbot, tmp_path, session) -> None:
    window = Window(Settings(tmp_path / "s"), session)
    window.show()
    session.fine_tune.stage = "training"
    session.calls.clear()
    window.close()
    assert session.fine_tune.calls == ["stop"]
    assert ("close",) not in session.calls
    from desktop.jobs.training import Outcome

    with qtbot.waitSignal(window.gone):
        session.fine_tune.ended.emit(Outcome("stopped", "The run was stopped."))
    assert ("close",) in session.calls
    window.deleteLater()


@pytest.mark.parametrize("size", [(1100, 700), (1920, 1080)])
def test_no_text_is_cut(qtbot, reviewing, session, size) -> None:
    reviewing.resize(*size)
    session.predict()
    QTest.qWait(1)
    for page in ("review", "models", "training"):
        reviewing.show_page(page)
        QApplication.processEvents()
        for widget in reviewing.findChildren(QLabel):
            if not widget.isVisible() or isinstance(widget, Elided) or widget.wordWrap() or not widget.text():
                continue
            needed = widget.fontMetrics().horizontalAdvance(widget.text())
            assert widget.width() >= needed, f"{page}: {widget.text()!r} {widget.width()} < {needed}"


def test_every_control_has_a_name_for_assistive_software(reviewing) -> None:
    nameless = []
    for widget in reviewing.findChildren(QWidget):
        if widget.focusPolicy() is Qt.FocusPolicy.NoFocus or not widget.isEnabled():
            continue
        name = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
        inner = type(widget).__name__ in ("QScrollArea", "QSplitter", "QLineEdit", "QListView", "QMenu")
        if not name and not inner and "qt_" not in widget.objectName():
            nameless.append(f"{type(widget).__name__} {widget.objectName()}")
    assert nameless == []


def test_tab_visits_gallery_then_tools_then_values(reviewing) -> None:
    order: list[QWidget] = []
    widget = reviewing.gallery.text
    for _ in range(400):
        order.append(widget)
        widget = widget.nextInFocusChain()
        if widget is reviewing.gallery.text:
            break

    def at(part: QWidget) -> int:
        return next(i for i, one in enumerate(order) if one is part or part.isAncestorOf(one))

    assert (
        at(reviewing.gallery.list) < at(reviewing.review.strip) < at(reviewing.canvas) < at(reviewing.values)
    )
    assert at(reviewing.values) < at(reviewing.layers) < at(reviewing.bottom.finish)


def test_a_folder_with_a_line_break_in_its_name_is_one_line_on_the_button(window, session) -> None:
    session.values["folder"] = Path("/photographs/left\nright")
    session.project_changed.emit()
    assert window.top.project.text() == r"left\nright"


def test_fields_and_lists_have_names_too(reviewing) -> None:
    kinds = (QLineEdit, QListView, QComboBox, QSlider)
    asked = [w for kind in kinds for w in reviewing.findChildren(kind) if "qt_" not in w.objectName()]
    composed = reviewing.findChildren(QComboBox) + reviewing.findChildren(QAbstractSpinBox)
    asked = [w for w in asked if not any(whole.isAncestorOf(w) for whole in composed)]
    asked = [w for w in asked if w.window() is reviewing]
    nameless = [f"{type(w).__name__} in {w.parentWidget()}" for w in asked if not w.accessibleName()]
    assert len(asked) > 5
    assert nameless == []


def test_the_reason_strip_takes_the_keyboard_and_gives_it_back(reviewing, session) -> None:
    press(reviewing, Qt.Key.Key_R)
    strip = reviewing.review.reject
    assert strip.isVisible() and strip.isAncestorOf(QApplication.focusWidget())
    visited = []
    for _ in range(12):
        focused = QApplication.focusWidget()
        if not strip.isAncestorOf(focused):
            break
        visited.append(focused)
        press(reviewing, Qt.Key.Key_Tab)
    assert len(visited) == len(set(visited)) > 1, "Tab goes through the reasons, then on"
    assert all(widget.accessibleName() or widget.text() for widget in visited)
    strip.ask()
    press(reviewing, Qt.Key.Key_Escape)
    assert strip.isHidden() and reviewing.canvas.hasFocus()
    assert not [call for call in session.calls if call[0] == "reject"]
