"""A small real project reviewed by keyboard and mouse alone, closed, opened again: nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop import app
from desktop.settings import Settings
from desktop.window import Window
from inference.schema import Finding, GradeScale, MaskClass, Schema, write_schema

SCHEMA = Schema(
    (MaskClass(0, "MA"), MaskClass(1, "HE", color="#56B4E9")),
    (GradeScale("severity", ("none", "mild", "severe")),),
    (Finding("DME"),),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "eyes"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        image = rng.integers(60, 90, (240, 320, 3), np.uint8)
        cv2.imwrite(str(folder / f"eye{number}.png"), image)
    (folder / "eye9.png").write_bytes(b"no picture")
    return folder


class Desk:
    """Opens windows on a folder and closes them properly."""

    def __init__(self, qtbot, folder: Path, tmp_path: Path) -> None:
        self.qtbot, self.folder, self.tmp_path = qtbot, folder, tmp_path
        self.windows: list[Window] = []

    def open(self, schema: Schema | None = SCHEMA) -> Window:
        window = app.build(None, Settings(self.tmp_path / "settings"))
        self.windows.append(window)
        window.resize(1200, 800)
        window.show()
        window.activateWindow()
        window.show_page("review")
        window.session.open_folder(self.folder, schema=schema)
        self.qtbot.waitUntil(lambda: bool(window.session.project or window.notices.current), timeout=20_000)
        if window.session.project is not None:
            self.qtbot.waitUntil(window.commands["review.finish"].isEnabled, timeout=20_000)
        return window

    def close(self, window: Window) -> None:
        with self.qtbot.waitSignal(window.gone, timeout=20_000):
            window.close()
        self.windows.remove(window)
        window.deleteLater()


@pytest.fixture
def desk(qtbot, folder, tmp_path) -> Iterator[Desk]:
    made = Desk(qtbot, folder, tmp_path)
    yield made
    for window in list(made.windows):
        made.close(window)


def drag(window: Window, start: QPoint, end: QPoint) -> None:
    canvas, left = window.canvas, Qt.MouseButton.LeftButton
    QTest.mousePress(canvas, left, pos=start)
    for step in range(1, 11):
        QTest.mouseMove(canvas, start + (end - start) * step / 10)
    QTest.mouseRelease(canvas, left, pos=end)


def press(window: Window, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or window, key, modifier)


def test_a_folder_is_reviewed_by_keyboard_and_kept(qtbot, desk) -> None:
    window = desk.open()
    session = window.session
    middle = window.canvas.rect().center()

    press(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    press(window, Qt.Key.Key_B)
    drag(window, middle, middle + QPoint(60, 0))
    assert session.label.planes.class_mask(1).sum() > 100
    assert session.label.planes.class_mask(0).sum() == 0
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.label.planes.class_mask(1).sum() == 0
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    painted = int(session.label.planes.class_mask(1).sum())
    assert painted > 100
    press(window, Qt.Key.Key_1)
    assert session.label.grades == {"severity": "mild"}
    QTest.mouseClick(window.values.findings[0].buttons["absent"], Qt.MouseButton.LeftButton)
    assert window.review.tabs.panels["history"].model.rowCount() == 4

    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.position == 1, timeout=10_000)
    qtbot.waitUntil(lambda: session.entries[0].status == "corrected", timeout=10_000)
    qtbot.waitUntil(window.commands["review.finish"].isEnabled, timeout=10_000)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.entries[1].status == "corrected", timeout=10_000)
    qtbot.waitUntil(window.commands["review.reject"].isEnabled, timeout=10_000)
    press(window, Qt.Key.Key_R)
    QTest.keyClicks(QApplication.focusWidget(), "blurred")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.entries[2].status == "rejected", timeout=10_000)
    qtbot.waitUntil(lambda: window.gallery.summary.whole() == "5 images · 3 finished", timeout=10_000)
    press(window, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: session.position == 2, timeout=10_000)
    desk.close(window)

    again = desk.open()
    assert again.session.position == 2
    again.session.go_to(0)
    qtbot.waitUntil(lambda: bool(again.session.label and again.session.label.grades), timeout=10_000)
    assert int(again.session.label.planes.class_mask(1).sum()) == painted
    assert again.session.label.findings == {"DME": "absent"}
    assert again.session.undo_text is not None


def test_a_file_that_is_no_image_is_told_in_list_and_canvas(qtbot, desk) -> None:
    window = desk.open()
    window.session.go_to(4)
    qtbot.waitUntil(lambda: window.session.image_problem is not None, timeout=10_000)
    assert "eye9.png" in window.session.image_problem
    assert window.canvas.image is None
    qtbot.waitUntil(lambda: bool(window.session.entries[4].problem), timeout=10_000)
    index = window.gallery.model.index(4)
    assert "eye9.png" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert QApplication.activeModalWidget() is None


def test_a_second_window_on_the_same_project_is_one_sentence(qtbot, desk) -> None:
    desk.open()
    second = desk.open()
    notice = second.notices.current
    assert notice is not None
    assert notice.kind == "problem"
    assert str(os.getpid()) in notice.text or "open" in notice.text
    assert [text for text, _ in notice.answers] == ["Try again"]
    assert second.session.project is None


def test_a_folder_without_rights_or_gone_is_one_sentence(qtbot, desk, tmp_path) -> None:
    desk.folder = tmp_path / "gone"
    window = desk.open(None)
    assert "gone" in window.notices.current.text
    assert QApplication.activeModalWidget() is None


def test_a_schema_beside_the_images_is_taken(qtbot, desk, folder) -> None:
    write_schema(folder / "schema.json", SCHEMA)
    window = desk.open(None)
    assert [row.mask_class.name for row in window.layers.rows] == ["MA", "HE"]
    assert len(window.values.grades) == 1
