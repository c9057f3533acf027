"""Thumbnails: kept between starts, made anew when the file changed, bounded."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from desktop.jobs import thumbnails
from desktop.jobs.thumbnails import SIDE, ThumbnailCache, thumbnail_key


def picture(path: Path, value: int, size: tuple[int, int] = (300, 400)) -> Path:
    assert cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))
    return path


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.jpg"))


def test_a_thumbnail_is_made_once_and_outlives_the_program(tmp_path, monkeypatch) -> None:
    path, folder = picture(tmp_path / "a.png", 120), tmp_path / "cache"
    first = ThumbnailCache(folder).get(path)
    assert max(first.width(), first.height()) == SIDE and first.width() > first.height()
    assert len(kept(folder)) == 1
    monkeypatch.setattr(thumbnails, "make_thumbnail", lambda *_: pytest.fail("made again"))
    again = ThumbnailCache(folder).get(path)
    assert again.size() == first.size()
    assert abs(again.pixelColor(5, 5).red() - 120) < 4


def test_what_is_made_before_anything_may_be_written_is_kept_later(tmp_path, monkeypatch) -> None:
    path, folder = picture(tmp_path / "a.png", 120), tmp_path / "cache"
    early = ThumbnailCache(folder, keep=False)
    early.get(path)
    assert not folder.exists()
    ThumbnailCache(folder).take_over(early)
    assert len(kept(folder)) == 1
    monkeypatch.setattr(thumbnails, "make_thumbnail", lambda *_: pytest.fail("made again"))
    ThumbnailCache(folder, keep=False).get(path)


def test_a_changed_file_is_another_picture(tmp_path) -> None:
    path, cache = picture(tmp_path / "a.png", 120), ThumbnailCache(tmp_path / "cache")
    before = thumbnail_key(path, 0)
    cache.get(path)
    picture(path, 20, (200, 400))
    os.utime(path, ns=(1, 1))
    assert thumbnail_key(path, 0) != before != thumbnail_key(path, 1)
    assert cache.get(path).pixelColor(5, 5).red() < 30


def test_the_folder_stays_below_its_limit_and_the_oldest_go(tmp_path) -> None:
    folder = tmp_path / "cache"
    cache = ThumbnailCache(folder, limit=60_000, check_every=1000)
    chance = np.random.default_rng(0)
    for number in range(12):
        path = tmp_path / f"{number}.png"
        assert cv2.imwrite(str(path), chance.integers(0, 255, (150, 150, 3), np.uint8))
        cache.get(path)
        newest = max(kept(folder), key=lambda file: file.stat().st_mtime_ns)
    sizes = [file.stat().st_size for file in kept(folder)]
    assert sum(sizes) > 60_000
    gone = cache.shrink()
    assert gone == len(sizes) - len(kept(folder)) > 0
    assert sum(file.stat().st_size for file in kept(folder)) <= 48_000
    assert newest in kept(folder) and cache.shrink() == 0


def test_writing_measures_the_folder_now_and_then(tmp_path, monkeypatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(ThumbnailCache, "shrink", lambda self: asked.append(1) or 0)
    cache = ThumbnailCache(tmp_path / "cache", check_every=3)
    for number in range(7):
        cache.get(picture(tmp_path / f"{number}.png", number))
    assert len(asked) == 3


def test_a_cache_that_cannot_be_written_is_no_problem(tmp_path) -> None:
    (tmp_path / "cache").write_text("a file is in the way")
    cache = ThumbnailCache(tmp_path / "cache")
    assert not cache.get(picture(tmp_path / "a.png", 120)).isNull()
    assert not ThumbnailCache(None).get(tmp_path / "a.png").isNull()


def test_a_damaged_thumbnail_is_made_again(tmp_path) -> None:
    path, cache = picture(tmp_path / "a.png", 120), ThumbnailCache(tmp_path / "cache")
    cache.get(path)
    (file,) = kept(tmp_path / "cache")
    file.write_bytes(b"")
    assert abs(cache.get(path).pixelColor(5, 5).red() - 120) < 4
