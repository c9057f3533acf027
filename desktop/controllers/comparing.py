"""Side by side: the second view beside the canvas, its place and pointer linked with the canvas's."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from desktop.canvas.banner import Banner
from desktop.canvas.linked import followed, same_place
from desktop.canvas.marks import Cross, cross_bounds
from desktop.canvas.rects import box_of, logical_rect
from desktop.panels.widgets import column
from desktop.tools.pan import PanTool

if TYPE_CHECKING:
    from PySide6.QtWidgets import QSplitter, QVBoxLayout

    from desktop.canvas.view import CanvasView
    from desktop.panels.second_view import SecondViewPanel, ViewHeader
    from desktop.session import Session
    from desktop.settings import Settings
    from desktop.state.second_view import Choice

__all__ = ["Comparing"]


class Comparing:
    """Opens, feeds and links the second view. Its widgets are made when it is opened for the first time."""

    def __init__(self, session: Session, canvas: CanvasView, settings: Settings) -> None:
        self._session = session
        self._canvas = canvas
        self._settings = settings
        self._part = session.second_view
        self._views: QSplitter | None = None
        self._first: QVBoxLayout | None = None
        self.panel: SecondViewPanel | None = None
        self.linked = True
        self.mirrored = False
        self._moving = False
        self._seen_size = (0, 0)
        self._crosses = (Cross(), Cross())
        self._part.active_changed.connect(self._active_changed)
        self._part.content_changed.connect(self._show)
        self._part.choices_changed.connect(self._suggest)
        session.styles_changed.connect(self._restyle)
        session.image_changed.connect(lambda _: self._name_first())

    def attach(self, views: QSplitter) -> None:
        """Take the place beside the canvas: ``views`` holds the canvas, which gets a header of its own."""
        self._views = views
        holder = QWidget()
        inner = self._first = column(holder, spacing=0)
        views.insertWidget(views.indexOf(self._canvas), holder)
        inner.addWidget(self._canvas, 1)

    @cached_property
    def _header(self) -> ViewHeader:
        """What the first view shows; made with the second view."""
        from desktop.panels.second_view import ViewHeader

        made = ViewHeader("What the first view shows")
        made.hide()
        if self._first is not None:
            self._first.insertWidget(0, made)
        return made

    # ---- what a person asks

    @property
    def active(self) -> bool:
        """Whether two views are shown."""
        return self._part.active

    def toggle(self) -> None:
        """Two views, or one."""
        if self._part.active:
            self._part.close()
        else:
            self._part.open()

    def choose(self) -> None:
        """Open the list of what can be shown in the second view, and the view when it is not there."""
        self._part.open()
        if self.panel is not None:
            self.panel.chooser.open_up()

    def dismiss(self) -> bool:
        """What Escape closes: the list, then the second view; False when there is neither."""
        if not self._part.active:
            return False
        if self.panel is not None and not self.panel.chooser.isHidden():
            self.panel.chooser.hide()
        else:
            self._part.close()
        return True

    def hide_overlays(self, hidden: bool) -> None:
        """Both views show their bare image, or both their layers."""
        if self.panel is not None:
            self.panel.canvas.set_overlays_hidden(hidden)

    def set_linked(self, linked: bool) -> None:
        """Whether both views show the same place."""
        self.linked = linked
        if self.panel is not None:
            self.panel.link.setChecked(linked)
        self._follow_first()

    def toggle_link(self) -> None:
        """Link or let go."""
        self.set_linked(not self.linked)

    def set_mirrored(self, mirrored: bool) -> None:
        """Whether left here is right there: two eyes of one person."""
        self.mirrored = mirrored
        self._follow_first()

    # ---- opening and showing

    def _active_changed(self, active: bool) -> None:
        if active and self.panel is None:
            self._make()
        panel = self.panel
        if panel is None or self._views is None:
            return
        self._header.setVisible(active)
        panel.setVisible(active)
        if active:
            width = max(self._views.width(), 2)
            self._views.setSizes([width - width // 2, width // 2])
            self._name_first()
        else:
            panel.chooser.hide()
            self._drop_crosses()
            self._show()
        self._canvas.setFocus()

    def _make(self) -> None:
        from desktop.panels.second_view import SecondViewPanel

        session = self._session
        panel = self.panel = SecondViewPanel(self._part.search)
        second = panel.canvas
        second.set_tool(PanTool(session))
        session.looking.attach(second)
        panel.link.setChecked(self.linked)
        panel.link_toggled.connect(self.set_linked)
        panel.mirror_toggled.connect(self.set_mirrored)
        panel.closed.connect(self._part.close)
        panel.chooser.chosen.connect(self._chosen)
        panel.chooser.suggest(self._part.choices)
        self._canvas.view_changed.connect(lambda _: self._follow_first())
        second.view_changed.connect(lambda _: self._second_moved())
        for at, (here, there) in enumerate(((self._canvas, second), (second, self._canvas))):
            there.add_decoration(self._crosses[at])
            here.pointer_moved.connect(lambda x, y, at=at: self._point(at, (x, y)))
            here.pointer_left.connect(lambda at=at: self._point(at, None))
        if self._views is not None:
            self._views.addWidget(panel)
            self._views.setStretchFactor(0, 1)
            self._views.setStretchFactor(1, 1)

    def _chosen(self, choice: Choice) -> None:
        self._canvas.setFocus()
        self._part.choose(choice)

    def _name_first(self) -> None:
        if self.panel is None:
            return
        entry = self._session.entry
        self._header.title.setText(f"{entry.title} · your label" if entry is not None else "")

    def _suggest(self) -> None:
        if self.panel is not None:
            self.panel.chooser.suggest(self._part.choices)

    def _show(self) -> None:
        panel, part = self.panel, self._part
        if panel is None:
            return
        second, title = panel.canvas, part.choice.title if part.choice is not None else ""
        panel.set_title(title)
        self._moving = True
        try:
            if part.pyramid is not None:
                second.set_image(part.pyramid)
                fits = part.overlay is not None and (part.overlay.height, part.overlay.width) == (
                    part.pyramid.height,
                    part.pyramid.width,
                )
                second.set_overlay(part.overlay if fits else None)
                second.set_styles(self._session.styles)
                said = part.problem or part.waiting
                second.set_banner(Banner(title, said) if said else None)
            elif part.problem:
                second.set_broken(title, part.problem)
            elif part.active:
                second.set_reading(title or "the image")
            else:
                second.set_empty("No image")
        finally:
            self._moving = False
        self._follow_first()

    def _restyle(self) -> None:
        if self.panel is not None and self._part.active:
            self.panel.canvas.set_styles(self._session.styles)

    # ---- the link

    def _follow_first(self) -> None:
        """The second view goes where the first one is."""
        panel = self.panel
        if panel is not None and self.linked and self._part.active:
            self._lead(self._canvas, panel.canvas)

    def _second_moved(self) -> None:
        panel = self.panel
        viewport = panel.canvas.viewport if panel is not None else None
        if panel is None or viewport is None or self._moving or not self._part.active:
            return
        size = viewport.view_width, viewport.view_height
        if size != self._seen_size:
            # Only its size is another one: that is no wish to look elsewhere.
            self._seen_size = size
            QTimer.singleShot(0, panel, self._follow_first)
        elif self.linked:
            self._lead(panel.canvas, self._canvas)

    def _lead(self, leader: CanvasView, follower: CanvasView) -> None:
        if self._moving or leader.viewport is None or follower.viewport is None:
            return
        self._moving = True
        try:
            follower.look(followed(leader.viewport, follower.viewport, mirrored=self.mirrored))
        finally:
            self._moving = False
        if self.panel is not None and self.panel.canvas.viewport is not None:
            seen = self.panel.canvas.viewport
            self._seen_size = seen.view_width, seen.view_height

    # ---- the linked pointer

    def _point(self, at: int, place: tuple[float, float] | None) -> None:
        """The pointer is at ``place`` of one view: a cross shows it in the other."""
        panel = self.panel
        if panel is None or not self._part.active:
            return
        here, there = (self._canvas, panel.canvas) if at == 0 else (panel.canvas, self._canvas)
        cross = self._crosses[at]
        if place is not None and here.viewport is not None and there.viewport is not None:
            wanted = same_place(*place, here.viewport, there.viewport, mirrored=self.mirrored)
            place = wanted if self.linked and not here.gesture_active else None
        self._redraw(there, cross.at)
        cross.at = place
        self._redraw(there, cross.at)

    @staticmethod
    def _redraw(canvas: CanvasView, at: tuple[float, float] | None) -> None:
        if at is not None and canvas.viewport is not None:
            ratio = canvas.devicePixelRatioF()
            canvas.update(logical_rect(box_of(cross_bounds(at, canvas.viewport, ratio)), ratio))

    def _drop_crosses(self) -> None:
        for cross in self._crosses:
            cross.at = None
        self._canvas.update()
