from __future__ import annotations

import numpy as np
import pytest

from desktop.errors import DesktopError
from desktop.project.errors import PatchMismatch
from desktop.project.explicit import edit_of, explicit_patches
from desktop.tools.behind import SMALL, perform_behind


def filled(planes):
    """What fills a square of class 0."""
    return edit_of("Fill", explicit_patches(planes, 0, (10, 10, 20, 20), np.ones((10, 10), bool)))


@pytest.mark.parametrize("pixels", [SMALL, SMALL + 1])
def test_small_and_large_edits_are_performed_once(desk, pixels):
    told = []
    perform_behind(desk, filled, pixels=pixels, nothing="Nothing changes.", done=told.append)
    perform_behind(desk, filled, pixels=pixels, nothing="Nothing changes.", done=told.append)
    assert desk.mask().sum() == 100 and len(desk.edits) == 1
    assert told == [desk.edits[0], None] and desk.said == ["Nothing changes."]


def test_what_was_painted_meanwhile_is_kept_and_the_edit_made_again(desk):
    works = []
    desk.run_behind = lambda work, done, failed=None: works.append((work, done))
    perform_behind(desk, filled, pixels=SMALL + 1)
    work, done = works.pop()
    stale = work()
    desk.label.planes.set_class(0, (12, 12, 14, 14), np.ones((2, 2), bool))
    done(stale)
    assert desk.mask().sum() == 4, "refused: nothing of it is in the label"
    work, done = works.pop()
    done(work())
    assert desk.mask().sum() == 100 and works == []


def test_an_edit_that_never_fits_is_an_error(desk):
    planes = desk.label.planes

    def never(_planes):
        made = filled(planes)
        planes.set_class(0, (12, 12, 13, 13), ~planes.class_mask(0, (12, 12, 13, 13)))
        return made

    with pytest.raises(PatchMismatch):
        perform_behind(desk, never, pixels=1)


def test_a_refusal_is_said_and_another_image_drops_the_edit(desk):
    def refuse(_edit):
        raise DesktopError("The layer “MA” is locked; unlock it under Layers to change it.")

    performs, desk.perform = desk.perform, refuse
    told = []
    perform_behind(desk, filled, pixels=1, done=told.append)
    assert desk.said == ["The layer “MA” is locked; unlock it under Layers to change it."] and told == []
    desk.perform = performs
    works = []
    desk.run_behind = lambda work, done, failed=None: works.append((work, done))
    perform_behind(desk, filled, pixels=SMALL + 1, done=told.append)
    work, done = works.pop()
    made = work()
    desk.show(300, 400, seed=1)
    done(made)
    assert desk.edits == [] and told == [] and not desk.mask().any()
