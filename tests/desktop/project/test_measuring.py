import numpy as np
import pytest

from desktop.project.errors import ProjectError
from desktop.project.measures import Spacing
from desktop.project.measuring_rows import (
    CALLIPER,
    GROUP,
    IMAGE,
    POINT,
    SIZE,
    Mark,
    SpacingRow,
    spacing_target,
)
from desktop.project.project import Project
from desktop.project.viewed import ViewedArea
from tests.desktop.project.helpers import indexed


@pytest.fixture
def project(tmp_path):
    with indexed(tmp_path / "eyes") as project:
        yield project


def row(project, image, scope, millimetres, text=""):
    return SpacingRow(
        scope, spacing_target(image, scope), Spacing(millimetres, millimetres), "calliper", text
    )


def test_the_closest_spacing_goes_first_and_the_newest_of_one_scope_holds(project):
    first, second, _ = project.images()
    assert project.spacings(first) == []
    project.set_spacing(row(project, first, SIZE, 0.01)).result(10)
    project.set_spacing(row(project, first, IMAGE, 0.02, "1.5 mm over 75 px")).result(10)
    assert [one.spacing.x_mm for one in project.spacings(first)] == [0.02, 0.01]
    assert [one.scope for one in project.spacings(second)] == [SIZE], "of the same size"
    held = project.spacings(first)[0]
    assert (held.text, held.source, held.reader) == ("1.5 mm over 75 px", "calliper", "ann")
    assert project.set_spacing(row(project, first, IMAGE, 0.03)).result(10) == 1
    assert [one.spacing.x_mm for one in project.spacings(first)] == [0.03, 0.01]
    assert project.forget_spacing(project.spacings(first)[0]).result(10) == 1
    assert [one.spacing.x_mm for one in project.spacings(first)] == [0.01]


def test_a_group_without_a_name_has_no_spacing(project):
    image = project.images()[0]
    from dataclasses import replace

    assert spacing_target(image, GROUP) == image.group
    with pytest.raises(ProjectError, match="no group"):
        spacing_target(replace(image, group=None), GROUP)
    with pytest.raises(ProjectError, match="no size"):
        spacing_target(replace(image, width=None), SIZE)


def test_marks_come_back_in_order_and_a_moved_one_stays_itself(project, tmp_path):
    image = project.images()[0]
    line = Mark(image.id, CALLIPER, "Calliper 1", 3.0, 4.0, 30.5, 40.25)
    point = Mark(image.id, POINT, "Fovea", 20.0, 10.0)
    project.keep_mark(line)
    project.keep_mark(point).result(10)
    assert project.marks(image.id) == [line, point]
    moved = line.moved((5.0, 5.0), (9.0, 9.0)).renamed("Disc")
    assert moved.mark == line.mark and moved.id != line.id
    assert project.keep_mark(moved).result(10) == 1
    assert project.marks(image.id) == [moved, point]
    assert (moved.start, moved.end, point.end) == ((5.0, 5.0), (9.0, 9.0), (20.0, 10.0))
    assert project.remove_mark(point).result(10) == 1
    assert project.remove_mark(point).result(10) == 0
    project.close()
    with Project.open(tmp_path / "eyes", reader="bob") as again:
        assert again.marks(image.id) == [], "another reader's callipers are his"
        assert again.marks(image.id, reader="ann") == [moved]


def test_what_was_viewed_adds_up(project):
    image = project.images()[0]
    assert project.viewed(image.id) is None
    first, second = ViewedArea(48, 64, cell=16), ViewedArea(48, 64, cell=16)
    first.see((0, 0, 48, 32))
    second.see((0, 32, 48, 64))
    assert project.keep_viewed(image.id, first).result(10) == 6
    first.see((0, 0, 48, 64))  # what is seen after it was handed over comes with the next time
    assert project.viewed(image.id).share == 0.5
    assert project.keep_viewed(image.id, second).result(10) == 12
    found = project.viewed(image.id)
    assert found.share == 1.0 and found.cell == 16
    assert np.array_equal(found.cells, np.ones((3, 4), bool))
    assert project.viewed(image.id, reader="bob") is None
