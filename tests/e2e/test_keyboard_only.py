"""Without a mouse: a folder reviewed by keys alone, every control named, every action with a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from desktop.actions.record import conflicts
from tests.e2e.desk import make_folder

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit,
)  # fmt: skip
PAGES = ("start", "review", "models", "training", "settings", "schema")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "eyes", 6)


def status_of(sitting, position: int, status: str) -> None:
    sitting.wait(
        lambda: sitting.session.entries[position].status == status, f"image {position} to be {status}"
    )


def test_six_images_are_reviewed_by_keys_alone(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    session = sitting.session
    sitting.ready()
    sitting.press("Ctrl+P")
    QTest.keyClicks(QApplication.focusWidget(), "next unfin")
    sitting.press("Return")
    assert session.position == 1, "the palette took the action"
    sitting.press("Left")
    sitting.ready()
    # Graded by digit, the finding by going to it, finished; the next unfinished one comes by itself.
    sitting.press("1")
    set_finding_by_keys(sitting)
    assert session.label.grades == {"severity": "mild"} and session.label.findings["DME"] == "present"
    sitting.press("Esc", "Return")
    status_of(sitting, 0, "corrected")
    # Rejected with a reason.
    sitting.ready()
    assert session.position == 1
    sitting.press("R")
    sitting.wait(sitting.window.review.reject.isVisible, "the question for the reason")
    QTest.keyClicks(QApplication.focusWidget(), "blurred")
    sitting.press("Return")
    status_of(sitting, 1, "rejected")
    # A wrong finish is taken back and done again.
    sitting.ready()
    sitting.press("2", "Return")
    status_of(sitting, 2, "corrected")
    sitting.press("Backspace")
    sitting.wait(lambda: session.position == 2, "the way back")
    status_of(sitting, 2, "in progress")
    sitting.ready()
    sitting.press("0", "Return")
    status_of(sitting, 2, "corrected")
    # Two by going on, one found by its name in the palette.
    for position in (3, 4):
        sitting.ready()
        assert session.position == position
        sitting.press("0", "Return")
        status_of(sitting, position, "corrected")
    sitting.press("Ctrl+P")
    QTest.keyClicks(QApplication.focusWidget(), "eye5")
    sitting.wait(lambda: sitting.window.finder.model.choices, "the image in the palette")
    sitting.press("Return")
    assert session.entry.path == "eye5.png"
    sitting.ready()
    sitting.press("2", "Return")
    status_of(sitting, 5, "corrected")
    statuses = [entry.status for entry in session.entries]
    assert statuses == ["corrected", "rejected", "corrected", "corrected", "corrected", "corrected"]


def set_finding_by_keys(sitting) -> None:
    """F6 to the column at the right, Tab to the finding, Space."""
    window = sitting.window
    for _ in range(8):
        sitting.press("F6")
        if window.review.side.isAncestorOf(QApplication.focusWidget()):
            break
    for _ in range(40):
        focus = QApplication.focusWidget()
        if isinstance(focus, QAbstractButton) and "DME" in focus.accessibleName():
            break
        sitting.press("Tab")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    sitting.hand.rest()


def test_every_action_has_a_key_and_none_conflicts(desk, folder: Path) -> None:
    records = desk.open(folder).window.commands.records.values()
    assert [record.id for record in records if not record.shortcuts] == []
    assert conflicts(records) == {}
    assert [record.id for record in records if not record.text or not record.section] == []


def controls(window: QWidget) -> list[QWidget]:
    return [
        one
        for one in window.findChildren(QWidget)
        if isinstance(one, CONTROLS)
        and one.isVisible()
        and one.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not one.objectName().startswith("qt_")
    ]


def name_of(control: QWidget) -> str:
    own = control.text() if isinstance(control, QAbstractButton) else ""
    return control.accessibleName() or own


def test_every_control_of_every_page_has_a_name(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    window = sitting.window
    sitting.ready()
    nameless = []
    seen = 0
    for page in PAGES:
        window.show_page(page)
        if page == "review":
            sitting.press("Ctrl+P")
            sitting.press("Esc", "?")
        if page == "settings":
            window.settings_page.show_tab(1)
        if page == "schema":
            sitting.wait(lambda: window.schema_editing.usage is not None, "the schema")
            for kind, key in (("class", 0), ("scale", "severity"), ("finding", "DME")):
                window.schema_page.choose(kind, key)
                nameless += [f"{page}: {type(one).__name__}" for one in controls(window) if not name_of(one)]
        sitting.hand.rest(30)
        found = controls(window)
        seen += len(found)
        for one in found:
            if not name_of(one):
                owner = one.parentWidget()
                nameless.append(f"{page}: {type(one).__name__} in {type(owner).__name__}")
        sitting.press("Esc")
    assert nameless == [] and seen > 60


def test_f6_goes_round_the_window_and_back(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    sitting.notices()
    sitting.ready()
    window = sitting.window
    window.canvas.setFocus()
    regions = window.desk.help.regions()
    assert [window.review.gallery, window.canvas, window.review.side] == [
        one for one in regions if one in (window.review.gallery, window.canvas, window.review.side)
    ]

    def where() -> int:
        focus = QApplication.focusWidget()
        return next(n for n, one in enumerate(regions) if one is focus or one.isAncestorOf(focus))

    visited = []
    for _ in regions:
        sitting.press("F6")
        visited.append(where())
    begin = regions.index(window.canvas)
    assert visited == [(begin + 1 + n) % len(regions) for n in range(len(regions))]
    sitting.press("Shift+F6")
    assert where() == (begin - 1) % len(regions)


def test_tab_on_every_page_reaches_every_control_and_stays_on_it(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    window = sitting.window
    sitting.ready()
    for page in ("start", "models", "training", "settings", "schema"):
        window.show_page(page)
        sitting.hand.rest(30)
        wanted = {
            one
            for one in controls(window.named[page])
            if one.isEnabled() and one.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
        }
        reached: set[QWidget] = set()
        for _ in range(150):
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
            focus = QApplication.focusWidget()
            if focus in reached and wanted <= reached:
                break
            reached.add(focus)
        missed = [f"{type(one).__name__} {name_of(one)}" for one in wanted - reached]
        assert missed == [], page
