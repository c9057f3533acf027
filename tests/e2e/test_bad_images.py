"""A folder as disks really hold them: good images among broken files, gone through by keys alone."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import Qt

from desktop.project.project import Project
from inference.schema import write_schema
from tests.e2e.desk import SCHEMA, is_one_sentence, picture, write_picture

GOOD = {
    "a good.jpg": (240, 320),
    "b one pixel.png": (1, 1),
    "c sixteen bit.png": (120, 160),
    "d with alpha.png": (120, 160),
    "e turned.jpg": (160, 120),  # upright: stored as 120 x 160, turned by EXIF
    "f two pages.tif": (96, 128),
    "inside/k good.png": (240, 320),
}
BROKEN = ("g cut.jpg", "h nothing.png", "i letter.png", "j folder of a name.png.tif")
PAGES = 2


def write_turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the upper left corner of the scene is at the upper right of the file
    Image.fromarray(picture(5, 120, 160)).save(path, exif=exif, quality=95)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "a mixed folder"
    write_picture(folder / "a good.jpg", 1)
    write_picture(folder / "b one pixel.png", 2, 1, 1)
    cv2.imwrite(str(folder / "c sixteen bit.png"), picture(3, 120, 160).astype(np.uint16) * 257)
    Image.fromarray(np.dstack([picture(4, 120, 160), np.full((120, 160), 200, np.uint8)])).save(
        folder / "d with alpha.png"
    )
    write_turned(folder / "e turned.jpg")
    pages = np.stack([picture(6, 96, 128), picture(7, 96, 128)])
    tifffile.imwrite(folder / "f two pages.tif", pages, photometric="rgb")
    whole = (folder / "a good.jpg").read_bytes()
    (folder / "g cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "h nothing.png").write_bytes(b"")
    (folder / "i letter.png").write_text("Dear reader, this is a letter and no picture.\n")
    (folder / "j folder of a name.png.tif").write_bytes(b"II*\0" + b"\xff" * 40)
    write_picture(folder / "inside/k good.png", 8)
    (folder / "inside/round").symlink_to(folder)
    (folder / "round.png").symlink_to(folder / "round.png")
    (folder / "nowhere.png").symlink_to(folder / "gone.png")
    write_schema(folder / "schema.json", SCHEMA)
    return folder


@pytest.fixture
def closed_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sub-folder without rights. For an administrator the system's call is replaced."""
    closed = folder / "closed"
    write_picture(closed / "secret.png")
    if os.geteuid() != 0:
        closed.chmod(0)
        return closed
    real = os.scandir

    def refuse(path: object = ".") -> object:
        if os.fspath(path) == str(closed):  # type: ignore[call-overload]
            raise PermissionError(errno.EACCES, "Permission denied", str(closed))
        return real(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    return closed


def go_through(sitting) -> dict[str, tuple[tuple[int, int] | None, str | None]]:
    """Press Right from the first to the last image; what each showed: (size, None) or (None, sentence)."""
    session, canvas = sitting.session, sitting.window.canvas
    seen = {}
    while True:
        problem = sitting.shown()
        size = (canvas.image.height, canvas.image.width) if canvas.image is not None else None
        seen[session.entry.title] = (size, problem)
        assert problem is None or (problem in canvas.accessibleDescription() and canvas.image is None)
        position = session.position
        if position == len(session.entries) - 1:
            return seen
        sitting.press("Right")
        assert session.position == position + 1


def test_every_entry_shows_an_image_or_says_why_not(desk, folder: Path, closed_folder: Path) -> None:
    sitting = desk.open(folder)
    noted = [notice.text for notice in sitting.notices()]
    assert any("closed" in text and "right" in text for text in noted), noted
    seen = go_through(sitting)
    assert len(sitting.session.entries) == len(seen) == len(GOOD) + PAGES - 1 + len(BROKEN)
    for name, size in GOOD.items():
        assert seen[name] == (size, None)
    assert seen["f two pages.tif · 2"] == ((96, 128), None)
    for name in BROKEN:
        size, problem = seen[name]
        assert size is None and problem is not None
        assert name in problem and is_one_sentence(problem), problem
    for entry in sitting.session.entries:
        assert bool(entry.problem) == (Path(entry.path).name in BROKEN)
        tip = sitting.window.gallery.model.index(entry.position).data(Qt.ItemDataRole.ToolTipRole)
        assert not entry.problem or Path(entry.path).name in tip
    assert sitting.window.notices.current is None


def test_good_ones_are_painted_and_broken_ones_passed_by_keys(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    sitting.notices()
    session = sitting.session
    painted = {}
    for _ in range(len(session.entries)):
        entry = session.entry
        if sitting.shown() is None:
            sitting.ready()
            sitting.press("B")
            painted[entry.title] = sitting.paint()
            assert painted[entry.title] > 0, f"nothing was painted on {entry.title}"
            sitting.press("Return")
        else:
            # Keys that need an image do nothing, and say nothing odd.
            sitting.press("B", "Return", "Ctrl+Z", "1", "T", "F", "+", "Shift+V")
            assert session.entry is entry
            sitting.hand.click(sitting.window.canvas)
            sitting.press("Right")
        if len(painted) == len(GOOD) + PAGES - 1:
            break
    sitting.saved()
    # Whether anything is left is known a moment after the last key.
    assert {one.text for one in sitting.notices()} <= {"No other image is unfinished."}
    sitting.close()
    with Project.open(folder) as project:
        rows = {(row.path, row.frame): row for row in project.images()}
        assert {row.path for row in rows.values() if row.problem} == set(BROKEN)
        for title, pixels in painted.items():
            path, _, page = title.partition(" · ")
            row = rows[path, int(page or 1) - 1]
            assert row.status_for_reader == "corrected"
            assert int(project.load_label(row.id).planes.class_mask(0).sum()) == pixels


def test_n_goes_round_past_the_broken_ones(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    session = sitting.session
    visited = []
    for _ in range(len(GOOD) + PAGES):
        visited.append(session.entry.title)
        assert sitting.shown() is None
        sitting.press("N")
    assert visited[0] == visited[-1] and len(set(visited)) == len(GOOD) + PAGES - 1


def test_a_file_that_breaks_while_it_is_open_and_one_that_goes(desk, folder: Path) -> None:
    """The disk changes under the window: what was there is told, nothing falls."""
    sitting = desk.open(folder)
    for name in ("e turned.jpg", "f two pages.tif"):
        (folder / name).unlink()
    (folder / "inside/k good.png").write_text("overwritten")
    for title, (size, problem) in go_through(sitting).items():
        assert size is not None or (problem is not None and is_one_sentence(problem)), title
    assert sitting.session.entries[len(sitting.session.entries) - 1] is sitting.session.entry


def test_a_folder_with_nothing_in_it_says_what_to_do(desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    sitting = desk.open(tmp_path / "empty")
    sitting.wait(
        lambda: "no images" in sitting.window.canvas.accessibleDescription(), "a word of the empty folder"
    )
    sitting.press("Right", "Return", "N", "R", "S", "Ctrl+Z", "Backspace")
    assert sitting.window.notices.current is None or sitting.window.notices.current.kind == "info"


def test_a_folder_that_is_gone_is_one_sentence(desk, tmp_path: Path) -> None:
    sitting = desk.open(tmp_path / "gone", project=False)
    said = sitting.notice("gone").text
    assert "gone" in said
    assert said in sitting.window.canvas.accessibleDescription(), "the canvas says the same"
