"""The palette: recent first, Enter runs, what cannot be taken is shown and not run, images by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.settings import Settings
from desktop.window import Window
from tests.desktop.fakes import FakeSession


@pytest.fixture
def window(qtbot, tmp_path) -> Iterator[Window]:
    session = FakeSession()
    made = Window(Settings(tmp_path), session)
    qtbot.addWidget(made)
    session.fill([f"visit {n // 10}/eye{n:03}.png" for n in range(300)])
    made.show_page("review")
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is made.canvas)
    session.go_to(0)
    made.commands.refresh()
    yield made


def ask(window: Window, text: str) -> None:
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert window.finder.isVisible() and QApplication.focusWidget() is window.finder.field
    QTest.keyClicks(window.finder.field, text)


def test_enter_runs_the_best_answer_and_the_keyboard_goes_back(window) -> None:
    ask(window, "second lo")
    assert window.finder.chosen.text == "Second look" and window.finder.chosen.keys == "S"
    QTest.keyClick(window.finder.field, Qt.Key.Key_Return)
    assert window.finder.isHidden()
    assert ("second_look",) in window.session.calls
    assert QApplication.focusWidget() is window.canvas


def test_letters_are_typed_and_do_not_work_the_desk(window) -> None:
    before = list(window.session.calls)
    ask(window, "sbefn")
    assert [call for call in window.session.calls if call not in before] == []
    assert window.finder.field.text() == "sbefn"
    QTest.keyClick(window.finder.field, Qt.Key.Key_Escape)
    assert window.finder.isHidden() and QApplication.focusWidget() is window.canvas


def test_what_cannot_be_taken_is_shown_and_not_run(window) -> None:
    window.session.values["label"] = None
    ask(window, "undo")
    undo = next(one for one in window.finder.model.choices if one.text == "Undo")
    assert undo.run is None and undo.note == "not now"
    held = next(
        one for one in palette_for(window, "hide the layers") if one.text == "Hide the layers while held"
    )
    assert held.run is None and held.note == "while its key is held"
    row = window.finder.model.choices.index(held)
    window.finder.list.setCurrentIndex(window.finder.model.index(row))
    QTest.keyClick(window.finder.field, Qt.Key.Key_Return)
    assert window.finder.isVisible(), "there is nothing to take"


def palette_for(window: Window, text: str) -> list:
    window.finder.field.setText(text)
    return window.finder.model.choices


def test_what_was_taken_last_stands_first(window) -> None:
    for text in ("full screen", "next unfinished"):
        ask(window, text)
        QTest.keyClick(window.finder.field, Qt.Key.Key_Return)
    window.setWindowState(Qt.WindowState.WindowNoState)
    ask(window, "")
    assert [one.text for one in window.finder.model.choices[:2]] == ["Next unfinished image", "Full screen"]
    assert window.settings["palette.recent"] == ("review.next_unfinished", "view.full_screen")


def test_an_image_is_found_by_its_name(window, qtbot) -> None:
    ask(window, "eye142")
    qtbot.waitUntil(lambda: any(one.place == "Image" for one in window.finder.model.choices))
    assert window.finder.chosen.text == "Go to visit 14/eye142.png"
    QTest.keyClick(window.finder.field, Qt.Key.Key_Return)
    assert window.session.position == 142


def test_arrows_move_and_nothing_found_is_said(window, qtbot) -> None:
    ask(window, "visit 3/eye03")
    qtbot.waitUntil(lambda: len(window.finder.model.choices) == 10)
    QTest.keyClick(window.finder.field, Qt.Key.Key_Down)
    QTest.keyClick(window.finder.field, Qt.Key.Key_Down)
    QTest.keyClick(window.finder.field, Qt.Key.Key_Return)
    assert window.session.position == 32
    ask(window, "zzqq")
    qtbot.waitUntil(lambda: window.finder._nothing.isVisible())


def test_a_hundred_thousand_names_never_hold_the_window(window, qtbot) -> None:
    from desktop.panels import palette

    entries = [SimpleNamespace(path=f"patient {n // 20}/photo {n}.jpg") for n in range(100_000)]
    window.finder._session = SimpleNamespace(entries=entries)
    longest, slices, look = 0.0, 0, window.finder._look_further

    def timed() -> None:
        nonlocal longest, slices
        begun = time.perf_counter()
        look()
        longest, slices = max(longest, time.perf_counter() - begun), slices + 1

    window.finder._slices.timeout.disconnect()
    window.finder._slices.timeout.connect(timed)
    ask(window, "photo 99999")
    qtbot.waitUntil(lambda: any(one.text.endswith("99999.jpg") for one in window.finder.model.choices))
    assert slices >= 100_000 // palette.SLICE
    assert palette.SLICE <= 10_000 and longest < 0.25, "a slice is small, however slow this machine is"
