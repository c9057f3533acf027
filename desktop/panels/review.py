"""The review page: gallery, tools, canvas, values, layers; and what ties the canvas to the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from desktop.desk import Desk
from desktop.panels.gallery import Gallery
from desktop.panels.layers import Layers
from desktop.panels.reject import RejectStrip
from desktop.panels.remarks import RemarkChip
from desktop.panels.side import SideColumn
from desktop.panels.side_tabs import SideTabs
from desktop.panels.tool_options import ToolOptions
from desktop.panels.toolstrip import ToolStrip
from desktop.panels.values import Values
from desktop.panels.widgets import column, styled
from desktop.qactions import Actions
from desktop.settings import Settings
from desktop.theme import GRID, look

if TYPE_CHECKING:
    from desktop.canvas.pyramid import ImagePyramid

NOTHING = "Open a folder of images with Ctrl+O, or drop one on this window."
NO_IMAGES = "This folder holds no images that can be read here. Open another one with Ctrl+O."


class ReviewPage(QWidget):
    """Gallery | tool strip | canvas | panel, with draggable seams; the reason strip below the canvas.

    `middle` is the column around the canvas (what stands above and below it), `views` holds the canvas and,
    beside it, whatever it is compared with.
    """

    def __init__(self, desk: Desk, actions: Actions, tools: list[str]) -> None:
        super().__init__()
        session = self._session = desk.session
        self._opening = False
        self._desk = desk
        self.canvas = desk.canvas
        self.gallery = Gallery(session)
        self.strip = ToolStrip(actions, tools)
        self.options = ToolOptions(session)
        self.values = Values(session)
        self.layers = Layers(session)
        self.tabs = SideTabs(desk)
        self.reject = RejectStrip(self._rejected)
        self.side = SideColumn((self.values, self.layers), self.tabs)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.views = QSplitter(Qt.Orientation.Horizontal)
        self.views.setHandleWidth(1)
        self.views.setChildrenCollapsible(False)
        self._arrange()
        desk.comparing.attach(self.views)
        desk.gallery.attach(self.gallery, self.middle)
        self._connect()

    def _arrange(self) -> None:
        middle = styled(QWidget(), "surround")
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.strip)
        around = QWidget()
        self.middle = column(around, spacing=0)
        self.views.addWidget(self.canvas)
        self.middle.addWidget(self.options)
        self.middle.addWidget(self.views, 1)
        strips = QVBoxLayout()
        self.middle.addLayout(strips)
        self._desk.regions.attach(strips)
        self._desk.copying.attach(strips)
        row.addWidget(around, 1)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        for widget in (self.gallery, middle, self.side):
            self.splitter.addWidget(widget)
        self.splitter.setStretchFactor(1, 1)
        self.gallery.setMinimumWidth(17 * GRID)
        self.side.setMinimumWidth(27 * GRID)
        middle.setMinimumWidth(40 * GRID)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self.reject)

    def _connect(self) -> None:
        session = self._session
        session.showing.leaving.connect(self.canvas.finish_gesture)
        session.display_changed.connect(self.show_image)
        session.label_changed.connect(self._label_changed)
        session.styles_changed.connect(self.show_styles)
        session.project_changed.connect(self.show_styles)
        session.image_changed.connect(lambda _: self.reject.hide())
        session.entries_reset.connect(self.show_image)
        session.opened.connect(self.show_image)
        self.values.asked.connect(self._desk.judging.ask_not_assessable)
        self.values.done.connect(self.canvas.setFocus)
        self.remarks = RemarkChip(session, self.canvas, self._desk.noting.next_remark)
        look().changed.connect(self.follow_theme)
        self.follow_theme()

    def restore(self, settings: Settings) -> None:
        """Give the side columns the widths of last time."""
        self.tabs.show_tab(settings["view.side_tab"])
        left, right = settings["view.gallery_width"], settings["view.panel_width"]
        self.splitter.setSizes([left, max(self.width() - left - right, 40 * GRID), right])
        lower = settings["view.tabs_height"]
        self.side.setSizes([max(self.height() - lower, 1), lower])

    def keep(self, settings: Settings) -> None:
        """Remember the widths of the side columns."""
        settings["view.side_tab"] = self.tabs.current
        settings["view.tabs_height"] = self.side.sizes()[1] or settings["view.tabs_height"]
        left, _, right = self.splitter.sizes()
        if left and right:
            settings["view.gallery_width"], settings["view.panel_width"] = left, right

    def first_look(self, pyramid: ImagePyramid) -> None:
        """Show an image before the project is open; it stays until the session shows one of its own."""
        self._opening = True
        self.canvas.set_image(pyramid)

    def show_image(self) -> None:
        """Show the session's current image and label, or why there is none."""
        session, canvas = self._session, self.canvas
        if session.image_pyramid is not None:
            # After the first look it is the same picture, larger: whoever zoomed in meanwhile stays there.
            keep_view, self._opening = session.looking.keep_place or self._opening, False
            if canvas.image is not session.image_pyramid or canvas.reading:
                canvas.set_image(session.image_pyramid, keep_view=keep_view)
            canvas.set_overlay(session.overlay)
            self.show_styles()
        elif session.image_problem is not None and session.entry is not None:
            self._opening = False
            canvas.set_broken(session.entry.title, session.image_problem)
        elif session.entry is not None:
            if not self._opening:
                canvas.set_reading(session.entry.title)
        elif not self._opening:
            canvas.set_empty("No image", self._why_nothing())

    def _why_nothing(self) -> str:
        session = self._session
        return NOTHING if session.folder is None else session.folder_problem or NO_IMAGES

    def _label_changed(self, box: tuple[int, int, int, int] | None) -> None:
        if box is None:
            self.show_image()
        else:
            self.canvas.overlay_changed(box)

    def show_styles(self) -> None:
        """Recolour the layers."""
        self.canvas.set_styles(self._session.styles)

    def follow_theme(self) -> None:
        """Give the canvas the surround of the theme."""
        self.canvas.set_surround(look().color("surround"))

    def _rejected(self, reason: str) -> None:
        self.canvas.setFocus()
        self._session.reject(reason)
