"""Pages and cards of the window that the first paint does not show: how each is made, once it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from desktop.later import Later

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desktop.panels.keys import KeySheet
    from desktop.panels.overlay import Overlay
    from desktop.panels.palette import Palette
    from desktop.panels.schema_editor import SchemaPage
    from desktop.panels.settings_page import SettingsPage
    from desktop.panels.start import StartPage
    from desktop.window import Window


def pages_of(window: Window) -> Later[QWidget]:
    """The pages by name; each comes into the window's stack when it is made."""
    makers: dict[str, Callable[[], QWidget]] = {
        "start": partial(_start, window),
        "review": lambda: window.review,
        "models": lambda: window.modelling.models,
        "training": lambda: window.modelling.training,
        "settings": partial(_settings, window),
        "schema": partial(_schema, window),
    }

    def add(make: Callable[[], QWidget]) -> QWidget:
        page = make()
        window.pages.addWidget(page)
        return page

    return Later({name: partial(add, make) for name, make in makers.items()})


def cards_of(window: Window) -> Later[Overlay]:
    """The cards that lie over the pages, by name."""
    return Later({"finder": partial(_finder, window), "keys": partial(_keys, window)})


def _start(window: Window) -> StartPage:
    from desktop.panels.start import StartPage

    return StartPage(
        window.settings, opened=window.open_folder, ask=window.desk.choose_folder, sample=window.open_sample,
        kept=window.save_settings,
    )  # fmt: skip


def _settings(window: Window) -> SettingsPage:
    from desktop.panels.settings_page import SettingsPage

    help_ = window.desk.help
    return SettingsPage(
        window.settings, window.commands, changed=help_.setting_changed, leave=help_.come_back
    )


def _schema(window: Window) -> SchemaPage:
    from desktop.panels.schema_editor import SchemaPage

    return SchemaPage(window.schema_editing, apply=window.apply_schema, leave=window.desk.help.come_back)


def _finder(window: Window) -> Palette:
    from desktop.panels.palette import Palette

    return Palette(
        window.pages, window.commands, window.session, window.settings, window.desk.help.go_to_image
    )


def _keys(window: Window) -> KeySheet:
    from desktop.panels.keys import KeySheet

    return KeySheet(window.pages, window.commands)


def steps(window: Window) -> list[Callable[[], object]]:
    """What to prepare in idle moments, the likeliest first: a module, then what it makes, by turns."""
    wanted: tuple[tuple[str, Later[QWidget] | Later[Overlay], str], ...] = (
        ("desktop.panels.palette", window.cards, "finder"),
        ("desktop.panels.keys", window.cards, "keys"),
        ("desktop.panels.notes", window.review.tabs.panels, "notes"),
        ("desktop.panels.view_options", window.review.tabs.panels, "view"),
        ("desktop.panels.measure", window.review.tabs.panels, "measure"),
        ("desktop.panels.history", window.review.tabs.panels, "history"),
        ("desktop.panels.models", window.named, "models"),
        ("desktop.panels.training", window.named, "training"),
        ("desktop.panels.settings_page", window.named, "settings"),
        ("desktop.panels.schema_editor", window.named, "schema"),
    )
    found: list[Callable[[], object]] = []
    for module, things, name in wanted:
        found += (partial(import_module, module), partial(things.__getitem__, name))
    desk = window.desk
    found += (partial(import_module, "desktop.panels.region_strip"), lambda: desk.regions.strip)
    found += (partial(import_module, "desktop.panels.copy_class"), lambda: desk.copying.strip)
    found.append(partial(import_module, "desktop.panels.second_view"))
    return found
