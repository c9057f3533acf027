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


def dab(desk, box) -> None:
    """Somebody paints a box."""
    stroke = desk.label.begin_stroke(0)
    stroke.touch(box)
    desk.label.planes.set_class(0, box, np.ones((box[2] - box[0], box[3] - box[1]), bool))
    desk.label.record(stroke.commit("Brush"))


def test_what_was_painted_meanwhile_is_kept_and_the_edit_made_again(desk):
    works = []
    desk.run_behind = lambda work, done, failed=None: works.append((work, done))
    perform_behind(desk, filled, pixels=SMALL + 1)
    work, done = works.pop()
    stale = work()
    dab(desk, (12, 12, 14, 14))
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


LOCKED = "The layer “MA” is locked; unlock it under Layers to change it."


def test_a_refusal_is_said(desk, monkeypatch):
    def refuse(_what):
        raise DesktopError(LOCKED)

    told = []
    monkeypatch.setattr(desk, "perform", refuse)
    monkeypatch.setattr(desk, "begin_stroke", refuse)
    perform_behind(desk, filled, pixels=1, done=told.append)
    perform_behind(desk, filled, pixels=SMALL + 1, classes=(0,), done=told.append)
    assert desk.said == [LOCKED, LOCKED] and told == [] and not desk.mask().any()


@pytest.mark.parametrize("pixels", [1, SMALL + 1])
def test_a_stroke_under_way_is_not_disturbed(desk, pixels):
    stroke = desk.begin_stroke()
    perform_behind(desk, filled, pixels=pixels, classes=(0,))
    assert desk.said == ["A stroke was under way, so nothing else was changed; do it again."]
    assert desk.stroke is stroke and desk.label.stroke_open and desk.edits == []


def test_what_is_computed_behind_lands_although_its_image_was_left(desk):
    """A cut, then Enter at once: the image is gone before the line is judged."""
    told, works = [], []
    desk.run_behind = lambda work, done, failed=None: works.append((work, done))
    perform_behind(desk, filled, pixels=SMALL + 1, done=told.append)
    left = desk.label
    desk.show(300, 400, seed=1)
    work, done = works.pop()
    done(work())
    assert left.planes.class_mask(0).sum() == 100 and [one.text for one in desk.edits] == ["Fill"]
    assert told == [] and not desk.mask().any(), "nothing happens on the image shown by now"
