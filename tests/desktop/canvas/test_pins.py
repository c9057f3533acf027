"""Pins: the tip on the place, the head to be clicked, seen on bright and on dark ground."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.canvas.pins import HEAD, Pin, PinsDecoration, head_centre
from desktop.canvas.viewport import Viewport

VIEW = Viewport(100, 80, 400, 320).fit()
ACCENT = (QColor("#a08cff"), QColor("#141414"))


def painted(pins: list[Pin], ground: str, ratio: float = 1.0) -> tuple[QImage, PinsDecoration]:
    image = QImage(round(400 * ratio), round(320 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(ground))
    decoration = PinsDecoration(lambda: pins, lambda: ACCENT)
    painter = QPainter(image)
    painter.scale(1 / ratio, 1 / ratio)
    decoration.paint(painter, VIEW if ratio == 1 else Viewport(100, 80, image.width(), image.height()).fit())
    painter.end()
    return image, decoration


def test_the_head_stands_above_its_place() -> None:
    x, y = VIEW.to_view(30.5, 40.5)
    centre = head_centre(VIEW, Pin((40, 30), "1"), 1.0)
    assert centre.x() == x and centre.y() < y - HEAD


@pytest.mark.parametrize("ground", ["#000000", "#ffffff", "#c84020"])
def test_a_pin_is_seen_on_any_ground(qapp, ground) -> None:
    image, _ = painted([Pin((40, 30), "1")], ground)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(320, 400, 4)[..., :3].astype(int)
    changed = np.abs(pixels - np.array(QColor(ground).getRgb()[2::-1])).sum(-1) > 150
    assert changed.sum() > 60
    rows, columns = np.nonzero(changed)
    x, y = VIEW.to_view(30.5, 40.5)
    assert rows.max() <= y + 2 and abs(columns.mean() - x) < 2


def test_only_the_head_is_hit_and_the_chosen_pin_first(qapp) -> None:
    near = [Pin((40, 30), "1"), Pin((40, 31), "2", selected=True)]
    _, decoration = painted(near, "#000000")
    centre = head_centre(VIEW, near[0], 1.0)
    assert decoration.pin_under(VIEW, centre.x(), centre.y()).text == "2"
    assert decoration.pin_under(VIEW, centre.x() - HEAD, centre.y()).text == "1"
    assert decoration.pin_under(VIEW, centre.x(), centre.y() + 3 * HEAD) is None


def test_pins_have_the_size_of_the_screen_also_at_high_density(qapp) -> None:
    image, decoration = painted([Pin((40, 30), "1", selected=True)], "#000000", ratio=2.0)
    assert decoration.ratio == 2.0
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(640, 800, 4)
    columns = np.nonzero(pixels[..., :3].any(-1))[1]
    assert 4 * HEAD <= columns.max() - columns.min() <= 4 * HEAD + 8
