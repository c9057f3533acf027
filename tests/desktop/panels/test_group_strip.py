"""The strip of the group: there when there is company; a click goes there, with Ctrl it opens beside."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from desktop.panels.group_strip import NEAR, GroupStrip
from desktop.panels.widgets import column
from desktop.theme import look
from tests.desktop.fakes import FakeSession, Row


class Grouped(Row):
    """A row with a group."""

    group = "left eye"
    split = None


@pytest.fixture
def session(qapp) -> FakeSession:
    look().apply(qapp, "dark")
    return FakeSession()


@pytest.fixture
def strip(qtbot, session) -> GroupStrip:
    holder = QWidget()
    qtbot.addWidget(holder)
    made = GroupStrip(session)
    column(holder).addWidget(made)
    holder.resize(900, 160)
    holder.show()
    made.holder = holder
    return made


def fill(session: FakeSession, names: list[str], members: list[int]) -> None:
    session.fill(names)
    session.filtering.facts.put("group", members, ["left eye"] * len(members))
    for position in members:
        entry = session.entries[position]
        entry.row = Grouped(f"id{position}", entry.path)


def go(qtbot, session: FakeSession, strip: GroupStrip, position: int) -> None:
    session.go_to(position)
    qtbot.waitUntil(lambda: not strip._soon.isActive(), timeout=2_000)


def click(strip: GroupStrip, row: int, keys=Qt.KeyboardModifier.NoModifier) -> None:
    where = strip.line.visualRect(strip.model.index(row)).center()
    QTest.mouseClick(strip.line.viewport(), Qt.MouseButton.LeftButton, keys, where)


def test_it_shows_the_others_of_the_group_and_where_one_is(qtbot, session, strip) -> None:
    fill(session, [f"{n}.png" for n in range(8)], [1, 4, 6])
    go(qtbot, session, strip, 4)
    assert strip.isVisible() and strip.model.positions == [1, 4, 6] and strip.count.text() == "2 of 3"
    said = strip.model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.endswith("shown now")
    qtbot.waitUntil(lambda: {1, 4, 6} <= set(session.wanted), timeout=2_000)
    click(strip, 2)
    assert session.position == 6
    asked: list[int] = []
    strip.beside.connect(asked.append)
    click(strip, 0, Qt.KeyboardModifier.ControlModifier)
    assert asked == [1] and session.position == 6


def test_it_is_hidden_where_an_image_stands_alone(qtbot, session, strip) -> None:
    fill(session, ["a.png", "b.png", "c.png"], [2])
    go(qtbot, session, strip, 0)
    assert strip.isHidden(), "no group is known"
    go(qtbot, session, strip, 2)
    assert strip.isHidden(), "a group of one"


def test_it_folds_and_goes_by_keys(qtbot, session, strip) -> None:
    fill(session, [f"{n}.png" for n in range(5)], [0, 1, 2, 3])
    go(qtbot, session, strip, 0)
    strip.line.setFocus()
    QTest.keyClick(strip.line, Qt.Key.Key_Down)
    assert session.position == 1
    folded: list[bool] = []
    strip.folded_changed.connect(folded.append)
    QTest.mouseClick(strip.fold, Qt.MouseButton.LeftButton)
    assert folded == [True] and strip.line.isHidden() and strip.isVisible()
    strip.set_folded(False)
    assert strip.line.isVisible()


def test_a_group_as_large_as_a_folder_costs_no_more_than_its_neighbourhood(qtbot, session, strip) -> None:
    fill(session, [f"{n}.png" for n in range(5_000)], list(range(5_000)))
    go(qtbot, session, strip, 3_333)
    assert strip.count.text() == "3,334 of 5,000"
    assert len(strip.model.positions) == 3 * NEAR and 3_333 in strip.model.positions
    assert strip.line.currentIndex().data() == "3333.png"
