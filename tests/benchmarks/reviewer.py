"""A scripted reviewer at the real window: corrects a prediction to the true masks with tools alone.

It knows the truth and decides which gesture is cheapest; every change of a pixel is made by mouse and key
events on the window's own widgets. Moving the view is not counted: it changes nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QStyle, QStyleOptionSlider

from desktop.tour.hand import NO_KEYS, Hand
from inference.postprocess import class_mask
from inference.schema import MaskClass

Bits = NDArray[np.bool_]
Point = tuple[float, float]
LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
SLIDER_STEPS = 8
HIGHEST = 0.99
FEW_CORNERS = 12
"""Up to so many corners an outline is clicked as a polygon, above it is drawn with the lasso."""
MOST_ROUNDS = 4
MOVES_A_FRAME = 4
SCALES = (32.0, 16.0, 8.0, 4.0, 2.0)
"""Zoomed in so far that corners half a pixel apart are places that a pointer can tell apart."""
TILE = 400
"""What is larger than this (pixels of the image) is drawn in parts, each seen whole at 200 %."""
WORTH = 0.05
"""A threshold is kept when its Dice is above this; else the class is emptied and drawn anew."""


@dataclass(slots=True)
class Tally:
    """What it took: gestures by tool, and how long the window was busy with each event, in milliseconds."""

    gestures: Counter[str] = field(default_factory=Counter)
    events: list[float] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


@dataclass(frozen=True, slots=True)
class Corrected:
    """One class of one image: Dice of the prediction with the truth, before and after."""

    class_name: str
    pixels: int
    before: float
    after: float
    exact: bool
    gestures: int


def outline(component: Bits) -> list[Point]:
    """The outer border of one 8-connected component as (x, y), a quarter of a pixel inside of it.

    No pixel's centre lies on it, and none but the component's and its holes' lies inside. It is made straight
    where that moves it by less than the quarter.
    """
    doubled = np.pad(component, 1).astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    contours, _ = cv2.findContours(doubled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = cv2.approxPolyDP(max(contours, key=len), 0.45, closed=True)
    return [(float(x) / 2 + 0.25 - 1, float(y) / 2 + 0.25 - 1) for x, y in largest[:, 0]]


def dice(found: Bits, truth: Bits) -> float:
    """Of two masks; 1 for two empty ones."""
    total = int(found.sum()) + int(truth.sum())
    return 1.0 if total == 0 else 2.0 * int((found & truth).sum()) / total


@dataclass(frozen=True, slots=True)
class Piece:
    """A connected component: its box (y0, x0, y1, x1) and its mask inside of it."""

    box: tuple[int, int, int, int]
    mask: Bits

    @property
    def inside(self) -> Point:
        """The middle (x, y) of one of its pixels."""
        rows, columns = np.nonzero(self.mask)
        at = len(rows) // 2
        return self.box[1] + int(columns[at]) + 0.5, self.box[0] + int(rows[at]) + 0.5


def parts(piece: Piece) -> list[Piece]:
    """A component as it is, or cut along a grid into those that can be seen whole."""
    y0, x0, y1, x1 = piece.box
    if max(y1 - y0, x1 - x0) <= TILE:
        return [piece]
    found = []
    for top in range(0, y1 - y0, TILE):
        for left in range(0, x1 - x0, TILE):
            for part in pieces(piece.mask[top : top + TILE, left : left + TILE]):
                box = tuple(v + d for v, d in zip(part.box, (y0 + top, x0 + left) * 2, strict=True))
                found.append(Piece(box, part.mask))  # type: ignore[arg-type]
    return found


def pieces(mask: Bits) -> list[Piece]:
    """The 8-connected components of a mask."""
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = []
    for number in range(1, count):
        x, y, width, height = (int(v) for v in stats[number, :4])
        box = (y, x, y + height, x + width)
        found.append(Piece(box, numbers[y : y + height, x : x + width] == number))
    return found


class Reviewer:
    """Corrects the image on the desk, class by class."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.session = hand.session
        self.canvas = hand.canvas
        self.tally = Tally()

    # --- one class

    def correct(self, one: MaskClass, number: int, truth: Bits) -> Corrected:
        """Bring a class of the current image to `truth`. Raises RuntimeError when a gesture did not do so."""
        start = sum(self.tally.gestures.values())
        self.hand.press(f"Ctrl+{number}")
        before = dice(self._mask(one.id), truth)
        self._threshold(one, truth)
        self._delete_false(one.id, truth)
        for piece in pieces(truth):
            self._complete(one.id, piece)
        # An outline also covers what it encloses: rings and holes within each other take some rounds.
        for _ in range(MOST_ROUNDS):
            for button, wrong in ((RIGHT, self._mask(one.id) & ~truth), (LEFT, None)):
                wrong = truth & ~self._mask(one.id) if wrong is None else wrong
                for piece in (part for whole in pieces(wrong) for part in parts(whole)):
                    self._draw(piece, button)
        mask = self._mask(one.id)
        gestures = sum(self.tally.gestures.values()) - start
        return Corrected(
            one.name, int(truth.sum()), before, dice(mask, truth), bool((mask == truth).all()), gestures
        )

    def _mask(self, class_id: int) -> Bits:
        label = self.session.label
        if label is None or label.planes is None:
            raise RuntimeError("the label went away")
        return label.planes.class_mask(class_id)

    def _mask_in(self, class_id: int, piece: Piece) -> Bits:
        label = self.session.label
        if label is None or label.planes is None:
            raise RuntimeError("the label went away")
        return label.planes.class_mask(class_id, piece.box)

    def _threshold(self, one: MaskClass, truth: Bits) -> None:
        """Choose the threshold that leaves least to do, as a reader does who watches the mask follow it."""
        prediction = self.session.prediction
        if prediction is None or one.name not in prediction.classes:
            return
        now = round(self.session.threshold(one.name), 2)
        scores = {now: dice(self._mask(one.id), truth)}
        for percent in range(5, 100, 5):
            scores[percent / 100] = dice(class_mask(prediction, one.name, percent / 100), truth)
        best = max(scores, key=lambda t: (scores[t], t == now))
        wanted = best if scores[best] > WORTH else HIGHEST
        if wanted == now:
            return
        row = next(row for row in self.hand.window.layers.rows if row.mask_class.id == one.id)
        self.hand.click(row)
        slider = self.hand.window.layers.details.threshold.slider
        steps = SLIDER_STEPS
        start, end = _handle(slider), _handle(slider, round(100 * wanted))
        self._timed("threshold", lambda: QTest.mousePress(slider, LEFT, NO_KEYS, start))
        for step in range(1, steps + 1):
            place = QPoint(start.x() + round((end.x() - start.x()) * step / steps), start.y())
            self._timed("threshold", lambda place=place: _moved(slider, place))
        self._timed("threshold", lambda: QTest.mouseRelease(slider, LEFT, NO_KEYS, end))
        self.tally.gestures["threshold"] += 1
        # What is exact is computed behind, and lands as one edit.
        reached = round(slider.value() / 100, 2)
        expected = class_mask(prediction, one.name, reached)
        self.hand.wait(lambda: bool((self._mask(one.id) == expected).all()), "the threshold's mask")
        self.canvas.setFocus()

    def _delete_false(self, class_id: int, truth: Bits) -> None:
        """Click away every component that touches no true pixel."""
        false = [
            piece for piece in pieces(self._mask(class_id)) if not (truth[_cut(piece.box)] & piece.mask).any()
        ]
        if not false:
            return
        self.hand.press("C")
        for piece in false:
            self._look_at(piece.box)
            self._click(piece.inside)
            self.tally.gestures["component"] += 1

    def _complete(self, class_id: int, piece: Piece) -> None:
        """One true component: add what is missing with one outline; the extra is erased piece by piece."""
        for part in parts(piece):
            if (part.mask & ~self._mask_in(class_id, part)).any():
                self._draw(part, LEFT)

    # --- gestures

    def _draw(self, piece: Piece, button: Qt.MouseButton) -> None:
        """Outline a component: with clicks when it has few corners, else in one go."""
        y0, x0 = piece.box[:2]
        points = [(x + x0, y + y0) for x, y in outline(piece.mask)]
        self._look_at(piece.box)
        erases = button is RIGHT
        if len(points) <= FEW_CORNERS:
            self.hand.press("P")
            for point in points:
                self._click(point, button)
            self._timed("polygon", lambda: QTest.keyClick(self.canvas, Qt.Key.Key_Return))
            self.tally.gestures["polygon, subtracting" if erases else "polygon"] += 1
        else:
            self.hand.press("L")
            self._drag(points, button)
            self.tally.gestures["lasso, subtracting" if erases else "lasso"] += 1

    def _look_at(self, box: tuple[int, int, int, int]) -> None:
        viewport = self.canvas.viewport
        if viewport is None:
            raise RuntimeError("there is no image on the canvas")
        y0, x0, y1, x1 = box
        room = 0.85 * min(viewport.view_width / max(x1 - x0, 1), viewport.view_height / max(y1 - y0, 1))
        scale = next((one for one in SCALES if one <= room), SCALES[-1])
        self.canvas.zoom_to(scale)
        self.canvas.centre_on((x0 + x1) / 2, (y0 + y1) / 2)

    def _place(self, point: Point) -> QPointF:
        """Where an image point lies in the canvas, with fractions: as a mouse on a fine screen tells it."""
        viewport = self.canvas.viewport
        if viewport is None:
            raise RuntimeError("there is no image on the canvas")
        x, y = viewport.to_view(*point)
        ratio = self.canvas.devicePixelRatioF()
        # The canvas takes a position as the middle of the device pixel that it names.
        return QPointF((x - 0.5) / ratio, (y - 0.5) / ratio)

    def _send(
        self,
        kind: QEvent.Type,
        point: Point,
        button: Qt.MouseButton,
        held: Qt.MouseButton,
        *,
        shown: bool = True,
    ) -> None:
        place = self._place(point)
        event = QMouseEvent(
            kind, place, self.canvas.mapToGlobal(place), button, held, Qt.KeyboardModifier.NoModifier
        )

        def deliver() -> None:
            QApplication.sendEvent(self.canvas, event)
            if shown:
                QApplication.processEvents()

        self._timed(kind.name, deliver)

    def _click(self, point: Point, button: Qt.MouseButton = LEFT) -> None:
        self._send(QEvent.Type.MouseMove, point, NONE, NONE)
        self._send(QEvent.Type.MouseButtonPress, point, button, button)
        self._send(QEvent.Type.MouseButtonRelease, point, button, NONE)

    def _drag(self, points: Sequence[Point], button: Qt.MouseButton) -> None:
        self._send(QEvent.Type.MouseMove, points[0], NONE, NONE)
        self._send(QEvent.Type.MouseButtonPress, points[0], button, button)
        for at, point in enumerate(points[1:]):
            # A mouse tells more places than a screen shows frames: painting catches up now and then.
            self._send(QEvent.Type.MouseMove, point, NONE, button, shown=at % MOVES_A_FRAME == 0)
        self._send(QEvent.Type.MouseButtonRelease, points[-1], button, NONE)

    def _timed(self, name: str, action: Callable[[], object]) -> None:
        start = time.perf_counter()
        action()
        took = (time.perf_counter() - start) * 1000
        self.tally.events.append(took)
        self.tally.slowest = max(self.tally.slowest, (took, name))


def _cut(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    return slice(box[0], box[2]), slice(box[1], box[3])


def _handle(slider: QSlider, value: int | None = None) -> QPoint:
    """Where the middle of a slider's handle is, now or at a value."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    if value is not None:
        option.sliderPosition = option.sliderValue = value  # type: ignore[attr-defined]
    style, handle = slider.style(), QStyle.SubControl.SC_SliderHandle
    return style.subControlRect(QStyle.ComplexControl.CC_Slider, option, handle, slider).center()


def _moved(widget: QSlider, place: QPoint) -> None:
    """Drag with the left button held, and let the window follow."""
    where = QPointF(place)
    event = QMouseEvent(QEvent.Type.MouseMove, where, widget.mapToGlobal(where), NONE, LEFT, NO_KEYS)
    QApplication.sendEvent(widget, event)
    QApplication.processEvents()
