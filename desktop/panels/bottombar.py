"""The bar at the bottom: what the tool does, what is under the pointer, what is saved, how to finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.panels.widgets import Elided, label, styled
from desktop.qactions import Actions, hint_of
from desktop.session import Session
from desktop.theme import GRID, set_icon

if TYPE_CHECKING:
    from desktop.canvas.pyramid import ImagePyramid


class BottomBar(QWidget):
    """hint · x y · value · class probability · zoom · saved | Finish, Reject, Second look."""

    def __init__(self, session: Session, actions: Actions) -> None:
        super().__init__()
        self._session = session
        styled(self, "bar")
        self.setFixedHeight(6 * GRID)
        self.setAccessibleName("Status bar")
        self._point: tuple[int, int] | None = None
        self.hint = Elided(mode=Qt.TextElideMode.ElideRight)
        self.hint.setProperty("role", "quiet")
        self.place = label("", "quiet", accessible="Pointer")
        self.value = label("", "quiet", accessible="Value of the pixel")
        self.says = label("", "model", accessible="What the model says here")
        self.zoom = label("", "quiet", accessible="Zoom")
        self.saved = label("", "quiet", accessible="Saved")
        self.finish = _action_button(actions, "review.finish", "Finish", role="primary")
        self.reject = _action_button(actions, "review.reject", "Reject")
        self.second_look = _action_button(actions, "review.second_look", "Second look")
        self._arrange()
        # Reading a probability is cheap, but a pointer may move a thousand times a second.
        self._reading = QTimer(self, singleShot=True, interval=30)
        self._reading.timeout.connect(self._read)
        session.saved_changed.connect(self.show_saved)
        session.selection_changed.connect(self._read)
        session.prediction_changed.connect(self._read)
        session.image_changed.connect(lambda _: self._shrink())
        session.project_changed.connect(lambda: self.show_saved(session.pending))
        self.show_saved(0)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 0, GRID, 0)
        row.setSpacing(2 * GRID)
        row.addWidget(self.hint, 1)
        for widget in (self.place, self.value, self.says, self.zoom, self.saved):
            row.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in (self.finish, self.reject, self.second_look):
            buttons.addWidget(button)
        row.addLayout(buttons)

    def show_hint(self, text: str) -> None:
        """Show what the tool in the hand does."""
        self.hint.setText(text)

    def show_zoom(self, scale: float | None) -> None:
        """Show the zoom: 1.0 is one image pixel a screen pixel; None: there is no image."""
        if scale is None:
            self.zoom.setText("")
            return
        percent = 100 * scale
        self.zoom.setText(f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def show_point(self, x: float, y: float) -> None:
        """Show the pixel under the pointer; negative values: the pointer is not on the image."""
        image = self._session.image_pyramid
        inside = image is not None and 0 <= x < image.width and 0 <= y < image.height
        self._point = (int(x), int(y)) if inside else None
        _show(self.place, f"x {self._point[0]}  y {self._point[1]}" if self._point else "")
        _show(self.value, value_text(image, *self._point) if image is not None and self._point else "")
        self._reading.start()

    def _shrink(self) -> None:
        """Another image: its figures may be shorter."""
        for one in (self.place, self.value, self.says):
            one.setMinimumWidth(0)

    def _read(self) -> None:
        text = ""
        prediction = self._session.prediction
        name = next(
            (one.name for one in self._session.schema.active_classes if one.id == self._session.class_id),
            None,
        )
        if prediction is not None and self._point is not None and name in prediction.classes:
            from inference.postprocess import probability_at

            height, width = prediction.geometry.image_size
            x, y = self._point
            if x < width and y < height:
                text = f"{name} {probability_at(prediction, name, y, x):.2f}".replace(" 0.", " .")
        _show(self.says, text)

    def show_saved(self, pending: int) -> None:
        """Show how many edits still wait for the store."""
        if self._session.project is None:
            self.saved.setText("")
        else:
            waiting = f"{pending} not saved" if self._session.refused else f"saving {pending}"
            self.saved.setText(waiting if pending else "saved")
        self.saved.setToolTip(
            "Every edit is in the store." if pending == 0 else "Edits that the store has not confirmed yet."
        )


def value_text(image: ImagePyramid, x: int, y: int) -> str:
    """The native value of a pixel, as the file has it: ``RGB 200 120 31``, or one number when it is grey."""
    native = image.native
    pixel = (image.levels if native is None else native.levels)[0][y, x]
    numbers = [f"{float(v):.4g}" if image.kind == "float32" else str(int(v)) for v in pixel.ravel()]
    if len(set(numbers)) == 1:
        return f"value {numbers[0]}"
    return "RGB " + " ".join(numbers)


def _show(target: QLabel, text: str) -> None:
    """Show a figure; its place never shrinks while the pointer moves, so that nothing beside it dances."""
    target.setText(text)
    target.setMinimumWidth(max(target.minimumWidth(), target.sizeHint().width()))


def _action_button(actions: Actions, key: str, text: str, role: str = "") -> QPushButton:
    """Return a button that is an action with a name of its own."""
    record, action = actions.records[key], actions[key]
    made = QPushButton(text)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setAutoDefault(False)
    if role:
        made.setProperty("role", role)
    made.setToolTip(hint_of(record))
    made.setAccessibleName(record.text)
    set_icon(made, record.icon, "on_accent" if role == "primary" else "text", 16)
    made.clicked.connect(action.trigger)

    def follow(_: QAction | None = None) -> None:
        made.setEnabled(action.isEnabled())
        if role == "primary":
            set_icon(made, record.icon, "on_accent" if action.isEnabled() else "text_disabled", 16)

    action.changed.connect(follow)
    follow()
    return made
