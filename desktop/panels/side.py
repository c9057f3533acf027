"""The right column: what is said of the image above, one of several panels below, a seam between them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QWidget

from desktop.panels.side_tabs import SideTabs
from desktop.panels.widgets import panel
from desktop.theme import GRID

_LOWEST_ABOVE, _LOWEST_BELOW = 20 * GRID, 20 * GRID


class SideColumn(QSplitter):
    """Values and layers scroll in the upper part; the tabs in the lower part are always in sight."""

    def __init__(self, above: tuple[QWidget, ...], tabs: SideTabs) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.above = self._part("Grades, findings, layers", *above)
        self.above.setMinimumHeight(_LOWEST_ABOVE)
        self.below = self._part("Notes, history, view, measures", tabs)
        self.below.setMinimumHeight(_LOWEST_BELOW)
        for part in (self.above, self.below):
            self.addWidget(part)
        self.setStretchFactor(0, 3)
        self.setStretchFactor(1, 2)

    @staticmethod
    def _part(name: str, *widgets: QWidget) -> QScrollArea:
        body, inner = panel(name, spacing=2 * GRID, scrolled=True)
        for widget in widgets:
            inner.addWidget(widget, 1 if isinstance(widget, SideTabs) else 0)
        if not any(isinstance(widget, SideTabs) for widget in widgets):
            inner.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(body)
        return scroll

    def bring_into_sight(self, widget: QWidget, margin: int = 12 * GRID) -> None:
        """Scroll the part that holds a widget until it is seen, with ``margin`` pixels around it."""
        for part in (self.above, self.below):
            body = part.widget()
            if body is not None and body.isAncestorOf(widget):
                layout = body.layout()
                if layout is not None:
                    layout.activate()
                part.ensureWidgetVisible(widget, 0, margin)
