"""A run as a child process: real children, well-behaved and not."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from desktop.jobs.training import LineReader, TrainingProcess, parse_event


def child(tmp_path: Path, body: str) -> list[str]:
    script = tmp_path / "child.py"
    script.write_text("import json, os, sys, time\n" + textwrap.dedent(body), encoding="utf-8")
    return [sys.executable, str(script)]


@pytest.fixture
def run(qtbot):
    made: list[TrainingProcess] = []

    def start(command, **graces) -> TrainingProcess:
        process = TrainingProcess(**graces)
        made.append(process)
        process.start(command)
        return process

    yield start
    for process in made:
        process.kill()
        assert not process.running


def wait_end(qtbot, process, timeout=10_000):
    if process.outcome is None:
        with qtbot.waitSignal(process.ended, timeout=timeout):
            pass
    return process.outcome


def test_lines_are_put_together_from_pieces():
    reader = LineReader()
    assert reader.feed(b'{"event":') == []
    assert reader.feed(b'"a"}\nhello\r\nla') == ['{"event":"a"}', "hello"]
    assert reader.end() == ["la"]
    assert reader.end() == []


@pytest.mark.parametrize("line", ["", "hello", "[1]", '{"no":1}', '{"event":3}', "{", "nul"])
def test_what_is_no_event_is_none(line):
    assert parse_event(line) is None


def test_a_finished_run_tells_its_events_and_its_bundle(qtbot, run, tmp_path):
    body = """
        def say(**e): sys.stdout.write(json.dumps(e) + "\\n"); sys.stdout.flush()
        say(event="started", run="r", epochs=1)
        sys.stdout.write('{"event":"ep'); sys.stdout.flush(); time.sleep(0.05)
        sys.stdout.write('och","epoch":1,"val_dice":0.5}\\n')
        sys.stdout.write("a stray line\\n")
        sys.stdout.write("bytes \\udcff\\n".encode("utf-8", "surrogateescape").decode("latin1"))
        say(event="finished", bundle="/x/best", digest="d", best_epoch=1)
    """
    events, epochs = [], []
    process = TrainingProcess()
    process.happened.connect(events.append)
    process.epoch.connect(epochs.append)
    process.start(child(tmp_path, body))
    outcome = wait_end(qtbot, process)
    assert [e["event"] for e in events] == ["started", "epoch", "finished"]
    assert epochs[0]["val_dice"] == 0.5
    assert outcome.kind == "finished" and outcome.bundle == Path("/x/best") and outcome.digest == "d"
    assert "a stray line" in process.log_lines


def test_a_run_without_a_better_epoch_says_so(qtbot, run, tmp_path):
    body = """
        said = {"event": "finished", "bundle": "/x/best", "digest": "d", "best_epoch": 0}
        sys.stdout.write(json.dumps(said))
    """
    outcome = wait_end(qtbot, run(child(tmp_path, body)))
    assert outcome.kind == "finished" and "no epoch was better" in outcome.sentence


def test_stop_is_said_on_the_input_and_the_run_saves(qtbot, run, tmp_path):
    body = """
        sys.stdout.write(json.dumps({"event": "started"}) + "\\n"); sys.stdout.flush()
        for line in sys.stdin:
            if line.strip() == "stop":
                sys.stdout.write(json.dumps({"event": "stopped", "epoch": 3}) + "\\n")
                sys.exit(0)
    """
    process = run(child(tmp_path, body))
    with qtbot.waitSignal(process.happened, timeout=10_000):
        pass
    process.stop()
    process.stop()
    outcome = wait_end(qtbot, process)
    assert outcome.kind == "stopped" and "epoch 3" in outcome.sentence and outcome.exit_code == 0


def test_one_that_ignores_stop_is_terminated_then_killed(qtbot, run, tmp_path):
    body = """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.stdout.write(json.dumps({"event": "started"}) + "\\n"); sys.stdout.flush()
        while True: time.sleep(0.05)
    """
    process = run(child(tmp_path, body), stop_grace_ms=100, terminate_grace_ms=100)
    with qtbot.waitSignal(process.happened, timeout=10_000):
        pass
    process.stop()
    outcome = wait_end(qtbot, process)
    assert outcome.kind == "stopped" and "force" in outcome.sentence
    assert not process.running


def test_a_crash_is_one_sentence_with_the_last_lines(qtbot, run, tmp_path):
    body = """
        sys.stderr.write("something broke\\n"); sys.stderr.flush()
        os.abort()
    """
    outcome = wait_end(qtbot, run(child(tmp_path, body)))
    assert outcome.kind == "crashed"
    assert "crashed" in outcome.sentence and outcome.sentence.count("\n") == 0
    assert "something broke" in outcome.details


def test_out_of_memory_is_recognised(qtbot, run, tmp_path):
    outcome = wait_end(qtbot, run(child(tmp_path, "raise MemoryError('no room')")))
    assert outcome.kind == "crashed" and "because memory ran out" in outcome.sentence
    assert "most likely" not in outcome.sentence
    killed = wait_end(qtbot, run(child(tmp_path, "os.kill(os.getpid(), 9)")))
    assert killed.kind == "crashed" and "most likely because memory ran out" in killed.sentence


def test_its_own_sentence_is_passed_on(qtbot, run, tmp_path):
    body = """
        sys.stdout.write(json.dumps({"event": "failed", "message": "The loss is not finite."}) + "\\n")
        sys.exit(1)
    """
    outcome = wait_end(qtbot, run(child(tmp_path, body)))
    assert (
        outcome.kind == "failed" and outcome.sentence == "The loss is not finite." and outcome.exit_code == 1
    )


def test_an_ending_without_a_word_says_so(qtbot, run, tmp_path):
    outcome = wait_end(qtbot, run(child(tmp_path, "sys.exit(3)")))
    assert outcome.kind == "crashed" and "code 3" in outcome.sentence


def test_a_program_that_is_not_there(qtbot, run, tmp_path):
    outcome = wait_end(qtbot, run([str(tmp_path / "nothing")]))
    assert outcome.kind == "failed" and "could not be started" in outcome.sentence


def test_killing_the_child_from_outside_ends_it_with_an_outcome(qtbot, run, tmp_path):
    body = """
        sys.stdout.write(json.dumps({"event": "started"}) + "\\n"); sys.stdout.flush()
        while True: time.sleep(0.05)
    """
    process = run(child(tmp_path, body))
    with qtbot.waitSignal(process.happened, timeout=10_000):
        pass
    import os
    import signal

    QTimer.singleShot(0, lambda: os.kill(process.pid, signal.SIGSEGV))
    outcome = wait_end(qtbot, process)
    assert outcome.kind == "crashed" and "SIGSEGV" in outcome.sentence
