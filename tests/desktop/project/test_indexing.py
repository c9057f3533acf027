import shutil
from collections import Counter

import cv2
import numpy as np
import pytest
import tifffile

from desktop.project.errors import ScanError
from desktop.project.likeness import HashIndex, alike, thumbnail
from desktop.project.project import Project
from tests.desktop.project.helpers import SCHEMA, indexed, picture, run_index, stroke
from training.errors import TrainingError
from training.grouping import by_folder


def by_path(project):
    return {(row.path, row.frame): row for row in project.images()}


@pytest.fixture
def project(tmp_path):
    with indexed(tmp_path / "eyes", 6) as project:
        yield project


def test_images_get_an_identity_a_group_and_a_split(project):
    rows = project.images()
    assert [row.path for row in rows] == [f"img{n}.png" for n in range(1, 7)]
    assert [row.position for row in rows] == list(range(6)) == [project.image(r.id).position for r in rows]
    assert all((row.height, row.width) == (48, 64) and len(row.content_hash) == 32 for row in rows)
    assert len({row.group for row in rows}) == 6 and {"train", "val", "test"} == {
        row.split for row in rows[:5]
    }
    assert project.images(2, 2) == rows[2:4] and project.image_count() == 6


def test_indexing_again_reads_nothing_and_changes_nothing(project, monkeypatch):
    rows = project.images()
    monkeypatch.setattr("desktop.project.indexing.read_facts", lambda *a: pytest.fail("read again"))
    run_index(project)
    assert project.images() == rows


def test_a_renamed_file_is_the_same_image(project):
    row = project.images()[3]
    stroke(project, project.load_label(row.id), 0, 20, 20)
    (project.folder / "sub").mkdir()
    (project.folder / row.path).rename(project.folder / "sub" / "renamed.png")
    run_index(project)
    moved = project.image(row.id)
    assert (moved.path, moved.group, moved.split) == ("sub/renamed.png", row.group, row.split)
    assert moved.position == 5 and project.image_count() == 6 and project.absent_images() == []
    assert project.load_label(row.id).planes.class_mask(0).any()


def test_other_bytes_at_a_path_are_another_image(project):
    row = project.images()[2]
    stroke(project, project.load_label(row.id), 0, 20, 20)
    picture(project.folder / row.path, seed=77)
    run_index(project)
    new = by_path(project)[row.path, 0]
    assert new.id != row.id and new.status_for_reader == "unseen" and new.position == 2
    old = project.absent_images()
    assert [(o.id, o.state) for o in old] == [(row.id, "superseded")] and "is kept" in old[0].problem
    assert project.load_label(row.id).planes.class_mask(0).any()
    assert project.load_label(new.id).is_virtual
    run_index(project)
    assert by_path(project)[row.path, 0].id == new.id


def test_a_touched_file_stays_itself(project):
    row = project.images()[0]
    (project.folder / row.path).touch()
    run_index(project)
    assert project.images()[0] == row


def test_missing_files_keep_their_labels_and_come_back(project):
    row = project.images()[1]
    stroke(project, project.load_label(row.id), 0, 20, 20)
    aside = project.folder.parent / "aside.png"
    shutil.move(project.folder / row.path, aside)
    run_index(project)
    assert project.image_count() == 5 and [r.id for r in project.absent_images()] == [row.id]
    assert project.image(row.id).state == "missing"
    shutil.move(aside, project.folder / row.path)
    run_index(project)
    assert project.image(row.id).state == "present" and project.absent_images() == []


def test_copies_and_near_duplicates_share_a_group(project):
    folder = project.folder
    big = picture(folder / "big.png", 50, (400, 600))
    pixels = cv2.imread(str(big))
    shutil.copy(big, folder / "copy.png")
    cv2.imwrite(str(folder / "saved.jpg"), pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])
    cv2.imwrite(str(folder / "half.png"), cv2.resize(pixels, (300, 200), interpolation=cv2.INTER_AREA))
    cv2.imwrite(str(folder / "plain1.png"), np.full((50, 60, 3), 100, np.uint8))
    cv2.imwrite(str(folder / "plain2.png"), np.full((50, 60, 3), 180, np.uint8))
    run_index(project)
    rows = by_path(project)
    same = {rows[name, 0].group for name in ("big.png", "copy.png", "saved.jpg", "half.png")}
    assert (
        len(same) == 1
        and len({rows[n, 0].split for n in ("big.png", "copy.png", "saved.jpg", "half.png")}) == 1
    )
    assert rows["plain1.png", 0].group != rows["plain2.png", 0].group
    assert Counter(row.group for row in rows.values())[same.pop()] == 4


def test_a_copy_of_what_was_trained_on_drags_its_group_into_training(tmp_path):
    folder = tmp_path / "eyes"
    with indexed(folder, 10) as project:
        rows = project.images()
        held = next(row for row in rows if row.split == "test")
        learnt = next(row for row in rows if row.split == "train")
        project.register_model("/m", "m", "M").result(10)
        project.record_trained_on("m", [(learnt.id, "train")]).result(10)
        # A group file that arrives later says that both are one patient.
        picture(folder / "both.png", 99)
        (folder / "groups.csv").write_text(f"image,group\nboth.png,{held.group}\n{learnt.path},x\n")
        shutil.copy(folder / learnt.path, folder / "both.png")
        run_index(project)
        after = by_path(project)
        assert after["both.png", 0].group == after[learnt.path, 0].group == after[held.path, 0].group
        assert (after[held.path, 0].split, after[held.path, 0].retired_from_gate) == ("train", True)
        assert not after[learnt.path, 0].retired_from_gate and project.split_crossings() == []


def test_groups_and_given_splits_are_honoured(tmp_path):
    dataset = tmp_path / "set"
    for number in range(1, 9):
        picture(dataset / "images" / f"f{number}.png", number)
    (dataset / "masks").mkdir()
    (dataset / "groups.csv").write_text(
        "image,group\n" + "".join(f"f{n}.png,video{n % 2}\n" for n in range(1, 7))
    )
    (dataset / "split.csv").write_text("image,split\nf1.png,test\nf2.png,val\nf4.png,train\n")
    with Project.create(dataset, SCHEMA) as project:
        run_index(project)
        rows = {row.path.removeprefix("images/"): row for row in project.images()}
        assert {rows[f"f{n}.png"].group for n in (1, 3, 5)} == {"video1"}
        assert [rows[f"f{n}.png"].split for n in (1, 3, 5)] == ["test"] * 3
        assert rows["f7.png"].group != rows["f8.png"].group
        assert project.split_crossings() == ["video0"]
    (dataset / "split.csv").write_text("image,split\nf1.png,middle\n")
    with Project.open(dataset) as project, pytest.raises(TrainingError, match=r"split\.csv, line 2.*middle"):
        run_index(project)


def test_the_projects_grouping_rule_is_used(tmp_path):
    for number in range(4):
        picture(tmp_path / "eyes" / f"patient{number % 2}" / f"{number}.png", number)
    with Project.create(tmp_path / "eyes", SCHEMA, grouping=by_folder()) as project:
        run_index(project)
        assert Counter(row.group for row in project.images()) == {"patient0": 2, "patient1": 2}
    with Project.open(tmp_path / "eyes") as project:
        assert project.grouping == by_folder()


def test_every_page_of_a_tiff_is_an_image(tmp_path):
    folder = tmp_path / "stack"
    folder.mkdir()
    pages = [cv2.imread(str(picture(tmp_path / f"{n}.png", n, (40 + n, 60)))) for n in range(3)]
    with tifffile.TiffWriter(folder / "b.tif") as writer:
        for page in pages:
            writer.write(page[..., ::-1], photometric="rgb")
    picture(folder / "a.png", 8)
    picture(folder / "c.png", 9)
    with Project.create(folder, SCHEMA, reader="ann") as project:
        run_index(project)
        rows = project.images()
        assert [(r.path, r.frame) for r in rows] == [
            ("a.png", 0),
            ("b.tif", 0),
            ("b.tif", 1),
            ("b.tif", 2),
            ("c.png", 0),
        ]
        assert [r.height for r in rows[1:4]] == [40, 41, 42] and len({r.group for r in rows[1:4]}) == 1
        stroke(project, project.load_label(rows[2].id), 0, 20, 20)
        (folder / "b.tif").rename(folder / "z.tif")
        run_index(project)
        assert [(r.path, r.frame) for r in project.images()[2:]] == [("z.tif", n) for n in range(3)]
        assert project.image(rows[2].id).position == 3


def test_broken_files_become_entries_with_their_reason(tmp_path):
    folder = tmp_path / "eyes"
    whole = picture(folder / "a.jpg", 1, (300, 400)).read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 3])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("I am a text.")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    with Project.create(folder, SCHEMA) as project:
        last = list(project.index())[-1]
        rows = by_path(project)
        problems = {path: row.problem for (path, _), row in rows.items()}
    assert problems.pop("a.jpg") == "" and sorted(problems) == ["cut.jpg", "empty.png", "text.png"]
    for name, problem in problems.items():
        assert name in problem and problem.endswith(".") and "\n" not in problem
    assert (last.done, last.total, last.problems) == (4, 4, 3)


def test_an_image_can_be_read_before_its_turn(tmp_path):
    picture(tmp_path / "eyes" / "a.png", 1)
    for number in range(30):
        picture(tmp_path / "eyes" / f"b{number}.png", number + 2)
    with Project.create(tmp_path / "eyes", SCHEMA, reader="ann") as project:
        early = project.index_now("b3.png").result(10)  # before the list is there
        assert early.height == 48 and early.split
        stroke(project, project.load_label(early.id), 0, 20, 20)
        steps = project.index()
        next(steps), next(steps)
        between = project.index_now("b29.png").result(10)
        assert between.content_hash and project.image_at("b28.png").content_hash is None
        for _ in steps:
            pass
        rows = project.images()
        assert [row.path for row in rows] == ["a.png", *(f"b{n}.png" for n in range(30))]
        assert rows[4].id == early.id and rows[30].id == between.id
        assert len({row.group for row in rows}) == 31
        assert [row.path for row in project.images_of(["a.png", "b7.png"])] == ["a.png", "b7.png"]


def test_indexing_can_be_abandoned_and_taken_up_again(tmp_path):
    for number in range(40):
        picture(tmp_path / "eyes" / f"{number}.png", number)
    with Project.create(tmp_path / "eyes", SCHEMA) as project:
        stop = []
        for progress in project.index(cancelled=lambda: bool(stop)):
            if progress.done:
                stop.append(True)
        some = sum(1 for row in project.images() if row.content_hash)
        assert 0 < some < 40 and project.image_count() == 40
        again = list(project.index())
        assert again[0].total == 40 - some and all(row.content_hash for row in project.images())


def test_after_a_failed_batch_the_memory_of_groups_is_read_again(project, monkeypatch):
    picture(project.folder / "new1.png", 60)
    real = project.image_index._describe
    calls = []

    def describe(*arguments):
        real(*arguments)
        calls.append(1)
        raise OSError(28, "No space left on device") if len(calls) == 1 else KeyError("stop")

    monkeypatch.setattr(project.image_index, "_describe", describe)
    with pytest.raises(Exception, match="disk is full"):
        run_index(project)
    monkeypatch.setattr(project.image_index, "_describe", real)
    project.writer.retry()
    project.writer.flush(10)
    picture(project.folder / "new2.png", 61)
    run_index(project)
    rows = by_path(project)
    assert rows["new1.png", 0].group != rows["new2.png", 0].group and all(row.split for row in rows.values())


def test_a_folder_that_is_gone(project):
    shutil.rmtree(project.folder / "..", ignore_errors=True)
    with pytest.raises(ScanError):
        run_index(project)


def test_hashes_are_found_by_distance():
    index = HashIndex()
    for number in range(3000):
        index.add(f"i{number}", f"{number << 40:016x}")
    assert index.near(f"{5 << 40:016x}", 0) == ["i5"] and len(index) == 3000
    assert "i4" in index.near(f"{5 << 40 | 3:016x}", 3)


def test_likeness_sees_detail_and_not_the_bright_disc_alone():
    rows, columns = np.mgrid[:300, :300]
    disc = ((rows - 150) ** 2 + (columns - 150) ** 2 < 130**2)[..., None]

    def eye(seed):
        rng = np.random.default_rng(seed)
        detail = cv2.resize(
            rng.integers(0, 60, (30, 30, 3)).astype(np.uint8), (300, 300), interpolation=cv2.INTER_CUBIC
        )
        return np.where(disc, 120 + detail // 2, 0).astype(np.uint8)

    first = thumbnail(eye(1))
    assert len(first) == 1600 and not alike(first, thumbnail(eye(2)))
    darker = (eye(1) * 0.85).astype(np.uint8)
    assert alike(first, thumbnail(darker))
