"""The chip over the image during the component walk: which piece, how doubtful, which keys decide it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from desktop.panels.widgets import label
from desktop.theme import GRID

TELL_MS = 6000
_SWATCH = 10


class WalkChip(QFrame):
    """ "7 of 23 · MA · doubt .61 · keep Y · delete Del …", at the top of the canvas; it takes no clicks."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setProperty("role", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.place = label("", "heading")
        self.swatch = QLabel()
        self.name = label("")
        self.doubt = label("", "model")
        self.state = label("", "quiet")
        self._keep = label("keep", "quiet")
        self._delete = label("delete", "quiet")
        self._class, self._class_key = label("class", "quiet"), label("", "key")
        self.sentence = label("")
        self._body = QWidget()
        outer = QHBoxLayout(self)
        outer.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        outer.addWidget(self.sentence)
        outer.addWidget(self._body)
        row = QHBoxLayout(self._body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for widget in (self.place, self.swatch, self.name, self.doubt, self.state):
            row.addWidget(widget)
        self._several = True
        self._hints = (
            (self._keep, label("Y", "key")),
            (self._delete, label("Del", "key")),
            (self._class, self._class_key),
            (label("next", "quiet"), label("Tab", "key")),
        )
        for text, key in self._hints:
            # A gap that goes with the words: a class to give is shown only where there is one.
            text.setContentsMargins(GRID, 0, 0, 0)
            row.addWidget(text)
            row.addWidget(key)
        self._going = QTimer(self, singleShot=True, interval=TELL_MS)
        self._going.timeout.connect(self.hide)
        canvas.installEventFilter(self)
        self.hide()

    def tell(self, sentence: str) -> None:
        """Show one sentence for a few seconds: there is no piece to go to."""
        self.sentence.setText(sentence)
        self._put(sentence, body=False)
        self._going.start()

    def clear(self) -> None:
        """Take the piece away; a sentence goes by itself."""
        if not self._going.isActive():
            self.hide()

    def show_piece(
        self,
        number: int,
        count: int,
        name: str,
        color: str,
        doubt: float | None,
        *,
        decided: bool,
        missed: bool,
        classes: int = 9,
    ) -> None:
        """Show one piece; ``number`` 0: its place in the walk is not known yet. So many classes there are."""
        self._several = classes > 1
        self._class_key.setText(f"Ctrl+Shift+1…{min(classes, 9)}")
        self.place.setText(f"{number} of {count}" if number else "…")
        pixmap = QPixmap(_SWATCH, _SWATCH)
        pixmap.fill(QColor(color))
        self.swatch.setPixmap(pixmap)
        self.name.setText(name)
        self.doubt.setText("" if doubt is None else f"doubt {doubt:.2f}".replace(" 0.", " ."))
        self.state.setText("not in the label" if missed else "kept" if decided else "")
        self.state.setVisible(missed or decided)
        self._keep.setText("take" if missed else "keep")
        self._delete.setText("dismiss" if missed else "delete")
        self._going.stop()
        self._put(self.text, body=True)

    @property
    def text(self) -> str:
        """What is shown, on one line."""
        parts = (self.place, self.name, self.doubt, self.state)
        return " · ".join(part.text() for part in parts if part.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle at the top, no wider than the canvas."""
        if watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return False

    def _put(self, text: str, *, body: bool) -> None:
        self._body.setVisible(body)
        self.sentence.setVisible(not body)
        self.setAccessibleName(text)
        self.show()
        self.raise_()
        # Fonts of the style sheet count only once it was shown.
        for part in (*self.findChildren(QLabel), self._body):
            part.ensurePolished()
        self._fit()

    def _fit(self) -> None:
        """Take the size of what is said; where the canvas is narrow the keys go first, the last one first."""
        parent = self.parentWidget()
        room = parent.width() - 2 * GRID if parent is not None else self.maximumWidth()
        whole = self.sentence.fontMetrics().horizontalAdvance(self.sentence.text()) + 2
        self.sentence.setWordWrap(whole > room - 4 * GRID)
        self.sentence.setFixedWidth(min(whole, room - 4 * GRID))
        for text, key in self._hints:
            for part in (text, key):
                part.setVisible(text is not self._class or self._several)
        self.doubt.setVisible(bool(self.doubt.text()))
        for text, key in reversed(self._hints):
            if self._wanted() <= room:
                break
            text.hide()
            key.hide()
        if self._wanted() > room:
            self.doubt.hide()
            self._wanted()
        self.resize(self.sizeHint())
        if parent is not None:
            self.move(max(0, (parent.width() - self.width()) // 2), 2 * GRID)

    def _wanted(self) -> int:
        """The width of what is shown now: parts that came or went count at once."""
        for part in self.findChildren(QLabel):
            part.updateGeometry()
        self._body.updateGeometry()
        for holder in (self._body, self):
            layout = holder.layout()
            if layout is not None:
                layout.invalidate()
        return self.sizeHint().width()
