"""What the actions and panels may ask of the window. The window implements it; tests may do so as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from desktop.canvas.view import CanvasView
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
    from desktop.session import Session
    from desktop.settings import Settings
    from desktop.tools.base import Tool


class Desk(Protocol):
    """The window as its actions see it."""

    session: Session
    settings: Settings
    canvas: CanvasView
    layering: Layering
    tools: Mapping[str, Tool]
    tool_name: str
    page: str
    help: Help
    looking: Looking
    noting: Noting
    judging: Judging
    comparing: Comparing
    gallery: GalleryControl
    measures: Measures
    figures: Figures
    components: ComponentWalk
    regions: Regions
    copying: CopyClass

    def has_folder(self) -> bool:
        """A folder is open."""

    def has_project(self) -> bool:
        """A project is open and can be written."""

    def has_image(self) -> bool:
        """There is a current entry, and the review page is shown."""

    def can_label(self) -> bool:
        """The current image has a label that can be changed, and the review page is shown."""

    def can_judge(self) -> bool:
        """The current entry can be rejected or looked at again, readable or not."""

    def can_undo(self) -> bool:
        """Something can be taken back."""

    def can_redo(self) -> bool:
        """Something can be done again."""

    def can_grade(self) -> bool:
        """The schema has a scale and the current image can be labelled."""

    def has_classes(self) -> bool:
        """The schema has classes and the review page is shown."""

    def can_take_prediction(self) -> bool:
        """The model says something of the selected class of this image."""

    def choose_folder(self) -> None:
        """Ask for a folder and open it."""

    def open_folder(self, folder: Path) -> None:
        """Open a folder."""

    def open_sample(self) -> None:
        """Open the sample project."""

    def export(self) -> None:
        """Ask where, then export what is reviewed."""

    def quit(self) -> None:
        """Close the window."""

    def show_page(self, name: str) -> None:
        """Show "start", "review", "models" or "training"."""

    def take_back(self) -> None:
        """Go back to the image finished last, as not finished."""

    def finish(self) -> None:
        """Finish and go on; while something is offered in a strip, only put the keyboard there."""

    def accept(self) -> None:
        """Finish, with every grade and finding of the model that no person has set."""

    def ask_reason(self) -> None:
        """Show the strip that asks for the reason of a rejection."""

    def choose_tool(self, name: str) -> None:
        """Take a tool in the hand."""

    def scale_brush(self, factor: float) -> None:
        """Make the brush larger or smaller."""

    def take_prediction(self) -> None:
        """Take the model's mask for the selected class."""

    def zoom(self, factor: float) -> None:
        """Zoom about the middle of the canvas."""

    def hide_overlays(self, hidden: bool) -> None:
        """Hide or show every layer without touching their styles."""

    def toggle_class(self) -> None:
        """Show or hide the selected class."""

    def toggle_full_screen(self) -> None:
        """To full screen and back."""

    def focus_history(self) -> None:
        """Show the steps of the current image and put the keyboard on them."""

    def focus_filter(self) -> None:
        """Put the keyboard into the gallery's filter."""

    def grade_by_digit(self, digit: str) -> None:
        """Set a grade by its digit key."""

    def class_by_number(self, number: int) -> None:
        """Select the n-th class."""

    def choose_theme(self, choice: str) -> None:
        """Use a theme from now on."""

    def toggle_keys(self) -> None:
        """Show or hide the cheat sheet."""

    def dismiss(self) -> None:
        """Close what lies over the desk: cheat sheet, reason strip, notice."""
