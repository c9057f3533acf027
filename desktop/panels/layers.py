"""The layers: one row a class, then the selected values. Class colours are here and on masks only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from desktop.canvas.styles import DEFAULT_OPACITY
from desktop.panels.widgets import (
    Elided,
    SearchField,
    clear,
    column,
    elided,
    heading,
    icon_button,
    label,
    line,
    row,
)
from desktop.session import Session
from desktop.theme import GRID, look, set_icon
from inference.schema import DEFAULT_COLORS, MaskClass, SchemaError

_HEIGHT = 5 * GRID
NO_CLASSES = "There is no class to paint yet. Add one, or use a model that brings its own."
NO_PROJECT = "The classes are shown here once a project is open."


class Swatch(QToolButton):
    """A class's colour as a button; a click offers other colours."""

    chosen = Signal(str)

    def __init__(self, name: str, size: int = 16) -> None:
        super().__init__()
        self.setProperty("role", "small")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"Colour of {name}")
        self.setToolTip(f"Colour of {name}")
        self._size = size
        self._color = "#000000"
        self.clicked.connect(self._offer)

    def set_color(self, color: str) -> None:
        """Show a colour, ``#rrggbb``."""
        self._color = color
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the square over the button's own ground (which shows hover and focus)."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square = QRect(0, 0, self._size, self._size)
        square.moveCenter(self.rect().center())
        painter.setPen(QPen(look().color("control_line"), 1))
        painter.setBrush(QColor(self._color))
        painter.drawRoundedRect(square, 3, 3)

    def _offer(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QWidget()
        cells = QGridLayout(grid)
        cells.setContentsMargins(GRID, GRID, GRID, GRID)
        for at, color in enumerate(DEFAULT_COLORS):
            cells.addWidget(self._cell(color, menu), at // 4, at % 4)
        action = QWidgetAction(menu)
        action.setDefaultWidget(grid)
        menu.addAction(action)
        menu.addAction("Another colour…", self._ask)
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def _cell(self, color: str, menu: QMenu) -> Swatch:
        cell = Swatch(color, 20)
        cell.set_color(color)
        cell.clicked.disconnect()
        cell.clicked.connect(menu.close)
        cell.clicked.connect(lambda: self.chosen.emit(color))
        return cell

    def _ask(self) -> None:
        dialog = QColorDialog(QColor(self._color), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setModal(False)
        dialog.colorSelected.connect(lambda color: self.chosen.emit(color.name()))
        dialog.show()


class LayerRow(QWidget):
    """One class: eye, colour, name, and the key that selects it."""

    picked = Signal()

    def __init__(self, one: MaskClass, number: int, session: Session) -> None:
        super().__init__()
        self._session = session
        self.mask_class = one
        self.selected = False
        self.setFixedHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.eye = icon_button("eye", f"Show or hide {one.label}", self._toggle)
        self.swatch = Swatch(one.label)
        self.swatch.chosen.connect(lambda color: session.set_layer_style(one.id, color=color))
        self.name = Elided(one.label, mode=Qt.TextElideMode.ElideRight)
        self.name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.reviewed = QLabel()
        self.reviewed.setToolTip("Reviewed: this class of this image was confirmed")
        set_icon(self.reviewed, "check", "good", 16)
        self.key = label(f"Ctrl {number}" if number < 10 else "", "label")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID // 2, 0, GRID, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self.eye)
        layout.addWidget(self.swatch)
        layout.addSpacing(GRID // 2)
        layout.addWidget(self.name, 1)
        layout.addWidget(self.reviewed)
        layout.addWidget(self.key)

    def _toggle(self) -> None:
        style = self._session.styles.get(self.mask_class.id)
        self._session.set_layer_style(self.mask_class.id, visible=not (style is None or style.visible))

    def refresh(self) -> None:
        """Show the class's style and whether it is the selected one."""
        style = self._session.styles.get(self.mask_class.id)
        visible = style is None or style.visible
        set_icon(self.eye, "eye" if visible else "eye-off", "text" if visible else "text_quiet", 16)
        self.swatch.set_color(style.color if style is not None else self.mask_class.color)
        self.selected = self._session.class_id == self.mask_class.id
        drawn = self._session.label
        reviewed = drawn is not None and self.mask_class.id in drawn.confirmed_classes
        self.reviewed.setVisible(reviewed)
        said = [
            self.mask_class.label,
            "selected" if self.selected else "",
            "" if visible else "hidden",
            "reviewed" if reviewed else "not reviewed yet",
        ]
        self.setAccessibleName(", ".join(filter(None, said)))
        font = self.name.font()
        font.setBold(self.selected)
        self.name.setFont(font)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the class."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground: selected, under the pointer, or with the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.selected:
            painter.setBrush(look().color("selection"))
            painter.drawRoundedRect(self.rect(), 4, 4)
            painter.setBrush(look().color("accent"))
            painter.drawRoundedRect(QRect(0, GRID, 3, self.height() - 2 * GRID), 1.5, 1.5)
        elif self.underMouse():
            painter.setBrush(look().color("hover"))
            painter.drawRoundedRect(self.rect(), 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look().color("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)


class ValueSlider(QWidget):
    """A named slider from 0 to 1 with its value as a number; tells while dragging and when let go."""

    moved = Signal(float)
    let_go = Signal(float)

    def __init__(self, name: str, show: Callable[[float], str]) -> None:
        super().__init__()
        self._show = show
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.setAccessibleName(name)
        self.number = label("", "quiet")
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.number.setMinimumWidth(5 * GRID)
        title = label(name, "quiet")
        title.setFixedWidth(9 * GRID)
        column(self).addLayout(row(title, self.slider, self.number, stretch=1))
        self.slider.valueChanged.connect(self._changed)
        self.slider.sliderReleased.connect(lambda: self.let_go.emit(self.slider.value() / 100))

    def _changed(self, value: int) -> None:
        self.number.setText(self._show(value / 100))
        self.moved.emit(value / 100)
        # Keys and the wheel have no "release".
        if not self.slider.isSliderDown():
            self.let_go.emit(value / 100)

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody; a slider in somebody's hand is left alone."""
        if self.slider.isSliderDown():
            return
        self.slider.blockSignals(True)
        self.slider.setValue(round(value * 100))
        self.slider.blockSignals(False)
        self.number.setText(self._show(value))


class Layers(QWidget):
    """The panel: rows of classes, then opacity and threshold of the selected one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("Layers")
        self.rows: list[LayerRow] = []
        self.empty = label(NO_CLASSES, "quiet", wrap=True)
        self.adding = SearchField()
        self.adding.setPlaceholderText("Name of the new class, then Enter")
        self.adding.setAccessibleName("Name of the new class")
        self.adding.returnPressed.connect(self._add)
        self.adding.hide()
        self.add_button = icon_button("plus", "Add a class", self._ask_name)
        self.chosen = elided("", "label")
        self.opacity = ValueSlider("Opacity", lambda value: f"{100 * value:.0f} %")
        self.threshold = ValueSlider("Threshold", lambda value: f"{value:.2f}")
        self.threshold.setToolTip(
            "From which probability on the model's mask counts. Painted pixels stay as they are."
        )
        self.opacity.moved.connect(self._set_opacity)
        self.threshold.let_go.connect(self._set_threshold)
        self._arrange()
        session.project_changed.connect(self.rebuild)
        for signal in (
            session.styles_changed, session.selection_changed, session.options_changed,
            session.prediction_changed, session.model_changed, session.statuses_changed,
            session.display_changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        look().changed.connect(self.refresh)
        self.rebuild()

    def _arrange(self) -> None:
        layout = column(self)
        layout.addWidget(heading("Layers", self.add_button))
        self._rows = column(holder := QWidget(), spacing=0)
        layout.addWidget(holder)
        layout.addWidget(self.empty)
        layout.addWidget(self.adding)
        self._details = QWidget()
        inner = column(self._details, spacing=GRID // 2)
        inner.addWidget(line())
        inner.addSpacing(GRID // 2)
        inner.addWidget(self.chosen)
        inner.addWidget(self.opacity)
        inner.addWidget(self.threshold)
        layout.addWidget(self._details)

    def rebuild(self) -> None:
        """Make the rows anew: the schema changed."""
        clear(self._rows)
        self.rows = []
        for number, one in enumerate(self._session.schema.active_classes, 1):
            made = LayerRow(one, number, self._session)
            made.picked.connect(lambda key=one.id: self._session.set_class(key))
            self._rows.addWidget(made)
            self.rows.append(made)
        self.empty.setText(NO_CLASSES if self._session.project is not None else NO_PROJECT)
        self.empty.setVisible(not self.rows)
        self.add_button.setEnabled(self._session.project is not None)
        self.refresh()

    def _ask_name(self) -> None:
        self.adding.setVisible(self.adding.isHidden())
        self.adding.clear()
        self.adding.setFocus()

    def _add(self) -> None:
        name = self.adding.text().strip()
        if not name:
            return
        try:
            schema = self._session.schema.add_class(name)
        except SchemaError as error:
            self._session.problem.emit(str(error), "")
            return
        self.adding.hide()
        self._session.set_schema(schema)

    def _selected(self) -> MaskClass | None:
        return next(
            (made.mask_class for made in self.rows if made.mask_class.id == self._session.class_id), None
        )

    def refresh(self) -> None:
        """Show styles, selection and the values of the selected class."""
        for made in self.rows:
            made.refresh()
        one = self._selected()
        self._details.setVisible(one is not None)
        if one is None:
            return
        style = self._session.styles.get(one.id)
        self.chosen.setText(one.label)
        self.opacity.set_value(style.opacity if style is not None else DEFAULT_OPACITY)
        prediction = self._session.prediction
        self.threshold.setVisible(prediction is not None and one.name in prediction.classes)
        self.threshold.set_value(self._session.threshold(one.name))

    def _set_opacity(self, value: float) -> None:
        one = self._selected()
        if one is not None:
            self._session.set_layer_style(one.id, opacity=value)

    def _set_threshold(self, value: float) -> None:
        one = self._selected()
        if one is not None and round(value, 2) != round(self._session.threshold(one.name), 2):
            self._session.set_threshold(one.name, value)
