"""The errors of the loop, and how its child processes are run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from desktop.errors import DesktopError
from training.errors import TrainingError
from training.events import Event, Failed, parse_event

PROGRAM_ROOT = Path(__file__).resolve().parent.parent.parent


class LoopError(DesktopError):
    """A step of the loop that cannot be done; one sentence."""


def child_environment() -> dict[str, str]:
    """The environment of a child: our packages can be imported there whatever its working folder is."""
    known = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join(p for p in (str(PROGRAM_ROOT), known) if p)
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def training_command(*arguments: str | Path) -> list[str]:
    """The command line of `python -m training`, with this interpreter."""
    return [sys.executable, "-m", "training", *(str(argument) for argument in arguments)]


def run_child(command: Sequence[str], *, on_event: Callable[[Event], None] | None = None) -> Event:
    """Run one `python -m training` command to its end and return its last event. Blocks.

    Raises LoopError with the sentence of its `failed` event, or with its last words when it broke off.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=child_environment(),
    )
    last: Event | None = None
    with process:
        words = _Drain(process.stderr)
        try:
            for event in _events(process.stdout):
                last = event
                if on_event is not None:
                    on_event(event)
        except BaseException:
            process.terminate()
            raise
        finally:
            said = words.text()
    if isinstance(last, Failed):
        raise LoopError(last.message)
    if process.returncode != 0 or last is None:
        raise LoopError(_broken_off(process.returncode, said))
    return last


def _events(lines: Iterable[str] | None) -> Iterator[Event]:
    for line in lines or ():
        try:
            yield parse_event(line)
        except TrainingError:
            continue  # a library's own words; not ours to judge


def _broken_off(status: int, said: str) -> str:
    if status in (-9, 137):
        return "The training process was ended by the system, most likely because memory ran out."
    last = said.strip().splitlines()
    words = f": {last[-1].strip()}" if last else ""
    return f"The training process broke off with status {status}{words}."


class _Drain:
    """Reads a stream on a thread of its own, so that a child that writes much there never waits."""

    def __init__(self, stream: Any) -> None:
        import threading

        self._parts: list[str] = []
        self._stream = stream
        self._thread = threading.Thread(target=self._read, name="overread-drain", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            self._parts.append(line)
            del self._parts[:-200]

    def text(self) -> str:
        """What came, the last lines of it; waits for the end of the stream."""
        self._thread.join()
        return "".join(self._parts)
