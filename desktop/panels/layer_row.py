"""One layer as a row: colour, name and what it holds, then look, eye, lock and threshold."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QToolButton, QWidget

from desktop.canvas.styles import LayerStyle
from desktop.panels.swatch import Swatch
from desktop.panels.widgets import Elided, column, icon_button, label
from desktop.session import Session
from desktop.state.layer_counts import Count
from desktop.theme import GRID, look, set_icon
from inference.schema import MaskClass

HEIGHT = 5 * GRID

# What a press of the look's button goes on to: fill with outline, outline alone, fill alone.
_LOOKS = {(True, True): ("layer-both", "fill and outline", (False, True)),
          (False, True): ("layer-outline", "outline", (True, False)),
          (True, False): ("layer-fill", "fill", (True, True)),
          (False, False): ("layer-outline", "nothing", (True, True))}  # fmt: skip


class LayerRow(QWidget):
    """One class. Up and down select another row, left and right its buttons; Space is the eye, L the lock."""

    picked = Signal()
    stepped = Signal(int)
    """The keyboard goes so many rows on."""

    def __init__(self, one: MaskClass, number: int, session: Session) -> None:
        super().__init__()
        self._session = session
        self.mask_class = one
        self.number = number
        self.selected = False
        self._held = ""
        self.setFixedHeight(HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.swatch = Swatch(one.label)
        self.swatch.chosen.connect(lambda color: session.set_layer_style(one.id, color=color))
        self.name = Elided(one.label, mode=Qt.TextElideMode.ElideRight)
        self.holds = Elided("", mode=Qt.TextElideMode.ElideRight)
        self.holds.setProperty("role", "label")
        for text in (self.name, self.holds):
            text.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.reviewed = QLabel()
        self.reviewed.setToolTip("Reviewed: this class of this image was confirmed")
        set_icon(self.reviewed, "check", "good", 16)
        self.style_button = self._button("layer-both", "Look of", self._next_look)
        self.eye = self._button("eye", "Show or hide", self._toggle_eye)
        self.lock = self._button("unlock", "Lock", lambda: session.layers.toggle_lock(one.id))
        self.threshold = label("", "quiet")
        self.threshold.setFixedWidth(3 * GRID + 4)
        self.threshold.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._arrange()

    def _button(self, icon: str, text: str, callback: object) -> QToolButton:
        made = icon_button(icon, f"{text} {self.mask_class.label}", callback)  # type: ignore[arg-type]
        made.setFixedSize(3 * GRID, 3 * GRID)
        return made

    def _arrange(self) -> None:
        words = column(holder := QWidget(), spacing=0)
        holder.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words.addStretch(1)
        words.addWidget(self.name)
        words.addWidget(self.holds)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID // 2, 0, GRID, 0)
        layout.setSpacing(0)
        layout.addWidget(self.swatch)
        layout.addSpacing(GRID // 2)
        layout.addWidget(holder, 1)
        for widget in (self.reviewed, self.style_button, self.eye, self.lock, self.threshold):
            layout.addWidget(widget)

    # ---- what is asked

    def _style(self) -> LayerStyle:
        return self._session.styles.get(self.mask_class.id, LayerStyle(color=self.mask_class.color))

    def _toggle_eye(self) -> None:
        if self._alt:
            self._session.layers.toggle_solo(self.mask_class.id)
        else:
            self._session.set_layer_style(self.mask_class.id, visible=not self._style().visible)

    @property
    def _alt(self) -> bool:
        return bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier)

    def _next_look(self) -> None:
        style = self._style()
        fill, outline = _LOOKS[style.fill, style.outline][2]
        self._session.set_layer_style(self.mask_class.id, fill=fill, outline=outline)

    # ---- what is shown

    def refresh(self) -> None:
        """Show the class's style, lock and cut, and whether it is the selected one."""
        session, one, style = self._session, self.mask_class, self._style()
        locked = one.id in session.layers.locked
        self.selected = session.class_id == one.id
        drawn = session.label
        reviewed = drawn is not None and one.id in drawn.confirmed_classes
        _put_icon(self.eye, "eye" if style.visible else "eye-off", _ink(style.visible))
        _put_icon(self.lock, "lock" if locked else "unlock", _ink(locked))
        icon, said, _ = _LOOKS[style.fill, style.outline]
        _put_icon(self.style_button, icon, "text_quiet")
        self.style_button.setToolTip(f"{one.label} is drawn as {said}")
        self.lock.setToolTip(f"Unlock {one.label}" if locked else f"Lock {one.label}: nothing changes it")
        self.eye.setToolTip(f"{'Hide' if style.visible else 'Show'} {one.label} · Alt: show it alone")
        self.swatch.set_color(style.color)
        self.reviewed.setVisible(reviewed)
        self.show_threshold()
        self._name_it(style, locked=locked, reviewed=reviewed)
        font = self.name.font()
        font.setBold(self.selected)
        self.name.setFont(font)
        # One row is in the order of Tab, with its buttons; arrow keys go to the others.
        # A click takes no keyboard away from the canvas.
        policy = Qt.FocusPolicy.TabFocus if self.selected else Qt.FocusPolicy.NoFocus
        for widget in (self, self.swatch, self.style_button, self.eye, self.lock):
            widget.setFocusPolicy(policy)
        self._show_buttons()
        self.update()

    def show_threshold(self) -> None:
        """Show from which probability on the model's mask counts."""
        session, name = self._session, self.mask_class.name
        prediction = session.prediction
        says = prediction is not None and name in prediction.classes
        value = session.threshold(name)
        self.threshold.setText(f"{value:.2f}".removeprefix("0") if says else "")
        self.threshold.setToolTip("The model's mask counts from this probability on" if says else "")
        self.threshold.setAccessibleName(f"Threshold of {self.mask_class.label}: {value:.2f}" if says else "")

    def _name_it(self, style: LayerStyle, *, locked: bool, reviewed: bool) -> None:
        said = [
            self.mask_class.label,
            "selected" if self.selected else "",
            "" if style.visible else "hidden",
            "locked" if locked else "",
            "reviewed" if reviewed else "not reviewed yet",
            self._held,
        ]
        self.setAccessibleName(", ".join(filter(None, said)))
        key = f" · Ctrl+{self.number}" if self.number < 10 else ""
        held = f"\n{self._held}" if self._held else ""
        self.setToolTip(f"{self.mask_class.label}{key}{held}")

    def show_count(self, count: Count | None) -> None:
        """Show what the layer holds; None: not counted yet."""
        if count is None:
            text = ""
        elif not count.pixels:
            text = "empty"
        else:
            text = f"{count.regions:,} · {count.pixels:,} px"
        self.holds.setText(text)
        regions = f"{count.regions:,} region{'' if count.regions == 1 else 's'}" if count else ""
        said = f"{regions}, {count.pixels:,} pixels" if count else ""
        self.holds.setAccessibleName(said)
        self._held = said

    def _show_buttons(self) -> None:
        """Quiet until wanted: what is as usual is seen on the selected row and under the pointer only."""
        active = self.selected or self.underMouse() or self.hasFocus()
        locked = self.mask_class.id in self._session.layers.locked
        self.style_button.setVisible(active)
        self.lock.setVisible(active or locked)

    # ---- Qt's events

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the buttons."""
        super().enterEvent(event)
        self._show_buttons()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide them again."""
        super().leaveEvent(event)
        self._show_buttons()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the buttons."""
        super().focusInEvent(event)
        self._show_buttons()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide them again."""
        super().focusOutEvent(event)
        self._show_buttons()

    def event(self, event: QEvent) -> bool:
        """Claim the row's own keys before a shortcut of the window takes them."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _KEYS
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys, Space, L."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_Space:
            self._session.set_layer_style(self.mask_class.id, visible=not self._style().visible)
        elif key == Qt.Key.Key_L:
            self._session.layers.toggle_lock(self.mask_class.id)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.focusNextPrevChild(key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the class."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground: selected, under the pointer, or with the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.selected:
            painter.setBrush(look().color("selection"))
            painter.drawRoundedRect(self.rect(), 4, 4)
            painter.setBrush(look().color("accent"))
            painter.drawRoundedRect(QRect(0, GRID, 3, self.height() - 2 * GRID), 1.5, 1.5)
        elif self.underMouse():
            painter.setBrush(look().color("hover"))
            painter.drawRoundedRect(self.rect(), 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look().color("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)


_KEYS = (
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_L,
)  # fmt: skip


def _put_icon(button: QToolButton, name: str, token: str) -> None:
    """Rows are shown anew after every stroke: an icon that is there already costs nothing."""
    if (button.property("iconName"), button.property("iconToken")) != (name, token):
        set_icon(button, name, token, 16)


def _ink(on: bool) -> str:
    return "text" if on else "text_quiet"
