"""The option strip, the limits badge and the tool bar, by real clicks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QToolButton

from desktop.panels.limits_badge import LimitsBadge, limits_words
from desktop.panels.tool_options import OptionControl, ToolOptions, option_words
from desktop.panels.toolstrip import ToolStrip
from desktop.tools.brush import BrushTool
from desktop.tools.options import Option
from desktop.tools.registry import TOOLS
from desktop.tools.wand import WandTool
from desktop.window import Window
from tests.desktop.fakes import FakeSession

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def rest() -> None:
    loop = QEventLoop()
    QTimer.singleShot(5, loop.quit)
    loop.exec()


@pytest.fixture
def session(qtbot) -> FakeSession:
    made = FakeSession()
    made.fill(["a.png"])
    return made


@pytest.fixture
def strip(qtbot, session) -> ToolOptions:
    made = ToolOptions(session)
    qtbot.addWidget(made)
    made.resize(900, 36)
    made.show()
    return made


def control(strip: ToolOptions, name: str) -> OptionControl:
    return next(one for one in strip.controls if one.option.name == name)


def test_controls_set_the_tool_and_follow_its_keys(strip, session):
    wand = WandTool(session)
    strip.show_tool(wand, "wand")
    tolerance, contiguous = control(strip, "tolerance"), control(strip, "contiguous")
    before = wand.value("tolerance")
    tolerance.slider.setFocus()
    QTest.keyClick(tolerance.slider, Qt.Key.Key_PageUp)
    assert wand.value("tolerance") == pytest.approx(before + 25, abs=1)
    QTest.mouseClick(contiguous.box, LEFT, NONE, QPoint(8, contiguous.box.height() // 2))
    assert wand.value("contiguous") is False
    wand.key(Qt.Key.Key_Z, NONE)
    assert contiguous.box.isChecked()
    wand.set_value("reach", 800)
    reach = control(strip, "reach")
    assert "800 px" in [one.text() for one in reach.findChildren(type(strip.name))]
    assert "Shift" in reach.toolTip() or "{" in reach.toolTip()
    assert wand.value("reach") == 800, "showing a value changes none"


def test_the_size_of_the_brush_is_shown_and_set(strip, session):
    brush = BrushTool(session)
    session.set_brush_radius = lambda radius: session.values.update(brush_radius=radius)
    strip.show_tool(brush, "brush")
    slider = control(strip, "size").slider
    assert 0 < slider.value() < slider.maximum()
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert session.brush_radius == 500
    session.values["brush_radius"] = 6.0
    session.options_changed.emit()
    assert slider.value() < slider.maximum()


def test_what_does_not_fit_stands_behind_a_button(strip, session):
    wand = WandTool(session)
    strip.show_tool(wand, "wand")
    rest()
    assert strip.hidden_options() == []
    assert strip.more.isHidden()
    assert strip.show_more() is None
    strip.resize(420, 36)
    rest()
    hidden = [option.name for option in strip.hidden_options()]
    assert 0 < len(hidden) < 3
    assert hidden[-1] == "contiguous"
    assert strip.more.isVisible()
    menu = strip.show_more()
    box = next(one for one in menu.findChildren(QCheckBox) if one.text() == "Connected only")
    box.click()
    assert wand.value("contiguous") is False
    menu.close()
    rest()
    shown = [one for one in strip.controls if one.isVisible()]
    assert all(one.geometry().right() < strip.badge.geometry().left() for one in shown)


def test_numbers_have_as_many_places_as_mean_something():
    assert option_words(Option("a", "A", 6.0, 0.5, 500, unit="px"), 6.25) == "6.2 px"
    assert option_words(Option("a", "A", 6.0, 0.5, 500, unit="px"), 62.5) == "62 px"
    assert option_words(Option("a", "A", 0.5, 0.0, 1.0), 0.5) == "0.50"
    assert option_words(Option("a", "A", 20, 0, 255), 20.0) == "20"


def test_a_choice_is_taken(strip, session, qtbot):
    class Chooser(BrushTool):
        options = (Option("tip", "Tip", "round", choices=("round", "square")),)

    tool = Chooser(session)
    strip.show_tool(tool, "brush")
    choice = control(strip, "tip").choice
    QTest.keyClick(choice, Qt.Key.Key_Down)
    assert tool.value("tip") == "square"


def test_the_badge_says_where_painting_is_allowed(qtbot, session):
    badge = LimitsBadge(session)
    qtbot.addWidget(badge)
    badge.show()
    assert badge.text() == ""
    menu = badge.offer()
    first, second = session.schema.active_classes[:2]

    def tick(name: str) -> None:
        next(one for one in menu.findChildren(QCheckBox) if one.accessibleName() == name).click()

    tick(f"Only inside {first.label}")
    assert session.limits.inside == {first.id}
    assert first.label in badge.text()
    tick(f"Never on {first.label}")
    assert (session.limits.inside, session.limits.outside) == (frozenset(), {first.id})
    tick(f"Only inside {second.label}")
    assert "only inside" in badge.toolTip()
    assert "never on" in badge.toolTip()
    badge.set_short(True)
    assert badge.text() == "limited"
    menu.close()
    rest()  # a menu that was closed is deleted in a moment: not together with its button
    session.limits.set()
    assert badge.text() == ""
    assert limits_words(["A", "B"], ["C"]) == "only inside A or B · never on C"


@pytest.fixture
def window(qtbot, session, tmp_path) -> Window:
    from desktop.settings import Settings

    made = Window(Settings(tmp_path), session)
    qtbot.addWidget(made)
    return made


def test_the_tool_bar_has_every_tool_and_fits_the_smallest_window(window):
    tools = [f"tool.{tool.name}" for tool in TOOLS]
    strip = window.review.strip
    assert sum(len(group) for group in strip.groups) == len(tools) + 4
    window.show_page("review")
    window.show()
    for size, columns in (((1440, 1200), 1), ((960, 600), 2)):
        window.resize(*size)
        rest()
        assert strip.columns == columns
        buttons = strip.findChildren(QToolButton)
        assert all(strip.rect().contains(one.geometry()) for one in buttons)
        places = {(one.x(), one.y()) for one in buttons}
        assert len(places) == len(buttons), "none lies on another"
        assert len({(one.width(), one.height()) for one in buttons}) == 1
        assert {one.property("role") for one in buttons} == {"strip" if columns == 1 else "strip-low"}
    polygon = next(one for one in strip.findChildren(QToolButton) if one.accessibleName() == "Polygon")
    assert "(P)" in polygon.toolTip()
    assert "vertices" in polygon.toolTip()
    assert isinstance(strip, ToolStrip)


def test_choosing_a_tool_shows_its_options_and_limits_have_keys(window, session):
    window.show_page("review")
    window.desk.choose_tool("wand")
    assert window.review.options.name.text() == "Magic wand"
    assert len(window.review.options.controls) == 3
    window.desk.choose_tool("pan")
    assert window.review.options.controls == []
    window.commands.refresh()
    chosen = session.class_id
    for action, expected in (
        ("limits.inside", ({chosen}, set())), ("limits.outside", (set(), {chosen})),
        ("limits.outside", (set(), set())), ("limits.inside", ({chosen}, set())),
        ("limits.clear", (set(), set())),
    ):  # fmt: skip
        window.commands[action].trigger()
        assert (set(session.limits.inside), set(session.limits.outside)) == expected


def test_what_is_set_is_there_at_the_next_start(window, tmp_path, qtbot):
    from desktop.settings import Settings

    window.show_page("review")
    window.desk.choose_tool("wand")
    options = window.review.options
    QTest.keyClick(control(options, "tolerance").slider, Qt.Key.Key_End)
    window.desk.tools["wand"].key(Qt.Key.Key_Z, NONE)
    kept = dict(line.split("=") for line in window.settings["tool.options"])
    assert kept == {"wand.tolerance": "255", "wand.contiguous": "false"}
    settings = Settings(tmp_path / "next")
    settings["tool.options"] = (
        *window.settings["tool.options"],
        "wand.gone=1",
        "nothing.x=true",
        "wand.reach=?",
    )
    again = Window(settings, FakeSession())
    qtbot.addWidget(again)
    wand = again.desk.tools["wand"]
    assert (wand.value("tolerance"), wand.value("contiguous")) == (255, False)
    assert wand.value("reach") == 400
    window.desk.choose_tool("brush")
    window.session.set_brush_radius = lambda radius: window.session.values.update(brush_radius=radius)
    QTest.keyClick(control(window.review.options, "size").slider, Qt.Key.Key_End)
    assert window.settings["tool.brush_radius"] == 500


def test_every_tool_has_an_icon(window):
    for tool in TOOLS:
        assert window.commands.records[f"tool.{tool.name}"].icon
        assert not window.commands[f"tool.{tool.name}"].icon().isNull()
