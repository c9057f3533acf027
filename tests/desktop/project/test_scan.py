import os
import time

import pytest

from desktop.project import scan as scanning
from desktop.project.errors import ScanError
from desktop.project.scan import image_root, natural_key, scan


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"12345")


def test_natural_order_then_sub_folders_without_what_is_hidden(tmp_path):
    make(
        tmp_path,
        "img10.png",
        "img2.PNG",
        "Img1.jpg",
        "notes.txt",
        ".hidden.png",
        ".overread/a.png",
        "b/2.tif",
        "b/10.tif",
        "a9/x.png",
        "a10/x.png",
        "noending",
        "x.png/inner.png",
    )
    found = [item.path for item in scan(tmp_path)]
    assert found == [
        "Img1.jpg",
        "img2.PNG",
        "img10.png",
        "a9/x.png",
        "a10/x.png",
        "b/2.tif",
        "b/10.tif",
        "x.png/inner.png",
    ]
    item = next(iter(scan(tmp_path)))
    status = (tmp_path / "Img1.jpg").stat()
    assert (item.size, item.mtime_ns) == (5, status.st_mtime_ns)


def test_a_dataset_lists_its_images_only_and_says_so(tmp_path):
    make(tmp_path, "images/a.png", "images/sub/b.png", "masks/MA/a.png", "other.png")
    assert [item.path for item in scan(tmp_path)] == ["images/a.png", "images/sub/b.png"]
    root = image_root(tmp_path)
    assert root.folder == tmp_path / "images" and "only its folder “images”" in root.note
    (tmp_path / "masks" / "MA" / "a.png").unlink()
    (tmp_path / "masks" / "MA").rmdir()
    (tmp_path / "masks").rmdir()
    assert image_root(tmp_path).note == "" and len(list(scan(tmp_path))) == 3


def test_numbers_of_any_length_sort_by_value():
    names = ["a2", "a10", "a002b", "A1", "a", "b1", "12345678901234567890", "9"]
    assert sorted(names, key=natural_key) == [
        "9",
        "12345678901234567890",
        "a",
        "A1",
        "a2",
        "a002b",
        "a10",
        "b1",
    ]


def test_a_folder_without_rights_is_one_sentence(tmp_path, monkeypatch):
    make(tmp_path, "a.png", "locked/b.png", "open/c.png")
    real = os.scandir

    def scandir(folder):
        if str(folder).endswith(("locked", "forbidden")):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(scanning.os, "scandir", scandir)
    notes = []
    assert [item.path for item in scan(tmp_path, notes)] == ["a.png", "open/c.png"]
    assert len(notes) == 1 and "no right to list the folder “locked”" in notes[0]
    (tmp_path / "forbidden").mkdir()
    with pytest.raises(ScanError, match="no right to list the folder “forbidden”"):
        next(scan(tmp_path / "forbidden"))
    with pytest.raises(ScanError, match="not there any more"):
        next(scan(tmp_path / "gone"))
    with pytest.raises(ScanError, match="cannot be listed"):
        next(scan(tmp_path / "a.png"))


def test_loops_of_links_end(tmp_path):
    make(tmp_path, "a/x.png")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert [item.path for item in scan(tmp_path)] == ["a/x.png"]


def test_ten_thousand_files_are_listed_quickly(tmp_path):
    for number in range(10_000):
        os.close(os.open(tmp_path / f"{number}.png", os.O_CREAT | os.O_WRONLY))
    start = time.perf_counter()
    assert len(list(scan(tmp_path))) == 10_000
    assert time.perf_counter() - start < 1.0  # some 0.04 s; the bound only catches a stat or more a file
