"""A hand at the real window: keys, clicks, drags and the wheel as Qt events, and pictures of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCompleter,
    QFileDialog,
    QLineEdit,
    QWidget,
)

from desktop.errors import DesktopError
from desktop.window import Window

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
_NOTCH = 120


class TourError(DesktopError):
    """Something that the tour waited for did not happen."""


class Hand:
    """Acts on a window through its own events only; it reads the session, it never calls it to act."""

    def __init__(self, window: Window, pictures: Path) -> None:
        self.window = window
        self.canvas = window.canvas
        self.session = window.session
        self._pictures = pictures
        pictures.mkdir(parents=True, exist_ok=True)

    def wait(self, until: Callable[[], object], what: str, limit_s: float = 60.0) -> None:
        """Let the window live until something is so. Raises TourError, naming `what`, after the limit."""
        deadline = time.monotonic() + limit_s
        while not until():
            if time.monotonic() > deadline:
                raise TourError(f"The tour waited {limit_s:.0f} s for {what}, and it did not happen.")
            self.rest(10)

    def rest(self, milliseconds: int = 1) -> None:
        """Let the window live for a moment.

        Not by `QTest.qWait`: it keeps Python's lock, and every other thread of the program stands still.
        """
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def press(self, keys: str) -> None:
        """Type a shortcut, as "Ctrl+Z", where the keyboard is."""
        target = QApplication.focusWidget() or self.window
        QTest.keySequence(target, QKeySequence(keys))
        self.rest()

    def type(self, field: QWidget, text: str) -> None:
        """Replace what a field holds by typing."""
        field.setFocus()
        QTest.keySequence(field, QKeySequence.StandardKey.SelectAll)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Tab)

    def click(self, widget: QWidget) -> None:
        """Click the middle of a control. Raises TourError when it cannot be clicked."""
        if not widget.isVisible() or not widget.isEnabled():
            name = widget.accessibleName() or widget.objectName() or type(widget).__name__
            raise TourError(f"The control “{name}” cannot be clicked now.")
        QTest.mouseClick(widget, LEFT, NO_KEYS, widget.rect().center())
        self.rest()

    def button(self, inside: QWidget, text: str) -> QAbstractButton | None:
        """The visible button whose text begins with `text`, if there is one."""
        found = inside.findChildren(QAbstractButton)
        return next((b for b in found if b.isVisible() and b.text().startswith(text)), None)

    def click_button(self, inside: QWidget, text: str, limit_s: float = 30.0) -> None:
        """Wait for a button to be there and enabled, then click it."""
        self.wait(lambda: (b := self.button(inside, text)) and b.isEnabled(), f"the button “{text}”", limit_s)
        button = self.button(inside, text)
        if button is not None:
            self.click(button)

    def point(self, x: float, y: float) -> QPoint:
        """Where an image point (continuous pixels) is on the canvas, in the widget's coordinates."""
        viewport = self.canvas.viewport
        if viewport is None:
            raise TourError("There is no image on the canvas.")
        across, down = viewport.to_view(x, y)
        ratio = self.canvas.devicePixelRatioF()
        return QPoint(round(across / ratio), round(down / ratio))

    def drag(self, points: Sequence[tuple[float, float]]) -> None:
        """Press at the first image point, move along the others, release at the last."""
        places = [self.point(x, y) for x, y in points]
        QTest.mouseMove(self.canvas, places[0])
        QTest.mousePress(self.canvas, LEFT, NO_KEYS, places[0])
        for place in places[1:]:
            QTest.mouseMove(self.canvas, place)
            self.rest()
        QTest.mouseRelease(self.canvas, LEFT, NO_KEYS, places[-1])
        self.rest()

    def hover(self, x: float, y: float) -> None:
        """Rest the pointer over an image point."""
        QTest.mouseMove(self.canvas, self.point(x, y))
        self.rest()

    def wheel(self, x: float, y: float, notches: int) -> None:
        """Turn the wheel over an image point: up (positive) zooms in."""
        place = QPointF(self.point(x, y))
        for _ in range(abs(notches)):
            step = QPoint(0, _NOTCH if notches > 0 else -_NOTCH)
            turn = QWheelEvent(
                place, QPointF(self.canvas.mapToGlobal(place)), QPoint(), step,
                Qt.MouseButton.NoButton, NO_KEYS, Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(self.canvas, turn)
        self.rest()

    def answer_folder_dialog(self, trigger: Callable[[], None], folder: Path) -> None:
        """Do what opens a folder dialog, and type `folder` into it."""
        typed: list[bool] = []

        def type_it() -> None:
            # The dialog reads its folder behind, and may put other words into the line meanwhile: look again.
            timer.start(50)
            dialog = QApplication.activeModalWidget()
            line = dialog.findChild(QLineEdit) if isinstance(dialog, QFileDialog) else None
            if line is None:
                return
            # The dialog's own would take the Return key and put a sub-folder there.
            line.setCompleter(QCompleter(line))
            line.setFocus()
            QTest.keySequence(line, QKeySequence.StandardKey.SelectAll)
            QTest.keyClicks(line, str(folder))
            if line.text() == str(folder):
                typed.append(True)
                QTest.keyClick(line, Qt.Key.Key_Return)

        timer = QTimer(singleShot=True)
        timer.timeout.connect(type_it)
        timer.start(50)
        trigger()
        timer.stop()
        if not typed:
            raise TourError("The folder dialog did not open.")

    def picture(self, name: str) -> Path:
        """Save a picture of the whole window as `name.png`."""
        self.rest(80)
        path = self._pictures / f"{name}.png"
        if not self.window.grab().save(str(path)):
            raise TourError(f"The picture {path.name} cannot be written; is the disk full?")
        return path
