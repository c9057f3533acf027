"""The canvas against its budgets: 4288x2848 pixels, four classes, a view of 1600x1000.

Every function returns samples in milliseconds. "To pixels on screen" ends when the repaint of what is dirty
has returned: Qt has then composed, painted and handed the pixels to the platform.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.canvas.adjust import ViewSettings, Window
from desktop.canvas.evening import even
from desktop.canvas.native import NativePyramid
from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.styles import LayerStyle
from desktop.canvas.view import CanvasView
from desktop.jobs.comparing import difference_of
from desktop.project.edit import Edit
from desktop.project.label import Label, LabelKey
from desktop.project.stroke import StrokeRecorder
from desktop.tools.brush import BrushTool
from inference.schema import MaskClass, Schema

HEIGHT, WIDTH = 2848, 4288
VIEW = (1600, 1000)
COLORS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442")
SCHEMA = Schema(tuple(MaskClass(i, f"c{i}", color=c) for i, c in enumerate(COLORS)))


@dataclass
class Desk:
    """A canvas with a label and a brush, wired as the session does it but without a store."""

    view: CanvasView
    label: Label
    overlay: OverlayPyramid
    class_id: int | None = 0
    brush_radius: float = 20.0
    edits: list[Edit] = field(default_factory=list)

    def set_brush_radius(self, radius: float) -> None:
        """Keep the radius."""
        self.brush_radius = radius

    def begin_stroke(self, class_id: int | None = None) -> StrokeRecorder:
        """Record into the label."""
        return self.label.begin_stroke(class_id or self.class_id or 0)

    def allowed(self, box: tuple[int, int, int, int], class_id: int) -> None:
        """Painting is not limited."""

    def abort_stroke(self) -> None:
        """Nothing here aborts."""

    def commit(self, edit: Edit) -> None:
        """Record the edit."""
        self.edits.append(edit)
        self.label.record(edit)

    def changed(self, box: tuple[int, int, int, int]) -> None:
        """Refresh what is seen."""
        self.overlay.update(box)
        self.view.overlay_changed(box)


def photograph(seed: int) -> np.ndarray:
    """A smooth image of the size of a fundus photograph (its content costs nothing, its size does)."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 255, (HEIGHT // 16, WIDTH // 16, 3), dtype=np.uint8)
    return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def label_with_blobs(seed: int) -> Label:
    """A label of four classes with some 400 blobs, from dots to a tenth of the image."""
    random = np.random.default_rng(seed)
    mask = np.zeros((1, HEIGHT, WIDTH), np.uint8)
    for class_id in range(4):
        layer = np.zeros((HEIGHT, WIDTH), np.uint8)
        for radius in (450, *random.integers(2, 60, 100)):
            centre = (int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT)))
            cv2.circle(layer, centre, int(radius), 1 << class_id, -1)
        mask[0] |= layer
    label = Label(LabelKey("image", "reader"), SCHEMA)
    label.ensure_planes(HEIGHT, WIDTH).mask[...] = mask
    return label


def make_desk() -> Desk:
    """A shown canvas at fit, with the brush in the hand, painted once."""
    QApplication.instance() or QApplication([])
    label = label_with_blobs(1)
    overlay = OverlayPyramid(label.planes.mask)
    view = CanvasView()
    view.resize(*VIEW)
    view.set_image(ImagePyramid.build(photograph(1)))
    view.set_overlay(overlay)
    view.set_styles({i: LayerStyle(color=c, outline=True) for i, c in enumerate(COLORS)})
    desk = Desk(view, label, overlay)
    view.set_tool(BrushTool(desk))
    view.show()
    QTest.qWaitForWindowExposed(view)
    settle(view)
    return desk


def settle(view: CanvasView) -> None:
    """Everything painted, nothing pending."""
    view.repaint()
    QApplication.processEvents()


def timed(action: Callable[[], None]) -> float:
    """Milliseconds of one action."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def painted() -> None:
    """Deliver the pending paint events of the dirty regions, as the event loop would do next."""
    QApplication.sendPostedEvents()
    QApplication.processEvents()


def dab(repeat: int = 200) -> list[float]:
    """Press, drag and release with a radius of 20 px, at fit and 100 %; a sample is one mouse event shown."""
    desk, samples = make_desk(), []
    random = np.random.default_rng(2)
    for scale in (None, 1.0):
        if scale:
            desk.view.zoom_to(scale, (VIEW[0] / 2, VIEW[1] / 2))
            settle(desk.view)
        for _ in range(repeat // 8):
            x, y = int(random.integers(250, 1300)), int(random.integers(50, 900))
            events: list[Callable[[], None]] = [
                lambda x=x, y=y: QTest.mousePress(desk.view, Qt.MouseButton.LeftButton, pos=QPoint(x, y)),
                lambda x=x, y=y: QTest.mouseMove(desk.view, QPoint(x + 9, y + 4)),
                lambda x=x, y=y: QTest.mouseMove(desk.view, QPoint(x + 21, y + 6)),
                lambda x=x, y=y: QTest.mouseRelease(
                    desk.view, Qt.MouseButton.LeftButton, pos=QPoint(x + 30, y)
                ),
            ]
            for event in events:
                samples.append(timed(lambda event=event: (event(), painted())))
    return samples


def pan_zoom_frame(repeat: int = 120) -> list[float]:
    """Frames of a drag across the image and of zooming through all scales; each is a full new view."""
    return frames_of(make_desk().view, repeat)


def pan_zoom_adjusted(repeat: int = 120) -> list[float]:
    """The same frames in every light: all colours adjusted, one channel, evened, a window on 16 bits."""
    view = make_desk().view
    curve = ViewSettings(brightness=0.1, contrast=0.2, gamma=1.4)
    samples = []
    for settings in (curve, curve.with_(channel="green"), curve.with_(clahe=True)):
        view.set_view_settings(settings)
        image = view.image
        if image is not None and settings.clahe:
            image.evened = even(image, settings)
            view.evened(image)
        samples += frames_of(view, repeat // 2)
    return samples + frames_of(deep_view(curve), repeat // 2)


def deep_view(settings: ViewSettings) -> CanvasView:
    """The canvas with a 16-bit colour image under a window."""
    desk, rgb = make_desk(), photograph(1)
    native = rgb.astype(np.uint16) * 40 + 900
    desk.view.set_image(ImagePyramid.build(rgb, NativePyramid.build(native)))
    desk.view.set_overlay(desk.overlay)
    desk.view.set_view_settings(settings.with_(window=Window(1000, 9000, "uint16")))
    settle(desk.view)
    return desk.view


def light_changed(repeat: int = 60) -> list[float]:
    """A slider of the View tab is dragged: brightness, contrast or gamma anew, shown; at fit and at 100 %."""
    view, samples = make_desk().view, []
    for scale in (None, 1.0):
        if scale:
            view.zoom_to(scale)
        settle(view)
        for step in range(repeat // 2):
            name = ("brightness", "contrast", "gamma")[step % 3]
            settings = ViewSettings().with_(**{name: 0.2 + step / repeat})
            samples.append(timed(lambda s=settings: (view.set_view_settings(s), view.repaint())))
    return samples


def evening(repeat: int = 8) -> list[float]:
    """Local contrast evened (on a background thread in the application), the pyramid included."""
    image = ImagePyramid.build(photograph(5))
    return [timed(lambda: even(image, ViewSettings(clahe=True))) for _ in range(repeat)]


def difference(repeat: int = 8) -> list[float]:
    """Where label and prediction differ in four classes (on a background thread in the application)."""
    label, other = label_with_blobs(1), label_with_blobs(2)
    return [
        timed(lambda: difference_of(label.planes.mask, other.planes.mask, range(4))) for _ in range(repeat)
    ]


def frames_of(view: CanvasView, repeat: int) -> list[float]:
    """Milliseconds of frames of drags at five scales, and of zooming in and out again."""
    samples = []
    for scale in (0.5, 0.8, 1.0, 1.7, 3.0):
        view.zoom_to(scale, (VIEW[0] / 2, VIEW[1] / 2))
        settle(view)
        for step in range(repeat // 10):
            samples.append(timed(lambda s=step: (view.pan_by(-17 + (s % 2) * 30, -7), view.repaint())))
    view.fit()
    settle(view)
    for step in range(repeat // 2):
        factor = 1.12 if step < repeat // 4 else 1 / 1.12
        samples.append(timed(lambda f=factor: (view.zoom_by(f, (700.0, 450.0)), view.repaint())))
    return samples


def layer_style(repeat: int = 60) -> list[float]:
    """Toggle a class, another colour, another opacity; at fit and at 100 %."""
    desk, samples = make_desk(), []
    for scale in (None, 1.0):
        if scale:
            desk.view.zoom_to(scale)
        settle(desk.view)
        for step in range(repeat // 2):
            styles = {i: LayerStyle(color=c, outline=True) for i, c in enumerate(COLORS)}
            changed = (
                LayerStyle(visible=False),
                LayerStyle(color="#D55E00", outline=True),
                LayerStyle(opacity=0.1 + step % 9 / 10),
            )
            styles[step % 4] = changed[step % 3]
            samples.append(timed(lambda s=styles: (desk.view.set_styles(s), desk.view.repaint())))
    return samples


def show_prefetched(repeat: int = 40) -> list[float]:
    """Another image and label whose pyramids are built: set both and paint."""
    desk, samples = make_desk(), []
    pairs = []
    for seed in (3, 4):
        label = label_with_blobs(seed)
        pairs.append((ImagePyramid.build(photograph(seed)), OverlayPyramid(label.planes.mask)))
    for step in range(repeat):
        image, overlay = pairs[step % 2]

        def show(image: ImagePyramid = image, overlay: OverlayPyramid = overlay) -> None:
            desk.view.set_image(image)
            desk.view.set_overlay(overlay)
            desk.view.repaint()

        samples.append(timed(show))
    return samples


def undo_redo(repeat: int = 60) -> list[float]:
    """Take back and give again strokes of some 300 x 120 pixels, through the label, to the screen."""
    desk, samples = make_desk(), []
    view = desk.view
    view.zoom_to(1.0, (VIEW[0] / 2, VIEW[1] / 2))
    settle(view)
    for step in range(repeat // 2):
        x, y = 100 + 31 * step, 100 + 17 * step
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
        for k in range(12):
            QTest.mouseMove(view, QPoint(x + 25 * k, y + 60 * (k % 3)))
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(x + 300, y))
    settle(view)

    def step_through(step: Callable[[], Edit | None]) -> None:
        edit = step()
        if edit is None or edit.box is None:
            raise RuntimeError("there was no stroke to take back")
        desk.changed(edit.box)
        painted()

    for _ in range(repeat // 2):
        samples.append(timed(lambda: step_through(desk.label.undo)))
    for _ in range(repeat // 2):
        samples.append(timed(lambda: step_through(desk.label.redo)))
    return samples


def pyramids(repeat: int = 10) -> list[float]:
    """Build both pyramids of one image (on a background thread in the application)."""
    image, label = photograph(5), label_with_blobs(5)
    return [
        timed(lambda: (ImagePyramid.build(image), OverlayPyramid(label.planes.mask))) for _ in range(repeat)
    ]
