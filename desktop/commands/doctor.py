"""`overread doctor`, and the checks that are made before a window is opened."""

from __future__ import annotations

import argparse
import ctypes
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from desktop.commands.base import Output, add_command, table
from desktop.errors import DesktopError
from desktop.places import config_dir, data_dir, log_file, models_dir
from desktop.screen import screen_problem

# (library that Qt loads, Debian package that has it)
ALWAYS = (
    ("libglib-2.0.so.0", "libglib2.0-0"),
    ("libGL.so.1", "libgl1"),
    ("libEGL.so.1", "libegl1"),
    ("libdbus-1.so.3", "libdbus-1-3"),
    ("libfontconfig.so.1", "libfontconfig1"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
)
ON_X = (
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-shape.so.0", "libxcb-shape0"),
)
PACKAGES = (
    "PySide6-Essentials",
    "torch",
    "torchvision",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "SQLAlchemy",
)
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")

# Run in processes of their own: a broken Qt or torch ends its process instead of raising.
TORCH_PROBE = """
import json, torch
devices = [{"device": "cpu", "name": "processor", "threads": torch.get_num_threads()}]
for i in range(torch.cuda.device_count()):
    p = torch.cuda.get_device_properties(i)
    devices.append({"device": f"cuda:{i}", "name": p.name, "memory_mib": p.total_memory >> 20})
if torch.backends.mps.is_available():
    devices.append({"device": "mps", "name": "Apple GPU"})
print(json.dumps(devices))
"""
VISION_PROBE = "import inference.torchvision_first, torchvision; torchvision.models.mobilenet_v2; print('ok')"
QT_PROBE = (
    "from PySide6.QtGui import QGuiApplication as A; import PySide6; a = A(['overread']);"
    "print(A.platformName(), PySide6.__version__)"
)
PROBE_SECONDS = 120


@dataclass(slots=True)
class Health:
    """What the doctor found; `problems` are sentences with their remedy."""

    versions: dict[str, str] = field(default_factory=dict)
    devices: list[dict[str, Any]] = field(default_factory=list)
    screen: str = ""
    qt: str = ""
    torchvision: str = ""
    places: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def declare(commands: Any) -> None:
    """Add `doctor` to the command line."""
    add_command(
        commands,
        "doctor",
        run,
        help="print versions, devices, Qt platform, library problems and their remedies",
        examples="overread doctor\noverread doctor --json",
    )


def run(_args: argparse.Namespace, output: Output) -> int:
    """Examine everything; status 1 when a problem was found."""
    health = examine()
    output.result({"event": "doctor", **asdict(health)}, _text(health))
    return 1 if health.problems else 0


def examine() -> Health:
    """Look at versions, libraries, devices, screen and folders."""
    health = Health(versions=_versions(), screen=_screen())
    missing = missing_libraries(on_x=bool(os.environ.get("DISPLAY")))
    if missing:
        health.problems.append(f"System libraries are missing; install them with: {apt_line(missing)}")
    if sys.platform.startswith("linux") and not _has_font():
        health.problems.append(
            "No font is installed, so every text would be a row of boxes; install one with: "
            + apt_line(["fonts-dejavu-core"])
        )
    _examine_qt(health)
    _examine_torch(health)
    _examine_places(health)
    return health


def missing_libraries(*, on_x: bool) -> list[str]:
    """Debian packages whose library cannot be loaded; empty on other systems than Linux."""
    if not sys.platform.startswith("linux"):
        return []
    return [package for library, package in (*ALWAYS, *(ON_X if on_x else ())) if not _loads(library)]


def apt_line(packages: Iterable[str]) -> str:
    """The exact line that installs Debian packages."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return f"{'' if root else 'sudo '}apt-get install -y --no-install-recommends {' '.join(packages)}"


def require_libraries(*, on_x: bool = False) -> None:
    """Raise a sentence with the line to run where Qt's libraries are missing: Qt itself would abort."""
    missing = missing_libraries(on_x=on_x)
    if missing:
        raise DesktopError(
            f"System libraries for the window are missing; install them with: {apt_line(missing)}"
        )


def require_screen() -> None:
    """Raise a sentence where there is no screen to open a window on."""
    problem = screen_problem()
    if problem is not None:
        raise DesktopError(
            f"{problem.removesuffix('.')}; "
            "`overread tour` runs the same window off screen and writes screenshots."
        )
    require_libraries(on_x=bool(os.environ.get("DISPLAY")))


def _screen() -> str:
    """What the window would appear on; empty when there is nothing."""
    if screen_problem() is not None:
        return ""
    names = ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")
    return next((f"{name}={os.environ[name]}" for name in names if os.environ.get(name)), sys.platform)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_font() -> bool:
    folders = (Path(f).expanduser() for f in FONT_FOLDERS)
    return any(f.is_dir() and next(f.rglob("*.[to]tf"), None) is not None for f in folders)


def _versions() -> dict[str, str]:
    versions = {
        "overread": _version("overread"),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    versions.update({name: _version(name) for name in PACKAGES})
    return versions


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _probe(code: str, **environment: str) -> tuple[bool, str]:
    """Run a snippet in a process of its own: whether it ended well, and its last line."""
    root = str(Path(__file__).resolve().parent.parent.parent)
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_SECONDS,
            env={**os.environ, "PYTHONPATH": path, **environment},
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer within {PROBE_SECONDS} s"
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return done.returncode == 0, lines[-1] if lines else f"ended with status {done.returncode}"


def _examine_qt(health: Health) -> None:
    # Without a screen the off-screen platform is what `overread tour` uses.
    good, said = _probe(QT_PROBE) if health.screen else _probe(QT_PROBE, QT_QPA_PLATFORM="offscreen")
    health.qt = said
    if not good:
        health.problems.append(f"Qt does not start ({said}).")


def _examine_torch(health: Health) -> None:
    good, said = _probe(TORCH_PROBE)
    if not good:
        health.problems.append(f"PyTorch does not start ({said}); install Overread's pinned version again.")
        health.torchvision = "not tried: PyTorch does not start"
        return
    health.devices = json.loads(said)
    good, said = _probe(VISION_PROBE)
    health.torchvision = "healthy" if good else said
    if not good:
        health.problems.append(
            f"torchvision does not start ({said}); install the version that fits this PyTorch."
        )


def _examine_places(health: Health) -> None:
    health.places = {
        "projects": "IMAGES/.overread/project.sqlite, or the data folder where that cannot be written",
        "data": str(data_dir()),
        "models": str(models_dir()),
        "settings": str(config_dir()),
        "log": str(log_file()),
    }
    for what, folder in (("data", data_dir()), ("settings", config_dir())):
        there = next(p for p in (folder, *folder.parents) if p.exists())
        if not os.access(there, os.W_OK):
            health.problems.append(
                f"The {what} folder {folder} cannot be written; check the rights of {there}."
            )
        elif shutil.disk_usage(there).free < 1 << 30:
            health.problems.append(
                f"Less than 1 GiB is free on the disk of {there}; a project needs room to grow."
            )


def _text(health: Health) -> str:
    devices = [
        ", ".join(f"{v}" if k == "device" else f"{k} {v}" for k, v in d.items()) for d in health.devices
    ]
    rows = [*health.versions.items()]
    rows += [("device", d) for d in devices]
    rows += [
        ("screen", health.screen or "none"),
        ("Qt platform", health.qt),
        ("torchvision", health.torchvision),
    ]
    rows += [(f"{what} in", where) for what, where in health.places.items()]
    problems = [f"Problem: {p}" for p in health.problems] or ["No problem was found."]
    return "\n".join([table(rows), "", *problems])
