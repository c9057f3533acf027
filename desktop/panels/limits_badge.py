"""Where painting is allowed, said on a small badge; a click changes it."""

from __future__ import annotations

from functools import partial

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
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(GRID + GRID // 2, GRID, GRID + GRID // 2, GRID)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(0)
        for column, words in enumerate(("Paint", "only inside", "never on")):
            grid.addWidget(label(words, "label"), 0, column)
        for row, one in enumerate(self._session.schema.active_classes, 1):
            self._add_row(grid, row, one.id, one.label)
        action = QWidgetAction(menu)
        action.setDefaultWidget(table)
        menu.addAction(action)
        menu.addSeparator()
        clear = menu.addAction("Paint anywhere", lambda: self._session.limits.set())
        clear.setEnabled(bool(self._session.limits.inside or self._session.limits.outside))
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))
        return menu

    def _add_row(self, grid: QGridLayout, row: int, class_id: int, name: str) -> None:
        limits = self._session.limits
        inside, outside = QCheckBox(), QCheckBox()
        inside.setAccessibleName(f"Only inside {name}")
        outside.setAccessibleName(f"Never on {name}")
        inside.setChecked(class_id in limits.inside)
        outside.setChecked(class_id in limits.outside)

        def tick(other: QCheckBox, on: bool) -> None:
            # One excludes the other: what was ticked last holds.
            if on:
                other.setChecked(False)
            one = {class_id}
            limits.set(
                limits.inside | one if inside.isChecked() else limits.inside - one,
                limits.outside | one if outside.isChecked() else limits.outside - one,
            )

        inside.clicked.connect(partial(tick, outside))
        outside.clicked.connect(partial(tick, inside))
        grid.addWidget(label(name), row, 0)
        grid.addWidget(inside, row, 1, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(outside, row, 2, Qt.AlignmentFlag.AlignCenter)


def limits_words(inside: list[str], outside: list[str]) -> str:
    """The limits in a few words; empty when there are none."""
    parts = []
    if inside:
        parts.append("only inside " + " or ".join(inside))
    if outside:
        parts.append("never on " + ", ".join(outside))
    return " · ".join(parts)
