"""How images are looked at in this sitting, and what of it stays when the next one comes. Owns no widget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.canvas.adjust import ViewSettings
from desktop.canvas.evening import even, wants_evening

if TYPE_CHECKING:
    from desktop.canvas.pyramid import Evened, ImagePyramid
    from desktop.canvas.surface import ImageSurface
    from desktop.session import Session
    from desktop.state.showing import Showing

__all__ = ["Looking"]

AFTER_CURRENT_MS = 200
"""The neighbours' turn comes so long after anything changed: the image on screen goes first."""


class Looking(QObject):
    """View settings for all canvases of a window, and the evened levels that they need, made behind.

    GUI thread only. Every canvas that shall be seen in this light is given to `attach` once.
    """

    settings_changed = Signal(object)
    """The `ViewSettings` in force are others now."""
    keeping_changed = Signal()
    """What is kept from image to image, or whether there is a small map, changed."""
    overview_changed = Signal(bool)
    """Whether there is a small map; told with `keeping_changed`, for canvases."""
    evened = Signal(object)
    """This `ImagePyramid` has its evened levels now."""

    def __init__(self, session: Session, showing: Showing | None = None) -> None:
        super().__init__(session)
        self._session = session
        self._showing = showing
        self.settings = ViewSettings()
        self.keep_place = False
        self.keep_settings = True
        self.overview = True
        self._evening: set[int] = set()
        self._near = QTimer(self)
        self._near.setSingleShot(True)
        self._near.setInterval(AFTER_CURRENT_MS)
        self._near.timeout.connect(self._even_near)
        session.image_changed.connect(self._next_image)
        session.entries_reset.connect(self._evening.clear)  # what was under way there is dropped
        if showing is not None:
            showing.pool.pixels_ready.connect(lambda _: self._look_ahead())

    # ---- chosen by a person

    def set(self, **changes: Any) -> None:
        """Change some of the settings. Raises ``ValueError`` as `ViewSettings` does."""
        self.use(self.settings.with_(**changes))

    def use(self, settings: ViewSettings) -> None:
        """Look at images in this way."""
        if settings == self.settings:
            return
        before, self.settings = self.settings, settings
        if before.clahe and not settings.clahe:
            self._forget_evened()
        self._look_ahead()
        self.settings_changed.emit(settings)

    def reset(self) -> None:
        """Look at images as they are."""
        self.use(ViewSettings())

    def keep(
        self, *, place: bool | None = None, settings: bool | None = None, overview: bool | None = None
    ) -> None:
        """Choose what stays from image to image, and whether there is a small map."""
        chosen = (
            self.keep_place if place is None else place,
            self.keep_settings if settings is None else settings,
            self.overview if overview is None else overview,
        )
        if chosen != (self.keep_place, self.keep_settings, self.overview):
            self.keep_place, self.keep_settings, self.overview = chosen
            self.overview_changed.emit(self.overview)
            self.keeping_changed.emit()

    # ---- canvases

    def attach(self, canvas: ImageSurface) -> None:
        """Show what this canvas shows in the light chosen here, from now on."""
        canvas.evening_wanted.connect(self.even)
        self.evened.connect(canvas.evened)
        self.settings_changed.connect(canvas.set_view_settings)
        self.overview_changed.connect(canvas.set_overview_shown)
        canvas.set_overview_shown(self.overview)
        canvas.set_view_settings(self.settings)

    def even(self, image: ImagePyramid) -> None:
        """Make the evened levels of an image behind, unless that is under way."""
        if id(image) in self._evening or not wants_evening(image, self.settings):
            return
        self._evening.add(id(image))
        self._session.run_behind(
            partial(even, image, self.settings),
            partial(self._take_evened, image),
            partial(self._not_evened, image),
        )

    def _take_evened(self, image: ImagePyramid, levels: Evened) -> None:
        self._evening.discard(id(image))
        if not self.settings.clahe:
            return
        image.evened = levels
        self.evened.emit(image)
        # The window may have moved on meanwhile.
        self.even(image)

    def _not_evened(self, image: ImagePyramid, error: BaseException) -> None:
        self._evening.discard(id(image))
        self._session.problem.emit(f"The local contrast of this image cannot be evened ({error}).", "")

    # ---- the next image

    def _next_image(self, entry: object) -> None:
        if entry is not None and not self.keep_settings:
            self.reset()
        self._forget_evened(but_near=True)
        self._look_ahead()

    def _look_ahead(self) -> None:
        if self.settings.clahe and self._showing is not None:
            self._near.start()

    def _even_near(self) -> None:
        """The next image shall be shown in this light at once: even it before it is asked for."""
        if not self.settings.clahe or self._showing is None:
            return
        for step in (1, -1):
            pyramid = self._pyramid(self._showing.position + step)
            if pyramid is not None:
                self.even(pyramid)

    def _forget_evened(self, *, but_near: bool = False) -> None:
        """Give back the memory of evened levels that nobody sees (with ``but_near``: nor soon will see)."""
        if self._showing is None:
            return
        for position in self._showing.pool.positions():
            pyramid = self._pyramid(position)
            if pyramid is not None and not (but_near and abs(position - self._showing.position) <= 1):
                pyramid.evened = None

    def _pyramid(self, position: int) -> ImagePyramid | None:
        image = self._showing.pool.get(position) if self._showing is not None else None
        return image.pixels.pyramid if image is not None and image.pixels is not None else None
