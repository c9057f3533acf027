"""The gallery by keys in the real window: filter, along it, several at once and back, grid, strip."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.project.bulk_change import SetValue
from desktop.project.filter import Filter
from tests.e2e.desk import Desk, Sitting, make_folder


@pytest.fixture
def sitting(qtbot, tmp_path) -> Sitting:
    folder = make_folder(tmp_path / "eyes", 8)
    rows = [f"eye{n}.png,patient {n // 4}" for n in range(8)]
    (folder / "groups.csv").write_text("\n".join(["image,group", *rows]), "utf-8")
    desk = Desk(qtbot, tmp_path)
    made = desk.open(folder)
    made.ready()
    yield made
    desk.close_all()


def listed(sitting: Sitting) -> list[int]:
    filtering = sitting.session.filtering
    return [filtering.position(row) for row in range(len(filtering))]


def test_keys_stay_inside_the_filter_and_it_says_so(sitting) -> None:
    session, gallery = sitting.session, sitting.window.gallery
    for position in (1, 3, 6):
        session.filtering.learn(position, {"uncertainty": position / 10})
    sitting.press("Ctrl+Shift+F")
    assert gallery.panel.isVisible()
    gallery.panel.doubt.low.setValue(0.1)
    sitting.wait(lambda: listed(sitting) == [1, 3, 6], "the filter")
    assert "stay inside" in gallery.within.text() and gallery.within.isVisible()
    sitting.press("Ctrl+Shift+F")
    sitting.window.canvas.setFocus()
    sitting.press("Alt+Right")
    assert session.position == 1
    sitting.press("Alt+Right", "Alt+Right")
    assert session.position == 6
    sitting.press("Alt+Left")
    assert session.position == 3
    sitting.press("Shift+N")
    assert session.position == 1, "the next lower doubt"
    sitting.ready()
    sitting.press("Return")
    assert session.position == 3, "finish goes on inside the filter"
    sitting.saved()
    sitting.press("Ctrl+Alt+F")
    assert session.filtering.filter == Filter() and gallery.chips.isHidden()


def test_a_grade_for_all_is_offered_back(sitting) -> None:
    session, window = sitting.session, sitting.window
    sitting.press("Ctrl+A")
    sitting.wait(window.gallery.bulk.isVisible, "the bar")
    window.gallery.ask(SetValue("grade:severity", "mild"))
    notice = sitting.notice("8 images")
    assert [text for text, _ in notice.answers] == ["Take it back"]
    assert session.status_counts == {"in progress": 8}
    sitting.wait(
        lambda: session.label is not None and session.label.grades == {"severity": "mild"}, "the grade"
    )
    sitting.press("Ctrl+Alt+Z")
    sitting.notice("Taken back on 8 images")
    assert session.status_counts == {"unseen": 8}
    sitting.press("Ctrl+Alt+A")
    assert window.gallery.bulk.isHidden()


def test_grid_and_strip_are_remembered(sitting) -> None:
    window, settings = sitting.window, sitting.window.settings
    before = window.gallery.width()
    sitting.press("Ctrl+G")
    sitting.wait(lambda: window.gallery.width() > before, "a wider gallery")
    assert settings["view.grid"] is True
    sitting.press("Ctrl+]")
    assert settings["view.grid_size"] == 2
    sitting.press("Ctrl+G")
    sitting.wait(lambda: window.gallery.width() == before, "the width of the list")
    strip = window.desk.gallery.strip
    sitting.wait(strip.isVisible, "the strip of the group")
    assert strip.model.positions == [0, 1, 2, 3]
    where = strip.line.visualRect(strip.model.index(2)).center()
    QTest.mouseClick(strip.line.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert sitting.session.position == 2
    sitting.press("Ctrl+Shift+G")
    assert settings["view.group_folded"] is True and strip.line.isHidden()
    where = np.array(sitting.session.filtering.facts.group_members("patient 0"))
    assert where.tolist() == [0, 1, 2, 3]


@pytest.mark.real_images
def test_the_grid_takes_its_room_from_the_canvas_alone(sitting) -> None:
    window = sitting.window
    window.resize(960, 600)
    sitting.hand.rest(100)
    splitter = window.review.gallery.parentWidget()
    before = splitter.sizes()
    sitting.press("Ctrl+G")
    sitting.hand.rest(100)
    grid = splitter.sizes()
    assert grid[0] > before[0] and grid[-1] == before[-1]
    sitting.press("Ctrl+G")
    sitting.hand.rest(100)
    assert splitter.sizes()[-1] == before[-1]


def test_frames_of_one_video_stand_under_the_canvas(qtbot, tmp_path, real_images) -> None:
    source, folder = real_images / "polyps", tmp_path / "polyps"
    (folder / "images").mkdir(parents=True)
    for number in range(20, 31):
        shutil.copy(source / "images" / f"{number}.png", folder / "images")
    shutil.copy(source / "groups.csv", folder)
    desk = Desk(qtbot, tmp_path)
    sitting = desk.open(folder)
    sitting.ready()
    strip = sitting.window.desk.gallery.strip
    sitting.wait(strip.isVisible, "the strip of the group")
    group = sitting.session.entry.row.group
    mates = [entry.position for entry in sitting.session.entries if entry.row.group == group]
    assert len(mates) >= 2 and strip.model.positions == mates
    sitting.wait(lambda: sitting.session.thumbnail(mates[1]) is not None, "a thumbnail")
    sitting.hand.rest(50)
    where = strip.line.visualRect(strip.model.index(1)).center()
    drawn = strip.line.viewport().grab().toImage().pixelColor(where)
    assert max(drawn.red(), drawn.green(), drawn.blue()) > 0 and drawn.red() != drawn.blue(), "a photograph"
    desk.close_all()
