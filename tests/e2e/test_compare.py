"""Side by side, figures, the map of what was viewed and the table: real window, real keys."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.canvas.figure import Size
from desktop.canvas.linked import same_place
from desktop.canvas.qimages import rgb8_from_qimage
from tests.e2e.desk import make_folder, write_picture


@pytest.fixture
def sitting(desk, tmp_path):
    made = desk.open(make_folder(tmp_path / "eyes", 3))
    made.ready()
    return made


def panel_of(sitting):
    sitting.press("Ctrl+D")
    panel = sitting.window.desk.comparing.panel
    sitting.wait(lambda: panel is not None and panel.canvas.image is not None, "the second view")
    return panel


def middle(canvas):
    viewport = canvas.viewport
    return viewport.to_image(viewport.view_width / 2, viewport.view_height / 2)


def hover(canvas, x, y):
    at = QPointF(x, y)
    none = Qt.MouseButton.NoButton
    moved = QMouseEvent(
        QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(canvas, moved)


def test_two_views_go_together_and_escape_closes(sitting):
    panel, canvas = panel_of(sitting), sitting.window.canvas
    second = panel.canvas
    assert panel.title == "Without layers" and second.image is sitting.session.image_pyramid
    canvas.zoom_to(4.0, (100, 100))
    assert second.scale == 4.0 and middle(second) == pytest.approx(middle(canvas), abs=1)
    second.pan_by(-80, -40)
    assert middle(canvas) == pytest.approx(middle(second), abs=1)
    QTest.mouseClick(panel.mirror, Qt.MouseButton.LeftButton)
    x, y = middle(canvas)
    assert middle(second) == pytest.approx((canvas.viewport.image_width - x, y), abs=1)
    QTest.mouseClick(panel.link, Qt.MouseButton.LeftButton)
    before = middle(second)
    canvas.pan_by(60, 60)
    assert middle(second) == before
    sitting.press("Esc")
    assert panel.isHidden() and not sitting.session.second_view.active
    sitting.press("Ctrl+D")
    assert panel.isVisible()
    sitting.press("Ctrl+D")
    assert panel.isHidden() and panel.canvas.image is None


def test_the_pointer_is_a_cross_in_the_other_view(sitting):
    panel, canvas = panel_of(sitting), sitting.window.canvas
    before = rgb8_from_qimage(panel.canvas.grab().toImage())
    hover(canvas, canvas.width() / 2, canvas.height() / 2)
    place = canvas.viewport.to_image(canvas.width() / 2, canvas.height() / 2)
    x, y = panel.canvas.viewport.to_view(*same_place(*place, canvas.viewport, panel.canvas.viewport))
    after = rgb8_from_qimage(panel.canvas.grab().toImage())
    changed = np.argwhere((before != after).any(-1))
    assert len(changed) and np.abs(changed - (y, x)).max() < 20
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    again = rgb8_from_qimage(panel.canvas.grab().toImage())
    assert np.array_equal(before, again)


def test_another_image_is_typed_and_stays_while_one_goes_on(sitting):
    panel = panel_of(sitting)
    QTest.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert panel.chooser.isVisible()
    sitting.hand.rest()
    QTest.keyClicks(panel.chooser.field, "eye2")
    sitting.wait(lambda: panel.chooser.model.rowCount() == 2, "the image that was typed")
    QTest.keyClick(panel.chooser.field, Qt.Key.Key_Return)
    first = sitting.session.image_pyramid
    sitting.wait(lambda: panel.canvas.image not in (None, first), "the other image")
    assert panel.title == "eye2.png" and panel.chooser.isHidden()
    sitting.press("Right")
    sitting.ready()
    sitting.wait(lambda: panel.canvas.image is not None, "the other image again")
    assert panel.title == "eye2.png"
    QTest.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    sitting.press("Esc")
    assert panel.chooser.isHidden() and panel.isVisible(), "first the list, then the view"


def test_strokes_go_on_beside_a_second_view(sitting):
    panel = panel_of(sitting)
    sitting.press("B")
    assert sitting.paint() > 0
    sitting.saved()
    QTest.mousePress(panel.canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    QTest.mouseMove(panel.canvas, QPoint(90, 90))
    QTest.mouseRelease(panel.canvas, Qt.MouseButton.LeftButton, pos=QPoint(90, 90))
    assert sitting.session.undo_text and len(sitting.session.label.history.done) == 1, "it only looks"


def test_a_figure_is_saved_and_a_refusal_is_told(sitting, tmp_path, monkeypatch):
    figures = sitting.window.desk.figures
    sitting.press("Ctrl+Shift+E")
    assert figures.card is not None and figures.card.isVisible()
    assert figures.card.caption.text().startswith("eye0.png") and not figures.card.bar.isEnabled()
    figures.card.pixels.setCurrentIndex(2)
    figure = figures.figure()
    assert figure.size is Size.ORIGINAL and [name for _, name in figure.legend] == ["MA", "HE"]
    out = tmp_path / "out"
    out.mkdir()
    figures.save(figure, out / "eye.png")
    sitting.wait(lambda: (out / "eye.png").is_file(), "the figure")
    sitting.notice("saved as eye.png")
    assert list(out.iterdir()) == [out / "eye.png"]
    figures.save(figure, tmp_path / "nowhere" / "eye.svg")
    sitting.notice("does not exist")
    asked = []
    figures.card.save_asked.disconnect()
    figures.card.save_asked.connect(lambda: asked.append(True))
    for widget in (figures.card.save, figures.card.caption):
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_Return)
    assert len(asked) == 2, "once each"
    assert sitting.session.entry.status == "unseen", "Return does not finish the image behind the card"
    sitting.press("Esc")
    assert figures.card.isHidden()


def test_the_map_shades_what_was_not_viewed(desk, tmp_path):
    write_picture(tmp_path / "large" / "eye.png", 1, 1500, 2000)
    sitting = desk.open(tmp_path / "large")
    sitting.ready()
    window, viewing = sitting.window, sitting.session.viewing
    sitting.wait(lambda: viewing.area is not None, "the area")
    assert window.canvas.scale < 1 and viewing.area.share == 0
    window.canvas.zoom_to(1.0, (0, 0))
    sitting.wait(lambda: viewing.area.share > 0, "a look at full size")
    assert viewing.area.share < 0.5
    window.canvas.fit()
    plain = window.canvas.grab().toImage()
    sitting.press("Alt+V")
    shaded = window.canvas.grab().toImage()
    assert viewing.shown and rgb8_from_qimage(shaded).sum() < rgb8_from_qimage(plain).sum()
    sitting.press("Alt+V")
    assert np.array_equal(rgb8_from_qimage(window.canvas.grab().toImage()), rgb8_from_qimage(plain))


def test_the_table_is_copied_and_written(sitting, tmp_path):
    window = sitting.window
    window.review.tabs.show_tab("measure")
    sitting.press("B")
    sitting.paint()
    sitting.wait(lambda: (sitting.session.measuring.measures or {}).get(0, None) is not None, "the table")
    sitting.wait(lambda: sitting.session.measuring.measures[0].count == 1, "the stroke in it")
    window.commands["measure.copy"].trigger()
    rows = list(csv.reader(io.StringIO(QApplication.clipboard().text()), delimiter="\t"))
    assert rows[1][:3] == ["eye0.png", "MA", "1"] and int(rows[1][3]) == sitting.painted()
    window.desk.measures.write(tmp_path / "table.csv")
    sitting.notice("saved as table.csv")
    assert (tmp_path / "table.csv").read_text("utf-8").count("\n") == 3
