import os
import signal
import socket
import subprocess
import sys

import pytest

from desktop.project.errors import ProjectLocked, ProjectTakenOver
from desktop.project.lock import read_holder
from desktop.project.project import Project
from tests.desktop.project.helpers import SCHEMA, pictures

HOLD = """
import sys
from desktop.project.project import Project
project = Project.open(sys.argv[1], reader="bea")
print("open", flush=True)
sys.stdin.read()
project.close()
"""


@pytest.fixture
def folder(tmp_path):
    Project.create(pictures(tmp_path / "eyes", 1), SCHEMA, reader="ann").close()
    return tmp_path / "eyes"


@pytest.fixture
def other(folder):
    """Another process that has the project open."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "open\n"
    yield process
    process.kill()
    process.wait(10)
    process.stdin.close()
    process.stdout.close()


def test_a_second_window_is_told_who_has_the_project(folder, other):
    with pytest.raises(ProjectLocked) as caught:
        Project.open(folder, reader="ann")
    sentence = str(caught.value)
    assert "“eyes” is open by bea" in sentence
    assert socket.gethostname() in sentence and f"process {other.pid}" in sentence and "UTC" in sentence
    other.stdin.close()
    other.wait(10)
    Project.open(folder, reader="ann").close()


def test_a_killed_window_leaves_no_obstacle(folder, other):
    other.send_signal(signal.SIGKILL)
    other.wait(10)
    with Project.open(folder, reader="ann") as project:
        assert read_holder(project.location).reader == "ann"


def test_one_window_a_project_in_one_process_too(folder):
    with Project.open(folder, reader="ann"), pytest.raises(ProjectLocked, match="by ann"):
        Project.open(folder, reader="cem")
    with Project.open(folder, reader="cem") as project:
        holder = read_holder(project.location)
        assert (holder.reader, holder.pid) == ("cem", os.getpid())
    assert read_holder(project.location) is None


def test_taking_over_ends_the_earlier_windows_writing(folder):
    first = Project.open(folder, reader="ann")
    first.set_setting("a", 1).result(10)
    second = Project.open(folder, reader="bea", take_over=True)
    with pytest.raises(ProjectTakenOver, match="by bea"):
        first.set_setting("a", 2).result(10)
    second.set_setting("b", 3).result(10)
    assert second.store.setting("a") == 1
    first.close()
    second.set_setting("b", 4).result(10)  # the first one's end did not free our lock
    with pytest.raises(ProjectLocked, match="by bea"):
        Project.open(folder)
    second.close()


def test_an_unreadable_holder_still_is_one_sentence(folder):
    with Project.open(folder) as project:
        project.location.holder.write_text("{")
        with pytest.raises(ProjectLocked, match="open in another window"):
            Project.open(folder)
