import numpy as np
import pytest

from desktop.project.cache import PredictionCache
from inference.prediction import Geometry, Prediction


def prediction(digest="m1", level=9):
    logits = np.full((1, 4, 5), level, np.uint8)
    return Prediction(
        digest, ("MA",), logits, Geometry((40, 50), (4, 5), (0.0, 0.0, 4.0, 5.0)), {"g": (0.2, 0.8)}
    )


@pytest.fixture
def cache(tmp_path):
    return PredictionCache(tmp_path / "predictions")


def test_predictions_come_back_per_image_frame_and_model(cache):
    assert cache.put("abc", 0, prediction()) and cache.put("abc", 1, prediction(level=50))
    assert cache.put("abc", 0, prediction("m2", 70))
    assert cache.get("abc", 0, "m1").logits[0, 0, 0] == 9 and cache.get("abc", 1, "m1").logits[0, 0, 0] == 50
    assert cache.get("abc", 0, "m1").grades == {"g": (0.2, 0.8)}
    assert cache.get("abc", 2, "m1") is None and cache.get("xyz", 0, "m1") is None
    assert cache.has("abc", 0, "m2") and cache.size() > 0
    cache.drop("m1")
    assert not cache.has("abc", 0, "m1") and cache.get("abc", 0, "m2") is not None
    cache.drop("m1")


def test_a_damaged_file_is_dropped(cache):
    cache.put("abc", 0, prediction())
    path = next(cache.folder.rglob("*.prediction"))
    path.write_bytes(path.read_bytes()[:-3])
    assert cache.get("abc", 0, "m1") is None and not path.exists()


def test_a_full_or_missing_disk_costs_only_time(cache, monkeypatch, tmp_path):
    cache.folder.write_text("a file where the folder would be")
    assert not cache.put("abc", 0, prediction()) and cache.get("abc", 0, "m1") is None
    other = PredictionCache(tmp_path / "other")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("desktop.project.cache.os.replace", refuse)
    assert not other.put("abc", 0, prediction())
    assert [path for path in other.folder.rglob("*") if path.is_file()] == []


def test_names_cannot_lead_out(cache):
    cache.put("../../evil", 0, prediction("../m"))
    assert all(path.is_relative_to(cache.folder) for path in cache.folder.parent.rglob("*.prediction"))
    assert cache.get("../../evil", 0, "../m") is not None
