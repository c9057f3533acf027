"""Where painting is allowed, said on a small badge; a click changes it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QMenu, QToolButton, QWidget, QWidgetAction

from desktop.panels.widgets import label
from desktop.session import Session
from desktop.theme import GRID, set_icon, set_role

__all__ = ["LimitsBadge", "limits_words"]

ANYWHERE = (
    "Painting is allowed everywhere. Ctrl+L: only inside the class selected; Ctrl+Shift+L: never on it."
)
_LONGEST = 36


class LimitsBadge(QToolButton):
    """A lock; with words when painting is limited. Opens a table of classes: only inside, never on."""

    resized = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._short = False
        self.setProperty("role", "small")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(16, 16))
        set_icon(self, "limit", "text_quiet", 16)
        self.clicked.connect(self.offer)
        session.limits.changed.connect(self.refresh)
        session.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what holds."""
        limits = self._session.limits
        names = {one.id: one.label for one in self._session.schema.active_classes}
        words = limits_words(
            [names[one] for one in sorted(limits.inside) if one in names],
            [names[one] for one in sorted(limits.outside) if one in names],
        )
        cut = words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip(" ,·") + "…"
        self.setText("limited" if self._short and words else cut)
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly)
        set_role(self, "badge" if words else "small")
        set_icon(self, "limit", "accent" if words else "text_quiet", 16)
        self.setToolTip(f"Painting is limited: {words}. Alt+L paints anywhere again." if words else ANYWHERE)
        self.setAccessibleName(f"Painting limits: {words}" if words else "Painting limits: none")
        self.updateGeometry()
        self.resized.emit()

    def set_short(self, short: bool) -> None:
        """Say only that there are limits: there is no room for which ones."""
        if short != self._short:
            self._short = short
            self.refresh()

    def offer(self) -> QMenu:
        """Open the table of classes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        table = LimitsTable(self._session)
        action = QWidgetAction(menu)
        action.setDefaultWidget(table)
        menu.addAction(action)
        menu.addSeparator()
        clear = menu.addAction("Paint anywhere", lambda: self._session.limits.set())
        clear.setEnabled(bool(self._session.limits.inside or self._session.limits.outside))
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))
        return menu


class LimitsTable(QWidget):
    """A row a class with two boxes: paint only inside, never on. One of a row excludes the other."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._limits = session.limits
        self.inside: dict[int, QCheckBox] = {}
        self.outside: dict[int, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID + GRID // 2, GRID, GRID + GRID // 2, GRID)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(0)
        for at, words in enumerate(("Paint", "only inside", "never on")):
            grid.addWidget(label(words, "label"), 0, at)
        for row, one in enumerate(session.schema.active_classes, 1):
            inside, outside = QCheckBox(), QCheckBox()
            inside.setAccessibleName(f"Only inside {one.label}")
            outside.setAccessibleName(f"Never on {one.label}")
            self.inside[one.id], self.outside[one.id] = inside, outside
            inside.clicked.connect(lambda on, key=one.id: self._set_inside(key, on))
            outside.clicked.connect(lambda on, key=one.id: self._set_outside(key, on))
            grid.addWidget(label(one.label), row, 0)
            for at, box in ((1, inside), (2, outside)):
                grid.addWidget(box, row, at, Qt.AlignmentFlag.AlignCenter)
        self.refresh()

    def refresh(self) -> None:
        """Tick what holds."""
        for class_id, box in self.inside.items():
            box.setChecked(class_id in self._limits.inside)
        for class_id, box in self.outside.items():
            box.setChecked(class_id in self._limits.outside)

    def _set_inside(self, class_id: int, on: bool) -> None:
        one = {class_id}
        inside, outside = self._limits.inside, self._limits.outside
        self._limits.set(inside | one if on else inside - one, outside - one if on else outside)
        self.refresh()

    def _set_outside(self, class_id: int, on: bool) -> None:
        one = {class_id}
        inside, outside = self._limits.inside, self._limits.outside
        self._limits.set(inside - one if on else inside, outside | one if on else outside - one)
        self.refresh()


def limits_words(inside: list[str], outside: list[str]) -> str:
    """The limits in a few words; empty when there are none."""
    parts = []
    if inside:
        parts.append("only inside " + " or ".join(inside))
    if outside:
        parts.append("never on " + ", ".join(outside))
    return " · ".join(parts)
