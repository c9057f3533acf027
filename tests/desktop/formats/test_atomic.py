"""Folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.formats.atomic import AtomicFolder
from desktop.formats.base import FormatError


def folder(out: Path) -> AtomicFolder:
    return AtomicFolder(out, marker="made.json", signature='"format": "mine"', what="results")


def make(out: Path, text: str = "1") -> None:
    with folder(out) as new:
        (new.part / "made.json").write_text('{"format": "mine"}')
        (new.part / "value").write_text(text)
        new.commit()


def test_it_appears_with_commit_and_leaves_nothing_beside(tmp_path: Path) -> None:
    with folder(tmp_path / "deep" / "out") as new:
        (new.part / "made.json").write_text('{"format": "mine"}')
        assert not (tmp_path / "deep" / "out").exists()
        new.commit()
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == ["out"]
    assert (tmp_path / "deep" / "out" / "made.json").is_file()


def test_a_failure_leaves_the_old_folder_as_it_was(tmp_path: Path) -> None:
    make(tmp_path / "out", "old")
    with pytest.raises(OSError), folder(tmp_path / "out") as new:
        (new.part / "value").write_text("new")
        raise OSError(errno.ENOSPC, "full")
    assert (tmp_path / "out" / "value").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if "out" in p.name] == ["out"]


def test_its_own_folder_and_an_empty_one_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    make(tmp_path / "out", "first")
    make(tmp_path / "out", "second")
    assert (tmp_path / "out" / "value").read_text() == "second"
    assert [p.name for p in tmp_path.iterdir() if "out" in p.name] == ["out"]


@pytest.mark.parametrize("stranger", ["photograph.jpg", "made.json"])
def test_a_stranger_is_never_touched(tmp_path: Path, stranger: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / stranger).write_text("{}")
    with pytest.raises(FormatError, match=r"not empty.*choose another folder"):
        folder(tmp_path / "out")
    (tmp_path / "file").write_text("x")
    with pytest.raises(FormatError, match="is not a folder"):
        folder(tmp_path / "file")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(FormatError, match="is not a folder"):
        folder(tmp_path / "link")


def test_what_came_to_stand_there_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not empty"), folder(tmp_path / "out") as new:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "letter.txt").write_text("mine")
        new.commit()
    assert (tmp_path / "out" / "letter.txt").read_text() == "mine"


def test_what_a_killed_process_left_is_removed_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f".out.{ended.pid}.12345678.part"
    living = tmp_path / f".out.{os.getpid()}.12345678.part"
    for part in (left, living):
        part.mkdir()
        (part / "mask.png").write_text("x")
    make(tmp_path / "out")
    assert not left.exists() and living.exists()
