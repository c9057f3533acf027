"""What the tools share that end in a region: pixels of the class selected are set, or cleared, in one step.

Left sets; right, or Ctrl, clears. Painting limits are honoured, and what a person drew is protected. A large
region is turned into a patch off the GUI thread and lands in a moment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import Qt

from desktop.errors import DesktopError
from desktop.project.edit import Edit
from desktop.project.label import Label
from desktop.project.patch import Patch
from desktop.project.planes import Bits, LabelPlanes
from desktop.project.stroke import StrokeRecorder
from desktop.tools.base import Tool, ToolContext, ToolEvent
from desktop.tools.disc import Point
from desktop.tools.shapes import Region, box_around
from desktop.tools.stroke import stamp

__all__ = ["LARGE", "RegionTool"]

_log = logging.getLogger(__name__)

LARGE = 1 << 18
"""Pixels of a box from which on a patch is made behind: below, it takes a small part of a frame."""

Computation = Callable[[], Region]


class RegionTool(Tool):
    """The base of polygon, lasso, rectangle, ellipse, wand, outline and GrabCut.

    A gesture begins with :meth:`_begin` and ends with :meth:`_take` or :meth:`_take_later`, or is forgotten.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._label: Label | None = None
        self._clears = False
        self._ratio = 1.0  # device pixels a logical pixel, as of the last painting

    def _begin(self, event: ToolEvent) -> bool:
        """Note what the gesture works on; False when there is nothing to paint on, or for another button.

        Raises what `ToolContext.begin_stroke` raises (a locked layer): not only after everything is drawn.
        """
        taken = event.button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        if not taken or not self.may_paint():
            return False
        self._ask_leave()
        self._label = self.context.label
        self._clears = event.button is Qt.MouseButton.RightButton or event.has(
            Qt.KeyboardModifier.ControlModifier
        )
        return True

    def _size(self) -> tuple[int, int]:
        """Height and width of the image that is painted on; (0, 0) when there is none."""
        target = self.target()
        return (target[0].height, target[0].width) if target is not None else (0, 0)

    def _tint(self) -> str:
        """The colour, ``#rrggbb``, in which a preview is shown: the class's; white for what is taken away."""
        label, class_id = self.context.label, self.context.class_id
        if self._clears or label is None or class_id is None:
            return "#ffffff"
        return label.schema.class_by_id(class_id).color

    def _same_image(self) -> bool:
        """Whether the label on screen is of the image that the gesture began on."""
        label, mine = self.context.label, self._label
        return label is not None and mine is not None and label.key == mine.key

    # --- the end of a gesture

    def _take_shape(self, corners: Sequence[Point], compute: Callable[[int, int], Region]) -> None:
        """Set or clear ``compute(height, width)``, a shape between ``corners``; a large one behind."""
        height, width = self._size()
        y0, x0, y1, x1 = box_around(corners, height, width)
        if (y1 - y0) * (x1 - x0) > LARGE:
            self._take_later(lambda: compute(height, width))
        else:
            self._take(compute(height, width))

    def _take(self, region: Region) -> None:
        """Set or clear a region now; one of more than ``LARGE`` pixels behind."""
        if region.mask.size > LARGE:
            self._take_later(lambda: region)
        elif self._may_end():
            self._paint(self.context.begin_stroke(), region, self._text())

    def _take_later(self, compute: Computation) -> None:
        """Compute the region behind, then set or clear it."""
        class_id = self.context.class_id
        if class_id is None or not self._may_end():
            return
        self._ask_leave()
        text, clears = self._text(), self._clears

        def make(planes: LabelPlanes) -> Edit | None:
            return self._edit(planes, class_id, compute(), text, clears=clears)

        self.context.land(make)

    def _ask_leave(self) -> None:
        """Raise what painting the class selected would raise (its layer is locked), and change nothing."""
        self.context.begin_stroke()
        self.context.abort_stroke()

    @contextmanager
    def _kept_if_refused(self, *names: str) -> Iterator[None]:
        """Give attributes the values from before when what is drawn is refused: it is not lost."""
        before = {name: getattr(self, name) for name in names}
        try:
            yield
        except DesktopError:
            for name, value in before.items():
                setattr(self, name, value)
            self.repaint()
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say a refusal: here nobody waits for it (an answer from another thread)."""
        try:
            yield
        except DesktopError as refusal:
            self.context.say(str(refusal))

    def _may_end(self) -> bool:
        if self.target() is not None and self._same_image():
            return True
        _log.warning("%s was given up because its image was left before it ended.", self.text)
        return False

    def _text(self) -> str:
        return self.edit_text(f"{self.text} erased" if self._clears else self.text)

    def _allowed(self, region: Region, class_id: int, planes: LabelPlanes) -> Bits:
        allowed = self.context.allowed(region.box, class_id, planes)
        return region.mask if allowed is None else region.mask & allowed

    def _paint(self, recorder: StrokeRecorder, region: Region, text: str) -> None:
        if not region.is_empty:
            recorder.touch(region.box)
            mask = self._allowed(region, recorder.class_id, recorder.planes)
            stamp(recorder.planes, recorder.class_id, region.box, mask, clear=self._clears)
            self.context.changed(region.box)
        edit = recorder.commit(text)
        if edit is None:
            self.context.abort_stroke()
        else:
            self.context.commit(edit)

    def _edit(
        self, planes: LabelPlanes, class_id: int, region: Region, text: str, *, clears: bool
    ) -> Edit | None:
        """What a region changes, not applied. Only reads; for another thread."""
        if region.is_empty:
            return None
        mask = self._allowed(region, class_id, planes)
        before = planes.class_mask(class_id, region.box)
        protection = planes.class_protection(class_id, region.box)
        after = before & ~mask if clears else before | mask
        patch = Patch.between(class_id, region.box, before, after, protection, protection | mask)
        return Edit(text, (patch,)) if patch is not None else None
