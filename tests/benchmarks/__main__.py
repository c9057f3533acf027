"""`python -m tests.benchmarks [NAME ...] [--json]`: print the table of budgets with measured figures.

Every row runs in a process of its own, so that no row warms another's caches or imports. A benchmark
prints; it is not a test that fails a build on a noisy machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from inference.waiting import wait_politely
from tests.benchmarks.beside import CHOICES, NOTHING, beside
from tests.benchmarks.rows import ROWS
from tests.benchmarks.table import HEADER, Budget, Measured, format_row

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 900
ENOUGH_PREDICTIONS, MOST_TIMES = 5, 20


def run_here(name: str, behind: str) -> None:
    """Measure one row in this process and print its samples as JSON on the last line."""
    module, _, function = name.partition(":")
    measure = getattr(importlib.import_module(module), function)
    with beside(behind) as predicted:
        before, samples = len(predicted), list(measure())
        # A row that is over before much was predicted says nothing about predictions.
        for _ in range(0 if behind == NOTHING else MOST_TIMES):
            if len(predicted) - before >= ENOUGH_PREDICTIONS:
                break
            samples += measure()
        else:
            if behind != NOTHING:
                raise RuntimeError(f"only {len(predicted) - before} predictions were made meanwhile")
    print(json.dumps({"samples": [float(s) for s in samples]}))


def run_apart(budget: Budget, behind: str) -> Measured | str:
    """Measure one row in a child process; a sentence when it could not be measured."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("OVERREAD_BENCH_PLATFORM", "offscreen")}
    command = [sys.executable, "-m", "tests.benchmarks", "--row", budget.measure, "--beside", behind]
    try:
        child = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return f"took more than {LIMIT_S} s"
    lines = child.stdout.strip().splitlines()
    if child.returncode != 0 or not lines:
        return (child.stderr.strip().splitlines() or ["no output"])[-1]
    return Measured(budget, tuple(json.loads(lines[-1])["samples"]))


def machine() -> str:
    """The processor and the number of cores that the figures belong to."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def main() -> int:
    """Measure all rows, or those whose text contains one of the given words."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="measure only rows whose text contains one of these words")
    parser.add_argument("--json", action="store_true", help="print samples instead of a table")
    parser.add_argument("--beside", choices=CHOICES, default=NOTHING, help="what runs behind meanwhile")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    wait_politely()
    if arguments.row:
        run_here(arguments.row, arguments.beside)
        return 0
    chosen = [r for r in ROWS if not arguments.names or any(n in r.what for n in arguments.names)]
    if not chosen:
        parser.error("no row's text contains any of: " + ", ".join(arguments.names))
    failed = False
    if not arguments.json:
        behind = "" if arguments.beside == NOTHING else f"; behind: {arguments.beside.replace('-', ' ')}"
        print(f"Measured on {machine()}; pictures of 4288x2848{behind}.\n\n{HEADER}", flush=True)
    for budget in chosen:
        result = run_apart(budget, arguments.beside)
        if isinstance(result, str):
            failed = True
            print(f"| {budget.what} | {budget.budget:g} {budget.unit} | not measured: {result} | | | | |")
        elif arguments.json:
            print(json.dumps({"what": budget.what, "unit": budget.unit, "samples": result.samples}))
        else:
            print(format_row(result), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
