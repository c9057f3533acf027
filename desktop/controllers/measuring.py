"""Measuring on the canvas: callipers, points and the map of what was viewed; the table copied and saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QFileDialog

from desktop.canvas.marks import LineMark, MarksDecoration, PointMark
from desktop.canvas.viewed_shade import ViewedShade
from desktop.formats.measures_table import as_csv, as_tsv, table, write_text
from desktop.project.measuring_rows import CALLIPER
from desktop.theme import look

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView
    from desktop.formats.measures_table import Row
    from desktop.session import Session
    from desktop.settings import Settings
    from desktop.window import Window

__all__ = ["Measures"]


class Measures:
    """The work behind the Measure tab and the map of what was viewed."""

    def __init__(self, window: Window, session: Session, canvas: CanvasView, settings: Settings) -> None:
        self._window = window
        self._session = session
        self._canvas = canvas
        self._settings = settings
        self._part, self._viewing = session.measuring, session.viewing
        self._marks = MarksDecoration(self.drawn, lambda: look().color("accent"))
        self._shade = ViewedShade(lambda: self._viewing.area)
        canvas.add_decoration(self._marks)
        self._part.marks_changed.connect(canvas.update)
        self._part.spacing_changed.connect(canvas.update)
        self._viewing.changed.connect(self._viewed)
        self._viewing.shown_changed.connect(self._show_map)
        canvas.view_changed.connect(lambda _scale: self._viewing.look(canvas.viewport))

    # ---- the map of what was viewed

    @property
    def map_shown(self) -> bool:
        """Whether what was not viewed yet is shaded."""
        return self._viewing.shown

    def toggle_map(self) -> None:
        """Show or hide the map."""
        self._viewing.set_shown(not self._viewing.shown)

    def _show_map(self, shown: bool) -> None:
        if shown:
            # Below callipers and points.
            self._canvas.remove_decoration(self._marks)
            self._canvas.add_decoration(self._shade)
            self._canvas.add_decoration(self._marks)
        else:
            self._canvas.remove_decoration(self._shade)

    def _viewed(self) -> None:
        if self._viewing.shown:
            self._canvas.update()

    # ---- marks

    def drawn(self) -> tuple[LineMark | PointMark, ...]:
        """Callipers and points as they are drawn."""
        part = self._part
        selected = part.selected
        chosen = selected.mark if selected is not None else ""
        return tuple(
            LineMark(one.start, one.end, part.length_words(one), one.mark == chosen)
            if one.kind == CALLIPER
            else PointMark(one.start, one.name, one.mark == chosen)
            for one in part.marks
            if one.mark != part.held
        )

    # ---- the table

    def has_table(self) -> bool:
        """Whether the classes of the current image are measured."""
        return bool(self._part.measures)

    def copy(self) -> None:
        """Put the table on the clipboard, for a spreadsheet."""
        if self.has_table():
            QApplication.clipboard().setText(as_tsv(self._rows()))

    def export(self) -> None:
        """Ask where, then write the table as CSV."""
        entry = self._session.entry
        if entry is None or not self.has_table():
            return
        start = Path(str(self._settings["figure.folder"]) or Path.home()) / f"{Path(entry.path).stem}.csv"
        chosen, _ = QFileDialog.getSaveFileName(
            self._canvas, "Save the table of measures", str(start), "Comma-separated values (*.csv)"
        )
        if chosen:
            self.write(Path(chosen))

    def write(self, path: Path) -> None:
        """Write the table as CSV, behind; a refusal is told in a sentence."""
        text = as_csv(self._rows())
        self._settings["figure.folder"] = str(path.parent)
        self._session.run_behind(
            lambda: write_text(path, text),
            lambda _: self._window.notices.say(f"The table is saved as {path.name}."),
        )

    def _rows(self) -> Sequence[Row]:
        part, entry = self._part, self._session.entry
        point = part.point
        return table(
            entry.title if entry is not None else "",
            {one.id: one.name for one in self._session.schema.active_classes},
            part.measures or {},
            part.spacing,
            point.name if point is not None else "",
        )
