"""The gallery: find, sort, filter; the images as a list or a grid; several at once; how far the review is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QMenu, QPushButton, QStackedWidget, QWidget

from desktop.errors import DesktopError
from desktop.panels.flow import FlowLayout
from desktop.panels.gallery_bulk import BulkBar
from desktop.panels.gallery_delegate import CELL_SIDES, ROW, GalleryDelegate
from desktop.panels.gallery_filter import FilterPanel
from desktop.panels.gallery_list import GalleryList
from desktop.panels.gallery_model import GalleryModel
from desktop.panels.gallery_progress import StatusBar
from desktop.panels.gallery_words import DESCENDING_FIRST, SORTS, conditions
from desktop.panels.status import FINISHED
from desktop.panels.widgets import SearchField, column, elided, icon_button, label, row, styled
from desktop.project.bulk_change import BulkChange
from desktop.project.errors import ProjectError
from desktop.project.filter import Sort
from desktop.session import Session
from desktop.theme import GRID, look, set_icon

__all__ = ["ROW", "Gallery", "GalleryDelegate"]

_TYPING_MS = 120


class Gallery(QWidget):
    """Search, sort, chips of the filter, its panel, the list, the bar for several images, progress."""

    beside = Signal(int)
    """An image (its position) is wanted beside the current one."""
    grid_changed = Signal()
    """`grid` or `size` changed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._filtering = session.filtering
        self.grid = False
        self.size_ = 1
        styled(self, "panel")
        self.setAccessibleName("Gallery")
        self.model = GalleryModel(session)
        self.list = GalleryList(session, self.model)
        self.text = SearchField()
        self.text.setPlaceholderText("Find by name")
        self.text.setAccessibleName("Find an image by name")
        self.order = self._order_choice()
        self.filter_button = icon_button("filter", "Filters (Ctrl+Shift+F)", self.toggle_filter)
        self.turn = icon_button("descending", "Turn the order round", self._turn)
        self.view = icon_button("grid", "Grid or list (Ctrl+G)", self.toggle_grid)
        self.chips = QWidget()
        self.chips.setAccessibleName("Conditions of the filter")
        self._flow = FlowLayout(self.chips)
        self.within = label("", "label", wrap=True)
        self.again = icon_button("refresh", "Filter again", self._filtering.refresh)
        self.panel = FilterPanel(session)
        self.bulk = BulkBar(session, self.list.chosen)
        self.progress = StatusBar()
        self.summary = elided("", "label")
        self.empty = label("", "quiet", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.empty.setMargin(2 * GRID)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.empty)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._arrange()
        self._connect()
        self._show_filter()
        self._summarise()

    def _order_choice(self) -> QComboBox:
        choice = QComboBox()
        choice.setAccessibleName("Order of the images")
        choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        choice.setMinimumContentsLength(4)
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return choice

    def _arrange(self) -> None:
        layout = column(self, spacing=0)
        head = QWidget()
        inner = column(head, margin=GRID)
        inner.addLayout(row(self.text, self.filter_button, spacing=GRID // 2, stretch=0))
        inner.addLayout(row(self.order, self.turn, self.view, spacing=GRID // 2, stretch=0))
        inner.addWidget(self.chips)
        self.told = QWidget()
        self.told.setLayout(row(self.within, self.again, spacing=GRID // 2, stretch=0))
        inner.addWidget(self.told)
        layout.addWidget(head)
        layout.addWidget(self.panel, 1)
        layout.addWidget(self.bulk)
        layout.addWidget(self.stack, 1)
        foot = QWidget()
        inner = column(foot, margin=GRID, spacing=GRID // 2)
        inner.addWidget(self.progress)
        inner.addWidget(self.summary)
        layout.addWidget(foot)
        self.panel.hide()

    def _connect(self) -> None:
        session, filtering = self._session, self._filtering
        self.list.picked.connect(lambda at: session.go_to(self.model.position(at)))
        self.list.activated.connect(lambda index: session.go_to(self.model.position(index.row())))
        self.list.beside.connect(lambda at: self.beside.emit(self.model.position(at)))
        self.list.chosen_changed.connect(self.bulk.follow)
        self.list.menu_wanted.connect(self._menu)
        self.list.resized_by.connect(self.resize_by)
        self.bulk.asked.connect(self.ask)
        self.bulk.dismissed.connect(self.list.choose_none)
        self.panel.problem.connect(lambda sentence: session.noted.emit(sentence))
        self.progress.asked.connect(self.toggle_status)
        self._typing.timeout.connect(self._type)
        self.text.textChanged.connect(lambda _: self._typing.start())
        self.text.returnPressed.connect(self._type)
        self.order.activated.connect(lambda _: self._reorder())
        filtering.asked.connect(self._show_filter)
        filtering.changed.connect(self._answered)
        filtering.drifted.connect(self._tell)
        session.image_changed.connect(lambda _: self.follow())
        session.project_changed.connect(self._show_filter)
        session.statuses_changed.connect(self._summarise)
        for signal in (session.entries_reset, session.opened):
            signal.connect(self._summarise)
        session.entries_appended.connect(lambda *_: self._summarise())
        look().changed.connect(self.list.viewport().update)
        look().changed.connect(self.progress.update)

    # ---- finding, sorting, filtering

    def _type(self) -> None:
        self._typing.stop()
        self._filtering.set(replace(self._filtering.filter, text=self.text.text().strip()))

    def toggle_status(self, status: str) -> None:
        """Show only images of a status; asked again, all of them."""
        wanted = self._filtering.filter
        statuses = () if wanted.statuses == (status,) else (status,)
        self._filtering.set(replace(wanted, statuses=statuses))

    def toggle_filter(self) -> None:
        """Open or close the panel of the filter."""
        opening = self.panel.isHidden()
        self.panel.setVisible(opening)
        set_icon(self.filter_button, "filter", "accent" if opening else "text", 16)
        if opening:
            self.panel.status.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _reorder(self) -> None:
        key, class_id = self.order.currentData()
        seed = int(np.random.default_rng().integers(1, 2**31)) if key == "random" else 0
        self._filtering.set(order=Sort(key, key in DESCENDING_FIRST, class_id, seed))

    def _turn(self) -> None:
        order = self._filtering.sort
        self._filtering.set(order=replace(order, descending=not order.descending))

    def _show_filter(self) -> None:
        wanted, order, schema = self._filtering.filter, self._filtering.sort, self._session.schema
        if self.text.text().strip() != wanted.text and not self._typing.isActive():
            self.text.setText(wanted.text)
            self._typing.stop()
        self.order.clear()
        for key, text in SORTS.items():
            self.order.addItem(text, (key, None))
        for item in schema.active_classes:
            self.order.addItem(f"Area of {item.name}", ("area", item.id))
        keys = [self.order.itemData(at) for at in range(self.order.count())]
        if (order.key, order.class_id) in keys:
            self.order.setCurrentIndex(keys.index((order.key, order.class_id)))
        set_icon(self.turn, "descending" if order.descending else "ascending", size=16)
        self.turn.setAccessibleName("Order: descending" if order.descending else "Order: ascending")
        self._flow.clear()
        for one in conditions(wanted, schema):
            self._flow.addWidget(self._chip(one.text, lambda one=one: wanted.without(one.name, one.key)))
        if self._flow.count() > 1:
            self._flow.addWidget(self._plain_chip("Clear all", self._filtering.clear))
        self.chips.setVisible(bool(self._flow.count()))
        self.progress.set_on(wanted.statuses)
        self._tell()

    def _chip(self, text: str, without: object) -> QPushButton:
        made = self._plain_chip(text, lambda: self._filtering.set(without()))  # type: ignore[operator]
        made.setAccessibleName(f"Drop the condition {text}")
        made.setToolTip("Drop this condition")
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        set_icon(made, "cross", "text_quiet", 12)
        return made

    @staticmethod
    def _plain_chip(text: str, act: object) -> QPushButton:
        made = QPushButton(text)
        made.setProperty("role", "chip")
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: act())  # type: ignore[operator]
        return made

    def _tell(self) -> None:
        """Say what the keys do while a filter is on, and what has changed since it was answered."""
        filtering = self._filtering
        self.told.setVisible(filtering.rows is not None)
        if filtering.rows is None:
            return
        count = f"{len(filtering):,} image{'' if len(filtering) == 1 else 's'}"
        text = "N follows this order."
        if filtering.narrowed:
            text = f"{count}. N, Finish and Alt+→ stay inside." if len(filtering) else f"{count}."
        if filtering.left or filtering.fresh:
            said = [f"{filtering.left:,} no longer fit{_s(filtering.left)}"] if filtering.left else []
            said += [f"{filtering.fresh:,} fit{_s(filtering.fresh)} now"] if filtering.fresh else []
            text = f"{count}. Since then {' and '.join(said)}."
        self.within.setText(text)
        self.again.setVisible(bool(filtering.left or filtering.fresh))

    def _answered(self) -> None:
        self._summarise()
        self._tell()
        self.follow()

    # ---- list and grid

    def toggle_grid(self) -> None:
        """From the list to the grid and back."""
        self.show_as(not self.grid, self.size_)

    def resize_by(self, step: int) -> None:
        """Make the thumbnails of the grid larger or smaller."""
        self.show_as(self.grid, min(max(self.size_ + step, 0), len(CELL_SIDES) - 1))

    def show_as(self, grid: bool, size: int) -> None:
        """Show the list, or a grid of a size (a place in CELL_SIDES)."""
        self.grid, self.size_ = grid, size
        if grid:
            self.list.show_grid(size)
        else:
            self.list.show_list()
        set_icon(self.view, "list" if grid else "grid", size=16)
        self.follow()
        self.grid_changed.emit()

    def follow(self) -> None:
        """Bring the current image into sight."""
        self.list.show_current(self.model.row_of(self._session.position))

    def focus_filter(self) -> None:
        """Put the keyboard into the text filter."""
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.text.selectAll()

    # ---- several at once

    def choose_all(self) -> None:
        """Choose every image that is listed, with the keyboard in the list."""
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.list.choose_all()

    def ask(self, change: BulkChange) -> None:
        """Do a change to the chosen images; a refusal is told in a sentence."""
        try:
            self._session.bulk.run(change, [int(one) for one in self.list.chosen()])
        except (DesktopError, ProjectError) as error:
            self._session.noted.emit(str(error))

    def _menu(self, at: QPoint) -> None:
        if not self.list.chosen_count() or self._session.project is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.bulk.fill(menu)
        if self.list.chosen_count() == 1:
            position = int(self.list.chosen()[0])
            menu.addSeparator()
            menu.addAction("Open beside this image").triggered.connect(lambda: self.beside.emit(position))
        menu.popup(at)

    # ---- how far the review is

    def _summarise(self) -> None:
        total = len(self._session.entries)
        counts = self._session.status_counts
        done = sum(counts.get(status, 0) for status in FINISHED)
        shown = self.model.rowCount()
        text = f"{total:,} image{'' if total == 1 else 's'} · {done:,} finished"
        self.summary.setText(f"{shown:,} of {text}" if self.model.filtered else text)
        self.progress.set_counts(counts)
        if self.model.filtered and total:
            self.empty.setText("No image fits this filter.\nDrop a condition above, or clear them all.")
        else:
            self.empty.setText(
                "There are no images here.\nOpen a folder with Ctrl+O, or drop one on the window."
            )
        self.stack.setCurrentIndex(0 if shown else 1)


def _s(count: int) -> str:
    """The ending of a verb: one image fits, two fit."""
    return "s" if count == 1 else ""
