"""The Notes tab by keyboard and mouse: writing, editing, removing, resolving."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton

from desktop.panels.notes import NotesPanel
from desktop.project.project import Project
from desktop.theme import look
from tests.desktop.session_tools import SCHEMA, close, make_folder, new_session, open_and_wait


@pytest.fixture
def folder(qtbot, tmp_path):
    """A folder with a note of another reader on its first image."""
    folder = make_folder(tmp_path / "eyes", 2)
    first = new_session()
    open_and_wait(qtbot, first, folder, SCHEMA)
    image = first.entry.image_id
    close(qtbot, first)
    with Project.open(folder, reader="zoe") as project:
        project.add_comment(image, "Is this one artefact?", (30, 40)).result(10)
    return folder


@pytest.fixture
def desk(qtbot, session, folder):
    open_and_wait(qtbot, session, folder, None)
    qtbot.waitUntil(lambda: len(session.notes.rows) == 1, timeout=10_000)
    return session


@pytest.fixture
def panel(qtbot, qapp, desk) -> NotesPanel:
    look().apply(qapp, "dark")
    made = NotesPanel(desk)
    qtbot.addWidget(made)
    made.resize(260, 400)
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    return made


def cards(qtbot, panel: NotesPanel, count: int) -> list:
    qtbot.waitUntil(lambda: len(panel.cards) == count, timeout=5_000)
    return panel.cards


def button(card, words: str) -> QToolButton:
    return next(one for one in card.findChildren(QToolButton) if words in one.accessibleName())


def write(qtbot, panel: NotesPanel, text: str) -> None:
    qtbot.waitUntil(panel.field.hasFocus)
    QTest.keyClicks(panel.field, text)
    QTest.keyClick(panel.field, Qt.Key.Key_Return)


def test_enter_keeps_what_was_typed_and_shift_enter_is_a_new_line(qtbot, desk, panel) -> None:
    QTest.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    assert not panel.composer.isHidden() and panel.where.text() == "On the whole image"
    qtbot.waitUntil(panel.field.hasFocus)
    QTest.keyClicks(panel.field, "First")
    QTest.keyClick(panel.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(panel.field, "second")
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    assert [one.text for one in desk.notes.rows][1:] == ["First\nsecond"]
    assert panel.composer.isHidden()
    assert cards(qtbot, panel, 2)[1].note.reader == desk.project.reader


def test_letters_in_the_field_are_no_shortcuts_and_escape_leaves(qtbot, desk, panel) -> None:
    desk.notes.begin((5, 6))
    assert panel.where.text() == "Pinned at 6, 5"
    for key in (Qt.Key.Key_R, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_1, Qt.Key.Key_Left):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        event.ignore()
        QApplication.sendEvent(panel.field, event)
        assert event.isAccepted(), key
    QTest.keyClicks(panel.field, "no")
    QTest.keyClick(panel.field, Qt.Key.Key_Escape)
    assert desk.notes.draft is None and len(desk.notes.rows) == 1


def test_going_on_with_words_in_the_field_keeps_them(qtbot, desk, panel) -> None:
    image = desk.entry.image_id
    desk.notes.begin()
    QTest.keyClicks(panel.field, "half a thou")
    desk.next()
    assert desk.notes.draft is None
    qtbot.waitUntil(lambda: desk.pending == 0, timeout=10_000)
    assert [one.text for one in desk.project.comments(image)][1:] == ["half a thou"]


def test_ones_own_note_is_edited_removed_and_brought_back(qtbot, desk, panel) -> None:
    desk.notes.begin()
    write(qtbot, panel, "mine")
    QTest.mouseClick(button(cards(qtbot, panel, 2)[1], "Edit"), Qt.MouseButton.LeftButton)
    assert panel.field.toPlainText() == "mine"
    write(qtbot, panel, "mine, better")
    assert desk.notes.rows[1].text == "mine, better"
    QTest.mouseClick(button(cards(qtbot, panel, 2)[1], "Remove"), Qt.MouseButton.LeftButton)
    assert len(cards(qtbot, panel, 1)) == 1
    assert not panel.undo.isHidden()
    QTest.mouseClick(panel.undo.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert [card.note.text for card in cards(qtbot, panel, 2)][1] == "mine, better"
    assert panel.undo.isHidden()


def test_anothers_note_can_be_resolved_but_not_changed(qtbot, desk, panel) -> None:
    card = cards(qtbot, panel, 1)[0]
    names = [one.accessibleName() for one in card.findChildren(QToolButton)]
    assert not any("Edit" in name or "Remove" in name for name in names)
    assert "zoe" in card.accessibleName()
    QTest.mouseClick(button(card, "Resolved"), Qt.MouseButton.LeftButton)
    assert desk.notes.rows[0].resolved_by == desk.project.reader
    qtbot.waitUntil(lambda: "resolved" in panel.cards[0].accessibleDescription())
    QTest.mouseClick(button(panel.cards[0], "Open it again"), Qt.MouseButton.LeftButton)
    assert desk.notes.rows[0].resolved_by == ""


def test_a_click_on_a_card_asks_for_its_place(qtbot, desk, panel) -> None:
    with qtbot.waitSignal(desk.notes.jumped) as jumped:
        QTest.mouseClick(cards(qtbot, panel, 1)[0], Qt.MouseButton.LeftButton)
    assert (jumped.args[0].y, jumped.args[0].x) == (30, 40)
    assert desk.notes.chosen == jumped.args[0].id


def test_nothing_noted_says_what_to_do(qtbot, desk, panel) -> None:
    desk.next()
    qtbot.waitUntil(lambda: not panel.empty.isHidden())
    assert "J pins one" in panel.empty.text() and panel.cards == []
