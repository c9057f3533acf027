"""One choice of a scale or finding: filled where a person chose it, quiet where the model would."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy

from desktop.theme import GRID, LABEL, look, set_icon

STALE = "said before the masks were corrected; the model has not seen the corrections"

_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class ValueButton(QAbstractButton):
    """One choice. Filled with the accent: a person chose it. Outlined with dashes: the model would.

    ``probability`` (0..1 or None) is drawn as a quiet bar, broken when it is stale; an ``icon_name`` takes
    the place of the text. With the keyboard inside, `stepped` tells arrows, and ``own_keys`` are its own.
    """

    stepped = Signal(int, int)
    """An arrow key: columns to the right, rows down."""

    def __init__(self, text: str, *, icon_name: str = "", wide: bool = False, key: str = "") -> None:
        super().__init__()
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon_name, self._wide, self._key = icon_name, wide, key
        self.own_keys: Mapping[Qt.Key, Callable[[], object]] = {}
        self._shown: tuple[object, ...] = ()
        self.probability: float | None = None
        self.suggested = False
        self.stale = False

    def sizeHint(self) -> QSize:
        """One row of the grid."""
        return QSize(20 * GRID if self._wide else 4 * GRID, 4 * GRID)

    def minimumSizeHint(self) -> QSize:
        """May become narrow: the text is shortened."""
        return QSize(4 * GRID, 4 * GRID)

    def nextCheckState(self) -> None:  # noqa: N802 - Qt's name
        """The session says what is chosen, not the click."""

    def show_state(
        self, chosen: bool, probability: float | None, suggested: bool, *, stale: bool = False
    ) -> None:
        """Show what the person chose and what the model says; what is shown already costs nothing."""
        state = (self.text(), chosen, probability, suggested, stale)
        if state == self._shown:
            return
        self._shown = state
        self.setChecked(chosen)
        self.probability, self.suggested, self.stale = probability, suggested, stale
        words = [self.text() + (" (your choice)" if chosen else "")]
        if probability is not None:
            words.append(f"model {100 * probability:.0f} %" + (f" ({STALE})" if stale else ""))
        said = ", ".join(words)
        self.setAccessibleDescription(said)
        self.setToolTip(f"{said}  [{self._key}]" if self._key else said)
        self.update()

    # ---- keys

    def event(self, event: QEvent) -> bool:
        """Take arrows and own keys before a shortcut of the window does."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if not event.modifiers() and (key in _STEPS or key in self.own_keys or key == Qt.Key.Key_Space):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step to a neighbour, or do what the key is for."""
        key = Qt.Key(event.key())
        if key in _STEPS and not event.modifiers():
            self.stepped.emit(*_STEPS[key])
        elif key in self.own_keys and not event.modifiers():
            self.own_keys[key]()
        else:
            super().keyPressEvent(event)

    # ---- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, bar and text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        token = "on_accent" if self.isChecked() else "text" if self.isEnabled() else "text_disabled"
        if self.probability is not None:
            bar = QRect(GRID // 2, self.height() - 6, self.width() - GRID, 3)
            paint_bar(painter, bar, self.probability, chosen=self.isChecked(), stale=self.stale)
        painter.setPen(look().color(token))
        if self._icon_name:
            icon = look().pixmap(self._icon_name, token, 16, self.devicePixelRatioF())
            painter.drawPixmap(self.rect().center().x() - 7, self.rect().center().y() - 7, icon)
        else:
            self._text(painter)

    def _ground(self, painter: QPainter, ground: QRectF) -> None:
        theme = look().theme
        pen = QPen(theme.color("line"), 1)
        if self.suggested and not self.isChecked():
            pen = QPen(theme.color("text_quiet"), 1, Qt.PenStyle.DashLine)
        fill = "raised"
        if self.isChecked():
            fill = "accent_pressed" if self.isDown() else "accent"
            pen = QPen(theme.color("accent"), 1)
        elif self.isDown():
            fill = "pressed"
        elif self.underMouse() and self.isEnabled():
            fill = "hover"
        if self.hasFocus():
            pen = QPen(theme.color("text" if self.isChecked() else "accent"), 2)
            ground = ground.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(pen)
        painter.setBrush(theme.color(fill))
        painter.drawRoundedRect(ground, 4, 4)

    def _text(self, painter: QPainter) -> None:
        place = self.rect().adjusted(0, 0, 0, -3)
        if not self._wide:
            room = self.width() - GRID
            words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
            return
        place = place.adjusted(GRID, 0, -GRID, 0)
        said = "" if self.probability is None else two_digits(self.probability)
        small = painter.font()
        small.setPixelSize(LABEL)
        keys = QFontMetrics(small).horizontalAdvance("00") if self._key else 0
        figure = QFontMetrics(small).horizontalAdvance(".000")
        middle = place.adjusted(keys, 0, -figure, 0)
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, middle.width())
        painter.drawText(middle, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        if not self.isChecked():
            painter.setPen(look().color("text_quiet"))
        painter.setFont(small)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self._key)
        small.setItalic(True)
        painter.setFont(small)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), said)


def paint_bar(painter: QPainter, place: QRect, probability: float, *, chosen: bool, stale: bool) -> None:
    """Draw the model's quiet bar: as long as it is sure, in pieces when it is stale."""
    color = look().color("on_accent" if chosen else "model_bar")
    full = QRect(place.left(), place.top(), round(place.width() * probability), place.height())
    brush = QBrush(color)
    if not stale:
        painter.fillRect(full, brush)
        return
    for left in range(full.left(), full.right() + 1, 6):
        painter.fillRect(full.intersected(QRect(left, full.top(), 3, full.height())), brush)


def stale_mark() -> QLabel:
    """A small clock beside what the model said before the masks were corrected."""
    made = QLabel()
    set_icon(made, "history", "text_quiet", 16)
    made.setToolTip(f"{STALE[0].upper()}{STALE[1:]}.")
    made.setAccessibleName("The model's number is stale")
    return made


def two_digits(probability: float) -> str:
    """A probability as the panel writes it: .83, 1.00."""
    return f"{probability:.2f}".lstrip("0") if probability < 0.995 else "1.00"
