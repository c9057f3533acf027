import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score, jaccard_score

from inference.prediction import probability_to_level
from training.metrics import (
    THRESHOLDS,
    MaskScore,
    Overlap,
    ThresholdSearch,
    accuracy,
    bootstrap_interval,
    overlap,
    quadratic_kappa,
    soft_overlap,
)


def test_dice_and_iou_agree_with_scikit_learn():
    random = np.random.default_rng(0)
    for _ in range(5):
        a, b = random.random((9, 7)) > 0.6, random.random((9, 7)) > 0.4
        assert overlap(a, b).dice == pytest.approx(f1_score(b.ravel(), a.ravel()))
        assert overlap(a, b).iou == pytest.approx(jaccard_score(b.ravel(), a.ravel()))
        valid = random.random((9, 7)) > 0.5
        assert overlap(a, b, valid).dice == pytest.approx(f1_score(b[valid], a[valid]))


def test_empty_convention():
    nothing, some = np.zeros((2, 2), bool), np.eye(2, dtype=bool)
    assert overlap(nothing, nothing).dice == overlap(nothing, nothing).iou == 1.0
    assert overlap(some, nothing).dice == overlap(nothing, some).iou == 0.0


def test_soft_dice_by_hand():
    p = np.array([[0.8, 0.4]])
    y = np.array([[True, False]])
    assert soft_overlap(p, y).dice == pytest.approx(1.6 / 2.2)
    assert soft_overlap(p, y, np.array([[True, False]])).dice == pytest.approx(1.6 / 1.8)


def test_mean_over_images_is_not_pooled():
    score = MaskScore()
    score.add(Overlap(1, 1, 1))
    score.add(Overlap(0, 0, 98))
    summary = score.summary()
    assert summary["dice"] == 0.5 and summary["dice_pooled"] == pytest.approx(2 / 100)
    assert summary["iou_pooled"] == pytest.approx(1 / 99) and summary["images"] == 2
    assert MaskScore().summary()["dice"] is None


def test_grades():
    true, predicted = [0, 1, 2, 3, 4, 4], [0, 2, 2, 3, 3, 0]
    expected = cohen_kappa_score(true, predicted, weights="quadratic")
    assert quadratic_kappa(true, predicted, 5) == pytest.approx(expected)
    assert accuracy(true, predicted) == pytest.approx(0.5)
    random = np.random.default_rng(0)
    for values in (2, 3, 7):
        a, b = random.integers(0, values, (2, 40)).tolist()
        expected = cohen_kappa_score(a, b, weights="quadratic", labels=range(values))
        assert quadratic_kappa(a, b, values) == pytest.approx(expected)
    assert quadratic_kappa([], [], 5) is None and accuracy([], []) is None
    assert quadratic_kappa([1, 1], [1, 1], 5) is None


def test_bootstrap_draws_groups():
    values = np.array([0.0] * 50 + [1.0] * 50)
    groups = ["a"] * 50 + ["b"] * 50

    def mean(positions):
        return float(values[positions].mean())

    assert bootstrap_interval(groups, mean) == (0.0, 1.0)
    low, high = bootstrap_interval([str(i) for i in range(100)], mean)
    assert 0.38 < low < 0.45 and 0.55 < high < 0.62
    assert bootstrap_interval(groups, mean, seed=3) == bootstrap_interval(groups, mean, seed=3)
    assert bootstrap_interval(["a"] * 9, mean) is None


def test_threshold_search_finds_what_trying_all_finds():
    random = np.random.default_rng(1)
    search = ThresholdSearch()
    pairs = []
    for _ in range(4):
        y = random.random((16, 16)) > 0.7
        p = np.clip(0.25 * y + 0.3 * random.random((16, 16)), 0, 1).astype(np.float32)
        valid = random.random((16, 16)) > 0.2
        search.add(p, y, valid)
        pairs.append((p, y, valid))
    nothing = Overlap(0, 0, 0)
    pooled = [sum((overlap(p >= np.float32(t), y, v) for p, y, v in pairs), nothing).dice for t in THRESHOLDS]
    assert [search.dice_at(t) for t in THRESHOLDS] == pytest.approx(pooled)
    assert search.dice_at(search.best()) == search.best_dice == pytest.approx(max(pooled))
    assert search.images == 4 and search.shown


def test_a_rare_class_is_found_and_not_thresholded_away():
    """One image of five shows the lesion, dimly (0.3); on the others a pixel is wrongly at 0.3, too. The mean
    over images is highest where nothing is predicted (4 of 5); pooled, finding it is better."""
    search = ThresholdSearch()
    lesion = np.zeros((8, 8), bool)
    lesion[:2] = True
    search.add(np.where(lesion, 0.3, 0.01).astype(np.float32), lesion)
    false = np.full((8, 8), 0.01, np.float32)
    false[0, 0] = 0.3
    for _ in range(4):
        search.add(false, np.zeros((8, 8), bool))
    assert search.best() == 0.3
    assert search.dice_at(0.3) == pytest.approx(2 * 16 / (16 + 16 + 4)) and search.dice_at(0.5) == 0.0


def test_threshold_of_equals_is_the_nearest_to_a_half():
    search = ThresholdSearch()
    search.add(np.array([[0.9, 0.1]], np.float32), np.array([[True, False]]))
    assert search.best() == 0.5 and search.best_dice == 1.0


def test_threshold_without_any_true_pixel_is_the_one_before():
    search = ThresholdSearch()
    assert search.best() == 0.5 and search.best(0.35) == 0.35
    search.add(np.full((2, 2), 0.4, np.float32), np.zeros((2, 2), bool))
    assert not search.shown and search.best(0.35) == 0.35
    assert search.best_dice is None and search.dice_at(0.5) is None


def test_thresholds_of_quantised_levels():
    cuts = [probability_to_level(threshold) for threshold in THRESHOLDS]
    search = ThresholdSearch(cuts)
    level = probability_to_level(0.3)
    search.add(np.array([[level, level - 1]], np.uint8), np.array([[True, False]]))
    assert search.best() == 0.3
    with pytest.raises(ValueError, match="19 cuts"):
        ThresholdSearch([1.0])
