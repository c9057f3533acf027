"""The Measure tab: pixel size, callipers, points, the classes in figures, and how much was viewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from desktop.panels.measure_parts import ClassCard, MarkRow, SpacingForm
from desktop.panels.widgets import clear, column, heading, icon_button, label, row, switch_button
from desktop.project.errors import ProjectError
from desktop.project.measures import Spacing, length_px, length_text, pixels_text, spacing_text
from desktop.project.measuring_rows import CALLIPER, Mark
from desktop.theme import GRID, look

if TYPE_CHECKING:
    from desktop.desk import Desk

NO_SPACING = "Not known. Take the calliper (K), drag along something whose length you know, and set it here."
NO_SPACING_CHOSEN = "Not known. Set it from the line that is chosen:"
NO_CALLIPERS = "None yet. Drag with the calliper (K) to measure."
NO_POINTS = "None yet. Click with the mark tool (M): distances start from the point that is chosen."
NO_CLASSES = "This project has no classes to measure."


class MeasurePanel(QWidget):
    """Shows what `session.measuring` and `session.viewing` know, and says what a person asked for."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName("Measure")
        self._session = desk.session
        self._part, self._viewing = desk.session.measuring, desk.session.viewing
        self.cards: dict[int, ClassCard] = {}
        self._layout = column(self, spacing=GRID)
        self._make_spacing()
        self._callipers = self._list("Callipers")
        self._points = self._list("Points")
        self._make_table(desk)
        self._make_viewed(desk)
        self._layout.addStretch(1)
        self._part.marks_changed.connect(self.refresh)
        self._part.spacing_changed.connect(self.refresh)
        self._part.table_changed.connect(self._show_table)
        self._viewing.changed.connect(self._show_viewed)
        self._viewing.shown_changed.connect(self.map_button.setChecked)
        desk.session.project_changed.connect(self.rebuild)
        desk.session.styles_changed.connect(self._recolour)
        look().changed.connect(self.refresh)
        self.rebuild()

    # ---- parts

    def _make_spacing(self) -> None:
        self.forget = icon_button("roll-back", "Take this pixel size back", self._part.forget_spacing)
        self.spacing = label("")
        self.provenance = label("", "quiet", wrap=True)
        self.form = SpacingForm()
        self.form.asked.connect(self._set_spacing)
        self._layout.addWidget(heading("Pixel size", self.forget))
        self._layout.addWidget(self.spacing)
        self._layout.addWidget(self.provenance)
        self._layout.addWidget(self.form)

    def _list(self, title: str) -> QVBoxLayout:
        self._layout.addSpacing(GRID)
        self._layout.addWidget(heading(title))
        holder = QWidget()
        inner = column(holder, spacing=2)
        self._layout.addWidget(holder)
        return inner

    def _make_table(self, desk: Desk) -> None:
        self.copy_button = icon_button("copy", "Copy the table, for a spreadsheet", desk.measures.copy)
        self.export_button = icon_button("export", "Save the table as CSV…", desk.measures.export)
        self._layout.addSpacing(GRID)
        self._layout.addWidget(heading("Lesions", self.copy_button, self.export_button))
        holder = QWidget()
        self._cards = column(holder, spacing=GRID)
        self._layout.addWidget(holder)
        self.no_classes = label(NO_CLASSES, "quiet", wrap=True)
        self._layout.addWidget(self.no_classes)

    def _make_viewed(self, desk: Desk) -> None:
        self.map_button = switch_button("viewed", "Shade what was not viewed yet (Alt+V)")
        self.map_button.clicked.connect(lambda: desk.measures.toggle_map())
        self.viewed = label("")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Viewed at 100 % or more")
        self._layout.addSpacing(GRID)
        self._layout.addWidget(heading("Viewed", self.map_button))
        self._layout.addLayout(row(self.viewed))
        self._layout.addWidget(self.bar)

    def sizeHint(self) -> QSize:
        """As high as it is, as wide as there is room."""
        return QSize(26 * GRID, super().sizeHint().height())

    # ---- showing

    def rebuild(self) -> None:
        """Make a card for each class: the schema changed."""
        clear(self._cards)
        self.cards = {}
        for one in self._session.schema.active_classes:
            style = self._session.styles.get(one.id)
            card = ClassCard(one.label, style.color if style is not None else one.color)
            self.cards[one.id] = card
            self._cards.addWidget(card)
        self.no_classes.setVisible(not self.cards)
        self.refresh()

    def refresh(self) -> None:
        """Show spacing, marks, table and share anew."""
        self._show_spacing()
        self._show_marks()
        self._show_table()
        self._show_viewed()

    def _show_spacing(self) -> None:
        part = self._part
        spacing, chosen = part.spacing, part.selected
        line = chosen is not None and chosen.kind == CALLIPER
        self.spacing.setText(spacing_text(spacing) if spacing is not None else "")
        self.spacing.setVisible(spacing is not None)
        unknown = NO_SPACING_CHOSEN if line else NO_SPACING
        self.provenance.setText(part.provenance if spacing is not None else unknown)
        self.forget.setVisible(part.spacing_row is not None)
        self.form.setVisible(line)
        row_ = self._session.entry.row if self._session.entry is not None else None
        has_group = row_ is not None and bool(getattr(row_, "group", None))
        model = self.form.scope.model()
        model.item(self.form.scope.count() - 1).setEnabled(has_group)  # type: ignore[attr-defined]

    def _show_marks(self) -> None:
        part = self._part
        chosen = part.selected
        for holder, marks, nothing in (
            (self._callipers, part.callipers, NO_CALLIPERS),
            (self._points, part.points, NO_POINTS),
        ):
            rows = self._rows(holder)
            if not rows or [one.mark.mark for one in rows] != [one.mark for one in marks]:
                # Otherwise the same rows go on: one of them may have the keyboard.
                clear(holder)
                rows = [self._row(mark) for mark in marks]
                for widget in rows:
                    holder.addWidget(widget)
                if not rows:
                    holder.addWidget(label(nothing, "quiet", wrap=True))
            for row_, mark in zip(rows, marks, strict=True):
                from_here = part.point is not None and part.point.mark == mark.mark
                words = part.length_words(mark) if mark.kind == CALLIPER else "distances" if from_here else ""
                row_.show_mark(mark, words, selected=chosen is not None and chosen.mark == mark.mark)

    @staticmethod
    def _rows(holder: QVBoxLayout) -> list[MarkRow]:
        items = (holder.itemAt(at) for at in range(holder.count()))
        widgets = (item.widget() for item in items if item is not None)
        return [one for one in widgets if isinstance(one, MarkRow)]

    def _row(self, mark: Mark) -> MarkRow:
        made = MarkRow(mark, "", selected=False)
        made.picked.connect(lambda: self._part.select(made.mark))
        made.removed.connect(lambda: self._part.remove(made.mark))
        made.renamed.connect(lambda name: self._part.change(made.mark.renamed(name)))
        return made

    def _show_table(self) -> None:
        part = self._part
        measures, point = part.measures, part.point
        for class_id, card in self.cards.items():
            one = measures.get(class_id) if measures is not None else None
            card.show_measures(one, part.spacing, point.name if point is not None else "")
        for made in (self.copy_button, self.export_button):
            made.setEnabled(bool(measures))

    def _show_viewed(self) -> None:
        area = self._viewing.area
        share = area.share if area is not None else 0.0
        known = f"{100 * share:.0f} % at 100 % or more" if area is not None else "No image"
        self.viewed.setText(known)
        self.bar.setValue(round(1000 * share))

    def _recolour(self) -> None:
        for class_id, card in self.cards.items():
            style = self._session.styles.get(class_id)
            if style is not None:
                card.dot.set_color(style.color)

    # ---- what a person says

    def _set_spacing(self, millimetres: float, scope: str) -> None:
        mark = self._part.selected
        if mark is None or mark.kind != CALLIPER:
            return
        words = f"{length_text(millimetres)} over {pixels_text(length_px(mark.start, mark.end))}"
        try:
            spacing = Spacing.of_line(mark.start, mark.end, millimetres)
            self._part.set_spacing(spacing, scope, CALLIPER, f"{mark.name}: {words}")
        except ProjectError as error:
            self._session.problem.emit(str(error), "")

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks: measure."""
        super().showEvent(event)
        self._part.want_table(True)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self._part.want_table(False)
