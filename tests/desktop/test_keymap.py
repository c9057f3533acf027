"""Changed keys: only what differs is kept, nothing ever conflicts, what is unknown is not lost."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from desktop.actions.keymap import Keymap, read_overrides, write_overrides
from desktop.actions.record import Action, conflicts
from desktop.qactions import Actions

OWN = (
    Action("a", "Apple", lambda: None, ("A", "Ctrl+A")),
    Action("b", "Pear", lambda: None, ("B",)),
    Action("c", "Plum", lambda: None, ("=", "|")),
)


def keys(keymap: Keymap) -> dict[str, tuple[str, ...]]:
    assert conflicts(keymap.records()) == {}
    return {record.id: record.shortcuts for record in keymap.records()}


def test_lines_are_read_as_they_were_written() -> None:
    chosen = {"a": ("=", "|"), "b": (), "c": ("Ctrl+,", "Media Play")}
    lines = write_overrides(chosen)
    assert lines == ("a = = | |", "b =", "c = Ctrl+, | Media Play")
    assert read_overrides(lines) == chosen
    assert read_overrides(["nonsense", "= B", ""]) == {}


def test_own_keys_need_no_override() -> None:
    keymap = Keymap(OWN)
    assert keys(keymap) == {"a": ("A", "Ctrl+A"), "b": ("B",), "c": ("=", "|")}
    keymap.give("b", ("X",))
    assert keymap.overrides() == ("b = X",) and keymap.is_changed("b")
    keymap.give("b", ("B",))
    assert keymap.overrides() == () and not keymap.is_changed("b")


def test_a_key_has_one_owner_and_a_reset_takes_it_back() -> None:
    keymap = Keymap(OWN)
    assert keymap.owner("ctrl+a").id == "a" and keymap.owner("A", "a") is None
    keymap.give("b", ("B", "Ctrl+A"))
    assert keys(keymap) == {"a": ("A",), "b": ("B", "Ctrl+A"), "c": ("=", "|")}
    assert keymap.overrides() == ("a = A", "b = B | Ctrl+A")
    keymap.reset("a")
    assert keys(keymap)["a"] == ("A", "Ctrl+A") and keys(keymap)["b"] == ("B",)
    assert keymap.overrides() == ()
    keymap.give("c", ())
    keymap.reset_all()
    assert keys(keymap) == {one.id: one.shortcuts for one in OWN}


def test_kept_keys_that_conflict_never_stop_the_start() -> None:
    keymap = Keymap(OWN, ["a = B | Q", "b = q | Z", "gone.action = B | Y"])
    assert keys(keymap)["a"] == ("B", "Q")
    assert keys(keymap)["b"] == ("Z",)
    assert "gone.action = B | Y" in keymap.overrides(), "another version knows it"


def test_keys_tool_tips_and_the_window_follow(qtbot) -> None:
    calls: list[str] = []
    host = QMainWindow()
    body = QWidget()
    body.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    host.setCentralWidget(body)
    qtbot.addWidget(host)
    host.show()
    host.activateWindow()
    body.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is body)
    held = Action("h", "Hold", lambda: calls.append("on"), ("V",), released=lambda: calls.append("off"))
    actions = Actions(host, [Action("a", "Apple", lambda: calls.append("a"), ("A",)), held], ["a = X"])
    QTest.keyClick(body, Qt.Key.Key_A)
    assert calls == []
    QTest.keyClick(body, Qt.Key.Key_X)
    assert calls == ["a"] and actions["a"].toolTip() == "Apple (X)"
    actions.keymap.give("h", ("W",))
    with qtbot.waitSignal(actions.keys_changed):
        actions.apply_keys()
    QTest.keyPress(body, Qt.Key.Key_V)
    QTest.keyRelease(body, Qt.Key.Key_V)
    assert calls == ["a"]
    QTest.keyPress(body, Qt.Key.Key_W)
    QTest.keyRelease(body, Qt.Key.Key_W)
    assert calls == ["a", "on", "off"]
    assert actions["h"].toolTip() == "Hold (W)"
