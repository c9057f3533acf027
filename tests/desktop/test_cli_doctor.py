"""`overread doctor` and the checks before a window opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.commands import doctor
from desktop.errors import DesktopError
from tests.desktop.cli_support import Call


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[bool, str]]:
    """Answers in place of the processes that try Qt and torch, and every library there."""
    answers = {
        doctor.QT_PROBE: (True, "offscreen 6.11"),
        doctor.TORCH_PROBE: (True, '[{"device": "cpu", "name": "processor", "threads": 2}]'),
        doctor.VISION_PROBE: (True, "ok"),
    }
    monkeypatch.setattr(doctor, "_probe", lambda code, **_: answers[code])
    monkeypatch.setattr(doctor, "_loads", lambda library: True)
    monkeypatch.setattr(doctor, "_has_font", lambda: True)
    return answers


def test_a_healthy_machine(call: Call, quick: dict[str, tuple[bool, str]], tmp_path: Path) -> None:
    (found,) = call.json("doctor")
    assert found["problems"] == [] and found["torchvision"] == "healthy"
    assert found["versions"]["torch"] and found["devices"][0]["threads"] == 2
    assert found["places"]["data"] == str(tmp_path / "user-data")
    assert "No problem was found." in call("doctor")


def test_missing_libraries_come_with_the_exact_line(
    call: Call, quick: dict[str, tuple[bool, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_loads", lambda library: library not in ("libEGL.so.1", "libGL.so.1"))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    text = call("doctor", status=1)
    assert "apt-get install -y --no-install-recommends libgl1 libegl1" in text and "sudo" not in text
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "sudo apt-get install" in call("doctor", status=1)
    with pytest.raises(DesktopError, match="libgl1 libegl1"):
        doctor.require_libraries()


def test_libraries_of_x_are_asked_for_on_x_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_loads", lambda library: "xcb" not in library)
    assert doctor.missing_libraries(on_x=False) == []
    assert "libxcb-cursor0" in doctor.missing_libraries(on_x=True)


@pytest.mark.parametrize("probe", ["QT_PROBE", "TORCH_PROBE", "VISION_PROBE"])
def test_what_does_not_start_is_a_problem_with_its_words(
    call: Call, quick: dict[str, tuple[bool, str]], probe: str
) -> None:
    quick[getattr(doctor, probe)] = (False, "operator torchvision::nms does not exist")
    assert "operator torchvision::nms does not exist" in call("doctor", status=1)


def test_a_machine_without_fonts(
    call: Call, quick: dict[str, tuple[bool, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_has_font", lambda: False)
    assert "fonts-dejavu-core" in call("doctor", status=1)


def test_a_process_that_aborts_is_told_by_its_last_words() -> None:
    assert doctor._probe("print('fine')") == (True, "fine")
    good, said = doctor._probe("raise SystemExit('no such thing')")
    assert not good and said == "no such thing"
    good, said = doctor._probe("import os; os.abort()")
    assert not good and said
