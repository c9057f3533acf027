"""What every command of the command line shares: how it is declared, how it writes, how it shows progress."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from desktop.messages import printable

Progress = Callable[[int, int], None]

PROGRESS_SECONDS = 0.2


def common(parser: argparse.ArgumentParser) -> None:
    """The options every command has."""
    parser.add_argument("--json", action="store_true", help="write JSON, one object a line, instead of text")


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace, Output], int],
    *,
    help: str,
    examples: str = "",
) -> argparse.ArgumentParser:
    """Declare one (sub)command; `run` gets the arguments and the output and returns the exit status."""
    epilog = "examples:\n" + "\n".join(f"  {line}" for line in examples.splitlines()) if examples else None
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    common(parser)
    parser.set_defaults(run=run, command=name)
    return parser


def add_group(commands: Any, name: str, *, help: str, examples: str = "") -> Any:
    """Declare a command that only has subcommands (`models list`)."""
    epilog = "examples:\n" + "\n".join(f"  {line}" for line in examples.splitlines()) if examples else None
    parser = commands.add_parser(
        name,
        help=help,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")


def whole_number(text: str) -> int:
    """An argument that must be 1, 2, 3, ..."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


@dataclass(slots=True)
class Output:
    """Text for people or JSON lines for programs, on standard output."""

    as_json: bool
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    _shown_at: float = 0.0
    _open_line: bool = False

    def line(self, text: str = "") -> None:
        """A line of text; nothing in JSON mode."""
        if not self.as_json:
            self._end_progress()
            self._write("\n".join(printable(part) for part in text.split("\n")))

    def event(self, record: Mapping[str, Any]) -> None:
        """One JSON object on a line of its own; nothing in text mode."""
        if self.as_json:
            self._write(json.dumps(record, allow_nan=False))

    def result(self, record: Mapping[str, Any], text: str) -> None:
        """The outcome, in the form that was asked for."""
        self.event(record)
        self.line(text)

    def progress(self, what: str) -> Progress:
        """A callback for (done, total): a line that overwrites itself on a terminal, events in JSON mode."""

        def show(done: int, total: int) -> None:
            now = time.monotonic()
            if done < total and now - self._shown_at < PROGRESS_SECONDS:
                return
            self._shown_at = now
            if self.as_json:
                self.event({"event": "progress", "what": what, "done": done, "total": total})
            elif self.stream.isatty():
                self.stream.write(f"\r{what}: {done} of {total}\x1b[K")
                self.stream.flush()
                self._open_line = True

        return show

    def _end_progress(self) -> None:
        if self._open_line:
            self.stream.write("\n")
            self._open_line = False

    def _write(self, text: str) -> None:
        self.stream.write(text + "\n")
        self.stream.flush()


def table(rows: Sequence[tuple[str, ...]], *, header: tuple[str, ...] | None = None) -> str:
    """Left-aligned columns, two spaces apart."""
    lines = [header, *rows] if header else rows
    if not lines:
        return ""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
