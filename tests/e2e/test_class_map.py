"""A model with other names than the project: mapped on the Models page, seen at once, kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QTest

from desktop.panels.class_map import NOT_USED, NamesPanel
from desktop.project.project import Project
from inference.schema import GradeScale, MaskClass, Schema
from tests.desktop.session_tools import make_bundle
from tests.e2e.desk import make_folder

PROJECT = Schema(
    (MaskClass(0, "micro"), MaskClass(1, "HE", color="#56B4E9")),
    (GradeScale("icdr", ("0", "1", "2")),),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = make_folder(tmp_path / "eyes", 3, PROJECT)
    bundle = make_bundle(tmp_path / "model", thresholds=0.01)
    from desktop.loop.registering import register_bundle

    with Project.create(folder, PROJECT) as project:
        register_bundle(project, bundle, in_use=True)
    return folder


def panel(sitting) -> NamesPanel:
    sitting.press("Alt+2")
    found = []

    def there() -> bool:
        found[:] = [one for one in sitting.window.models.findChildren(NamesPanel) if one.choices]
        return bool(found)

    sitting.wait(there, "the model's names")
    return found[-1]


def choose(combo, text: str) -> None:
    combo.setFocus()
    QTest.keyClicks(combo, text)
    combo.activated.emit(combo.currentIndex())


def test_what_a_model_says_under_another_name_is_used_once_somebody_says_so(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    session = sitting.session
    sitting.ready()
    sitting.wait(lambda: session.prediction is not None, "the prediction", 60)
    assert session.prediction.classes == ("HE",) and session.prediction.grades == {}
    names = panel(sitting)
    assert {key: combo.currentText() for key, combo in names.choices.items()} == {
        ("class", "MA"): NOT_USED, ("class", "HE"): "HE", ("scale", "severity"): NOT_USED,
    }  # fmt: skip
    assert names.note.text() == "2 answers of the model are not used here."
    choose(names.choices[("class", "MA")], "micro")
    sitting.wait(lambda: names.note.text().startswith("1 answer"), "the class")
    choose(names.choices[("scale", "severity")], "icdr")
    sitting.wait(lambda: names.note.text().startswith("Everything"), "the scale")
    sitting.press("Alt+1")
    sitting.wait(
        lambda: session.prediction is not None and session.prediction.classes == ("micro", "HE"), "both"
    )
    assert set(session.prediction.grades) == {"icdr"}
    sitting.wait(lambda: session.model.thresholds == {"micro": 0.01, "HE": 0.01}, "the thresholds")
    sitting.wait(
        lambda: session.label.planes is not None and session.label.planes.class_mask(0).any(), "its mask"
    )
    sitting.close()
    again = desk.open(folder)
    again.ready()
    again.wait(lambda: again.session.prediction is not None, "the prediction", 60)
    assert again.session.prediction.classes == ("micro", "HE"), "it is kept with the project"


def test_another_name_in_the_project_keeps_what_the_model_says(desk, folder: Path) -> None:
    sitting = desk.open(folder)
    session, window = sitting.session, sitting.window
    sitting.ready()
    sitting.wait(lambda: session.prediction is not None, "the prediction", 60)
    sitting.press("Ctrl+Shift+S")
    editing = window.schema_editing
    sitting.wait(lambda: editing.usage is not None, "the schema")
    assert editing.step(lambda draft: draft.change_class(1, name="haemorrhage"))
    sitting.hand.click(window.schema_page.apply)
    sitting.wait(lambda: session.schema.class_by_id(1).name == "haemorrhage", "the new name")
    sitting.press("Esc")
    sitting.wait(
        lambda: session.prediction is not None and session.prediction.classes == ("haemorrhage",),
        "the model's answer under the new name",
    )
