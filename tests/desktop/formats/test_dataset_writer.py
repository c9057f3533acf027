"""What the writer writes, the training reader reads back unchanged."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.formats.base import FormatError
from desktop.formats.dataset_writer import DatasetWriter, ExportItem
from inference.hashing import content_hash
from inference.schema import Finding, GradeScale, MaskClass, Schema
from training.dataset import Dataset, open_dataset

SCHEMA = Schema(
    (MaskClass(0, "polyp"), MaskClass(3, "tool")),
    (GradeScale("quality", ("poor", "good")),),
    (Finding("blood"),),
)
GROUPING = {"known": True, "rule": "folder"}


def picture(path: Path, value: int = 0, size: tuple[int, int] = (12, 16)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(value).integers(0, 255, (*size, 3), dtype=np.uint8)
    good, data = cv2.imencode(".png", pixels)
    assert good
    path.write_bytes(data.tobytes())
    return path


def item(source: Path, image: str, **changes: Any) -> ExportItem:
    values: dict[str, Any] = {
        "content_hash": content_hash(source),
        "group": "g",
        "split": "train",
        "status": "corrected",
        "reader": "ana",
    }
    return ExportItem(source=source, image=image, **(values | changes))


def mask(seed: int, size: tuple[int, int] = (12, 16)) -> np.ndarray:
    return np.random.default_rng(seed).random(size) > 0.5


def write(out: Path, items: list[ExportItem], *, link: bool = False) -> Dataset:
    with DatasetWriter(out, SCHEMA, link=link) as writer:
        assert all([writer.add(i) for i in items])
        writer.finish(grouping=GROUPING, provenance={"program": "overread"})
    return open_dataset(out)


def test_everything_reviewed_comes_back_and_nothing_else(tmp_path: Path) -> None:
    a, b = picture(tmp_path / "src/a.png", 1), picture(tmp_path / "src/b.png", 2)
    drawn, empty = mask(5), np.zeros((12, 16), bool)
    first = item(
        a,
        "left/a.png",
        masks={"polyp": drawn, "tool": empty},
        states={
            "polyp": "reviewed",
            "tool": "reviewed",
            "grade:quality": "reviewed",
            "finding:blood": "reviewed",
        },
        grades={"quality": "good"},
        findings={"blood": "absent"},
        group="p1",
        split="val",
        weight=0.5,
    )
    second = item(
        b,
        "b.png",
        masks={"tool": mask(6)},
        states={"tool": "reviewed", "polyp": "not assessable"},
        group="p2",
        split="test",
        status="accepted",
    )
    dataset = write(tmp_path / "out", [first, second])
    assert dataset.schema == SCHEMA and dataset.grouping_known and not dataset.notes
    got = {i.key: i for i in dataset.items}
    one, two = got["left/a.png"], got["b.png"]
    assert one.labelled == {"polyp", "tool"} and two.labelled == {"tool"}
    assert np.array_equal(one.read_mask("polyp"), drawn) and not one.read_mask("tool").any()
    assert np.array_equal(two.read_mask("tool"), mask(6))
    assert dict(one.grades) == {"quality": "good"} and dict(one.findings) == {"blood": "absent"}
    assert not two.grades and not two.findings
    assert (one.group, one.split, one.weight, one.status) == ("p1", "val", 0.5, "corrected")
    assert (two.group, two.split, two.weight, two.status) == ("p2", "test", 1.0, "accepted")
    assert one.path.read_bytes() == a.read_bytes()


def test_the_record_names_schema_hashes_provenance_and_counts(tmp_path: Path) -> None:
    a = picture(tmp_path / "a.png")
    shown = item(
        a,
        "a.png",
        masks={"polyp": mask(1)},
        states={"polyp": "reviewed"},
        model="abc",
        thresholds={"polyp": 0.4},
    )
    with DatasetWriter(tmp_path / "out", SCHEMA) as writer:
        writer.add(shown)
        report = writer.finish(grouping=GROUPING, provenance={"project": "colon"})
    record = json.loads((tmp_path / "out/dataset.json").read_text())
    assert Schema.from_dict(record["schema"]) == SCHEMA
    assert record["counts"] == report.counts
    assert record["counts"]["images"] == record["counts"]["groups"] == 1
    assert record["counts"]["splits"] == {"train": 1}
    assert record["counts"]["masks"] == {"polyp": 1, "tool": 0}
    assert record["digest"] == report.digest and len(report.digest) == 64
    assert record["provenance"] == {"project": "colon"}
    (entry,) = record["images"]
    assert (entry["hash"], entry["model"], entry["thresholds"]) == (content_hash(a), "abc", {"polyp": 0.4})
    assert not (tmp_path / "out/pairs.csv").exists()


def test_the_digest_follows_what_can_be_learnt_not_who_drew_it(tmp_path: Path) -> None:
    a = picture(tmp_path / "a.png")

    def digest(name: str, **changes: Any) -> str:
        values: dict[str, Any] = {"masks": {"polyp": mask(1)}, "states": {"polyp": "reviewed"}} | changes
        with DatasetWriter(tmp_path / name, SCHEMA) as writer:
            writer.add(item(a, "a.png", **values))
            return writer.finish(grouping=GROUPING, provenance={}).digest

    base = digest("1")
    assert digest("2", reader="ben") == base
    assert digest("3", masks={"polyp": mask(2)}) != base
    assert digest("4", split="val") != base
    assert digest("5", states={"polyp": "not assessable"}, masks={}) != base


def test_images_of_one_stem_keep_their_masks_apart(tmp_path: Path) -> None:
    names = ["a.png", "a.jpg", "A.bmp", "a.jpg.png", "b.png"]
    items = [
        item(
            picture(tmp_path / f"src{n}.png", n),
            name,
            masks={"polyp": mask(n)},
            states={"polyp": "reviewed"},
            group=name,
        )
        for n, name in enumerate(names)
    ]
    dataset = write(tmp_path / "out", items)
    for n, name in enumerate(names):
        (got,) = [i for i in dataset.items if i.key == name]
        assert np.array_equal(got.read_mask("polyp"), mask(n)), name
    assert "b.png" not in (tmp_path / "out/pairs.csv").read_text()


def test_a_frame_of_a_file_becomes_a_file_of_its_own(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 65535, (3, 10, 11), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "stack.tif", frames, photometric="minisblack")
    items = [
        item(
            tmp_path / "stack.tif",
            "s/stack.tif",
            frame=n,
            frames=3,
            masks={"polyp": mask(n, (10, 11))},
            states={"polyp": "reviewed"},
        )
        for n in (0, 2)
    ]
    dataset = write(tmp_path / "out", items)
    assert [i.key for i in dataset.items] == ["s/stack.frame-0000.tif", "s/stack.frame-0002.tif"]
    assert np.array_equal(tifffile.imread(dataset.items[1].path), frames[2])
    assert np.array_equal(dataset.items[1].read_mask("polyp"), mask(2, (10, 11)))


def test_a_changed_or_vanished_file_is_left_out_and_said(tmp_path: Path) -> None:
    a, b, c = (picture(tmp_path / f"{n}.png", i) for i, n in enumerate("abc"))
    items = [item(f, f.name, masks={"polyp": mask(0)}, states={"polyp": "reviewed"}) for f in (a, b, c)]
    picture(a, 9)
    b.unlink()
    with DatasetWriter(tmp_path / "out", SCHEMA) as writer:
        assert [writer.add(i) for i in items] == [False, False, True]
        report = writer.finish(grouping=GROUPING, provenance={})
    assert [i.key for i in open_dataset(tmp_path / "out").items] == ["c.png"]
    assert "a.png was left out: the file was changed" in report.notes[0]
    assert "b.png was left out" in report.notes[1]


def test_hard_links_share_the_bytes_on_one_disk(tmp_path: Path) -> None:
    a = picture(tmp_path / "a.png")
    write(
        tmp_path / "out",
        [item(a, "a.png", masks={"polyp": mask(0)}, states={"polyp": "reviewed"})],
        link=True,
    )
    assert (tmp_path / "out/images/a.png").stat().st_ino == a.stat().st_ino


def test_without_hard_links_it_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "other disk")

    monkeypatch.setattr(os, "link", refuse)
    a = picture(tmp_path / "a.png")
    write(
        tmp_path / "out",
        [item(a, "a.png", masks={"polyp": mask(0)}, states={"polyp": "reviewed"})],
        link=True,
    )
    assert (tmp_path / "out/images/a.png").stat().st_ino != a.stat().st_ino


@pytest.mark.usefixtures("no_room_for_masks")
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    a = picture(tmp_path / "a.png")
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "out", [item(a, "a.png", masks={"polyp": mask(0)}, states={"polyp": "reviewed"})])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png"]


def test_a_name_that_leads_out_is_refused(tmp_path: Path) -> None:
    a = picture(tmp_path / "a.png")
    for name in ("../a.png", "/a.png", ""):
        with (
            pytest.raises(FormatError, match="cannot be a name"),
            DatasetWriter(tmp_path / "out", SCHEMA) as writer,
        ):
            writer.add(item(a, name))
    assert not (tmp_path / "out").exists()


# Any text that can be a part of a path, undecodable bytes (surrogates) included.
PART = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0")
    | st.sampled_from(list(" ,\"'\\\n\r\t;\udce9é眼.A")),
    min_size=1,
    max_size=12,
).filter(lambda s: s not in (".", "..") and not s.startswith(".") and len(os.fsencode(s)) < 100)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(
        st.tuples(PART, PART), min_size=1, max_size=4, unique_by=lambda p: f"{p[0]}/{p[1]}".casefold()
    )
)
def test_any_name_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, str]]
) -> None:
    base = tmp_path_factory.mktemp("names")
    items = []
    for n, (folder, name) in enumerate(parts):
        source = picture(base / f"{n}.png", n)
        items.append(
            item(
                source,
                f"{folder}/{name}.png",
                masks={"polyp": mask(n)},
                states={"polyp": "reviewed", "grade:quality": "reviewed"},
                grades={"quality": "good" if n % 2 else "poor"},
                group=f"g{n}",
                split=("train", "val", "test")[n % 3],
            )
        )
    dataset = write(base / "out", items)
    got = {i.key: i for i in dataset.items}
    assert set(got) == {i.image for i in items}
    for n, wanted in enumerate(items):
        back = got[wanted.image]
        assert np.array_equal(back.read_mask("polyp"), mask(n))
        assert back.grades == wanted.grades and (back.group, back.split) == (wanted.group, wanted.split)
