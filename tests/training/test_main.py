import json
import signal
import subprocess
import sys
import time

import pytest

from training import events
from training.__main__ import main, sentence

SMALL = [
    *("--set", "network.arguments.width=4", "--set", "preprocess.size=32,32", "--set", "batch_size=2"),
    *("--threads", "1", "--device", "cpu"),
]


def command(*arguments) -> list[str]:
    return [sys.executable, "-m", "training", *map(str, arguments)]


def test_fit_then_evaluate_speak_json_lines_only(make_discs, tmp_path, capsys):
    folder, out = make_discs(), tmp_path / "run"
    start = ("fit", "--config", "residual-unet", "--data", folder, "--out", out, "--set", "epochs=1", *SMALL)
    done = subprocess.run(
        command(*start), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = [events.parse_event(line) for line in done.stdout.splitlines()]
    assert isinstance(seen[-1], events.Finished) and any(isinstance(e, events.Epoch) for e in seen)
    report = tmp_path / "figures/evaluation.json"
    where = ("--model", str(out / "best"), "--data", str(folder), "--out", str(report))
    assert main(["evaluate", *where, "--device", "cpu"]) == 0
    last = events.parse_event(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(last, events.Evaluated) and last.evaluation == json.loads(report.read_text())
    assert last.evaluation["images"] == 2 and last.evaluation["split"] == "test"


@pytest.mark.parametrize("way", ["stdin", "signal"])
def test_stopping_saves_and_resuming_finishes(make_discs, tmp_path, way):
    folder, out = make_discs(count=12), tmp_path / "run"
    start = command(
        "fit", "--config", "residual-unet", "--data", folder, "--out", out, "--set", "epochs=400", *SMALL
    )
    with subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(events.parse_event(line))
            if isinstance(lines[-1], events.Epoch) and lines[-1].epoch == 2:
                break
        asked = time.monotonic()
        if way == "stdin":
            process.stdin.write("stop\n")
            process.stdin.flush()
        else:
            process.send_signal(signal.SIGTERM)
        lines += [events.parse_event(line) for line in process.stdout]
        assert process.wait() == 0 and time.monotonic() - asked < 20
    assert isinstance(lines[-1], events.Stopped) and lines[-1].epoch >= 2
    assert (out / "resume.pt").is_file() and (out / "best/model.json").is_file()


def failure(capsys, *arguments) -> tuple[int, str]:
    code = main([str(a) for a in arguments])
    last = events.parse_event(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(last, events.Failed) and "\n" not in last.message
    return code, last.message


def test_known_failures_are_one_sentence(make_discs, tmp_path, capsys):
    evaluate = ("evaluate", "--device", "cpu", "--model", tmp_path / "none", "--data")
    code, text = failure(capsys, *evaluate, tmp_path)
    assert code == 1 and "no dataset" in text
    code, text = failure(capsys, *evaluate, make_discs(count=6))
    assert code == 1 and "none" in text


def test_wrong_usage_is_exit_2_and_an_event(capsys):
    for arguments in (
        [],
        ["fit"],
        ["fit", "--data", "x", "--out", "y", "--missing-mask", "maybe"],
        ["dance"],
    ):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
        assert isinstance(events.parse_event(capsys.readouterr().out.strip()), events.Failed)


def test_an_unforeseen_error_is_named_and_its_traceback_kept(tmp_path, capsys, monkeypatch):
    import training.__main__ as module

    monkeypatch.setattr(module, "_open", lambda *_: 1 / 0)
    monkeypatch.setattr(module.StopRequest, "listen", lambda self: None)
    code = main(["fit", "--config", "residual-unet", "--data", str(tmp_path), "--out", str(tmp_path / "run")])
    captured = capsys.readouterr()
    assert code == 1 and "ZeroDivisionError" in captured.out and "Traceback" in captured.err
    assert len(captured.out.splitlines()) == 1


def test_sentences():
    assert sentence(OSError(28, "No space left on device", "/x/best")) == "No space left on device (/x/best)."
    assert "memory" in sentence(MemoryError())
