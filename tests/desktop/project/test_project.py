import os

import numpy as np
import pytest

from desktop.project import label_store, location
from desktop.project.errors import ProjectError, ProjectExists, ProjectNotFound
from desktop.project.project import Project
from desktop.project.provenance import Base
from desktop.project.quick import first_paint
from desktop.project.readers import default_reader
from tests.desktop.project.helpers import SCHEMA, indexed, paint, pictures, stroke

PREDICTED = Base("prediction", "digest", {"MA": 0.5, "HE": 0.25})


def mask_for(row, seed=0):
    return np.random.default_rng(seed).integers(0, 8, (1, row.height, row.width), np.uint8)


@pytest.fixture
def project(tmp_path):
    with indexed(tmp_path / "eyes") as project:
        yield project


def reopened(project):
    folder = project.folder
    project.close()
    return Project.open(folder, reader="ann")


def test_a_label_comes_back_as_it_was_left(project):
    row = project.images()[1]
    label = project.load_label(row.id)
    assert label.is_virtual and label.planes.mask.shape == (1, row.height, row.width)
    label.set_base(mask_for(row), PREDICTED)
    for x in (10, 20, 30):
        stroke(project, label, 1, 20, x)
    label.set_grade("severity", "2")
    project.save(label).result(10)
    label.undo()
    label.undo()
    project.save(label).result(10)
    label.redo()
    assert project.save(label).result(10) == 7
    with reopened(project) as again:
        kept = again.load_label(row.id)
        assert kept.planes.equals(label.planes) and kept.grades == {} == label.grades
        assert kept.base == PREDICTED and not kept.is_virtual
        assert kept.redo_texts == label.redo_texts == ["severity: 2"]
        while kept.undo() is not None:
            pass
        assert np.array_equal(kept.planes.mask, mask_for(row)) and not kept.planes.protection.any()
        assert again.save(kept).result(10) == 10
        assert again.load_label(row.id).planes.equals(kept.planes)
        assert again.counts_by_status()["in progress"] == 1


def test_strokes_in_flight_share_one_frozen_base(project):
    """The base is what was before the first of several edits that wait together."""
    row = project.images()[0]
    label = project.load_label(row.id)
    label.set_base(mask_for(row), PREDICTED)
    for x in (10, 14, 18):
        label.record(paint(label, 0, 20, x, 6))
    label.undo()
    assert project.save(label).result(10) == 4
    stroke(project, label, 2, 5, 5)
    kept = project.load_label(row.id)
    assert kept.planes.equals(label.planes)
    while kept.undo() is not None:
        pass
    assert np.array_equal(kept.planes.mask, mask_for(row))


def test_a_prepared_base_is_the_same_base(project):
    row = project.images()[0]
    label = project.load_label(row.id)
    project.prepare(label)
    assert label.prepared is None  # an empty base needs nothing
    label.set_base(mask_for(row, 1), PREDICTED)
    project.prepare(label)
    label.set_base(mask_for(row, 2), PREDICTED)  # another threshold: prepared again
    project.prepare(label)
    project.writer.flush(10)
    stroke(project, label, 0, 20, 20)
    kept = project.load_label(row.id)
    kept.undo()
    assert np.array_equal(kept.planes.mask, mask_for(row, 2))


def test_snapshots_bound_the_replay_and_undo_goes_past_them(project, monkeypatch):
    monkeypatch.setattr(label_store, "SNAPSHOT_ROWS", 5)
    monkeypatch.setattr("desktop.project.labelling.SNAPSHOT_ROWS", 5)
    row = project.images()[0]
    label = project.load_label(row.id)
    label.set_base(mask_for(row), PREDICTED)
    label.set_finding("edema", "present")
    for number in range(12):
        stroke(project, label, number % 3, 10 + number, 10 + 3 * number)
        assert project.writer.flush(10)
    kept = project.load_label(row.id)
    assert kept.snapshot_seq >= 10
    assert kept.planes.equals(label.planes) and kept.findings == {"edema": "present"}
    with project.store.read() as connection:
        size = (row.height, row.width)
        whole, _ = label_store.read_state(connection, label.label_id, size, 1, from_base=True)
    assert whole.planes.equals(label.planes)
    while kept.undo() is not None:
        pass
    assert np.array_equal(kept.planes.mask, mask_for(row)) and kept.findings == {}


def test_a_late_prediction_is_stored_as_a_fill(project):
    row = project.images()[0]
    label = project.load_label(row.id)
    stroke(project, label, 1, 20, 20)
    assert label.receive_prediction(mask_for(row), PREDICTED) is not None
    project.save(label).result(10)
    kept = project.load_label(row.id)
    assert kept.planes.equals(label.planes) and kept.undo_texts == ["Brush"]
    assert kept.receive_prediction(mask_for(row, 9), PREDICTED) is None


def test_readers_and_readings_are_apart(project):
    row = project.images()[0]
    label = project.load_label(row.id)
    stroke(project, label, 0, 20, 20)
    second = project.load_label(row.id, reading=1)
    assert second.is_virtual
    stroke(project, second, 0, 30, 30)
    folder = project.folder
    project.close()
    with Project.open(folder, reader="bea") as other:
        assert other.load_label(row.id).is_virtual
        stroke(other, other.load_label(row.id), 1, 10, 10)
        assert [(key.reader, key.reading) for key in other.label_keys(row.id)] == [
            ("ann", 0),
            ("ann", 1),
            ("bea", 0),
        ]
        assert other.load_label(row.id, reader="ann").planes.equals(label.planes)


def test_schemas_grow_and_never_drop_a_class(project):
    row = project.images()[0]
    label = project.load_label(row.id)
    stroke(project, label, 2, 20, 20)
    schema = project.schema
    for number in range(9):
        schema = schema.add_class(f"new{number}")
    project.set_schema(schema).result(10)
    kept = project.load_label(row.id)
    assert kept.planes.pages == 2 and kept.planes.class_mask(2).any()
    stroke(project, kept, 11, 20, 20)
    with pytest.raises(ProjectError, match="retire"):
        project.set_schema(SCHEMA)
    with reopened(project) as again:
        assert again.schema == schema and again.load_label(row.id).planes.class_mask(11).any()


def test_create_and_open_say_what_is_wrong(tmp_path):
    folder = pictures(tmp_path / "eyes", 1)
    with pytest.raises(ProjectNotFound, match="“eyes” has no project"):
        Project.open(folder)
    Project.create(folder, SCHEMA).close()
    with pytest.raises(ProjectExists, match="open it"):
        Project.create(folder, SCHEMA)
    for wrong in (tmp_path / "nowhere", folder / "img1.png"):
        with pytest.raises(ProjectError, match="is not a folder"):
            Project.open(wrong)
    with Project.open(folder) as project:
        assert project.reader == default_reader() and project.name == "eyes" and project.location_note == ""


def test_a_folder_that_cannot_be_written_has_its_project_elsewhere(tmp_path, monkeypatch):
    folder = pictures(tmp_path / "eyes", 2)
    (folder / ".overread").write_text("a file where the directory would be")
    with Project.create(folder, SCHEMA, reader="ann") as project:
        assert project.location.directory.is_relative_to(os.environ["OVERREAD_DATA_DIR"])
        assert "“eyes” cannot be written to" in project.location_note
        for _ in project.index():
            pass
        stroke(project, project.load_label(project.images()[0].id), 0, 20, 20)
    with Project.open(folder, reader="ann") as project:
        assert project.load_label(project.images()[0].id).planes.class_mask(0).any()
    assert first_paint(folder, reader="ann").total == 2
    assert sorted(path.name for path in folder.iterdir()) == [".overread", "img1.png", "img2.png"]


def test_a_write_that_is_refused_decides_and_not_the_access_bits(tmp_path, monkeypatch):
    real = type(tmp_path).touch

    def touch(self, *arguments, **options):
        if (tmp_path / "eyes") in self.parents:
            raise OSError(30, "Read-only file system")
        return real(self, *arguments, **options)

    pictures(tmp_path / "eyes", 1)
    monkeypatch.setattr(type(tmp_path), "touch", touch)
    place = location.choose_location(tmp_path / "eyes")
    assert place.note and not (tmp_path / "eyes" / ".overread").exists()


def test_folders_of_one_name_do_not_meet(tmp_path):
    first, second = tmp_path / "a" / "eyes", tmp_path / "b" / "eyes"
    assert location.outside_location(first).directory != location.outside_location(second).directory


def test_the_last_position_and_comments_are_kept(project):
    row = project.images()[2]
    assert project.last_position() is None
    project.save_position(row.path, row.frame, 2).result(10)
    project.add_comment(row.id, "a drusen?", (7, 9)).result(10)
    project.add_comment(row.id, "no").result(10)
    with reopened(project) as again:
        assert again.last_position() == {"path": row.path, "frame": 0, "position": 2}
        assert [(c.text, c.y, c.x, c.reader) for c in again.comments(row.id)] == [
            ("a drusen?", 7, 9, "ann"),
            ("no", None, None, "ann"),
        ]


def test_the_quick_look_agrees_with_the_project(project):
    assert first_paint(project.folder / "nowhere") is None
    rows = project.images()
    project.save_position(rows[1].path, 0, 1).result(10)
    project.reject(rows[2].id, "blurred").result(10)
    for look in (first_paint(project.folder, reader="ann"),):
        assert (look.name, look.schema, look.total) == ("eyes", SCHEMA, 3)
        assert (look.last_path, look.last_frame, look.last_position) == ("img2.png", 0, 1)
        assert [(r.path, r.status, r.image_id) for r in look.rows] == [
            (r.path, r.status_for_reader, r.id) for r in project.images()
        ]
    folder = project.folder
    project.close()
    assert first_paint(folder, reader="bea", page=2).rows[1].status == "unseen"
    (folder / ".overread" / "project.sqlite").write_bytes(b"?" * 5000)
    assert first_paint(folder) is None


def test_the_quick_look_needs_no_sqlalchemy(tmp_path):
    import subprocess
    import sys

    folder = tmp_path / "eyes"
    indexed(folder).close()
    code = (
        "import sys; from desktop.project.quick import first_paint;"
        f"assert first_paint({str(folder)!r}).total == 3;"
        "assert not {'sqlalchemy', 'torch', 'PySide6', 'cv2', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
