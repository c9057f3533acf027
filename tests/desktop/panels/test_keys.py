"""The cheat sheet: all actions in columns that fit, searched by word or key, digits folded into one line."""

from __future__ import annotations

from collections.abc import Iterator

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
    session.fill(["a.png"])
    made.show_page("review")
    made.resize(960, 600)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is made.canvas)
    QTest.keyClick(made.canvas, Qt.Key.Key_F1)
    yield made


def visible(window: Window) -> list[str]:
    rows = [row for section in window.keys.sections for row in section.rows]
    return [words for words, widget in rows if widget.isVisible()]


def test_every_action_with_a_key_is_on_the_sheet_and_it_fits(window) -> None:
    keys = window.keys
    assert keys.isVisible() and window.pages.rect().contains(keys.geometry())
    texts = {text for section in keys.sections for text, _ in section.lines}
    for record in window.commands.records.values():
        folded = record.id.rpartition(".")[2].isdigit()
        assert folded or record.text in texts, record.id
    assert "Set grade 0 … 9" in texts and "Select class 1 … 9" in texts
    inner = keys._scroll.widget()
    assert inner.width() <= keys._scroll.viewport().width(), "nothing is cut at the right"


def test_it_is_searched_by_word_and_by_key(window) -> None:
    QTest.keyClicks(window.keys.search, "full scr")
    assert len(visible(window)) == 1 and "full screen" in visible(window)[0]
    window.keys.search.setText("ctrl+z")
    assert any("undo" in words for words in visible(window))
    window.keys.search.setText("nothing is called so")
    assert visible(window) == []


def test_the_same_key_escape_and_f1_close_it(window) -> None:
    assert QApplication.focusWidget() is window.keys.search
    QTest.keyClicks(window.keys.search, "?")
    assert window.keys.isHidden() and QApplication.focusWidget() is window.canvas
    QTest.keyClick(window.canvas, Qt.Key.Key_F1)
    QTest.keyClick(window.keys.search, Qt.Key.Key_F1)
    assert window.keys.isHidden()
    QTest.keyClick(window.canvas, Qt.Key.Key_F1)
    QTest.keyClick(window.keys.search, Qt.Key.Key_Escape)
    assert window.keys.isHidden()


def test_it_is_scrolled_by_keys_and_dealt_anew_in_a_wider_window(window, qtbot) -> None:
    bar = window.keys._scroll.verticalScrollBar()
    assert bar.maximum() > 0
    QTest.keyClick(window.keys.search, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    narrow = window.keys._count
    window.resize(1500, 900)
    qtbot.waitUntil(lambda: window.keys._count > narrow)
    assert window.pages.rect().contains(window.keys.geometry())
