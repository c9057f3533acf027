"""The first minutes and the last: recent folders, where one was, long work in view, closing while it runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from desktop.jobs.prediction import PredictionThread
from desktop.panels.recent import MISSING
from desktop.project.project import Project
from desktop.settings import Settings
from tests.desktop.session_tools import make_bundle
from tests.e2e.desk import SCHEMA, make_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "eyes", 4)


def finish_one(sitting) -> None:
    sitting.ready()
    sitting.press("1", "Return")
    sitting.wait(lambda: sitting.session.entries[0].status == "corrected", "the finish")
    sitting.saved()


def test_recent_folders_say_how_far_they_are_and_which_are_gone(desk, folder: Path, tmp_path: Path) -> None:
    gone = make_folder(tmp_path / "gone", 1)
    first = desk.open(gone)
    first.close()
    sitting = desk.open(folder)
    finish_one(sitting)
    sitting.close()
    gone.rename(tmp_path / "elsewhere")
    settings = Settings()
    settings["projects.open_last"] = False
    settings.save()
    again = desk.open(None)
    start = again.window.start
    again.wait(lambda: all(row.glance is not None for row in start.recent), "a look at the folders")
    said = {row.folder.name: row.said for row in start.recent}
    assert said["gone"] == MISSING
    assert said["eyes"].startswith("today") and said["eyes"].endswith("1 of 4 finished")
    assert "1 of 4 finished" in start.recent[0].accessibleDescription()
    # By keys: Tab to the first one, Space opens it.
    for _ in range(12):
        if QApplication.focusWidget() is start.recent[0]:
            break
        again.press("Tab")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    again.wait(lambda: again.session.folder == folder, "the folder")
    again.ready()


def test_a_missing_folder_is_taken_off_the_list_for_good(desk, tmp_path: Path) -> None:
    settings = Settings()
    settings.add_recent(tmp_path / "never")
    settings.save()
    sitting = desk.open(None)
    start = sitting.window.start
    forget = next(one for one in start.findChildren(QToolButton) if "never" in one.toolTip())
    sitting.hand.click(forget)
    assert start.recent == []
    sitting.wait(lambda: Settings()["projects.recent"] == (), "the settings")


def test_where_one_was_is_where_one_comes_back_to(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    sitting.ready()
    window = sitting.window
    window.resize(1111, 777)
    window.review.tabs.show_tab("view")
    window.review.splitter.setSizes([250, 500, 330])
    sitting.hand.rest(30)
    left, _, right = window.review.splitter.sizes()
    sitting.press("Alt+2", "Ctrl+,")
    sitting.close()
    again = desk.open(None, size=(1111, 777))
    again.wait(lambda: again.session.project is not None, "the last project")
    assert again.window.desk.page == "models"
    kept = Settings()
    assert (kept["view.gallery_width"], kept["view.panel_width"]) == (left, right)
    assert again.window.review.tabs.current == "view"
    again.close()
    third = desk.open(folder)
    assert third.window.desk.page == "review", "who names a folder wants to see it"


def test_a_folder_dropped_on_the_start_page_is_opened(desk, folder: Path) -> None:
    sitting = desk.open(None)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder / "eye0.png"))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    sitting.window.dropEvent(event)
    sitting.wait(lambda: sitting.session.folder == folder, "the folder of the file")
    sitting.ready()


def test_what_is_gone_when_it_is_dropped_leaves_the_open_project_alone(desk, folder: Path, tmp_path) -> None:
    sitting = desk.open(folder)
    sitting.ready()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "pulled out" / "eye0.png"))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    sitting.window.dropEvent(event)
    sitting.notice("“eye0.png” is not there any more")
    sitting.hand.rest(200)
    assert sitting.session.project is not None and sitting.session.folder == folder


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    """Forty images with a model in use that has read none of them."""
    folder = make_folder(tmp_path / "many", 40)
    bundle = make_bundle(tmp_path / "model")
    from inference.bundle import bundle_digest

    with Project.create(folder, SCHEMA) as project:
        digest = bundle_digest(bundle)
        project.register_model(bundle, digest, "model", class_map={"MA": 0, "HE": 1}).result()
        project.set_incumbent(digest).result()
    return folder


def test_predicting_is_a_task_that_can_be_paused_and_taken_up_again(
    desk, predicted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = PredictionThread._predict

    def slowly(*arguments):
        time.sleep(0.05)
        return predict(*arguments)

    monkeypatch.setattr(PredictionThread, "_predict", slowly)
    sitting = desk.open(predicted, project=False)
    tasks = sitting.window.top.tasks
    sitting.wait(lambda: any(one.name == "predicting" for one in tasks.tasks), "predictions", 12)
    (task,) = [one for one in tasks.tasks if one.name == "predicting"]
    assert 0 < task.done <= task.total == 40
    assert sitting.window.top.chip.isVisible()
    sitting.press("Alt+0")
    popover = sitting.window.top.chip.popover
    sitting.hand.click(popover.rows["predicting"].stop)
    assert any("no longer predicted" in notice.text for notice in sitting.window.notices.all)
    sitting.wait(lambda: sitting.session.prediction_state == "idle", "the pause", 60)
    cache, asked = sitting.session.predicting._cache, sitting.session.predicting.request_for
    known = [cache.has(*asked(entry).key) for entry in sitting.session.entries]
    assert not all(known), "the far end of the folder was left alone"
    sitting.press("Esc")
    sitting.hand.click_button(sitting.window.notices, "Predict on")
    sitting.wait(
        lambda: all(cache.has(*asked(entry).key) for entry in sitting.session.entries), "all of them", 60
    )


def test_closing_while_it_indexes_and_predicts_loses_nothing(desk, predicted: Path) -> None:
    sitting = desk.open(predicted, project=False)
    sitting.wait(lambda: sitting.session.project is not None, "the project")
    sitting.ready()
    sitting.press("B", "1")
    painted = sitting.paint()
    sitting.press("Ctrl+P", "Esc", "?")
    sitting.close()
    with Project.open(predicted) as project:
        label = project.load_label(project.images()[0].id)
        assert int(label.planes.class_mask(0).sum()) == painted and label.grades == {"severity": "mild"}


def test_closing_with_a_draft_of_the_schema_asks_nothing_and_changes_nothing(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    sitting.press("Ctrl+Shift+S")
    editing = sitting.window.schema_editing
    sitting.wait(lambda: editing.usage is not None, "the schema")
    assert editing.step(lambda draft: draft.add_class("new"))
    sitting.close()
    with Project.open(folder) as project:
        assert project.schema == SCHEMA
