"""The Measure tab over a real session, with real clicks and keys."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.panels.measure import MeasurePanel
from desktop.panels.measure_parts import MarkRow, lines_of
from desktop.project.measures import ClassMeasures, Spacing
from desktop.project.measuring_rows import CALLIPER, POINT
from tests.desktop.session_tools import dab, make_folder, open_and_wait

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 2))
    qtbot.waitUntil(lambda: session.measuring._image_id is not None)
    asked: list[str] = []
    names = ("copy", "export", "toggle_map")
    measures = SimpleNamespace(**{name: (lambda name=name: asked.append(name)) for name in names})
    made = MeasurePanel(SimpleNamespace(session=session, measures=measures))
    made.asked = asked
    qtbot.addWidget(made)
    made.resize(260, 900)
    made.show()
    return made


def rows(qtbot, panel, count: int) -> list[MarkRow]:
    """The rows, as soon as Qt shows them."""

    def shown() -> list[MarkRow]:
        return [one for one in panel.findChildren(MarkRow) if one.isVisibleTo(panel)]

    qtbot.waitUntil(lambda: len(shown()) == count)
    return shown()


def test_a_line_of_known_length_sets_the_pixel_size_for_all_images_of_this_size(qtbot, session, panel):
    assert panel.form.isHidden() and "calliper (K)" in panel.provenance.text()
    session.measuring.add(CALLIPER, "Disc", (10.0, 10.0), (110.0, 10.0))
    assert panel.form.isVisible()
    QTest.keyClicks(panel.form.length, "1,5")
    panel.form.scope.setCurrentIndex(1)
    QTest.keyClick(panel.form.length, Qt.Key.Key_Return)
    assert panel.spacing.text() == "1 px = 15.0 µm"
    assert panel.provenance.text() == "Disc: 1.50 mm over 100 px, for all images of this size"
    assert rows(qtbot, panel, 1)[0].words.text() == "1.50 mm · 100 px"
    session.next()
    qtbot.waitUntil(lambda: panel.spacing.text() == "1 px = 15.0 µm")
    rows(qtbot, panel, 0)
    QTest.mouseClick(panel.forget, LEFT)
    assert panel.spacing.isHidden()


@pytest.mark.parametrize("text", ["", "abc", "0", "-3", "1e9", "nan"])
def test_what_is_no_length_is_said_and_changes_nothing(session, panel, text):
    session.measuring.add(CALLIPER, "Disc", (10.0, 10.0), (110.0, 10.0))
    panel.form.length.setText(text)
    QTest.mouseClick(panel.form.set_button, LEFT)
    assert session.measuring.spacing is None
    assert panel.form.problem.isVisible() and panel.form.problem.text().endswith(".")


def test_rows_choose_rename_and_remove(qtbot, session, panel):
    session.measuring.add(CALLIPER, "Calliper 1", (10.0, 10.0), (110.0, 10.0))
    session.measuring.add(POINT, "Fovea", (30.0, 30.0))
    line, point = rows(qtbot, panel, 2)
    assert point.selected and not line.selected and point.words.text() == "distances"
    QTest.mouseClick(line, LEFT)
    assert line.selected and not point.selected and panel.form.isVisible()
    QTest.keyClick(point, Qt.Key.Key_Space)
    assert point.selected and not line.selected
    QTest.mouseDClick(line, LEFT)
    QTest.keyClick(line.field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(line.field, "Disc")
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    assert [one.name for one in session.measuring.marks] == ["Disc", "Fovea"]
    QTest.mouseClick(point.cross, LEFT)
    assert [one.name for one in session.measuring.marks] == ["Disc"]


def test_cards_count_after_each_stroke(qtbot, session, panel):
    qtbot.waitUntil(lambda: panel.cards[0].count.text() == "none")
    dab(session, 20, 30, 5)
    qtbot.waitUntil(lambda: panel.cards[0].count.text() == "1")
    assert "100 px" in panel.cards[0].accessibleName()
    assert panel.copy_button.isEnabled()
    QTest.mouseClick(panel.copy_button, LEFT)
    QTest.mouseClick(panel.export_button, LEFT)
    QTest.mouseClick(panel.map_button, LEFT)
    assert panel.asked == ["copy", "export", "toggle_map"]
    qtbot.waitUntil(lambda: session.pending == 0)


def test_nothing_is_measured_behind_a_hidden_tab(qtbot, session, panel):
    qtbot.waitUntil(lambda: session.measuring.measures is not None)
    panel.hide()
    dab(session)
    assert not session.measuring._soon.isActive()
    panel.show()
    qtbot.waitUntil(lambda: panel.cards[0].count.text() == "1")
    qtbot.waitUntil(lambda: session.pending == 0)


def test_lines_say_millimetres_only_when_they_are_known():
    one = ClassMeasures(2, 200, 150, 0.01, 50.0, (50.5, 0.5), (50.0, 0.0))
    assert dict(lines_of(one, None, "Fovea")) == {
        "Area": "200 px · 1.00 %",
        "Mean": "100 px",
        "Largest": "150 px",
        "To Fovea": "50 px",
    }
    assert dict(lines_of(one, Spacing(0.01, 0.01), "Fovea"))["To Fovea"] == "0.500 mm"
    assert "To Fovea" not in dict(lines_of(one, None, ""))
