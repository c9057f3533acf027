"""Start of the window and its memory, each in a fresh process, on a project of 4288x2848 pictures.

Every measured process finds the bytecode that an earlier one wrote, as a start on a person's machine does,
whatever the benchmark's own environment says about writing it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop.project.project import Project
from inference.schema import MaskClass, Schema
from tests.benchmarks.pictures import jpeg_folder

SCHEMA = Schema(tuple(MaskClass(index, name) for index, name in enumerate(("MA", "HE", "EX", "SE"))))


def fresh(what: str, folder: Path, bytecode: Path) -> str:
    """Run `start_child.py` in a process of its own; its last line. Raises RuntimeError.

    ``bytecode`` is where it finds and leaves compiled modules.
    """
    command = [sys.executable, "-m", "tests.benchmarks.start_child", what, str(folder)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    child = subprocess.run(command, capture_output=True, text=True, env=environment)
    if child.returncode != 0:
        raise RuntimeError((child.stderr.strip().splitlines() or ["no output"])[-1])
    return child.stdout.strip().splitlines()[-1]


@contextmanager
def project(images: int) -> Iterator[tuple[Path, Path]]:
    """A folder of 12 megapixel pictures with an indexed project and a place for bytecode."""
    with tempfile.TemporaryDirectory() as place:
        folder, bytecode = Path(place) / "eyes", Path(place) / "bytecode"
        folder.mkdir()
        jpeg_folder(folder, images)
        with Project.create(folder, SCHEMA) as made:
            for _ in made.index():
                pass
            made.save_position(made.images()[0].path, 0, 0).result()
        yield folder, bytecode


def first_image(repeat: int = 7) -> list[float]:
    """Seconds from starting the process to the first paint that shows the image.

    By then neither torch nor SQLAlchemy may be imported; a start that did is no sample but an error.
    """
    samples = []
    with project(1) as (folder, bytecode):
        fresh("first-paint", folder, bytecode)
        for _ in range(repeat):
            start = time.time()
            painted, torch, sqlalchemy = fresh("first-paint", folder, bytecode).split()
            if (torch, sqlalchemy) != ("False", "False"):
                raise RuntimeError("a heavy import came before the first paint")
            samples.append(float(painted) - start)
    return samples


def memory(repeat: int = 3) -> list[float]:
    """Resident megabytes (10^6) after ten images of a 12 megapixel project, without torch. Linux only."""
    with project(12) as (folder, bytecode):
        return [float(fresh("memory", folder, bytecode)) for _ in range(repeat)]
