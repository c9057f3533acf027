"""What is done with folders and projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    return (
        Action("file.open", "Open folder…", desk.choose_folder, ("Ctrl+O",), "Project", "folder"),
        Action("file.sample", "Open the sample", desk.open_sample, ("Alt+Shift+O",), "Project", "sample"),
        Action(
            "file.start_page", "Start page", lambda: desk.show_page("start"), ("Ctrl+Shift+O",), "Project"
        ),
        Action(
            "file.export",
            "Export dataset…",
            desk.export,
            ("Ctrl+E",),
            "Project",
            "export",
            enabled_when=desk.has_project,
        ),
        Action("file.quit", "Quit", desk.quit, ("Ctrl+Q",), "Project"),
    )
