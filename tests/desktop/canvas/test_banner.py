"""The banner stays inside the canvas, whatever it has to say, and shows the colours of its legend."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from desktop.canvas.banner import Banner, Key, paint_banner
from desktop.canvas.pyramid import ImagePyramid
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.canvas.view import CanvasView

LEGEND = (
    Key("#F0E442", "only in the label"),
    Key("#56B4E9", "only in the prediction"),
    Key("#FFFFFF", "in both"),
)


def painted(banner: Banner, width: int) -> tuple[np.ndarray, QRectF]:
    image = QImage(width, 200, QImage.Format.Format_RGB32)
    image.fill(QColor(255, 0, 255))
    painter = QPainter(image)
    rect = paint_banner(painter, banner, QRectF(0, 0, width, 200), QFont("sans", 10))
    painter.end()
    return rgb8_from_qimage(image), rect


@pytest.mark.parametrize("width", [420, 700, 1600])
@pytest.mark.parametrize("keys", [(), LEGEND])
def test_it_stays_inside_however_much_it_says(qapp, width, keys):
    banner = Banner(
        "Difference", "Microaneurysms, Haemorrhages, Hard exudates, Cotton-wool spots, " * 3, keys
    )
    shown, rect = painted(banner, width)
    assert rect.left() >= 0
    assert rect.right() <= width
    touched = (shown != (255, 0, 255)).any(axis=2)
    columns = np.flatnonzero(touched.any(axis=0))
    assert columns[0] >= rect.left() - 1
    assert columns[-1] <= rect.right() + 1
    assert abs(columns[0] + columns[-1] - width) < 4, "in the middle"


def test_the_legend_shows_its_colours(qapp):
    shown, _ = painted(Banner("Difference", "MA", LEGEND), 1000)
    for key in LEGEND:
        color = QColor(key.color)
        same = (shown == (color.red(), color.green(), color.blue())).all(axis=2)
        assert same.sum() >= 60, key.text


def test_it_is_said_to_those_who_do_not_see_it(qtbot):
    view = CanvasView()
    qtbot.addWidget(view)
    view.set_image(ImagePyramid.build(np.zeros((30, 40, 3), np.uint8)))
    view.set_banner(Banner("Difference", "MA", LEGEND[:2]))
    said = "Difference. MA. only in the label, only in the prediction. 40 by 30 pixels"
    assert view.accessibleDescription() == said
    view.set_banner(None)
    assert view.accessibleDescription() == "40 by 30 pixels"
