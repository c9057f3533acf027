"""A picture of what is seen, for a paper or a letter: image and layers, legend, scale bar, marks, caption.

Image and layers are pixels; all the rest is drawn, so that it stays sharp in PDF and SVG. Nothing here needs
the GUI thread.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
)
from PySide6.QtSvg import QSvgGenerator

from desktop.canvas.adjust import ViewSettings
from desktop.canvas.composer import Composer
from desktop.canvas.marks import LineMark, PointMark, paint_line, paint_point
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.styles import LayerStyle
from desktop.canvas.viewport import Viewport
from desktop.project.measures import Spacing, bar_length, length_text

__all__ = ["FIGURE_KINDS", "Figure", "Size", "figure_bytes"]

FIGURE_KINDS = {".png": "PNG picture", ".pdf": "PDF", ".svg": "SVG"}
PAGE_WIDTH_MM = 170.0
"""Width of a PDF figure: two columns of a journal."""
_PAPER, _INK, _QUIET = QColor("#ffffff"), QColor("#1b1b1b"), QColor("#5a5a5a")
_ACCENT = QColor(255, 255, 255)
_EMS_ACROSS = 64
"""The width of a figure in units of its letters' height, whatever its resolution."""


class Size(Enum):
    """How many pixels a figure has."""

    SEEN = "as seen"
    DOUBLE = "twice as seen"
    ORIGINAL = "the image's own pixels"


@dataclass(frozen=True, slots=True)
class Figure:
    """Everything that a figure shows. ``legend`` holds (colour, name); empty: none. ``caption`` empty: none.

    ``spacing`` None: no scale bar. ``ratio`` is the screen's device pixel ratio, which outlines follow.
    """

    image: ImagePyramid
    overlay: OverlayPyramid | None
    styles: Mapping[int, LayerStyle]
    settings: ViewSettings
    viewport: Viewport
    size: Size = Size.SEEN
    legend: tuple[tuple[str, str], ...] = ()
    caption: str = ""
    spacing: Spacing | None = None
    marks: tuple[LineMark | PointMark, ...] = ()
    ratio: float = 1.0

    def factor(self) -> float:
        """Pixels of the figure a device pixel of the screen."""
        return {Size.SEEN: 1.0, Size.DOUBLE: 2.0, Size.ORIGINAL: 1.0 / self.viewport.scale}[self.size]

    def seen(self) -> Viewport:
        """The view that is just as large as what is seen of the image, in pixels of the figure."""
        y0, x0, y1, x1 = self.viewport.drawn_box()
        factor = self.factor()
        return replace(
            self.viewport,
            view_width=max(1, round((x1 - x0) * factor)),
            view_height=max(1, round((y1 - y0) * factor)),
            scale=self.viewport.scale * factor,
            origin_x=(self.viewport.left - x0) * factor,
            origin_y=(self.viewport.top - y0) * factor,
            fitted=False,
        )


def figure_bytes(figure: Figure, suffix: str) -> bytes:
    """The file's bytes, for ".png", ".pdf" or ".svg". Raises ValueError for another kind."""
    if suffix not in FIGURE_KINDS:
        raise ValueError(f"A figure is one of {', '.join(FIGURE_KINDS)}, not {suffix!r}.")
    viewport = figure.seen()
    picture = _pixels(figure, viewport)
    footer = _Footer(figure, viewport.view_width)
    size = QSize(viewport.view_width, viewport.view_height + math.ceil(footer.height))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if suffix == ".png":
        page = QImage(size, QImage.Format.Format_RGB32)
        _paint(page, figure, viewport, picture, footer)
        page.save(buffer, "PNG")  # type: ignore[call-overload]
    elif suffix == ".svg":
        drawing = QSvgGenerator()
        drawing.setOutputDevice(buffer)
        drawing.setSize(size)
        drawing.setViewBox(QRect(0, 0, size.width(), size.height()))
        drawing.setTitle(figure.caption or "Figure")
        _paint(drawing, figure, viewport, picture, footer)
    else:
        _write_pdf(buffer, size, figure, viewport, picture, footer)
    buffer.close()
    return bytes(buffer.data().data())


def _write_pdf(
    buffer: QBuffer, size: QSize, figure: Figure, viewport: Viewport, picture: QImage, footer: _Footer
) -> None:
    writer = QPdfWriter(buffer)
    height = PAGE_WIDTH_MM * size.height() / size.width()
    page = QPageSize(QSizeF(PAGE_WIDTH_MM, height), QPageSize.Unit.Millimeter, "Figure")
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    writer.setResolution(max(72, round(size.width() / (PAGE_WIDTH_MM / 25.4))))
    writer.setTitle(figure.caption or "Figure")
    writer.setCreator("Overread")
    _paint(writer, figure, viewport, picture, footer, width=size.width())


def _pixels(figure: Figure, viewport: Viewport) -> QImage:
    """Image and layers as the canvas composes them."""
    composer = Composer()
    composer.set_image(figure.image)
    composer.set_settings(figure.settings)
    composer.set_overlay(figure.overlay)
    composer.set_styles(figure.styles)
    composer.set_viewport(viewport, max(1, round(1.5 * figure.ratio * figure.factor())))
    picture = QImage(viewport.view_width, viewport.view_height, QImage.Format.Format_RGB32)
    picture.fill(QColor(0, 0, 0))
    painter = QPainter(picture)
    composer.paint(painter, viewport.drawn_box())
    painter.end()
    return picture


def _paint(
    device: QImage | QPdfWriter | QSvgGenerator,
    figure: Figure,
    viewport: Viewport,
    picture: QImage,
    footer: _Footer,
    *,
    width: int = 0,
) -> None:
    painter = QPainter(device)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
        if width:
            painter.scale(device.width() / width, device.width() / width)
        whole = QRectF(0, 0, viewport.view_width, viewport.view_height + math.ceil(footer.height))
        painter.fillRect(whole, _PAPER)
        painter.drawImage(QPointF(0, 0), picture)
        painter.setClipRect(QRectF(0, 0, viewport.view_width, viewport.view_height))
        unit = footer.em / 12
        for mark in figure.marks:
            plain = replace(mark, selected=False)
            if isinstance(plain, LineMark):
                paint_line(painter, viewport, plain, _ACCENT, unit)
            else:
                paint_point(painter, viewport, plain, _ACCENT, unit)
        if figure.spacing is not None:
            _paint_bar(painter, viewport, figure.spacing, footer.em)
        painter.setClipping(False)
        footer.paint(painter, viewport.view_height)
    finally:
        painter.end()


def _paint_bar(painter: QPainter, viewport: Viewport, spacing: Spacing, em: float) -> None:
    """A scale bar at the lower left, its length above it; light with a dark rim."""
    _, x0, y1, x1 = viewport.drawn_box()
    millimetres = bar_length((x1 - x0) / viewport.scale * spacing.x_mm)
    length = millimetres / spacing.x_mm * viewport.scale
    left, base = x0 + 1.5 * em, y1 - 1.5 * em
    font = _font(em)
    words = length_text(millimetres).replace(".00 ", " ").replace(".0 ", " ")
    width = QFontMetricsF(font).horizontalAdvance(words)
    plate = QRectF(left - 0.6 * em, base - 1.9 * em, max(length, width) + 1.2 * em, 2.6 * em)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 140))
    painter.drawRoundedRect(plate, 0.3 * em, 0.3 * em)
    pen = QPen(QColor(255, 255, 255), 0.22 * em)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.drawLine(QPointF(left, base), QPointF(left + length, base))
    painter.setFont(font)
    painter.drawText(QPointF(left, base - 0.6 * em), words)


class _Footer:
    """Legend and caption below the image, in lines as wide as the image."""

    def __init__(self, figure: Figure, width: int) -> None:
        self.em = max(9.0, width / _EMS_ACROSS)
        self._width = width
        self._font = _font(self.em)
        self._metrics = QFontMetricsF(self._font)
        self._rows = self._lay_out(figure.legend)
        self._caption = figure.caption
        self._caption_height = self._wrapped() if figure.caption else 0.0
        rows = 1.8 * self.em * len(self._rows)
        gaps = (0.8 * self.em if self._rows else 0.0) + (0.8 * self.em if figure.caption else 0.0)
        self.height = rows + self._caption_height + gaps

    def _lay_out(self, legend: tuple[tuple[str, str], ...]) -> list[list[tuple[float, str, str]]]:
        rows: list[list[tuple[float, str, str]]] = []
        at = float(self._width)
        for color, name in legend:
            width = 1.6 * self.em + self._metrics.horizontalAdvance(name) + 1.6 * self.em
            if at + width > self._width or not rows:
                rows.append([])
                at = 0.0
            rows[-1].append((at, color, name))
            at += width
        return rows

    def _wrapped(self) -> float:
        room = QRectF(0, 0, self._width, 1e6)
        return float(self._metrics.boundingRect(room, _CAPTION_FLAGS, self._caption).height())

    def paint(self, painter: QPainter, top: float) -> None:
        """Draw at ``top``."""
        painter.setFont(self._font)
        y = top + 0.8 * self.em
        for line in self._rows:
            for x, color, name in line:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(color))
                painter.drawRoundedRect(QRectF(x, y + 0.2 * self.em, self.em, self.em), 2, 2)
                painter.setPen(_INK)
                painter.drawText(QPointF(x + 1.6 * self.em, y + 1.1 * self.em), name)
            y += 1.8 * self.em
        if self._caption:
            painter.setPen(_QUIET)
            place = QRectF(0, y, self._width, self._caption_height)
            painter.drawText(place, _CAPTION_FLAGS, self._caption)


_CAPTION_FLAGS = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)


def _font(em: float) -> QFont:
    font = QFont()
    font.setPixelSize(max(1, round(em)))
    return font
