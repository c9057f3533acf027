"""The parts of the Measure tab: a row for a mark, a card for a class, the line that sets the pixel size."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QGridLayout, QSizePolicy, QWidget

from desktop.panels.widgets import Elided, SearchField, button, column, elided, icon_button, label, row
from desktop.project.measures import (
    ClassMeasures,
    Spacing,
    area_text,
    length_text,
    pixels_text,
    share_text,
)
from desktop.project.measuring_rows import GROUP, IMAGE, SIZE, Mark
from desktop.theme import GRID, look

SCOPE_TEXT = {IMAGE: "this image", SIZE: "all images of this size", GROUP: "this group"}
MILLIMETRES = {"mm": 1.0, "µm": 0.001, "cm": 10.0}
LONGEST_MM = 1000.0


class MarkRow(QWidget):
    """One calliper or point: its name, its length, and a cross that removes it. A double click renames."""

    picked = Signal()
    removed = Signal()
    renamed = Signal(str)

    def __init__(self, mark: Mark, words: str, *, selected: bool) -> None:
        super().__init__()
        self.mark = mark
        self.selected = selected
        self.setToolTip("Double click or F2 renames")
        self.setFixedHeight(3 * GRID + 4)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.name = Elided("", mode=Qt.TextElideMode.ElideRight)
        self.name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.words = label("", "quiet")
        self.words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.field = SearchField()
        self.field.hide()
        self.field.installEventFilter(self)
        self.field.returnPressed.connect(self._rename)
        self.cross = icon_button("cross", "Remove", self.removed.emit)
        line = row(self.name, self.field, self.words, self.cross, spacing=GRID // 2, stretch=0)
        line.setStretch(1, 1)
        line.setContentsMargins(GRID, 0, 0, 0)
        self.setLayout(line)
        self.show_mark(mark, words, selected=selected)

    def show_mark(self, mark: Mark, words: str, *, selected: bool) -> None:
        """Show another state of the mark."""
        self.mark, self.selected = mark, selected
        self.setAccessibleName(f"{mark.name}, {words}{', selected' if selected else ''}")
        self.field.setAccessibleName(f"New name of {mark.name}")
        for say in (self.cross.setToolTip, self.cross.setAccessibleName):
            say(f"Remove {mark.name}")
        self.name.setText(mark.name)
        font = self.name.font()
        font.setBold(selected)
        self.name.setFont(font)
        self.words.setText(words)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space chooses, F2 renames."""
        if event.key() == Qt.Key.Key_Space:
            self.picked.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.rename()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose it."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.picked.emit()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Ask for another name, in place."""
        self.rename()

    def rename(self) -> None:
        """Ask for another name, in place."""
        self.field.setText(self.mark.name)
        self.name.hide()
        self.words.hide()
        self.field.show()
        self.field.setFocus()
        self.field.selectAll()

    def _rename(self) -> None:
        name = self.field.text().strip()
        self._stop()
        if name and name != self.mark.name:
            self.renamed.emit(name)

    def _stop(self) -> None:
        self.field.hide()
        self.name.show()
        self.words.show()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Leaving the field takes nothing over."""
        if event.type() == QEvent.Type.FocusOut:
            self._stop()
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The ground: selected, under the pointer, with the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.selected or self.underMouse():
            painter.setBrush(look().color("selection" if self.selected else "hover"))
            painter.drawRoundedRect(self.rect(), 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look().color("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)


class Dot(QWidget):
    """A class's colour."""

    def __init__(self, color: str) -> None:
        super().__init__()
        self._color = color
        self.setFixedSize(12, 12)

    def set_color(self, color: str) -> None:
        """Show another colour."""
        self._color = color
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A square with round corners."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color)
        painter.drawRoundedRect(self.rect(), 3, 3)


class ClassCard(QWidget):
    """What was measured of a class: how many lesions; when there are some, how large and how near."""

    def __init__(self, name: str, color: str) -> None:
        super().__init__()
        self.dot = Dot(color)
        self.name = Elided(name, mode=Qt.TextElideMode.ElideRight)
        self.count = label("")
        self._grid_holder = QWidget()
        self._grid = QGridLayout(self._grid_holder)
        self._grid.setContentsMargins(20, 0, 0, 0)
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._cells: list[tuple[QWidget, QWidget]] = []
        layout = column(self, spacing=2)
        head = row(self.dot, self.name, self.count, stretch=1)
        layout.addLayout(head)
        layout.addWidget(self._grid_holder)
        self._title = name

    def show_measures(self, one: ClassMeasures | None, spacing: Spacing | None, point: str) -> None:
        """Show what was measured; None: not yet."""
        if one is None:
            self.count.setText("…")
            lines: Sequence[tuple[str, str]] = ()
        else:
            self.count.setText("none" if not one.count else f"{one.count:,}".replace(",", " "))
            lines = lines_of(one, spacing, point) if one.count else ()
        for at, (what, value) in enumerate(lines):
            if at == len(self._cells):
                self._cells.append((elided("", "label"), label("", "quiet")))
                self._grid.addWidget(self._cells[at][0], at, 0)
                self._grid.addWidget(self._cells[at][1], at, 1, Qt.AlignmentFlag.AlignRight)
                self._cells[at][0].setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            first, second = self._cells[at]
            first.setText(what)  # type: ignore[attr-defined]
            first.setFixedWidth(first.sizeHint().width())
            second.setText(value)  # type: ignore[attr-defined]
        for at, pair in enumerate(self._cells):
            for widget in pair:
                widget.setVisible(at < len(lines))
        self._grid_holder.setVisible(bool(lines))
        said = ", ".join(f"{what} {value}" for what, value in lines)
        lesions = f"{one.count} lesions" if one is not None else "being measured"
        self.setAccessibleName(", ".join(part for part in (self._title, lesions, said) if part))


def lines_of(one: ClassMeasures, spacing: Spacing | None, point: str) -> list[tuple[str, str]]:
    """What a card says below its head: (what, value with its unit)."""

    def area(pixels: float) -> str:
        return area_text(pixels * spacing.pixel_area) if spacing is not None else pixels_text(pixels)

    found = [
        ("Area", f"{area(one.area_px)} · {share_text(one.share)}"),
        ("Mean", area(one.mean_px)),
        ("Largest", area(one.largest_px)),
    ]
    if one.nearest_px is not None and point:
        away = one.nearest_mm(spacing) if spacing is not None else None
        found.append((f"To {point}", length_text(away) if away is not None else pixels_text(one.nearest_px)))
    return found


class SpacingForm(QWidget):
    """“This line is 1.5 mm long, for this image”: sets the pixel size from the calliper chosen."""

    asked = Signal(float, str)
    """(millimetres, scope)."""

    def __init__(self) -> None:
        super().__init__()
        self.length = SearchField()
        self.length.setPlaceholderText("1.5")
        self.length.setAccessibleName("How long the chosen line is")
        self.length.setFixedWidth(8 * GRID)
        self.unit = QComboBox()
        self.unit.addItems(list(MILLIMETRES))
        self.unit.setAccessibleName("Unit of the length")
        self.unit.setFixedWidth(8 * GRID)
        self.scope = QComboBox()
        for scope, text in SCOPE_TEXT.items():
            self.scope.addItem(f"for {text}", scope)
        self.scope.setAccessibleName("For which images the pixel size holds")
        self.scope.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_button = button("Set", self._ask)
        self.problem = label("", "warn", wrap=True)
        self.problem.hide()
        self.length.returnPressed.connect(self._ask)
        layout = column(self, spacing=GRID)
        layout.addLayout(row(label("This line is"), self.length, self.unit))
        layout.addLayout(row(self.scope, self.set_button, stretch=0))
        layout.addWidget(self.problem)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(0, super().sizeHint().height())

    def _ask(self) -> None:
        try:
            millimetres = (
                float(self.length.text().strip().replace(",", ".")) * MILLIMETRES[self.unit.currentText()]
            )
        except ValueError:
            millimetres = 0.0
        good = 0 < millimetres <= LONGEST_MM
        self.problem.setText("" if good else "Give the length of the line as a number, for example 1.5.")
        self.problem.setVisible(not good)
        if good:
            self.asked.emit(millimetres, str(self.scope.currentData()))
