"""Nothing acknowledged is lost: fifty times, a painting process is killed with SIGKILL."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from desktop.project.label import Label, LabelKey
from desktop.project.project import Project
from tests.desktop.project.helpers import SCHEMA, paint, picture, run_index

KILLS = 50
SIZE = (180, 240)


def strokes(seed):
    """The endless sequence of what a painter with this seed does: undo, redo, or a disc."""
    rng = random.Random(seed)
    while True:
        choice = rng.random()
        if choice < 0.12:
            yield ("undo",)
        elif choice < 0.18:
            yield ("redo",)
        elif choice < 0.24:
            yield ("grade", rng.choice(["0", "1", "2"]))
        else:
            yield (
                "paint",
                rng.randrange(3),
                rng.randrange(180),
                rng.randrange(240),
                rng.randrange(2, 25),
                rng.random() < 0.3,
            )


def act(label, action):
    """Do one action; return whether it made a journal row."""
    name, *arguments = action
    if name == "undo":
        return label.undo() is not None
    if name == "redo":
        return label.redo() is not None
    if name == "grade":
        return label.set_grade("severity", arguments[0]) is not None
    class_id, y, x, radius, erase = arguments
    edit = paint(label, class_id, y, x, radius, erase=erase)
    if edit is not None:
        label.record(edit)
    return edit is not None


def paint_without_end(folder, image_id, seed):
    """Paint, several strokes in flight, and tell every acknowledged row."""
    project = Project.open(folder, reader="ann")
    label = project.load_label(image_id)

    def tell(future):
        os.write(1, b"%d\n" % future.result())  # one short write to a pipe is atomic

    for action in strokes(int(seed)):
        if act(label, action):
            project.save(label).add_done_callback(tell)
        while project.writer.pending > 3:
            time.sleep(0.0005)


def studio():
    """A process with everything imported, that forks a painter for every line it reads, and tells its end."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            paint_without_end(*line.rstrip("\n").split("\t"))
        os.write(1, b"painter %d\n" % child)
        _, status = os.waitpid(child, 0)
        os.write(1, b"ended %d\n" % os.waitstatus_to_exitcode(status))


def kill_painter(process, folder, image_id, seed, moment):
    """Let the studio start a painter, kill it a moment after its first stroke; return the rows it told."""
    process.stdin.write(f"{folder}\t{image_id}\t{seed}\n")
    process.stdin.flush()
    told, pid = [], None
    for line in process.stdout:
        if line.startswith("painter "):
            pid = int(line.split()[1])
        elif line.startswith("ended "):
            assert int(line.split()[1]) == -signal.SIGKILL, "the painter ended by itself"
            return told
        else:
            told.append(int(line))
        if pid is not None and len(told) == 1:
            time.sleep(moment)
            os.kill(pid, signal.SIGKILL)
            pid = None
    raise AssertionError("the studio ended by itself")


def naive(seed, rows):
    """The label after so many rows of this seed, made by another way than replay: by acting again."""
    label = Label(LabelKey("x", "ann"), SCHEMA)
    label.ensure_planes(*SIZE)
    done = 0
    for action in strokes(seed):
        if done == rows:
            return label
        done += act(label, action)
    raise AssertionError


@pytest.fixture
def process():
    process = subprocess.Popen(
        [sys.executable, "-c", "from tests.desktop.project.test_kill import studio; studio()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def test_kill_nine_loses_no_acknowledged_stroke(tmp_path, process):
    rng = random.Random(20)
    folder = tmp_path / "eyes"
    for number in range(KILLS):
        picture(folder / f"img{number}.png", number, SIZE)
    project = Project.create(folder, SCHEMA, reader="ann")
    run_index(project)
    images = [row.id for row in project.images()]
    project.close()
    most = 0
    for seed, image_id in enumerate(images):
        told = kill_painter(process, folder, image_id, seed, rng.random() * 0.12)
        assert told == list(range(1, len(told) + 1))
        with Project.open(folder, reader="ann") as project:
            label = project.load_label(image_id)
            kept = label.history.last_seq
            assert kept >= told[-1], f"acknowledged {told[-1]}, found {kept}"
            expected = naive(seed, kept)
            assert np.array_equal(label.planes.mask, expected.planes.mask)
            assert np.array_equal(label.planes.protection, expected.planes.protection)
            assert label.grades == expected.grades and label.undo_texts == expected.undo_texts
            most = max(most, kept)
    assert most > 10
