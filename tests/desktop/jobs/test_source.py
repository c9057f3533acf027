"""What the read pool makes of a file: native values are kept where there are more than eight bits."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from desktop.jobs.display import DisplayImage
from desktop.jobs.source import FolderSource
from desktop.state.entries import Entry
from inference.images import ImageError


def read(folder: Path, name: str) -> DisplayImage:
    return DisplayImage(0, FolderSource(folder).pixels(Entry(0, name)))


def test_eight_bits_need_no_native_values(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((40, 50, 3), 7, np.uint8))
    pyramid = read(tmp_path, "a.png").pixels.pyramid
    assert pyramid.native is None
    assert pyramid.kind == "uint8"


@pytest.mark.parametrize("color", [False, True])
def test_sixteen_bits_are_kept_beside_and_counted(tmp_path, color):
    values = np.random.default_rng(0).integers(0, 60_000, (40, 50, 3) if color else (40, 50), np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), values)
    image = read(tmp_path, "a.png")
    pyramid = image.pixels.pyramid
    assert np.array_equal(pyramid.native.levels[0], values[..., ::-1] if color else values)
    assert np.array_equal(
        pyramid.levels[0][..., 0], (pyramid.native.levels[0][..., 0] if color else values) >> 8
    )
    assert image.cost == sum(level.nbytes for level in pyramid.levels) + values.nbytes


def test_floats_are_kept_beside(tmp_path):
    values = np.linspace(-2, 5, 2000, dtype=np.float32).reshape(40, 50)
    tifffile.imwrite(tmp_path / "a.tif", values)
    native = read(tmp_path, "a.tif").pixels.pyramid.native
    assert np.array_equal(native.levels[0], values)
    assert (native.low, native.high) == (-2.0, 5.0)


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(ImageError):
        read(tmp_path, "a.png")
