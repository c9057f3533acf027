"""What is made later: when it is asked for, or in idle moments, and nobody sees it come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from desktop import later
from desktop.later import Later, Preparation
from desktop.settings import Settings
from desktop.theme import look
from desktop.window import Window
from tests.desktop.fakes import FakeSession


def test_a_thing_is_made_once_and_when_it_is_asked_for() -> None:
    made: list[str] = []
    things = Later({name: lambda name=name: made.append(name) or [name] for name in ("one", "two")})
    assert list(things) == ["one", "two"] and "two" in things and len(things) == 2 and not made
    assert things["two"] is things["two"]
    assert made == ["two"] and list(things.made) == ["two"]
    with pytest.raises(KeyError):
        things["three"]
    assert "three" not in things


@pytest.fixture
def taken(monkeypatch) -> list[int]:
    monkeypatch.setattr(later, "QUIET_MS", 60)
    return []


def test_one_step_a_turn_once_it_is_quiet(qtbot, taken) -> None:
    host = QObject()
    preparing = Preparation([lambda at=at: taken.append(at) for at in range(3)], host)
    qtbot.wait(30)
    assert not taken, "nothing before it is started"
    preparing.start()
    assert not taken
    qtbot.waitUntil(lambda: len(taken) == 1)
    assert preparing.left == 2, "the others wait for turns of their own"
    qtbot.waitUntil(lambda: taken == [0, 1, 2])


def test_it_gives_way_to_a_person_at_work(qtbot, taken) -> None:
    host = QObject()
    preparing = Preparation([lambda: taken.append(1)], host)
    preparing.start()
    for _ in range(10):
        preparing.note_input()
        qtbot.wait(15)
    assert not taken
    rested = time.monotonic()
    qtbot.waitUntil(lambda: bool(taken))
    assert time.monotonic() - rested > 0.02


def test_it_can_be_ended(qtbot, taken) -> None:
    host = QObject()
    preparing = Preparation([lambda: taken.append(1)], host)
    preparing.start()
    preparing.stop()
    qtbot.wait(120)
    assert not taken and preparing.left == 1


@pytest.fixture
def window(qtbot, qapp, tmp_path: Path) -> Iterator[Window]:
    look().apply(qapp, "dark")
    made = Window(Settings(tmp_path / "settings"), FakeSession(), "review")
    made.resize(1440, 900)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    qtbot.wait(1)
    made.deleteLater()


def test_nothing_is_seen_of_what_is_prepared(qtbot, window) -> None:
    qtbot.wait(50)
    before, focus = window.grab().toImage(), window.focusWidget()
    while window.preparation.left:
        window.preparation._take_step()
    assert set(window.named.made) == {"review", "models", "training", "settings", "schema"}
    assert set(window.cards.made) == set(window.cards)
    assert set(window.review.tabs.panels.made) == set(window.review.tabs.panels)
    qtbot.wait(50)
    assert window.grab().toImage() == before and window.focusWidget() is focus


def test_escape_and_moving_on_make_nothing(window) -> None:
    window.commands["notice.dismiss"].trigger()
    window.resize(1200, 800)
    assert not window.cards.made and set(window.named.made) == {"review"}
