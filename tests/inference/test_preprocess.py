import cv2
import numpy as np
import pytest

from inference.preprocess import (
    PreprocessConfig,
    PreprocessError,
    field_of_view,
    fit_image,
    mask_coverage,
    normalise,
    plan,
    prepare,
    prepare_mask,
)


def fundus(height=600, width=900, radius=260):
    rows, columns = np.mgrid[:height, :width]
    inside = np.hypot(rows - height / 2 + 0.5, columns - width / 2 + 0.5) < radius
    return np.where(inside[..., None], np.array([180, 90, 40]), np.array([3, 2, 4])).astype(np.uint8)


def test_squash_fills_the_picture_by_area_averaging():
    picture = np.zeros((128, 256, 3), np.uint8)
    picture[:, ::2] = 200
    fitted, geometry = fit_image(picture, PreprocessConfig(size=(32, 64)))
    assert (fitted == 100).all()  # picking pixels would give 0 or 200
    assert geometry.content == (0, 0, 32, 64)
    assert geometry.source == (0, 0, 128, 256)


def test_letterbox_keeps_the_aspect_and_centres_on_black():
    picture = np.full((100, 300, 3), 255, np.uint8)
    fitted, geometry = fit_image(picture, PreprocessConfig(mode="letterbox", size=(96, 96)))
    assert geometry.content == (32, 0, 64, 96)
    assert (fitted[32:64] == 255).all()
    assert not fitted[:32].any()
    assert not fitted[64:].any()


@pytest.mark.parametrize(
    ("name", "black", "white"),
    [("zero-one", 0, 1), ("minus-one-one", -1, 1), ("imagenet", -0.485 / 0.229, (1 - 0.485) / 0.229)],
)
def test_normalisation_by_name(name, black, white):
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[0] = 255
    values = normalise(picture, PreprocessConfig(size=(16, 16), normalise=name))
    assert values.shape == (3, 16, 16)
    assert values.dtype == np.float32
    assert values[0, 0, 0] == pytest.approx(white, abs=1e-5)
    assert values[0, 1, 0] == pytest.approx(black, abs=1e-5)
    assert values.transpose(1, 2, 0).flags.c_contiguous  # channels-last memory


def test_clahe_raises_contrast_and_leaves_the_hue():
    rng = np.random.default_rng(0)
    flat = np.clip(np.array([120, 80, 60]) + rng.integers(-4, 5, (128, 128, 1)), 0, 255).astype(np.uint8)
    off, _ = fit_image(flat, PreprocessConfig(size=(128, 128)))
    on, _ = fit_image(flat, PreprocessConfig(size=(128, 128), clahe=True, clahe_clip=4.0))
    assert on.std() > 1.5 * off[..., 0].std()
    lab = cv2.cvtColor(on, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(float)
    before = cv2.cvtColor(off, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(float)
    assert np.abs(lab[:, 1:].mean(0) - before[:, 1:].mean(0)).max() < 3


def test_the_field_of_view_is_the_disc():
    box = field_of_view(fundus())
    assert np.abs(np.array(box) - (40, 190, 560, 710)).max() <= 3
    assert field_of_view(np.full((50, 70, 3), 90, np.uint8)) == (0, 0, 50, 70)
    assert field_of_view(np.zeros((50, 70, 3), np.uint8)) == (0, 0, 50, 70)
    speck = np.zeros((500, 700, 3), np.uint8)
    speck[10:20, 10:20] = 255
    assert field_of_view(speck) == (0, 0, 500, 700)


@pytest.mark.parametrize("mode", ["squash", "letterbox"])
@pytest.mark.parametrize("crop", [False, True])
def test_image_and_mask_lie_on_each_other(mode, crop):
    """A bright square in the picture and its mask must cover the same network pixels."""
    picture = fundus()
    mask = np.zeros((600, 900), bool)
    mask[250:330, 400:520] = True
    picture[mask] = 255
    config = PreprocessConfig(mode=mode, size=(128, 160), field_of_view_crop=crop)
    values, geometry = prepare(picture, config)
    seen = values[2] > 0.58  # halfway between the disc's 40 and 255
    assert np.array_equal(seen, prepare_mask(mask, geometry))
    centre = geometry.to_network(289.5, 459.5)
    assert np.argwhere(seen).mean(0) == pytest.approx(centre, abs=0.6)


def test_tiny_lesions_survive_and_areas_stay_true():
    """At 1/8, lesions of 5 pixels cover less than half a network pixel; picking loses most."""
    rng = np.random.default_rng(5)
    mask = np.zeros((2048, 2048), bool)
    cells = rng.permutation(64 * 64)[:150]
    for cell in cells:
        y, x = 32 * (cell // 64) + rng.integers(0, 11), 32 * (cell % 64) + rng.integers(0, 11)
        mask[y : y + 5, x : x + 5] = True
    geometry = plan((2048, 2048), PreprocessConfig(size=(256, 256)))
    small = prepare_mask(mask, geometry)
    nearest = cv2.resize(mask.view(np.uint8), (256, 256), interpolation=cv2.INTER_NEAREST)
    kept = cv2.connectedComponents(small.view(np.uint8), connectivity=8)[0] - 1
    assert kept == 150
    assert cv2.connectedComponents(nearest, connectivity=8)[0] - 1 < 90

    disc = np.hypot(*(np.mgrid[:2048, :2048] - 1000.3)) < 500
    area = prepare_mask(disc, geometry).sum() * 64
    assert area == pytest.approx(disc.sum(), rel=0.002)


def test_coverage_is_the_covered_share():
    mask = np.zeros((64, 64), bool)
    mask[:, :4] = True
    coverage = mask_coverage(mask, plan((64, 64), PreprocessConfig(size=(8, 8))))
    assert coverage[:, 0] == pytest.approx(0.5, abs=0.01)
    assert not coverage[:, 1:].any()


def test_masks_grow_with_enlarged_images():
    mask = np.zeros((10, 10), bool)
    mask[2:5, 3:7] = True
    big = prepare_mask(mask, plan((10, 10), PreprocessConfig(size=(40, 40))))
    assert big.sum() == pytest.approx(12 * 16, rel=0.15)
    assert big[9:19, 13:27].all()  # linear growth rounds the corners


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(PreprocessError, match="70x60"):
        prepare_mask(np.zeros((60, 70), bool), plan((61, 70), PreprocessConfig()))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"mode": "tiles"}, "“mode”"),
        ({"normalize": "zero-one"}, "did you mean “normalise”"),
        ({"size": [512]}, "size"),
        ({"size": [512.5, 512]}, "size"),
        ({"clahe_clip": "2"}, "number"),
        ({"clahe_clip": -1}, "above 0"),
        ({"clahe": 1}, "true or false"),
        ({"normalise": "none"}, "imagenet"),
    ],
)
def test_configurations_are_strict(record, words):
    with pytest.raises(PreprocessError) as caught:
        PreprocessConfig.from_dict(record)
    assert words in str(caught.value)


def test_a_configuration_survives_plain_values():
    config = PreprocessConfig(mode="letterbox", size=(320, 480), clahe=True, normalise="imagenet")
    assert PreprocessConfig.from_dict(config.to_dict()) == config


def test_what_is_no_picture_is_refused():
    for wrong in (np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((0, 8, 3), np.uint8)):
        with pytest.raises(PreprocessError):
            prepare(wrong, PreprocessConfig())
