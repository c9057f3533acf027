"""What every test gets: no screen needed, settings of its own, and a check that it leaves nothing running."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Set before Qt or a hub client can be imported by any test.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `inference.waiting`: tests share the cores

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_IMAGES = REPOSITORY.parent / "shared" / "data"

# Threads that libraries keep for the life of the process; they belong to no test.
LASTING_THREADS = ("tqdm_", "pytest_timeout", "Dummy-", "execnet", "QtThread", "ThreadPoolExecutor-qt")


@pytest.fixture
def real_images() -> Path:
    """The folder with public sets of real images; the test is skipped where it is absent."""
    if not REAL_IMAGES.is_dir():
        pytest.skip(f"the real images are not here: {REAL_IMAGES} does not exist")
    return REAL_IMAGES


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and data of each test in its own temporary folders, so that none reads a person's."""
    monkeypatch.setenv("OVERREAD_CONFIG_DIR", str(tmp_path / "user-config"))
    monkeypatch.setenv("OVERREAD_DATA_DIR", str(tmp_path / "user-data"))


def _threads() -> set[threading.Thread]:
    return {t for t in threading.enumerate() if t.is_alive() and not t.name.startswith(LASTING_THREADS)}


@pytest.fixture(autouse=True)
def no_leaks(own_folders: None) -> Iterator[None]:
    """Fail a test that leaves a thread running or a file in the working folder."""
    threads = _threads()
    files = {p.name for p in Path.cwd().iterdir()}
    yield
    deadline = time.monotonic() + 2.0
    while (left := _threads() - threads) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"threads left running: {sorted(t.name for t in left)}"
    ignored = {"__pycache__", ".pytest_cache", ".hypothesis"}
    new = {p.name for p in Path.cwd().iterdir()} - files - ignored
    assert not new, f"files left in the working folder: {sorted(new)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `gpu` are skipped, with the reason, where torch sees no CUDA device."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device; torch sees none"))
