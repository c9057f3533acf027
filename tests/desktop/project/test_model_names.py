"""What a model calls things and what the project calls them: by name, by what was registered, by a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop.project.cache import PredictionCache
from desktop.project.model_names import (
    Given,
    keep_given,
    names_of,
    read_given,
    read_names,
    value_order,
)
from desktop.project.schema_change import apply_plan, plan_of
from desktop.project.schema_draft import Draft
from inference.prediction import Geometry, Prediction
from inference.schema import Finding, GradeScale, MaskClass, Schema
from tests.desktop.project.helpers import indexed

MODEL = Schema(
    (MaskClass(0, "MA"), MaskClass(1, "HE"), MaskClass(2, "scar")),
    (GradeScale("severity", ("0", "1", "2")), GradeScale("view", ("left", "right"), "nominal")),
    (Finding("edema"),),
)
PROJECT = Schema(
    (MaskClass(0, "micro"), MaskClass(5, "HE"), MaskClass(6, "EX")),
    (GradeScale("icdr", ("none", "mild", "severe")), GradeScale("view", ("right", "left"), "nominal")),
    (Finding("DME"),),
)


def said() -> Prediction:
    logits = np.stack([np.full((4, 4), level, np.uint8) for level in (10, 20, 30)])
    geometry = Geometry((8, 8), (4, 4), (0.0, 0.0, 4.0, 4.0))
    grades = {"severity": (0.1, 0.2, 0.7), "view": (0.9, 0.1)}
    return Prediction("d" * 64, ("MA", "HE", "scar"), logits, geometry, grades, {"edema": 0.8})


def test_without_a_word_names_must_be_the_same() -> None:
    names = names_of(MODEL, PROJECT, Given())
    assert names.classes == {"MA": "", "HE": "HE", "scar": ""}
    assert names.scales == {"severity": "", "view": "view"} and names.findings == {"edema": ""}
    heard = names.prediction(said())
    assert heard.classes == ("HE",) and heard.logits.shape == (1, 4, 4) and heard.logits.max() == 20
    assert heard.grades == {"view": (0.1, 0.9)}, "in the order of the project's values"
    assert heard.findings == {}


def test_a_person_says_what_is_what() -> None:
    given = Given({"MA": 0, "HE": None, "scar": 6}, {"severity": "icdr"}, {"edema": "DME"})
    names = names_of(MODEL, PROJECT, given)
    heard = names.prediction(said())
    assert heard.classes == ("micro", "EX") and [int(page.max()) for page in heard.logits] == [10, 30]
    assert heard.grades["icdr"] == (0.1, 0.2, 0.7) and heard.findings == {"DME": 0.8}
    assert names.thresholds({"MA": 0.3, "HE": 0.4}) == {"micro": 0.3}
    schema = names.schema(MODEL, PROJECT)
    assert [one.name for one in schema.classes] == ["micro", "EX"]
    assert schema.scale("icdr").values == ("none", "mild", "severe")
    assert Given.from_dict(given.to_dict()) == given and Given.from_dict(None) == Given()


def test_registered_ids_hold_after_the_class_got_another_name() -> None:
    names = names_of(MODEL, PROJECT, Given(), {"MA": 0, "scar": 99})
    assert names.classes == {"MA": "micro", "HE": "HE", "scar": ""}


def test_nothing_is_answered_twice_and_a_person_goes_first() -> None:
    names = names_of(MODEL, PROJECT, Given({"scar": 5}))
    assert names.classes == {"MA": "", "HE": "", "scar": "HE"}


def test_scales_fit_by_values_or_by_their_number() -> None:
    assert value_order(MODEL.scale("severity"), PROJECT.scale("icdr")) == (0, 1, 2)
    assert value_order(MODEL.scale("view"), PROJECT.scale("view")) == (1, 0)
    assert value_order(MODEL.scale("severity"), PROJECT.scale("view")) is None
    assert names_of(MODEL, PROJECT, Given({}, {"severity": "view"})).scales["severity"] == ""


def test_the_cache_answers_in_the_projects_words(tmp_path: Path) -> None:
    cache = PredictionCache(tmp_path)
    assert cache.put("abc", 0, said())
    cache.names["d" * 64] = names_of(MODEL, PROJECT, Given({"MA": 0}))
    assert cache.get("abc", 0, "d" * 64).classes == ("micro", "HE")
    cache.names.clear()
    assert cache.get("abc", 0, "d" * 64).classes == ("MA", "HE", "scar"), "what is kept is the model's own"


def test_what_was_said_is_kept_and_follows_the_projects_names(tmp_path: Path) -> None:
    with indexed(tmp_path / "eyes", 1) as project:
        project.register_model("bundle", "d" * 64, "m", class_map={"MA": 0}).result()
        keep_given(project, "d" * 64, Given({}, {"severity": "severity"}, {"edema": "edema"})).result()
        draft = Draft.of(project.schema).change_class(0, name="micro").change_scale("severity", name="icdr")
        project.schema = apply_plan(project, plan_of(project.schema, draft)).result()
        assert read_given(project, "d" * 64).scales == {"severity": "icdr"}
        names = read_names(project, "d" * 64, MODEL)
        assert names.classes["MA"] == "micro" and names.scales["severity"] == "icdr"
        assert names.findings == {"edema": "edema"}
