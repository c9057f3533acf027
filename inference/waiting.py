"""How torch's threads wait for each other. Must be settled before torch is imported, so it imports nothing."""

from __future__ import annotations

import os


def wait_politely() -> None:
    """Let idle threads of OpenMP sleep instead of spinning, unless the environment says otherwise.

    The desk, a prediction and a training run share the cores. A thread that spins takes its core from whoever
    it waits for: on two cores beside other work a prediction took 500 ms with spinning threads, 64 ms without.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
