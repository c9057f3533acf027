import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from inference.images import (
    IMAGE_SUFFIXES,
    ImageError,
    probe,
    read_image,
    read_mask,
    read_rgb8,
    to_rgb8,
)
from tests.inference.pictures import save, smooth

RNG = np.random.default_rng(11)
RGB = RNG.integers(0, 256, (30, 44, 3), dtype=np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".ppm", ".webp"])
def test_lossless_kinds_give_every_pixel_back(tmp_path, suffix):
    options = {"lossless": True} if suffix == ".webp" else {}
    path = save(tmp_path / f"a{suffix}", RGB, **options)
    assert np.array_equal(read_image(path), RGB)
    assert np.array_equal(read_rgb8(path), RGB)
    info = probe(path)
    assert (info.width, info.height, info.frames, info.channels, info.dtype) == (44, 30, 1, 3, "uint8")


def test_jpegs_have_the_right_colours_and_grey_stays_grey(tmp_path):
    picture = smooth()
    path = save(tmp_path / "a.jpg", picture, quality=95)
    assert np.abs(read_image(path).astype(int) - picture).mean() < 3
    grey = save(tmp_path / "g.jpeg", picture[..., 0], quality=95)
    assert read_image(grey).shape == (120, 200)
    assert probe(grey).channels == 1


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr"])
def test_other_jpeg_colour_spaces(tmp_path, mode):
    picture = smooth()
    Image.fromarray(picture).convert(mode).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(read_image(tmp_path / "a.jpg").astype(int) - picture).mean() < 4


def test_a_reduced_jpeg_keeps_the_long_side_asked_for(tmp_path):
    path = save(tmp_path / "a.jpg", smooth(480, 800))
    small = read_rgb8(path, at_least=150)
    assert small.shape == (120, 200, 3)
    assert read_rgb8(path, at_least=801).shape == (480, 800, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = save(tmp_path / "b.jpg", smooth(480, 800), exif=exif)
    assert read_rgb8(turned, at_least=150).shape == (200, 120, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_every_orientation_is_turned_upright(tmp_path, suffix, orientation):
    """The picture is stored turned, so that it is upright again once the orientation is honoured."""
    upright = smooth(64, 96)
    store = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),  # mirrored along the other diagonal
        8: np.rot90(upright, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {".jpg": {"quality": 98, "subsampling": 0}, ".webp": {"lossless": True}}.get(suffix, {})
    path = save(tmp_path / f"a{suffix}", np.ascontiguousarray(store[orientation]), exif=exif, **options)
    found = read_image(path)
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).max() <= (12 if suffix == ".jpg" else 0)
    assert (probe(path).width, probe(path).height) == (96, 64)


def test_a_turned_mask_is_turned_as_its_image(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.zeros((20, 30), np.uint8)
    stored[2, 4] = 255
    mask = read_mask(save(tmp_path / "m.png", stored, exif=exif))
    assert mask.shape == (30, 20)
    assert np.argwhere(mask).tolist() == [[4, 17]]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_are_kept(tmp_path, suffix, channels):
    shape = (20, 26) if channels == 1 else (20, 26, channels)
    values = RNG.integers(0, 65536, shape, dtype=np.uint16)
    path = tmp_path / f"a{suffix}"
    if suffix == ".png":
        order = values if channels == 1 else values[..., [2, 1, 0, 3][:channels]]
        cv2.imwrite(str(path), order)
    else:
        tifffile.imwrite(path, values, photometric="minisblack" if channels == 1 else "rgb")
    found = read_image(path)
    assert found.dtype == np.uint16
    assert np.array_equal(found, values)
    assert probe(path).dtype == "uint16"
    assert probe(path).channels == channels


def test_palettes_become_colours_and_bits_black_and_white(tmp_path):
    image = Image.fromarray(RGB).quantize(17)
    colours = np.array(image.convert("RGB"))
    for suffix in (".png", ".tif", ".gif", ".bmp"):
        image.save(tmp_path / f"p{suffix}")
        assert np.array_equal(read_image(tmp_path / f"p{suffix}"), colours), suffix
    bits = RGB[..., 0] > 128
    for suffix in (".png", ".tif", ".pbm"):
        path = save(tmp_path / f"b{suffix}", bits)
        assert np.array_equal(read_image(path), bits.astype(np.uint8) * 255), suffix


def test_alpha_is_kept_natively_and_composited_over_black(tmp_path):
    alpha = np.full((30, 44, 1), 255, np.uint8)
    alpha[:, :10] = 0
    alpha[:, 10:20] = 51
    rgba = np.concatenate([RGB, alpha], axis=2)
    for suffix in (".png", ".tif"):
        path = save(tmp_path / f"a{suffix}", rgba)
        assert np.array_equal(read_image(path), rgba)
        shown = read_rgb8(path)
        assert not shown[:, :10].any()
        assert np.abs(shown[:, 10:20] - RGB[:, 10:20] / 5).max() <= 0.5
        assert np.array_equal(shown[:, 20:], RGB[:, 20:])


def test_frames_of_tiffs_and_gifs(tmp_path):
    pages = [np.full((10, 12), 40 * i, np.uint8) for i in range(4)]
    tifffile.imwrite(tmp_path / "a.tif", np.stack(pages), photometric="minisblack")
    frames = [Image.fromarray(np.full((10, 12, 3), (40 * i, 0, 9), np.uint8)) for i in range(4)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    for name in ("a.tif", "a.gif"):
        assert probe(tmp_path / name).frames == 4
        for index in range(4):
            assert read_rgb8(tmp_path / name, index)[5, 5, 0] == 40 * index
        with pytest.raises(ImageError):
            read_image(tmp_path / name, 4)
    with pytest.raises(ImageError, match="one frame"):
        read_image(save(tmp_path / "a.png", RGB), 1)


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zlib", "predictor": True},
        {"planarconfig": "separate"},
        {"tile": (16, 16)},
        {"bigtiff": True},
        {"byteorder": ">"},
    ],
)
def test_tiff_layouts(tmp_path, options):
    planes = RGB.transpose(2, 0, 1) if "planarconfig" in options else RGB
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", **options)
    assert np.array_equal(read_image(tmp_path / "a.tif"), RGB)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "group4"])
def test_tiff_compressions(tmp_path, compression):
    """Some need a library that tifffile does not bring; OpenCV and Pillow then stand in."""
    picture = RGB[..., 0] > 100 if compression == "group4" else RGB
    path = save(tmp_path / "a.tif", picture, compression=compression)
    expected = picture.astype(np.uint8) * 255 if compression == "group4" else picture
    assert np.array_equal(read_image(path), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiffs_beyond_tifffile_are_turned_once(tmp_path, monkeypatch, dtype, orientation):
    """OpenCV, which stands in, turns pictures upright by itself: it must not happen twice."""
    values = RNG.integers(0, np.iinfo(dtype).max, (20, 26, 3)).astype(dtype)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, values, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    expected = read_image(path)

    def refuse(*args, **kwargs):
        raise KeyError("no such codec")

    monkeypatch.setattr("inference.image_decoders._decode_tiff_page", refuse)
    assert np.array_equal(read_image(path), expected)


def test_sixteen_bit_colour_with_lzw(tmp_path):
    values = RNG.integers(0, 65536, (20, 26, 3), dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "a.tif"), values[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    assert np.array_equal(read_image(tmp_path / "a.tif"), values)


def test_a_tiff_that_pillow_refuses(tmp_path):
    """Three samples, yet called black-is-zero: how CVC-ClinicDB was published."""
    tifffile.imwrite(tmp_path / "a.tif", RGB, photometric="minisblack", planarconfig="contig")
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.pages[0].samplesperpixel == 3
    assert np.array_equal(read_image(tmp_path / "a.tif"), RGB)


def test_white_is_zero_is_turned_round(tmp_path):
    grey = RGB[..., 0]
    tifffile.imwrite(tmp_path / "a.tif", 255 - grey, photometric="miniswhite")
    assert np.array_equal(read_image(tmp_path / "a.tif"), grey)


def test_other_numbers_become_float32(tmp_path):
    values = RNG.normal(size=(12, 9))
    tifffile.imwrite(tmp_path / "a.tif", values)
    found = read_image(tmp_path / "a.tif")
    assert found.dtype == np.float32
    assert np.allclose(found, values)
    tifffile.imwrite(tmp_path / "b.tif", np.arange(-54, 54, dtype=np.int16).reshape(12, 9))
    assert read_image(tmp_path / "b.tif").min() == -54


def test_the_rules_of_eight_bits():
    def grey(values, dtype):
        return to_rgb8(np.array([values], dtype))[0, :, 1].tolist()

    assert grey([0, 65535, 257 * 100], np.uint16) == [0, 255, 100]
    assert grey([0, 4095, 16 * 100], np.uint16) == [0, 255, 100]
    assert grey([0, 4096], np.uint16) == [0, 16]
    assert grey([0, 255, 7], np.uint16) == [0, 255, 7]
    assert grey([-1.0, 0.0, 1.0], np.float32) == [0, 128, 255]
    assert grey([np.nan, 0.0, np.inf, 2.0, -np.inf], np.float32) == [0, 0, 0, 255, 0]
    assert grey([3.0, 3.0], np.float32) == [0, 0]
    assert grey([np.nan], np.float32) == [0]
    out = to_rgb8(RGB)
    assert out.flags.c_contiguous
    assert out.dtype == np.uint8


def test_masks_by_index_by_grey_and_by_colour(tmp_path):
    truth = RGB[..., 1] > 100
    dark = Image.new("P", (44, 30))
    dark.frombytes(truth.astype(np.uint8).tobytes())
    dark.putpalette([0, 0, 0, 76, 76, 76])  # "on" is a grey below 127
    for suffix in (".png", ".tif", ".gif"):
        dark.save(tmp_path / f"p{suffix}")
        assert np.array_equal(read_mask(tmp_path / f"p{suffix}"), truth), suffix
    for suffix in (".png", ".tif"):
        assert np.array_equal(read_mask(save(tmp_path / f"b{suffix}", truth)), truth)
        grey = save(tmp_path / f"g{suffix}", np.where(truth, 128, 127).astype(np.uint8))
        assert np.array_equal(read_mask(grey), truth)
        ones = save(tmp_path / f"o{suffix}", truth.astype(np.uint8))
        assert np.array_equal(read_mask(ones), truth)
        red = save(tmp_path / f"r{suffix}", truth[..., None] * np.array([255, 0, 0], np.uint8))
        assert np.array_equal(read_mask(red), truth)
    cv2.imwrite(str(tmp_path / "w.png"), truth.astype(np.uint16) * 65535)
    assert np.array_equal(read_mask(tmp_path / "w.png"), truth)
    assert not read_mask(save(tmp_path / "n.png", np.zeros((5, 6), np.uint8))).any()


def test_a_jpeg_mask_loses_its_grey_fringe(tmp_path):
    truth = np.hypot(*(np.mgrid[:128, :128] - 64)) < 40
    path = save(tmp_path / "m.jpg", truth.astype(np.uint8) * 255, quality=60)
    assert len(np.unique(read_image(path))) > 10
    assert (read_mask(path) ^ truth).mean() < 0.002


def test_names_lie_contents_count(tmp_path):
    path = save(tmp_path / "a.png", RGB)
    renamed = path.rename(tmp_path / "b.JPG")
    assert np.array_equal(read_image(renamed), RGB)
    assert ".jpg" in IMAGE_SUFFIXES


@pytest.mark.real_images
def test_the_published_tiffs_equal_their_pngs(real_images):
    originals = sorted((real_images / "polyps/original_tif/Original").glob("*.tif"))
    assert len(originals) == 8
    for path in originals:
        png = real_images / "polyps/images" / f"{path.stem}.png"
        assert np.array_equal(read_image(path), read_image(png))
        mask = real_images / "polyps/original_tif/Ground Truth" / path.name
        assert np.array_equal(read_mask(mask), read_mask(real_images / "polyps/masks" / f"{path.stem}.png"))
    for name in ("EX", "MA"):
        tif = read_mask(real_images / f"retina/original_tif/IDRiD_01_{name}.tif")
        assert np.array_equal(tif, read_mask(real_images / f"retina/masks/{name}/IDRiD_01_{name}.png"))
        assert tif.any()


@pytest.mark.real_images
def test_a_few_of_every_real_set_open(real_images):
    folders = ["horses/images", "skin/images", "vessels/images", "retina/images", "polyps/images"]
    for folder in folders:
        for path in sorted((real_images / folder).iterdir())[:3]:
            picture = read_image(path)
            assert picture.dtype == np.uint8
            with Image.open(path) as reference:
                assert np.abs(picture.astype(int) - np.array(reference)).mean() < 1
    vessel = read_mask(real_images / "vessels/masks/vessel/21_manual1.gif")
    assert 0.03 < vessel.mean() < 0.2
