"""The chip over the image that says gently which rule the label breaks, and where."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel

from desktop.canvas.surface import ImageSurface
from desktop.panels.widgets import button, icon_button, label, row
from desktop.session import Session
from desktop.theme import GRID, look, set_icon

_MOST = 112 * GRID


class RemarkChip(QFrame):
    """One line at the lower edge of the canvas: the present remark, a way to its place, a way past it.

    It never takes the keyboard and nothing waits for it. Put aside, it comes back when the remarks change.
    """

    def __init__(self, session: Session, canvas: ImageSurface, go: Callable[[], object]) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._remarks = session.consistency
        self._aside: tuple[object, ...] = ()
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._mark = QLabel()
        self.count = label("", "label")
        self.sentence = label("", wrap=True)
        self.go = button("Next (Ctrl+J)", go)
        self.close_ = icon_button("cross", "Put this remark aside", self.put_aside)
        # Side by side, or one above the other where the canvas is narrow.
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._halves.setContentsMargins(GRID, GRID // 2, GRID // 2, GRID // 2)
        self._halves.setSpacing(GRID)
        self._said = row(self._mark, self.count, self.sentence, stretch=2)
        self._halves.addLayout(self._said, 1)
        self._halves.addLayout(row(self.go, self.close_))
        canvas.installEventFilter(self)
        canvas.view_changed.connect(lambda _scale: None if self.isHidden() else self._settle())
        self._remarks.changed.connect(self.refresh)
        look().changed.connect(self.refresh)
        self.refresh()

    def put_aside(self) -> None:
        """Say no more of these remarks; other ones are said again."""
        self._aside = self._remarks.remarks
        self._remarks.leave()
        self.refresh()

    def refresh(self) -> None:
        """Show the present remark, the first one while nobody walks along them."""
        part = self._remarks
        remarks = part.remarks
        if not remarks or remarks == self._aside:
            self.hide()
            return
        self._aside = ()
        remark = remarks[max(part.current, 0)]
        set_icon(self._mark, "info", "warn", 16)
        self.count.setText(f"{max(part.current, 0) + 1} of {len(remarks)}" if len(remarks) > 1 else "")
        self.count.setVisible(len(remarks) > 1)
        places = len(remark.places)
        self.go.setText("Show (Ctrl+J)" if places == 1 and len(remarks) == 1 else "Next (Ctrl+J)")
        self.go.setVisible(bool(places) or len(remarks) > 1)
        self.go.setToolTip("Go to the next place that does not fit the rules")
        self.sentence.setText(remark.sentence)
        self.setAccessibleName(f"Remark: {remark.sentence}")
        self.show()
        self.raise_()
        self._settle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the lower edge."""
        if watched is self.parent() and event.type() == QEvent.Type.Resize and not self.isHidden():
            self._settle()
        return False

    def _map_width(self) -> int:
        """What the small map takes of the lower edge, logical pixels."""
        viewport, ratio = self._canvas.viewport, self._canvas.devicePixelRatioF()
        shown = self._canvas.overview.rect(viewport, ratio) if viewport is not None else None
        return round(shown.width() / ratio) + GRID if shown is not None else 0

    def _settle(self) -> None:
        canvas = self._canvas
        room = canvas.width() - 4 * GRID - self._map_width()
        for part in (self, self.sentence, self.go, self.count):
            part.ensurePolished()
        words = self.sentence.fontMetrics().horizontalAdvance(self.sentence.text()) + GRID
        before = 5 * GRID + self.count.sizeHint().width() * self.count.isVisibleTo(self)
        after = 5 * GRID + self.go.sizeHint().width() * self.go.isVisibleTo(self)
        narrow = before + words + after > room
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._halves.setDirection(direction)
        width = min(before + words + (0 if narrow else after), room, _MOST)
        self.setFixedWidth(width)
        self.setFixedHeight(max(self._halves.totalHeightForWidth(width), 5 * GRID))
        self.move(2 * GRID, canvas.height() - self.height() - 2 * GRID)
