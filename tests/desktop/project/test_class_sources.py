from __future__ import annotations

import numpy as np
import pytest

from desktop.project.class_sources import combined, copied_mask, other_images, other_readers
from desktop.project.errors import ProjectError
from desktop.project.project import Project
from inference.prediction import Geometry, Prediction, quantise
from tests.desktop.project.helpers import SCHEMA, indexed, paint, picture, run_index
from training.grouping import by_pattern

SIZE = (48, 64)


def nothing(_content_hash: str, _frame: int) -> None:
    return None


@pytest.fixture
def project(tmp_path):
    made = indexed(tmp_path / "images", 4)
    yield made
    made.close()


def edited(project: Project, image_id: str) -> np.ndarray:
    """A disc of class 1 on an image, saved; its pixels."""
    label = project.load_label(image_id)
    label.ensure_planes(*SIZE)
    edit = paint(label, 1, 20, 30, 6)
    label.record(edit)
    project.save(label).result(10)
    return label.planes.class_mask(1)


def test_images_of_the_same_size_the_nearest_first(tmp_path):
    folder = tmp_path / "images"
    for number in range(1, 5):
        picture(folder / f"eye{number % 2}-{number}.png", number)
    picture(folder / "small.png", 9, size=(30, 40))
    project = Project.create(folder, SCHEMA, reader="ann", grouping=by_pattern(r"(eye\d)-"))
    run_index(project)
    rows = {row.path: row for row in project.images()}
    found = other_images(project, rows["eye0-4.png"].id)
    assert [one.title for one in found] == ["eye0-2.png", "eye1-1.png", "eye1-3.png"]
    assert [one.near for one in found] == [True, False, False]
    assert other_images(project, rows["small.png"].id) == []
    assert len(other_images(project, rows["eye0-4.png"].id, limit=2)) == 2
    project.close()


def test_an_edited_label_is_copied_as_its_reader_left_it(project):
    rows = list(project.images())
    painted = edited(project, rows[1].id)
    source = next(one for one in other_images(project, rows[0].id) if one.key.image_id == rows[1].id)
    assert np.array_equal(copied_mask(project, source, 1, SIZE, nothing, 0.5), painted)
    assert not copied_mask(project, source, 0, SIZE, nothing, 0.5).any()
    with pytest.raises(ProjectError, match="another size"):
        copied_mask(project, source, 1, (10, 10), nothing, 0.5)


def test_a_label_that_nobody_edited_is_its_prediction(project):
    rows = list(project.images())
    source = next(one for one in other_images(project, rows[0].id) if one.key.image_id == rows[2].id)
    with pytest.raises(ProjectError, match="nothing to copy"):
        copied_mask(project, source, 1, SIZE, nothing, 0.5)
    logits = np.full((1, 12, 16), -6.0)
    logits[0, 4:8, 4:8] = 3.0
    name = SCHEMA.class_by_id(1).name
    made = Prediction("d", (name,), quantise(logits), Geometry(SIZE, (12, 16), (0.0, 0.0, 12.0, 16.0)))
    asked = []

    def predicted(content_hash: str, frame: int) -> Prediction:
        asked.append((content_hash, frame))
        return made

    mask = copied_mask(project, source, 1, SIZE, predicted, 0.5)
    assert mask[20:28, 20:28].all() and mask.sum() < 500
    assert asked == [(rows[2].content_hash, 0)]
    assert not copied_mask(project, source, 0, SIZE, predicted, 0.5).any()


def test_labels_of_other_readers_are_offered_and_ones_own_is_not(project):
    row = next(iter(project.images()))
    painted = edited(project, row.id)
    assert other_readers(project, row.id) == []
    folder = project.folder
    project.close()
    other = Project.open(folder, reader="bob")
    try:
        found = other_readers(other, row.id)
        assert [one.title for one in found] == ["ann"]
        assert np.array_equal(copied_mask(other, found[0], 1, SIZE, nothing, 0.5), painted)
    finally:
        other.close()


def test_replace_add_subtract():
    before, copied = np.array([[True, True, False, False]]), np.array([[True, False, True, False]])
    assert combined(before, copied, "replace").tolist() == [[True, False, True, False]]
    assert combined(before, copied, "add").tolist() == [[True, True, True, False]]
    assert combined(before, copied, "subtract").tolist() == [[False, True, False, False]]
