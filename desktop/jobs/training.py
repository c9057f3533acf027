"""One run of `python -m training` as a child process: events in, a clear ending out; stop always works."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

log = logging.getLogger(__name__)

STOP_GRACE_MS = 30_000
"""How long a run may take to save and end after "stop": an epoch's end and a checkpoint on a slow disk."""
TERMINATE_GRACE_MS = 5_000
LAST_LINES = 60
DECIDING = ("finished", "stopped", "failed", "evaluated")
"""The events after which nothing else counts."""
OUT_OF_MEMORY_MARKS = (
    "out of memory",
    "outofmemoryerror",
    "memoryerror",
    "can't allocate memory",
    "bad_alloc",
)

OutcomeKind = Literal["finished", "stopped", "failed", "crashed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    ``sentence`` is what a person reads; ``details`` the last lines of its error stream; ``bundle`` and
    ``digest`` are there when it made a model; ``event`` is the last deciding event as it came.
    """

    kind: OutcomeKind
    sentence: str
    details: str = ""
    bundle: Path | None = None
    digest: str | None = None
    event: Mapping[str, Any] | None = None
    exit_code: int = 0


class LineReader:
    """Cuts a byte stream into text lines; an unfinished line waits for its rest."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that ``data`` completes, without their ends."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]

    def end(self) -> list[str]:
        """What is left when the stream has ended."""
        rest, self._rest = self._rest, b""
        return [rest.decode("utf-8", "replace")] if rest else []


def parse_event(line: str) -> dict[str, Any] | None:
    """The event that a line of a run's output carries; None when it is something else (kept as log)."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


class TrainingProcess(QObject):
    """Starts one run, tells its events, ends it. Use one object for one run.

    `stop()` writes "stop" to its input; after `stop_grace_ms` it is terminated, after `terminate_grace_ms`
    more it is killed. Lines that are no events are kept in `log_lines`.
    """

    happened = Signal(object)
    """Every event, a dict with the key "event" (training/events.py)."""
    epoch = Signal(object)
    """The events "epoch" alone: what curves are drawn from."""
    logged = Signal(str)
    """A line of output that is no event, or of the error stream."""
    ended = Signal(object)
    """The `Outcome`. Emitted exactly once."""

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        stop_grace_ms: int = STOP_GRACE_MS,
        terminate_grace_ms: int = TERMINATE_GRACE_MS,
    ) -> None:
        super().__init__(parent)
        self.outcome: Outcome | None = None
        self.log_lines: deque[str] = deque(maxlen=500)
        self._errors: deque[str] = deque(maxlen=LAST_LINES)
        self._deciding: dict[str, Any] | None = None
        self._stop_asked = False
        self._forced = False
        self._stop_grace_ms = stop_grace_ms
        self._terminate_grace_ms = terminate_grace_ms
        self._out, self._err = LineReader(), LineReader()
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._error_occurred)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._lose_patience)

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start ``command`` (program and arguments) in ``folder``, with additions to the environment."""
        settings = QProcessEnvironment.systemEnvironment()
        settings.insert("PYTHONUNBUFFERED", "1")
        settings.insert("PYTHONIOENCODING", "utf-8")
        for name, value in (environment or {}).items():
            settings.insert(name, value)
        self._process.setProcessEnvironment(settings)
        if folder is not None:
            self._process.setWorkingDirectory(str(folder))
        self._process.start(command[0], list(command[1:]))

    @property
    def running(self) -> bool:
        """Whether the child process is alive."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        """The child's process id, 0 when it is not running."""
        return int(self._process.processId())

    def stop(self) -> None:
        """Ask the run to save and end; force it when it does not. Safe to call twice."""
        if not self.running or self._stop_asked:
            return
        self._stop_asked = True
        self._process.write(b"stop\n")
        self._patience.start(self._stop_grace_ms)

    def kill(self, wait_ms: int = 2000) -> None:
        """End it now, whatever is lost (the application is closing). Returns when the child is gone."""
        self._stop_asked = self._forced = True
        if self.running:
            self._process.kill()
            self._process.waitForFinished(wait_ms)

    def _lose_patience(self) -> None:
        if not self.running:
            return
        if self._forced:
            self._process.kill()
            return
        self._forced = True
        self._process.terminate()
        self._patience.start(self._terminate_grace_ms)

    def _read_output(self) -> None:
        for line in self._out.feed(bytes(self._process.readAllStandardOutput().data())):
            self._take_line(line)

    def _take_line(self, line: str) -> None:
        event = parse_event(line)
        if event is None:
            if line.strip():
                self._log(line)
            return
        if event["event"] in DECIDING:
            self._deciding = event
        self.happened.emit(event)
        if event["event"] == "epoch":
            self.epoch.emit(event)

    def _read_errors(self) -> None:
        for line in self._err.feed(bytes(self._process.readAllStandardError().data())):
            self._take_error(line)

    def _take_error(self, line: str) -> None:
        if line.strip():
            self._errors.append(line)
            self._log(line)

    def _log(self, line: str) -> None:
        self.log_lines.append(line)
        self.logged.emit(line)

    def _error_occurred(self, error: QProcess.ProcessError) -> None:
        # Only a process that never started ends without `finished`.
        if error == QProcess.ProcessError.FailedToStart:
            reason = self._process.errorString()
            self._end(
                Outcome("failed", f"The training program could not be started: {reason}.", exit_code=-1)
            )

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._patience.stop()
        self._read_output()
        self._read_errors()
        for line in self._out.end():
            self._take_line(line)
        for line in self._err.end():
            self._take_error(line)
        self._end(self._judge(code, crashed=status == QProcess.ExitStatus.CrashExit))

    def _end(self, outcome: Outcome) -> None:
        if self.outcome is None:
            self.outcome = outcome
            self.ended.emit(outcome)

    def _judge(self, code: int, *, crashed: bool) -> Outcome:
        details = "\n".join(self._errors)
        event = self._deciding
        kind = event["event"] if event is not None else None
        if kind == "failed" and event is not None:
            sentence = str(event.get("message") or "The run failed and gave no reason.")
            return Outcome("failed", sentence, details, event=event, exit_code=code)
        if event is not None and code == 0 and not crashed:
            return self._judge_good(event, details)
        if self._stop_asked:
            how = (
                "it had to be ended by force; the last saved epoch is kept"
                if self._forced
                else "it was stopped"
            )
            return Outcome("stopped", f"The run was stopped: {how}.", details, event=event, exit_code=code)
        told = any(mark in details.lower() for mark in OUT_OF_MEMORY_MARKS)
        if told or self._killed_for_memory(code, crashed):
            sentence = (
                f"The run ended {'' if told else 'most likely '}because memory ran out: "
                "choose a smaller batch or image size, or close other programs, and start it again."
            )
            return Outcome("crashed", sentence, details, event=event, exit_code=code)
        if crashed:
            sentence = f"The training program crashed ({_signal_name(code)}). Nothing else was touched."
        else:
            sentence = f"The training program ended with code {code} and did not say why."
        return Outcome("crashed", sentence, details, event=event, exit_code=code)

    @staticmethod
    def _judge_good(event: dict[str, Any], details: str) -> Outcome:
        bundle = Path(event["bundle"]) if event.get("bundle") else None
        digest = event.get("digest")
        if event["event"] == "stopped":
            sentence = f"The run was stopped after epoch {event.get('epoch', 0)}; it can be resumed."
            return Outcome("stopped", sentence, details, bundle, digest, event)
        sentence = "The run is finished."
        if event.get("best_epoch") == 0:
            sentence = (
                "The run is finished: no epoch was better than the model it started from, which is kept."
            )
        return Outcome("finished", sentence, details, bundle, digest, event)

    @staticmethod
    def _killed_for_memory(code: int, crashed: bool) -> bool:
        # On Linux the kernel ends a process that takes all memory by SIGKILL; nobody else of ours does here,
        # but a person or a job system can: it is most likely, not certain.
        return os.name == "posix" and crashed and code == signal.SIGKILL


def _signal_name(code: int) -> str:
    if os.name == "posix":
        try:
            return signal.Signals(code).name
        except ValueError:
            return f"signal {code}"
    return f"code {code & 0xFFFFFFFF:#x}"
