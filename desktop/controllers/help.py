"""Finding one's way by keyboard: palette, cheat sheet, settings, and from region to region of the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from desktop.theme import Choice, look

if TYPE_CHECKING:
    from desktop.panels.overlay import Overlay
    from desktop.session import Session
    from desktop.settings import Settings
    from desktop.window import Window

ASIDE = ("settings", "schema")
"""Pages that one goes to and comes back from."""


class Help:
    """The work behind the Help actions. Panels are reached through the window, once they exist."""

    def __init__(self, window: Window, session: Session, settings: Settings) -> None:
        self._window = window
        self._session = session
        self._settings = settings
        self._page_before = "start"
        self._last_focus: dict[int, QWidget] = {}

    # ---- overlays

    def toggle_palette(self) -> None:
        """Open or close the command palette."""
        self._window.finder.toggle()

    def toggle_tasks(self) -> None:
        """Open or close the list of what runs behind."""
        self._window.top.chip.toggle()

    def close_overlay(self) -> bool:
        """Close the card that lies over the desk; False when there was none."""
        window = self._window
        overlays: tuple[Overlay | None, ...] = (*window.cards.made.values(), window.top.chip.popover)
        for one in overlays:
            if one is not None and not one.isHidden():
                one.close_down()
                return True
        return False

    # ---- pages aside

    def go_aside(self, page: str) -> None:
        """Show the settings or the schema; the same key goes back."""
        if self._window.desk.page == page:
            self.come_back()
            return
        if self._window.desk.page not in ASIDE:
            self._page_before = self._window.desk.page
        self._window.show_page(page)

    def come_back(self) -> bool:
        """Return from the settings or the schema to the page before; False when not there."""
        if self._window.desk.page not in ASIDE:
            return False
        self._window.show_page(self._page_before)
        return True

    def page_to_keep(self) -> str:
        """The page to come back to at the next start."""
        page = self._window.desk.page
        page = self._page_before if page in ASIDE else page
        return page if page in ("review", "models", "training") else "review"

    def setting_changed(self, key: str) -> None:
        """Let a setting that was changed on the settings page hold at once, and keep it."""
        after: dict[str, Callable[[], object]] = {
            "view.theme": self._apply_theme,
            "tool.brush_radius": self._apply_radius,
            "predict.automatically": self._apply_ahead,
            "view.keep_place": self._apply_keeping,
            "view.keep_settings": self._apply_keeping,
        }
        if key in after:
            after[key]()
        self._window.save_settings()
        self._window.commands.refresh()

    def _apply_theme(self) -> None:
        app = cast("QApplication", QApplication.instance())
        look().apply(app, cast("Choice", self._settings["view.theme"]))

    def _apply_radius(self) -> None:
        self._session.set_brush_radius(self._settings["tool.brush_radius"])

    def _apply_ahead(self) -> None:
        self._session.predicting.pause(not self._settings["predict.automatically"])

    def _apply_keeping(self) -> None:
        place, settings = (self._settings[key] for key in ("view.keep_place", "view.keep_settings"))
        self._session.looking.keep(place=place, settings=settings)

    def go_to_image(self, position: int) -> None:
        """Show an image on the review page."""
        self._window.show_page("review")
        self._session.go_to(position)

    # ---- regions

    def regions(self) -> list[QWidget]:
        """Return the parts of the window in the order of F6, those that are shown."""
        window = self._window
        if window.desk.page == "review":
            review = window.review
            body: list[QWidget] = [review.gallery, review.strip, review.canvas, review.side]
        else:
            body = [window.named[window.desk.page]]
        return [one for one in (window.top, window.notices, *body, window.bottom) if one.isVisible()]

    def go_round(self, step: int) -> None:
        """Move the keyboard to the next region (1) or the one before (-1), to where it was there last."""
        regions = self.regions()
        focus = QApplication.focusWidget()
        at = next((n for n, one in enumerate(regions) if focus is not None and _holds(one, focus)), None)
        if at is not None and focus is not None:
            self._last_focus[id(regions[at])] = focus
        start = -1 if at is None and step > 0 else 0 if at is None else at
        for turn in range(1, len(regions) + 1):
            region = regions[(start + step * turn) % len(regions)]
            target = self._target(region)
            if target is not None:
                target.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _target(self, region: QWidget) -> QWidget | None:
        last = self._last_focus.get(id(region))
        if last is not None and _alive(last) and _holds(region, last) and _takes_keys(last):
            return last
        if _takes_keys(region):
            return region
        return first_in(region)


def first_in(region: QWidget) -> QWidget | None:
    """Return the first control of a region that Tab reaches."""
    inside = [one for one in region.findChildren(QWidget) if _takes_keys(one)]
    if not inside:
        return None
    at: QWidget | None = region.nextInFocusChain()
    while at is not None and at is not region:
        if at in inside:
            return at
        at = at.nextInFocusChain()
    return inside[0]


def _takes_keys(widget: QWidget) -> bool:
    tab = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
    return tab and widget.isVisible() and widget.isEnabled()


def _holds(region: QWidget, widget: QWidget) -> bool:
    return region is widget or region.isAncestorOf(widget)


def _alive(widget: QWidget) -> bool:
    from shiboken6 import isValid

    return bool(isValid(widget))
