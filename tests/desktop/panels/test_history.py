"""The history panel: what it lists, and where a click or a key goes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.panels.history import TIME_ROLE, HistoryPanel, icon_name, told_time
from desktop.project.edit import class_edit
from desktop.project.journal import Step, now
from desktop.theme import look
from tests.desktop.fakes import FakeSession


@pytest.fixture
def session(qapp) -> FakeSession:
    look().apply(qapp, "dark")
    made = FakeSession()
    made.fill(["a.png"])
    return made


@pytest.fixture
def panel(qtbot, session) -> HistoryPanel:
    made = HistoryPanel(session)
    qtbot.addWidget(made)
    made.resize(260, 300)
    made.show()
    session.show(np.zeros((50, 60, 3), np.uint8))
    for number, text in enumerate(("Brush · MA", "Threshold 0.42 · HE", "Eraser · MA", "Brush · MA")):
        mask = np.zeros((50, 60), bool)
        mask[number * 5 : number * 5 + 5] = True
        session.label.perform(class_edit(session.label.planes, number % 2, mask, text))
    session.label.undo()
    session.history_changed.emit()
    return made


def rows(panel: HistoryPanel, role: int = Qt.ItemDataRole.DisplayRole) -> list:
    model = panel.model
    return [model.data(model.index(at), role) for at in range(model.rowCount())]


def test_steps_are_listed_with_time_and_state(panel) -> None:
    assert rows(panel) == ["Brush · MA", "Eraser · MA", "Threshold 0.42 · HE", "Brush · MA", "As it came"]
    times = rows(panel, TIME_ROLE)
    assert times[-1] == "" and all(len(time) == 5 and time[2] == ":" for time in times[:-1])
    said = rows(panel, Qt.ItemDataRole.AccessibleTextRole)
    assert said[0].endswith("undone") and said[1].endswith("present state") and said[2].endswith("done")
    assert rows(panel, Qt.ItemDataRole.ForegroundRole)[0] == look().color("text_disabled")
    assert [font is not None for font in rows(panel, Qt.ItemDataRole.FontRole)] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert panel.state.text() == "4 steps"


@pytest.mark.parametrize(("at", "goal"), [(0, 4), (1, 3), (3, 1), (4, 0)])
def test_a_click_goes_to_that_step(session, panel, at, goal) -> None:
    place = panel.list.visualRect(panel.model.index(at)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert session.calls[-1] == ("go_to", goal)


def test_keys_go_to_a_step(session, panel) -> None:
    assert panel.list.currentIndex().row() == 1
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert session.calls[-1] == ("go_to", 2)
    QTest.keyClick(panel.list, Qt.Key.Key_End)
    QTest.keyClick(panel.list, Qt.Key.Key_Space)
    assert session.calls[-1] == ("go_to", 0)


def test_one_layers_steps_alone(session, panel) -> None:
    panel.layer.setCurrentIndex(2)
    panel.layer.activated.emit(2)
    assert rows(panel) == ["Brush · MA", "Threshold 0.42 · HE", "As it came"]
    assert [panel.model.number(at) for at in range(3)] == [4, 2, 0]
    # The present state lies between the listed ones: the nearest before it stands for it.
    assert panel.model.present == 1
    panel.layer.activated.emit(0)
    assert len(rows(panel)) == 5


def test_nothing_is_said_in_words(session, qtbot) -> None:
    panel = HistoryPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.empty.isVisible() and panel.list.isHidden() and panel.layer.isHidden()


def test_icons_and_times() -> None:
    names = ("Brush · MA", "Eraser · MA", "Threshold 0.42 · MA", "Prediction · MA", "Delete component · MA")
    assert [icon_name(Step(1, name)) for name in names] == [
        "brush",
        "eraser",
        "threshold",
        "model",
        "component",
    ]
    assert (
        icon_name(Step(1, "severity: 2")) == "check" and icon_name(Step(1, "Grow", classes=(1,))) == "layers"
    )
    assert told_time("2020-02-03T04:05:06+00:00").count(" ") == 2 and told_time("nonsense") == ""
    assert len(told_time(now())) == 5


def test_every_icon_exists() -> None:
    from desktop.panels.history import _ICONS
    from desktop.theme import RESOURCES

    for _, name in _ICONS:
        assert (RESOURCES / "icons" / f"{name}.svg").is_file(), name
