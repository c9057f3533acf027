"""The gallery's actions: along a filter, list or grid, several images at once, the strip of the group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QSplitter, QVBoxLayout

from desktop.errors import DesktopError
from desktop.panels.group_strip import GroupStrip
from desktop.panels.notices import Notice
from desktop.project.errors import ProjectError
from desktop.state.second_view import Choice, Kind

if TYPE_CHECKING:
    from desktop.panels.gallery import Gallery
    from desktop.panels.notices import NoticeBar
    from desktop.session import Session
    from desktop.settings import Settings
    from desktop.state.bulk import BulkResult

TOPIC = "bulk"


class GalleryControl:
    """Stands between the gallery, the strip of the group and the session. Panels come by `attach`."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings
        self._gallery: Gallery | None = None
        self._notices: NoticeBar | None = None
        self.strip: GroupStrip | None = None
        session.bulk.ended.connect(self._bulk_ended)

    def attach(self, gallery: Gallery, below_canvas: QVBoxLayout) -> None:
        """Take the gallery in the hand, and put the strip of the group under the canvas."""
        settings = self._settings
        self._gallery = gallery
        gallery.show_as(settings["view.grid"], settings["view.grid_size"])
        gallery.grid_changed.connect(self._grid_changed)
        gallery.beside.connect(self.open_beside)
        strip = self.strip = GroupStrip(self._session)
        strip.set_folded(settings["view.group_folded"])
        strip.folded_changed.connect(self._folded)
        strip.beside.connect(self.open_beside)
        below_canvas.addWidget(strip)

    def tell_on(self, notices: NoticeBar) -> None:
        """Tell here what bulk actions did."""
        self._notices = notices

    # ---- going along

    @property
    def filtered(self) -> bool:
        """Whether the list is another one than the whole folder in its order."""
        return self._session.filtering.rows is not None

    def go_along(self, step: int) -> None:
        """To the next (or previous) image of the filter, in its order."""
        position = self._session.filtering.routes.along(step)
        if position is not None:
            self._session.go_to(position)

    def next_uncertain(self) -> None:
        """To the unfinished image that the model doubts most; from there, to the next lower doubt."""
        position = self._session.filtering.routes.doubtful()
        if position is None:
            self._session.say("The model has said nothing yet of another unfinished image here.")
        else:
            self._session.go_to(position)

    # ---- the list

    def toggle_grid(self) -> None:
        """List or grid."""
        if self._gallery is not None:
            self._gallery.toggle_grid()

    def resize_by(self, step: int) -> None:
        """Larger or smaller thumbnails in the grid."""
        if self._gallery is not None:
            self._gallery.resize_by(step)

    def toggle_filter(self) -> None:
        """Open or close the filter's panel."""
        if self._gallery is not None:
            self._gallery.toggle_filter()

    def clear_filter(self) -> None:
        """List every image again."""
        self._session.filtering.clear()

    def refresh(self) -> None:
        """Filter again: what no longer fits goes."""
        self._session.filtering.refresh()

    def choose_all(self) -> None:
        """Choose every image that is listed."""
        if self._gallery is not None:
            self._gallery.choose_all()

    def choose_none(self) -> None:
        """Choose only the current image."""
        if self._gallery is not None:
            self._gallery.list.choose_none()

    def toggle_strip(self) -> None:
        """Fold or unfold the strip of the group."""
        if self.strip is not None:
            self.strip.toggle()

    def open_beside(self, position: int) -> None:
        """Show an image beside the current one."""
        second, entries = self._session.second_view, self._session.entries
        if 0 <= position < len(entries):
            second.open()
            second.choose(Choice(Kind.IMAGE, entries[position].title, "Chosen", position))

    def _grid_changed(self) -> None:
        """The grid has a width of its own: wide enough for two columns at least."""
        gallery, settings = self._gallery, self._settings
        if gallery is None:
            return
        splitter = gallery.parentWidget()
        if gallery.grid != settings["view.grid"] and isinstance(splitter, QSplitter):
            left, *rest = splitter.sizes()
            other = settings["view.other_gallery_width"]
            if left:
                settings["view.other_gallery_width"] = left
                # Only the canvas gives room, and as much as it can: the right column keeps its width.
                middle = splitter.widget(1)
                needed = max(middle.minimumSizeHint().width(), middle.minimumWidth()) if middle else 0
                other = min(other, left + max(rest[0] - needed, 0))
                splitter.setSizes([other, max(rest[0] + left - other, 1), *rest[1:]])
        settings["view.grid"], settings["view.grid_size"] = gallery.grid, gallery.size_

    def _folded(self, folded: bool) -> None:
        self._settings["view.group_folded"] = folded

    # ---- several at once

    def can_undo_bulk(self) -> bool:
        """Whether a change of many images can be taken back."""
        return self._session.bulk.last is not None and not self._session.bulk.running

    def undo_bulk(self) -> None:
        """Take back what was done last to many images at once."""
        try:
            self._session.bulk.undo()
        except (DesktopError, ProjectError) as error:
            self._session.say(str(error))

    def _bulk_ended(self, result: BulkResult) -> None:
        if self._gallery is not None:
            self._gallery.bulk.follow()
        if self._notices is None:
            return
        many = f"{result.images:,} image{'' if result.images == 1 else 's'}"
        if result.undone:
            text = f"Taken back on {many}: {result.text}."
            if result.skipped:
                one = result.skipped == 1
                text += (
                    " One was changed since, and is left as it is."
                    if one
                    else f" {result.skipped:,} were changed since, and are left as they are."
                )
                self._notices.put(Notice(text, "info", topic=TOPIC))
            else:
                self._notices.say(text, topic=TOPIC)
            return
        text = (
            f"Done on {many}: {result.text}." if result.images else "Nothing to change: all are so already."
        )
        if result.skipped:
            text += f" {result.skipped:,} are not indexed yet and were left alone."
        answers = (("Take it back", self.undo_bulk),) if result.images else ()
        self._notices.put(Notice(text, "info", answers=answers, topic=TOPIC))
