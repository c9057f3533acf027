"""A small histogram with the window drawn on it; its two edges can be dragged."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.canvas.histogram import Histogram
from desktop.theme import GRID, look

__all__ = ["HistogramView"]

_HEIGHT = 10 * GRID
_HANDLE = 6
_NEAR = 12
_INKS = {"red": "#e06c64", "green": "#6fbf73", "blue": "#6ea8e0"}
"""Lighter than pure red, green and blue, so that each can be read on both grounds."""

Grip = Literal["", "low", "high", "both"]


class HistogramView(QWidget):
    """Values from left to right, how often from bottom to top (square root, so that the rare are seen)."""

    chosen = Signal(float, float)
    """Another window was dragged: the values black and white."""

    def __init__(self) -> None:
        super().__init__()
        self.histogram: Histogram | None = None
        self._window: tuple[float, float] | None = None
        self._channel = "colour"
        self._grip: Grip = ""
        self._from = 0.0
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Histogram; arrow keys move the window, with Shift they widen it")
        self.setToolTip("Drag an edge, or the window between; double click: the image's own range")
        look().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(28 * GRID, _HEIGHT)

    def show_histogram(self, histogram: Histogram | None) -> None:
        """Show another image's; None: there is no image."""
        self.histogram = histogram
        self._grip = ""
        self.update()

    def show_window(self, window: tuple[float, float] | None) -> None:
        """Draw the window; None: the image's own range."""
        self._window = window
        self.update()

    def show_channel(self, channel: str) -> None:
        """Draw the channel that is seen ("red", ...) or all."""
        self._channel = channel
        self.update()

    @property
    def shown_values(self) -> tuple[float, float]:
        """The native values black and white now."""
        if self._window is not None:
            return self._window
        return self.histogram.own if self.histogram is not None else (0.0, 0.0)

    # --- where values are

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_HANDLE, 1, -_HANDLE, -_HANDLE - 2)

    def x_of(self, value: float) -> float:
        """The column of a value, at the edge when it lies outside."""
        plot, histogram = self._plot(), self.histogram
        if histogram is None:
            return plot.left()
        share = (value - histogram.low) / (histogram.high - histogram.low)
        return plot.left() + min(max(share, 0.0), 1.0) * plot.width()

    def _value_at(self, x: float) -> float:
        plot, histogram = self._plot(), self.histogram
        if histogram is None:
            return 0.0
        share = min(max((x - plot.left()) / plot.width(), 0.0), 1.0)
        value = histogram.low + share * (histogram.high - histogram.low)
        return value if histogram.kind == "float32" else float(round(value))

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw counts, what lies outside of the window darker, and its edges."""
        painter = QPainter(self)
        plot = self._plot()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().color("window"))
        painter.drawRoundedRect(plot, 3, 3)
        if self.histogram is None:
            painter.setPen(look().color("text_quiet"))
            painter.drawText(plot, int(Qt.AlignmentFlag.AlignCenter), "No image")
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_counts(painter, plot, self.histogram)
            self._paint_window(painter, plot)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        color = "accent" if self.hasFocus() else "line"
        painter.setPen(QPen(look().color(color), 2 if self.hasFocus() else 1))
        painter.drawRoundedRect(plot.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def _paint_counts(self, painter: QPainter, plot: QRectF, histogram: Histogram) -> None:
        heights = np.sqrt(histogram.counts.astype(np.float64))
        # The surround of a photograph is one value by the million: it must not flatten all others.
        inner = heights[:, 1:-1]
        top = max(1.0, float(np.percentile(inner, 99.5)) * 1.15)
        inks = _INKS if len(heights) == 3 else {"grey": look().theme.tokens["text_quiet"]}
        for row, (name, ink) in zip(heights, inks.items(), strict=True):
            if self._channel in inks and name != self._channel:
                continue
            tint = QColor(ink)
            line = QPolygonF([plot.bottomLeft()])
            for at, height in enumerate(np.minimum(row / top, 1.0)):
                x = plot.left() + (at + 0.5) / len(row) * plot.width()
                line.append(QPointF(x, plot.bottom() - float(height) * (plot.height() - 2)))
            line.append(plot.bottomRight())
            painter.setPen(QPen(tint, 1))
            fill = QColor(tint)
            fill.setAlpha(70)
            painter.setBrush(fill)
            painter.drawPolygon(line)

    def _paint_window(self, painter: QPainter, plot: QRectF) -> None:
        low, high = (self.x_of(value) for value in self.shown_values)
        shade = look().color("panel")
        shade.setAlpha(170)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRect(QRectF(plot.left(), plot.top(), low - plot.left(), plot.height()))
        painter.drawRect(QRectF(high, plot.top(), plot.right() - high, plot.height()))
        ink = look().color("text")
        for x in (low, high):
            painter.setPen(QPen(ink, 1))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            foot = plot.bottom() + _HANDLE + 1
            painter.drawPolygon(
                QPolygonF([QPointF(x, plot.bottom()), QPointF(x - 5, foot), QPointF(x + 5, foot)])
            )

    # --- dragging

    def _grip_at(self, x: float) -> Grip:
        low, high = (self.x_of(value) for value in self.shown_values)
        nearest: Grip = "low" if abs(x - low) <= abs(x - high) else "high"
        if min(abs(x - low), abs(x - high)) <= _NEAR:
            return nearest
        return "both" if low < x < high and self._window is not None else nearest

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer edge, or the window as a whole."""
        if self.histogram is not None and event.button() == Qt.MouseButton.LeftButton:
            self._grip = self._grip_at(event.position().x())
            self._from = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag what was taken."""
        x = event.position().x()
        if not self._grip:
            both = self.histogram is not None and self._grip_at(x) == "both"
            self.setCursor(Qt.CursorShape.SizeAllCursor if both else Qt.CursorShape.SplitHCursor)
            return
        low, high = self.shown_values
        if self._grip == "both":
            self._shift(self._value_at(x) - self._value_at(self._from))
            self._from = x
        elif self._grip == "low":
            self._choose(min(self._value_at(x), high - self._least), high)
        else:
            self._choose(low, max(self._value_at(x), low + self._least))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._grip = ""

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Back to the image's own range."""
        if self.histogram is not None:
            self._choose(*self.histogram.own)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the window; with Shift they make it narrower and wider."""
        turn = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if turn is None or self.histogram is None:
            super().keyPressEvent(event)
            return
        low, high = self.shown_values
        step = turn * max(self._least, (self.histogram.high - self.histogram.low) / 100)
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._shift(step)
        elif high - low + 2 * step >= self._least:
            self._choose(max(low - step, self.histogram.low), min(high + step, self.histogram.high))

    @property
    def _least(self) -> float:
        histogram = self.histogram
        if histogram is None or histogram.kind != "float32":
            return 1.0
        return (histogram.high - histogram.low) / 1000

    def _shift(self, by: float) -> None:
        if self.histogram is not None:
            low, high = (min(max(v, self.histogram.low), self.histogram.high) for v in self.shown_values)
            by = min(max(by, self.histogram.low - low), self.histogram.high - high)
            self._choose(low + by, high + by)

    def _choose(self, low: float, high: float) -> None:
        if low < high:
            self.chosen.emit(low, high)
