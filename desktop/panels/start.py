"""The start page: what was open before, a folder, the sample. A folder may also be dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.recent import RecentFolder, RecentList
from desktop.panels.widgets import button, column, label, styled
from desktop.places import RESOURCES
from desktop.settings import Settings
from desktop.theme import GRID, look, set_icon

_WIDTH = 76 * GRID
_PICTURE = 19 * GRID
TERMINAL = "From a terminal: overread open FOLDER, and overread --help for everything else."
SAMPLE_SAYS = "24 generated fundus photographs and a model that has read them."


class SampleCard(QAbstractButton):
    """The sample as a picture to click: what it shows, and what one can do with it."""

    def __init__(self, clicked: Callable[[], None]) -> None:
        super().__init__()
        self._picture = QPixmap(str(RESOURCES / "theme" / "sample.jpg"))
        self.setText("Open the sample")
        self.setAccessibleName("Open the sample")
        self.setAccessibleDescription(SAMPLE_SAYS)
        self.setFixedHeight(_PICTURE + 7 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(clicked)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the card: a strip of four pictures on black, the words below."""
        theme = look().theme
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        card = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        outline = QPainterPath()
        outline.addRoundedRect(card, 6, 6)
        painter.fillPath(outline, theme.color("hover" if self.underMouse() else "raised"))
        painter.save()
        painter.setClipPath(outline)
        strip = QRectF(card.left(), card.top(), card.width(), _PICTURE)
        painter.fillRect(strip, Qt.GlobalColor.black)
        size = self._picture.size().scaled(strip.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(strip.center())
        painter.drawPixmap(place, self._picture, QRectF(self._picture.rect()))
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        focused = self.hasFocus()
        painter.setPen(QPen(theme.color("accent" if focused else "line"), 2 if focused else 1))
        painter.drawPath(outline)
        words = self.rect().adjusted(2 * GRID, _PICTURE + GRID, -2 * GRID, -GRID)
        self._words(painter, words)

    def _words(self, painter: QPainter, words: QRect) -> None:
        theme, font = look().theme, painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), self.text())
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(theme.color("text_quiet"))
        said = painter.fontMetrics().elidedText(SAMPLE_SAYS, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), said)


class StartPage(QWidget):
    """Open something. `opened` is called with a folder; `ask` and `sample` by the two buttons."""

    def __init__(
        self,
        settings: Settings,
        *,
        opened: Callable[[Path], None],
        ask: Callable[[], None],
        sample: Callable[[], None],
        kept: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__()
        styled(self, "panel")
        self.setAccessibleName("Start page")
        title = label("Overread")
        title.setStyleSheet("font-weight: 600; font-size: 24px;")
        sign = QLabel()
        set_icon(sign, "app", "accent", 56)
        said = label("A model reads first. You have the last word.", "quiet", wrap=True)
        self.ask = button("Open folder…", ask, role="primary", icon="folder", tip="Open folder… (Ctrl+O)")
        self.sample = SampleCard(sample)
        self._recent = RecentList(settings, opened, kept)
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
        buttons.addWidget(label("or drop a folder on this window", "quiet"))
        buttons.addStretch(1)
        layout.addLayout(buttons)
        layout.addWidget(label("New here", "label"))
        layout.addWidget(self.sample)
        layout.addWidget(label("Recent", "label"))
        layout.addWidget(self._recent)
        layout.addWidget(label(TERMINAL, "label"))
        inner = styled(QWidget(), "panel")
        outer = QVBoxLayout(inner)
        outer.addStretch(2)
        outer.addWidget(body, 0)
        outer.addStretch(3)
        outer.setAlignment(body, Qt.AlignmentFlag.AlignHCenter)
        body.setMinimumWidth(min(_WIDTH, 70 * GRID))
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        column(self).addWidget(scroll)

    @property
    def recent(self) -> list[RecentFolder]:
        """The folders opened before."""
        return self._recent.rows

    def refresh(self) -> None:
        """Read the recent folders from the settings again."""
        self._recent.refresh()
