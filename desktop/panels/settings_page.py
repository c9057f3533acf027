"""The settings page: every setting that a person may choose, made from its record; and the shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from desktop.panels.shortcuts import ShortcutsPanel
from desktop.panels.widgets import SearchField, button, column, icon_button, label, styled
from desktop.qactions import Actions
from desktop.settings import SETTINGS, Setting, Settings
from desktop.theme import GRID

_WIDTH = 88 * GRID
_CONTROL = 24 * GRID
_WORDS = {"auto": "Automatically", "cpu": "Processor", "cuda": "GPU", "system": "As the system"}


class SettingsPage(QWidget):
    """Two tabs. What is inside is made at the first look; ``changed`` is called with the id of a setting."""

    def __init__(
        self,
        settings: Settings,
        actions: Actions,
        *,
        changed: Callable[[str], object],
        leave: Callable[[], object],
    ) -> None:
        super().__init__()
        styled(self, "panel")
        self.setAccessibleName("Settings")
        self._settings = settings
        self._actions = actions
        self._changed = changed
        self._leave = leave
        self.controls: dict[str, QWidget] = {}
        self.shortcuts: ShortcutsPanel | None = None
        self.tabs: list[QToolButton] = []
        self._pages = QStackedWidget()

    def enter(self) -> None:
        """Show what holds now; the keyboard goes to the tab in front."""
        if self.shortcuts is None:
            self._make()
        for key in self.controls:
            self._show_value(key)
        self.tabs[self._pages.currentIndex()].setFocus()

    def show_tab(self, at: int) -> None:
        """Bring a tab to the front: 0 general, 1 shortcuts."""
        self._pages.setCurrentIndex(at)
        for place, tab in enumerate(self.tabs):
            tab.setChecked(place == at)

    def _make(self) -> None:
        self.shortcuts = ShortcutsPanel(self._actions, self._keep_keys)
        for at, text in enumerate(("General", "Shortcuts")):
            tab = QToolButton()
            tab.setText(text)
            tab.setCheckable(True)
            tab.setProperty("role", "tab")
            tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tab.setAccessibleName(f"{text} settings")
            tab.clicked.connect(lambda _=False, at=at: self.show_tab(at))
            self.tabs.append(tab)
        head = QHBoxLayout()
        head.setSpacing(GRID // 2)
        head.addWidget(label("Settings", "heading"))
        head.addSpacing(2 * GRID)
        for tab in self.tabs:
            head.addWidget(tab)
        head.addStretch(1)
        head.addWidget(icon_button("cross", "Close the settings (Esc)", self._leave))
        self._pages.addWidget(self._general())
        self._pages.addWidget(self.shortcuts)
        body = QWidget()
        body.setMaximumWidth(_WIDTH)
        layout = column(body, margin=3 * GRID, spacing=2 * GRID)
        layout.addLayout(head)
        layout.addWidget(self._pages, 1)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addWidget(body, 1000)
        outer.addStretch(1)
        self.show_tab(0)

    def _general(self) -> QScrollArea:
        inner = styled(QWidget(), "panel")
        layout = column(inner, spacing=GRID)
        for section in dict.fromkeys(one.section for one in SETTINGS if one.section):
            layout.addWidget(label(section, "label"))
            grid = QGridLayout()
            grid.setHorizontalSpacing(2 * GRID)
            grid.setVerticalSpacing(GRID)
            grid.setColumnStretch(0, 1)
            shown = [one for one in SETTINGS if one.section == section]
            for at, setting in enumerate(shown):
                control = self._control(setting)
                words = label(setting.text)
                words.setBuddy(control)
                grid.addWidget(words, at, 0)
                grid.addWidget(control, at, 1)
            layout.addLayout(grid)
            layout.addSpacing(2 * GRID)
        defaults = button("Reset all to the defaults", self._defaults)
        layout.addWidget(defaults, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        return scroll

    def _control(self, setting: Setting) -> QWidget:
        control = _made(setting)
        control.setAccessibleName(setting.text)
        control.setFixedWidth(_CONTROL)
        self.controls[setting.id] = control
        self._show_value(setting.id)
        take = _signal_of(control)
        take.connect(lambda *_: self._set(setting.id))
        return control

    def _set(self, key: str) -> None:
        value = _value_of(self.controls[key])
        if value != self._settings[key]:
            self._settings[key] = value
            self._changed(key)

    def _show_value(self, key: str) -> None:
        control, value = self.controls[key], self._settings[key]
        control.blockSignals(True)
        if isinstance(control, QCheckBox):
            control.setChecked(value)
        elif isinstance(control, QComboBox):
            control.setCurrentIndex(control.findData(value))
        elif isinstance(control, QSpinBox | QDoubleSpinBox):
            control.setValue(value)
        elif isinstance(control, SearchField):
            control.setText(str(value))
        control.blockSignals(False)

    def _defaults(self) -> None:
        for setting in SETTINGS:
            if setting.section and self._settings[setting.id] != setting.default:
                self._settings[setting.id] = setting.default
                self._show_value(setting.id)
                self._changed(setting.id)

    def _keep_keys(self, overrides: tuple[str, ...]) -> None:
        self._settings["keys.overrides"] = overrides
        self._changed("keys.overrides")


def _made(setting: Setting) -> QWidget:
    """Return the control that suits a setting's type and range."""
    if setting.type is bool:
        return QCheckBox()
    if setting.choices:
        combo = QComboBox()
        for choice in setting.choices:
            combo.addItem(_WORDS.get(choice, choice.capitalize()), choice)
        return combo
    if setting.type in (int, float):
        low = -1e6 if setting.low is None else setting.low
        high = 1e6 if setting.high is None else setting.high
        spin: QSpinBox | QDoubleSpinBox
        if setting.type is int:
            spin = QSpinBox()
            spin.setRange(int(low), int(high))
        else:
            spin = QDoubleSpinBox()
            spin.setRange(low, high)
            spin.setDecimals(1)
            # A double's field begins at its very border, unlike an integer's.
            spin.lineEdit().setTextMargins(6, 0, 6, 0)
        spin.setFixedHeight(4 * GRID)
        if setting.unit:
            spin.setSuffix(f" {setting.unit}")
        spin.setKeyboardTracking(False)
        return spin
    return SearchField()


def _signal_of(control: QWidget) -> Any:
    if isinstance(control, QCheckBox):
        return control.toggled
    if isinstance(control, QComboBox):
        return control.currentIndexChanged
    if isinstance(control, QSpinBox | QDoubleSpinBox):
        return control.valueChanged
    return control.editingFinished  # type: ignore[attr-defined]


def _value_of(control: QWidget) -> Any:
    if isinstance(control, QCheckBox):
        return control.isChecked()
    if isinstance(control, QComboBox):
        return control.currentData()
    if isinstance(control, QSpinBox | QDoubleSpinBox):
        return control.value()
    return control.text()  # type: ignore[attr-defined]
