"""Actions: no two share a key, every key reaches its callback, menus name what exists, held keys end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QWidget

from desktop.actions.catalogue import catalogue
from desktop.actions.menu import PROJECT_MENU, SEPARATOR, Menu
from desktop.actions.record import Action, ActionError, conflicts
from desktop.panels.widgets import SearchField
from desktop.qactions import Actions, hint_of, shown
from desktop.settings import Settings
from desktop.window import Window
from tests.desktop.fakes import FakeSession


@pytest.fixture
def host(qtbot) -> Iterator[QMainWindow]:
    window = QMainWindow()
    body = QWidget()
    body.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    window.setCentralWidget(body)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    body.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is body)
    yield window


@pytest.fixture
def records(qtbot, tmp_path) -> tuple[Action, ...]:
    window = Window(Settings(tmp_path), FakeSession())
    qtbot.addWidget(window)
    return catalogue(window.desk)


def test_no_two_actions_share_a_key(records) -> None:
    assert conflicts(records) == {}
    assert len({record.id for record in records}) == len(records)


def test_a_conflict_is_found_and_refused(host) -> None:
    pair = (Action("a", "A", lambda: None, ("B", "Ctrl+X")), Action("c", "C", lambda: None, ("b",)))
    assert conflicts(pair) == {"b": ["a", "c"]}
    with pytest.raises(ActionError, match="share a shortcut"):
        Actions(host, pair)


def test_the_keys_of_the_brief_are_there(records) -> None:
    keys = {shortcut: record.id for record in records for shortcut in record.shortcuts}
    assert {
        key: keys[key]
        for key in (
            "Return", "Left", "Right", "A", "D", "PgUp", "PgDown", "Ctrl+Z", "Ctrl+Shift+Z", "Backspace",
            "B", "E", "[", "]", "F", "Ctrl+O", "Ctrl+E", "?", "0", "9", "Ctrl+1",
        )
    } == {
        "Return": "review.finish", "Left": "review.previous", "Right": "review.next", "A": "review.previous",
        "D": "review.next", "PgUp": "review.previous", "PgDown": "review.next",
        "Ctrl+Z": "edit.undo", "Ctrl+Shift+Z": "edit.redo",
        "Backspace": "review.take_back", "B": "tool.brush", "E": "tool.eraser", "[": "tool.smaller",
        "]": "tool.larger", "F": "view.fit", "Ctrl+O": "file.open", "Ctrl+E": "file.export",
        "?": "help.keys", "0": "grade.0", "9": "grade.9", "Ctrl+1": "class.1",
    }  # fmt: skip


def test_every_key_of_every_action_reaches_its_callback(host, records) -> None:
    calls: list[str] = []
    copies = [
        Action(
            r.id,
            r.text,
            lambda key=r.id: calls.append(key),
            r.shortcuts,
            released=r.released and (lambda: None),
        )
        for r in records
    ]
    Actions(host, copies)
    for record in copies:
        for shortcut in record.shortcuts:
            calls.clear()
            QTest.keySequence(host.centralWidget(), QKeySequence(shortcut))
            assert calls == [record.id], f"{shortcut} of {record.id}"


def test_disabled_actions_do_not_run_and_refresh_asks_again(host) -> None:
    calls: list[int] = []
    allowed = [False]
    actions = Actions(
        host, [Action("a", "A", lambda: calls.append(1), ("B",), enabled_when=lambda: allowed[0])]
    )
    actions.refresh()
    QTest.keySequence(host.centralWidget(), QKeySequence("B"))
    assert calls == []
    allowed[0] = True
    actions.refresh()
    QTest.keySequence(host.centralWidget(), QKeySequence("B"))
    assert calls == [1]


def test_checked_follows_the_record(host) -> None:
    on = [False]
    actions = Actions(
        host, [Action("a", "A", lambda: on.__setitem__(0, True), ("B",), checked_when=lambda: on[0])]
    )
    actions.refresh()
    assert not actions["a"].isChecked()
    actions["a"].trigger()
    assert actions["a"].isChecked()


def test_a_held_action_ends_with_its_key(host) -> None:
    calls: list[str] = []
    hold = Action("h", "Hold", lambda: calls.append("on"), ("V",), released=lambda: calls.append("off"))
    Actions(host, [hold])
    body = host.centralWidget()
    QTest.keyPress(body, Qt.Key.Key_V)
    assert calls == ["on"]
    QTest.keyRelease(body, Qt.Key.Key_B)
    assert calls == ["on"]
    QTest.keyRelease(body, Qt.Key.Key_V)
    assert calls == ["on", "off"]
    QTest.keyRelease(body, Qt.Key.Key_V)
    assert calls == ["on", "off"]


def test_a_held_action_ends_when_the_window_loses_the_keyboard(host) -> None:
    calls: list[str] = []
    hold = Action("h", "Hold", lambda: calls.append("on"), ("V",), released=lambda: calls.append("off"))
    Actions(host, [hold])
    QTest.keyPress(host.centralWidget(), Qt.Key.Key_V)
    QApplication.sendEvent(host, QEvent(QEvent.Type.WindowDeactivate))
    assert calls == ["on", "off"]
    QApplication.sendEvent(host.centralWidget(), QFocusEvent(QEvent.Type.FocusOut))


def test_letters_typed_into_a_search_field_are_text(host, qtbot) -> None:
    calls: list[int] = []
    keys = ("B", "Return", "Left", "Backspace", "[")
    Actions(host, [Action(key, key, lambda: calls.append(1), (key,)) for key in keys])
    field = SearchField(host.centralWidget())
    field.show()
    field.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is field)
    QTest.keyClicks(field, "ab[")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Left, Qt.Key.Key_Backspace):
        QTest.keyClick(field, key)
    assert calls == []
    assert field.text() == "a["
    assert isinstance(field, QLineEdit)


def test_menus_name_only_actions_that_exist(host, records) -> None:
    ids = {record.id for record in records}
    assert set(PROJECT_MENU.ids()) <= ids
    actions = Actions(host, records)
    menu = actions.menu(PROJECT_MENU, host)
    assert menu.actions()[0].text() == "Open folder…"
    with pytest.raises(ActionError, match="no action nothing"):
        actions.menu(Menu("Bad", ("file.open", SEPARATOR, "nothing")), host)


def test_hints_name_the_first_key() -> None:
    assert hint_of(Action("a", "Finish", lambda: None, ("Return", "Enter"))) == "Finish (Enter)"
    assert hint_of(Action("a", "Sample", lambda: None)) == "Sample"
    assert shown("PgDown") == "Page down"
