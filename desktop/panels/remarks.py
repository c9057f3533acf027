"""The chip over the image that says gently which rule the label breaks, and where."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from desktop.panels.widgets import Elided, button, icon_button, label
from desktop.session import Session
from desktop.theme import GRID, look, set_icon

_MOST = 112 * GRID
_MAP = 26 * GRID


class RemarkChip(QFrame):
    """One line at the lower edge of the canvas: the present remark, a way to its place, a way past it.

    It never takes the keyboard and nothing waits for it. Put aside, it comes back when the remarks change.
    """

    def __init__(self, session: Session, canvas: QWidget, go: Callable[[], object]) -> None:
        super().__init__(canvas)
        self._remarks = session.consistency
        self._aside: tuple[object, ...] = ()
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._mark = QLabel()
        self.count = label("", "label")
        self.sentence = Elided(mode=Qt.TextElideMode.ElideRight)
        self.go = button("Next (Ctrl+J)", go)
        self.close_ = icon_button("cross", "Put this remark aside", self.put_aside)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID // 2, GRID // 2, GRID // 2)
        row.setSpacing(GRID)
        row.addWidget(self._mark)
        row.addWidget(self.count)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.go)
        row.addWidget(self.close_)
        canvas.installEventFilter(self)
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

    def _settle(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        self.ensurePolished()
        room = parent.width() - 4 * GRID
        if room > 2 * _MAP:
            room -= _MAP  # the small map has its corner
        self.layout().activate()  # type: ignore[union-attr]
        # What is elided asks for no room by itself.
        wanted = self.sizeHint().width() + self.sentence.sizeHint().width() + 3 * GRID
        self.setFixedSize(max(min(wanted, room, _MOST), 20 * GRID), 5 * GRID)
        self.move(2 * GRID, parent.height() - self.height() - 2 * GRID)
