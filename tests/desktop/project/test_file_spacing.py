import numpy as np
import pytest
import tifffile
from PIL import Image

from desktop.project.file_spacing import PRINTING_DPI, is_measured, spacing_in_file

PIXELS = np.zeros((8, 10, 3), np.uint8)


def write(path, **options):
    Image.fromarray(PIXELS).save(path, **options)
    return path


@pytest.mark.parametrize("dpi", [72, 96, 300])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_printing_density_is_no_spacing(tmp_path, name, dpi):
    assert spacing_in_file(write(tmp_path / name, dpi=(dpi, dpi))) is None
    assert spacing_in_file(write(tmp_path / name)) is None


def test_a_printing_density_stays_one_when_it_was_rounded_to_centimetres():
    for dpi in PRINTING_DPI:
        if dpi >= 72:
            per_cm = round(dpi / 2.54)
            assert not is_measured(10 / per_cm, 10 / per_cm), dpi


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_measured_density_is_one(tmp_path, name):
    # 5.6 micrometres a pixel, as a fundus camera of known optics would write it.
    dpi = 25.4 / 0.0056
    found = spacing_in_file(write(tmp_path / name, dpi=(dpi, dpi)))
    assert found is not None
    assert found.x_mm == pytest.approx(0.0056, rel=1e-3) and found.y_mm == pytest.approx(found.x_mm)


def test_microscopes_write_their_unit(tmp_path):
    tifffile.imwrite(tmp_path / "ij.tif", PIXELS, imagej=True, resolution=(4.0, 4.0), metadata={"unit": "um"})
    found = spacing_in_file(tmp_path / "ij.tif")
    assert found is not None and found.x_mm == pytest.approx(0.00025)
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        PIXELS,
        photometric="rgb",
        metadata={"axes": "YXS", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.6},
    )
    found = spacing_in_file(tmp_path / "a.ome.tif")
    assert found is not None and (found.x_mm, found.y_mm) == pytest.approx((0.0005, 0.0006))


def test_a_unit_of_none_and_what_is_out_of_proportion_are_no_spacing(tmp_path):
    tifffile.imwrite(tmp_path / "none.tif", PIXELS, resolution=(4535.0, 4535.0), resolutionunit="NONE")
    assert spacing_in_file(tmp_path / "none.tif") is None
    tifffile.imwrite(tmp_path / "cm.tif", PIXELS, resolution=(1785.0, 1785.0), resolutionunit="CENTIMETER")
    assert spacing_in_file(tmp_path / "cm.tif").x_mm == pytest.approx(10 / 1785)
    assert not is_measured(0.001, 0.1) and not is_measured(3.0, 3.0) and not is_measured(1e-7, 1e-7)
    assert not is_measured(float("nan"), 0.1)


def test_files_that_are_none_and_files_that_are_gone_have_no_spacing(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    for name in ("a.png", "a.tif", "gone.jpg", "gone.tif"):
        assert spacing_in_file(tmp_path / name) is None


@pytest.mark.real_images
def test_fundus_photographs_state_a_printing_density_only(real_images):
    for path in sorted((real_images / "retina" / "images").iterdir())[:5]:
        assert spacing_in_file(path) is None
