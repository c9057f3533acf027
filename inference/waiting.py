"""How torch's threads wait for each other and for whoever works at the machine. Nothing is imported here."""

from __future__ import annotations

import os
import sys
import threading

_NICENESS = 10


def wait_politely() -> None:
    """Let idle threads of OpenMP sleep instead of spinning, unless the environment says otherwise.

    The desk, a prediction and a training run share the cores. A thread that spins takes its core from
    whoever it waits for: beside other work, two threads took 500 ms a prediction spinning and 64 ms asleep.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def give_way() -> None:
    """Let a person's own work go first: the lowest claim on the processor that still gets on with its own.

    On Linux for the calling thread and those that it starts from now on, elsewhere for the whole process,
    where the system has such a thing. It cannot be taken back without a right that programs do not have.
    """
    if not hasattr(os, "setpriority"):
        return
    whose = threading.get_native_id() if sys.platform == "linux" else 0
    os.setpriority(os.PRIO_PROCESS, whose, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, whose)))
