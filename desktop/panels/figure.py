"""The card that asks what a figure shall hold, before it is saved."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from desktop.canvas.figure import Size
from desktop.panels.overlay import Overlay
from desktop.panels.widgets import SearchField, button, column, label, row
from desktop.theme import GRID

NO_SCALE = "The pixel size is not known; set it under Measure."
_WIDTH = 52 * GRID


class FigureCard(Overlay):
    """Choices about the figure; `save_asked` says that it shall be saved."""

    save_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "Save a figure")
        self.legend = QCheckBox("Legend of the visible classes")
        self.bar = QCheckBox("Scale bar")
        self.marks = QCheckBox("Callipers and points")
        self.captioned = QCheckBox("Caption")
        self.caption = SearchField()
        self.caption.setAccessibleName("Caption of the figure")
        self.no_scale = label(NO_SCALE, "quiet", wrap=True)
        self.pixels = QComboBox()
        for one in Size:
            self.pixels.addItem(one.value.capitalize(), one)
        self.pixels.setAccessibleName("Size of the figure")
        self.save = button("Save…", self.save_asked.emit, role="primary")
        self.cancel = button("Cancel", self.close_down)
        for box in (self.legend, self.captioned):
            box.setChecked(True)
        self.captioned.toggled.connect(self.caption.setEnabled)
        layout = column(self, margin=2 * GRID, spacing=GRID)
        layout.addWidget(label("Figure of what is seen", "heading"))
        layout.addLayout(row(label("Pixels"), self.pixels, stretch=1))
        for widget in (self.legend, self.bar, self.no_scale, self.marks, self.captioned, self.caption):
            layout.addWidget(widget)
        layout.addSpacing(GRID)
        buttons = row(label("PNG, PDF or SVG", "quiet"), self.cancel, self.save, stretch=0)
        layout.addLayout(buttons)

    def wanted_size(self) -> tuple[int, int]:
        """As high as what is inside."""
        return _WIDTH, self.sizeHint().height()

    def event(self, event: QEvent) -> bool:
        """While the card has the keyboard, its keys are no shortcuts of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
            if event.key() != Qt.Key.Key_Escape and not held:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return saves, unless the keyboard is on Cancel."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif self.cancel.hasFocus():
            self.close_down()
        else:
            self.save_asked.emit()

    def offer(self, caption: str, *, scale_known: bool, has_marks: bool) -> None:
        """Open with what is possible now."""
        self.caption.setText(caption)
        self.bar.setEnabled(scale_known)
        self.bar.setChecked(scale_known)
        self.no_scale.setVisible(not scale_known)
        self.marks.setEnabled(has_marks)
        self.marks.setChecked(has_marks)
        self.open_up(self.save)

    @property
    def chosen_size(self) -> Size:
        """The size chosen."""
        chosen: Size = self.pixels.currentData()
        return chosen
