"""Image quality, findings by key, what is stale, and what cannot be assessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from desktop.panels.values import Values
from desktop.panels.widgets import column
from desktop.theme import look
from inference.schema import Finding, GradeScale
from tests.desktop.fakes import FakeSession
from tests.desktop.session_tools import SCHEMA, dab, make_folder, open_and_wait

QUALITY = GradeScale(
    "quality", ("good", "poor", "none"), title="Image quality", role="quality", unusable=("none",)
)
RICH = replace(
    SCHEMA, grades=(*SCHEMA.grades, QUALITY), findings=(Finding("dme"), Finding("scar", "Laser scars"))
)


@pytest.fixture
def desk(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "eyes", 2), RICH)
    return session


@pytest.fixture
def values(qtbot, qapp, desk) -> Iterator[Values]:
    look().apply(qapp, "dark")
    holder = QWidget()
    holder.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    qtbot.addWidget(holder)
    made = Values(desk)
    column(holder).addWidget(made)
    holder.resize(280, 500)
    holder.show()
    holder.activateWindow()
    holder.setFocus()
    qtbot.waitUntil(holder.hasFocus)
    yield made


def test_quality_stands_first_though_the_schema_names_it_last(values) -> None:
    quality, severity = values.grades[1], values.grades[0]
    assert quality.scale.role == "quality"
    assert quality.y() < severity.y()


def test_digits_are_for_the_diagnosis_until_the_quality_has_the_keyboard(qtbot, desk, values) -> None:
    assert values.by_digit("1")
    assert desk.label.grades == {"severity": "mild"}
    assert values.focus_quality()
    qtbot.waitUntil(values.grades[1].buttons["good"].hasFocus)
    assert values.grades[1].keys.text() == "0–2" and values.grades[1].keys.isVisible()
    assert values.grades[0].keys.isHidden()
    assert values.by_digit("2")
    assert desk.label.grades == {"severity": "mild", "quality": "none"}


def test_an_unusable_picture_offers_to_reject_it_for_that_reason(qtbot, desk, values) -> None:
    offer, image = values.grades[1].offer, desk.entry.image_id
    assert offer.isHidden()
    QTest.mouseClick(values.grades[1].buttons["none"], Qt.MouseButton.LeftButton)
    assert not offer.isHidden()
    assert values.quality_reasons() == ("Image quality: none",)
    QTest.mouseClick(values.grades[1].reject, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.entries[0].status == "rejected", timeout=10_000)
    assert desk.project.rejection_reason(image) == "Image quality: none"


def test_arrows_and_letters_set_findings(qtbot, desk, values) -> None:
    assert values.focus_findings()
    first, second = values.findings
    qtbot.waitUntil(first.buttons["present"].hasFocus)
    QTest.keyClick(first.buttons["present"], Qt.Key.Key_P)
    QTest.keyClick(first.buttons["present"], Qt.Key.Key_Down)
    assert second.buttons["present"].hasFocus()
    QTest.keyClick(second.buttons["present"], Qt.Key.Key_Right)
    assert second.buttons["absent"].hasFocus()
    QTest.keyClick(second.buttons["absent"], Qt.Key.Key_Space)
    assert desk.label.findings == {"dme": "present", "scar": "absent"}
    QTest.keyClick(second.buttons["absent"], Qt.Key.Key_N)
    assert desk.label.findings["scar"] == "not assessed"
    QTest.keyClick(second.buttons["absent"], Qt.Key.Key_N)
    assert desk.label.findings.get("scar") is None


def test_a_finding_goes_round_its_states(desk, values) -> None:
    seen = []
    for _ in range(4):
        values.findings[0].cycle()
        seen.append(desk.label.findings.get("dme"))
    assert seen == ["present", "absent", "not assessed", None]


def test_a_scale_that_cannot_be_assessed_says_why_and_can_be_again(qtbot, desk, values) -> None:
    severity = values.grades[0]
    with qtbot.waitSignal(values.asked) as asked:
        QTest.mouseClick(severity.unassess, Qt.MouseButton.LeftButton)
    assert asked.args == ["grade:severity"]
    desk.assessments.set_not_assessable("grade:severity", "Reflex")
    assert not severity.unassessable.isHidden() and severity.unassess.isHidden()
    assert severity.reason.whole() == "Not assessable: Reflex"
    QTest.mouseClick(severity.buttons["mild"], Qt.MouseButton.LeftButton)
    assert severity.unassessable.isHidden()
    assert dict(desk.assessments.reasons) == {}


def test_classes_that_cannot_be_assessed_are_listed(desk, values) -> None:
    desk.assessments.set_not_assessable("class:1", "Cataract")
    texts = [one.whole() for one in values.findChildren(type(values.grades[0].reason)) if one.isVisible()]
    assert "HE: Cataract" in texts
    desk.assessments.clear("class:1")
    texts = [one.whole() for one in values.findChildren(type(values.grades[0].reason)) if one.isVisible()]
    assert "HE: Cataract" not in texts


def test_the_models_numbers_are_marked_stale_while_a_change_of_pixels_stands(qtbot, values, desk) -> None:
    fake = FakeSession()
    fake.fill(["a.png"])
    fake.go_to(0)
    made = Values(fake)
    qtbot.addWidget(made)
    fake.values["image_pyramid"] = desk.image_pyramid
    fake.values["label"] = desk.label
    fake.predict()
    button = made.grades[0].buttons["3"]
    assert not button.stale and made.grades[0].stale.isHidden()
    dab(desk)
    fake.history_changed.emit()
    assert button.stale and not made.grades[0].stale.isHidden()
    assert not made.findings_stale.isHidden()
    assert "the model has not seen the corrections" in button.toolTip()
    assert "before the masks were corrected" in made.grades[0].stale.toolTip()
    desk.undo()
    fake.history_changed.emit()
    assert not button.stale and made.grades[0].stale.isHidden()


def test_a_stale_bar_is_drawn_in_pieces(qtbot, qapp) -> None:
    from desktop.panels.values_button import ValueButton

    look().apply(qapp, "dark")
    made = ValueButton("3")
    qtbot.addWidget(made)
    made.resize(100, 32)
    ink = look().theme.tokens["model_bar"]

    def row() -> list[bool]:
        picture = made.grab().toImage()
        return [picture.pixelColor(x, 27).name() == ink for x in range(4, 50)]

    made.show_state(False, 0.8, False)
    assert all(row())
    made.show_state(False, 0.8, False, stale=True)
    assert any(row()) and not all(row())


def test_digits_pass_over_a_scale_that_cannot_be_assessed(desk, values) -> None:
    second = GradeScale("macula", ("0", "1"))
    desk.set_schema(replace(RICH, grades=(*RICH.grades, second)))
    desk.assessments.set_not_assessable("grade:severity", "Reflex")
    assert values.by_digit("1")
    assert desk.label.grades == {"macula": "1"}
