"""The strips below the canvas in a narrow window: what is chosen can be read."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.copy_class import CopyStrip
from desktop.theme import look


def nothing(*_: object) -> None:
    """Nobody waits for what is chosen."""


@pytest.mark.parametrize("width", [390, 500, 1100])
def test_the_choices_of_a_copy_take_more_lines_in_a_narrow_window(qtbot, qapp, width):
    look().apply(qapp, "dark")
    window = QWidget()
    column = QVBoxLayout(window)
    column.addStretch(1)
    strip = CopyStrip(take=nothing, leave=nothing, kind_changed=nothing, changed=nothing)
    column.addWidget(strip)
    qtbot.addWidget(window)
    strip.set_which(["IDRiD_02.jpg", "IDRiD_03.jpg"])
    strip.set_classes([("Microaneurysms", 0), ("Haemorrhages", 1)], 0)
    window.resize(width, 500)
    window.show()
    strip.open()
    strip.show_offer("Microaneurysms · adds 60 px", True)
    qtbot.waitExposed(window)
    choices = (strip.kind, strip.which, strip.source_class, strip.how)
    for one in choices:
        assert one.width() >= min(one.sizeHint().width(), 120), one.accessibleName()
        assert strip.rect().contains(one.geometry())
    assert (len({one.y() for one in choices}) == 1) is (width == 1100)
    assert strip.says.y() >= max(one.geometry().bottom() for one in choices)
