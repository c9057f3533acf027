"""The selected layer: opacity, and how it is cut out of what the model says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget

from desktop.canvas.styles import DEFAULT_OPACITY
from desktop.panels.slider import Slider
from desktop.panels.widgets import column, elided, heading, icon_button, label, line, row
from desktop.session import Session
from desktop.theme import GRID
from inference.schema import MaskClass

MOST_AREA = 100_000
_TITLE = 9 * GRID
_LEAVING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
SCOPES = (("image", "this image"), ("unseen", "all unseen images"))


class ValueSlider(QWidget):
    """A named slider from 0 to 1 with its value as a number; tells while dragging and when let go.

    Keys and the wheel have no release: `rested` is emitted for them, and whoever listens waits a moment.
    """

    moved = Signal(float)
    let_go = Signal(float)
    rested = Signal(float)

    def __init__(
        self, name: str, show: Callable[[float], str], lowest: float = 0.0, highest: float = 1.0
    ) -> None:
        super().__init__()
        self._show = show
        self.slider = Slider()
        self.slider.setRange(round(100 * lowest), round(100 * highest))
        self.slider.setPageStep(10)
        self.slider.setAccessibleName(name)
        self.number = label("", "quiet")
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.number.setMinimumWidth(5 * GRID)
        title = label(name, "quiet")
        title.setFixedWidth(_TITLE)
        column(self).addLayout(row(title, self.slider, self.number, stretch=1))
        self.slider.valueChanged.connect(self._changed)
        self.slider.sliderReleased.connect(lambda: self.let_go.emit(self.slider.value() / 100))

    def _changed(self, value: int) -> None:
        self.number.setText(self._show(value / 100))
        self.moved.emit(value / 100)
        if not self.slider.isSliderDown():
            self.rested.emit(value / 100)

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody; a slider in somebody's hand is left alone."""
        if self.slider.isSliderDown():
            return
        self.slider.blockSignals(True)
        self.slider.setValue(round(value * 100))
        self.slider.blockSignals(False)
        self.number.setText(self._show(value))


class AreaField(QSpinBox):
    """A smallest area in pixels; Escape and Return give the keyboard back."""

    def event(self, event: QEvent) -> bool:
        """Claim Return and Escape before they finish the image or close something."""
        overrides = event.type() == QEvent.Type.ShortcutOverride
        if overrides and isinstance(event, QKeyEvent) and event.key() in _LEAVING:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return keeps what is typed and leaves the field."""
        super().keyPressEvent(event)
        if event.key() in _LEAVING:
            event.accept()
            self.clearFocus()


class LayerDetails(QWidget):
    """Opacity, threshold, smallest region and holes of the selected class, and for which images."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._one: MaskClass | None = None
        self.chosen = elided("", "label")
        self.reset = icon_button("reset", "As the model cuts it (Shift+T)", self._reset)
        self.opacity = ValueSlider("Opacity", lambda value: f"{100 * value:.0f} %")
        self.threshold = ValueSlider("Threshold", lambda value: f"{value:.2f}", 0.01, 0.99)
        self.threshold.setToolTip(
            "From which probability on the model's mask counts ( , and . ). Painted pixels stay as they are."
        )
        self.area = AreaField()
        self.area.setRange(0, MOST_AREA)
        self.area.setSingleStep(10)
        self.area.setSuffix(" px")
        self.area.setMinimumWidth(8 * GRID)
        self.area.lineEdit().setTextMargins(GRID - 2, 0, 0, 0)
        self.area.setSpecialValueText("any")
        self.area.setGroupSeparatorShown(True)
        self.area.setKeyboardTracking(False)
        self.area.setAccessibleName("Smallest region in pixels")
        self.area.setToolTip("Regions of the model's mask with fewer pixels are left out")
        self.holes = QCheckBox("Fill holes")
        self.holes.setToolTip("What a region of the model's mask encloses belongs to it")
        self.scope = QComboBox()
        self.scope.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.scope.setMinimumContentsLength(6)
        self.scope.setAccessibleName("For which images")
        for key, text in SCOPES:
            self.scope.addItem(text, key)
        self.stays = label("", "label", wrap=True)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        inner = column(self, spacing=GRID // 2)
        inner.addWidget(line())
        inner.addSpacing(GRID // 2)
        inner.addWidget(self.chosen)
        inner.addWidget(self.opacity)
        self.cut = QWidget()
        cut = column(self.cut, spacing=GRID // 2)
        cut.addWidget(heading("Model’s mask", self.reset))
        cut.addWidget(self.threshold)
        smallest = label("Smallest", "quiet")
        smallest.setFixedWidth(_TITLE)
        cut.addLayout(row(smallest, self.area, stretch=1))
        beside = label("")
        beside.setFixedWidth(_TITLE)
        cut.addLayout(row(beside, self.holes))
        title = label("Applies to", "quiet")
        title.setFixedWidth(_TITLE)
        cut.addLayout(row(title, self.scope, stretch=1))
        cut.addWidget(self.stays)
        inner.addWidget(self.cut)

    def _connect(self) -> None:
        thresholds = self._session.thresholds
        self.opacity.moved.connect(self._set_opacity)
        self.threshold.moved.connect(lambda value: self._move(threshold=round(value, 2)))
        self.threshold.let_go.connect(lambda _value: thresholds.release())
        # A hand that is still on the slider means the image that it saw, not the next one.
        self._session.image_changed.connect(lambda _entry: self.threshold.slider.let_go())
        self.threshold.rested.connect(lambda _value: thresholds.rest())
        self.area.valueChanged.connect(self._set_area)
        self.holes.toggled.connect(self._set_holes)
        self.scope.activated.connect(lambda at: thresholds.set_scope(self.scope.itemData(at)))

    # ---- what is shown

    def show_class(self, one: MaskClass | None) -> None:
        """Show the values of a class; None hides everything."""
        self._one = one
        self.setVisible(one is not None)
        if one is None:
            return
        session = self._session
        style, prediction = session.styles.get(one.id), session.prediction
        self.chosen.setText(one.label)
        self.opacity.set_value(style.opacity if style is not None else DEFAULT_OPACITY)
        says = prediction is not None and one.name in prediction.classes
        self.cut.setVisible(says)
        if says:
            self._show_cut(one)

    def _show_cut(self, one: MaskClass) -> None:
        session, thresholds = self._session, self._session.thresholds
        cut = thresholds.cut(one.name)
        locked = one.id in session.layers.locked
        self.threshold.set_value(cut.threshold)
        for widget in (self.area, self.holes, self.scope):
            widget.blockSignals(True)
        if not self.area.hasFocus():
            self.area.setValue(cut.min_area)
        self.holes.setChecked(cut.fill_holes)
        self.scope.setCurrentIndex([key for key, _ in SCOPES].index(thresholds.scope))
        for widget in (self.area, self.holes, self.scope):
            widget.blockSignals(False)
        for control in (self.threshold, self.area, self.holes):
            control.setEnabled(not locked)
        self.reset.setEnabled(not locked and cut != thresholds.model_cut(one.name))
        self.stays.setText(self._said(one, locked=locked))
        self.stays.setVisible(bool(self.stays.text()))

    def _said(self, one: MaskClass, *, locked: bool) -> str:
        thresholds = self._session.thresholds
        stays = thresholds.stays
        if locked:
            return "Locked: nothing changes this layer."
        if stays:
            return (
                f"{stays:,} pixel{'' if stays == 1 else 's'} stay{'s' if stays == 1 else ''}: painted by you"
            )
        if one.name in self._session.offers.class_names:
            return "Dashed: what the model says. It came after you drew; T takes it."
        if thresholds.is_shared(one.name):
            shared = thresholds.shared_cut(one.name).threshold
            return f"Unseen images: {shared:.2f}, set in this project"
        return ""

    # ---- what is asked

    def _set_opacity(self, value: float) -> None:
        if self._one is not None:
            self._session.set_layer_style(self._one.id, opacity=value)

    def _move(self, **changes: object) -> None:
        if self._one is not None:
            thresholds, name = self._session.thresholds, self._one.name
            thresholds.move(name, replace(thresholds.cut(name), **changes))  # type: ignore[arg-type]

    def _set_area(self, value: int) -> None:
        self._move(min_area=value)
        self._session.thresholds.rest()

    def _set_holes(self, on: bool) -> None:
        self._move(fill_holes=on)
        self._session.thresholds.release()

    def _reset(self) -> None:
        if self._one is not None:
            self._session.thresholds.reset(self._one.name)
