import cv2
import numpy as np
import pytest
import torch

from inference.images import ImageError
from inference.preprocess_config import PreprocessConfig
from tests.training.conftest import write_csv, write_picture
from training.config import AugmentConfig
from training.dataset import open_dataset
from training.torch_data import Loader, SampleSource

PREPROCESS = PreprocessConfig(size=(32, 32))


def source_of(folder, cache=1 << 24, preprocess=PREPROCESS):
    dataset = open_dataset(folder)
    return SampleSource(dataset.items, dataset.schema, preprocess, cache)


def test_batches_hold_what_the_files_hold(make_discs):
    source = source_of(make_discs(grades=True))
    (batch,) = Loader(source, batch_size=20).epoch()
    assert batch.images.shape == (12, 3, 32, 32) and batch.images.dtype == torch.float32
    assert batch.images.is_contiguous(memory_format=torch.channels_last)
    assert batch.targets.shape == batch.valid.shape == (12, 1, 32, 32)
    assert batch.grades["grade"].tolist() == [0, 1] * 6 and bool(batch.valid.all())
    assert float(batch.images.max()) <= 1.0 and batch.indices == tuple(range(12))
    inside = batch.targets.bool().expand(-1, 3, -1, -1)
    assert batch.images[inside].mean() > 2 * batch.images[~inside].mean()


def test_unlabelled_classes_ignored_areas_and_missing_grades(make_discs):
    folder = make_discs(count=4, splits=("train",))
    write_csv(folder / "reviewed.csv", ("image", "class", "state"), ("000.png", "disc", "reviewed"))
    write_csv(folder / "grades.csv", ("image", "grade"), ("000.png", "0"), ("001.png", "1"))
    write_csv(folder / "findings.csv", ("image", "found"), ("000.png", "1"), ("001.png", ""))
    ignored = np.zeros((48, 48), np.uint8)
    ignored[:24] = 255
    write_picture(folder / "ignore/disc/000.png", ignored)
    (batch,) = Loader(source_of(folder), batch_size=4).epoch()
    assert not batch.valid[1:].any() and not batch.valid[0, 0, :16].any() and batch.valid[0, 0, 16:].all()
    assert (batch.grades["grade"] == -1).all()  # reviewed.csv does not name them
    assert (batch.findings == -1).all()


def test_letterbox_margins_do_not_count(make_discs, tmp_path):
    folder = tmp_path / "wide"
    write_picture(folder / "images/1.png", np.full((20, 40, 3), 200, np.uint8))
    write_picture(folder / "masks/a/1.png", np.full((20, 40), 255, np.uint8))
    (batch,) = Loader(
        source_of(folder, preprocess=PreprocessConfig(mode="letterbox", size=(32, 32))), batch_size=1
    ).epoch()
    assert batch.valid[0, 0, 8:24].all() and batch.valid.sum() == 16 * 32


def test_the_second_epoch_decodes_nothing(make_discs):
    folder = make_discs(count=6)
    source = source_of(folder)
    loader = Loader(source, batch_size=4, shuffle=True, seed=1)
    first = {i: b for batch in loader.epoch(0) for i, b in zip(batch.indices, batch.targets, strict=True)}
    assert len(source.perceptual) == 6
    for item in source.items:
        item.path.unlink()
    second = {i: b for batch in loader.epoch(1) for i, b in zip(batch.indices, batch.targets, strict=True)}
    assert first.keys() == second.keys() and all(torch.equal(first[i], second[i]) for i in first)


def test_the_cache_keeps_to_its_budget(make_discs):
    folder = make_discs(count=6)
    source = source_of(folder, cache=2 * (32 * 32 * 3 + 2 * 32 * 32 // 8))
    list(Loader(source, batch_size=2).epoch())
    source.items[0].path.unlink()
    source.sample(0)  # kept
    source.items[5].path.unlink()
    with pytest.raises(ImageError, match=r"005\.png"):
        source.sample(5)


def test_order_depends_on_seed_and_epoch_and_can_be_skipped(make_discs):
    source = source_of(make_discs())

    def order(seed, epoch, skip=0):
        return [b.indices for b in Loader(source, batch_size=4, seed=seed, shuffle=True).epoch(epoch, skip)]

    assert order(0, 0) == order(0, 0) and order(0, 0) != order(0, 1) and order(0, 0) != order(1, 0)
    assert order(0, 1, skip=1) == order(0, 1)[1:]
    assert sorted(i for indices in order(0, 2) for i in indices) == list(range(12))


def test_a_single_last_sample_joins_the_batch_before(make_discs):
    source = source_of(make_discs(count=10))
    loader = Loader(source, batch_size=3, shuffle=True)
    assert [len(b.indices) for b in loader.epoch()] == [3, 3, 4] and loader.batches == 3
    assert [len(b.indices) for b in Loader(source, batch_size=3).epoch()] == [3, 3, 3, 1]
    assert [len(b.indices) for b in Loader(source, batch_size=20, shuffle=True).epoch()] == [10]


def test_reading_does_not_touch_torchs_own_numbers(make_discs):
    source = source_of(make_discs(count=4))
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    list(Loader(source, batch_size=2, shuffle=True, config=AugmentConfig(rotation=5)).epoch())
    assert torch.equal(torch.rand(3), expected)


def test_workers_give_the_same_batches(make_discs):
    source = source_of(make_discs(count=4))
    config = AugmentConfig(rotation=20, flip_horizontal=True)
    threads = cv2.getNumThreads()
    alone = list(Loader(source, batch_size=2, shuffle=True, config=config).epoch(3))
    loader = Loader(source, batch_size=2, shuffle=True, config=config, workers=1)
    helped = list(loader.epoch(3))
    loader.close()
    assert all(torch.equal(a.images, b.images) for a, b in zip(alone, helped, strict=True))
    assert cv2.getNumThreads() == threads
