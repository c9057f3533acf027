"""What of the current image was on screen at 100 % or more: remembered, and kept when the image is left."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.project.viewed import FULL_SIZE, ViewedArea

if TYPE_CHECKING:
    from desktop.canvas.viewport import Viewport
    from desktop.project.planes import Box
    from desktop.session import Session

log = logging.getLogger(__name__)

DWELL_MS = 200
"""What passed by faster was not looked at."""


class Viewing(QObject):
    """Follows where the canvas looks. GUI thread only; the store is read and written behind."""

    changed = Signal()
    """`area` has more in it, or is another one."""
    shown_changed = Signal(bool)
    """The map is shown or hidden."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._image_id: str | None = None
        self._area: ViewedArea | None = None
        self._unsaved = False
        self._viewport: Viewport | None = None
        self._began: Box | None = None
        self._shown = False
        self._dwell = QTimer(self)
        self._dwell.setSingleShot(True)
        self._dwell.setInterval(DWELL_MS)
        self._dwell.timeout.connect(self._dwelt)
        session.image_changed.connect(lambda _entry: self._follow())
        session.entries_changed.connect(lambda *_: self._follow())
        session.project_changed.connect(self._follow)
        session.display_changed.connect(self._size_known)

    @property
    def area(self) -> ViewedArea | None:
        """What was seen of the current image; None while it has no pixels or no identity."""
        return self._area

    @property
    def shown(self) -> bool:
        """Whether the map lies over the image."""
        return self._shown

    def set_shown(self, shown: bool) -> None:
        """Show or hide the map."""
        if shown != self._shown:
            self._shown = shown
            self.shown_changed.emit(shown)

    def look(self, viewport: Viewport | None) -> None:
        """The canvas shows this now."""
        self._viewport = viewport
        if viewport is None or viewport.scale < FULL_SIZE:
            self._began = None
            self._dwell.stop()
        elif not self._dwell.isActive():
            self._began = viewport.visible_box()
            self._dwell.start()

    def keep(self) -> None:
        """Hand what is new to the writer; called whenever the image is left."""
        project, area, image_id = self._session.project, self._area, self._image_id
        if self._unsaved and project is not None and area is not None and image_id is not None:
            self._unsaved = False
            project.keep_viewed(image_id, area).add_done_callback(_note_failure)

    # ---- the current image

    def _follow(self) -> None:
        session, entry = self._session, self._session.entry
        image_id = entry.image_id if entry is not None and session.project is not None else None
        if image_id == self._image_id:
            return
        self.keep()
        self._image_id, self._area, self._unsaved = image_id, None, False
        self._began = None
        self._dwell.stop()
        self._size_known()
        self.changed.emit()
        project = session.project
        if image_id is not None and project is not None:
            session.run_behind(partial(project.viewed, image_id), partial(self._arrived, image_id))

    def _size_known(self) -> None:
        pyramid = self._session.image_pyramid
        if self._area is None and self._image_id is not None and pyramid is not None:
            self._area = ViewedArea(pyramid.height, pyramid.width)
            self.changed.emit()
            self.look(self._viewport)

    def _arrived(self, image_id: str, before: ViewedArea | None) -> None:
        if image_id != self._image_id or before is None:
            return
        if self._area is None:
            self._area = before
        elif (before.height, before.width) == (self._area.height, self._area.width):
            self._area.merge(before)
        self.changed.emit()

    def _dwelt(self) -> None:
        viewport, began, area = self._viewport, self._began, self._area
        if viewport is None or began is None or area is None:
            return
        if (viewport.image_height, viewport.image_width) != (area.height, area.width):
            return
        now = viewport.visible_box()
        stayed = (
            max(began[0], now[0]),
            max(began[1], now[1]),
            min(began[2], now[2]),
            min(began[3], now[3]),
        )
        if area.see(stayed):
            self._unsaved = True
            self.changed.emit()
        if now != began:
            self._began = now
            self._dwell.start()


def _note_failure(future: object) -> None:
    """What was viewed is no work of a person's: a refused write is noted, and tried again by the writer."""
    error = future.exception()  # type: ignore[attr-defined]
    if error is not None:
        log.warning("what was viewed could not be kept: %s", error)
