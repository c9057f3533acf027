"""The schema changed in the middle of a review, by the real window: nothing that was recorded is lost."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTreeWidgetItem

from desktop.project.filter import Filter, GradeIs
from desktop.project.project import Project
from tests.e2e.desk import make_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "eyes", 3)


def enter(sitting) -> None:
    sitting.press("Ctrl+Shift+S")
    sitting.wait(lambda: sitting.window.schema_editing.usage is not None, "the schema")
    sitting.hand.rest(20)


def lines(page) -> list[str]:
    return [item.text(0) for item in page.items()]


def type_into(field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def apply(sitting) -> None:
    page = sitting.window.schema_page
    assert page.apply.isEnabled(), page.refused.text()
    wanted = sitting.window.schema_editing.draft.schema
    sitting.hand.click(page.apply)
    sitting.wait(lambda: sitting.session.schema == wanted, "the schema to be applied")
    sitting.wait(lambda: sitting.window.schema_editing.usage is not None, "the editor")
    assert sitting.window.isEnabled()


def test_names_change_in_the_middle_and_masks_grades_and_undo_stay(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    session, page = sitting.session, sitting.window.schema_page
    sitting.ready()
    sitting.press("B", "Ctrl+1")
    painted = sitting.paint()
    sitting.press("1", "2")
    assert session.label.grades == {"severity": "severe"}
    enter(sitting)
    assert lines(page) == ["MA", "HE", "severity", "DME"]
    page.choose("class", 0)
    type_into(page.forms["class"].name, "micro")
    page.choose("scale", "severity")
    type_into(page.forms["scale"].name, "icdr")
    values = page.forms["scale"].values
    values.item(2).setText("proliferative")
    assert lines(page) == ["micro", "HE", "icdr", "DME"]
    assert page.said.text().splitlines() == [
        "The class “MA” is called “micro”; 1 image keeps its mask.",
        "The scale “severity” is called “icdr”; 1 image keeps its grade.",
        "“severe” of “icdr” is called “proliferative”; 1 image keeps this grade.",
    ]
    assert session.schema.scale("severity"), "nothing holds before it is applied"
    apply(sitting)
    sitting.press("Esc")
    assert sitting.window.desk.page == "review"
    sitting.ready()
    assert session.label.grades == {"icdr": "proliferative"} and sitting.painted() == painted
    sitting.press("Ctrl+Z")
    assert session.label.grades == {"icdr": "mild"}, "undo goes on across the change"
    sitting.press("Return")
    sitting.saved()
    sitting.close()
    with Project.open(folder) as project:
        label = project.load_label(project.images()[0].id)
        assert label.grades == {"icdr": "mild"}
        assert project.schema.class_by_id(0).name == "micro"
        assert int(label.planes.class_mask(0).sum()) == painted


def test_a_value_in_use_is_refused_with_a_sentence_and_steps_are_taken_back(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    page, editing = sitting.window.schema_page, sitting.window.schema_editing
    sitting.ready()
    sitting.press("2")
    sitting.saved()
    enter(sitting)
    page.choose("scale", "severity")
    form = page.forms["scale"]
    form.values.setCurrentRow(2)
    assert "the grade of 1 image" in form.used.text()
    sitting.hand.click(form.remove)
    assert "cannot be removed" in page.refused.text() and not page.apply.isEnabled()
    sitting.hand.click(page.undo)
    assert not page.refused.isVisible() and not editing.plan().changes_anything
    page.choose("class", 1)
    type_into(page.forms["class"].name, "MA")
    assert "twice" in page.refused.text(), "two classes of one name"
    assert page.forms["class"].name.text() == "HE"


def test_a_folder_without_a_schema_begins_with_a_template(desk, tmp_path: Path) -> None:
    sitting = desk.open(make_folder(tmp_path / "plain", 2, schema=None))
    topics = [notice.topic for notice in sitting.window.notices.all]
    assert "schema" in topics
    enter(sitting)
    page = sitting.window.schema_page
    assert lines(page) == []
    page.begin_from.menu().aboutToShow.emit()
    actions = page.begin_from.menu().actions()
    titles = [action.text() for action in actions if action.text()]
    assert titles[:5] == ["Diabetic retinopathy", "Skin lesion", "Polyp", "Vessels", "Plain foreground"]
    assert not actions[-1].isEnabled(), "no model declares anything here"
    actions[0].trigger()
    assert lines(page)[:4] == ["Microaneurysms", "Haemorrhages", "Hard exudates", "Soft exudates"]
    apply(sitting)
    assert all(notice.text != "This project asks nothing" for notice in sitting.window.notices.all)
    sitting.press("Esc")
    sitting.ready()
    sitting.press("3")
    assert sitting.session.label.grades == {"severity": "3"}


def test_things_are_added_moved_set_aside_and_restored_by_the_page(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    page, editing = sitting.window.schema_page, sitting.window.schema_editing
    sitting.ready()
    sitting.press("1")
    sitting.saved()
    enter(sitting)
    for action in page.add.menu().actions()[:3]:
        action.trigger()
        assert QApplication.focusWidget().text().startswith("new ")
        QTest.keyClicks(QApplication.focusWidget(), "x" + action.text()[-4:])
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert lines(page) == ["MA", "HE", "xlass", "severity", "xcale", "DME", "xding"]
    page.choose("class", 2)
    sitting.hand.click(page.up)
    assert lines(page)[:3] == ["MA", "xlass", "HE"]
    page.choose("scale", "severity")
    sitting.hand.click(page.forms["scale"].aside)
    page.choose("class", 0)
    sitting.hand.click(page.forms["class"].retire)
    item = restorable(page, ("scale", "severity"))
    assert item.parent().text(0) == "No longer asked"
    apply(sitting)
    assert [one.name for one in sitting.session.schema.grades] == ["xcale"]
    page.choose("aside", ("scale", "severity"))
    sitting.hand.click(page.forms["aside"].restore)
    apply(sitting)
    sitting.press("Esc")
    sitting.ready()
    assert sitting.session.label.grades == {"severity": "mild"}
    assert editing.draft.schema.class_by_id(0).retired


def restorable(page, key: tuple[str, object]) -> QTreeWidgetItem:
    return next(one for one in page.items() if one.data(0, Qt.ItemDataRole.UserRole) == ("aside", key))


def test_a_rule_is_written_and_holds(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    page = sitting.window.schema_page
    sitting.ready()
    enter(sitting)
    page.add.menu().actions()[3].trigger()
    form = page.forms["rule"]
    assert form.isVisible()
    sitting.hand.click(form.put)
    assert "needs a scale, a value and a class" in page.refused.text()
    for name in ("values", "classes"):
        form.controls[name].item(0).setCheckState(Qt.CheckState.Checked)
    sitting.hand.click(form.put)
    assert lines(page)[-1] == "severity: a grade excludes classes"
    apply(sitting)
    (rule,) = sitting.session.schema.rules
    assert (rule.scale, rule.values, rule.classes) == ("severity", ("none",), ("MA",))


def test_the_filter_in_force_and_saved_ones_follow_a_new_name(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    session, filtering = sitting.session, sitting.session.filtering
    sitting.ready()
    sitting.press("1", "2")
    sitting.saved()
    filtering.set(Filter(grades=(GradeIs("severity", ("severe",)),)))
    sitting.wait(lambda: filtering.rows is not None and len(filtering) == 1, "one image in the list")
    filtering.save("bad ones")
    enter(sitting)
    page = sitting.window.schema_page
    page.choose("scale", "severity")
    type_into(page.forms["scale"].name, "icdr")
    page.forms["scale"].values.item(2).setText("proliferative")
    apply(sitting)
    asked = (GradeIs("icdr", ("proliferative",)),)
    assert filtering.filter.grades == asked
    sitting.wait(lambda: [one.filter.grades for one in filtering.saved] == [asked], "the saved filter")
    filtering.refresh()
    sitting.hand.rest(600)
    assert len(filtering) == 1, "it matches what it matched before"
    told: list[str] = []
    session.noted.connect(told.append)
    page.choose("scale", "icdr")
    sitting.hand.click(page.forms["scale"].aside)
    apply(sitting)
    assert not filtering.filter and len(filtering) == 3, "what is no longer asked narrows nothing"
    assert any("“icdr”, which the schema no longer has" in text for text in told), told
    assert session.filtering.saved[0].filter.grades == asked, "it comes back with its scale"
    sitting.close()


def test_a_change_that_the_disk_refuses_leaves_nothing_behind(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    session, page = sitting.session, sitting.window.schema_page
    sitting.ready()
    before, writer = session.schema, session.project.writer
    enter(sitting)
    page.choose("scale", "severity")
    type_into(page.forms["scale"].name, "icdr")

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer._guard = full
    sitting.hand.click(page.apply)
    sitting.notice("free some space, then")
    assert session.schema == before
    writer._guard = lambda: None
    writer.retry()
    assert writer.flush(10)
    assert session.project.store.setting("schema") == before.to_dict()
    apply(sitting)
    assert session.project.store.setting("schema") == session.schema.to_dict() != before.to_dict()
    sitting.close()
