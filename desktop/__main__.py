"""The `overread` command."""

from __future__ import annotations

import logging
import os
import sys
import warnings


def _log_quietly() -> None:
    """Send warnings and log records to the log file: a command's output is its own sentences only."""
    from desktop.places import log_file

    handler: logging.Handler = logging.NullHandler()
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK)):
            handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace", delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
    if not sys.warnoptions:
        warnings.simplefilter("default")


def prepare_process() -> None:
    """Settle what belongs to the whole process: threads, log, streams. Before anything heavy is imported."""
    from inference.waiting import wait_politely

    wait_politely()
    _log_quietly()
    # A file name that the terminal's encoding lacks must not end a command.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def main() -> int:
    """Run the command line; the exit status (0 done, 1 failed, 2 usage, 130 interrupted)."""
    from desktop.cli import main as run

    prepare_process()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
