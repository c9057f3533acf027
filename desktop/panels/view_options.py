"""The View tab: in what light the image is seen. Views only; no pixel changes."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.canvas.adjust import CHANNELS, ViewSettings, Window
from desktop.canvas.histogram import Histogram, histogram_of
from desktop.canvas.pyramid import ImagePyramid
from desktop.panels.histogram import HistogramView
from desktop.panels.slider import Slider
from desktop.panels.widgets import button, column, elided, heading, label, row
from desktop.session import Session
from desktop.theme import GRID, look

__all__ = ["ViewOptions"]

_AUTO_SHARE = 0.005
_CHANNEL_TEXTS = {
    "colour": ("RGB", "Colours"),
    "grey": ("Grey", "Grey: the lightness of the colours"),
    "red": ("R", "The red channel alone"),
    "green": ("G", "The green channel alone: red-free (Ctrl+I)"),
    "blue": ("B", "The blue channel alone"),
}


class LookSlider(QWidget):
    """A named slider around a neutral middle; a double click on it goes back there."""

    moved = Signal(float)
    """A position between -1 and 1; 0 is neutral."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.slider = _CentredSlider()
        self.slider.setAccessibleName(name)
        self.slider.setToolTip("Double click: back to the middle")
        self.slider.valueChanged.connect(lambda value: self.moved.emit(value / 100))
        self.slider.installEventFilter(self)
        title = label(name, "quiet")
        title.setFixedWidth(9 * GRID)
        self.number = label("", "quiet")
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.number.setMinimumWidth(5 * GRID)
        column(self).addLayout(row(title, self.slider, self.number, stretch=1))

    def show_value(self, position: float, text: str) -> None:
        """Show a position and its number without telling anybody."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(100 * position))
        self.slider.blockSignals(False)
        self.number.setText(text)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """A double click resets; its second press is not a place on the groove."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.slider.setValue(0)
            return True
        return False


class _CentredSlider(Slider):
    """From -100 to 100 with a tick in the middle, which small movements snap to."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "centred")
        self.setRange(-100, 100)
        self.setPageStep(10)
        self.setMinimumWidth(5 * GRID)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(look().color("text_quiet"), 1))
        middle = self.width() // 2
        painter.drawLine(middle, self.height() // 2 - 6, middle, self.height() // 2 + 6)
        painter.end()
        super().paintEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if abs(self.value()) <= 2 and self.isSliderDown():
            self.setValue(0)


class ViewOptions(QWidget):
    """Histogram with its window, channel, brightness, contrast, gamma, local contrast; what is kept."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setAccessibleName("View")
        self._session = session
        self._looking = session.looking
        self._image: ImagePyramid | None = None
        self._asked: ImagePyramid | None = None
        self.histogram = HistogramView()
        self.brightness, self.contrast, self.gamma = (
            LookSlider(name) for name in ("Brightness", "Contrast", "Gamma")
        )
        self.channels: dict[str, QToolButton] = {}
        self.clahe = _box("Local contrast", "Local contrast is evened (CLAHE), for the eye only (Alt+C)")
        self.keep_settings = _box("Keep these settings", "Otherwise every image is shown as it is")
        self.keep_place = _box("Keep zoom and place", "Otherwise every image is fitted (Ctrl+K)")
        self.overview = _box("Small map", "There while zoomed in; a click on it goes there (Ctrl+M)")
        self.auto = button("Auto", self._auto, tip="Leave out half a percent of the pixels at each end")
        self.full = button("Full", self._full, tip="The image's own range")
        self.reset = button("Reset", self._looking.reset, tip="Look at the image as it is (Ctrl+0)")
        self.values = elided("", "quiet")
        self.values.setAccessibleName("Values shown as black and white")
        self._arrange()
        self._connect()
        self._show()
        self._show_keeping()

    def _arrange(self) -> None:
        inside = column(self)
        inside.addLayout(self._channel_row())
        inside.addWidget(self.histogram)
        inside.addLayout(row(self.values, self.auto, self.full, stretch=0))
        sliders = QVBoxLayout()
        sliders.setSpacing(0)
        for slider in (self.brightness, self.contrast, self.gamma):
            sliders.addWidget(slider)
        inside.addLayout(sliders)
        inside.addLayout(row(self.clahe, self.reset, stretch=0))
        inside.addWidget(heading("From image to image"))
        for box in (self.keep_settings, self.keep_place, self.overview):
            inside.addWidget(box)
        inside.addStretch(1)

    def _channel_row(self) -> QHBoxLayout:
        group = QButtonGroup(self)
        cells = QHBoxLayout()
        cells.setSpacing(GRID // 2)
        for name in CHANNELS:
            text, tip = _CHANNEL_TEXTS[name]
            one = QToolButton()
            one.setProperty("role", "choice")
            one.setText(text)
            one.setToolTip(tip)
            one.setAccessibleName(tip)
            one.setCheckable(True)
            one.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            one.clicked.connect(partial(self._looking.set, channel=name))
            group.addButton(one)
            self.channels[name] = one
            cells.addWidget(one, 3 if len(text) > 1 else 2)
        return cells

    def _connect(self) -> None:
        looking = self._looking
        looking.settings_changed.connect(self._show)
        looking.keeping_changed.connect(self._show_keeping)
        self.brightness.moved.connect(lambda value: looking.set(brightness=value))
        self.contrast.moved.connect(lambda value: looking.set(contrast=value))
        self.gamma.moved.connect(lambda value: looking.set(gamma=_gamma_of(value)))
        self.clahe.toggled.connect(lambda on: looking.set(clahe=on))
        self.keep_settings.toggled.connect(lambda on: looking.keep(settings=on))
        self.keep_place.toggled.connect(lambda on: looking.keep(place=on))
        self.overview.toggled.connect(lambda on: looking.keep(overview=on))
        self.histogram.chosen.connect(self._set_window)
        self._session.display_changed.connect(self._follow)
        self._session.entries_reset.connect(self._follow)

    # --- the histogram, counted behind while the tab is shown

    def showEvent(self, event: QShowEvent) -> None:
        """Count what was not counted while nobody looked."""
        super().showEvent(event)
        self._follow()

    def _follow(self) -> None:
        image = self._session.image_pyramid
        if image is None and self._session.entry is None:
            self._image = self._asked = None
            self._take(None, None)
        if not self.isVisible() or image is None or image is self._asked:
            return
        self._asked = image
        self._session.run_behind(partial(histogram_of, image), partial(self._take, image))

    def _take(self, image: ImagePyramid | None, histogram: Histogram | None) -> None:
        if image is self._asked:
            self._image = image
            self.histogram.show_histogram(histogram)
            self._show()

    # --- window and level

    def _set_window(self, low: float, high: float) -> None:
        histogram = self.histogram.histogram
        if histogram is not None and low < high:
            whole = (low, high) == histogram.own
            self._looking.set(window=None if whole else Window(low, high, histogram.kind))

    def _auto(self) -> None:
        if self.histogram.histogram is not None:
            self._set_window(*self.histogram.histogram.between(_AUTO_SHARE))

    def _full(self) -> None:
        self._looking.set(window=None)

    # --- showing

    def _show(self, _settings: object = None) -> None:
        now: ViewSettings = self._looking.settings
        self.brightness.show_value(now.brightness, f"{100 * now.brightness:+.0f}" if now.brightness else "0")
        self.contrast.show_value(now.contrast, f"{100 * now.contrast:+.0f}" if now.contrast else "0")
        self.gamma.show_value(_position_of(now.gamma), f"{now.gamma:.2f}")
        self.channels[now.channel].setChecked(True)
        _check(self.clahe, now.clahe)
        histogram = self.histogram.histogram
        mine = histogram is not None and now.window is not None and now.window.kind == histogram.kind
        self.histogram.show_window((now.window.low, now.window.high) if mine and now.window else None)
        self.histogram.show_channel(now.channel)
        self.auto.setEnabled(histogram is not None)
        self.full.setEnabled(mine)
        self.reset.setEnabled(not now.neutral)
        low, high = self.histogram.shown_values
        self.values.setText(f"{_number(low)} – {_number(high)}" if histogram is not None else "")

    def _show_keeping(self) -> None:
        _check(self.keep_place, self._looking.keep_place)
        _check(self.keep_settings, self._looking.keep_settings)
        _check(self.overview, self._looking.overview)


def _box(text: str, tip: str) -> QCheckBox:
    made = QCheckBox(text)
    made.setToolTip(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def _check(box: QCheckBox, on: bool) -> None:
    box.blockSignals(True)
    box.setChecked(on)
    box.blockSignals(False)


def _gamma_of(position: float) -> float:
    """-1..1 to 1/5..5, equal steps being equal ratios."""
    return float(min(max(5.0**position, 0.2), 5.0))


def _position_of(gamma: float) -> float:
    return math.log(gamma) / math.log(5.0)


def _number(value: float) -> str:
    """A value as short as it may be read: whole numbers whole, others with three figures."""
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 100 or value == round(value) else f"{value:.3g}"
