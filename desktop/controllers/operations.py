"""What the actions do: the window's side of `desktop.desk.Desk`, over session, canvas and panels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from desktop.actions.tools import icon_of
from desktop.controllers.comparing import Comparing
from desktop.controllers.components import ComponentWalk
from desktop.controllers.copying import CopyClass
from desktop.controllers.figures import Figures
from desktop.controllers.gallery import GalleryControl
from desktop.controllers.help import Help
from desktop.controllers.judging import Judging
from desktop.controllers.layering import Layering
from desktop.controllers.looking import Looking
from desktop.controllers.measuring import Measures
from desktop.controllers.notes import Noting
from desktop.controllers.regions import Regions
from desktop.controllers.tool_memory import ToolMemory
from desktop.theme import Choice, look
from desktop.tools.registry import make_tools

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView
    from desktop.session import Session
    from desktop.settings import Settings
    from desktop.tools.base import Tool
    from desktop.tools.component import ComponentTool
    from desktop.window import Window


class Operations:
    """Implements `Desk` for one window. Panels are reached through the window, once they exist."""

    def __init__(self, window: Window, session: Session, canvas: CanvasView, settings: Settings) -> None:
        self._window = window
        self.session = session
        self.canvas = canvas
        self.settings = settings
        self.tools: Mapping[str, Tool] = make_tools(session)
        self.tool_memory = ToolMemory(self.tools, settings)
        self.tool_memory.restore()
        self.tool_name = ""
        self.page = "start"
        self.help = Help(window, session, settings)
        self.layering = Layering(session, canvas)
        self.looking = Looking(session, canvas, settings)
        self.noting = Noting(window, session, canvas)
        self.judging = Judging(window, session)
        self.comparing = Comparing(session, canvas, settings)
        self.gallery = GalleryControl(session, settings)
        self.measures = Measures(window, session, canvas, settings)
        self.figures = Figures(window, session, canvas, settings)
        self.components = ComponentWalk(session, canvas, cast("ComponentTool", self.tools["component"]))
        self.regions = Regions(session, canvas)
        self.copying = CopyClass(session, canvas)

    # --- conditions

    def has_folder(self) -> bool:
        """A folder is open."""
        return self.session.folder is not None

    def has_project(self) -> bool:
        """A project is open and can be written."""
        return self.session.project is not None

    def has_image(self) -> bool:
        """There is a current entry, and the review page is shown."""
        return self.page == "review" and self.session.entry is not None

    def can_label(self) -> bool:
        """The current image has a label that can be changed, and the review page is shown."""
        return self.has_image() and self.session.label is not None

    def can_judge(self) -> bool:
        """The current entry can be rejected or looked at again, readable or not."""
        entry = self.session.entry
        return self.has_image() and self.has_project() and entry is not None and entry.image_id is not None

    def can_undo(self) -> bool:
        """Something can be taken back."""
        return self.can_label() and self.session.undo_text is not None

    def can_redo(self) -> bool:
        """Something can be done again."""
        return self.can_label() and self.session.redo_text is not None

    def can_grade(self) -> bool:
        """The schema has a scale and the current image can be labelled."""
        return self.can_label() and bool(self.session.schema.grades)

    def has_classes(self) -> bool:
        """The schema has classes and the review page is shown."""
        return self.page == "review" and bool(self.session.schema.active_classes)

    def can_take_prediction(self) -> bool:
        """The model says something of the selected class of this image."""
        name, prediction = self._class_name(), self.session.prediction
        return self.can_label() and prediction is not None and name in prediction.classes

    def _class_name(self) -> str | None:
        chosen = self.session.class_id
        return next((one.name for one in self.session.schema.active_classes if one.id == chosen), None)

    # --- files

    def choose_folder(self) -> None:
        """Ask for a folder and open it."""
        start = self.session.folder or next(iter(self.settings.recent), Path.home())
        chosen = QFileDialog.getExistingDirectory(self._window, "Open a folder of images", str(start))
        if chosen:
            self.open_folder(Path(chosen))

    def open_folder(self, folder: Path) -> None:
        """Open a folder; it becomes the first of the recent ones."""
        self._window.open_folder(folder)

    def open_sample(self) -> None:
        """Open the sample project: a copy in the user's data folder."""
        self._window.open_sample()

    def export(self) -> None:
        """Ask where, then export what is reviewed."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Export into an empty folder", str(Path.home())
        )
        if chosen:
            self._window.exports.start(Path(chosen))

    def quit(self) -> None:
        """Close the window; it goes when everything is written."""
        self._window.close()

    # --- the window

    def show_page(self, name: str) -> None:
        """Show "start", "review", "models" or "training"."""
        self._window.show_page(name)

    def toggle_full_screen(self) -> None:
        """To full screen and back."""
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def choose_theme(self, choice: str) -> None:
        """Use a theme from now on."""
        self.settings["view.theme"] = choice
        app = cast("QApplication", QApplication.instance())
        look().apply(app, cast("Choice", choice))

    def toggle_keys(self) -> None:
        """Show or hide the cheat sheet."""
        self._window.keys.toggle()

    def dismiss(self) -> None:
        """Close what lies over the desk (keys, reason strip, notice); the canvas gets the keyboard."""
        window = self._window
        if self.figures.dismiss() or self.help.close_overlay() or self.help.come_back():
            return
        if not window.review.reject.isHidden():
            window.review.reject.hide()
        elif self._leave_offers() or self.comparing.dismiss():
            pass
        elif window.notices.current is not None:
            window.notices.dismiss()
        self.canvas.setFocus()

    def focus_history(self) -> None:
        """Show the steps of the current image and put the keyboard on them."""
        self.show_page("review")
        tabs = self._window.review.tabs
        tabs.show_tab("history")
        tabs.panels["history"].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _leave_offers(self) -> bool:
        """Leave what is offered, else the piece that is chosen; False when there was neither."""
        return any(part.leave() for part in (self.regions, self.copying, self.components))

    def focus_filter(self) -> None:
        """Put the keyboard into the gallery's filter."""
        self.show_page("review")
        self._window.gallery.focus_filter()

    # --- review

    def take_back(self) -> None:
        """Go back to the image finished last, as not finished."""
        self.session.take_back()

    def finish(self) -> None:
        """Finish and go on; while something is offered in a strip, only put the keyboard there.

        Enter is what takes an offer; it must not finish the image because the canvas has the keyboard.
        """
        if not any(part.take_keyboard() for part in (self.regions, self.copying)):
            self.session.finish_and_next()

    def accept(self) -> None:
        """Finish, with every grade and finding of the model that no person has set."""
        label, prediction = self.session.label, self.session.prediction
        accepted: list[str] = []
        if label is not None and prediction is not None:
            schema = self.session.schema
            scales = [one.name for one in schema.grades if one.name in prediction.grades]
            findings = [one.name for one in schema.findings if one.name in prediction.findings]
            unassessed = self.session.assessments.reasons
            accepted += [
                f"grade:{name}"
                for name in scales
                if not label.grades.get(name) and f"grade:{name}" not in unassessed
            ]
            accepted += [f"finding:{name}" for name in findings if not label.findings.get(name)]
        self.session.finish_and_next(accepted)

    def ask_reason(self) -> None:
        """Show the strip that asks for the reason of a rejection."""
        self.judging.ask_reason()

    def grade_by_digit(self, digit: str) -> None:
        """Set a grade by its digit key."""
        self._window.values.by_digit(digit)

    def class_by_number(self, number: int) -> None:
        """Select the n-th class."""
        classes = self.session.schema.active_classes
        if number <= len(classes):
            self.session.set_class(classes[number - 1].id)

    def toggle_class(self) -> None:
        """Show or hide the selected class."""
        chosen = self.session.class_id
        if chosen is not None:
            style = self.session.styles.get(chosen)
            self.session.set_layer_style(chosen, visible=not (style is None or style.visible))

    def take_prediction(self) -> None:
        """Take the model's mask for the selected class."""
        name = self._class_name()
        if name is not None:
            self.session.take_prediction(name)

    # --- tools and view

    def choose_tool(self, name: str) -> None:
        """Take a tool in the hand and show its hint."""
        tool = self.tools[name]
        self.tool_name = name
        self.settings["tool.name"] = name
        self.canvas.set_tool(tool)
        self._window.bottom.show_hint(tool.hint)
        self._window.review.options.show_tool(tool, icon_of(tool.name))

    def scale_brush(self, factor: float) -> None:
        """Make the brush larger or smaller; it is kept for the next start."""
        self.session.set_brush_radius(self.session.brush_radius * factor)
        self.settings["tool.brush_radius"] = float(self.session.brush_radius)
        self.canvas.refresh_cursor()

    def zoom(self, factor: float) -> None:
        """Zoom about the pointer, or the middle of the canvas."""
        self.canvas.zoom_by(factor)

    def hide_overlays(self, hidden: bool) -> None:
        """Hide or show every layer without touching their styles."""
        self.canvas.set_overlays_hidden(hidden)
        self.comparing.hide_overlays(hidden)
