"""Changes of a label computed ahead, on another thread, so that the caller's thread only copies pixels in.

Checking, unpacking and flipping the bits of a patch takes some 25 ms for a 12-megapixel class; copying the
pixels that another thread prepared takes 3 ms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from desktop.project.edit import Edit
from desktop.project.journal import State
from desktop.project.planes import Box, LabelPlanes, union_box

_MOST_PLACES = 128
"""More boxes than this are not copied one by one."""

Mark = tuple[int, int, int]
"""What must not have changed: the last journal row, the strokes begun, the base that is shown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A label at one moment, to be read on another thread: what was painted meanwhile, `mark` tells."""

    mark: Mark
    planes: LabelPlanes | None
    grades: dict[str, str] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """What a label will be after some changes: the planes (its own copy) and the box that differs."""

    mark: Mark
    planes: LabelPlanes | None
    box: Box | None
    edits: tuple[Edit, ...]

    def places(self, *, protection: bool) -> list[tuple[int, Box]]:
        """Return the pages and boxes where mask or protection may differ: of each patch, or one a page.

        Whichever is quicker: some strokes all over an image are a small part of it, hundreds are not.
        """
        patches = [patch for edit in self.edits for patch in edit.patches]
        boxes = {
            (patch.class_id // 8, patch.box)
            for patch in patches
            if (patch.protection_xor if protection else patch.mask_xor)
        }
        pages = {page for page, _ in boxes}
        whole = 0 if self.box is None else len(pages) * _area(self.box)
        if self.box is not None and (
            len(boxes) > _MOST_PLACES or sum(_area(b) for _, b in boxes) > whole / 2
        ):
            return [(page, self.box) for page in sorted(pages)]
        return sorted(boxes)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def foresee(standing: Standing, changes: Iterable[tuple[Edit, bool]]) -> Foreseen:
    """Make changes, (edit, forward) each, on a copy of what stood.

    Raises PatchMismatch when one does not fit (also when somebody painted meanwhile), LabelNotReady when
    the planes are not known.
    """
    state = State(None, dict(standing.grades), dict(standing.findings))
    box: Box | None = None
    done = []
    for edit, forward in changes:
        if edit.patches and state.planes is None and standing.planes is not None:
            state.planes = standing.planes.copy()
        state.change(edit, forward=forward)
        if edit.box is not None:
            box = edit.box if box is None else union_box(box, edit.box)
        done.append(edit)
    return Foreseen(standing.mark, state.planes, box, tuple(done))
