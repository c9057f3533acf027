"""The view of equally large items: arithmetic, keys and selection against what one sees."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelection, QPoint, QRect, QSize, QStringListModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView

from desktop.panels.uniform_view import UniformView


@pytest.fixture
def view(qtbot) -> UniformView:
    made = UniformView()
    qtbot.addWidget(made)
    made.model_ = QStringListModel([str(n) for n in range(100)])
    made.setModel(made.model_)
    made.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    made.set_cell(QSize(50, 40), side_by_side=True)
    made.resize(230, 200)
    made.show()
    return made


def row(view: UniformView) -> int:
    return view.currentIndex().row()


def test_places_and_rows_agree(view) -> None:
    assert view.columns == 4
    assert view.row_rect(5) == QRect(50, 40, 50, 40)
    for number in range(100):
        index = view.model().index(number, 0)
        assert view.indexAt(view.visualRect(index).center()).row() == number
    assert not view.indexAt(QPoint(205, 10)).isValid(), "beside the last column there is nothing"
    assert list(view.rows_in_sight()) == list(range(20))
    view.verticalScrollBar().setValue(60)
    assert view.rows_in_sight() == range(4, 28) and view.row_rect(4).top() == -20
    assert view.verticalScrollBar().maximum() == 25 * 40 - view.viewport().height()


def test_keys_move_as_the_eye_does(view) -> None:
    view.setCurrentIndex(view.model().index(5, 0))
    view.setFocus()
    for key, there in (
        (Qt.Key.Key_Down, 9), (Qt.Key.Key_Up, 5), (Qt.Key.Key_Right, 6), (Qt.Key.Key_Left, 5),
        (Qt.Key.Key_Up, 1), (Qt.Key.Key_Up, 1), (Qt.Key.Key_End, 99), (Qt.Key.Key_Down, 99),
        (Qt.Key.Key_Home, 0),
    ):  # fmt: skip
        QTest.keyClick(view, key)
        assert row(view) == there
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert row(view) == 20
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex())), "it is brought into sight"


def test_shift_chooses_in_reading_order(view) -> None:
    def chosen() -> list[int]:
        return sorted(index.row() for index in view.selectionModel().selectedIndexes())

    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.row_rect(6).center())
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, shift, view.row_rect(9).center())
    assert chosen() == [6, 7, 8, 9]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, shift, view.row_rect(3).center())
    assert chosen() == [3, 4, 5, 6]
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Down, shift)
    assert chosen() == [6, 7]
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(chosen()) == 100
    far = QItemSelection(view.model().index(90, 0), view.model().index(95, 0))
    assert view.visualRegionForSelection(far).isEmpty()


def test_another_layout_keeps_the_place_and_an_empty_model_is_no_trouble(view) -> None:
    view.verticalScrollBar().setValue(400)
    first = view.rows_in_sight().start
    view.set_cell(QSize(1, 20), side_by_side=False)
    assert view.rows_in_sight().start == first and view.columns == 1
    assert view.row_rect(first).width() == view.viewport().width()
    view.model_.setStringList([])
    assert view.rows_in_sight() == range(0) and not view.indexAt(QPoint(5, 5)).isValid()
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    view.grab()
