"""Models, training and start pages, history, notices: what they show and what they pass on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from desktop.panels.comparison import ComparedFigure, ComparedModels
from desktop.panels.history import HistoryPanel
from desktop.panels.metrics import basis, figures
from desktop.panels.models import SYNTHETIC_WARNING, ModelEntry, ModelsPage
from desktop.panels.notices import Notice, NoticeBar
from desktop.panels.reject import RejectStrip
from desktop.panels.start import StartPage
from desktop.panels.training import Material, TrainingPage
from desktop.settings import Settings
from tests.desktop.fakes import FakeSession
from tests.desktop.page_data import METRICS, fill_models, fill_training


def texts(widget) -> list[str]:
    QApplication.processEvents()  # what a layout has just taken in is shown then
    return [one.text() for one in widget.findChildren(QLabel) if not one.isHidden()]


def button(widget, text: str) -> QPushButton:
    return next(one for one in widget.findChildren(QPushButton) if one.text().startswith(text))


@pytest.fixture
def models(qtbot) -> ModelsPage:
    page = ModelsPage(roll_back=lambda: page.said.append("back"), add=lambda: page.said.append("add"))
    page.said = []
    qtbot.addWidget(page)
    page.resize(1200, 800)
    page.show()
    return page


def test_the_model_in_use_is_shown_first_with_a_way_back(models) -> None:
    fill_models(models)
    assert [row.entry.name for row in models.rows] == ["retina v2", "fundus-demo", "damaged"]
    assert [row.in_use for row in models.rows] == [True, False, False]
    assert models.rows[0].isChecked()
    QTest.mouseClick(button(models, "Roll back to fundus-demo"), Qt.MouseButton.LeftButton)
    assert models.said == ["back"]
    assert "held out: 12 images, 5 groups" in texts(models)
    assert "0.581" in texts(models)


def test_choosing_a_synthetic_model_warns_and_offers_it(models) -> None:
    fill_models(models)
    used: list[ModelEntry] = []
    models.use.connect(used.append)
    assert SYNTHETIC_WARNING not in texts(models)
    QTest.mouseClick(models.rows[1], Qt.MouseButton.LeftButton)
    assert SYNTHETIC_WARNING in texts(models)
    QTest.mouseClick(button(models, "Use this model"), Qt.MouseButton.LeftButton)
    assert [entry.name for entry in used] == ["fundus-demo"]


def test_a_promotion_turns_the_page_to_the_new_incumbent(models) -> None:
    fill_models(models)
    QTest.mouseClick(models.rows[2], Qt.MouseButton.LeftButton)
    models.show_models(models._entries, "a" * 64, "b" * 64, synthetic_folder=True)
    assert models.rows[0].isChecked()
    assert models.rows[0].entry.name == "fundus-demo"
    assert button(models, "Roll back to retina v2")
    assert SYNTHETIC_WARNING not in texts(models)


def test_a_damaged_bundle_says_why_and_cannot_be_used(models) -> None:
    fill_models(models)
    QTest.mouseClick(models.rows[2], Qt.MouseButton.LeftButton)
    assert "weights.safetensors is missing." in texts(models)
    assert not [b for b in models.findChildren(QPushButton) if b.text() == "Use this model" and b.isVisible()]


def test_no_models_says_what_to_do(models) -> None:
    models.show_models((), "")
    assert not models.empty.isHidden()
    assert "train one" in models.empty.text()


def test_figures_of_a_report_keep_their_number_of_images() -> None:
    found = figures(METRICS)
    assert [(f.subject, f.measure, f.value, f.images) for f in found][:2] == [
        ("MA", "Dice", 0.412, 12),
        ("MA", "IoU", 0.301, 12),
    ]
    assert basis(METRICS) == "held out: 12 images, 5 groups"
    assert figures({"classes": {"MA": {"dice": None}}, "grades": 3}) == []


def test_a_bundles_figures_are_those_of_its_held_out_images() -> None:
    inner = {key: value for key, value in METRICS.items() if key != "split"}
    both = {"val": {"images": 3, "classes": {"MA": {"dice": 0.1}}}, "test": inner, "epoch": 4}
    assert figures(both) == figures(METRICS)
    assert basis(both) == "held out: 12 images, 5 groups"
    assert basis({"val": {"images": 3, "classes": {}}}) == "validation: 3 images"


@pytest.fixture
def training(qtbot) -> TrainingPage:
    said: list[str] = []
    page = TrainingPage(promote=lambda: said.append("promote"), keep=lambda: said.append("keep"))
    page.said = said
    qtbot.addWidget(page)
    page.resize(1200, 800)
    page.show()
    return page


def test_nothing_reviewed_cannot_start_and_says_why(training) -> None:
    training.show_material(Material({"train": 3}, {"train": 2}))
    assert not training.start_button.isEnabled()
    training.show_recipes(())
    assert "recipe" in training.hint.text()


def test_a_run_from_start_to_promotion(training) -> None:
    started: list[tuple] = []
    training.started.connect(lambda *args: started.append(args))
    fill_training(training)
    assert training.stop_button.isEnabled()
    assert not training.start_button.isEnabled()
    assert training.state.text().startswith("Epoch 5 of 8 · validation Dice 0.600")
    assert training.progress.value() == 625
    assert training.time_left.text().endswith("left")
    assert len(training.curve.points) == 5
    assert "epoch 5 done" in training.log.toPlainText()
    training.end("The run is finished.")
    assert training.start_button.isEnabled()
    assert "+0.035" in texts(training.comparison)
    assert "−0.015" in texts(training.comparison)
    assert "12 held-out images, 6 groups" in texts(training.comparison)
    QTest.mouseClick(training.comparison.promote_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(training.comparison.keep_button, Qt.MouseButton.LeftButton)
    assert training.said == ["promote", "keep"]
    QTest.mouseClick(training.start_button, Qt.MouseButton.LeftButton)
    assert started == [("quick", 8, "auto")]


def test_unknown_grouping_is_said(training) -> None:
    training.show_material(Material({"train": 3, "val": 1}, {"train": 3, "val": 1}, False))
    assert not training.grouping.isHidden()
    training.show_material(Material({"train": 3, "val": 1}, {"train": 2, "val": 1}, True))
    assert training.grouping.isHidden()


def test_a_failure_is_said_and_the_next_run_can_start(training) -> None:
    fill_training(training)
    training.end("The run ended because memory ran out.", bad=True)
    assert training.state.text() == "The run ended because memory ran out."
    assert training.state.property("role") == "bad"
    assert training.start_button.isEnabled()
    assert training.progress.value() == 0


def test_stop_is_asked_once(training) -> None:
    fill_training(training)
    asked: list[bool] = []
    training.stopped.connect(lambda: asked.append(True))
    QTest.mouseClick(training.stop_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(training.stop_button, Qt.MouseButton.LeftButton)
    assert asked == [True]


def test_no_held_out_images_is_said_not_hidden(training) -> None:
    training.show_comparison(ComparedModels("a", "b", 0, 0, ()))
    assert any("No held-out image" in text for text in texts(training.comparison))


@pytest.mark.parametrize(("candidate", "offered"), [(0.6, "Promote"), (0.4, "Keep")])
def test_the_better_model_is_offered_first(training, candidate, offered) -> None:
    figures = (ComparedFigure("MA", "Dice", 0.5, candidate), ComparedFigure("HE", "Dice", None, 0.9))
    training.show_comparison(ComparedModels("a", "b", 4, 2, figures))
    card = training.comparison
    first = [b.text() for b in (card.promote_button, card.keep_button) if b.property("role") == "primary"]
    assert len(first) == 1 and first[0].startswith(offered)


def test_the_start_page_lists_recent_folders(qtbot, tmp_path) -> None:
    settings = Settings(tmp_path)
    opened: list[Path] = []
    asked: list[str] = []
    page = StartPage(
        settings, opened=opened.append, ask=lambda: asked.append("ask"), sample=lambda: asked.append("s")
    )
    qtbot.addWidget(page)
    assert any("listed here" in text for text in texts(page))
    settings.add_recent(tmp_path / "eyes")
    page.refresh()
    QTest.mouseClick(page.recent[0], Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.ask, Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.sample, Qt.MouseButton.LeftButton)
    assert opened == [tmp_path / "eyes"]
    assert asked == ["ask", "s"]


def test_history_names_done_present_and_undone(qtbot) -> None:
    session = FakeSession()
    session.fill(["a.png"])
    session.go_to(0)
    panel = HistoryPanel(session)
    qtbot.addWidget(panel)
    assert not panel.empty.isHidden()
    session.show(np.zeros((10, 10, 3), np.uint8))
    for value in "123":
        session.set_grade("severity", value)
    session.undo()
    rows = [panel.model.index(row).data() for row in range(panel.model.rowCount())]
    assert rows == ["grade:severity 3", "grade:severity 2", "grade:severity 1", "As it came"]
    assert panel.model.present == 1
    assert panel.model.index(1).data(Qt.ItemDataRole.FontRole).bold()
    assert "undone" in panel.model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_notices_pile_up_and_leave_one_by_one(qtbot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    assert bar.isHidden()
    bar.say("First.")
    bar.say("Second.", "problem", "line 1\nline 2")
    bar.say("First.")  # said again: it comes to the front, it is not doubled
    assert bar.current == Notice("First.")
    bar.dismiss()
    assert bar.current is not None
    assert bar.current.text == "Second."
    bar.dismiss()
    assert bar.isHidden()


def test_a_notice_of_a_topic_is_replaced_and_withdrawn(qtbot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.say("Saving waits.", topic="disk")
    bar.say("Saving waits longer.", topic="disk")
    bar.say("Other.")
    bar.withdraw("disk")
    assert bar.current == Notice("Other.")
    bar.dismiss()
    assert bar.current is None


def test_an_answer_runs_and_takes_the_notice_away(qtbot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    taken: list[str] = []
    bar.put(
        Notice("It is open elsewhere.", "problem", answers=(("Try again", lambda: taken.append("again")),))
    )
    bar.show()
    QTest.mouseClick(button(bar, "Try again"), Qt.MouseButton.LeftButton)
    assert taken == ["again"]
    assert bar.current is None


def test_errors_are_told_in_one_sentence(qtbot, tmp_path) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.tell(FileNotFoundError(2, "No such file", str(tmp_path / "gone.png")))
    assert bar.current is not None
    assert "gone.png" in bar.current.text
    assert "Traceback" not in bar.current.text


def test_a_rejection_takes_a_usual_or_a_written_reason(qtbot) -> None:
    reasons: list[str] = []
    strip = RejectStrip(reasons.append)
    qtbot.addWidget(strip)
    strip.ask()
    QTest.keyClick(strip.text, Qt.Key.Key_Return)  # nothing written: nothing happens
    assert reasons == []
    QTest.keyClicks(strip.text, "blurred")
    QTest.keyClick(strip.text, Qt.Key.Key_Return)
    assert reasons == ["blurred"]
    assert strip.isHidden()
    strip.ask()
    assert strip.text.text() == ""
    QTest.mouseClick(strip.buttons[0], Qt.MouseButton.LeftButton)
    assert reasons == ["blurred", "Not gradable"]
