"""What the end-to-end tests share: a desk that opens the real window, and eyes for what goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.places import log_file
from tests.e2e.desk import Desk, desks_closed

# What the off-screen platform says of itself; none of it is the program's doing.
PLATFORM = r"This plugin does not support (propagateSizeHints|raise|grabbing)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning of Qt's own fails an end-to-end test: on a person's terminal it would be noise or worse."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore(PLATFORM))


@pytest.fixture
def desk(qtbot, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Desk]:
    """Opens real windows; closes them after the test, and fails it on anything that went wrong unseen."""
    caplog.set_level(logging.WARNING)
    made = Desk(qtbot, tmp_path)
    try:
        yield made
    finally:
        made.close_all()
    assert desks_closed(), "a thread of Qt's own is still at work"
    log = log_file()
    assert not log.exists(), f"an error that nobody expected:\n{log.read_text('utf-8')}"
    bad = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not bad, f"errors in the log: {bad}"
