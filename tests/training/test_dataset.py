import numpy as np
import pytest

from tests.training.conftest import write_csv, write_json, write_picture
from training.dataset import DatasetError, open_dataset
from training.errors import LeakageError, MissingMaskError

PICTURE = np.full((8, 12, 3), 90, np.uint8)


def mask_of(value: int = 255, size=(8, 12)) -> np.ndarray:
    mask = np.zeros(size, np.uint8)
    mask[: size[0] // 2] = value
    return mask


def make(folder, images, masks=(), picture=PICTURE):
    for number, name in enumerate(images):
        # Different bytes: copies would be joined into one group.
        write_picture(
            folder / "images" / name, np.clip(picture.astype(int) + number, 0, 255).astype(np.uint8)
        )
    for name in masks:
        write_picture(folder / "masks" / name, mask_of())
    return folder


def refusal(folder, kind=DatasetError, **options) -> str:
    with pytest.raises(kind) as caught:
        open_dataset(folder, **options)
    return str(caught.value)


def masks_by_key(dataset, name):
    return {item.key: item.masks[name] and item.masks[name].name for item in dataset.items}


def test_exact_stem_any_extension_and_natural_order(tmp_path):
    make(tmp_path, ["10.png", "2.jpg"], ["a/10.bmp", "a/2.png"])
    dataset = open_dataset(tmp_path)
    assert masks_by_key(dataset, "a") == {"2.jpg": "2.png", "10.png": "10.bmp"}
    assert [item.key for item in dataset.items] == ["2.jpg", "10.png"]
    assert dataset.items[0].size == (8, 12) and not dataset.unnamed_class


def test_one_suffix_for_the_folder(tmp_path):
    make(
        tmp_path, ["p_1.png", "p_12.png"], ["a/p_1_seg.png", "a/p_12_seg.png", "b/p_1-b.png", "b/p_12-b.png"]
    )
    dataset = open_dataset(tmp_path)
    assert masks_by_key(dataset, "a") == {"p_1.png": "p_1_seg.png", "p_12.png": "p_12_seg.png"}
    assert masks_by_key(dataset, "b") == {"p_1.png": "p_1-b.png", "p_12.png": "p_12-b.png"}


def test_two_suffixes_are_refused(tmp_path):
    make(tmp_path, ["1.png", "2.png"], ["a/1_x.png", "a/2_x.png", "a/1_y.png", "a/2_y.png"])
    text = refusal(tmp_path)
    assert '"_x"' in text and '"_y"' in text


def test_names_that_do_not_pair_ask_for_pairs_csv(tmp_path):
    make(tmp_path, ["21_training.png"], ["vessel/21_manual.png"])
    assert "pairs.csv" in refusal(tmp_path)
    write_csv(
        tmp_path / "pairs.csv",
        ("image", "class", "mask"),
        ("21_training.png", "vessel", "vessel/21_manual.png"),
    )
    dataset = open_dataset(tmp_path)
    assert masks_by_key(dataset, "vessel") == {"21_training.png": "21_manual.png"}


def test_sub_folders_mirror(tmp_path):
    make(tmp_path, ["s1/1.png", "s2/1.png"], ["a/s1/1.png", "a/s2/1.png"])
    dataset = open_dataset(tmp_path)
    assert [item.masks["a"].parent.name for item in dataset.items] == ["s1", "s2"]


def test_one_class_without_a_folder(tmp_path):
    make(tmp_path, ["1.png", "2.png"], ["1.png", "2.png"])
    dataset = open_dataset(tmp_path)
    assert dataset.unnamed_class and [c.name for c in dataset.schema.classes] == ["object"]
    named = dataset.with_class_named("polyp")
    assert named.items[0].masks["polyp"] == dataset.items[0].masks["object"]
    assert named.items[0].labelled == {"polyp"} and not named.unnamed_class


def test_one_class_mirroring_sub_folders(tmp_path):
    make(tmp_path, ["s1/1.png", "s2/2.png"], ["s1/1.png", "s2/2.png"])
    assert open_dataset(tmp_path).unnamed_class


def test_a_class_named_like_a_folder_of_images_where_the_schema_knows_it(tmp_path):
    make(tmp_path, ["MA/1.png", "MA/2.png"], ["MA/MA/1.png", "MA/MA/2.png"])
    schema = {"classes": [{"name": "MA"}], "grades": [], "findings": []}
    write_json(tmp_path / "dataset.json", {"format": "overread-dataset", "version": 1, "schema": schema})
    assert masks_by_key(open_dataset(tmp_path), "MA") == {"MA/1.png": "1.png", "MA/2.png": "2.png"}


def test_names_with_spaces_at_their_ends(tmp_path):
    make(tmp_path, [" 1.png", "2.png"], ["a/ 1.png", "a/2.png"])
    write_csv(tmp_path / "groups.csv", ("image", "group"), (" 1.png", "x"), (" 2.png ", "y"))
    assert {i.key: i.group for i in open_dataset(tmp_path).items} == {" 1.png": "x", "2.png": "y"}


def test_missing_mask_is_a_question(tmp_path):
    make(tmp_path, ["1.png", "2.png"], ["a/1.png"])
    text = refusal(tmp_path, MissingMaskError)
    assert "--missing-mask empty" in text and "--missing-mask unlabelled" in text and "1 of the 2" in text
    empty = open_dataset(tmp_path, missing_mask="empty").items[1]
    assert empty.labelled == {"a"} and not empty.read_mask("a").any()
    assert open_dataset(tmp_path, missing_mask="unlabelled").items[1].labelled == frozenset()


def test_reviewed_csv_decides(tmp_path):
    make(tmp_path, ["1.png", "2.png", "3.png"], ["a/1.png", "a/2.png"])
    write_csv(tmp_path / "grades.csv", ("image", "g"), ("1.png", "0"), ("2.png", "1"), ("3.png", "1"))
    write_csv(
        tmp_path / "reviewed.csv",
        ("image", "class", "state"),
        ("1.png", "a", "reviewed"),
        ("3.png", "a", "reviewed"),
        ("2.png", "a", "not assessable"),
        ("2.png", "grade:g", "reviewed"),
    )
    one, two, three = open_dataset(tmp_path).items
    assert one.labelled == three.labelled == {"a"} and two.labelled == frozenset()
    assert not three.read_mask("a").any() and one.read_mask("a").any()
    assert two.grades == {"g": "1"} and one.grades == {}


def test_masks_of_another_size(tmp_path):
    make(tmp_path, ["1.png"], [])
    write_picture(tmp_path / "masks/a/1.png", mask_of(size=(4, 6)))
    dataset = open_dataset(tmp_path)
    assert any("resized" in note for note in dataset.notes)
    mask = dataset.items[0].read_mask("a")
    assert mask.shape == (8, 12) and mask[:4].all() and not mask[4:].any()


def test_masks_of_another_aspect_name_both_files(tmp_path):
    make(tmp_path, ["1.png"], [])
    write_picture(tmp_path / "masks/a/1.png", mask_of(size=(12, 8)))
    text = refusal(tmp_path)
    assert "8 x 12" in text and "12 x 8" in text and "masks/a/1.png" in text and "images/1.png" in text


def test_jpeg_masks_are_noted_and_cut_at_127(tmp_path):
    make(tmp_path, ["1.png"], [])
    mask = mask_of(255)
    mask[-1] = 100
    write_picture(tmp_path / "masks/a/1.jpg", np.repeat(np.repeat(mask, 8, 0), 8, 1))
    dataset = open_dataset(tmp_path)
    assert any("JPEG" in note for note in dataset.notes)
    assert dataset.items[0].read_mask("a").sum() == 48


def test_field_of_view_and_ignore(tmp_path):
    make(tmp_path, ["1.png"], ["vessel/1.png", "fov/1.png"])
    ignored = np.zeros((8, 12), np.uint8)
    ignored[:, :3] = 255
    write_picture(tmp_path / "ignore/vessel/1.png", ignored)
    dataset = open_dataset(tmp_path)
    assert [c.name for c in dataset.schema.classes] == ["vessel"]
    valid = dataset.items[0].read_valid("vessel")
    assert valid[:4, 3:].all() and valid.sum() == 36
    assert any("field of view" in note for note in dataset.notes)


def test_ignore_for_every_class_and_strangers(tmp_path):
    make(tmp_path, ["1.png"], ["a/1.png", "b/1.png"])
    write_picture(tmp_path / "ignore/1.png", mask_of())
    item = open_dataset(tmp_path).items[0]
    assert not item.read_valid("a")[:4].any() and not item.read_valid("b")[:4].any()
    write_picture(tmp_path / "ignore/77.png", mask_of())
    assert "77.png" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("table", "rows", "part"),
    [
        ("groups.csv", (("image", "group"), ("1.png",)), "groups.csv, line 2: 1 values"),
        ("groups.csv", (("image", "group"), ("1.png", "a"), ("1.png", "b")), "groups.csv, line 3"),
        ("groups.csv", (("image", "team"), ("1.png", "a")), '"group" is missing'),
        ("split.csv", (("image", "split"), ("1.png", "train"), ("2.png", "valid")), "split.csv, line 3"),
        ("reviewed.csv", (("image", "class", "state"), ("1.png", "a", "done")), "reviewed.csv, line 2"),
        ("findings.csv", (("image", "dme"), ("1.png", "yes")), "findings.csv, line 2"),
        ("labels.csv", (("image", "weight"), ("1.png", "heavy")), "labels.csv, line 2"),
        ("pairs.csv", (("image", "class", "mask"), ("1.png", "a", "a/none.png")), "pairs.csv, line 2"),
        ("pairs.csv", (("image", "class", "mask"), ("1.png", "a", "../images/1.png")), "pairs.csv, line 2"),
        ("grades.csv", (("image", "g"), ("", "1")), '"image" is empty'),
    ],
)
def test_broken_rows_are_named(tmp_path, table, rows, part):
    make(tmp_path, ["1.png", "2.png"], ["a/1.png", "a/2.png"])
    write_csv(tmp_path / table, *rows)
    assert part in refusal(tmp_path)


def test_grades_findings_weights_and_groups(tmp_path):
    make(tmp_path, ["1.png", "2.png", "3.png"])
    write_csv(
        tmp_path / "grades.csv",
        ("image", "dr", "kind"),
        ("1.png", "2", "b"),
        ("2", "10", "a"),
        ("9.png", "0", ""),
    )
    write_csv(tmp_path / "findings.csv", ("image", "dme"), ("1.png", "1"), ("2.png", "0"), ("3.png", ""))
    write_csv(
        tmp_path / "labels.csv",
        ("image", "status", "reader", "weight"),
        ("1.png", "corrected", "r", "2.5"),
        ("3.png", "rejected", "r", ""),
    )
    write_csv(tmp_path / "groups.csv", ("image", "group"), ("1.png", "p"), ("2.png", "p"))
    dataset = open_dataset(tmp_path)
    one, two = dataset.items
    assert dataset.schema.scale("dr").values == ("2", "10") and dataset.schema.scale("dr").kind == "ordinal"
    assert dataset.schema.scale("kind").kind == "nominal"
    assert one.grades == {"dr": "2", "kind": "b"} and two.findings == {"dme": "absent"}
    assert (one.weight, two.weight) == (2.5, 1.0) and one.group == two.group == "p"
    assert dataset.grouping_known
    assert any("9.png" in n or "1 rows" in n for n in dataset.notes) and any(
        "rejected" in n for n in dataset.notes
    )


def test_given_split_that_a_group_crosses_stops(tmp_path):
    make(tmp_path, ["1.png", "2.png"], ["a/1.png", "a/2.png"])
    write_csv(tmp_path / "groups.csv", ("image", "group"), ("1.png", "p7"), ("2.png", "p7"))
    write_csv(tmp_path / "split.csv", ("image", "split"), ("1.png", "train"), ("2.png", "test"))
    text = refusal(tmp_path, LeakageError)
    assert '"p7"' in text and "train (1.png)" in text and "test (2.png)" in text


def test_identical_copies_are_one_group_and_may_not_cross(tmp_path):
    make(tmp_path, ["1.png", "2.png"])
    write_picture(tmp_path / "images/3.png", PICTURE)
    write_csv(tmp_path / "grades.csv", ("image", "g"), ("1.png", "0"), ("2.png", "1"))
    one, _, three = open_dataset(tmp_path).items
    assert one.group == three.group and one.split == three.split
    write_csv(tmp_path / "split.csv", ("image", "split"), ("1.png", "train"), ("3.png", "val"))
    assert "1.png" in refusal(tmp_path, LeakageError)


def test_splits_left_open_are_assigned_by_group(tmp_path):
    make(tmp_path, [f"{n}.png" for n in range(20)], [f"a/{n}.png" for n in range(20)])
    write_csv(tmp_path / "groups.csv", ("image", "group"), *[(f"{n}.png", f"g{n // 2}") for n in range(20)])
    write_csv(tmp_path / "split.csv", ("image", "split"), ("0.png", "test"))
    dataset = open_dataset(tmp_path, seed=4)
    by_group = {}
    for item in dataset.items:
        by_group.setdefault(item.group, set()).add(item.split)
    assert all(len(splits) == 1 for splits in by_group.values())
    assert by_group["g0"] == {"test"} and all(count > 0 for count in dataset.counts().values())
    assert [i.split for i in open_dataset(tmp_path, seed=4).items] == [i.split for i in dataset.items]


def test_unknown_grouping_is_said(tmp_path):
    make(tmp_path, ["1.png", "2.png"], ["a/1.png", "a/2.png"])
    dataset = open_dataset(tmp_path)
    assert not dataset.grouping_known and any("Grouping unknown" in note for note in dataset.notes)


def test_dataset_json(tmp_path):
    make(tmp_path, ["1.png", "2.png"], ["a/1.png"])
    schema = {"classes": [{"id": 3, "name": "a"}, {"id": 5, "name": "b"}], "grades": [], "findings": []}
    record = {"format": "overread-dataset", "version": 1, "schema": schema, "missing_mask": "unlabelled"}
    write_json(tmp_path / "dataset.json", {**record, "grouping": {"known": False, "rule": ""}})
    write_csv(tmp_path / "groups.csv", ("image", "group"), ("1.png", "x"))
    dataset = open_dataset(tmp_path)
    assert [c.id for c in dataset.schema.classes] == [3, 5]
    assert dataset.items[0].labelled == {"a"} and dataset.items[1].labelled == frozenset()
    assert not dataset.grouping_known
    write_picture(tmp_path / "masks/c/1.png", mask_of())
    assert '"c"' in refusal(tmp_path)
    write_json(tmp_path / "dataset.json", {**record, "version": 2})
    assert "newer" in refusal(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    assert "dataset.json" in refusal(tmp_path)


def test_same_stem_twice_needs_pairs(tmp_path):
    make(tmp_path, ["1.png", "1.jpg"], ["a/1.png"])
    assert "pairs.csv" in refusal(tmp_path, missing_mask="empty")
    (tmp_path / "masks/a/1.png").unlink()
    write_picture(tmp_path / "masks/a/1.jpg.png", mask_of())
    write_picture(tmp_path / "masks/a/1.png.png", mask_of(0))
    write_csv(tmp_path / "pairs.csv", ("image", "class", "mask"), ("1.jpg", "a", "a/1.jpg.png"))
    assert masks_by_key(open_dataset(tmp_path), "a") == {"1.jpg": "1.jpg.png", "1.png": "1.png.png"}


def test_digest_follows_every_byte(tmp_path):
    make(tmp_path, ["1.png"], ["a/1.png"])
    first = open_dataset(tmp_path).digest
    assert open_dataset(tmp_path).digest == first
    write_picture(tmp_path / "masks/a/1.png", mask_of(0))
    second = open_dataset(tmp_path).digest
    write_csv(tmp_path / "labels.csv", ("image", "weight"), ("1.png", "1"))
    assert len({first, second, open_dataset(tmp_path).digest}) == 3


def test_no_dataset_and_broken_files(tmp_path):
    assert "no dataset" in refusal(tmp_path)
    make(tmp_path, ["1.png"], ["a/1.png"])
    (tmp_path / "masks/a/1.png").write_bytes(b"")
    with pytest.raises(Exception, match=r"1\.png"):
        open_dataset(tmp_path)


@pytest.mark.real_images
def test_real_sets(real_images):
    polyps = open_dataset(real_images / "polyps")
    assert len(polyps.items) == 428 and polyps.grouping_known and len({i.group for i in polyps.items}) == 20
    with pytest.raises(MissingMaskError):
        open_dataset(real_images / "retina")
    retina = open_dataset(real_images / "retina", missing_mask="empty")
    assert [sum(i.masks[c] is not None for i in retina.items) for c in ("EX", "HE", "MA", "SE")] == [
        54,
        53,
        54,
        26,
    ]
    skin = open_dataset(real_images / "skin")
    assert skin.counts() == {"train": 1600, "val": 400, "test": 0}
    assert all(i.masks["object"].stem == f"{i.path.stem}_segmentation" for i in skin.items)
    vessels = open_dataset(real_images / "vessels")
    assert all(i.masks["vessel"] and i.field_of_view for i in vessels.items)
    horses = open_dataset(real_images / "horses")
    assert horses.items[0].read_mask("object").shape == horses.items[0].size


def test_importing_needs_no_torch():
    import subprocess
    import sys

    code = "import sys, training.dataset, training.recipes, training.events; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
