"""How torch's threads wait for each other. Settled before torch is imported, so nothing is imported here."""

from __future__ import annotations

import os


def wait_politely() -> None:
    """Let idle threads of OpenMP sleep instead of spinning, unless the environment says otherwise.

    The desk, a prediction and a training run share the cores. A thread that spins takes its core from
    whoever it waits for: beside other work, two threads took 500 ms a prediction spinning and 64 ms asleep.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
