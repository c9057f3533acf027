"""Real photographs in folders that must not be written to."""

from collections import Counter

import pytest

from desktop.project import location
from desktop.project.project import Project
from desktop.project.quick import first_paint
from tests.desktop.project.helpers import SCHEMA, run_index, stroke

pytestmark = pytest.mark.real_images


@pytest.fixture
def locked(real_images, monkeypatch):
    """The real images, in folders that refuse every write, whoever asks."""
    make, can_write = location._make, location.can_write

    def inside(folder):
        return folder.is_relative_to(real_images)

    monkeypatch.setattr(location, "_make", lambda folder: not inside(folder) and make(folder))
    monkeypatch.setattr(location, "can_write", lambda folder: not inside(folder) and can_write(folder))
    return real_images


def test_different_eyes_of_one_camera_are_no_duplicates(locked):
    with Project.create(locked / "vessels", SCHEMA, reader="ann") as project:
        run_index(project)
        rows = project.images()
        assert len(rows) == 20 == len({row.group for row in rows})
        assert {(row.height, row.width) for row in rows} == {(584, 565)}
        assert "cannot be written to" in project.location_note
        stroke(project, project.load_label(rows[0].id), 0, 300, 300, 20)
    assert first_paint(locked / "vessels", reader="ann").rows[0].status == "in progress"


def test_images_that_stand_twice_in_a_set_share_a_group(locked):
    with Project.create(locked / "horses", SCHEMA) as project:
        run_index(project)
        twice = {key for key, count in Counter(row.group for row in project.images()).items() if count > 1}
        pairs = {tuple(sorted(row.path for row in project.images() if row.group == key)) for key in twice}
    assert ("images/horse071.jpg", "images/horse219.jpg") in pairs and len(pairs) <= 8


def test_files_that_pillow_refuses_have_no_problem(locked):
    with Project.create(locked / "polyps" / "original_tif", SCHEMA) as project:
        run_index(project)
        assert [row.problem for row in project.images()] == [""] * 16
