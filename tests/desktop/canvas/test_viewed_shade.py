import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.canvas.marks import LineMark, MarksDecoration, PointMark
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.canvas.viewed_shade import ViewedShade
from desktop.canvas.viewport import Viewport
from desktop.project.viewed import ViewedArea

pytestmark = pytest.mark.usefixtures("qapp")


def painted(decoration, viewport) -> np.ndarray:
    """What a decoration draws on a white view, (h, w, 3)."""
    page = QImage(viewport.view_width, viewport.view_height, QImage.Format.Format_RGB32)
    page.fill(QColor(255, 255, 255))
    painter = QPainter(page)
    decoration.paint(painter, viewport)
    painter.end()
    return rgb8_from_qimage(page)


@pytest.mark.parametrize("size", [(372, 424), (801, 601), (137, 99)])
@pytest.mark.parametrize("image", [(2848, 4288), (100, 130), (2849, 4287)])
def test_the_whole_image_is_shaded_and_nothing_beside_it(size, image):
    area = ViewedArea(*image)
    viewport = Viewport(image[1], image[0], *size).fit()
    shown = painted(ViewedShade(lambda: area), viewport)
    y0, x0, y1, x1 = viewport.drawn_box()
    assert (shown[y0:y1, x0:x1] < 200).all()
    shown[y0:y1, x0:x1] = 255
    assert (shown == 255).all()


def test_what_was_seen_is_left_bright_and_the_shade_follows():
    area = ViewedArea(320, 320)
    viewport = Viewport(320, 320, 320, 320)
    shade = ViewedShade(lambda: area)
    assert (painted(shade, viewport) < 200).all()
    area.see((0, 0, 64, 128))
    shown = painted(shade, viewport)
    assert (shown[:64, :128] == 255).all()
    shown[:64, :128] = 0
    assert (shown < 200).all()


def test_an_area_of_another_image_is_not_drawn():
    shown = painted(ViewedShade(lambda: ViewedArea(64, 64)), Viewport(320, 320, 320, 320))
    assert (shown == 255).all()
    assert (painted(ViewedShade(lambda: None), Viewport(320, 320, 320, 320)) == 255).all()


def test_marks_are_drawn_where_they_are_and_the_chosen_one_in_the_accent():
    viewport = Viewport(400, 300, 800, 600).fit()
    marks = [LineMark((50, 50), (150, 50), "1.5 mm", True), PointMark((300, 200), "Fovea")]
    accent = QColor("#ff00ff")
    shown = painted(MarksDecoration(lambda: marks, lambda: accent), viewport)
    changed = (shown != 255).any(-1)
    rows, columns = np.nonzero(changed)
    assert changed[100, 110:290].all(), "the line from end to end"
    red, green, blue = shown[100, 200]
    assert red > 180 and blue > 180 and green < 60
    assert changed[400, 600] and rows.max() < 470 and columns.min() > 80
    assert not changed[200:370].any(), "nothing between the two"
