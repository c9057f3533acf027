"""Whether there is a screen for a window, found out before Qt is asked (it ends the process if not)."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

# Platforms of Qt that draw into memory; asking for one of them by name is as good as a screen.
MEMORY_PLATFORMS = ("offscreen", "minimal", "vnc")


def screen_problem(environment: Mapping[str, str] = os.environ) -> str | None:
    """Say in one sentence why no window can be opened, or return None when one can.

    Only Linux and its like are in doubt: elsewhere the desktop is part of the system.
    """
    if environment.get("QT_QPA_PLATFORM", "").startswith(MEMORY_PLATFORMS):
        return None
    if not sys.platform.startswith(("linux", "freebsd")):
        return None
    display = environment.get("DISPLAY", "")
    if environment.get("WAYLAND_DISPLAY"):
        return None
    if not display:
        return "There is no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set."
    if not _x_server_answers(display):
        return f"The screen {display} named by DISPLAY does not answer."
    return None


def _x_server_answers(display: str) -> bool:
    """Whether something listens where an X display of this name would: a socket, or TCP 6000 + number."""
    match = re.fullmatch(r"(?:unix|(?P<host>[^:/]*)):(?P<number>\d+)(?:\.\d+)?", display)
    if match is None:
        return True  # an unusual name: let Qt judge
    host, number = match["host"] or "", int(match["number"])
    if host:
        return _connects(socket.AF_INET, (host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"
    # Servers may listen on the abstract name only.
    return (Path(path).exists() and _connects(socket.AF_UNIX, path)) or _connects(socket.AF_UNIX, "\0" + path)


def _connects(family: socket.AddressFamily, address: tuple[str, int] | str) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True
