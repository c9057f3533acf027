"""The start page: what was open before, a folder, the sample. A folder may also be dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.widgets import button, clear, column, label, styled
from desktop.settings import Settings
from desktop.theme import GRID, look, set_icon

_WIDTH = 76 * GRID


class RecentFolder(QAbstractButton):
    """One folder of before: its name, and where it lies."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.setText(folder.name or str(folder))
        self.setToolTip(str(folder))
        self.setAccessibleName(f"Open {folder}")
        self.setFixedHeight(6 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw icon, name and place."""
        theme = look().theme
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
        painter.drawPixmap(GRID, (self.height() - 20) // 2, look().pixmap("folder", "text_quiet", 20))
        place = self.rect().adjusted(5 * GRID, 0, -GRID, 0)
        metrics = painter.fontMetrics()
        name = metrics.elidedText(self.text(), Qt.TextElideMode.ElideMiddle, place.width() // 2)
        painter.setPen(theme.color("text"))
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | vertical), name)
        rest = place.adjusted(metrics.horizontalAdvance(name) + 2 * GRID, 0, 0, 0)
        where = metrics.elidedText(str(self.folder.parent), Qt.TextElideMode.ElideMiddle, rest.width())
        painter.setPen(theme.color("text_quiet"))
        painter.drawText(rest, int(Qt.AlignmentFlag.AlignRight | vertical), where)


class StartPage(QWidget):
    """Open something. `opened` is called with a folder; `ask` and `sample` by the two buttons."""

    def __init__(
        self,
        settings: Settings,
        *,
        opened: Callable[[Path], None],
        ask: Callable[[], None],
        sample: Callable[[], None],
    ) -> None:
        super().__init__()
        self._settings = settings
        self._opened = opened
        styled(self, "panel")
        self.setAccessibleName("Start page")
        title = label("Overread")
        title.setStyleSheet("font-weight: 600;")
        sign = QLabel()
        set_icon(sign, "app", "accent", 40)
        said = label(
            "Open a folder of images. A model reads first, you have the last word.", "quiet", wrap=True
        )
        self.ask = button("Open folder…", ask, role="primary", icon="folder", tip="Open folder… (Ctrl+O)")
        self.sample = button("Open the sample", sample, icon="sample")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self.recent: list[RecentFolder] = []
        self._arrange(sign, title, said)
        self.refresh()

    def _arrange(self, sign: QWidget, title: QWidget, said: QWidget) -> None:
        body = QWidget()
        body.setMaximumWidth(_WIDTH)
        layout = column(body, margin=3 * GRID, spacing=2 * GRID)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        words = QVBoxLayout()
        words.setSpacing(GRID // 2)
        words.addWidget(title)
        words.addWidget(said)
        head.addWidget(sign)
        head.addLayout(words, 1)
        layout.addLayout(head)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.ask)
        buttons.addWidget(self.sample)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        layout.addWidget(label("Recent", "label"))
        layout.addLayout(self._recent)
        layout.addWidget(label("You can also drop a folder on this window.", "quiet"))
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        outer.addWidget(body, 0)
        outer.addStretch(3)
        outer.setAlignment(body, Qt.AlignmentFlag.AlignHCenter)
        body.setMinimumWidth(min(_WIDTH, 70 * GRID))

    def refresh(self) -> None:
        """Read the recent folders from the settings again."""
        clear(self._recent)
        self.recent = []
        for folder in self._settings.recent:
            made = RecentFolder(folder)
            made.clicked.connect(lambda _=False, folder=folder: self._opened(folder))
            self._recent.addWidget(made)
            self.recent.append(made)
        if not self.recent:
            self._recent.addWidget(label("Folders that you open are listed here.", "quiet"))
