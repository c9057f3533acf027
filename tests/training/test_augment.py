import numpy as np
import pytest

from training.augment import Sample, augment, draw_matrix, generator, recolour, warp
from training.config import AugmentConfig

SIZE = 33


def point(y: int, x: int, size=(SIZE, SIZE)) -> Sample:
    """A point in the picture, in the target and the only place that is not valid."""
    picture = np.zeros((*size, 3), np.uint8)
    picture[y, x] = 255
    targets = np.zeros((2, *size), np.uint8)
    targets[0, y, x] = 1
    valid = np.ones((2, *size), np.uint8)
    valid[1, y, x] = 0
    return Sample(picture, targets, valid)


def where(plane) -> tuple[int, int]:
    return tuple(int(v) for v in np.unravel_index(int(np.argmax(plane)), plane.shape))


@pytest.mark.parametrize(
    "config",
    [
        AugmentConfig(flip_horizontal=True, flip_vertical=True),
        AugmentConfig(quarter_turns=True),
        AugmentConfig(flip_horizontal=True, quarter_turns=True),
    ],
)
def test_exact_moves_carry_picture_mask_and_validity_alike(config):
    places = set()
    for index in range(40):
        out = augment(point(4, 9), config, generator(0, 1, index))
        y, x = where(out.picture[..., 0])
        assert out.picture[y, x, 0] == 255 and out.picture[..., 0].sum() == 255
        assert where(out.targets[0]) == (y, x) and out.targets.sum() == 1
        assert out.valid[1, y, x] == 0 and out.valid.sum() == 2 * SIZE**2 - 1
        places.add((y, x))
    far = SIZE - 1
    assert places <= {(4, 9), (4, far - 9), (far - 4, 9), (far - 4, far - 9)} | {
        (9, 4), (9, far - 4), (far - 9, 4), (far - 9, far - 4)
    }  # fmt: skip
    assert len(places) >= 4


def test_rotation_and_scale_move_all_to_the_same_place():
    config = AugmentConfig(rotation=40, scale=0.3)
    for index in range(20):
        out = augment(point(12, 20), config, generator(0, 1, index))
        if out.targets[0].any():  # nearest picking may miss a single point when shrinking
            y, x = where(out.targets[0])
            py, px = where(out.picture[..., 0])
            assert abs(y - py) <= 1 and abs(x - px) <= 1


def test_rotation_is_the_angle_it_says():
    matrix = draw_matrix(SIZE, SIZE, AugmentConfig(rotation=30), generator(0, 0, 3))
    angle = np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))
    assert 0 < abs(angle) <= 30
    assert np.linalg.det(matrix[:, :2]) == pytest.approx(1)
    centre = (SIZE - 1) / 2
    assert matrix @ [centre, centre, 1] == pytest.approx([centre, centre])


def test_what_comes_from_outside_is_not_valid():
    sample = point(16, 16)
    shift = np.array([[1.0, 0, 10], [0, 1.0, 0]])
    out = warp(sample, shift)
    assert not out.valid[0, :, :10].any() and out.valid[0, :, 10:].all()
    assert where(out.targets[0]) == (16, 26)


def test_pictures_that_are_not_square_are_not_turned_by_quarters():
    for index in range(30):
        out = augment(point(2, 30, (20, 40)), AugmentConfig(quarter_turns=True), generator(5, 0, index))
        assert out.valid[0].all() and where(out.targets[0]) in {(2, 30), (17, 9)}


def test_colours_leave_masks_alone_and_stay_in_range():
    config = AugmentConfig(brightness=0.5, contrast=0.5, saturation=0.5, hue=0.1, clahe=1.0)
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (40, 40, 3)).astype(np.uint8)
    targets = (random.random((1, 40, 40)) > 0.5).astype(np.uint8)
    out = augment(Sample(picture, targets, np.ones_like(targets)), config, generator(0, 0, 0))
    assert np.array_equal(out.targets, targets) and out.valid.all()
    assert out.picture.dtype == np.uint8 and not np.array_equal(out.picture, picture)


def test_brightness_does_what_it_says():
    picture = np.full((4, 4, 3), 100, np.uint8)
    means = [
        float(recolour(picture, AugmentConfig(brightness=0.3), generator(0, 0, i)).mean()) for i in range(50)
    ]
    assert min(means) >= 69 and max(means) <= 130 and max(means) - min(means) > 30


def test_same_seed_epoch_and_index_same_sample():
    config = AugmentConfig(rotation=40, scale=0.3, brightness=0.4, flip_vertical=True)
    a = augment(point(10, 10), config, generator(1, 2, 3))
    b = augment(point(10, 10), config, generator(1, 2, 3))
    c = augment(point(10, 10), config, generator(1, 3, 3))
    assert np.array_equal(a.picture, b.picture) and not np.array_equal(a.picture, c.picture)


def test_nothing_asked_nothing_changed():
    sample = point(3, 4)
    out = augment(sample, AugmentConfig(), generator(0, 0, 0))
    assert np.array_equal(out.picture, sample.picture) and np.array_equal(out.valid, sample.valid)
