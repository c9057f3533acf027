"""Shortcuts: press others to change them; a conflict names both actions; only overrides are kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow

from desktop.actions.record import Action
from desktop.panels.shortcuts import ShortcutsPanel, portable
from desktop.qactions import Actions

Key, Modifier = Qt.Key, Qt.KeyboardModifier


class Panel:
    def __init__(self, qtbot) -> None:
        self.calls: list[str] = []
        self.kept: list[tuple[str, ...]] = []
        self.window = QMainWindow()
        records = [
            Action(key, text, lambda key=key: self.calls.append(key), keys, section)
            for key, text, keys, section in (
                ("a", "Apple", ("A",), "Fruit"), ("b", "Pear", ("B", "Ctrl+B"), "Fruit"),
                ("c", "Carrot", ("C",), "Roots"), ("d", "Beet", (), "Roots"),
            )
        ]  # fmt: skip
        self.actions = Actions(self.window, records)
        self.panel = ShortcutsPanel(self.actions, self.kept.append)
        self.window.setCentralWidget(self.panel)
        qtbot.addWidget(self.window)
        self.window.resize(700, 500)
        self.window.show()
        self.window.activateWindow()
        self.panel.tree.setFocus()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is self.panel.tree)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget(), key, modifier)

    def keys(self) -> dict[str, str]:
        return {item.text(0): item.text(1) for item in self.panel.items()}


@pytest.fixture
def panel(qtbot) -> Iterator[Panel]:
    yield Panel(qtbot)


def test_all_actions_are_listed_by_section(panel) -> None:
    assert panel.keys() == {"Apple": "A", "Pear": "B   Ctrl+B", "Carrot": "C", "Beet": "none"}
    sections = [panel.panel.tree.topLevelItem(at).text(0) for at in range(2)]
    assert sections == ["Fruit", "Roots"]


def test_keys_are_changed_by_pressing_others(panel) -> None:
    panel.panel.choose("a")
    panel.press(Key.Key_Return)
    assert QApplication.focusWidget() is panel.panel.recorder
    panel.press(Key.Key_X, Modifier.ControlModifier | Modifier.ShiftModifier)
    assert panel.keys()["Apple"] == "Ctrl+Shift+X" and panel.kept[-1] == ("a = Ctrl+Shift+X",)
    assert panel.panel.items()[0].text(2) == "changed"
    assert panel.calls == [], "recording runs nothing"
    panel.press(Key.Key_X, Modifier.ControlModifier | Modifier.ShiftModifier)
    assert panel.calls == ["a"], "they hold at once"
    panel.panel.reset.click()
    assert panel.keys()["Apple"] == "A" and panel.kept[-1] == ()


def test_keys_are_added_and_removed(panel) -> None:
    panel.panel.choose("d")
    panel.panel.add.click()
    panel.press(Key.Key_F5)
    panel.panel.add.click()
    panel.press(Key.Key_Tab)
    assert panel.keys()["Beet"] == "F5   Tab"
    panel.panel.choose("b")
    panel.panel.remove.click()
    assert panel.keys()["Pear"] == "none" and panel.kept[-1] == ("b =", "d = F5 | Tab")
    panel.panel.reset_all.click()
    assert panel.keys() == {"Apple": "A", "Pear": "B   Ctrl+B", "Carrot": "C", "Beet": "none"}


def test_a_conflict_names_both_and_is_settled_by_choice(panel) -> None:
    panel.panel.choose("a")
    panel.press(Key.Key_Return)
    panel.press(Key.Key_C)
    assert panel.panel.title.text() == "C is “Carrot” already."
    assert panel.panel.take.text() == "Give it to “Apple”"
    panel.panel.leave.click()
    assert panel.keys()["Apple"] == "A" and panel.kept == []
    panel.panel.change.click()
    panel.press(Key.Key_C)
    assert QApplication.focusWidget() is panel.panel.take
    panel.panel.take.click()
    assert panel.keys() == {"Apple": "C", "Pear": "B   Ctrl+B", "Carrot": "none", "Beet": "none"}
    assert panel.kept[-1] == ("a = C", "c =")


def test_escape_gives_up_and_is_never_given_away(panel) -> None:
    panel.panel.choose("a")
    panel.press(Key.Key_Return)
    panel.press(Key.Key_Escape)
    assert panel.keys()["Apple"] == "A" and panel.panel.recorder.isHidden()
    panel.panel.change.click()
    panel.press(Key.Key_Space)
    assert "Space moves the image" in panel.panel.title.text() and panel.panel.take.isHidden()
    assert panel.kept == []


def test_the_list_is_searched_by_action_and_by_key(panel) -> None:
    panel.panel.search.setText("ctrl+b")
    assert [item.text(0) for item in panel.panel.items() if not item.isHidden()] == ["Pear"]
    panel.panel.search.setText("roots")
    assert [item.text(0) for item in panel.panel.items() if not item.isHidden()] == ["Carrot", "Beet"]


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "name"),
    [
        (Key.Key_Question, Modifier.ShiftModifier, "?", "?"),
        (Key.Key_A, Modifier.ShiftModifier, "A", "Shift+A"),
        (Key.Key_Backtab, Modifier.ShiftModifier, "", "Shift+Tab"),
        (Key.Key_Control, Modifier.ControlModifier, "", ""),
        (Key.Key_Comma, Modifier.ControlModifier, ",", "Ctrl+,"),
        (Key.Key_5, Modifier.KeypadModifier, "5", "5"),
        (Key.Key_Return, Modifier.NoModifier, "\r", "Return"),
    ],
)
def test_keys_are_named_as_shortcuts_are(key, modifiers, text: str, name: str) -> None:
    assert portable(QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)) == name
