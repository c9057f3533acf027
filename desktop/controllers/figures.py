"""Saving what is seen as a figure: asked for in a card, rendered and written behind, told in a line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from desktop.canvas.figure import Figure
    from desktop.canvas.view import CanvasView
    from desktop.panels.figure import FigureCard
    from desktop.session import Session
    from desktop.settings import Settings
    from desktop.window import Window

__all__ = ["Figures"]


class Figures:
    """The work behind “Save a figure”. The card is made when it is asked for."""

    def __init__(self, window: Window, session: Session, canvas: CanvasView, settings: Settings) -> None:
        self._window = window
        self._session = session
        self._canvas = canvas
        self._settings = settings
        self.card: FigureCard | None = None

    def ask(self) -> None:
        """Open the card, or close it."""
        if self._canvas.viewport is None:
            return
        if self.card is None:
            from desktop.panels.figure import FigureCard

            self.card = FigureCard(self._window.pages)
            self.card.save_asked.connect(self._choose_file)
        if not self.card.isHidden():
            self.card.close_down()
            return
        known = self._session.measuring.spacing is not None
        has_marks = bool(self._window.desk.measures.drawn())
        self.card.offer(self._caption(), scale_known=known, has_marks=has_marks)

    def dismiss(self) -> bool:
        """Close the card; False when it is not open."""
        if self.card is None or self.card.isHidden():
            return False
        self.card.close_down()
        return True

    def can_save(self) -> bool:
        """Whether an image is on screen."""
        return self._canvas.viewport is not None and self._canvas.image is not None

    def figure(self) -> Figure | None:
        """What is seen now, with what the card says; None without an image."""
        card, canvas, session = self.card, self._canvas, self._session
        if card is None or canvas.viewport is None or canvas.image is None:
            return None
        from desktop.canvas.figure import Figure

        shown = [
            (style.color, one.label)
            for one in session.schema.active_classes
            if (style := session.styles.get(one.id)) is not None and style.visible
        ]
        overlay = session.overlay if canvas.image is session.image_pyramid else None
        return Figure(
            image=canvas.image,
            overlay=overlay,
            styles=dict(session.styles),
            settings=canvas.view_settings,
            viewport=canvas.viewport,
            size=card.chosen_size,
            legend=tuple(shown) if card.legend.isChecked() and overlay is not None else (),
            caption=card.caption.text().strip() if card.captioned.isChecked() else "",
            spacing=session.measuring.spacing if card.bar.isChecked() else None,
            marks=self._window.desk.measures.drawn() if card.marks.isChecked() else (),
            ratio=canvas.devicePixelRatioF(),
        )

    def save(self, figure: Figure, path: Path) -> None:
        """Render and write behind. What cannot be written is told in a sentence; nothing half is left."""

        def work() -> None:
            from desktop.canvas.figure import figure_bytes
            from desktop.formats.measures_table import write_whole

            data = figure_bytes(figure, path.suffix.lower())
            write_whole(path, lambda part: part.write_bytes(data))

        self._session.run_behind(
            work, lambda _: self._window.notices.say(f"The figure is saved as {path.name}.")
        )

    def _caption(self) -> str:
        session = self._session
        entry, model, project = session.entry, session.model, session.project
        shown = model is not None and session.prediction is not None
        parts = (
            entry.title if entry is not None else "",
            f"model {model.name}" if shown and model is not None else "",
            f"reader {project.reader}" if project is not None else "",
        )
        return " · ".join(part for part in parts if part)

    def _choose_file(self) -> None:
        figure, entry = self.figure(), self._session.entry
        if figure is None or entry is None:
            return
        from desktop.canvas.figure import FIGURE_KINDS

        folder = Path(str(self._settings["figure.folder"]) or Path.home())
        filters = ";;".join(f"{text} (*{suffix})" for suffix, text in FIGURE_KINDS.items())
        chosen, kind = QFileDialog.getSaveFileName(
            self._canvas, "Save the figure", str(folder / f"{Path(entry.path).stem} figure.png"), filters
        )
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix.lower() not in FIGURE_KINDS:
            wanted = next((suffix for suffix in FIGURE_KINDS if f"*{suffix}" in kind), ".png")
            path = path.with_name(path.name + wanted)
        self._settings["figure.folder"] = str(path.parent)
        if self.card is not None:
            self.card.close_down()
        self.save(figure, path)
