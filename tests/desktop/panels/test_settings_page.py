"""The settings page is made of the records: every one with a section has a control that holds at once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox

from desktop.settings import SETTINGS, Settings
from desktop.theme import look
from desktop.window import Window
from tests.desktop.fakes import FakeSession


def opened(qtbot, tmp_path) -> Window:
    session = FakeSession()
    window = Window(Settings(tmp_path), session)
    qtbot.addWidget(window)
    session.fill(["a.png"])
    window.show_page("review")
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.canvas)
    QTest.keyClick(window.canvas, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert window.desk.page == "settings" and window.settings_page.isVisible()
    return window


def test_every_setting_with_a_section_has_a_named_control(qtbot, tmp_path) -> None:
    window = opened(qtbot, tmp_path)
    wanted = {one.id for one in SETTINGS if one.section}
    assert set(window.settings_page.controls) == wanted and len(wanted) >= 4
    assert all(one.accessibleName() for one in window.settings_page.controls.values())
    window.close()


def test_a_change_holds_at_once_and_is_kept(qtbot, tmp_path) -> None:
    window = opened(qtbot, tmp_path)
    controls = window.settings_page.controls
    theme, radius, last = (controls[key] for key in ("view.theme", "tool.brush_radius", "projects.open_last"))
    assert isinstance(theme, QComboBox) and isinstance(radius, QDoubleSpinBox) and isinstance(last, QCheckBox)
    theme.setCurrentIndex(theme.findData("light"))
    assert look().theme.name == "light"
    radius.setValue(33.0)
    assert window.session.brush_radius == 33.0
    keep = controls["view.keep_place"]
    assert isinstance(keep, QCheckBox)
    keep.setChecked(True)
    assert window.session.looking.keep_place
    last.setChecked(False)
    qtbot.waitUntil(lambda: Settings(tmp_path).overrides.get("projects.open_last") is False)
    kept = Settings(tmp_path).overrides
    assert kept["view.theme"] == "light" and kept["tool.brush_radius"] == 33.0
    window.desk.choose_theme("dark")
    window.close()


def test_escape_goes_back_to_where_one_was(qtbot, tmp_path) -> None:
    window = opened(qtbot, tmp_path)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert window.desk.page == "review"
    window.close()


def test_changed_keys_reach_cheat_sheet_and_file(qtbot, tmp_path) -> None:
    window = opened(qtbot, tmp_path)
    panel = window.settings_page.shortcuts
    panel.choose("view.full_screen")
    panel.change.click()
    panel.record("Ctrl+Shift+F9")
    window.show_page("review")
    QTest.keyClick(window.canvas, Qt.Key.Key_F1)
    lines = [line for section in window.keys.sections for line in section.lines]
    assert ("Full screen", ["Ctrl+Shift+F9"]) in lines
    qtbot.waitUntil(lambda: Settings(tmp_path)["keys.overrides"] == ("view.full_screen = Ctrl+Shift+F9",))
    window.close()
