from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath

from desktop.canvas.component_mark import ChangeMark, ComponentMark, outline
from desktop.canvas.framing import framed
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.canvas.viewport import Viewport


def drawn(mark, viewport: Viewport) -> np.ndarray:
    """The mark on mid grey, (H, W, 3)."""
    image = QImage(viewport.view_width, viewport.view_height, QImage.Format.Format_RGB32)
    image.fill(QColor(128, 128, 128))
    painter = QPainter(image)
    mark.paint(painter, viewport)
    painter.end()
    return rgb8_from_qimage(image)


def test_an_outline_runs_just_outside_of_the_pixels_and_around_holes():
    mask = np.ones((6, 9), bool)
    mask[2:4, 3:5] = False
    path = outline(mask, (10, 20))
    box = path.boundingRect()
    assert (box.left(), box.top()) == pytest.approx((19.75, 9.75))
    assert (box.right(), box.bottom()) == pytest.approx((29.25, 16.25))
    hole = path.contains(QPointF(24.0, 13.0))
    assert not hole and path.contains(QPointF(21.0, 11.0))


def test_a_large_mask_has_an_outline_through_its_border_pixels():
    mask = np.zeros((800, 800), bool)
    mask[100:700, 200:600] = True
    box = outline(mask, (0, 0)).boundingRect()
    assert (box.left(), box.top(), box.right(), box.bottom()) == pytest.approx((200.5, 100.5, 599.5, 699.5))
    assert outline(np.zeros((5, 5), bool), (0, 0)).isEmpty()


def test_the_mark_surrounds_a_speck_and_covers_nothing_of_it():
    viewport = Viewport(400, 300, 400, 300)
    mark = ComponentMark()
    blank = drawn(mark, viewport)
    assert (blank == 128).all() and not mark.shown
    mark.show(
        outline(np.ones((30, 30), bool), (100, 100)), (100, 100, 130, 130), QColor("#E69F00"), missed=False
    )
    shown = drawn(mark, viewport)
    changed = (shown != 128).any(axis=2)
    assert mark.shown and changed[99, 100:130].any()
    assert not changed[105:125, 105:125].any(), "nothing is dimmed"
    rows, columns = np.nonzero(changed)
    assert rows.min() < 95 and columns.max() > 134, "brackets stand off it"
    mark.hide()
    assert (drawn(mark, viewport) == 128).all()


def test_what_is_missed_is_dashed_in_its_colour():
    viewport = Viewport(400, 300, 400, 300)
    mark = ComponentMark()
    path = outline(np.ones((100, 100), bool), (100, 100))
    mark.show(path, (100, 100, 200, 200), QColor(255, 0, 0), missed=True)
    red = (drawn(mark, viewport).astype(int) @ [2, -1, -1])[99, 110:190] > 200
    assert red.any() and not red.all()


def test_changes_are_shown_solid_for_more_and_dashed_for_less():
    viewport = Viewport(400, 300, 400, 300)
    mark = ChangeMark()
    assert (drawn(mark, viewport) == 128).all()
    mark.show(outline(np.ones((50, 50), bool), (20, 20)), QPainterPath(), QColor(255, 0, 0))
    red = (drawn(mark, viewport).astype(int) @ [2, -1, -1])[19, 25:65]
    assert (red > 100).all()
    mark.hide()
    assert (drawn(mark, viewport) == 128).all()


def test_a_speck_is_brought_near_with_what_lies_around_it():
    viewport = Viewport(4288, 2848, 1200, 800).fit()
    near = framed(viewport, (1000, 2000, 1008, 2008))
    assert near.scale == 3.0
    assert near.to_view(2004, 1004) == pytest.approx((600, 400), abs=2)
    again = framed(near, (1500, 1500, 1506, 1512))
    assert again.scale == near.scale, "from speck to speck the scale stays"
    large = framed(again, (500, 500, 2500, 3500))
    assert large.scale < 0.3
    y0, x0, y1, x1 = large.visible_box()
    assert y0 <= 500 and x0 <= 500 and y1 >= 2500 and x1 >= 3500


def test_a_piece_at_the_border_is_in_sight():
    viewport = Viewport(500, 400, 1200, 800).fit()
    near = framed(viewport, (0, 0, 5, 5))
    y0, x0, _, _ = near.visible_box()
    assert (y0, x0) == (0, 0) and near.scale == 3.0
