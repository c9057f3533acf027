"""Every error becomes one sentence that a person can act on."""

from __future__ import annotations

import errno
import sqlite3
from concurrent.futures import Future
from pathlib import Path

import pytest

from desktop.errors import DesktopError
from desktop.messages import on_one_line, printable, sentence
from desktop.places import log_file
from desktop.project.errors import ProjectError
from inference.errors import InferenceError
from training.errors import TrainingError


@pytest.mark.parametrize("kind", [InferenceError, TrainingError, ProjectError, DesktopError])
def test_errors_of_our_own_keep_their_sentence(kind: type[Exception]) -> None:
    class Special(kind):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            Exception.__init__(self, "The file x.png is\nno picture.")

    assert sentence(Special()) == "The file x.png is no picture."


@pytest.mark.parametrize(
    ("number", "part"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "No permission"),
        (errno.EROFS, "read-only"),
        (errno.ELOOP, "leads back to itself"),
        (errno.ENOENT, "does not exist"),
        (errno.EMFILE, "Too many files"),
        (errno.EIO, "fault"),
        (errno.ENOLINK, "severed"),
    ],
)
def test_errors_of_the_system_name_the_file_and_what_to_do(number: int, part: str) -> None:
    said = sentence(OSError(number, "words of the C library", "/data/photographs/a.png"))
    assert part in said
    assert "words of the C library" not in said
    assert said.endswith(".") and "\n" not in said
    if number != errno.EMFILE:
        assert "/data/photographs/a.png" in said


def test_a_system_error_without_a_file_still_reads_as_a_sentence() -> None:
    assert sentence(OSError(errno.ENOSPC, "x")) == (
        "The disk is full: the file could not be written; free some space and try again."
    )
    assert sentence(OSError(errno.ENOENT, "x")) == "The file does not exist."


def test_of_two_files_the_target_is_named() -> None:
    assert "target" in sentence(OSError(errno.EEXIST, "x", "source", None, "target"))


def test_what_sqlite_says_is_translated(tmp_path: Path) -> None:
    broken = tmp_path / "project.sqlite"
    broken.write_bytes(b"this is no database, it only has its name" * 50)
    connection = sqlite3.connect(broken)
    with pytest.raises(sqlite3.DatabaseError) as caught:
        connection.execute("select * from sqlite_master")
    connection.close()
    assert sentence(caught.value) == "The project's store is not a project store of Overread."
    assert "disk is full" in sentence(sqlite3.OperationalError("database or disk is full"))


def test_a_wrapped_database_error_is_told_by_what_it_wraps() -> None:
    class WrappedError(Exception):
        orig = sqlite3.OperationalError("database is locked")

    assert sentence(WrappedError("(sqlite3.OperationalError) database is locked [SQL: ...]")).startswith(
        "The project's store is locked by another program"
    )


def test_memory_of_the_machine_and_of_a_gpu() -> None:
    class OutOfMemoryError(RuntimeError):
        pass

    for error in (MemoryError(), OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")):
        assert "not enough memory" in sentence(error)


def test_a_missing_library_and_a_missing_package() -> None:
    library = ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
    assert "libGL.so.1" in sentence(library) and "overread doctor" in sentence(library)
    assert "package torch" in sentence(ModuleNotFoundError("No module named 'torch'", name="torch"))


def test_an_unexpected_error_names_its_type_and_the_log_with_the_traceback() -> None:
    try:
        {}["a key that is not there"]
    except KeyError as error:
        caught = error
    said = sentence(caught)
    assert "KeyError" in said and str(log_file()) in said and "Traceback" not in said
    text = log_file().read_text(encoding="utf-8")
    assert "Traceback" in text and "test_messages.py" in text


def test_a_log_that_cannot_be_written_changes_nothing_but_the_words(tmp_path: Path) -> None:
    (tmp_path / "user-data").write_text("a file where the folder would be")
    said = sentence(ValueError("strange"))
    assert "ValueError: strange" in said and "could not be written to a log" in said


def test_a_large_log_is_put_aside() -> None:
    log_file().parent.mkdir(parents=True)
    log_file().write_bytes(b"x" * 2_000_001)
    sentence(ValueError("one more"))
    assert log_file().stat().st_size < 10_000
    assert log_file().with_suffix(".old.log").stat().st_size == 2_000_001


def test_the_error_of_a_future_is_told_like_any_other() -> None:
    future: Future[None] = Future()
    future.set_exception(OSError(errno.ENOSPC, "x", "project.sqlite"))
    error = future.exception()
    assert error is not None and "disk is full" in sentence(error)


def test_names_that_no_terminal_can_show_are_escaped() -> None:
    assert printable("a\nb\x1b[31m.png") == "a\\nb\\x1b[31m.png"
    assert printable("caf\udce9.png") == "caf\\udce9.png"
    assert printable("Übersicht 眼底.png") == "Übersicht 眼底.png"
    assert "\n" not in sentence(OSError(errno.ENOENT, "x", "a\nb"))


def test_a_name_in_the_window_stays_on_one_line_and_keeps_every_letter() -> None:
    assert on_one_line("two\nlines\r\u2028.png") == r"two\nlines\r\u2028.png"
    for name in ("œil gauche.png", "左眼\u3000一.png", "plain.png"):
        assert on_one_line(name) == name
