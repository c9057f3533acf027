"""The small parts that panels are made of: elided labels, buttons, headings, columns on the 8-pixel grid."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.theme import GRID, set_icon


class Elided(QLabel):
    """One line of text that is shortened with an ellipsis, never cut; the whole text is the tool tip."""

    def __init__(
        self,
        text: str = "",
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Set the whole text."""
        self._whole = text
        super().setText(text)
        self._fit()

    def whole(self) -> str:
        """Return the text as it was set."""
        return self._whole

    def sizeHint(self) -> QSize:
        """As wide as the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 4, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(0, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self._whole) > self.width()
        self.setToolTip(self._whole if cut else "")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the text, shortened where it does not fit."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self._whole, self._mode, self.width())
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)


class SearchField(QLineEdit):
    """A text field that keeps its keys to itself: the window's one-letter shortcuts sleep meanwhile."""

    def event(self, event: QEvent) -> bool:
        """Claim every key before a shortcut takes it, but Escape, F keys and those with Control or Alt."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
            function = Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
            if event.key() != Qt.Key.Key_Escape and not function and not held:
                event.accept()
                return True
        return super().event(event)


def label(text: str, role: str = "", *, accessible: str = "", wrap: bool = False) -> QLabel:
    """Return a label in a role of the style sheet."""
    made = QLabel(text)
    if role:
        made.setProperty("role", role)
    if accessible:
        made.setAccessibleName(accessible)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def elided(text: str = "", role: str = "") -> Elided:
    """Return an elided label in a role of the style sheet."""
    made = Elided(text)
    if role:
        made.setProperty("role", role)
    return made


def button(
    text: str, callback: Callable[[], object], *, role: str = "", icon: str = "", tip: str = ""
) -> QPushButton:
    """Return a push button that leaves the keyboard where it was when it is clicked."""
    made = QPushButton(text)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setAutoDefault(False)
    if role:
        made.setProperty("role", role)
    if icon:
        set_icon(made, icon, "on_accent" if role == "primary" else "text", 16)
    if tip:
        made.setToolTip(tip)
    made.clicked.connect(lambda: callback())
    return made


def emphasise(made: QPushButton, primary: bool, icon: str = "") -> None:
    """Make a push button the one that is offered first, or one of the others."""
    made.setProperty("role", "primary" if primary else "")
    if icon:
        set_icon(made, icon, "on_accent" if primary else "text", 16)
    made.style().unpolish(made)
    made.style().polish(made)


def icon_button(
    icon: str, text: str, callback: Callable[[], object] | None = None, *, role: str = "small"
) -> QToolButton:
    """Return a button with an icon only; its text is the tool tip and the accessible name."""
    made = QToolButton()
    made.setProperty("role", role)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setToolTip(text)
    made.setAccessibleName(text)
    set_icon(made, icon, size=20 if role == "tool" else 16)
    if callback is not None:
        made.clicked.connect(lambda: callback())
    return made


def switch_button(icon: str, text: str) -> QToolButton:
    """Return an icon button that stays pressed, shown by the accent colour."""
    made = icon_button(icon, text)
    made.setCheckable(True)
    made.toggled.connect(lambda on: set_icon(made, icon, "accent" if on else "text_quiet", 16))
    set_icon(made, icon, "text_quiet", 16)
    return made


def heading(text: str, *after: QWidget) -> QWidget:
    """Return the heading of a section: small quiet capitals of the label size, widgets at its right end."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID // 2)
    row.addWidget(label(text, "label"))
    row.addStretch(1)
    for widget in after:
        row.addWidget(widget)
    return holder


def line() -> QFrame:
    """Return a thin line between two sections."""
    made = QFrame()
    made.setProperty("role", "line")
    made.setFixedHeight(1)
    return made


def seam() -> QWidget:
    """Return a thin upright line between two columns."""
    made = QWidget()
    styled(made, "seam")
    made.setFixedWidth(1)
    return made


def panel(
    accessible: str = "", *, margin: int = 2 * GRID, spacing: int = GRID, scrolled: bool = False
) -> tuple[QWidget, QVBoxLayout]:
    """Return a panel and the column inside it; one for a scroll area is as tall as its wrapped words need."""
    holder = TallEnough() if scrolled else QWidget()
    holder.setProperty("role", "panel")
    holder.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    holder.setAccessibleName(accessible)
    return holder, column(holder, margin=margin, spacing=spacing)


class TallEnough(QWidget):
    """What stands in a scroll area: wrapped words get the height that they need at the width there is."""

    def event(self, event: QEvent) -> bool:
        """A scroll area asks for the least height only, and that knows nothing of a width."""
        used = super().event(event)
        layout = self.layout()
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and layout is not None:
            needed = layout.totalHeightForWidth(self.width()) if layout.hasHeightForWidth() else 0
            if needed != self.minimumHeight():
                self.setMinimumHeight(max(needed, 0))
        return used


def column(holder: QWidget, *, margin: int = 0, spacing: int = GRID) -> QVBoxLayout:
    """Give a widget a column."""
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return layout


def row(*widgets: QWidget, spacing: int = GRID, stretch: int | None = None) -> QHBoxLayout:
    """Return a row of widgets; the one at ``stretch`` takes what is left, or the end when None."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for at, widget in enumerate(widgets):
        layout.addWidget(widget, 1 if at == stretch else 0)
    if stretch is None:
        layout.addStretch(1)
    return layout


def styled(widget: QWidget, role: str) -> QWidget:
    """Give a plain widget a background of the style sheet."""
    widget.setProperty("role", role)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return widget


def clear(layout: QVBoxLayout | QHBoxLayout) -> None:
    """Take everything out of a layout and let Qt delete it."""
    while item := layout.takeAt(0):
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)  # type: ignore[arg-type]
