import os
import sys
import threading

import pytest

from inference.waiting import give_way, wait_politely


def test_threads_sleep_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    wait_politely()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    wait_politely()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has a priority of its own")
def test_a_thread_gives_way_and_the_others_do_not() -> None:
    before, seen = os.getpriority(os.PRIO_PROCESS, 0), []

    def work() -> None:
        for _ in range(2):
            give_way()
            seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [max(10, before)] * 2
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
