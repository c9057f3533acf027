"""The theme follows the system where it tells, at once, and only while nobody chose one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop import app, theme
from desktop.theme import look


@pytest.fixture
def system(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Qt.ColorScheme], None]]:
    """Sets what the system asks for, and tells the program as Qt does."""
    asked = [Qt.ColorScheme.Unknown]
    hints = SimpleNamespace(colorScheme=lambda: asked[0])
    monkeypatch.setattr(theme, "QGuiApplication", SimpleNamespace(styleHints=lambda: hints))

    def change(scheme: Qt.ColorScheme) -> None:
        asked[0] = scheme
        app._follow_system(qapp, scheme)

    yield change
    look().apply(qapp, "dark")


def test_the_theme_follows_the_system(qapp: QApplication, system) -> None:
    look().apply(qapp, "system")
    assert look().theme.name == "dark", "a system that does not tell gets the theme for photographs"
    system(Qt.ColorScheme.Light)
    assert look().theme.name == "light"
    assert qapp.palette().window().color() == look().color("window")
    system(Qt.ColorScheme.Dark)
    assert look().theme.name == "dark"


def test_what_a_person_chose_stays(qapp: QApplication, system) -> None:
    look().apply(qapp, "dark")
    system(Qt.ColorScheme.Light)
    assert look().theme.name == "dark"
