"""The bar of notices: news passes by itself, what needs a person stays."""

from __future__ import annotations

import pytest

from desktop.panels import notices
from desktop.panels.notices import Notice, NoticeBar


@pytest.fixture
def bar(qtbot, monkeypatch) -> NoticeBar:
    monkeypatch.setattr(notices, "INFO_MS", 30)
    made = NoticeBar()
    qtbot.addWidget(made)
    return made


def test_news_passes(qtbot, bar) -> None:
    bar.say("Exported 8 images.")
    assert bar.current is not None
    qtbot.waitUntil(lambda: bar.current is None, timeout=2000)
    assert bar.isHidden()


def test_what_needs_a_person_stays(qtbot, bar) -> None:
    bar.say("The disk is full.", "problem")
    bar.put(Notice("No model reads here yet.", "info", answers=(("Models", lambda: None),)))
    qtbot.wait(120)
    assert bar.current is not None and bar.current.text == "No model reads here yet."
    bar.dismiss()
    qtbot.wait(120)
    assert bar.current is not None and bar.current.text == "The disk is full."


def test_news_over_a_problem_gives_it_back(qtbot, bar) -> None:
    bar.say("The disk is full.", "problem")
    bar.say("Exported 8 images.")
    qtbot.waitUntil(lambda: bar.current is not None and bar.current.kind == "problem", timeout=2000)
