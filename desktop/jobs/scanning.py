"""Listing a folder on a thread of its own, in batches small enough for the GUI thread."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal

from desktop.jobs.background import Control, Task
from desktop.jobs.collector import many_objects
from desktop.project.quick import first_paint
from desktop.project.scan import Found, scan

log = logging.getLogger(__name__)

FIRST_BATCH = 64
BATCH = 1000
"""Entries handed over at once: some 2 ms of the GUI thread."""
BATCH_SECONDS = 0.2
"""On a slow folder a batch goes out after this time, whatever it holds."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Where the reader was when the project was closed last."""

    path: str
    frame: int = 0


class ScanTask(Task):
    """Tells what the folder holds: `hinted` at most once, `found` in batches, `done` with their number."""

    hinted = Signal(object)
    found = Signal(object)
    noted = Signal(str)
    """A sentence about a sub-folder or file that was passed over."""


def scan_task(folder: Path) -> ScanTask:
    """A task that lists ``folder``; `failed` carries a ScanError."""

    def work(control: Control) -> int:
        _tell_hint(task, folder)
        with many_objects():
            return _list(task, folder, control)

    task = ScanTask("scan", work)
    return task


def _tell_hint(task: ScanTask, folder: Path) -> None:
    look = first_paint(folder)
    if look is not None and look.last_path:
        task.hinted.emit(Hint(look.last_path, look.last_frame))


def _list(task: ScanTask, folder: Path, control: Control) -> int:
    total, size = 0, FIRST_BATCH
    notes: list[str] = []
    batch: list[Found] = []
    sent = time.monotonic()
    for found in scan(folder, notes):
        batch.append(found)
        if len(batch) >= size or (len(batch) & 15 == 0 and time.monotonic() - sent > BATCH_SECONDS):
            control.check()
            task.found.emit(batch)
            total += len(batch)
            control.progress(total)
            batch, size, sent = [], BATCH, time.monotonic()
    if batch:
        task.found.emit(batch)
    for note in notes:
        task.noted.emit(note)
    return total + len(batch)
