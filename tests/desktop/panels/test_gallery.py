"""The gallery: 100,000 rows without 100,000 objects, filters, what a row shows."""

from __future__ import annotations

import gc
import time

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QStyleOptionViewItem

from desktop.panels.gallery import ROW, Gallery
from desktop.panels.gallery_model import GalleryModel
from desktop.panels.status import MARKS, mark_of
from desktop.theme import look
from tests.desktop.fakes import FakeSession

MANY = 100_000


@pytest.fixture
def session(qapp) -> FakeSession:
    look().apply(qapp, "dark")
    return FakeSession()


@pytest.fixture
def gallery(qtbot, session) -> Gallery:
    made = Gallery(session)
    qtbot.addWidget(made)
    made.resize(208, 700)
    made.show()
    return made


def test_the_model_obeys_qt_while_rows_come_and_filters_change(session) -> None:
    model = GalleryModel(session)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    session.fill([f"{n}.png" for n in range(50)])
    model.set_filter("4", "")
    session.fill([f"later-{n}.png" for n in range(50)])
    model.set_filter("", "")
    assert model.rowCount() == 100
    tester.deleteLater()


def test_a_hundred_thousand_rows_scroll_without_an_object_each(qtbot, session, gallery) -> None:
    names = [f"folder/{n:06}.png" for n in range(MANY)]
    gc.collect()
    began = time.perf_counter()
    session.fill(names)
    qtbot.wait(1)
    assert time.perf_counter() - began < 3.0  # measured: some 0.4 s on two cores, most of it the entries
    widgets = len(gallery.findChildren(object))
    objects = len(gc.get_objects())
    asked: list[int] = []
    original = gallery.model.entry
    gallery.model.entry = lambda row: (asked.append(row), original(row))[1]
    bar = gallery.list.verticalScrollBar()
    for step in range(20):
        bar.setValue(bar.maximum() * step // 19)
        gallery.list.viewport().repaint()
    gallery.list.want_visible()
    visible = gallery.list.viewport().height() // ROW + 2
    assert bar.value() == bar.maximum()
    assert len(asked) < 20 * visible * 3, "more rows are drawn than are in sight"
    assert max(asked) == MANY - 1
    assert len(session.wanted) <= visible
    assert session.wanted[-1] == MANY - 1
    assert len(gallery.findChildren(object)) == widgets
    gc.collect()
    assert len(gc.get_objects()) - objects < 2_000


def test_text_and_status_narrow_the_list(session, gallery) -> None:
    session.fill(["a/IMG_1.png", "a/img_2.png", "b/other.png"])
    session.mark(1, "accepted")
    session.mark(2, "unseen", "It is empty.")
    model = gallery.model
    model.set_filter("IMG", "")
    assert [model.entry(row).path for row in range(model.rowCount())] == ["a/IMG_1.png", "a/img_2.png"]
    model.set_filter("", "accepted")
    assert [model.position(row) for row in range(model.rowCount())] == [1]
    model.set_filter("", "broken")
    assert [model.position(row) for row in range(model.rowCount())] == [2]
    assert model.row_of(2) == 0
    assert model.row_of(1) is None


def test_new_entries_join_a_filtered_list_only_when_they_fit(session, gallery) -> None:
    session.fill(["x1.png"])
    gallery.model.set_filter("x", "")
    first, count = session.entries.append(
        [type("F", (), {"path": p, "size": 1, "mtime_ns": 0})() for p in ("y", "x2")]
    )
    session.entries_appended.emit(first, count)
    assert [gallery.model.entry(r).path for r in range(gallery.model.rowCount())] == ["x1.png", "x2"]


def test_typing_filters_after_a_moment_and_says_how_many(qtbot, session, gallery) -> None:
    session.fill(["cat.png", "dog.png"])
    QTest.keyClicks(gallery.text, "dog")
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 1)
    assert gallery.summary.whole().startswith("1 of 2 images")
    QTest.keyClicks(gallery.text, "zzz")
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 0)
    assert gallery.stack.currentWidget() is gallery.empty
    assert "No image fits" in gallery.empty.text()


def test_an_empty_gallery_says_what_to_do(gallery) -> None:
    assert gallery.stack.currentWidget() is gallery.empty
    assert "Ctrl+O" in gallery.empty.text()


def test_a_click_goes_to_the_image_and_the_list_follows(qtbot, session, gallery) -> None:
    session.fill([f"{n}.png" for n in range(200)])
    qtbot.wait(1)
    where = gallery.list.visualRect(gallery.model.index(2)).center()
    QTest.mouseClick(gallery.list.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.position == 2
    session.go_to(150)
    assert gallery.list.visualRect(gallery.model.index(150)).intersects(gallery.list.viewport().rect())


def _drawn(gallery: Gallery, row: int) -> QImage:
    image = QImage(200, ROW, QImage.Format.Format_RGB32)
    image.fill(QColor("#212121"))
    painter = QPainter(image)
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 200, ROW)
    gallery.list.itemDelegate().paint(painter, option, gallery.model.index(row))
    painter.end()
    return image


def test_every_status_is_drawn_differently(session, gallery) -> None:
    names = ["same.png"] * len(MARKS)
    session.fill(names)
    for position, status in enumerate(MARKS):
        if status == "broken":
            session.mark(position, "unseen", MARKS["broken"].text)
        else:
            session.mark(position, status)
    pictures = {bytes(_drawn(gallery, row).constBits()) for row in range(len(names))}
    assert len(pictures) == len(MARKS)


def test_the_thumbnail_and_the_current_row_show(session, gallery) -> None:
    session.fill(["a.png", "b.png"])
    before = _drawn(gallery, 0)
    session.set_thumbnail(0)
    after = _drawn(gallery, 0)
    assert after.pixelColor(36, 32).name() == "#7a4030" != before.pixelColor(36, 32).name()
    session.go_to(0)
    assert _drawn(gallery, 0).pixelColor(1, 10).name() == look().theme.tokens["accent"]


def test_a_broken_file_tells_its_reason(session, gallery) -> None:
    session.fill(["bad.jpg"])
    session.mark(0, "unseen", "bad.jpg ends in the middle.")
    index = gallery.model.index(0)
    assert "ends in the middle" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "ends in the middle" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert mark_of("accepted", "broken").icon == "status-broken"


def test_counts_come_from_the_session(session, gallery) -> None:
    session.fill(["a", "b", "c"])
    session.values["status_counts"] = {"accepted": 1, "rejected": 1, "unseen": 1}
    session.statuses_changed.emit()
    assert gallery.summary.whole() == "3 images · 2 finished"


def test_a_name_with_a_line_break_stays_on_one_line(session, gallery) -> None:
    session.fill(["two\nlines.png"])
    assert gallery.model.index(0).data(Qt.ItemDataRole.DisplayRole) == r"two\nlines.png"
    assert session.entries[0].path == "two\nlines.png", "the path stays the file's own"
