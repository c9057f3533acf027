import socket
import sys

import pytest

from desktop.screen import screen_problem

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can lack a screen")


@linux_only
def test_no_display_is_named() -> None:
    assert screen_problem({}) == "There is no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set."


@linux_only
def test_dead_display_is_named() -> None:
    problem = screen_problem({"DISPLAY": ":4711"})
    assert problem is not None and ":4711" in problem


@linux_only
def test_listening_display_is_a_screen() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind("\0/tmp/.X11-unix/X4712")
        server.listen()
        assert screen_problem({"DISPLAY": ":4712"}) is None
        assert screen_problem({"DISPLAY": "unix:4712.0"}) is None


def test_wayland_and_memory_platforms_are_screens() -> None:
    assert screen_problem({"WAYLAND_DISPLAY": "wayland-0"}) is None
    assert screen_problem({"QT_QPA_PLATFORM": "offscreen"}) is None
