"""A canvas, a label and a context of tools, wired as the session wires them but without a project."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.qimages import rgb8_from_qimage
from desktop.canvas.styles import LayerStyle
from desktop.canvas.view import CanvasView
from desktop.project.edit import Edit
from desktop.project.foresight import Foreseen, foresee
from desktop.project.label import Label, LabelKey
from desktop.project.planes import Box
from desktop.project.stroke import StrokeRecorder
from desktop.state.limits import Limits
from inference.schema import MaskClass, Schema

SCHEMA = Schema((MaskClass(0, "MA", "Microaneurysm"), MaskClass(1, "HE"), MaskClass(9, "EX")))
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier


class Context:
    """What the session is to a tool."""

    def __init__(self) -> None:
        self.view = CanvasView()
        self.label: Label | None = None
        self.overlay: OverlayPyramid | None = None
        self.class_id: int | None = 0
        self.brush_radius = 6.0
        self.edits: list[Edit] = []
        self.stroke: StrokeRecorder | None = None
        self.aborted = 0
        self.prediction = None
        self.limits = Limits(lambda: self.label)
        self.said: list[str] = []

    def show(self, height: int, width: int, size: tuple[int, int] = (400, 300), seed: int = 0) -> None:
        """Another image with a blank label."""
        rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
        self.label = Label(LabelKey(str(seed), "reader"), SCHEMA)
        self.overlay = OverlayPyramid(self.label.ensure_planes(height, width).mask)
        self.view.resize(*size)
        self.view.set_image(ImagePyramid.build(rgb))
        self.view.set_overlay(self.overlay)
        self.view.set_styles({0: LayerStyle(opacity=0.5), 1: LayerStyle(color="#56B4E9")})

    def set_brush_radius(self, radius: float) -> None:
        self.brush_radius = radius

    @property
    def pixels(self) -> np.ndarray | None:
        return self.view.image.levels[0] if self.view.image is not None else None

    def threshold(self, class_name: str) -> float:
        return 0.5

    def allowed(self, box: Box, class_id: int, planes=None) -> np.ndarray | None:
        return self.limits.allowed(box, class_id, planes)

    def land(self, make, ended=lambda _landed: None) -> None:
        label, standing = self.label, self.label.standing()

        def work() -> Foreseen | None:
            edit = make(standing.planes)
            return foresee(standing, [(edit, True)]) if edit is not None else None

        def done(foreseen: Foreseen | None) -> None:
            if foreseen is None:
                ended(False)
                return
            if not label.land(foreseen):
                self.land(make, ended)
                return
            self.edits += foreseen.edits
            if label is self.label:
                self.changed(foreseen.box)
            ended(True)

        self.run_behind(work, done)

    def run_behind(self, work, done, failed=None) -> None:
        done(work())

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def perform(self, edit: Edit) -> None:
        self.edits.append(edit)
        self.label.perform(edit)
        if edit.box is not None:
            self.changed(edit.box)

    def begin_stroke(self, class_id: int | None = None) -> StrokeRecorder:
        self.stroke = self.label.begin_stroke(self.class_id if class_id is None else class_id)
        return self.stroke

    def abort_stroke(self) -> None:
        self.aborted += 1
        box = self.stroke.abort()
        if box is not None:
            self.changed(box)

    def commit(self, edit: Edit) -> None:
        self.edits.append(edit)
        self.label.record(edit)

    def changed(self, box: tuple[int, int, int, int]) -> None:
        self.overlay.update(box)
        self.view.overlay_changed(box)

    def undo(self) -> None:
        self.changed(self.label.undo().box)

    def mask(self, class_id: int = 0) -> np.ndarray:
        return self.label.planes.class_mask(class_id)

    def protection(self, class_id: int = 0) -> np.ndarray:
        return self.label.planes.class_protection(class_id)

    def drag(self, *points: tuple[int, int], button=LEFT, modifiers=NONE, release: bool = True) -> None:
        """Real mouse events at widget positions."""
        QTest.mousePress(self.view, button, modifiers, QPoint(*points[0]))
        for point in points[1:]:
            QTest.mouseMove(self.view, QPoint(*point))
        if release:
            QTest.mouseRelease(self.view, button, modifiers, QPoint(*points[-1]))

    def image_point(self, x: int, y: int) -> tuple[float, float]:
        """The image coordinates that a widget position names."""
        return self.view.viewport.to_image(x + 0.5, y + 0.5)

    def screen(self) -> np.ndarray:
        """What is on screen, (H, W, 3)."""
        return rgb8_from_qimage(self.view.grab().toImage())

    def screen_without_pointer(self) -> np.ndarray:
        """What is on screen when the pointer is elsewhere: another window may take it at any time."""
        QApplication.sendEvent(self.view, QEvent(QEvent.Type.Leave))
        return self.screen()


def disc(shape: tuple[int, int], x: float, y: float, radius: float) -> np.ndarray:
    """The definition: pixels whose centre is within the radius, and the pixel pointed at."""
    rows, columns = np.indices(shape) + 0.5
    mask = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    if 0 <= y < shape[0] and 0 <= x < shape[1]:
        mask[int(y), int(x)] = True
    return mask


def capsule(
    shape: tuple[int, int],
    start: tuple[float, float],
    end: tuple[float, float],
    radius: float,
    density: int = 40,
) -> np.ndarray:
    """The union of very many discs from start to end, `density` a pixel."""
    mask = np.zeros(shape, bool)
    steps = max(2, int(np.hypot(end[0] - start[0], end[1] - start[1]) * density))
    for t in np.linspace(0, 1, steps):
        mask |= disc(shape, start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t, radius)
    return mask
