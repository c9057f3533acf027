import cv2
import numpy as np
import pytest

from inference.postprocess import class_areas, class_mask, filled, probability_at, without_small
from inference.prediction import Prediction, PredictionError, quantise
from inference.preprocess import PreprocessConfig, network_window, plan


def disc_prediction(geometry, centre, radius, name="disc"):
    """Levels of a disc given in image pixels, as a network that sees perfectly would answer.

    The logit is the distance to the border in network pixels, so a threshold of 0.5 is the border itself.
    """
    rows, columns = np.mgrid[: geometry.network_size[0], : geometry.network_size[1]]
    scale_y, scale_x = geometry.scale
    y = (rows + 0.5 - geometry.content[0]) / scale_y - 0.5
    x = (columns + 0.5 - geometry.content[1]) / scale_x - 0.5
    logits = (radius - np.hypot(y - centre[0], x - centre[1])) * min(scale_y, scale_x)
    levels = quantise(logits[None])
    return Prediction("d", (name,), levels, geometry)


def disc(size, centre, radius):
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.hypot(rows - centre[0], columns - centre[1]) < radius


@pytest.mark.parametrize(
    ("config", "source"),
    [
        (PreprocessConfig(size=(256, 256)), None),
        (PreprocessConfig(size=(256, 256), mode="letterbox"), None),
        (PreprocessConfig(size=(256, 256), mode="letterbox"), (50, 130, 1000, 1400)),
        (PreprocessConfig(size=(256, 320)), (50, 131, 1003, 1400)),
    ],
)
def test_a_disc_comes_back_where_it_was(config, source):
    """Half-pixel centres: a shift by half a network pixel would be 3 image pixels and fail by far."""
    size, centre, radius = (1100, 1500), (480.0, 730.0), 300.0
    mask = class_mask(disc_prediction(plan(size, config, source), centre, radius), "disc")
    true = disc(size, centre, radius)
    assert mask.shape == size
    assert mask.dtype == np.bool_
    assert np.argwhere(mask).mean(0) == pytest.approx(centre, abs=0.25)
    assert mask.sum() == pytest.approx(true.sum(), rel=0.004)
    assert (mask ^ true).sum() < 0.006 * true.sum()


def test_the_border_has_no_stair_steps():
    """Border pixels lie on the circle to a pixel and a half; magnified pixels would leave it by six."""
    size, centre, radius = (1600, 1600), (800.2, 799.7), 620.0
    geometry = plan(size, PreprocessConfig(size=(128, 128)))
    mask = class_mask(disc_prediction(geometry, centre, radius), "disc")
    outline = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0][:, 0]
    distance = np.abs(np.hypot(outline[:, 1] - centre[0], outline[:, 0] - centre[1]) - radius)
    assert distance.max() < 1.6
    coarse = disc_prediction(geometry, centre, radius).logits[0] >= 128
    blocky = cv2.resize(coarse.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    steps = cv2.findContours(blocky, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0][:, 0]
    assert np.abs(np.hypot(steps[:, 1] - centre[0], steps[:, 0] - centre[1]) - radius).max() > 5


def test_outside_what_the_network_saw_nothing_is_inside():
    geometry = plan((400, 600), PreprocessConfig(size=(64, 64)), (100, 150, 300, 450))
    everything = Prediction("d", ("a",), np.full((1, 64, 64), 255, np.uint8), geometry)
    mask = class_mask(everything, "a", 0.9)
    assert mask[100:300, 150:450].all()
    assert mask.sum() == 200 * 300
    assert probability_at(everything, "a", 50, 50) == 0.0
    assert probability_at(everything, "a", 200, 200) > 0.99


def test_padding_never_bleeds_into_the_image():
    geometry = plan((100, 400), PreprocessConfig(size=(64, 64), mode="letterbox"))
    top, _, bottom, _ = network_window(geometry)
    levels = np.full((1, 64, 64), 255, np.uint8)
    levels[:, top:bottom] = 0
    assert not class_mask(Prediction("d", ("a",), levels, geometry), "a", 0.01).any()


def test_fractional_windows_are_aligned_too():
    from inference.prediction import Geometry

    geometry = Geometry((800, 800), (100, 100), (10.25, 5.5, 90.25, 85.5))
    mask = class_mask(disc_prediction(geometry, (400.0, 380.0), 200.0), "disc")
    assert np.argwhere(mask).mean(0) == pytest.approx((400.0, 380.0), abs=0.5)


def test_the_probe_agrees_with_the_mask():
    geometry = plan((300, 450), PreprocessConfig(size=(64, 64)))
    prediction = disc_prediction(geometry, (150.0, 200.0), 80.0)
    mask = class_mask(prediction, "disc", 0.7)
    rng = np.random.default_rng(1)
    for y, x in zip(rng.integers(0, 300, 400), rng.integers(0, 450, 400), strict=True):
        probability = probability_at(prediction, "disc", y, x)
        if abs(probability - 0.7) > 0.02:
            assert mask[y, x] == (probability >= 0.7)


def test_small_regions_go_and_holes_are_filled():
    geometry = plan((64, 64), PreprocessConfig(size=(64, 64)))
    levels = np.zeros((1, 64, 64), np.uint8)
    levels[0, 10:30, 10:30] = 255
    levels[0, 15:20, 15:20] = 0
    levels[0, 50:53, 50:53] = 255
    prediction = Prediction("d", ("a",), levels, geometry)
    assert class_mask(prediction, "a").sum() == 400 - 25 + 9
    assert class_mask(prediction, "a", min_area=10).sum() == 375
    assert class_mask(prediction, "a", fill_holes=True).sum() == 409
    assert class_mask(prediction, "a", min_area=380, fill_holes=True).sum() == 400
    assert class_mask(prediction, "a", min_area=9).sum() == 384


def test_a_bay_open_to_the_border_is_no_hole():
    mask = np.ones((20, 20), bool)
    mask[0:10, 8:12] = False
    assert np.array_equal(filled(mask), mask)
    mask[14:16, 14:16] = False
    assert filled(mask).sum() == 400 - 40
    assert without_small(np.zeros((5, 5), bool), 3).sum() == 0


def test_areas_are_counted_in_image_pixels():
    geometry = plan((640, 320), PreprocessConfig(size=(64, 64)))
    levels = np.zeros((2, 64, 64), np.uint8)
    levels[0, :, :32] = 255
    areas = class_areas(Prediction("d", ("a", "b"), levels, geometry), {"a": 0.5})
    assert areas["b"] == 0
    assert areas["a"] == pytest.approx(640 * 160, rel=0.02)


def test_an_unknown_class_is_refused():
    geometry = plan((64, 64), PreprocessConfig(size=(64, 64)))
    with pytest.raises(PredictionError, match="“b”"):
        class_mask(Prediction("d", ("a",), np.zeros((1, 64, 64), np.uint8), geometry), "b")
