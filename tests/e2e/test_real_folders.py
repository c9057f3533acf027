"""Public sets of real photographs in the real window: what is on the canvas is what is in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps, UnidentifiedImageError
from PySide6.QtGui import QImage

from inference.schema import MaskClass, Schema, write_schema

pytestmark = pytest.mark.real_images

FOLDERS = ("retina", "polyps", "polyps/original_tif", "horses", "skin", "vessels")
BLOCK = 40
"""So many pixels across and down are compared, at one screen pixel for one of the image."""


def linked(real: Path, place: Path) -> Path:
    """A folder of our own, its images and sub-folders links: nothing can be written beside the originals."""
    place.mkdir()
    for one in real.iterdir():
        if one.name != "images":
            (place / one.name).symlink_to(one)
            continue
        (place / "images").mkdir()
        for image in one.iterdir():
            (place / "images" / image.name).symlink_to(image)
    return place


def few(real: Path, place: Path, count: int = 12) -> Path:
    """As `linked`, with a few images only, and real folders all the way down."""
    for file in sorted(path for path in real.rglob("*") if path.is_file())[:count]:
        target = place / file.relative_to(real)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(file)
    return place


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def in_the_file(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 by other people's readers."""
    try:
        with Image.open(path) as opened:
            return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    except UnidentifiedImageError:
        pixels = tifffile.imread(path)
        return pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, 2)


def on_the_canvas(sitting, x: int, y: int) -> np.ndarray:
    """The image's block that begins at (x, y), as the screen shows it at 1:1: (BLOCK, BLOCK, 3) uint8."""
    canvas = sitting.window.canvas
    sitting.press("Shift+F")
    canvas.centre_on(x + BLOCK / 2, y + BLOCK / 2)
    sitting.hand.rest()
    assert canvas.scale == 1.0
    left, top = (round(value) for value in canvas.viewport.to_view(x, y))
    grabbed = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    assert left >= 0 and left + BLOCK <= grabbed.width() and top >= 0 and top + BLOCK <= grabbed.height()
    rows = np.frombuffer(grabbed.constBits(), np.uint8).reshape(grabbed.height(), grabbed.bytesPerLine())
    return rows[top : top + BLOCK, 3 * left : 3 * (left + BLOCK)].reshape(BLOCK, BLOCK, 3).copy()


def busiest(pixels: np.ndarray) -> tuple[int, int]:
    """Where the image is least even, not at its border: black on black proves nothing. (x, y)."""
    grey = pixels.mean(2)
    height, width = grey.shape
    places = [
        (x, y)
        for y in range(height // 5, 4 * height // 5 - BLOCK, max(height // 12, 1))
        for x in range(width // 5, 4 * width // 5 - BLOCK, max(width // 12, 1))
    ]
    return max(places, key=lambda at: grey[at[1] : at[1] + BLOCK, at[0] : at[0] + BLOCK].std())


@pytest.mark.parametrize("name", FOLDERS)
def test_canvas_shows_what_the_file_holds(desk, real_images: Path, tmp_path: Path, name: str) -> None:
    real = real_images / name
    before = contents(real)
    folder = linked(real, tmp_path / "set") if (real / "images").is_dir() else few(real, tmp_path / "set", 40)
    sitting = desk.open(folder, project=False, size=(1400, 900))
    session = sitting.session
    sitting.wait(lambda: session.project is not None, "the project")
    expected = len(list((real / "images").iterdir())) if (real / "images").is_dir() else 16
    assert len(session.entries) == expected
    # The pointer over the canvas would put the brush's ring into the picture.
    sitting.press("H")
    few_are_enough = name == "retina"  # 12 megapixels each
    for position in (0, expected - 1) if few_are_enough else (0, 1, expected // 2, expected - 1):
        session.go_to(position)
        assert sitting.shown() is None, session.image_problem
        true = in_the_file(folder / session.entry.path)
        image = sitting.window.canvas.image
        assert (image.height, image.width) == true.shape[:2]
        x, y = busiest(true)
        off = np.abs(on_the_canvas(sitting, x, y).astype(int) - true[y : y + BLOCK, x : x + BLOCK])
        assert off.max() <= 4, f"{session.entry.path} differs by {off.max()} at {x}, {y}"
    sitting.close()
    assert contents(real) == before


def test_a_real_photograph_is_painted_graded_and_found_again(desk, real_images: Path, tmp_path: Path) -> None:
    """12 megapixels, as large as the budgets speak of."""
    folder = tmp_path / "eyes"
    (folder / "images").mkdir(parents=True)
    for number in (1, 2, 3):
        (folder / "images" / f"{number}.jpg").symlink_to(
            real_images / "retina/images" / f"IDRiD_{number:02d}.jpg"
        )
    write_schema(folder / "schema.json", Schema((MaskClass(0, "EX"),)))
    sitting = desk.open(folder)
    sitting.ready()
    painted = [sitting.paint(1500 + 200 * n, 1400) for n in range(3)]
    assert painted == sorted(painted) and painted[0] > 0
    sitting.press("Return")
    sitting.wait(lambda: sitting.session.entries[0].status == "corrected", "the finish")
    sitting.close()
    again = desk.open(folder)
    again.wait(lambda: again.session.entries[0].status == "corrected", "the status")
    again.press("Left")
    again.ready()
    assert again.painted() == painted[-1]
    again.press("Ctrl+Z")
    assert again.painted() == painted[-2]
