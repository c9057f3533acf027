"""How far the review is: a quiet bar with a part for each status, and the counts under it. A part filters."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.panels.status import MARKS
from desktop.theme import GRID, LABEL, look

_BAR = GRID
_LINE = 20
_ORDER = ("accepted", "corrected", "rejected", "second look", "in progress", "unseen")
"""What is done stands left: the bar fills as the review goes on."""
_ICON = 14


class StatusBar(QWidget):
    """Draws the counts by status. A click, or Enter on the part that the arrows chose, asks for a status."""

    asked = Signal(str)
    """A status."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._counts: dict[str, int] = {}
        self._at = 0
        self._hovered: str | None = None
        self._on: tuple[str, ...] = ()
        self.set_counts({})

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Show these counts; statuses without an image are left out."""
        self._counts = {status: counts[status] for status in _ORDER if counts.get(status)}
        self._at = min(self._at, max(len(self._counts) - 1, 0))
        words = [f"{count:,} {MARKS[status].text.lower()}" for status, count in self._counts.items()]
        self.setAccessibleName("Progress: " + (", ".join(words) or "no images"))
        self.setFixedHeight(self._height(self.width()))
        self.update()

    def set_on(self, statuses: tuple[str, ...]) -> None:
        """Mark the statuses that the filter shows."""
        self._on = statuses
        self.update()

    # ---- geometry

    def parts(self) -> list[tuple[str, QRect]]:
        """Return the parts of the bar: never narrower than 3 pixels, so that one image is seen in 100,000."""
        total, left = sum(self._counts.values()), 0
        if not total:
            return []
        spare = max(self.width() - 3 * len(self._counts), 0)
        found, done = [], 0
        for at, (status, count) in enumerate(self._counts.items(), 1):
            done += count
            right = 3 * at + round(spare * done / total)
            found.append((status, QRect(left, 0, right - left, _BAR)))
            left = right
        return found

    def legend(self) -> list[tuple[str, QRect]]:
        """Return where the counts stand, in as many lines as they need."""
        return self._legend(self.width())

    def _legend(self, width: int) -> list[tuple[str, QRect]]:
        metrics, found = self._metrics(), []
        x, y = 0, _BAR + GRID // 2
        for status, count in self._counts.items():
            wide = _ICON + 4 + metrics.horizontalAdvance(f"{count:,}")
            if x and x + wide > width:
                x, y = 0, y + _LINE
            found.append((status, QRect(x, y, wide, _LINE)))
            x += wide + GRID + 4
        return found

    def _metrics(self) -> QFontMetrics:
        font = self.font()
        font.setPixelSize(LABEL)
        return QFontMetrics(font)

    def _height(self, width: int) -> int:
        rows = self._legend(max(width, 1))
        return rows[-1][1].bottom() + 1 if rows else _BAR

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(160, self._height(self.width()))

    def resizeEvent(self, _event: object) -> None:
        """Break the lines anew."""
        self.setFixedHeight(self._height(self.width()))

    # ---- paint

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bar and its legend."""
        painter, theme = QPainter(self), look().theme
        chosen = list(self._counts)[self._at] if self._counts and self.hasFocus() else None
        if not self._counts:
            painter.fillRect(QRect(0, 0, self.width(), _BAR), theme.color("raised"))
        for status, rect in self.parts():
            # What is not done yet stays quiet.
            quiet = {"unseen": "raised", "in progress": "control_line"}
            painter.fillRect(rect.adjusted(0, 0, -1, 0), theme.color(quiet.get(status, MARKS[status].token)))
        font = painter.font()
        font.setPixelSize(LABEL)
        painter.setFont(font)
        for status, rect in self.legend():
            on = status in self._on or status == self._hovered
            icon = look().pixmap(MARKS[status].icon, MARKS[status].token, _ICON, self.devicePixelRatioF())
            painter.drawPixmap(rect.left(), rect.top() + 3, icon)
            painter.setPen(theme.color("text" if on else "text_quiet"))
            words = rect.adjusted(_ICON + 4, 0, GRID, 0)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), f"{self._counts[status]:,}")
            if status in self._on:
                painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.color("accent"))
            if status == chosen:
                painter.setPen(QPen(theme.color("accent"), 1))
                painter.drawRect(rect.adjusted(-2, 1, 2, -1))

    # ---- hands

    def _status_at(self, point: QPoint) -> str | None:
        for status, rect in (*self.parts(), *self.legend()):
            # Some room around the narrow ones.
            if rect.adjusted(-1, 0, 1, 2).contains(point):
                return status
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that a part can be clicked."""
        self._hover(self._status_at(event.position().toPoint()))

    def leaveEvent(self, _event: QEvent) -> None:
        """Nothing is pointed at."""
        self._hover(None)

    def _hover(self, status: str | None) -> None:
        if status != self._hovered:
            self._hovered = status
            self.setCursor(Qt.CursorShape.PointingHandCursor if status else Qt.CursorShape.ArrowCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the status under the pointer."""
        status = self._status_at(event.position().toPoint())
        if status is not None and event.button() == Qt.MouseButton.LeftButton:
            self.asked.emit(status)

    def event(self, event: QEvent) -> bool:
        """Keep the arrows and Enter while it has the keyboard; say what a part is."""
        keys = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in keys and self._counts:
                event.accept()
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            status = self._status_at(event.pos())
            if status is not None:
                text = f"{MARKS[status].text}: {self._counts[status]:,} images. Click to show them only."
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows choose a part, Enter asks for it."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and self._counts:
            self._at = (self._at + step) % len(self._counts)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._counts:
            self.asked.emit(list(self._counts)[self._at])
        else:
            super().keyPressEvent(event)
