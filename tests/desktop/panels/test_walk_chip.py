from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from desktop.panels.walk_chip import WalkChip
from desktop.theme import look


@pytest.fixture
def canvas(qtbot, qapp) -> QWidget:
    look().apply(qapp, "dark")
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def words(chip: WalkChip) -> list[str]:
    return [one.text() for one in chip.findChildren(QLabel) if one.isVisible() and one.text()]


def show(chip: WalkChip) -> None:
    chip.show_piece(12, 35, "Haemorrhages", "#56b4e9", 0.85, decided=False, missed=False, classes=4)


def test_a_wide_canvas_has_room_for_every_key(canvas):
    chip = WalkChip(canvas)
    show(chip)
    assert words(chip)[-2:] == ["next", "Tab"] and "Ctrl+Shift+1…4" in words(chip)
    assert canvas.rect().contains(chip.geometry())


@pytest.mark.parametrize("width", [420, 390, 300, 240])
def test_in_a_narrow_canvas_keys_are_left_out_and_nothing_is_cut(canvas, width):
    canvas.resize(width, 400)
    chip = WalkChip(canvas)
    show(chip)
    assert canvas.rect().contains(chip.geometry())
    assert words(chip)[:2] == ["12 of 35", "Haemorrhages"] and "Tab" not in words(chip)
    for part in chip.findChildren(QLabel):
        if part.isVisible():
            assert part.width() >= part.sizeHint().width(), part.text()


def test_the_keys_come_back_with_the_room(canvas):
    chip = WalkChip(canvas)
    show(chip)
    whole = words(chip)
    canvas.resize(300, 400)
    assert words(chip) != whole and canvas.rect().contains(chip.geometry())
    canvas.resize(900, 400)
    assert words(chip) == whole


def test_a_sentence_is_wrapped_where_it_has_no_room(canvas):
    canvas.resize(300, 400)
    chip = WalkChip(canvas)
    chip.tell("There is no piece of a visible class here, and none that the model missed by little.")
    assert canvas.rect().contains(chip.geometry())
    assert chip.sentence.heightForWidth(chip.sentence.width()) <= chip.sentence.height()
