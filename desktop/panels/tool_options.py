"""What can be set of the tool in the hand, in a strip above the canvas; and where painting is allowed."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QWidget,
    QWidgetAction,
)

from desktop.panels.limits_badge import LimitsBadge
from desktop.panels.slider import Slider
from desktop.panels.widgets import column, icon_button, label, styled
from desktop.qactions import shown
from desktop.session import Session
from desktop.theme import GRID, set_icon
from desktop.tools.base import Tool
from desktop.tools.options import Option, OptionValue

__all__ = ["HEIGHT", "OptionControl", "ToolOptions", "option_words"]

HEIGHT = 36
_TICKS = 400
_SLIDER = 12 * GRID
_GAP = 2 * GRID
_NARROW = 75 * GRID


class OptionControl(QWidget):
    """One option of a tool: a switch, a choice, or a slider with its number."""

    def __init__(self, tool: Tool, option: Option) -> None:
        super().__init__()
        self.tool, self.option = tool, option
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GRID)
        self.slider: Slider | None = None
        self.box: QCheckBox | None = None
        self.choice: QComboBox | None = None
        self._number: QLabel | None = None
        if option.choices:
            self._make_choice()
        elif isinstance(option.default, bool):
            self._make_switch()
        else:
            self._make_slider()
        tip = _tip(option)
        self.setToolTip(tip)
        self.refresh()

    def _make_choice(self) -> None:
        self.choice = QComboBox()
        self.choice.addItems(self.option.choices)
        self.choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.choice.setAccessibleName(self.option.text)
        self._row.addWidget(label(self.option.text, "quiet"))
        self._row.addWidget(self.choice)
        self.choice.textActivated.connect(self._set)

    def _make_switch(self) -> None:
        self.box = QCheckBox(self.option.text)
        self.box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row.addWidget(self.box)
        self.box.toggled.connect(self._set)

    def _make_slider(self) -> None:
        self.slider = Slider()
        self.slider.setRange(0, _TICKS)
        self.slider.setPageStep(_TICKS // 10)
        self.slider.setFixedWidth(_SLIDER)
        self.slider.setAccessibleName(self.option.text)
        self._number = label("", "")
        widest = max(option_words(self.option, end) for end in (self.option.low, self.option.high))
        self._number.setMinimumWidth(self._number.fontMetrics().horizontalAdvance(widest + "0"))
        self._row.addWidget(label(self.option.text, "quiet"))
        self._row.addWidget(self.slider)
        self._row.addWidget(self._number)
        self.slider.valueChanged.connect(lambda tick: self._set(_value_at(self.option, tick)))

    def _set(self, value: OptionValue) -> None:
        self.tool.set_value(self.option.name, value)
        self.refresh()

    def refresh(self) -> None:
        """Show the value, telling nobody."""
        value = self.tool.value(self.option.name)
        for part in (self.box, self.choice, self.slider):
            if part is not None:
                part.blockSignals(True)
        if self.box is not None:
            self.box.setChecked(bool(value))
        if self.choice is not None:
            self.choice.setCurrentText(str(value))
        if self.slider is not None and self._number is not None:
            if not self.slider.isSliderDown():
                self.slider.setValue(_tick_of(self.option, float(value)))
            self._number.setText(option_words(self.option, float(value)))
        for part in (self.box, self.choice, self.slider):
            if part is not None:
                part.blockSignals(False)


class ToolOptions(QWidget):
    """The strip: the tool, its options, what does not fit behind a button, and the painting limits."""

    option_set = Signal(object, str)
    """(Tool, name of the option): a person set it, here or by its key."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        styled(self, "options")
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(0)
        self.setAccessibleName("Tool options")
        self.tool: Tool | None = None
        self.controls: list[OptionControl] = []
        self.icon = QLabel()
        self.name = label("", "heading")
        self.more = icon_button("more", "More options", self.show_more)
        self.badge = LimitsBadge(session)
        self.badge.resized.connect(self._fit)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(GRID + GRID // 2, 0, GRID // 2, 0)
        self._row.setSpacing(_GAP)
        title = QHBoxLayout()
        title.setSpacing(GRID)
        title.addWidget(self.icon)
        title.addWidget(self.name)
        self._row.addLayout(title)
        self._row.addWidget(self.more)
        self._row.addStretch(1)
        self._row.addWidget(self.badge)
        for signal in (session.options_changed, session.selection_changed, session.display_changed):
            signal.connect(self.refresh)

    def show_tool(self, tool: Tool, icon: str) -> None:
        """Show another tool's options."""
        if self.tool is not None:
            self.tool.option_changed = lambda _name: None
        self.tool = tool
        tool.option_changed = self._changed
        self.name.setText(tool.text)
        set_icon(self.icon, icon, "text_quiet", 16)
        for control in self.controls:
            self._row.removeWidget(control)
            control.hide()
            control.deleteLater()
        self.controls = [OptionControl(tool, option) for option in tool.options]
        for at, control in enumerate(self.controls, 1):
            self._row.insertWidget(at, control)
        self._fit()

    def refresh(self) -> None:
        """Show the values anew."""
        for control in self.controls:
            control.refresh()

    def hidden_options(self) -> list[Option]:
        """The options that do not fit and stand behind the button."""
        return [control.option for control in self.controls if control.isHidden()]

    def show_more(self) -> QMenu | None:
        """Open what does not fit; None when everything does."""
        tool, options = self.tool, self.hidden_options()
        if tool is None or not options:
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        holder = QWidget()
        inner = column(holder, margin=GRID)
        for option in options:
            inner.addWidget(OptionControl(tool, option))
        action = QWidgetAction(menu)
        action.setDefaultWidget(holder)
        menu.addAction(action)
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))
        return menu

    def minimumSizeHint(self) -> QSize:
        """Any width will do: what does not fit goes behind the button."""
        return QSize(0, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what fits."""
        super().resizeEvent(event)
        self.badge.set_short(self.width() < _NARROW)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Fonts are known now."""
        super().showEvent(event)
        self._fit()

    def _changed(self, name: str) -> None:
        self.refresh()
        self.option_set.emit(self.tool, name)

    def _fit(self) -> None:
        """Hide the options from the last one on that have no room, and then offer them behind the button."""
        margins = self._row.contentsMargins()
        fixed = margins.left() + margins.right() + self.icon.sizeHint().width() + GRID
        fixed += self.name.sizeHint().width() + self.badge.sizeHint().width() + 2 * _GAP
        room = self.width() - fixed
        widths = [control.sizeHint().width() + _GAP for control in self.controls]
        everything = sum(widths) <= room
        if not everything:
            room -= self.more.sizeHint().width() + _GAP
        for at, control in enumerate(self.controls):
            control.setVisible(sum(widths[: at + 1]) <= room)
        self.more.setVisible(not everything)


def option_words(option: Option, value: float) -> str:
    """A number as the strip shows it: with its unit, with as many places as mean something."""
    if isinstance(option.default, int):
        text = f"{value:.0f}"
    elif option.high <= 1:
        text = f"{value:.2f}"
    else:
        text = f"{value:.0f}" if value >= 10 else f"{value:.1f}"
    return f"{text} {option.unit}".strip()


def _tip(option: Option) -> str:
    keys = [shown(key) for key in (option.smaller, option.larger) if key]
    words = f"{option.text} ({' '.join(keys)})" if keys else option.text
    return f"{words}\n{option.hint}" if option.hint else words


def _tick_of(option: Option, value: float) -> int:
    if option.geometric:
        part = math.log(max(value, option.low) / option.low) / math.log(option.high / option.low)
    else:
        part = (value - option.low) / (option.high - option.low)
    return round(_TICKS * min(max(part, 0.0), 1.0))


def _value_at(option: Option, tick: int) -> float:
    part = tick / _TICKS
    if option.geometric:
        return option.low * (option.high / option.low) ** part
    return option.low + (option.high - option.low) * part
