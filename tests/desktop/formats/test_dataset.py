"""A project's labels out and in again: only what was reviewed, nothing by halves."""

from __future__ import annotations

import errno
from pathlib import Path

import cv2
import numpy as np
import pytest

from desktop.formats.base import (
    ExportOptions,
    FormatError,
    ImportOptions,
    TransferCancelledError,
)
from desktop.formats.registry import FORMATS, find_format
from desktop.project.edit import class_edit
from desktop.project.errors import StoreWriteError
from desktop.project.project import Project
from desktop.project.rows import NOT_ASSESSABLE
from inference.errors import InferenceError
from inference.schema import Finding, GradeScale, MaskClass, Schema
from training.dataset import open_dataset
from training.errors import DatasetError, MissingMaskError
from training.grouping import by_folder

SCHEMA = Schema(
    (MaskClass(0, "polyp"), MaskClass(9, "tool")),
    (GradeScale("quality", ("poor", "good")),),
    (Finding("blood"),),
)
DATASET = find_format("dataset")


def png(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    good, data = cv2.imencode(".png", pixels)
    assert good
    path.write_bytes(data.tobytes())


def photographs(folder: Path, count: int = 6, size: tuple[int, int] = (20, 30)) -> Path:
    for n in range(count):
        pixels = np.random.default_rng(n).integers(0, 255, (*size, 3), dtype=np.uint8)
        png(folder / f"p{n // 2}" / f"{n}.png", pixels)
    return folder


def mask(seed: int, size: tuple[int, int] = (20, 30)) -> np.ndarray:
    return np.random.default_rng(100 + seed).random(size) > 0.7


def make_project(folder: Path, schema: Schema = SCHEMA, reader: str = "ana") -> Project:
    project = Project.create(folder, schema, grouping=by_folder(), reader=reader)
    for _ in project.index():
        pass
    return project


def draw(
    project: Project, position: int, class_id: int, seed: int, *, visible: tuple[int, ...] = (0, 9)
) -> None:
    row = project.images()[position]
    label = project.load_label(row.id)
    planes = label.ensure_planes(row.height or 0, row.width or 0)
    edit = class_edit(planes, class_id, mask(seed), "drawn", protect=True)
    assert edit is not None
    label.perform(edit)
    project.save(label)
    project.finish(label, visible).result()


def test_only_what_was_reviewed_leaves(tmp_path: Path) -> None:
    with make_project(photographs(tmp_path / "eyes")) as project:
        draw(project, 0, 0, 1)
        draw(project, 1, 9, 2, visible=(9,))
        begun = project.load_label(project.images()[2].id)
        begun.ensure_planes(20, 30)
        begun.set_grade("quality", "good")
        project.save(begun).result()
        project.reject(project.images()[3].id, "blurred").result()
        graded = project.load_label(project.images()[4].id)
        graded.ensure_planes(20, 30)
        graded.set_grade("quality", "poor")
        graded.set_finding("blood", "absent")
        project.finish(graded, ()).result()
        project.set_review_state(graded, "class:0", NOT_ASSESSABLE).result()
        rows = project.images()
        seen: list[tuple[int, int]] = []
        report = DATASET.export(
            project, tmp_path / "out", ExportOptions(progress=lambda d, t: seen.append((d, t)))
        )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    dataset = open_dataset(tmp_path / "out")
    items = {item.key: item for item in dataset.items}
    assert sorted(items) == ["p0/0.png", "p0/1.png", "p2/4.png"]
    both, one, values = (items[k] for k in sorted(items))
    assert both.labelled == {"polyp", "tool"}
    assert np.array_equal(both.read_mask("polyp"), mask(1)) and not both.read_mask("tool").any()
    assert one.labelled == {"tool"} and np.array_equal(one.read_mask("tool"), mask(2))
    assert values.labelled == set()
    assert dict(values.grades) == {"quality": "poor"} and dict(values.findings) == {"blood": "absent"}
    assert [items[r.path].split for r in rows if r.path in items] == [
        r.split for r in rows if r.path in items
    ]
    assert [items[r.path].group for r in rows if r.path in items] == ["p0", "p0", "p2"]
    assert dataset.grouping_known and dataset.schema == SCHEMA
    assert "p2/4.png,polyp,not assessable" in (tmp_path / "out/reviewed.csv").read_text()
    assert report.counts["images"] == 3


def test_a_dataset_comes_into_a_new_project_and_leaves_it_unchanged(tmp_path: Path) -> None:
    folder = photographs(tmp_path / "eyes")
    with make_project(folder) as project:
        for n in range(6):
            draw(project, n, 0, n)
        first = DATASET.export(project, tmp_path / "one", ExportOptions())
    second_folder = photographs(tmp_path / "again")
    with make_project(second_folder, Schema()) as project:
        report = DATASET.import_into(project, tmp_path / "one", ImportOptions(reviewed_by="ana"))
        assert (report.images, report.masks) == (6, 12)
        assert [c.name for c in project.schema.active_classes] == ["polyp", "tool"]
        assert set(project.counts_by_status().items()) >= {("corrected", 6)}
        again = DATASET.import_into(project, tmp_path / "one", ImportOptions(reviewed_by="ana"))
        assert (again.images, again.already_labelled) == (0, 6)
        second = DATASET.export(project, tmp_path / "two", ExportOptions())
    one, two = open_dataset(tmp_path / "one"), open_dataset(tmp_path / "two")
    for a, b in zip(one.items, two.items, strict=True):
        assert (a.key, a.group, a.split, a.labelled) == (b.key, b.group, b.split, b.labelled)
        assert all(np.array_equal(a.read_mask(n), b.read_mask(n)) for n in a.labelled)
    assert first.counts == second.counts


def test_imported_labels_are_in_progress_and_can_be_undone(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", count=2)
    with make_project(photographs(tmp_path / "eyes", 2)) as project:
        DATASET.import_into(project, source, ImportOptions())
        assert project.counts_by_status()["in progress"] == 2
        with pytest.raises(FormatError, match=r"Nothing in .* is reviewed"):
            DATASET.export(project, tmp_path / "out", ExportOptions())
        label = project.load_label(project.images()[0].id)
        assert label.planes is not None and np.array_equal(label.planes.class_mask(0), mask(0))
        assert label.base.kind == "import" and label.undo_texts == ["Import"]
        label.undo()
        assert not label.planes.class_mask(0).any()


def dataset_of(folder: Path, count: int, scale: float = 1.0) -> Path:
    photographs(folder / "images", count)
    for n in range(count):
        full = mask(n)
        height, width = round(20 * scale), round(30 * scale)
        small = cv2.resize(full.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        png(folder / "masks" / "polyp" / f"p{n // 2}" / f"{n}.png", small * np.uint8(255))
    return folder


def test_a_smaller_mask_of_the_same_aspect_is_resized_with_a_note(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", 2, scale=0.5)
    with make_project(photographs(tmp_path / "eyes", 2)) as project:
        report = DATASET.import_into(project, source, ImportOptions())
        label = project.load_label(project.images()[0].id)
    assert any("resized" in note for note in report.notes)
    assert label.planes is not None and label.planes.class_mask(0).shape == (20, 30)
    assert label.planes.class_mask(0).any()


def test_a_mask_of_another_aspect_is_one_sentence_and_nothing_is_imported(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", 4)
    png(source / "masks/polyp/p1/3.png", np.zeros((20, 40), np.uint8))
    with make_project(photographs(tmp_path / "eyes", 4)) as project:
        with pytest.raises(DatasetError, match="another aspect"):
            DATASET.import_into(project, source, ImportOptions())
        assert project.counts_by_status()["unseen"] == 4


@pytest.mark.parametrize("harm", ["cut", "scratched", "empty", "text"])
def test_a_broken_mask_is_one_sentence_and_nothing_is_imported(tmp_path: Path, harm: str) -> None:
    source = dataset_of(tmp_path / "set", 4)
    broken = source / "masks/polyp/p1/3.png"
    data = broken.read_bytes()
    harmed = {
        "cut": data[:60],
        "scratched": data[:50] + b"scratch" + data[57:],
        "empty": b"",
        "text": b"a letter",
    }
    broken.write_bytes(harmed[harm])
    with make_project(photographs(tmp_path / "eyes", 4)) as project:
        with pytest.raises((DatasetError, InferenceError), match=r"3\.png"):
            DATASET.import_into(project, source, ImportOptions())
        assert project.counts_by_status()["unseen"] == 4


def test_a_full_disk_while_importing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = dataset_of(tmp_path / "set", 4)
    with make_project(photographs(tmp_path / "eyes", 4)) as project:
        from desktop.formats import dataset_import

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        real = dataset_import._write

        def write_then_fail(*args: object) -> None:
            real(*args)  # type: ignore[arg-type]
            full()

        monkeypatch.setattr(dataset_import, "_write", write_then_fail)
        with pytest.raises(StoreWriteError, match="disk is full"):
            DATASET.import_into(project, source, ImportOptions())
        assert project.counts_by_status()["unseen"] == 4


def test_missing_masks_ask_the_question(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", 4)
    (source / "masks/polyp/p0/0.png").unlink()
    with make_project(photographs(tmp_path / "eyes", 4)) as project:
        with pytest.raises(MissingMaskError, match="--missing-mask empty"):
            DATASET.import_into(project, source, ImportOptions())
        report = DATASET.import_into(project, source, ImportOptions(missing_mask="unlabelled"))
        assert (report.images, report.masks) == (3, 3)


def test_images_are_found_by_their_bytes_whatever_they_are_called(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", 3)
    folder = photographs(tmp_path / "eyes", 3)
    (folder / "p0/0.png").rename(folder / "renamed.png")
    (folder / "p0/1.png").unlink()
    with make_project(folder) as project:
        report = DATASET.import_into(project, source, ImportOptions())
        row = project.image_at("renamed.png")
        assert row is not None
        label = project.load_label(row.id)
    assert (report.images, report.unmatched) == (2, 1)
    assert label.planes is not None and np.array_equal(label.planes.class_mask(0), mask(0))
    assert any("1 images of the dataset are not in this project" in note for note in report.notes)


def test_a_dataset_of_other_images_is_refused(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", 2)
    with (
        make_project(photographs(tmp_path / "eyes", 2, size=(11, 12))) as project,
        pytest.raises(FormatError, match="None of the dataset's images"),
    ):
        DATASET.import_into(project, source, ImportOptions())


def test_a_strange_grade_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", 2)
    (source / "grades.csv").write_text("image,quality\np0/0.png,good\np0/1.png,excellent\n")
    with make_project(photographs(tmp_path / "eyes", 2)) as project:
        with pytest.raises(FormatError, match="excellent"):
            DATASET.import_into(project, source, ImportOptions())
        assert project.counts_by_status()["unseen"] == 2


def test_a_cancelled_transfer_leaves_nothing(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", 3)
    with make_project(photographs(tmp_path / "eyes", 3)) as project:
        with pytest.raises(TransferCancelledError):
            DATASET.import_into(project, source, ImportOptions(cancelled=lambda: True))
        assert project.counts_by_status()["unseen"] == 3
        draw(project, 0, 0, 0)
        with pytest.raises(TransferCancelledError):
            DATASET.export(project, tmp_path / "out", ExportOptions(cancelled=lambda: True))
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith("user")) == ["eyes", "set"]


def test_an_export_into_the_projects_own_folder_is_refused(tmp_path: Path) -> None:
    with make_project(photographs(tmp_path / "eyes", 2)) as project:
        draw(project, 0, 0, 0)
        with pytest.raises(FormatError, match="inside the project's folder"):
            DATASET.export(project, project.folder / "export", ExportOptions())
        DATASET.export(project, project.location.directory / "runs" / "1" / "dataset", ExportOptions())
        assert len(project.images()) == 2


def test_a_project_over_a_dataset_exports_names_below_images(tmp_path: Path) -> None:
    source = dataset_of(tmp_path / "set", 2)
    with make_project(source) as project:
        DATASET.import_into(project, source, ImportOptions(reviewed_by="ben"))
        DATASET.export(project, tmp_path / "out", ExportOptions(reader="ben"))
    assert [i.key for i in open_dataset(tmp_path / "out").items] == ["p0/0.png", "p0/1.png"]


def test_an_unknown_format_suggests_the_nearest() -> None:
    with pytest.raises(FormatError, match="did you mean dataset"):
        find_format("datasets")
    with pytest.raises(FormatError, match="there are: dataset"):
        find_format("xyz")
    assert [item.name for item in FORMATS] == ["dataset"]
