"""A slider that a keyboard can reach and move."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QSlider, QWidget

__all__ = ["Slider"]

_MOVING = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End,
)  # fmt: skip
_HELD = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
    | Qt.KeyboardModifier.ShiftModifier
)


class Slider(QSlider):
    """A horizontal slider. With the keyboard in it arrows and page keys move it, and not from image to image.

    The mouse does not take the keyboard from the image.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def let_go(self) -> None:
        """Take the handle out of a person's hand: what it moved is no longer there.

        Moves of the mouse whose button is still held are of no meaning any more.
        """
        if self.isSliderDown():
            middle = QPointF(self.rect().center())
            up = QMouseEvent(
                QEvent.Type.MouseButtonRelease, middle, QPointF(self.mapToGlobal(middle)),
                Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            )  # fmt: skip
            self.mouseReleaseEvent(up)

    def event(self, event: QEvent) -> bool:
        """Claim the keys that move the slider before they are shortcuts of the window."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _MOVING
            and not event.modifiers() & _HELD
        ):
            event.accept()
            return True
        return super().event(event)
