import re

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QSize
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer

from desktop.canvas.adjust import ViewSettings
from desktop.canvas.figure import Figure, Size, figure_bytes
from desktop.canvas.marks import LineMark, PointMark
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.canvas.styles import LayerStyle
from desktop.canvas.viewport import Viewport
from desktop.project.measures import Spacing, bar_length

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def rgb():
    return np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)


def figure(rgb, viewport, **more):
    return Figure(ImagePyramid.build(rgb), None, {}, ViewSettings(), viewport, **more)


def pixels(data: bytes) -> np.ndarray:
    image = QImage()
    assert image.loadFromData(QByteArray(data))
    return rgb8_from_qimage(image)


def test_the_bare_figure_at_the_images_own_pixels_is_the_image(rgb):
    seen = Viewport(400, 300, 200, 180).fit()
    assert np.array_equal(pixels(figure_bytes(figure(rgb, seen, size=Size.ORIGINAL), ".png")), rgb)


@pytest.mark.parametrize(("size", "factor"), [(Size.SEEN, 1), (Size.DOUBLE, 2)])
def test_only_what_is_seen_of_the_image_is_in_it(rgb, size, factor):
    seen = Viewport(400, 300, 500, 100).fit().scaled_to(1.0, 0, 0).centred_on(200, 200)
    shown = pixels(figure_bytes(figure(rgb, seen, size=size), ".png"))
    assert shown.shape == (100 * factor, 400 * factor, 3), "without the surround"
    assert np.array_equal(shown[::factor, ::factor][:, 5:-5], rgb[150:250][:, 5:-5]) == (factor == 1)


def test_layers_legend_bar_marks_and_caption_are_there(rgb):
    planes = np.zeros((1, 300, 400), np.uint8)
    planes[0, 100:150, 100:150] = 1
    seen = Viewport(400, 300, 400, 300).fit()
    bare = figure(rgb, seen)
    full = Figure(
        bare.image,
        OverlayPyramid(planes),
        {0: LayerStyle(color="#FF0000", opacity=1.0)},
        ViewSettings(),
        seen,
        legend=(("#FF0000", "MA"), ("#00FF00", "A class with a long name"), ("#0000FF", "SE")),
        caption="eye.png · reader ann",
        spacing=Spacing(0.01, 0.01),
        marks=(LineMark((300, 50), (360, 60), "0.6 mm"), PointMark((200, 80), "Fovea")),
    )
    shown = pixels(figure_bytes(full, ".png"))
    assert shown.shape[1] == 400 and shown.shape[0] > 320
    assert (shown[100:150, 100:150] == (255, 0, 0)).all()
    footer = shown[300:]
    for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255)):
        assert (footer == color).all(-1).any(), "its colour stands in the legend"
    assert (footer[-1] == 255).all() or footer.min() < 120
    assert not np.array_equal(shown[250:300, :150], rgb[250:300, :150]), "the scale bar"
    assert not np.array_equal(shown[40:70, 290:370], rgb[40:70, 290:370]), "the calliper"
    assert np.array_equal(shown[150:200, 200:290], rgb[150:200, 200:290]), "and nothing elsewhere"


def test_svg_has_words_as_words_and_a_white_page(rgb):
    seen = Viewport(400, 300, 400, 300).fit()
    data = figure_bytes(figure(rgb, seen, legend=(("#FF0000", "MA"),), caption="eye & <co>"), ".svg")
    words = re.findall(r"<text[^>]*>([^<]*)</text>", data.decode())
    assert any("MA" in one for one in words) and any("eye &amp; &lt;co&gt;" in one for one in words)
    renderer = QSvgRenderer(QByteArray(data))
    assert renderer.isValid() and renderer.viewBox().width() == 400
    assert renderer.viewBox().size() != QSize(400, 300)


def test_pdf_is_one_page_as_wide_as_two_columns(rgb):
    seen = Viewport(400, 300, 400, 300).fit()
    data = figure_bytes(figure(rgb, seen, caption="eye.png"), ".pdf")
    assert data.startswith(b"%PDF") and data.count(b"/Type /Page\n") == 1
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert float(box[1]) == pytest.approx(170 / 25.4 * 72, abs=1.5)
    with pytest.raises(ValueError, match="png"):
        figure_bytes(figure(rgb, seen), ".bmp")


def test_a_scale_bar_is_a_round_number_and_not_too_long():
    for width in (0.003, 0.5, 7.3, 12, 49.99, 50, 3000):
        length = bar_length(width)
        assert length <= width / 5 * 1.0000001 and length >= width / 13
        assert round(length / 10 ** np.floor(np.log10(length) + 1e-9)) in (1, 2, 5)
    with pytest.raises(ValueError, match="positive"):
        bar_length(0)
