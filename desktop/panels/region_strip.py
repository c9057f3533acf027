"""The strip of the operations on regions: by how much, in which way, and what that would change."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSizePolicy

from desktop.panels.offer_strip import OfferStrip
from desktop.panels.widgets import elided, label
from desktop.project.proposals import Operation
from desktop.theme import GRID


class RegionStrip(OfferStrip):
    """Shows one operation at a time. ``changed`` is called when its amount or way is another one."""

    def __init__(
        self, *, take: Callable[[], object], leave: Callable[[], object], changed: Callable[[], object]
    ) -> None:
        super().__init__("Operation on regions", take=take, leave=leave)
        self.before = label("", "quiet")
        self.amount = QDoubleSpinBox()
        self.amount.setAccessibleName("By how much")
        self.amount.setFixedWidth(12 * GRID)
        self.amount.setKeyboardTracking(True)
        self.amount.valueChanged.connect(lambda _value: changed())
        self.way = QComboBox()
        self.way.setAccessibleName("In which way")
        self.way.currentIndexChanged.connect(lambda _index: changed())
        self.where = elided("", "quiet")
        self.where.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for widget in (self.before, self.amount, self.way, self.where):
            self.fields.addWidget(widget)

    def show_operation(self, operation: Operation, amount: float, way: str) -> None:
        """Show an operation with the keyboard in its amount."""
        self.set_title(operation.icon, operation.text)
        given = operation.amount
        with QSignalBlocker(self.amount), QSignalBlocker(self.way):
            self.way.clear()
            for name, text in operation.ways:
                self.way.addItem(text, name)
            self.way.setCurrentIndex(max(0, self.way.findData(way)))
            if given is not None:
                self.amount.setDecimals(1 if given.step < 1 else 0)
                self.amount.setRange(given.low, given.high)
                self.amount.setSingleStep(given.step)
                self.amount.setSuffix(f" {given.unit}")
                self.amount.setSpecialValueText(given.at_low)
                self.amount.setValue(amount)
                self.amount.setAccessibleName(f"{operation.text} {given.text}, in {given.unit}")
        self.before.setText(given.text if given is not None else "")
        for widget, shown in (
            (self.before, given is not None),
            (self.amount, given is not None),
            (self.way, bool(operation.ways)),
        ):
            widget.setVisible(shown)
        self.show()
        if given is not None:
            self.amount.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.amount.selectAll()
        else:
            self.apply.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_where(self, text: str) -> None:
        """Say which region is meant."""
        self.where.setText(text)

    @property
    def value(self) -> tuple[float, str]:
        """(amount, way) as they are set."""
        return self.amount.value(), str(self.way.currentData() or "")
