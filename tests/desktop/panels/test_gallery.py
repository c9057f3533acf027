"""The gallery: 100,000 rows without 100,000 objects, filters, what a row shows."""

from __future__ import annotations

import gc
import time
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QMenu, QPushButton, QStyleOptionViewItem

from desktop.panels.gallery import ROW, Gallery
from desktop.panels.gallery_delegate import CELL_SIDES
from desktop.panels.gallery_model import GalleryModel
from desktop.panels.status import MARKS, mark_of
from desktop.project.bulk_change import FinishValues, SetAside, SetValue
from desktop.project.facts import area_column, grade_column
from desktop.project.filter import ClassIs, Filter, Sort, Span
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


def filtered(qtbot, session, **conditions) -> list[int]:
    """Ask for a filter, wait for its answer, and return the positions listed."""
    with qtbot.waitSignal(session.filtering.changed, timeout=5_000):
        session.filtering.set(Filter(**conditions))
    return [session.filtering.position(row) for row in range(len(session.filtering))]


def test_the_model_obeys_qt_while_rows_come_and_filters_change(qtbot, session) -> None:
    model = GalleryModel(session)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    session.fill([f"{n}.png" for n in range(50)])
    assert len(filtered(qtbot, session, text="4")) == 14 == model.rowCount()
    session.fill([f"later-{n}.png" for n in range(50)])
    qtbot.waitUntil(lambda: model.rowCount() == 28, timeout=5_000)
    session.filtering.clear()
    assert model.rowCount() == 100
    session.filtering.set(order=Sort("position", True))
    qtbot.waitUntil(lambda: model.position(0) == 99, timeout=5_000)
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


def test_text_and_status_narrow_the_list(qtbot, session, gallery) -> None:
    session.fill(["a/IMG_1.png", "a/img_2.png", "b/other.png"])
    session.mark(1, "accepted")
    session.mark(2, "unseen", "It is empty.")
    assert filtered(qtbot, session, text="IMG") == [0, 1]
    assert filtered(qtbot, session, statuses=("accepted",)) == [1]
    assert filtered(qtbot, session, statuses=("broken",)) == [2]
    assert gallery.model.row_of(2) == 0
    assert gallery.model.row_of(1) is None


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


# ---- filter, sort, chips


def chips(gallery: Gallery) -> dict[str, QPushButton]:
    return {one.text(): one for one in gallery.chips.findChildren(QPushButton) if not one.isHidden()}


def test_conditions_stand_as_chips_and_a_click_drops_one(qtbot, session, gallery) -> None:
    session.fill([f"{n}.png" for n in range(6)])
    session.filtering.facts.put(area_column(0), [1], [0.2])
    session.mark(1, "accepted")
    filtered(qtbot, session, statuses=("accepted",), classes=(ClassIs(0, True, Span(0.01, 0.5), "label"),))
    assert list(chips(gallery)) == ["Accepted", "MA present 1 – 50 % (label)", "Clear all"]
    assert gallery.told.isVisible() and "stay inside" in gallery.within.text()
    with qtbot.waitSignal(session.filtering.changed):
        QTest.mouseClick(chips(gallery)["MA present 1 – 50 % (label)"], Qt.MouseButton.LeftButton)
    assert session.filtering.filter == Filter(statuses=("accepted",))
    filtered(qtbot, session, statuses=("accepted",), text="1")
    with qtbot.waitSignal(session.filtering.changed):
        QTest.mouseClick(chips(gallery)["Clear all"], Qt.MouseButton.LeftButton)
    assert not session.filtering.filter and not gallery.chips.isVisible() and not gallery.told.isVisible()


def test_what_no_longer_fits_stays_until_it_is_asked_again(qtbot, session, gallery) -> None:
    session.fill([f"{n}.png" for n in range(6)])
    assert filtered(qtbot, session, statuses=("unseen",)) == [0, 1, 2, 3, 4, 5]
    session.mark(2, "accepted")
    qtbot.waitUntil(lambda: session.filtering.left == 1, timeout=5_000)
    assert gallery.model.rowCount() == 6 and "1 no longer fit" in gallery.within.text()
    with qtbot.waitSignal(session.filtering.changed):
        QTest.mouseClick(gallery.again, Qt.MouseButton.LeftButton)
    assert gallery.model.rowCount() == 5 and not gallery.again.isVisible()


def test_the_panel_sets_every_kind_of_condition(qtbot, session, gallery) -> None:
    session.fill(["a.png", "b.png"])
    gallery.toggle_filter()
    panel, filtering = gallery.panel, session.filtering
    panel.status.menu().actions()[2].trigger()
    assert filtering.filter.statuses == ("accepted",)
    panel._grades["severity"].menu().actions()[-1].trigger()
    assert filtering.filter.grades[0].values == (None,)
    panel._findings["DME"].menu().actions()[0].trigger()
    assert filtering.filter.findings[0].states == ("present",)
    panel._classes[1].menu().actions()[1].trigger()
    assert filtering.filter.classes == (ClassIs(1, False),)
    panel.area_of.setCurrentIndex(2)
    panel.area_of.activated.emit(2)
    panel.area.low.setValue(5)
    assert filtering.filter.classes == (ClassIs(1, False), ClassIs(2, None, Span(0.05)))
    panel.doubt.high.setValue(0.5)
    panel.disagreement.low.setValue(0.25)
    assert (filtering.filter.uncertainty, filtering.filter.disagreement) == (Span(None, 0.5), Span(0.25))
    panel.notes.menu().actions()[1].trigger()
    panel.split.menu().actions()[0].trigger()
    assert (filtering.filter.comments, filtering.filter.splits) == (False, ("train",))
    # What is in force elsewhere shows here, and nothing is told back.
    filtering.set(Filter(statuses=("unseen", "rejected")))
    assert panel.status.values() == ("unseen", "rejected") and panel.doubt.values() == (None, None)
    assert panel.status.accessibleName() == "Status: Unseen, Rejected"


def test_filters_are_saved_under_names(qtbot, session, gallery) -> None:
    session.fill(["a.png"])
    kept: list[object] = []

    def set_setting(key: str, value: object) -> Future[None]:
        kept.append((key, value))
        done: Future[None] = Future()
        done.set_result(None)
        return done

    session.values["project"] = SimpleNamespace(set_setting=set_setting)
    filtered(qtbot, session, statuses=("unseen",))
    gallery.toggle_filter()
    QTest.keyClicks(gallery.panel.name, "To do")
    QTest.keyClick(gallery.panel.name, Qt.Key.Key_Return)
    assert kept[-1][1][0]["name"] == "To do" and gallery.panel.name.text() == ""
    session.filtering.clear()
    gallery.panel.saved.menu().actions()[0].trigger()
    assert session.filtering.filter == Filter(statuses=("unseen",))
    session.filtering.forget("To do")
    assert session.filtering.saved == () and not gallery.panel.saved.isEnabled()


def test_the_order_is_chosen_and_turned_round(qtbot, session, gallery) -> None:
    session.fill(["b/2.png", "a/10.png", "a/9.png"])
    texts = [gallery.order.itemText(at) for at in range(gallery.order.count())]
    assert texts[:2] == ["Folder order", "Name"] and "Area of MA" in texts
    with qtbot.waitSignal(session.filtering.changed):
        gallery.order.setCurrentIndex(1)
        gallery.order.activated.emit(1)
    assert [gallery.model.position(row) for row in range(3)] == [0, 2, 1]
    with qtbot.waitSignal(session.filtering.changed):
        QTest.mouseClick(gallery.turn, Qt.MouseButton.LeftButton)
    assert [gallery.model.position(row) for row in range(3)] == [1, 2, 0]
    assert gallery.turn.accessibleName() == "Order: descending"
    gallery.order.setCurrentIndex(texts.index("Area of HE"))
    gallery.order.activated.emit(0)
    assert session.filtering.sort == Sort("area", True, 1), "the largest first"


def test_a_row_tells_the_number_that_the_list_is_sorted_by(qtbot, session, gallery) -> None:
    session.fill(["a.png", "b.png"])
    session.filtering.facts.put("uncertainty", [0], [0.925])
    session.filtering.facts.put(area_column(0), [1], [0.0123])
    plain = bytes(_drawn(gallery, 0).constBits())
    filtered(qtbot, session, statuses=("unseen",))
    with qtbot.waitSignal(session.filtering.changed):
        session.filtering.set(order=Sort("uncertainty"))
    assert [session.filtering.sorted_by(at) for at in (0, 1)] == [".93", ""]
    assert bytes(_drawn(gallery, 0).constBits()) != plain
    session.filtering.set(order=Sort("area", True, 0))
    assert [session.filtering.sorted_by(at) for at in (0, 1)] == ["", "1.23 %"]


# ---- grid


def test_the_grid_draws_cells_and_asks_for_what_is_in_sight(qtbot, session, gallery) -> None:
    session.fill([f"{n}.png" for n in range(5000)])
    gallery.resize(456, 700)
    gallery.toggle_grid()
    settle(gallery)
    view = gallery.list
    first, second = (view.visualRect(gallery.model.index(row)) for row in (0, 1))
    assert first.top() == second.top() and second.left() == first.left() + CELL_SIDES[1] + 16
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    view.want_visible()
    sight = view.viewport().rect()
    rows = [row for row in range(5000) if view.visualRect(gallery.model.index(row)).intersects(sight)]
    assert set(rows) <= set(session.wanted) and len(session.wanted) < 60
    gallery.resize_by(1)
    settle(gallery)
    assert view.visualRect(gallery.model.index(1)).width() == CELL_SIDES[2] + 16
    gallery.toggle_grid()
    settle(gallery)
    at_top = view.rows_in_sight().start
    assert abs(at_top - rows[0]) <= 3, "what was in sight stays in sight"
    assert view.visualRect(gallery.model.index(at_top + 1)).height() == ROW


def settle(gallery: Gallery) -> None:
    gallery.list.executeDelayedItemsLayout()
    gallery.grab()


# ---- several at once


def click(
    gallery: Gallery, row: int, keys=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton
) -> None:
    where = gallery.list.visualRect(gallery.model.index(row)).center()
    QTest.mouseClick(gallery.list.viewport(), button, keys, where)


def test_shift_and_ctrl_choose_several_without_going_anywhere(qtbot, session, gallery) -> None:
    session.fill([f"{n}.png" for n in range(40)])
    settle(gallery)
    click(gallery, 1)
    assert session.position == 1 and gallery.bulk.isHidden()
    click(gallery, 4, Qt.KeyboardModifier.ShiftModifier)
    assert gallery.list.chosen().tolist() == [1, 2, 3, 4] and session.position == 1
    click(gallery, 2, Qt.KeyboardModifier.ControlModifier)
    assert gallery.list.chosen().tolist() == [1, 3, 4]
    assert gallery.bulk.isVisible() and gallery.bulk.count.text() == "3 images"
    session.go_to(3)
    assert gallery.list.chosen().tolist() == [1, 3, 4], "going on keeps what is chosen"
    gallery.list.setFocus()
    QTest.keyClick(gallery.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert len(gallery.list.chosen()) > 1
    QTest.keyClick(gallery.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(gallery.list.chosen()) == 40
    gallery.bulk.dismissed.emit()
    assert gallery.list.chosen().tolist() == [gallery.list.currentIndex().row()] and gallery.bulk.isHidden()


def test_arrows_in_the_list_go_from_image_to_image(qtbot, session, gallery) -> None:
    session.fill([f"{n}.png" for n in range(40)])
    session.go_to(5)
    gallery.list.setFocus()
    QTest.keyClick(gallery.list, Qt.Key.Key_Down)
    assert session.position == 6
    QTest.keyClick(gallery.list, Qt.Key.Key_Home)
    assert session.position == 0


def test_every_offer_says_how_many_it_touches(qtbot, session, gallery) -> None:
    session.fill([f"{n}.png" for n in range(10)])
    facts = session.filtering.facts
    facts.put(grade_column("severity"), range(4), ["1", "1", "2", "1"])
    session.mark(0, "accepted")
    session.mark(9, "second look")
    gallery.list.choose_all()
    assert gallery.bulk.finish.text() == "Finish 3 of 10"
    assert gallery.bulk.second_look.text() == "Second look 9 of 10"
    menu = gallery.bulk.grade.menu()
    menu.aboutToShow.emit()
    texts = [one.text() for one in menu.actions() if one.text()]
    assert texts == ["0\t10", "1\t7", "2\t9", "3\t10", "4\t10", "Not set\t4"]
    assert "unreviewed" in gallery.bulk.finish.toolTip()


def test_the_bar_asks_for_changes_of_what_is_chosen(qtbot, session, gallery, monkeypatch) -> None:
    session.fill([f"{n}.png" for n in range(10)])
    session.filtering.facts.put(grade_column("severity"), range(10), ["1"] * 10)
    asked: list[object] = []
    monkeypatch.setattr(session.bulk, "run", lambda change, positions: asked.append((change, positions)))
    filtered(qtbot, session, text="1")
    session.filtering.clear()
    gallery.list.choose_all()
    QTest.mouseClick(gallery.bulk.second_look, Qt.MouseButton.LeftButton)
    QTest.mouseClick(gallery.bulk.finish, Qt.MouseButton.LeftButton)
    QTest.mouseClick(gallery.bulk.reject, Qt.MouseButton.LeftButton)
    QTest.keyClicks(gallery.bulk.reason, "Blurred")
    QTest.keyClick(gallery.bulk.reason, Qt.Key.Key_Return)
    menu = gallery.bulk.finding.menu()
    menu.aboutToShow.emit()
    menu.actions()[0].menu().actions()[0].trigger()
    every = list(range(10))
    assert asked == [
        (SetAside("second look"), every),
        (FinishValues(), every),
        (SetAside("rejected", "Blurred"), every),
        (SetValue("finding:DME", "present"), every),
    ]


def test_the_right_button_asks_about_one_or_many(qtbot, session, gallery) -> None:
    session.fill([f"{n}.png" for n in range(10)])
    settle(gallery)
    click(gallery, 2)
    click(gallery, 6, button=Qt.MouseButton.RightButton)
    assert gallery.list.chosen().tolist() == [6] and session.position == 2
    wanted: list[int] = []
    gallery.beside.connect(wanted.append)
    click(gallery, 4, button=Qt.MouseButton.MiddleButton)
    assert wanted == [4] and session.position == 2
    menu = QMenu()
    gallery.bulk.fill(menu)
    texts = [one.text() for one in menu.actions()]
    assert texts[0] == "1 image" and "Second look\t1" in texts


# ---- progress


def test_the_bar_shows_every_status_and_a_click_filters(qtbot, session, gallery) -> None:
    session.fill(["a", "b", "c"])
    session.values["status_counts"] = {"accepted": 1, "unseen": 99_999}
    session.statuses_changed.emit()
    bar = gallery.progress
    parts = dict(bar.parts())
    assert parts["accepted"].width() >= 3 and parts["unseen"].right() == bar.width() - 1
    assert bar.accessibleName() == "Progress: 1 accepted, 99,999 unseen"
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=parts["unseen"].center())
    assert session.filtering.filter.statuses == ("unseen",)
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=dict(bar.legend())["unseen"].center())
    assert session.filtering.filter.statuses == (), "asked again: all of them"
    bar.setFocus()
    QTest.keyClick(bar, Qt.Key.Key_Right)
    QTest.keyClick(bar, Qt.Key.Key_Return)
    assert session.filtering.filter.statuses == ("unseen",)
