"""The folders opened before: name and place, when it was, and how far each of them is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, Qt, QThreadPool, Signal, SignalInstance
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.messages import on_one_line
from desktop.panels.widgets import clear, column, icon_button, label
from desktop.project.at_a_glance import Glance, glance
from desktop.settings import Settings
from desktop.theme import GRID, look

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_BAR = 12 * GRID
NONE_YET = "Folders that you open are listed here."
MISSING = "not found at this place"


class RecentFolder(QAbstractButton):
    """One folder of before: two lines, and a bar of how much of it is finished."""

    def __init__(self, folder: Path, opened: datetime | None) -> None:
        super().__init__()
        self.folder = folder
        self.glance: Glance | None = None
        self._opened = opened
        self.setText(on_one_line(folder.name or str(folder)))
        self.setToolTip(str(folder))
        self.setAccessibleName(f"Open {folder}")
        self.setFixedHeight(7 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def show_glance(self, found: Glance) -> None:
        """Show how far it is, or that it is gone."""
        self.glance = found
        self.setAccessibleDescription(self.said)
        self.update()

    @property
    def said(self) -> str:
        """When it was open and how far it is, in words."""
        found = self.glance
        if found is not None and not found.there:
            return MISSING
        parts = [ago(self._opened)] if self._opened is not None else []
        if found is not None and found.total is not None:
            parts.append(f"{found.finished:,} of {found.total:,} finished")
        return " · ".join(parts)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw icon, name and place, and what is known of the project."""
        theme, found = look().theme, self.glance
        missing = found is not None and not found.there
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isDown() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("pressed" if self.isDown() else "hover"))
            painter.drawRoundedRect(self.rect(), 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)
        icon = ("warning", "warn") if missing else ("folder", "text_quiet")
        painter.drawPixmap(GRID, (self.height() - 20) // 2, look().pixmap(*icon, 20))
        place = self.rect().adjusted(5 * GRID, GRID, -GRID, -GRID)
        upper = QRect(place.left(), place.top(), place.width(), place.height() // 2)
        lower = upper.translated(0, upper.height())
        if found is not None and found.total:
            self._bar(painter, upper, found.finished / found.total)
            upper = upper.adjusted(0, 0, -_BAR - 2 * GRID, 0)
        metrics = painter.fontMetrics()
        painter.setPen(theme.color("text_disabled" if missing else "text"))
        middle = Qt.TextElideMode.ElideMiddle
        painter.drawText(upper, _LEFT, metrics.elidedText(self.text(), middle, upper.width()))
        painter.setPen(theme.color("warn" if missing else "text_quiet"))
        painter.drawText(lower, _RIGHT, self.said)
        lower = lower.adjusted(0, 0, -metrics.horizontalAdvance(self.said) - 2 * GRID, 0)
        painter.setPen(theme.color("text_quiet"))
        where = metrics.elidedText(on_one_line(str(self.folder.parent)), middle, lower.width())
        painter.drawText(lower, _LEFT, where)

    def _bar(self, painter: QPainter, line: QRect, share: float) -> None:
        theme = look().theme
        whole = QRectF(line.right() - _BAR, line.center().y() - 1, _BAR, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line"))
        painter.drawRoundedRect(whole, 2, 2)
        if share > 0:
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(whole.left(), whole.top(), max(4.0, _BAR * share), 4), 2, 2)


class RecentList(QWidget):
    """All recent folders. What is on the disk is looked at behind: a network folder may take its time."""

    _seen = Signal(int, object, object)

    def __init__(
        self, settings: Settings, opened: Callable[[Path], None], kept: Callable[[], object]
    ) -> None:
        super().__init__()
        self._settings = settings
        self._opened = opened
        self._kept = kept
        self._look = 0
        self.rows: list[RecentFolder] = []
        self._body = QVBoxLayout()
        self._body.setSpacing(0)
        column(self).addLayout(self._body)
        self._seen.connect(self._take)

    def refresh(self) -> None:
        """Read the recent folders from the settings again."""
        clear(self._body)
        self.rows = []
        self._look += 1
        for folder in self._settings.recent:
            self._body.addLayout(self._line(folder))
        if not self.rows:
            self._body.addWidget(label(NONE_YET, "quiet"))
        if self.rows:
            QThreadPool.globalInstance().start(_looker(self._seen, self._look, self._settings.recent))

    def _line(self, folder: Path) -> QHBoxLayout:
        made = RecentFolder(folder, self._settings.opened_at(folder))
        made.clicked.connect(lambda: self._opened(folder))
        self.rows.append(made)
        forget = icon_button("cross", f"Take {folder.name} off this list", lambda: self._forget(folder))
        line = QHBoxLayout()
        line.setSpacing(GRID // 2)
        line.addWidget(made, 1)
        line.addWidget(forget)
        return line

    def _take(self, look_number: int, folder: Path, found: Glance) -> None:
        if look_number == self._look:
            for row in self.rows:
                if row.folder == folder:
                    row.show_glance(found)

    def _forget(self, folder: Path) -> None:
        self._settings.forget_recent(folder)
        self._kept()
        self.refresh()


def _looker(seen: SignalInstance, number: int, folders: tuple[Path, ...]) -> Callable[[], None]:
    def look_at_all() -> None:
        for folder in folders:
            found = glance(folder)
            try:
                seen.emit(number, folder, found)
            except RuntimeError:
                return  # the window is gone

    return look_at_all


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return when something was, as one says it."""
    here = moment.astimezone()
    days = ((now or datetime.now(UTC)).astimezone().date() - here.date()).days
    if days <= 0:
        return f"today {here:%H:%M}"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < 14 else f"{here:%d %B %Y}"
