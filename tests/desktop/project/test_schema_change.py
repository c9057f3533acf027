"""Changing the schema in the middle of a project: nothing recorded is lost, undo goes on working."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.project.edit import Edit, ValueChange
from desktop.project.errors import ProjectError
from desktop.project.facts import predicted_column
from desktop.project.filter import ClassIs, Filter, FindingIs, GradeIs, SavedFilter
from desktop.project.filter_names import SAVED_KEY, still_asked
from desktop.project.model_names import read_names
from desktop.project.project import Project
from desktop.project.provenance import Base, Cut
from desktop.project.schema_change import Usage, apply_plan, plan_of, read_aside, read_usage
from desktop.project.schema_draft import Draft
from inference.errors import SchemaError
from inference.rules import GradeExcludes
from inference.schema import Finding, GradeScale, MaskClass, Schema
from tests.desktop.project.helpers import picture, run_index

SCHEMA = Schema(
    (MaskClass(0, "MA"), MaskClass(1, "HE", color="#56B4E9")),
    (GradeScale("severity", ("0", "1", "2")), GradeScale("quality", ("good", "poor"))),
    (Finding("DME"), Finding("laser")),
    (GradeExcludes("severity", ("0",), ("MA",)),),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for n in range(4):
        picture(tmp_path / "eyes" / f"{n}.png", n)
    return tmp_path / "eyes"


def make(folder: Path) -> Project:
    project = Project.create(folder, SCHEMA)
    run_index(project)
    return project


def label_of(project: Project, at: int):
    return project.load_label(project.images()[at].id)


def grade(project: Project, at: int, **values: str | None) -> None:
    label = label_of(project, at)
    for name, value in values.items():
        if name in ("DME", "laser"):
            label.set_finding(name, value)
        else:
            label.set_grade(name, value)
        project.save(label).result()


def finish(project: Project, at: int) -> None:
    project.finish(label_of(project, at), ()).result()


def apply(project: Project, draft: Draft) -> None:
    project.schema = apply_plan(project, plan_of(project.schema, draft)).result()


def test_another_name_carries_grades_states_and_undo(folder: Path) -> None:
    with make(folder) as project:
        grade(project, 0, severity="1", DME="present")
        grade(project, 0, severity="2")
        grade(project, 1, severity="0")
        finish(project, 0)
        draft = Draft.of(project.schema).change_scale("severity", name="icdr")
        draft = draft.rename_value("icdr", "2", "severe").rename_value("icdr", "1", "mild")
        draft = draft.change_finding("DME", name="oedema")
        apply(project, draft)
        label = label_of(project, 0)
        assert label.grades == {"icdr": "severe"} and label.findings == {"oedema": "present"}
        assert label_of(project, 1).grades == {"icdr": "0"}
        states = project.review_states(label.key.image_id)
        assert states["grade:icdr"] == "reviewed" and states["finding:oedema"] == "reviewed"
        assert "grade:severity" not in states
        label.undo()
        assert label.grades == {"icdr": "mild"}, "undo reads the journal with the new names"
        project.save(label).result()
        assert label_of(project, 0).grades == {"icdr": "mild"}
        assert project.schema.rules == (GradeExcludes("icdr", ("0",), ("MA",)),)
    with Project.open(folder) as again:
        assert again.schema.scale("icdr").values == ("0", "mild", "severe")
        assert label_of(again, 0).grades == {"icdr": "mild"}
        assert read_usage(again.store).scales == {"icdr": 2}


def test_saved_filters_follow_the_names_and_strange_ones_stay(folder: Path) -> None:
    with make(folder) as project:
        asked = Filter(grades=(GradeIs("severity", ("1", None)),), findings=(FindingIs("DME", ("present",)),))
        strange = {"name": "of tomorrow", "filter": {"phase_of_the_moon": "full"}}
        project.set_setting(SAVED_KEY, [SavedFilter("mine", asked).to_dict(), strange]).result()
        draft = Draft.of(project.schema).change_scale("severity", name="icdr")
        draft = draft.rename_value("icdr", "1", "mild").change_finding("DME", name="oedema")
        apply(project, draft)
        mine, other = project.store.setting(SAVED_KEY)
        kept = SavedFilter.from_dict(mine).filter
        assert kept.grades == (GradeIs("icdr", ("mild", None)),)
        assert kept.findings == (FindingIs("oedema", ("present",)),) and other == strange


@pytest.mark.parametrize("value", ["two\nlines", "tab\tinside", "x" * 121])
def test_a_value_that_no_line_can_show_is_refused(value: str) -> None:
    draft = Draft.of(SCHEMA)
    for change in (
        lambda: draft.add_value("quality", value),
        lambda: draft.rename_value("quality", "poor", value),
    ):
        with pytest.raises(SchemaError, match="one line"):
            change()
    assert draft.add_value("quality", "خطير 👨‍👩‍👧").schema.scale("quality").values[-1] == "خطير 👨‍👩‍👧"


def test_a_condition_on_what_is_no_longer_asked_is_left_out() -> None:
    asked = Filter(
        text="12",
        grades=(GradeIs("quality", ("good",)), GradeIs("severity", ("1", "9"))),
        findings=(FindingIs("scar", (None,)),),
        classes=(ClassIs(1), ClassIs(7)),
    )
    left, gone = still_asked(asked, Schema(SCHEMA.classes, (SCHEMA.grades[0],), SCHEMA.findings))
    assert left == Filter(text="12", grades=(GradeIs("severity", ("1",)),), classes=(ClassIs(1),))
    assert gone == ("quality", "severity", "scar", "class 7")
    assert still_asked(left, SCHEMA) == (left, ())


def test_a_finish_from_before_can_be_taken_back_after(folder: Path) -> None:
    with make(folder) as project:
        grade(project, 0, severity="1")
        finish(project, 0)
        apply(project, Draft.of(project.schema).change_scale("severity", name="icdr"))
        label = label_of(project, 0)
        assert project.take_back_finish(label).result() == "in progress"
        assert "grade:icdr" not in project.review_states(label.key.image_id)


def test_names_that_are_swapped_are_carried_as_they_are_meant(folder: Path) -> None:
    with make(folder) as project:
        grade(project, 0, severity="0", quality="good")
        grade(project, 1, severity="1")
        draft = Draft.of(project.schema).change_scale("severity", name="x")
        draft = draft.change_scale("quality", name="severity").change_scale("x", name="quality")
        draft = draft.rename_value("quality", "0", "y").rename_value("quality", "1", "0")
        apply(project, draft.rename_value("quality", "y", "1"))
        assert label_of(project, 0).grades == {"quality": "1", "severity": "good"}
        assert label_of(project, 1).grades == {"quality": "0"}


def test_a_value_in_use_is_not_removed_and_an_unused_one_is(folder: Path) -> None:
    with make(folder) as project:
        grade(project, 0, severity="2")
        draft = Draft.of(project.schema).remove_value("severity", "2")
        plan = plan_of(project.schema, draft)
        assert plan.problems(read_usage(project.store)) == [
            "“2” of “severity” is the grade of 1 image, so it cannot be removed: give it another grade "
            "first, or rename the value."
        ]
        with pytest.raises(ProjectError, match="cannot be removed"):
            apply_plan(project, plan).result()
        assert label_of(project, 0).grades == {"severity": "2"}
        assert project.store.setting("schema") == SCHEMA.to_dict(), "nothing was changed"
        apply(project, Draft.of(project.schema).remove_value("severity", "1"))
        assert project.schema.scale("severity").values == ("0", "2")


def test_what_is_set_aside_comes_back_with_everything(folder: Path) -> None:
    with make(folder) as project:
        grade(project, 0, severity="1", DME="absent")
        draft = Draft.of(project.schema).rename_value("severity", "1", "one")
        apply(project, draft.set_aside_scale("severity").set_aside_finding("DME"))
        assert [one.name for one in project.schema.grades] == ["quality"]
        assert project.schema.rules == ()
        aside = read_aside(project.store)
        assert aside.scales == (SCHEMA.scale("severity"),) and aside.findings == (Finding("DME"),)
        with pytest.raises(SchemaError, match="was set aside"):
            Draft.of(project.schema, aside).add_scale(GradeScale("severity", ("a", "b")))
        back = Draft.of(project.schema, aside).restore_scale("severity").restore_finding("DME")
        apply(project, back)
        label = label_of(project, 0)
        assert label.grades == {"severity": "1"} and label.findings == {"DME": "absent"}
        assert read_aside(project.store).scales == ()


def test_classes_keep_their_ids(folder: Path) -> None:
    draft = Draft.of(SCHEMA).add_class("EX").change_class(0, name="micro", color="#123456").retire_class(1)
    assert [(one.id, one.name, one.retired) for one in draft.schema.classes] == [
        (0, "micro", False), (1, "HE", True), (2, "EX", False),
    ]  # fmt: skip
    assert draft.schema.rules[0].classes == ("micro",)
    assert draft.schema.class_by_id(2).color not in ("#123456", "#56B4E9")
    moved = draft.move_class(2, -1)
    assert [one.id for one in moved.schema.active_classes] == [2, 0]
    assert [one.id for one in moved.restore_class(1).schema.active_classes] == [2, 0, 1]
    gone = draft.retire_class(2)
    assert [one.id for one in gone.schema.classes] == [0, 1], "it was in the draft only"
    said = plan_of(SCHEMA, draft).summary(Usage({0: 12, 1: 1}))
    assert said == [
        "The class “MA” is called “micro”; 12 images keep its mask.",
        "The class “micro” has another colour.",
        "The class “HE” is retired; 1 image keeps its mask, unseen.",
        "The class “EX” is new: unreviewed on every image.",
    ]


def test_the_summary_says_what_is_kept(folder: Path) -> None:
    usage = Usage({}, {"severity": 12, "quality": 3}, {("severity", "2"): 5}, {"DME": 2})
    draft = Draft.of(SCHEMA).rename_value("severity", "2", "severe").add_value("severity", "4")
    draft = draft.set_aside_scale("quality").change_finding("DME", name="oedema")
    assert plan_of(SCHEMA, draft).summary(usage) == [
        "“2” of “severity” is called “severe”; 5 images keep this grade.",
        "“4” of “severity” is new.",
        "The scale “quality” is set aside; 3 images keep its grade, unseen.",
        "The finding “DME” is called “oedema”; 2 images keep the answer.",
    ]
    assert not plan_of(SCHEMA, Draft.of(SCHEMA)).changes_anything
    moved = plan_of(SCHEMA, Draft.of(SCHEMA).move_value("severity", "2", -1))
    assert moved.summary(usage) == ["The values of “severity” stand in another order."]


def test_impossible_steps_are_refused_in_one_sentence(folder: Path) -> None:
    draft = Draft.of(SCHEMA)
    for wrong in (
        lambda: draft.add_class("MA"),
        lambda: draft.change_class(0, name="HE"),
        lambda: draft.change_class(0, color="red"),
        lambda: draft.rename_value("severity", "1", "2"),
        lambda: draft.remove_value("quality", "good"),
        lambda: draft.change_scale("severity", name="quality"),
        lambda: draft.add_finding("laser"),
    ):
        with pytest.raises(SchemaError) as caught:
            wrong()
        assert str(caught.value).endswith(".")


def test_a_template_adds_what_is_missing(folder: Path) -> None:
    other = Schema(
        (MaskClass(0, "MA"), MaskClass(1, "EX")),
        (GradeScale("severity", ("x", "y")), GradeScale("view", ("a", "b"))),
        (Finding("DME"), Finding("scar")),
        (GradeExcludes("view", ("a",), ("EX",)), GradeExcludes("severity", ("x",), ("EX",))),
    )
    merged = Draft.of(SCHEMA).with_all_of(other).schema
    assert [one.name for one in merged.classes] == ["MA", "HE", "EX"]
    assert [one.name for one in merged.grades] == ["severity", "quality", "view"]
    assert merged.scale("severity") == SCHEMA.scale("severity")
    assert [one.name for one in merged.findings] == ["DME", "laser", "scar"]
    assert len(merged.rules) == 2, "a rule of values that are not here is left out"


def test_a_crash_in_the_middle_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with make(folder) as project:
        grade(project, 0, severity="1")

        def fail(done: int, total: int) -> None:
            raise OSError("the machine stops here")

        draft = Draft.of(project.schema).change_scale("severity", name="icdr")
        with pytest.raises(OSError, match="stops here"):
            apply_plan(project, plan_of(project.schema, draft), fail).result()
        assert label_of(project, 0).grades == {"severity": "1"}
        assert project.store.setting("schema") == SCHEMA.to_dict()


def test_what_a_label_was_cut_with_follows_the_name_of_the_class(folder: Path) -> None:
    with make(folder) as project:
        label = label_of(project, 0)
        planes = label.ensure_planes(48, 64)
        cuts = {"MA": Cut(0.3, min_area=5, fill_holes=True), "HE": Cut(0.6)}
        label.set_base(planes.mask.copy(), Base.predicted("d" * 64, cuts))
        label.set_grade("severity", "1")
        project.save(label).result()
        origin = Base.predicted("e" * 64, {"MA": Cut(0.4)})
        label.perform(Edit("Prediction", (), (ValueChange("grade:severity", "1", "2"),), origin))
        project.save(label).result()
        apply(project, Draft.of(project.schema).change_class(0, name="HE2").change_class(1, name="MA"))
        after = label_of(project, 0)
        assert after.base.cut("HE2") == cuts["MA"] and after.base.cut("MA") == cuts["HE"]
        assert after.history.done[-1].edit.origin.cut("HE2") == Cut(0.4)


@pytest.mark.parametrize("registered", [True, False])
def test_what_a_model_says_follows_another_name(folder: Path, registered: bool) -> None:
    """Nobody had to say that the model's MA is the project's: until now both were called so."""
    digest = "d" * 64
    with make(folder) as project:
        if registered:
            project.register_model(folder, digest, "first", class_map={"HE": 1}).result()
        else:
            project.store_prediction_summary(project.images()[0].id, digest, {}).result()
        draft = Draft.of(project.schema).change_class(0, name="aneurysm").change_class(1, name="MA")
        apply(project, draft.change_scale("severity", name="icdr").change_finding("DME", name="oedema"))
        names = read_names(project, digest, SCHEMA)
        assert names.classes == {"MA": "aneurysm", "HE": "MA"}
        assert names.scales == {"severity": "icdr", "quality": "quality"}
        assert names.findings == {"DME": "oedema", "laser": "laser"}
        apply(project, Draft.of(project.schema).change_scale("icdr", name="dr").change_class(0, name="micro"))
        names = read_names(project, digest, SCHEMA)
        assert names.scales["severity"] == "dr" and names.classes == {"MA": "micro", "HE": "MA"}


def test_areas_that_a_model_has_predicted_are_found_under_another_name(folder: Path) -> None:
    digest, said = (
        "d" * 64,
        {"uncertainty": 0.2, "classes": {"MA": {"fraction": 0.25}, "HE": {"fraction": 0.5}}},
    )
    with make(folder) as project:
        project.store_prediction_summary(project.images()[0].id, digest, said).result()
        apply(project, Draft.of(project.schema).change_class(0, name="aneurysm").change_class(1, name="MA"))
        columns = {one.name: one for one in project.stored_facts(lambda path, _: int(path[0]), digest)}
        areas = [float(columns[predicted_column(class_id)].values[0]) for class_id in (0, 1)]
        assert areas == [0.25, 0.5]
